//! From what was typed and what the file says to typed values, checked against each other.
//!
//! Nothing below this folder knows of settings: each part gets its own limits.

mod bounds;
mod defaults;
pub mod file;
mod limits;
pub mod resolv_conf;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use thiserror::Error;

use bounds::{list, positive, some_time};
use defaults as default;
pub use file::LogLevel;
use file::{ConfigError, ConfigFile, OriginSection};

use super::args::{AccessArgs, CommonArgs};
use crate::front::authority::FrontLimits;
use crate::front::listen::{TcpLimits, UdpPath};
use crate::front::nearby;
use crate::front::zone::{NotListedAs, UndecidedAs};
use crate::oracle::upstream::UpstreamLimits;
use crate::oracle::{Lifetimes, Limits};
use crate::verdict::domain::Unfit;
use crate::verdict::{Domain, Policy};

/// Everything that can be set, as it is in force.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// Addresses to answer on; none if none are set.
    pub listen: Option<Vec<SocketAddr>>,
    /// Resolvers to ask; empty for those of the system.
    pub upstream: Vec<SocketAddr>,
    /// Whether answers are proved.
    pub dnssec: bool,
    /// The root's keys to prove them from; none for those that are compiled in.
    pub trust_anchor: Option<PathBuf>,
    /// The zones to serve.
    pub origins: Vec<Origin>,
    /// Names that are known to have reserved addresses.
    pub canaries: Vec<Domain>,
    /// How often the daemon asks for them; none if never.
    pub canary_interval: Option<Duration>,
    /// What one upstream question may cost.
    pub upstream_limits: UpstreamLimits,
    /// What the oracle may use.
    pub limits: Limits,
    /// How long verdicts count.
    pub lifetimes: Lifetimes,
    /// What clients are granted.
    pub front: FrontLimits,
    /// How UDP queries are read.
    pub udp: UdpPath,
    /// What TCP clients may use.
    pub tcp: TcpLimits,
    /// How often files are looked at for changes; none if never.
    pub watch: Option<Duration>,
    /// Where what is remembered outlives a restart, if anywhere.
    pub snapshot: Option<SnapshotFile>,
    /// Whom to become after binding, if started as root.
    pub user: String,
    /// Which log lines to write, unless the environment says otherwise.
    pub log: LogLevel,
}

/// Where the snapshot is kept, and how old it may get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFile {
    /// The file. Another one beside it is written first.
    pub path: PathBuf,
    /// The time from one snapshot to the next.
    pub interval: Duration,
}

/// One zone to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The name at its top.
    pub name: Domain,
    /// When a domain is listed.
    pub policy: Policy,
    /// The table; none for the one that is compiled in.
    pub table: Option<PathBuf>,
    /// Domains with the operator's say on them, if there is such a list.
    pub domain_list: Option<PathBuf>,
    /// MX hosts with the operator's say on them, if there is such a list.
    pub host_list: Option<PathBuf>,
    /// The operator's own addresses.
    pub own: Vec<IpNet>,
    /// The zone file; none for the one that is compiled in.
    pub zone: Option<PathBuf>,
    /// How "not listed" is said.
    pub not_listed: NotListedAs,
    /// How "could not find out" is said.
    pub undecided: UndecidedAs,
}

/// Settings that cannot be.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The configuration file is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A zone's name is no name.
    #[error("the origin '{name}' cannot be served: {why}")]
    Origin {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: Unfit,
    },
    /// A canary's name is no name.
    #[error("the canary '{name}' cannot be asked for: {why}")]
    Canary {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: Unfit,
    },
    /// Two zones have one name.
    #[error("the origin '{0}' is there twice: give each [[origin]] a name of its own")]
    OriginTwice(String),
    /// A zone on the command line that is none of several in the file.
    #[error("--origin {name} is none of the zones in {}: name one that is", file.display())]
    OriginUnknown {
        /// The name.
        name: String,
        /// The configuration file.
        file: PathBuf,
    },
    /// A value outside its bounds.
    #[error("{key} = {value} cannot be: {why}")]
    Value {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it has to be.
        why: &'static str,
    },
    /// Everybody could ask.
    #[error(
        "{0} is a public address, and nothing says whose queries are to be answered there: name their \
         networks with --allow-query NETWORK or 'allow_query' in the configuration, such as allow_query \
         = [\"127.0.0.0/8\", \"192.0.2.0/24\"]"
    )]
    OpenToAll(SocketAddr),
    /// There is nobody to ask.
    #[error(
        "{}: {why}: name a resolver with --upstream ADDR or 'upstream' in the configuration",
        file.display()
    )]
    NoUpstream {
        /// The file that should name resolvers.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl Origin {
    /// The files that can be read again while the daemon runs.
    pub fn reloaded_files(&self) -> impl Iterator<Item = &Path> {
        let files = [&self.table, &self.domain_list, &self.host_list];
        files.into_iter().filter_map(|file| file.as_deref())
    }
}

impl Settings {
    /// Puts together what was typed and what the file says; what was typed wins. Without `access`
    /// nobody is to be let in, and who would be is not looked at.
    ///
    /// # Errors
    /// [`SettingsError`] names the key or flag.
    pub fn from(common: &CommonArgs, access: Option<&AccessArgs>) -> Result<Self, SettingsError> {
        let file = common
            .chain
            .config
            .as_deref()
            .map(ConfigFile::read)
            .transpose()?
            .unwrap_or_default();
        Self::of(file, common, access)
    }

    /// As [`Self::from`], the file read already.
    pub(crate) fn of(
        file: ConfigFile,
        common: &CommonArgs,
        access: Option<&AccessArgs>,
    ) -> Result<Self, SettingsError> {
        let origins = origins(&file, common)?;
        let filed_listen = list("listen", &file.listen, |one| one.0)?;
        let filed_upstream = list("upstream", &file.upstream, |one| one.0)?;
        let typed = access.cloned().unwrap_or_default();
        let listen = typed_or(&typed.listen, filed_listen);
        let filed_allow_query = list("allow_query", &file.allow_query, |one| one.0)?;
        let allow_query = typed_or(&typed.allow_query, filed_allow_query);
        if access.is_some() && allow_query.is_none() {
            forbid_public(&addresses(listen.as_deref()))?;
        }
        Ok(Self {
            udp: limits::udp(&file, addresses(listen.as_deref()).len())?,
            listen,
            dnssec: file.dnssec.unwrap_or(false),
            trust_anchor: file.trust_anchor.clone(),
            upstream: typed_or(&common.chain.upstream, filed_upstream).unwrap_or_default(),
            origins,
            canaries: canaries(&file)?,
            canary_interval: some_time(file.canary_interval, default::CANARY_INTERVAL),
            upstream_limits: limits::upstream(&file)?,
            limits: limits::oracle(&file)?,
            lifetimes: limits::lifetimes(&file)?,
            front: limits::front(&file, allow_query)?,
            tcp: limits::tcp(&file)?,
            watch: some_time(file.watch_interval, default::WATCH_INTERVAL),
            snapshot: snapshot(&file)?,
            user: file.user.unwrap_or_else(|| default::USER.to_owned()),
            log: file.log.unwrap_or(LogLevel::DEFAULT),
        })
    }

    /// The addresses to answer on. Where none are set, those that a machine does not have, such as
    /// IPv6 ones, may be left out.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        addresses(self.listen.as_deref())
    }

    /// The resolvers to ask: those that are set, else those of the system.
    ///
    /// # Errors
    /// [`SettingsError::NoUpstream`] if there are none.
    pub fn resolvers(&self) -> Result<Vec<SocketAddr>, SettingsError> {
        if !self.upstream.is_empty() {
            return Ok(self.upstream.clone());
        }
        resolv_conf::resolvers(Path::new(resolv_conf::SYSTEM))
    }
}

/// The zones: those of the file, or the one that was typed, with the other flags put over them.
fn origins(file: &ConfigFile, typed: &CommonArgs) -> Result<Vec<Origin>, SettingsError> {
    let default_section = || OriginSection {
        name: default::ORIGIN.to_owned(),
        ..Default::default()
    };
    let mut filed = match file.origin.as_deref() {
        None | Some([]) => vec![default_section()],
        Some(sections) => sections.to_vec(),
    };
    if let Some(wanted) = &typed.chain.origin {
        let is_wanted =
            |section: &OriginSection| Domain::parse(&section.name) == Domain::parse(wanted);
        match &mut *filed {
            sections if sections.iter().any(is_wanted) => filed.retain(is_wanted),
            [only] => only.name.clone_from(wanted),
            _ => {
                let (name, file) = (
                    wanted.clone(),
                    typed.chain.config.clone().unwrap_or_default(),
                );
                return Err(SettingsError::OriginUnknown { name, file });
            }
        }
    }
    let own = list("self", &file.own, |one| one.0)?.unwrap_or_default();
    let mut origins: Vec<Origin> = Vec::with_capacity(filed.len());
    for section in filed {
        let name = section.name;
        let name = Domain::parse(&name).map_err(|why| SettingsError::Origin { name, why })?;
        if origins.iter().any(|origin| origin.name == name) {
            return Err(SettingsError::OriginTwice(name.to_string()));
        }
        origins.push(Origin {
            name,
            policy: typed
                .policy
                .or(section.policy)
                .or(file.policy)
                .unwrap_or_default(),
            table: path(&[&typed.table, &section.table, &file.table]),
            domain_list: path(&[&section.domain_list, &file.domain_list]),
            host_list: path(&[&section.host_list, &file.host_list]),
            own: match list("self", &section.own, |one| one.0)? {
                Some(own) => own,
                None => own.clone(),
            },
            zone: path(&[&section.zone, &file.zone]),
            not_listed: section.not_listed.or(file.not_listed).unwrap_or_default(),
            undecided: section.undecided.or(file.undecided).unwrap_or_default(),
        });
    }
    Ok(origins)
}

fn canaries(file: &ConfigFile) -> Result<Vec<Domain>, SettingsError> {
    let named = list("canary", &file.canary, String::clone)?;
    let named = named.unwrap_or_else(|| default::CANARIES.map(str::to_owned).to_vec());
    let parse =
        |name: String| Domain::parse(&name).map_err(|why| SettingsError::Canary { name, why });
    named.into_iter().map(parse).collect()
}

fn path(candidates: &[&Option<PathBuf>]) -> Option<PathBuf> {
    candidates
        .iter()
        .find_map(|candidate| candidate.as_deref().map(Path::to_owned))
}

fn snapshot(file: &ConfigFile) -> Result<Option<SnapshotFile>, SettingsError> {
    let interval = positive(
        "snapshot_interval",
        file.snapshot_interval,
        default::SNAPSHOT_INTERVAL,
    )?;
    let path = file.snapshot.clone().or_else(default::snapshot);
    Ok(path.map(|path| SnapshotFile { path, interval }))
}

/// What was typed, else what the file says.
fn typed_or<T: Clone>(typed: &[T], filed: Option<Vec<T>>) -> Option<Vec<T>> {
    if typed.is_empty() {
        filed
    } else {
        Some(typed.to_vec())
    }
}

/// Refuses to answer on a public address where nobody said whom. The default lets no stranger in, but
/// behind a router that translates addresses all strangers look like neighbours.
fn forbid_public(listen: &[SocketAddr]) -> Result<(), SettingsError> {
    let public = listen
        .iter()
        .find(|address| nearby::is_public(address.ip()));
    public.map_or(Ok(()), |address| Err(SettingsError::OpenToAll(*address)))
}

/// The addresses that are set, else the default ones.
fn addresses(listen: Option<&[SocketAddr]>) -> Vec<SocketAddr> {
    listen.map_or_else(default::listen, <[_]>::to_vec)
}
