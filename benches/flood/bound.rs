//! How much memory the daemon may take at most: what the limits of its configuration add up to.

use super::ground::Outcome;

/// Every limit with its default, as its users read it.
const CONFIGURATION: &str = include_str!("../../deploy/bogusmx.toml");

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// The program, its table, its runtime and the stacks of its threads.
const BASE: u64 = 16 * MIB;

/// Of each limit, what one costs at most, and why it cannot be more.
const COSTS: [(&str, u64); 6] = [
    // The allocator's next size, and holes that what is thrown out leaves: a quarter more than is counted.
    ("cache_mib", MIB + MIB / 4),
    // The query as hickory reads it, the future that waits, the answer.
    ("pending_answers", 4 * KIB),
    // An evaluation's future, its draft, and the watch that others look at, not yet begun.
    ("waiting", 4 * KIB),
    // The same in work, with its hosts and their addresses.
    ("evaluations", 32 * KIB),
    // The question, the future and the answer of one; the socket's buffers are the kernel's.
    ("upstream_queries", 4 * KIB),
    // A message that comes in pieces may be this long, and so may be its copy.
    ("tcp_connections", 128 * KIB),
];

/// A batch of each thread: 48 queries of 64 KiB and their replies, if every one is as long as a datagram can be, and copies
/// of those that are left to later. And 256 queries that wait to be looked up.
const BATCH: u64 = 8 * MIB;

/// The budgets of 16,384 clients, half a kilobyte each.
const CLIENTS: u64 = 8 * MIB;

/// The bound in octets, for one address to answer on, without `dnssec`, which keeps proofs beside all that.
pub(crate) fn octets() -> Outcome<u64> {
    let mut sum = BASE + CLIENTS + default("udp_threads")? * BATCH;
    for (limit, cost) in COSTS {
        sum += default(limit)? * cost;
    }
    Ok(sum)
}

/// A limit's default.
pub(crate) fn default(limit: &str) -> Outcome<u64> {
    let start = format!("#{limit} = ");
    let line = CONFIGURATION
        .lines()
        .find_map(|line| line.strip_prefix(&start));
    let value = line.ok_or_else(|| format!("deploy/bogusmx.toml says nothing of {limit}"))?;
    Ok(value.parse()?)
}
