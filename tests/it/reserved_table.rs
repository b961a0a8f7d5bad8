//! The shipped table against the registries.
//!
//! The facts below are the registries' own, in no particular order, and the rule is theirs: the most
//! specific registered block tells what an address is for. The table gets there by the order of its
//! rows, so a row in the wrong place shows here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bogusmx::verdict::table::{Action, Table};
use ipnet::IpNet;

/// What becomes of mail for an address in a block.
#[derive(Clone, Copy)]
enum Fate {
    /// Listed, with this text.
    Listed(&'static str),
    /// Not listed, by a row of its own above the block it sits in.
    Exempt,
    /// Not listed, without a row.
    Ordinary,
    /// That of the IPv4 address this many bits from the right.
    Embeds(u32),
}

use Fate::{Embeds, Exempt, Listed, Ordinary};

const FACTS: &[(&str, Fate)] = &[
    ("0.0.0.0/0", Ordinary),
    ("0.0.0.0/8", Listed("Domain MX in broadcast network")),
    (
        "10.0.0.0/8",
        Listed("Domain MX in RFC 1918 private network"),
    ),
    ("100.64.0.0/10", Listed("Domain MX in shared address space")),
    ("127.0.0.0/8", Listed("Domain MX in loopback network")),
    (
        "127.0.53.53/32",
        Listed("Domain MX is an ICANN name collision marker"),
    ),
    ("169.254.0.0/16", Listed("Domain MX in link local network")),
    (
        "172.16.0.0/12",
        Listed("Domain MX in RFC 1918 private network"),
    ),
    (
        "192.0.0.0/24",
        Listed("Domain MX in IETF protocol assignments"),
    ),
    ("192.0.0.9/32", Exempt),
    ("192.0.0.10/32", Exempt),
    ("192.0.2.0/24", Listed("Domain MX in TEST-NET-1 network")),
    ("192.31.196.0/24", Ordinary),
    ("192.52.193.0/24", Ordinary),
    (
        "192.88.99.0/24",
        Listed("Domain MX in deprecated 6to4 relay network"),
    ),
    (
        "192.168.0.0/16",
        Listed("Domain MX in RFC 1918 private network"),
    ),
    ("192.175.48.0/24", Ordinary),
    ("198.18.0.0/15", Listed("Domain MX in benchmarking network")),
    ("198.51.100.0/24", Listed("Domain MX in TEST-NET-2 network")),
    ("203.0.113.0/24", Listed("Domain MX in TEST-NET-3 network")),
    (
        "224.0.0.0/4",
        Listed("Domain MX in class D multicast network"),
    ),
    (
        "240.0.0.0/5",
        Listed("Domain MX in class E reserved network"),
    ),
    ("248.0.0.0/5", Listed("Domain MX in reserved network")),
    ("::/0", Ordinary),
    ("::/96", Listed("Domain MX in IPv4-Compatible IPv6")),
    ("::/128", Listed("Domain MX is Unspecified address")),
    ("::1/128", Listed("Domain MX is Loopback address")),
    ("::ffff:0:0/96", Embeds(0)),
    ("::ffff:0:0:0/96", Embeds(0)),
    ("64:ff9b::/96", Embeds(0)),
    (
        "64:ff9b:1::/48",
        Listed("Domain MX in local-use translation network"),
    ),
    ("100::/64", Listed("Domain MX in discard-only network")),
    ("100:0:0:1::/64", Listed("Domain MX in dummy IPv6 network")),
    ("200::/7", Listed("Domain MX in deprecated IPv6 network")),
    (
        "2001::/23",
        Listed("Domain MX in IETF protocol assignments"),
    ),
    ("2001::/32", Listed("Domain MX in Teredo network")),
    ("2001:1::1/128", Exempt),
    ("2001:1::2/128", Exempt),
    ("2001:1::3/128", Exempt),
    ("2001:2::/48", Listed("Domain MX in benchmarking network")),
    ("2001:3::/32", Exempt),
    ("2001:4:112::/48", Exempt),
    (
        "2001:10::/28",
        Listed("Domain MX in deprecated IPv6 network"),
    ),
    ("2001:20::/28", Exempt),
    ("2001:30::/28", Exempt),
    (
        "2001:db8::/32",
        Listed("Domain MX in documentation network"),
    ),
    ("2002::/16", Embeds(80)),
    ("2620:4f:8000::/48", Ordinary),
    ("3fff::/20", Listed("Domain MX in documentation network")),
    ("5f00::/16", Listed("Domain MX in segment routing network")),
    ("fc00::/7", Listed("Domain MX in unique local network")),
    (
        "fe80::/10",
        Listed("Domain MX in Link-local unicast network"),
    ),
    (
        "fec0::/10",
        Listed("Domain MX in Site-local unicast network"),
    ),
    ("ff00::/8", Listed("Domain MX in Multicast network")),
];

/// The rows of the table that this project began with. Their texts are quoted in logs and filters
/// all over, so they stay to the letter.
const SEED: &str = "\
0.0.0.0/8       REJECT Domain MX in broadcast network
10.0.0.0/8      REJECT Domain MX in RFC 1918 private network
127.0.0.0/8     REJECT Domain MX in loopback network
169.254.0.0/16  REJECT Domain MX in link local network
172.16.0.0/12   REJECT Domain MX in RFC 1918 private network
192.0.2.0/24    REJECT Domain MX in TEST-NET-1 network
192.168.0.0/16  REJECT Domain MX in RFC 1918 private network
198.51.100.0/24 REJECT Domain MX in TEST-NET-2 network
203.0.113.0/24  REJECT Domain MX in TEST-NET-3 network
224.0.0.0/4     REJECT Domain MX in class D multicast network
240.0.0.0/5     REJECT Domain MX in class E reserved network
248.0.0.0/5     REJECT Domain MX in reserved network

::1/128         REJECT Domain MX is Loopback address
::/128          REJECT Domain MX is Unspecified address
::/96           REJECT Domain MX in IPv4-Compatible IPv6
ff00::/8        REJECT Domain MX in Multicast network
fe80::/10       REJECT Domain MX in Link-local unicast network
fec0::/10       REJECT Domain MX in Site-local unicast network
";

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// The text that the registries' facts give an address, and the IPv4 address that decided.
fn expected(address: IpAddr) -> Option<(&'static str, Option<Ipv4Addr>)> {
    let blocks = FACTS
        .iter()
        .map(|(block, fate)| (block.parse::<IpNet>().unwrap(), *fate));
    let specific = blocks
        .filter(|(block, _)| block.contains(&address))
        .max_by_key(|(block, _)| block.prefix_len());
    match specific.unwrap().1 {
        Listed(text) => Some((text, None)),
        Exempt | Ordinary => None,
        Embeds(bits) => {
            let inner = number(address) >> bits & u128::from(u32::MAX);
            let inner = Ipv4Addr::from(u32::try_from(inner).unwrap());
            expected(inner.into()).map(|(text, _)| (text, Some(inner)))
        }
    }
}

#[track_caller]
fn check_address(table: &Table, address: IpAddr) {
    let found = table.judge(address).map(|hit| (hit.text, hit.embedded));
    assert_eq!(found, expected(address), "{address}");
}

/// The block's first and last address, and those next to them outside.
fn edges(block: IpNet) -> Vec<IpAddr> {
    let (first, last) = (number(block.network()), number(block.broadcast()));
    [
        first.checked_sub(1),
        Some(first),
        Some(last),
        last.checked_add(1),
    ]
    .into_iter()
    .flatten()
    .filter_map(|edge| match block {
        IpNet::V4(_) => u32::try_from(edge)
            .ok()
            .map(|edge| Ipv4Addr::from(edge).into()),
        IpNet::V6(_) => Some(Ipv6Addr::from(edge).into()),
    })
    .collect()
}

#[test]
fn every_block_begins_and_ends_where_the_registries_say() {
    let table = Table::reserved();
    for (block, _) in FACTS {
        for address in edges(block.parse().unwrap()) {
            check_address(&table, address);
        }
    }
}

#[test]
fn every_ipv4_block_is_seen_through_every_ipv6_form() {
    let table = Table::reserved();
    let forms: [(u128, u32); 4] = [
        (0xffff << 32, 0),
        (0xffff << 48, 0),
        (0x64_ff9b << 96, 0),
        (0x2002 << 112, 80),
    ];
    for block in FACTS
        .iter()
        .map(|(block, _)| block.parse::<IpNet>().unwrap())
    {
        for inner in edges(block).into_iter().filter(IpAddr::is_ipv4) {
            for (prefix, shift) in forms {
                check_address(
                    &table,
                    Ipv6Addr::from(prefix | number(inner) << shift).into(),
                );
            }
        }
    }
}

#[test]
fn every_row_is_a_fact_and_every_fact_that_needs_one_has_a_row() {
    let rows: Vec<(String, Option<String>)> = Table::reserved()
        .rows()
        .iter()
        .map(|row| match &row.action {
            Action::List { code, text } => {
                assert_eq!(*code, Ipv4Addr::new(127, 0, 0, 2), "{row}");
                (row.pattern.to_string(), Some(text.to_string()))
            }
            Action::Pass => (row.pattern.to_string(), None),
        })
        .collect();
    let mut facts = 0;
    for (block, fate) in FACTS {
        let row = match fate {
            Listed(text) => (block.to_string(), Some(text.to_string())),
            Exempt => (block.to_string(), None),
            Ordinary | Embeds(_) => continue,
        };
        facts += 1;
        assert!(rows.contains(&row), "no row {row:?}");
    }
    assert_eq!(rows.len(), facts);
}

#[test]
fn the_seed_is_in_it_to_the_letter() {
    let (seed, table) = (Table::parse(SEED, "seed").unwrap(), Table::reserved());
    assert_eq!(seed.rows().len(), 18);
    for row in seed.rows() {
        let shipped = table
            .rows()
            .iter()
            .find(|shipped| shipped.pattern == row.pattern);
        assert_eq!(&shipped.unwrap().action, &row.action, "{row}");
    }
}
