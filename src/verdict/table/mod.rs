//! The table: Postfix's cidr_table(5), read as it is, looked up at a flat cost.
//!
//! In reading order: `lines` joins physical lines, `pattern` and `action` read the two sides of a row,
//! `grammar` puts rows in order with the conditions around them, `sweep` turns that into disjoint
//! intervals and `index` finds an address among them. `embedded` knows which IPv6 addresses carry an
//! IPv4 one, `error` all that can be wrong with a file.

mod action;
mod embedded;
mod error;
mod grammar;
mod index;
mod lines;
mod pattern;
#[cfg(any(test, fuzzing))]
pub(crate) mod scan;
mod sweep;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use action::TEXT_OCTETS_MAX;
pub use action::{Action, CODE_DEFAULT};
pub use error::{Problem, TableError};
use grammar::Rules;
use index::Index;

/// The most rows and conditions of one file. A rule takes about 180 octets, and as much again while
/// the file is read, so this keeps a file given by mistake from taking the machine's memory.
const RULES_MAX: usize = 1 << 20;

/// Rows in order, and which of them answers for an address.
#[derive(Debug)]
pub struct Table {
    source: Box<str>,
    rows: Box<[Row]>,
    v4: Index<u32>,
    v6: Index<u128>,
    /// By the first octet of IPv4 addresses: whether any of them has a row.
    octets: [bool; 256],
}

/// One row of a table, as its author knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line it begins on, counted from 1.
    pub line: usize,
    /// The pattern as written, without blanks: `10.0.0.0/8`, `!::/3`, `[::1]`.
    pub pattern: Box<str>,
    /// What it does to an address that it answers for.
    pub action: Action,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pattern, self.action)
    }
}

/// An address that the table lists, with the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit<'table> {
    /// The table's name.
    pub source: &'table str,
    /// The row that lists it.
    pub row: &'table Row,
    /// The row's answer code.
    pub code: Ipv4Addr,
    /// The row's text.
    pub text: &'table str,
    /// The IPv4 address inside the IPv6 address asked for, if it is the one that the row is about.
    pub embedded: Option<Ipv4Addr>,
}

impl Table {
    /// Reads a file in the format of cidr_table(5); `source` is its name for messages.
    ///
    /// Takes O(n log n) time for n rules, however they overlap and nest.
    ///
    /// # Errors
    ///
    /// The first fault of the file, with its place. Postfix skips a bad line with a warning; here it
    /// refuses the file, because a table with a hole looks exactly like one without.
    pub fn parse(text: &str, source: &str) -> Result<Self, TableError> {
        Ok(Self::of_rules(Rules::read(text, source)?, source))
    }

    /// A table of networks, each with what it does, in this order; `source` is its name.
    #[must_use]
    pub fn of_networks(networks: impl Iterator<Item = (IpNet, Action)>, source: &str) -> Self {
        Self::of_rules(Rules::of_networks(networks), source)
    }

    fn of_rules(Rules { rows, guards }: Rules, source: &str) -> Self {
        let v4 = Index::new(&sweep::sweep(rows.len(), &guards));
        let octets = std::array::from_fn(|octet| {
            let first = u32::try_from(octet).unwrap_or(u32::MAX) << 24;
            !v4.is_free(first, first | 0x00ff_ffff)
        });
        Self {
            source: source.into(),
            v4,
            octets,
            v6: Index::new(&sweep::sweep(rows.len(), &guards)),
            rows: rows.into(),
        }
    }

    /// The table shipped with the program: the seed's networks and the rest of the special-purpose
    /// registries.
    #[must_use]
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "the text is compiled in, and tests read it"
    )]
    pub fn reserved() -> Self {
        Self::parse(
            include_str!("../../../zones/reserved.cidr"),
            "reserved.cidr",
        )
        .expect("the shipped table is well-formed")
    }

    /// Finds the first row that matches the address as it is.
    #[must_use]
    pub fn find(&self, address: IpAddr) -> Option<&Row> {
        let row = match address {
            IpAddr::V4(address) if !self.knows(address.octets()[0]) => None,
            IpAddr::V4(address) => self.v4.find(address.into()),
            IpAddr::V6(address) => self.v6.find(address.into()),
        };
        self.rows.get(row?)
    }

    /// Whether any row is about IPv4 addresses that begin with this octet. Most addresses begin with one that none is about.
    #[must_use]
    #[inline]
    pub fn knows(&self, octet: u8) -> bool {
        self.octets
            .get(usize::from(octet))
            .is_none_or(|known| *known)
    }

    /// Says whether the table lists the address, and why.
    ///
    /// An IPv6 address that carries an IPv4 one is looked up as it is first; only if no row at all
    /// matches, the IPv4 address inside decides. So a row of either kind can be an exception.
    #[must_use]
    pub fn judge(&self, address: IpAddr) -> Option<Hit<'_>> {
        let (row, embedded) = match (self.find(address), address) {
            (Some(row), _) => (row, None),
            (None, IpAddr::V4(_)) => return None,
            (None, IpAddr::V6(carrier)) => {
                let inner = embedded::embedded_ipv4(carrier)?;
                (self.find(inner.into())?, Some(inner))
            }
        };
        match &row.action {
            Action::List { code, text } => Some(Hit {
                source: &self.source,
                row,
                code: *code,
                text,
                embedded,
            }),
            Action::Pass => None,
        }
    }

    /// The table's name: that of its file.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// All rows in the order of the file.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Judges `address` by the table `text` and compares with `line text`, and the address inside.
    #[track_caller]
    fn check_judge(text: &str, address: &str, expected: Option<&str>) {
        let table = Table::parse(text, "table").unwrap();
        let found = table.judge(address.parse().unwrap()).map(|hit| {
            let inside = hit.embedded.map(|inner| format!(" for {inner}"));
            format!(
                "{} {} {}{}",
                hit.row.line,
                hit.code,
                hit.text,
                inside.unwrap_or_default()
            )
        });
        assert_eq!(found.as_deref(), expected, "{address} in {text:?}");
    }

    #[test]
    fn octets_that_a_row_is_about() {
        let check = |text: &str, expected: &[u8]| {
            let table = Table::parse(text, "table").unwrap();
            let known: Vec<u8> = (0..=255).filter(|octet| table.knows(*octet)).collect();
            assert_eq!(known, expected, "{text}");
        };
        check("", &[]);
        check("10.1.2.3 REJECT a\n172.16.0.0/12 OK", &[10, 172]);
        check(
            "0.0.0.0 REJECT a\n255.255.255.255 REJECT b\n::/0 REJECT c",
            &[0, 255],
        );
        check("10.0.0.0/7 REJECT a", &[10, 11]);
        check("0.0.0.0/0 OK", &(0..=255).collect::<Vec<u8>>());
        check(
            "!64.0.0.0/2 REJECT a",
            &[
                &(0..64).collect::<Vec<u8>>()[..],
                &(128..=255).collect::<Vec<u8>>()[..],
            ]
            .concat(),
        );
    }

    proptest! {
        #[test]
        fn an_octet_is_known_if_a_network_has_addresses_with_it(
            networks in prop::collection::vec((any::<u32>(), 6..=32_u8), 0..40),
            octet: u8,
        ) {
            let networks = networks.into_iter().map(|(address, length)| {
                IpNet::new(Ipv4Addr::from_bits(address).into(), length).unwrap().trunc()
            });
            let networks: Vec<IpNet> = networks.collect();
            let rows = networks.iter().map(|network| (*network, Action::Pass));
            let table = Table::of_networks(rows, "table");
            let with_octet = IpNet::new(Ipv4Addr::new(octet, 0, 0, 0).into(), 8).unwrap();
            let is_about = |network: &IpNet| network.contains(&with_octet) || with_octet.contains(network);
            prop_assert_eq!(table.knows(octet), networks.iter().any(is_about));
        }
    }

    #[test]
    fn the_first_row_decides_whatever_it_says() {
        check_judge("10.1.0.0/16 DUNNO\n10.0.0.0/8 REJECT a", "10.1.2.3", None);
        check_judge(
            "10.1.0.0/16 OK\n10.0.0.0/8 REJECT a",
            "10.2.2.3",
            Some("2 127.0.0.2 a"),
        );
        check_judge(
            "10.0.0.0/8 REJECT a\n10.1.0.0/16 OK",
            "10.1.2.3",
            Some("1 127.0.0.2 a"),
        );
        check_judge(
            "10.0.0.0/8 LIST 127.0.0.9 a",
            "10.1.2.3",
            Some("1 127.0.0.9 a"),
        );
        check_judge("10.0.0.0/8 REJECT a", "11.1.2.3", None);
        check_judge("", "::1", None);
    }

    #[test]
    fn the_address_inside_decides_if_no_row_is_about_the_one_outside() {
        let table = "10.0.0.0/8 REJECT a\n11.0.0.0/8 OK";
        for carrier in [
            "::ffff:10.0.0.1",
            "::ffff:0:10.0.0.1",
            "64:ff9b::a00:1",
            "::10.0.0.1",
            "2002:a00:1::9",
        ] {
            check_judge(table, carrier, Some("1 127.0.0.2 a for 10.0.0.1"));
        }
        check_judge(table, "::ffff:11.0.0.1", None);
        check_judge(table, "::ffff:12.0.0.1", None);
        check_judge(table, "64:ff9b:1::a00:1", None);
    }

    #[test]
    fn a_row_about_the_address_outside_comes_first_wherever_it_stands() {
        let table = "10.0.0.0/8 REJECT a\n64:ff9b::/96 DUNNO\n2002::/16 REJECT b";
        check_judge(table, "64:ff9b::a00:1", None);
        check_judge(table, "2002:a00:1::9", Some("3 127.0.0.2 b"));
    }

    #[test]
    fn a_negated_row_of_one_family_leaves_the_other_alone() {
        check_judge("!10.0.0.0/8 REJECT a", "2001:db8::1", None);
        check_judge("!10.0.0.0/8 REJECT a", "::ffff:10.0.0.1", None);
        check_judge("!2001:db8::/32 REJECT a", "10.0.0.1", None);
        check_judge(
            "!2001:db8::/32 REJECT a",
            "::ffff:10.0.0.1",
            Some("1 127.0.0.2 a"),
        );
    }
}
