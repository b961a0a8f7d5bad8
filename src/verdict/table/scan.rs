//! The slowest look-up that could be, to compare the fast one with: row by row, guard by guard.

use std::net::IpAddr;

use super::grammar::Rules;
use super::pattern::Pattern;

/// A table as it is read, before it is made fast to look up.
pub(crate) struct Scan(Rules);

impl Scan {
    /// Reads what [`super::Table::parse`] reads, if it reads it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Rules::read(text, "table").ok().map(Self)
    }

    /// The place of the first row all of whose guards match the address.
    pub(crate) fn find(&self, address: IpAddr) -> Option<usize> {
        (0..self.0.rows.len()).find(|row| {
            let mut guards = self
                .0
                .guards
                .iter()
                .filter(|guard| guard.rows.contains(row));
            guards.all(|guard| matches(guard.pattern, address))
        })
    }

    /// The first and last address of every block: look-ups go wrong there and beside them, if they do.
    pub(crate) fn edges(&self) -> impl Iterator<Item = IpAddr> {
        let blocks = self.0.guards.iter().map(|guard| guard.pattern.block);
        blocks.flat_map(|block| [block.network(), block.broadcast()])
    }
}

/// A pattern keeps to its own family, negated or not.
fn matches(pattern: Pattern, address: IpAddr) -> bool {
    pattern.block.addr().is_ipv4() == address.is_ipv4()
        && pattern.block.contains(&address) != pattern.negated
}
