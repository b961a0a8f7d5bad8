//! From what was typed and what the file says to typed values, checked against each other.
//!
//! Nothing below this folder knows of settings: each part gets its own limits.

mod defaults;
pub mod file;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use defaults as default;
use file::{ConfigError, ConfigFile, OriginSection, Span};

use super::args::CommonArgs;
use crate::front::dns::FrontLimits;
use crate::front::listen::TcpLimits;
use crate::front::zone::{NotListedAs, UndecidedAs};
use crate::oracle::gather::GatherLimits;
use crate::oracle::upstream::UpstreamLimits;
use crate::oracle::{ClientBudget, Lifetimes, Limits};
use crate::verdict::domain::Unfit;
use crate::verdict::{Domain, Policy};

/// Where the system's resolvers are named.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Everything that can be set, as it is in force.
#[derive(Debug)]
pub struct Settings {
    /// Addresses to answer on; none if none are set.
    pub listen: Option<Vec<SocketAddr>>,
    /// Resolvers to ask; empty for those of the system.
    pub upstream: Vec<SocketAddr>,
    /// The zones to serve.
    pub origins: Vec<Origin>,
    /// What one upstream question may cost.
    pub upstream_limits: UpstreamLimits,
    /// What the oracle may use.
    pub limits: Limits,
    /// How long verdicts count.
    pub lifetimes: Lifetimes,
    /// What clients are granted.
    pub front: FrontLimits,
    /// What TCP clients may use.
    pub tcp: TcpLimits,
    /// Whom to become after binding, if started as root.
    pub user: String,
    /// Which log lines to write, unless the environment says otherwise.
    pub log: String,
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
    /// Two zones have one name.
    #[error("the origin '{0}' is there twice: give each [[origin]] a name of its own")]
    OriginTwice(Domain),
    /// One zone on the command line, several in the file.
    #[error("--origin names one zone, but {} has several: leave one of them out", file.display())]
    OriginBoth {
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
        "{file}: {why}: name a resolver with --upstream ADDR or 'upstream' in the configuration"
    )]
    NoUpstream {
        /// The file that should name resolvers.
        file: &'static str,
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
            .config
            .as_deref()
            .map(ConfigFile::read)
            .transpose()?
            .unwrap_or_default();
        let origins = origins(&file, common)?;
        let typed_or = |typed: &[SocketAddr], filed: Option<Vec<SocketAddr>>| {
            if typed.is_empty() {
                filed
            } else {
                Some(typed.to_vec())
            }
        };
        let filed_listen = file
            .listen
            .as_ref()
            .map(|all| all.iter().map(|one| one.0).collect());
        let filed_upstream = file
            .upstream
            .as_ref()
            .map(|all| all.iter().map(|one| one.0).collect());
        Ok(Self {
            listen: typed_or(listen, filed_listen),
            upstream: typed_or(&common.upstream, filed_upstream).unwrap_or_default(),
            origins,
            upstream_limits: upstream_limits(&file)?,
            limits: limits(&file)?,
            lifetimes: lifetimes(&file)?,
            front: FrontLimits {
                allow_query: file
                    .allow_query
                    .as_ref()
                    .map_or_else(default::allow_query, |all| {
                        all.iter().map(|network| network.0).collect()
                    }),
                answer_deadline: span(file.answer_deadline, default::ANSWER_DEADLINE),
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
            user: file.user.unwrap_or_else(|| default::USER.to_owned()),
            log: file.log.unwrap_or_else(|| default::LOG.to_owned()),
        })
    }

    /// The addresses to answer on where none are set; those that a machine does not have, such as
    /// IPv6 ones, may be left out.
    pub fn default_listen() -> Vec<SocketAddr> {
        default::listen()
    }

    /// The resolvers to ask: those that are set, else those of the system.
    ///
    /// # Errors
    /// [`SettingsError::NoUpstream`] if there are none.
    pub fn resolvers(&self) -> Result<Vec<SocketAddr>, SettingsError> {
        if !self.upstream.is_empty() {
            return Ok(self.upstream.clone());
        }
        let none = |why| SettingsError::NoUpstream {
            file: RESOLV_CONF,
            why,
        };
        let text = std::fs::read(RESOLV_CONF).map_err(|error| none(error.to_string()))?;
        let (parsed, _unknown_options) = resolv_conf::Config::parse_with_errors(&text);
        let servers: Vec<SocketAddr> = parsed
            .nameservers
            .iter()
            .map(|server| SocketAddr::new(server.into(), 53))
            .collect();
        if servers.is_empty() {
            Err(none("it names no resolver".into()))
        } else {
            Ok(servers)
        }
    }
}

/// The zones: those of the file, or one, with what was typed put over it.
fn origins(file: &ConfigFile, typed: &CommonArgs) -> Result<Vec<Origin>, SettingsError> {
    let default_section = || OriginSection {
        name: default::ORIGIN.to_owned(),
        ..Default::default()
    };
    let filed = match file.origin.as_deref() {
        None | Some([]) => vec![default_section()],
        Some(sections) => sections.to_vec(),
    };
    if typed.origin.is_some() && filed.len() > 1 {
        let file = typed.config.clone().unwrap_or_default();
        return Err(SettingsError::OriginBoth { file });
    }
    let mut origins: Vec<Origin> = Vec::with_capacity(filed.len());
    for section in filed {
        let name = typed.origin.clone().unwrap_or(section.name);
        let name = Domain::parse(&name).map_err(|why| SettingsError::Origin { name, why })?;
        if origins.iter().any(|origin| origin.name == name) {
            return Err(SettingsError::OriginTwice(name));
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

fn path(candidates: &[&Option<PathBuf>]) -> Option<PathBuf> {
    candidates
        .iter()
        .find_map(|candidate| candidate.as_deref().map(Path::to_owned))
}

fn upstream_limits(file: &ConfigFile) -> Result<UpstreamLimits, SettingsError> {
    Ok(UpstreamLimits {
        query_timeout: positive("query_timeout", file.query_timeout, default::QUERY_TIMEOUT)?,
        query_tries: count("query_tries", file.query_tries, default::QUERY_TRIES)?,
        cnames_max: count("max_cnames", file.max_cnames, default::MAX_CNAMES)?,
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
        memory_octets: u64::try_from(cache_mib)
            .unwrap_or(u64::MAX)
            .saturating_mul(1 << 20),
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

fn span(filed: Option<Span>, default: Duration) -> Duration {
    filed.map_or(default, |span| span.0)
}

fn positive(
    key: &'static str,
    filed: Option<Span>,
    default: Duration,
) -> Result<Duration, SettingsError> {
    let span = span(filed, default);
    if span.is_zero() {
        return Err(SettingsError::Value {
            key,
            value: "0s".into(),
            why: "it must be longer",
        });
    }
    Ok(span)
}

fn non_zero(
    key: &'static str,
    filed: Option<u32>,
    default: NonZeroU32,
) -> Result<NonZeroU32, SettingsError> {
    let why = "it must be 1 at least";
    filed.map_or(Ok(default), |value| {
        NonZeroU32::new(value).ok_or(SettingsError::Value {
            key,
            value: "0".into(),
            why,
        })
    })
}

fn count(
    key: &'static str,
    filed: Option<u32>,
    default: NonZeroU32,
) -> Result<usize, SettingsError> {
    Ok(number(non_zero(key, filed, default)?.get()))
}

/// Widens; on a 16-bit machine it would be cut to what that can count.
fn number(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
