//! `bogusmx serve`: binds, drops rights, announces, works, and stops cleanly.

use std::future::pending;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::address::reachable;
use super::args::ServeArgs;
use super::demo::{self, Demo};
use super::settings::{LogLevel, Origin, Settings};
use super::signals::{Daemon, Signals};
use super::snapshot::Keeper;
use super::watch::Watch;
use super::{CommandError, Ending, canary, descriptors, oracle, print, privilege, zones};
use crate::front::authority::Authority;
use crate::front::dns::Dns;
use crate::front::listen::{self, Listener, UdpPath};
use crate::front::zone::Zone;

/// How much longer than the answer deadline a stop waits for answers in flight.
const DRAIN_SLACK: Duration = Duration::from_secs(1);

/// Parts of hickory that log single packets as warnings.
const QUIET: &str =
    "hickory_net=error,hickory_proto=error,hickory_resolver=error,hickory_server=error";

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// Whatever keeps it from starting, named with what to do about it.
pub(super) async fn run(args: &ServeArgs) -> Result<Ending, CommandError> {
    let signals = Signals::catch()?;
    let mut settings = Settings::from(&args.common, Some(&args.access))?;
    log_to_stderr(settings.log)?;
    if args.no_fast_path {
        settings.udp = UdpPath::Plain;
    }
    descriptors::share_out(&mut settings)?;
    let demo = match &args.demo {
        Some(world) => Some(Demo::start(world.as_deref()).await?),
        None => None,
    };
    if let Some(demo) = &demo {
        settings.upstream = vec![demo.address()];
        // What is true of that world is not to be remembered of this one.
        settings.snapshot = None;
        settings.canary_interval = None;
        // It is not signed.
        settings.dnssec = false;
    }

    let listeners = bind(&settings)?;
    // Before they are read, so that no change goes unseen.
    let files = watch(&settings);
    let zones = zones(&settings)?;
    let oracle = oracle(&settings)?;
    privilege::drop_root(&settings.user)?;
    zones::warn_of_unreadable(&settings.origins, &settings.user);
    announce(&settings, &zones)?;

    let addresses: Vec<SocketAddr> = listeners.iter().map(Listener::address).collect();
    let authority = Arc::new(Authority::new(
        Arc::clone(&zones),
        Arc::clone(&oracle),
        settings.front.clone(),
    ));
    let dns = Arc::new(Dns::new(Arc::clone(&authority)));
    let stop = CancellationToken::new();
    let origins = settings.origins.clone();
    let daemon = Daemon {
        origins,
        zones,
        oracle: Arc::clone(&oracle),
        authority,
    };
    signals.watch(daemon, files, stop.clone());
    let keeper = settings.snapshot.clone();
    let keeper = keeper.map(|file| Keeper::new(file, Arc::clone(&oracle)));
    let looking = canary::watch(oracle, settings.canaries.clone(), settings.canary_interval);
    let drain = settings.front.answer_deadline + DRAIN_SLACK;
    let serving = listen::serve(listeners, dns, settings.tcp, stop, drain);

    let names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    print::out(format_args!("bogusmx ready on {}\n", names.join(" ")))?;
    tokio::select! {
        served = serving => served?,
        shown = show(demo.as_ref(), &addresses, &settings.origins) => shown?,
        () = keep(keeper.as_ref()) => {}
        () = looking => {}
    }
    if let Some(keeper) = keeper {
        keeper.save().await;
    }
    Ok(Ending::Success)
}

/// Watches what is read again when it changes.
fn watch(settings: &Settings) -> Watch {
    let files = settings.origins.iter().flat_map(Origin::reloaded_files);
    let mut files: Vec<PathBuf> = files.map(Path::to_owned).collect();
    files.sort();
    files.dedup();
    Watch::new(files, settings.watch)
}

/// Says what is in force, and where it comes from.
fn announce(settings: &Settings, zones: &[Zone]) -> Result<(), CommandError> {
    zones::announce(&settings.origins, zones);
    let resolvers = settings.resolvers()?;
    let resolvers: Vec<String> = resolvers.iter().map(ToString::to_string).collect();
    let source = if settings.upstream.is_empty() {
        ", from /etc/resolv.conf as it is now"
    } else {
        ""
    };
    let proved = if settings.dnssec {
        ", whose answers must prove that they are true (dnssec)"
    } else {
        ""
    };
    tracing::info!("upstream {}{source}{proved}", resolvers.join(" "));
    Ok(())
}

/// Keeps what is remembered, if that is wanted, and stays.
async fn keep(keeper: Option<&Arc<Keeper>>) {
    match keeper {
        Some(keeper) => keeper.keep().await,
        None => pending().await,
    }
}

/// Shows what the demo answers, if this is one, and stays.
async fn show(
    demo: Option<&Demo>,
    addresses: &[SocketAddr],
    origins: &[Origin],
) -> Result<(), CommandError> {
    if let (Some(demo), [address, ..], [origin, ..]) = (demo, addresses, origins) {
        demo::show(demo, reachable(*address), &origin.name).await?;
    }
    pending().await
}

/// Binds the addresses that are set, else those of the default that this machine has.
fn bind(settings: &Settings) -> Result<Vec<Listener>, CommandError> {
    let mut listeners = Vec::new();
    for address in settings.addresses() {
        match Listener::bind(address, settings.udp) {
            Err(error) if settings.listen.is_none() && address.is_ipv6() && error.is_absent() => {
                tracing::info!("not listening on {address}: this machine has no IPv6");
            }
            outcome => listeners.push(outcome?),
        }
    }
    Ok(listeners)
}

/// Logs to standard error; the environment variable `RUST_LOG` wins over the settings.
fn log_to_stderr(level: LogLevel) -> Result<(), CommandError> {
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(filter) => EnvFilter::try_new(filter)?,
        Err(_unset) => EnvFilter::try_new(format!("{QUIET},{level}"))?,
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    Ok(())
}
