//! Turns rows and guards into disjoint intervals, each with the one row that answers for it.
//!
//! The sweep walks the address space from its first address to its last and stops wherever the block
//! of some guard begins or ends. Each row has a count of its guards that do not match the address
//! under the sweep; the first row with none left answers, down to the next stop. The counts are in a
//! tree that adds to a run of rows at once and finds the first zero, both in logarithmic time: a
//! table of n rules costs O(n log n) time and O(n) memory, however its conditions are nested.

use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;

use super::grammar::Guard;

/// The addresses from `first` to the next interval's, and the row that answers for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval<K> {
    pub(super) first: K,
    pub(super) row: Option<usize>,
}

/// An address of one family as a number.
pub(super) trait Key: Copy + Ord + TryFrom<u128> + Into<u128> {
    /// The family's first address.
    const FIRST: Self;

    /// The block's first and last address, unless it is of the other family.
    fn range(block: IpNet) -> Option<(Self, Self)>;

    /// How many steps of `2^shift` addresses lie between `base` and this one, unless it is below.
    fn steps_from(self, base: Self, shift: u32) -> Option<usize>;
}

impl Key for u32 {
    const FIRST: Self = 0;

    fn range(block: IpNet) -> Option<(Self, Self)> {
        match (block.network(), block.broadcast()) {
            (IpAddr::V4(first), IpAddr::V4(last)) => Some((first.into(), last.into())),
            _ => None,
        }
    }

    fn steps_from(self, base: Self, shift: u32) -> Option<usize> {
        let steps = self.checked_sub(base)?.checked_shr(shift).unwrap_or(0);
        Some(usize::try_from(steps).unwrap_or(usize::MAX))
    }
}

impl Key for u128 {
    const FIRST: Self = 0;

    fn range(block: IpNet) -> Option<(Self, Self)> {
        match (block.network(), block.broadcast()) {
            (IpAddr::V6(first), IpAddr::V6(last)) => Some((first.into(), last.into())),
            _ => None,
        }
    }

    fn steps_from(self, base: Self, shift: u32) -> Option<usize> {
        let steps = self.checked_sub(base)?.checked_shr(shift).unwrap_or(0);
        Some(usize::try_from(steps).unwrap_or(usize::MAX))
    }
}

/// A place where a guard's match changes for all addresses from `at` on.
struct Stop<K> {
    at: K,
    rows: Range<usize>,
    change: i32,
}

/// Divides a family's address space by the row that answers.
///
/// The first interval begins at address zero; neighbours differ in their row.
pub(super) fn sweep<K: Key>(row_count: usize, guards: &[Guard]) -> Vec<Interval<K>> {
    let mut blockers = Blockers::new(row_count);
    let mut stops = Vec::with_capacity(2 * guards.len());
    for Guard { pattern, rows } in guards {
        let Some((first, last)) = K::range(pattern.block) else {
            blockers.add(rows, 1);
            continue;
        };
        let entering = if pattern.negated { 1 } else { -1 };
        if !pattern.negated {
            blockers.add(rows, 1);
        }
        stops.push(Stop {
            at: first,
            rows: rows.clone(),
            change: entering,
        });
        if let Some(after) = successor(last) {
            stops.push(Stop {
                at: after,
                rows: rows.clone(),
                change: -entering,
            });
        }
    }
    stops.sort_unstable_by_key(|stop| stop.at);

    let mut intervals: Vec<Interval<K>> = Vec::new();
    let mut add = |first, row| {
        if intervals.last().is_none_or(|before| before.row != row) {
            intervals.push(Interval { first, row });
        }
    };
    let mut at = K::FIRST;
    for stop in &stops {
        if stop.at != at {
            add(at, blockers.first_free());
            at = stop.at;
        }
        blockers.add(&stop.rows, stop.change);
    }
    add(at, blockers.first_free());
    intervals
}

/// The address after `key`, if the family has one.
fn successor<K: Key>(key: K) -> Option<K> {
    K::try_from(key.into().checked_add(1)?).ok()
}

/// For each row, how many of its guards do not match.
struct Blockers {
    /// A binary tree in breadth-first order: the node at `i` has its children at `2i` and `2i + 1`.
    nodes: Vec<Node>,
    leaf_count: usize,
    row_count: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// What is added to all rows below.
    added: i32,
    /// The smallest count of a row below, without what the nodes above add.
    least: i32,
}

impl Blockers {
    fn new(row_count: usize) -> Self {
        let leaf_count = row_count.next_power_of_two();
        Self {
            nodes: vec![Node::default(); 2 * leaf_count],
            leaf_count,
            row_count,
        }
    }

    fn add(&mut self, rows: &Range<usize>, change: i32) {
        if !rows.is_empty() {
            self.add_below(1, 0..self.leaf_count, rows, change);
        }
    }

    fn add_below(&mut self, node: usize, span: Range<usize>, rows: &Range<usize>, change: i32) {
        if rows.end <= span.start || span.end <= rows.start {
            return;
        }
        if rows.start <= span.start && span.end <= rows.end {
            if let Some(node) = self.nodes.get_mut(node) {
                node.added += change;
                node.least += change;
            }
            return;
        }
        let middle = usize::midpoint(span.start, span.end);
        self.add_below(2 * node, span.start..middle, rows, change);
        self.add_below(2 * node + 1, middle..span.end, rows, change);
        let least = self.least(2 * node).min(self.least(2 * node + 1));
        if let Some(node) = self.nodes.get_mut(node) {
            node.least = node.added + least;
        }
    }

    fn least(&self, node: usize) -> i32 {
        self.nodes.get(node).map_or(i32::MAX, |node| node.least)
    }

    /// The first row that nothing blocks.
    fn first_free(&self) -> Option<usize> {
        let mut node = 1;
        let mut above = 0;
        if self.least(node) > 0 {
            return None;
        }
        while node < self.leaf_count {
            above += self.nodes.get(node).map_or(0, |node| node.added);
            node *= 2;
            if above + self.least(node) > 0 {
                node += 1;
            }
        }
        // Leaves past the last row have no guard, so they are free; they stand for no match.
        Some(node - self.leaf_count).filter(|row| *row < self.row_count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::grammar::Rules;
    use super::*;

    /// Sweeps the table `text` and compares with the first address of each interval and its row.
    #[track_caller]
    fn check_sweep(text: &str, v4: &[(&str, Option<usize>)], v6: &[(&str, Option<usize>)]) {
        let rules = Rules::read(text, "table").unwrap();
        let found = sweep::<u32>(rules.rows.len(), &rules.guards);
        let found: Vec<_> = found
            .into_iter()
            .map(|one| (IpAddr::V4(one.first.into()), one.row))
            .collect();
        let expected: Vec<_> = v4
            .iter()
            .map(|(first, row)| (first.parse().unwrap(), *row))
            .collect();
        assert_eq!(found, expected, "IPv4 of {text:?}");
        let found = sweep::<u128>(rules.rows.len(), &rules.guards);
        let found: Vec<_> = found
            .into_iter()
            .map(|one| (IpAddr::V6(one.first.into()), one.row))
            .collect();
        let expected: Vec<_> = v6
            .iter()
            .map(|(first, row)| (first.parse().unwrap(), *row))
            .collect();
        assert_eq!(found, expected, "IPv6 of {text:?}");
    }

    #[test]
    fn no_rows_leave_the_space_whole() {
        check_sweep("", &[("0.0.0.0", None)], &[("::", None)]);
    }

    #[test]
    fn the_first_row_wins_where_rows_overlap() {
        check_sweep(
            "10.1.0.0/16 OK\n10.0.0.0/8 OK\n10.2.0.0/16 OK",
            &[
                ("0.0.0.0", None),
                ("10.0.0.0", Some(1)),
                ("10.1.0.0", Some(0)),
                ("10.2.0.0", Some(1)),
                ("11.0.0.0", None),
            ],
            &[("::", None)],
        );
    }

    #[test]
    fn a_block_may_end_at_the_last_address() {
        check_sweep(
            "255.255.255.255 OK\nff00::/8 OK",
            &[("0.0.0.0", None), ("255.255.255.255", Some(0))],
            &[("::", None), ("ff00::", Some(1))],
        );
        check_sweep(
            "0.0.0.0/0 OK\n::/0 OK",
            &[("0.0.0.0", Some(0))],
            &[("::", Some(1))],
        );
    }

    #[test]
    fn negation_takes_the_rest_of_its_own_family() {
        check_sweep(
            "!10.0.0.0/8 OK",
            &[
                ("0.0.0.0", Some(0)),
                ("10.0.0.0", None),
                ("11.0.0.0", Some(0)),
            ],
            &[("::", None)],
        );
        check_sweep("!0.0.0.0/0 OK", &[("0.0.0.0", None)], &[("::", None)]);
    }

    #[test]
    fn conditions_guard_what_is_inside() {
        check_sweep(
            "if !10.0.0.0/9\nif 10.0.0.0/8\n0.0.0.0/0 OK\n::/0 OK\nendif\nendif\nif ::/1\nendif",
            &[
                ("0.0.0.0", None),
                ("10.128.0.0", Some(0)),
                ("11.0.0.0", None),
            ],
            &[("::", None)],
        );
    }

    #[test]
    fn deep_nesting_stays_cheap() {
        let depth = 20_000;
        let text = "if !10.0.0.0/8\n".repeat(depth) + "0.0.0.0/0 OK\n" + &"endif\n".repeat(depth);
        check_sweep(
            &text,
            &[
                ("0.0.0.0", Some(0)),
                ("10.0.0.0", None),
                ("11.0.0.0", Some(0)),
            ],
            &[("::", None)],
        );
    }
}
