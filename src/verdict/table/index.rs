//! Finds the interval that holds an address, at a cost that hardly grows with the table.
//!
//! A binary search over the intervals of 10,000 rows takes twice the steps of one over 50. So it is
//! left for the last handful: before it, nodes cut a range of addresses into equal slots, as many as
//! there are intervals to tell apart, and the slot is computed, not searched. A slot that is still
//! crowded, because addresses cluster (IPv6 tables live in a few parts of 2000::/3), has a node of
//! its own that spans the cluster and nothing else.

use std::ops::Range;

use super::RULES_MAX;
use super::sweep::{Interval, Key};

/// The intervals that one slot may hold before it gets a node of its own: what two cache lines hold.
const RUN_MAX: usize = 8;

/// The intervals aimed at in each slot. Fewer cost memory, more cost steps.
const RUN_MEAN: usize = 4;

/// The deepest node. Each level has at most half as many slots as there are intervals, so this
/// bounds the memory; a slot that is still crowded at the bottom is left to binary search.
const DEPTH_MAX: usize = 4;

/// Stands for "no row": past the end of every table.
const NO_ROW: u32 = u32::MAX;

/// Sorted, disjoint intervals that cover a whole address family.
#[derive(Debug)]
pub(super) struct Index<K> {
    /// The first address of each interval; the first of all is address zero.
    firsts: Box<[K]>,
    /// The row of each interval, or [`NO_ROW`].
    rows: Box<[u32]>,
    nodes: Box<[Node<K>]>,
    slots: Box<[Slot]>,
    top: Slot,
}

/// Cuts the addresses from `base` up into slots of `2^shift`.
#[derive(Debug)]
struct Node<K> {
    base: K,
    shift: u32,
    /// The interval that holds the addresses below `base`.
    before: u32,
    slot_first: u32,
    /// The last slot holds all addresses beyond it, too.
    slot_last: u32,
}

/// Where the search goes on.
#[derive(Debug, Clone, Copy)]
enum Slot {
    /// The intervals whose first addresses are in this slot; one before them may reach into it.
    Run { start: u32, end: u32 },
    /// A node, by its place in `nodes`.
    Node(u32),
}

impl<K: Key> Index<K> {
    /// Builds the index over intervals as the sweep makes them: sorted, the first one from zero.
    pub(super) fn new(intervals: &[Interval<K>]) -> Self {
        let firsts: Box<[K]> = intervals.iter().map(|interval| interval.first).collect();
        let mut builder = Builder {
            firsts: &firsts,
            nodes: Vec::new(),
            slots: Vec::new(),
        };
        let top = builder.slot(0..firsts.len(), 0);
        let (nodes, slots) = (builder.nodes.into(), builder.slots.into());
        Self {
            rows: intervals
                .iter()
                .map(|interval| interval.row.map_or(NO_ROW, narrow))
                .collect(),
            firsts,
            nodes,
            slots,
            top,
        }
    }

    /// The row that answers for `key`.
    pub(super) fn find(&self, key: K) -> Option<usize> {
        let row = *self.rows.get(self.interval(key)?)?;
        (row != NO_ROW).then_some(widen(row))
    }

    /// Whether no row answers for any key from the first to the last.
    pub(super) fn is_free(&self, first: K, last: K) -> bool {
        self.find(first).is_none() && self.interval(first) == self.interval(last)
    }

    /// The last interval that begins at or below `key`.
    fn interval(&self, key: K) -> Option<usize> {
        let mut slot = self.top;
        loop {
            match slot {
                Slot::Run { start, end } => {
                    let start = widen(start);
                    let run = self.firsts.get(start..widen(end))?;
                    let begun = run.partition_point(|first| *first <= key);
                    return (start + begun).checked_sub(1);
                }
                Slot::Node(node) => {
                    let node = self.nodes.get(widen(node))?;
                    let Some(steps) = key.steps_from(node.base, node.shift) else {
                        return Some(widen(node.before));
                    };
                    let place = widen(node.slot_first).saturating_add(steps);
                    slot = *self.slots.get(place.min(widen(node.slot_last)))?;
                }
            }
        }
    }
}

struct Builder<'a, K> {
    firsts: &'a [K],
    nodes: Vec<Node<K>>,
    slots: Vec<Slot>,
}

impl<K: Key> Builder<'_, K> {
    /// Makes the slot for the intervals of `run`, with the nodes below it.
    fn slot(&mut self, run: Range<usize>, depth: usize) -> Slot {
        let leaf = Slot::Run {
            start: narrow(run.start),
            end: narrow(run.end),
        };
        let firsts = self.firsts.get(run.clone()).unwrap_or_default();
        let &[base, .., last] = firsts else {
            return leaf;
        };
        if firsts.len() <= RUN_MAX || depth == DEPTH_MAX {
            return leaf;
        }
        let span = last.into() - base.into();
        let slots_wanted = firsts.len() / RUN_MEAN;
        let shift = (u128::BITS - span.leading_zeros()).saturating_sub(slots_wanted.ilog2());
        let steps_to = |key: &K| key.steps_from(base, shift).unwrap_or(0);

        let slot_first = self.slots.len();
        let slot_last = slot_first + steps_to(&last);
        self.slots.resize(slot_last + 1, leaf);
        let mut start = run.start;
        for (steps, place) in (slot_first..=slot_last).enumerate() {
            let rest = self.firsts.get(start..run.end).unwrap_or_default();
            let end = start + rest.partition_point(|first| steps_to(first) <= steps);
            let slot = self.slot(start..end, depth + 1);
            if let Some(reserved) = self.slots.get_mut(place) {
                *reserved = slot;
            }
            start = end;
        }
        self.nodes.push(Node {
            base,
            shift,
            before: narrow(run.start.saturating_sub(1)),
            slot_first: narrow(slot_first),
            slot_last: narrow(slot_last),
        });
        Slot::Node(narrow(self.nodes.len() - 1))
    }
}

// A table of RULES_MAX rules has two intervals a rule and one more, and fewer slots than that a level:
// so every place fits 32 bits, and `narrow` never meets its fallback.
const _: () = assert!(DEPTH_MAX * (2 * RULES_MAX + 1) < 1 << 31);

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NO_ROW)
}

fn widen(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Indexes intervals that begin at `firsts`, and asks around each of them.
    #[track_caller]
    fn check_index<K: Key + std::fmt::Debug>(firsts: impl IntoIterator<Item = K>) {
        let intervals: Vec<Interval<K>> = firsts
            .into_iter()
            .enumerate()
            .map(|(place, first)| Interval {
                first,
                row: (place % 3 > 0).then_some(place),
            })
            .collect();
        let index = Index::new(&intervals);
        for (place, interval) in intervals.iter().enumerate() {
            let first = interval.first.into();
            assert_eq!(index.find(interval.first), interval.row, "at {first:x}");
            if let Some(before) = place.checked_sub(1) {
                let key = K::try_from(first - 1).ok().unwrap();
                assert_eq!(index.find(key), intervals[before].row, "before {first:x}");
            }
        }
        let ends = [u128::MAX, u32::MAX.into()];
        let end = ends
            .into_iter()
            .find_map(|end| K::try_from(end).ok())
            .unwrap();
        let last = intervals.last().unwrap();
        assert_eq!(index.find(end), last.row, "at the last address");
        assert!(
            index.slots.len() <= DEPTH_MAX * intervals.len(),
            "more slots than the bound"
        );
    }

    #[test]
    fn one_interval_is_the_whole_space() {
        check_index([0_u32]);
        check_index([0_u128]);
    }

    #[test]
    fn evenly_spread_intervals() {
        check_index((0..20_000_u32).map(|place| place << 16));
        check_index((0..20_000_u128).map(|place| place << 112));
    }

    #[test]
    fn clustered_intervals() {
        let cluster = (0..10_000).map(|place| (0x2001_0db8 << 96) + (place << 16));
        let other = (0..10_000).map(|place| (0x2a00 << 112) + place);
        check_index([0_u128].into_iter().chain(cluster).chain(other));
        check_index([0, 1, 2].into_iter().chain(u32::MAX - 5_000..=u32::MAX));
    }

    #[test]
    fn intervals_that_halve_each_time_defeat_the_slots_but_not_the_search() {
        check_index([0].into_iter().chain((0..32).map(|bit| 1_u32 << bit)));
        check_index([0].into_iter().chain((0..128).map(|bit| 1_u128 << bit)));
    }
}
