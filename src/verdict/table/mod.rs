//! The table: Postfix's cidr_table(5), read as it is, looked up at a flat cost.
//!
//! In reading order: [`lines`] joins physical lines, [`pattern`] and [`action`] read the two sides of a
//! row, [`grammar`] puts them in order with the conditions around them, [`sweep`] turns that into
//! disjoint intervals and [`index`] finds an address among them. [`embedded`] knows which IPv6
//! addresses carry an IPv4 one, [`error`] all that can be wrong with a file.

mod action;
mod embedded;
mod error;
mod grammar;
mod index;
mod lines;
mod pattern;
mod sweep;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

pub use action::Action;
use action::TEXT_OCTETS_MAX;
pub use error::{Problem, TableError};
use grammar::Rules;
use index::Index;

/// The most rows and conditions of one file. A rule costs about 300 octets once read, so this keeps a
/// file given by mistake from taking the machine's memory; the longest public list of unallocated
/// networks has a sixth of it.
const RULES_MAX: usize = 1 << 20;

/// Rows in order, and which of them answers for an address.
#[derive(Debug)]
pub struct Table {
    rows: Box<[Row]>,
    v4: Index<u32>,
    v6: Index<u128>,
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
        Rules::read(text, source).map(Self::from)
    }

    /// The table shipped with the program: the seed's networks and the rest of the special-purpose
    /// registries.
    #[must_use]
    pub fn reserved() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "the text is compiled in, and a test reads it"
        )]
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
            IpAddr::V4(address) => self.v4.find(address.into()),
            IpAddr::V6(address) => self.v6.find(address.into()),
        };
        self.rows.get(row?)
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
                row,
                code: *code,
                text,
                embedded,
            }),
            Action::Pass => None,
        }
    }

    /// All rows in the order of the file.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

impl From<Rules> for Table {
    fn from(Rules { rows, guards }: Rules) -> Self {
        Self {
            v4: Index::new(&sweep::sweep(rows.len(), &guards)),
            v6: Index::new(&sweep::sweep(rows.len(), &guards)),
            rows: rows.into(),
        }
    }
}
