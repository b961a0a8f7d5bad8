//! A front with two zones over a scripted world, for tests, and for fuzzing.

#![expect(clippy::unwrap_used, reason = "it is run by tests only")]

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::authority::{Authority, FrontLimits};
use super::dns::{Dns, zone_file};
use super::zone::{NotListedAs, UndecidedAs, Zone};
use crate::oracle::gather::GatherLimits;
use crate::oracle::world::World;
use crate::oracle::{ClientBudget, Lifetimes, Limits, Oracle};
use crate::verdict::local::{DOMAIN_TEXT, NameList};
use crate::verdict::{Domain, Local, Policy, Rules, Table};

/// What clients of one public network get over UDP.
pub(crate) const RESPONSES_PER_SECOND: NonZeroU32 = NonZeroU32::new(3).unwrap();

/// A name so long that an answer about it may not fit into 512 octets.
pub(crate) const LONG: &str = "a2345678901234567890123456789012345678901234567890123456789012.\
                    b2345678901234567890123456789012345678901234567890123456789012.\
                    c2345678901234567890123456789012345678901234567890123456789012.\
                    d2345678901234567890123456.de";

/// Domains of the world: listed, not listed, and one that cannot be found out about.
pub(crate) const SCRIPT: &str = "hot.de MX 10 null.hot.de
                                 null.hot.de A 127.0.0.1
                                 good.de MX 10 mx.good.de 20 mx2.good.de
                                 mx.good.de A 192.0.1.1
                                 mx2.good.de AAAA 2600::1
                                 null.de MX 0 .
                                 exempt.de MX 10 null.hot.de
                                 dead.de MX !servfail";

const MANY: NonZeroU32 = NonZeroU32::new(1_000_000).unwrap();
const MINUTE: Duration = Duration::from_secs(60);

/// What the oracle may use: more than it does.
pub(crate) const LIMITS: Limits = Limits {
    evaluations_max: 16,
    waiting_max: 16,
    evaluation_deadline: MINUTE,
    evaluations_per_second: MANY,
    client_budget: ClientBudget {
        per_second: MANY,
        burst: MANY,
    },
    memory_octets: 1 << 20,
    gather: GatherLimits {
        mx_hosts_max: 16,
        hosts_per_domain_max: 5,
        extra_queries_max: 256,
    },
};

/// All verdicts count for a minute.
pub(crate) const LIFETIMES: Lifetimes = Lifetimes {
    min_ttl: MINUTE,
    max_ttl: MINUTE,
    undecided_min_ttl: MINUTE,
    undecided_max_ttl: MINUTE,
    serve_stale: MINUTE,
    stale_ttl: MINUTE,
    refresh_ahead_percent: 10,
};

/// Serves `bogusmx.local` as by default, and `nx.bogusmx.example` with the other ways to say things
/// and the longest text.
pub(crate) fn dns() -> Dns<World> {
    dns_over(&format!("{SCRIPT}\n{LONG} MX 10 null.hot.de"))
}

/// The same over another world.
pub(crate) fn dns_over(script: &str) -> Dns<World> {
    serve(zones().into(), script).0
}

/// Serves any zones over any world, and says out of which oracle.
pub(crate) fn serve(zones: Arc<[Zone]>, script: &str) -> (Dns<World>, Arc<Oracle<World>>) {
    let own = zones.iter().map(|zone| zone.origin.clone()).collect();
    let oracle = Arc::new(Oracle::new(World::new(script), own, LIMITS, LIFETIMES));
    let front = FrontLimits {
        allow_query: ["127.0.0.0/8", "198.51.0.0/16", "2001:db8::/32"]
            .map(|network| network.parse().unwrap())
            .into(),
        answer_deadline: Duration::from_secs(1),
        // More than may be looked up and wait for it together.
        pending_answers_max: 64,
        responses_per_second: RESPONSES_PER_SECOND,
    };
    let authority = Authority::new(zones, Arc::clone(&oracle), front);
    (Dns::new(Arc::new(authority)), oracle)
}

/// The two zones.
pub(crate) fn zones() -> [Zone; 2] {
    [
        zone(
            "bogusmx.local",
            NotListedAs::NoData,
            UndecidedAs::ServFail,
            Table::reserved(),
        ),
        zone(
            "nx.bogusmx.example",
            NotListedAs::NxDomain,
            UndecidedAs::NotListed,
            Table::parse(&format!("127.0.0.0/8 REJECT {}", "x".repeat(255)), "test").unwrap(),
        ),
    ]
}

/// A zone with the names of the shipped file.
pub(crate) fn zone(
    origin: &str,
    not_listed: NotListedAs,
    undecided: UndecidedAs,
    table: Table,
) -> Zone {
    let origin = Domain::parse(origin).unwrap();
    Zone {
        fixed: zone_file::read(zone_file::DEFAULT, "bogusmx.zone", &origin).unwrap(),
        origin,
        not_listed,
        undecided,
        rules: ArcSwap::from_pointee(Rules {
            local: Arc::new(local()),
            ..Rules::new(table, Policy::Any)
        }),
    }
}

/// The operator's say: a domain that is exempt, and one that is listed.
fn local() -> Local {
    let domains = NameList::parse(
        "!exempt.de\n.named.de REJECT Not here\n",
        "domains",
        DOMAIN_TEXT,
    );
    Local::new(domains.unwrap(), NameList::default(), &[])
}

/// A query for `name` below `origin`, and its EDNS record if that is not empty.
pub(crate) fn packet(name: &str, origin: &str, qtype: u16, flags: u16, edns: &[u8]) -> Vec<u8> {
    let mut packet = vec![0xab, 0xcd];
    packet.extend(flags.to_be_bytes());
    packet.extend([0, 1, 0, 0, 0, 0, 0, u8::from(!edns.is_empty())]);
    for label in name.split('.').chain(origin.split('.')) {
        if !label.is_empty() {
            packet.push(u8::try_from(label.len()).unwrap());
            packet.extend(label.bytes());
        }
    }
    packet.push(0);
    packet.extend(qtype.to_be_bytes());
    packet.extend([0, 1]);
    packet.extend(edns);
    packet
}

/// An EDNS record.
#[cfg(test)]
pub(crate) fn edns(payload: u16, version: u8, flags: u16, options: &[u8]) -> Vec<u8> {
    let mut record = vec![0, 0, 41];
    record.extend(payload.to_be_bytes());
    record.extend([0, version]);
    record.extend(flags.to_be_bytes());
    record.extend(u16::try_from(options.len()).unwrap().to_be_bytes());
    record.extend(options);
    record
}

/// An option of such a record.
#[cfg(test)]
pub(crate) fn option(code: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&code.to_be_bytes()[..], &length.to_be_bytes(), data].concat()
}

/// A lane on a port of its own.
#[cfg(test)]
pub(super) fn lane(dns: Dns<World>) -> super::lane::Lane<World> {
    super::lane::Lane {
        socket: Arc::new(std::net::UdpSocket::bind("127.0.0.1:0").unwrap()),
        dns: Arc::new(dns),
        tasks: tokio_util::task::TaskTracker::new(),
        stop: tokio_util::sync::CancellationToken::new(),
    }
}
