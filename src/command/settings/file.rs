//! The configuration file as it is written: TOML, flat, every key optional.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer};
use thiserror::Error;
use tracing::level_filters::LevelFilter;

use crate::command::address::{listen_address, network, server_address};
use crate::front::zone::{NotListedAs, UndecidedAs};
use crate::verdict::Policy;

/// The longest length of time: a typing error past it, and deadlines that a clock can count to.
const SPAN_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The keys of the file. What they do is said beside what they bound, and in the example
/// configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "deploy/bogusmx.toml documents each key")]
pub struct ConfigFile {
    pub listen: Option<Vec<Listen>>,
    pub upstream: Option<Vec<Server>>,
    pub allow_query: Option<Vec<Network>>,
    #[serde(deserialize_with = "policy")]
    pub policy: Option<Policy>,
    pub table: Option<PathBuf>,
    pub domain_list: Option<PathBuf>,
    pub host_list: Option<PathBuf>,
    #[serde(rename = "self")]
    pub own: Option<Vec<Network>>,
    pub watch_interval: Option<Span>,
    pub zone: Option<PathBuf>,
    #[serde(deserialize_with = "not_listed")]
    pub not_listed: Option<NotListedAs>,
    #[serde(deserialize_with = "undecided")]
    pub undecided: Option<UndecidedAs>,
    pub origin: Option<Vec<OriginSection>>,
    pub canary: Option<Vec<String>>,
    pub canary_interval: Option<Span>,
    pub dnssec: Option<bool>,
    pub trust_anchor: Option<PathBuf>,
    pub query_timeout: Option<Span>,
    pub query_tries: Option<u32>,
    pub answer_deadline: Option<Span>,
    pub evaluation_deadline: Option<Span>,
    pub min_ttl: Option<Span>,
    pub max_ttl: Option<Span>,
    pub undecided_min_ttl: Option<Span>,
    pub undecided_max_ttl: Option<Span>,
    pub serve_stale: Option<Span>,
    pub stale_ttl: Option<Span>,
    pub refresh_ahead_percent: Option<u32>,
    pub max_mx_hosts: Option<u32>,
    pub max_hosts_per_domain: Option<u32>,
    pub max_extra_queries: Option<u32>,
    pub max_cnames: Option<u32>,
    pub evaluations: Option<u32>,
    pub evaluations_per_second: Option<u32>,
    pub waiting: Option<u32>,
    pub upstream_queries: Option<u32>,
    pub pending_answers: Option<u32>,
    pub responses_per_second: Option<u32>,
    pub client_evaluations_per_second: Option<u32>,
    pub client_evaluations_burst: Option<u32>,
    pub cache_mib: Option<u32>,
    pub fast_path: Option<bool>,
    pub udp_threads: Option<u32>,
    pub tcp_connections: Option<u32>,
    pub tcp_idle: Option<Span>,
    pub snapshot: Option<PathBuf>,
    pub snapshot_interval: Option<Span>,
    pub user: Option<String>,
    pub log: Option<LogLevel>,
}

/// One `[[origin]]`; what it leaves out is as at the top of the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "deploy/bogusmx.toml documents each key")]
pub struct OriginSection {
    pub name: String,
    #[serde(default, deserialize_with = "policy")]
    pub policy: Option<Policy>,
    pub table: Option<PathBuf>,
    pub domain_list: Option<PathBuf>,
    pub host_list: Option<PathBuf>,
    #[serde(rename = "self")]
    pub own: Option<Vec<Network>>,
    pub zone: Option<PathBuf>,
    #[serde(default, deserialize_with = "not_listed")]
    pub not_listed: Option<NotListedAs>,
    #[serde(default, deserialize_with = "undecided")]
    pub undecided: Option<UndecidedAs>,
}

/// A length of time, written as `1500ms`, `10s` or `1h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

/// An address to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub SocketAddr);

/// An upstream resolver; the port may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server(pub SocketAddr);

/// The least serious kind of line that is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLevel(LevelFilter);

/// A network; a single address stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(pub IpNet);

/// What is wrong with a configuration file.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("{}: cannot read the configuration: {error}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is no TOML, or a key is unknown, or a value is not of the key's kind.
    #[error("{}:{line}:{column}: {message}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong, and what to write instead.
        message: String,
    },
}

impl ConfigFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, the line and the column.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|error| ConfigError::Read {
            file: file.to_owned(),
            error,
        })?;
        Self::parse(&text, file)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, the line and the column.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let before = text.get(..offset).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
            ConfigError::Syntax {
                file: file.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
                message: explain(error.message()),
            }
        })
    }
}

/// Keys of the top of the file that people write into a section, because they follow it.
const AT_THE_TOP: &str =
    "after an [[origin]] come keys of that zone; if '{}' is meant for all, put it above";

/// What serde expected instead of what is there, and how that is written.
const WRITTEN: [(&str, &str); 3] = [
    (
        "expected a string",
        "put it between quotes, a length of time with its unit: \"10s\"",
    ),
    (
        "expected a sequence",
        "write it between [ and ], also if it is only one",
    ),
    ("expected u32", "write a number without quotes"),
];

/// Says of an unknown key which known one is nearest, and of a value of another kind how to write it.
///
/// serde reports "unknown field `a`, expected one of `b`, `c`": the names are between backticks.
fn explain(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    match names.next() {
        Some(unknown) if message.starts_with("unknown field") => {
            let nearest = names.max_by(|one, other| {
                let likeness = |name: &str| strsim::jaro_winkler(unknown, name);
                likeness(one).total_cmp(&likeness(other))
            });
            let hint = match nearest {
                // Only a section lacks keys that there are.
                _ if is_key_of_the_top(unknown) => AT_THE_TOP.replace("{}", unknown),
                Some(name) => format!("did you mean '{name}'?"),
                None => "there are no others here".to_owned(),
            };
            format!("unknown key '{}'; {hint}", unknown.escape_debug())
        }
        _ => {
            let message = message.trim_end().replace('\n', ", ");
            let hint = WRITTEN.iter().find(|(kind, _)| message.contains(kind));
            match hint {
                Some((_, hint)) => format!("{message}: {hint}"),
                None => message,
            }
        }
    }
}

/// Whether the file knows such a key outside sections.
fn is_key_of_the_top(key: &str) -> bool {
    let is_bare = key
        .bytes()
        .all(|octet| octet.is_ascii_lowercase() || octet == b'_');
    let value = toml::from_str::<ConfigFile>(&format!("{key} = {{}}"));
    is_bare && value.is_err_and(|error| !error.message().starts_with("unknown field"))
}

/// Reads a value out of its text form, with the reader's own words where it fails.
fn from_text<'de, D, T>(
    deserializer: D,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    read(&text).map_err(serde::de::Error::custom)
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| {
            let parsed = humantime::parse_duration(text).map_err(|_| {
                format!("'{text}' is no length of time: write 1500ms, 10s, 5m, 1h or 1day")
            })?;
            if parsed > SPAN_MAX {
                return Err(format!("'{text}' is too long: write a year at most"));
            }
            Ok(Self(parsed))
        })
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| listen_address(text).map(Self))
    }
}

impl LogLevel {
    pub(super) const DEFAULT: Self = Self(LevelFilter::INFO);
}

impl fmt::Display for LogLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl<'de> Deserialize<'de> for LogLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| {
            let is_word = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_lowercase());
            let level = text.parse().ok().filter(|_| is_word).map(Self);
            level.ok_or_else(|| {
                format!("'{text}' is no log level: write off, error, warn, info, debug or trace")
            })
        })
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| network(text).map(Self))
    }
}

impl<'de> Deserialize<'de> for Server {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| server_address(text).map(Self))
    }
}

fn policy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Policy>, D::Error> {
    from_text(deserializer, |text| text.parse().map(Some))
}

fn not_listed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NotListedAs>, D::Error> {
    from_text(deserializer, |text| match text {
        "nodata" => Ok(Some(NotListedAs::NoData)),
        "nxdomain" => Ok(Some(NotListedAs::NxDomain)),
        _ => Err(format!("unknown value '{text}': write nodata or nxdomain")),
    })
}

fn undecided<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UndecidedAs>, D::Error> {
    from_text(deserializer, |text| match text {
        "servfail" => Ok(Some(UndecidedAs::ServFail)),
        "not-listed" => Ok(Some(UndecidedAs::NotListed)),
        _ => Err(format!(
            "unknown value '{text}': write servfail or not-listed"
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_error(text: &str, expected: &str) {
        let error = ConfigFile::parse(text, Path::new("bogusmx.toml")).unwrap_err();
        assert_eq!(error.to_string(), format!("bogusmx.toml:{expected}"));
    }

    #[test]
    fn errors_say_where_and_what() {
        check_error(
            "polcy = \"any\"",
            "1:1: unknown key 'polcy'; did you mean 'policy'?",
        );
        check_error(
            "\nmax_ttl = \"soon\"",
            "2:11: 'soon' is no length of time: write 1500ms, 10s, 5m, 1h or 1day",
        );
        check_error(
            "max_ttl = \"9000years\"",
            "1:11: '9000years' is too long: write a year at most",
        );
        check_error(
            "policy = \"some\"",
            "1:10: unknown policy 'some': write any, all or loop",
        );
        check_error(
            "[[origin]]\nname = \"a.b\"\ntabel = \"x\"",
            "3:1: unknown key 'tabel'; did you mean 'table'?",
        );
        check_error(
            "[[origin]]\nname = \"a.b\"\nmax_ttl = \"1h\"",
            "3:1: unknown key 'max_ttl'; after an [[origin]] come keys of that zone; if 'max_ttl' is meant for \
             all, put it above",
        );
        check_error(
            "max_ttl = 10",
            "1:11: invalid type: integer `10`, expected a string: put it between quotes, a length of time with \
             its unit: \"10s\"",
        );
        check_error(
            "upstream = \"127.0.0.1\"",
            "1:12: invalid type: string \"127.0.0.1\", expected a sequence: write it between [ and ], also if \
             it is only one",
        );
        check_error(
            "waiting = \"5\"",
            "1:11: invalid type: string \"5\", expected u32: write a number without quotes",
        );
        check_error(
            "allow_query = [\"10.1.2.3/8\"]",
            "1:15: '10.1.2.3/8' has bits behind its length: write 10.0.0.0/8",
        );
        check_error(
            "listen = [\"127.0.0.1\"]",
            "1:10: '127.0.0.1' is no address with a port: write 127.0.0.1:5300 or [::1]:5300",
        );
    }

    #[test]
    fn an_empty_file_says_nothing() {
        let file = ConfigFile::parse("", Path::new("empty")).unwrap();
        assert!(file.listen.is_none() && file.origin.is_none() && file.user.is_none());
    }
}
