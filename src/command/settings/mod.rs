//! From what was typed and what the file says to typed values, checked against each other.
//!
//! Nothing below this folder knows of settings: each part gets its own limits.

mod bounds;
mod defaults;
pub mod file;
pub mod resolv_conf;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use bounds::{count, list, non_zero, number, positive, span};
use defaults as default;
pub use file::LogLevel;
use file::{ConfigError, ConfigFile, OriginSection};

use super::args::CommonArgs;
use crate::front::authority::FrontLimits;
use crate::front::listen::{TcpLimits, UDP_THREADS_MAX, UdpPath};
use crate::front::zone::{NotListedAs, UndecidedAs};
use crate::oracle::gather::GatherLimits;
use crate::oracle::upstream::UpstreamLimits;
use crate::oracle::{ClientBudget, Lifetimes, Limits};
use crate::verdict::domain::Unfit;
use crate::verdict::{Domain, Policy};

/// Everything that can be set, as it is in force.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// Addresses to answer on; none if none are set.
    pub listen: Option<Vec<SocketAddr>>,
    /// Resolvers to ask; empty for those of the system.
    pub upstream: Vec<SocketAddr>,
    /// The zones to serve.
    pub origins: Vec<Origin>,
    /// Names that are known to have reserved addresses.
    pub canaries: Vec<Domain>,
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

impl Settings {
    /// Puts together what was typed and what the file says; what was typed wins.
    ///
    /// # Errors
    /// [`SettingsError`] names the key or flag.
    pub fn from(common: &CommonArgs, listen: &[SocketAddr]) -> Result<Self, SettingsError> {
        let file = common
            .chain
            .config
            .as_deref()
            .map(ConfigFile::read)
            .transpose()?
            .unwrap_or_default();
        let origins = origins(&file, common)?;
        let filed_listen = list("listen", &file.listen, |one| one.0)?;
        let filed_upstream = list("upstream", &file.upstream, |one| one.0)?;
        let allow_query = list("allow_query", &file.allow_query, |one| one.0)?;
        let typed_or = |typed: &[SocketAddr], filed: Option<Vec<SocketAddr>>| {
            if typed.is_empty() {
                filed
            } else {
                Some(typed.to_vec())
            }
        };
        let listen = typed_or(listen, filed_listen);
        Ok(Self {
            udp: udp(&file, addresses(listen.as_deref()).len())?,
            listen,
            upstream: typed_or(&common.chain.upstream, filed_upstream).unwrap_or_default(),
            origins,
            canaries: canaries(&file)?,
            upstream_limits: upstream_limits(&file)?,
            limits: limits(&file)?,
            lifetimes: lifetimes(&file)?,
            front: FrontLimits {
                allow_query: allow_query.unwrap_or_else(default::allow_query),
                answer_deadline: positive(
                    "answer_deadline",
                    file.answer_deadline,
                    default::ANSWER_DEADLINE,
                )?,
                pending_answers_max: count(
                    "pending_answers",
                    file.pending_answers,
                    default::PENDING_ANSWERS,
                )?,
            },
            tcp: TcpLimits {
                connections_max: count(
                    "tcp_connections",
                    file.tcp_connections,
                    default::TCP_CONNECTIONS,
                )?,
                idle: positive("tcp_idle", file.tcp_idle, default::TCP_IDLE)?,
            },
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

/// The addresses that are set, else the default ones.
fn addresses(listen: Option<&[SocketAddr]>) -> Vec<SocketAddr> {
    listen.map_or_else(default::listen, <[_]>::to_vec)
}

fn udp(file: &ConfigFile, addresses: usize) -> Result<UdpPath, SettingsError> {
    let threads = count("udp_threads", file.udp_threads, default::UDP_THREADS)?;
    if threads.saturating_mul(addresses) > UDP_THREADS_MAX {
        return Err(SettingsError::Value {
            key: "udp_threads",
            value: threads.to_string(),
            why: "each address has so many, and all together at most 256",
        });
    }
    Ok(if file.fast_path.unwrap_or(true) {
        UdpPath::Fast { threads }
    } else {
        UdpPath::Plain
    })
}

fn upstream_limits(file: &ConfigFile) -> Result<UpstreamLimits, SettingsError> {
    Ok(UpstreamLimits {
        query_timeout: positive("query_timeout", file.query_timeout, default::QUERY_TIMEOUT)?,
        query_tries: count("query_tries", file.query_tries, default::QUERY_TRIES)?,
        cnames_max: count("max_cnames", file.max_cnames, default::MAX_CNAMES)?,
        queries_max: count(
            "upstream_queries",
            file.upstream_queries,
            default::UPSTREAM_QUERIES,
        )?,
    })
}

fn limits(file: &ConfigFile) -> Result<Limits, SettingsError> {
    let evaluation_deadline = positive(
        "evaluation_deadline",
        file.evaluation_deadline,
        default::EVALUATION_DEADLINE,
    )?;
    let cache_mib = count("cache_mib", file.cache_mib, default::CACHE_MIB)?;
    Ok(Limits {
        evaluations_max: count("evaluations", file.evaluations, default::EVALUATIONS)?,
        waiting_max: number(file.waiting.unwrap_or(default::WAITING)),
        evaluation_deadline,
        client_budget: ClientBudget {
            per_second: non_zero(
                "client_evaluations_per_second",
                file.client_evaluations_per_second,
                default::CLIENT_EVALUATIONS_PER_SECOND,
            )?,
            burst: non_zero(
                "client_evaluations_burst",
                file.client_evaluations_burst,
                default::CLIENT_EVALUATIONS_BURST,
            )?,
        },
        memory_octets: cache_mib.saturating_mul(1 << 20),
        gather: GatherLimits {
            mx_hosts_max: count("max_mx_hosts", file.max_mx_hosts, default::MAX_MX_HOSTS)?,
        },
    })
}

fn lifetimes(file: &ConfigFile) -> Result<Lifetimes, SettingsError> {
    let lifetimes = Lifetimes {
        min_ttl: span(file.min_ttl, default::MIN_TTL),
        max_ttl: span(file.max_ttl, default::MAX_TTL),
        undecided_min_ttl: span(file.undecided_min_ttl, default::UNDECIDED_MIN_TTL),
        undecided_max_ttl: span(file.undecided_max_ttl, default::UNDECIDED_MAX_TTL),
        serve_stale: span(file.serve_stale, default::SERVE_STALE),
        stale_ttl: span(file.stale_ttl, default::STALE_TTL),
        refresh_ahead_percent: file
            .refresh_ahead_percent
            .unwrap_or(default::REFRESH_AHEAD_PERCENT),
    };
    let time = |time: Duration| humantime::format_duration(time).to_string();
    let wrong = |key, value, why| Err(SettingsError::Value { key, value, why });
    if lifetimes.min_ttl > lifetimes.max_ttl {
        return wrong(
            "min_ttl",
            time(lifetimes.min_ttl),
            "it is longer than max_ttl",
        );
    }
    // RFC 9520, section 3.2: failures are kept for a second at least and five minutes at most.
    if lifetimes.undecided_min_ttl < Duration::from_secs(1) {
        return wrong(
            "undecided_min_ttl",
            time(lifetimes.undecided_min_ttl),
            "RFC 9520 asks for 1s at least",
        );
    }
    if lifetimes.undecided_max_ttl > Duration::from_secs(300) {
        return wrong(
            "undecided_max_ttl",
            time(lifetimes.undecided_max_ttl),
            "RFC 9520 allows 5m at most",
        );
    }
    if lifetimes.undecided_min_ttl > lifetimes.undecided_max_ttl {
        return wrong(
            "undecided_min_ttl",
            time(lifetimes.undecided_min_ttl),
            "it is longer than undecided_max_ttl",
        );
    }
    if lifetimes.refresh_ahead_percent > 50 {
        return wrong(
            "refresh_ahead_percent",
            lifetimes.refresh_ahead_percent.to_string(),
            "it must be 50 at most",
        );
    }
    Ok(lifetimes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../deploy/bogusmx.toml");

    /// The example with what is commented out put in force: `#key`, where prose has `# text`.
    fn uncommented() -> String {
        let line = |line: &'static str| match line.strip_prefix('#') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => rest,
            _ => line,
        };
        EXAMPLE.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    fn settings(text: &str) -> Settings {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        let mut common = CommonArgs::default();
        common.chain.config = Some(file.path().to_owned());
        Settings::from(&common, &[]).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The keys that `T` knows, out of serde's complaint about one that it does not.
    fn keys<T: serde::de::DeserializeOwned>(known: &str) -> Vec<String> {
        let error = toml::from_str::<T>(&format!("{known}\nno_such_key = 1")).err();
        let message = error.map(|error| error.message().to_owned()).unwrap();
        let mut names = message.split('`').skip(1).step_by(2);
        assert_eq!(names.next(), Some("no_such_key"), "{message}");
        names.map(str::to_owned).collect()
    }

    #[test]
    fn the_example_as_it_is_changes_nothing() {
        assert_eq!(settings(EXAMPLE), settings(""));
    }

    #[test]
    fn the_example_shows_the_defaults() {
        let mut shown = settings(&uncommented());
        let mut unset = settings("");
        unset.listen = Some(unset.addresses());
        // What has no default value is an example.
        assert_eq!(std::mem::take(&mut shown.upstream).len(), 1);
        let snapshot = shown.snapshot.take().unwrap();
        assert_eq!(snapshot.interval, default::SNAPSHOT_INTERVAL);
        for origin in &mut shown.origins {
            assert!(origin.table.take().is_some() && origin.zone.take().is_some());
        }
        for networks in [&mut shown.front, &mut unset.front] {
            networks.allow_query.sort();
        }
        assert_eq!(shown, unset);
    }

    #[test]
    fn the_example_has_every_key() {
        let (top, section) = EXAMPLE.split_once("#[[origin]]").unwrap();
        let check = |text: &str, keys: &[String]| {
            assert!(keys.len() > 5, "{keys:?}");
            for key in keys {
                let line = format!("#{key} = ");
                assert!(
                    text.lines().any(|text| text.starts_with(&line)),
                    "no '{line}'"
                );
            }
        };
        let top_keys: Vec<String> = keys::<ConfigFile>("");
        let values = top_keys.into_iter().filter(|key| key != "origin");
        check(top, &values.collect::<Vec<_>>());
        check(section, &keys::<OriginSection>("name = \"a.b\""));
    }
}
