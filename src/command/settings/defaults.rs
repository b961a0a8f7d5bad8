//! What is in force where nothing is set.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::command::address::DAEMON_PORT;

pub(super) const ORIGIN: &str = "bogusmx.local";
pub(super) const USER: &str = "nobody";

/// Names that anybody may use for 127.0.0.1, of three operators.
pub(super) const CANARIES: [&str; 3] = ["localtest.me", "127-0-0-1.sslip.io", "127.0.0.1.nip.io"];

pub(super) const QUERY_TIMEOUT: Duration = Duration::from_millis(1500);
pub(super) const ANSWER_DEADLINE: Duration = Duration::from_millis(1200);
pub(super) const EVALUATION_DEADLINE: Duration = Duration::from_secs(10);
pub(super) const MIN_TTL: Duration = Duration::from_secs(60);
pub(super) const MAX_TTL: Duration = Duration::from_secs(60 * 60);
pub(super) const UNDECIDED_MIN_TTL: Duration = Duration::from_secs(5);
pub(super) const UNDECIDED_MAX_TTL: Duration = Duration::from_secs(5 * 60);
pub(super) const SERVE_STALE: Duration = Duration::from_secs(24 * 60 * 60);
pub(super) const STALE_TTL: Duration = Duration::from_secs(30);
pub(super) const REFRESH_AHEAD_PERCENT: u32 = 10;
pub(super) const CANARY_INTERVAL: Duration = Duration::from_secs(60 * 60);
pub(super) const WATCH_INTERVAL: Duration = Duration::from_secs(5);
pub(super) const SNAPSHOT_INTERVAL: Duration = Duration::from_secs(5 * 60);
pub(super) const TCP_IDLE: Duration = Duration::from_secs(10);

pub(super) const QUERY_TRIES: NonZeroU32 = at_least_one(2);
pub(super) const MAX_MX_HOSTS: NonZeroU32 = at_least_one(16);
pub(super) const MAX_HOSTS_PER_DOMAIN: NonZeroU32 = at_least_one(5);
pub(super) const MAX_EXTRA_QUERIES: NonZeroU32 = at_least_one(256);
pub(super) const MAX_CNAMES: NonZeroU32 = at_least_one(10);
pub(super) const EVALUATIONS: NonZeroU32 = at_least_one(256);
pub(super) const EVALUATIONS_PER_SECOND: NonZeroU32 = at_least_one(2000);
pub(super) const WAITING: u32 = 4096;
pub(super) const UPSTREAM_QUERIES: NonZeroU32 = at_least_one(8192);
pub(super) const PENDING_ANSWERS: NonZeroU32 = at_least_one(16_384);
pub(super) const RESPONSES_PER_SECOND: NonZeroU32 = at_least_one(200);
pub(super) const CLIENT_EVALUATIONS_PER_SECOND: NonZeroU32 = at_least_one(500);
pub(super) const CLIENT_EVALUATIONS_BURST: NonZeroU32 = at_least_one(2000);
pub(super) const CACHE_MIB: NonZeroU32 = at_least_one(64);
/// One is plenty for most; the second one keeps a burst from waiting.
pub(super) const UDP_THREADS: NonZeroU32 = at_least_one(2);
pub(super) const TCP_CONNECTIONS: NonZeroU32 = at_least_one(256);

/// `value`, or 1 for 0, which no default is.
const fn at_least_one(value: u32) -> NonZeroU32 {
    match NonZeroU32::new(value) {
        Some(value) => value,
        None => NonZeroU32::MIN,
    }
}

/// In the folder that systemd has made for the service, if it has (systemd.exec(5)).
pub(super) fn snapshot() -> Option<PathBuf> {
    let folders = std::env::var_os("STATE_DIRECTORY")?;
    let first = std::env::split_paths(&folders).next()?;
    Some(first.join("memory"))
}

/// Loopback only: who wants more says so.
pub(super) fn listen() -> Vec<SocketAddr> {
    vec![
        SocketAddr::from((Ipv4Addr::LOCALHOST, DAEMON_PORT)),
        SocketAddr::from((Ipv6Addr::LOCALHOST, DAEMON_PORT)),
    ]
}
