//! The commands: what was typed becomes settings, settings become parts, parts do the work.

mod address;
pub mod args;
mod canary;
mod check;
mod demo;
mod descriptors;
mod doctor;
mod mail_domain;
mod print;
mod privilege;
mod reason;
mod scan;
mod serve;
pub mod settings;
mod signals;
mod snapshot;
mod watch;
mod zones;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use args::{Cli, Command};
use demo::DemoError;
use descriptors::DescriptorsError;
use privilege::PrivilegeError;
use scan::ScanError;
use settings::{Settings, SettingsError};
use zones::LoadError;

use crate::front::listen::BindError;
use crate::front::zone::Zone;
use crate::oracle::Oracle;
use crate::oracle::upstream::{TrustAnchor, Upstream, UpstreamError};

/// How long the end waits for files that are being looked at. A file server may be gone.
const STOP_PATIENCE: Duration = Duration::from_secs(1);

/// How a command ends; part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All went well; nothing is listed.
    Success,
    /// Something is listed.
    Listed,
    /// Something is broken and has to be mended.
    Broken,
    /// Something could not be found out, or an error.
    Trouble,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Success => Self::SUCCESS,
            Ending::Listed | Ending::Broken => Self::from(1),
            Ending::Trouble => Self::from(2),
        }
    }
}

/// Why a command could not do its work.
#[derive(Debug, Error)]
enum CommandError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    #[error("{}: no trust anchor: {why}", file.display())]
    TrustAnchor { file: PathBuf, why: String },
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Descriptors(#[from] DescriptorsError),
    #[error(transparent)]
    Privilege(#[from] PrivilegeError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error(transparent)]
    Scan(#[from] ScanError),
    #[error("the environment variable RUST_LOG is no log filter: {0}")]
    Log(#[from] tracing_subscriber::filter::ParseError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Runs the command, and reports an error on standard error.
pub fn run(cli: &Cli) -> Ending {
    let outcome = tokio::runtime::Runtime::new()
        .map_err(CommandError::from)
        .and_then(|runtime| {
            let outcome = runtime.block_on(async {
                match &cli.command {
                    Command::Serve(args) => serve::run(args).await,
                    Command::Check(args) => check::run(args).await,
                    Command::Doctor(args) => doctor::run(args).await,
                    Command::Scan(args) => scan::run(args).await,
                }
            });
            runtime.shutdown_timeout(STOP_PATIENCE);
            outcome
        });
    match outcome {
        Ok(ending) => ending,
        // Whoever reads us has read enough.
        Err(CommandError::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Ending::Success
        }
        Err(error) => {
            print::error(&error);
            Ending::Trouble
        }
    }
}

/// The oracle of these settings.
fn oracle(settings: &Settings) -> Result<Arc<Oracle<Upstream>>, CommandError> {
    let resolvers = settings.resolvers()?;
    let upstream = Upstream::new(&resolvers, settings.upstream_limits, anchor(settings)?)?;
    let own = settings
        .origins
        .iter()
        .map(|origin| origin.name.clone())
        .collect();
    Ok(Arc::new(Oracle::new(
        upstream,
        own,
        settings.limits,
        settings.lifetimes,
    )))
}

/// What answers are proved from, if they are to be proved.
fn anchor(settings: &Settings) -> Result<Option<TrustAnchor>, CommandError> {
    if !settings.dnssec {
        return Ok(None);
    }
    let Some(file) = &settings.trust_anchor else {
        return Ok(Some(TrustAnchor::of_root()));
    };
    let failed = |why| CommandError::TrustAnchor {
        file: file.clone(),
        why,
    };
    let text = fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let anchor = TrustAnchor::parse(&text).map_err(|error| failed(error.to_string()))?;
    Ok(Some(anchor))
}

/// The zones of these settings.
fn zones(settings: &Settings) -> Result<Arc<[Zone]>, CommandError> {
    let zones = settings
        .origins
        .iter()
        .map(zones::load)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(zones.into())
}
