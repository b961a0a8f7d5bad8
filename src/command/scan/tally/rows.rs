//! Counts by key, the rarest of which are let go when there are too many.

use std::collections::HashMap;
use std::hash::Hash;

use super::count::{OTHERS, Tallied};
use crate::maillog::story::Origin;

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Rows that stay when it is pruned.
    pub(crate) kept: usize,
    /// Rows that are not exceeded but within one mail.
    pub(crate) rows_max: usize,
    /// Octets of text in their keys, the same.
    pub(crate) octets_max: usize,
}

/// What is counted by key; what is let go is counted together.
pub(crate) struct Rows<K, C> {
    rows: HashMap<K, C>,
    rest: C,
    octets: usize,
    bounds: Bounds,
}

/// What rows are told apart by.
pub(crate) trait Key: Clone + Eq + Hash + Ord {
    /// The text in it.
    fn octets(&self) -> usize;

    /// A coarser key that a rare row may go to.
    fn folded(&self) -> Option<Self>;
}

/// A domain, by its number, and something else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Pair<W> {
    pub(crate) domain: u32,
    pub(crate) what: W,
}

/// What goes with a domain.
pub(crate) trait What: Clone + Eq + Hash + Ord {
    /// The text in it.
    fn octets(&self) -> usize;
}

impl<K: Key, C: Tallied> Rows<K, C> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            rows: HashMap::new(),
            rest: C::default(),
            octets: 0,
            bounds,
        }
    }

    /// The row of a key.
    pub(crate) fn row(&mut self, key: K) -> &mut C {
        let octets = key.octets();
        let total = &mut self.octets;
        self.rows.entry(key).or_insert_with(|| {
            *total = total.saturating_add(octets);
            C::default()
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &C)> {
        self.rows.iter()
    }

    /// What has been let go.
    pub(crate) fn rest(&self) -> &C {
        &self.rest
    }

    /// Whether it is time to prune.
    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() > self.bounds.rows_max || self.octets > self.bounds.octets_max
    }

    /// Lets the rarest rows go: to a coarser key while there is room, else to the rest.
    pub(crate) fn prune(&mut self) {
        let all = self.rows.drain().collect();
        self.octets = 0;
        let half = Bounds {
            rows_max: self.bounds.kept,
            octets_max: self.bounds.octets_max / 2,
            ..self.bounds
        };
        let mut folded: HashMap<K, C> = HashMap::new();
        for (key, count) in self.fill(all, half) {
            match key.folded() {
                Some(key) => folded.entry(key).or_default().add(&count),
                None => self.rest.add(&count),
            }
        }
        let most = Bounds {
            rows_max: usize::midpoint(self.bounds.kept, self.bounds.rows_max),
            octets_max: self.bounds.octets_max / 4 * 3,
            ..self.bounds
        };
        for (_, count) in self.fill(folded.into_iter().collect(), most) {
            self.rest.add(&count);
        }
    }

    /// Puts rows in, those that count most first, and hands back what finds no room.
    fn fill(&mut self, mut rows: Vec<(K, C)>, bounds: Bounds) -> Vec<(K, C)> {
        rows.sort_unstable_by(|(key, count), (other_key, other)| {
            let more = other.weight().cmp(&count.weight());
            more.then_with(|| key.cmp(other_key))
        });
        let mut left = Vec::new();
        for (key, count) in rows {
            let has_room = self.rows.len() < bounds.rows_max
                && self.octets.saturating_add(key.octets()) <= bounds.octets_max;
            if let Some(row) = self.rows.get_mut(&key) {
                row.add(&count);
            } else if has_room {
                // As it is: it may have a number, which is not counted.
                self.octets = self.octets.saturating_add(key.octets());
                self.rows.insert(key, count);
            } else {
                left.push((key, count));
            }
        }
        left
    }
}

impl<W: What, C: Tallied> Rows<Pair<W>, C> {
    /// Has the rows of domains that are gone count for others.
    pub(crate) fn forget(&mut self, is_known: impl Fn(u32) -> bool) {
        let gone = self.rows.extract_if(|key, _| !is_known(key.domain));
        let gone: Vec<(Pair<W>, C)> = gone.collect();
        for (key, count) in gone {
            self.octets = self.octets.saturating_sub(key.octets());
            self.row(Pair {
                domain: OTHERS,
                ..key
            })
            .add(&count);
        }
    }
}

/// The numbers of some domains, in order.
impl Key for Box<[u32]> {
    fn octets(&self) -> usize {
        size_of_val::<[u32]>(self)
    }

    fn folded(&self) -> Option<Self> {
        None
    }
}

impl Key for Box<str> {
    fn octets(&self) -> usize {
        self.len()
    }

    fn folded(&self) -> Option<Self> {
        None
    }
}

impl<W: What> Key for Pair<W> {
    fn octets(&self) -> usize {
        self.what.octets()
    }

    fn folded(&self) -> Option<Self> {
        Some(Self {
            domain: OTHERS,
            what: self.what.clone(),
        })
    }
}

/// A name; none if the log does not say it.
impl What for Option<Box<str>> {
    fn octets(&self) -> usize {
        self.as_deref().map_or(0, str::len)
    }
}

impl What for Origin {
    fn octets(&self) -> usize {
        match self {
            Self::Account { name, client } => name.len().saturating_add(client.len()),
            Self::Client(text) | Self::Local(text) => text.len(),
            Self::Unknown => 0,
        }
    }
}

/// Hours since 1970.
impl What for i64 {
    fn octets(&self) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::command::scan::tally::count::Count;

    const SMALL: Bounds = Bounds {
        kept: 4,
        rows_max: 8,
        octets_max: 64,
    };

    fn total<K: Key>(rows: &Rows<K, Count>) -> u64 {
        let kept: u64 = rows.iter().map(|(_, count)| count.weight()).sum();
        kept + rows.rest().weight()
    }

    fn count(loops: u32) -> Count {
        Count {
            loops,
            ..Count::default()
        }
    }

    #[test]
    fn the_rarest_go() {
        let mut rows = Rows::<_, Count>::new(SMALL);
        for loops in 1..=9 {
            rows.row(Box::<str>::from(loops.to_string()))
                .add(&count(loops));
        }
        assert!(rows.is_full());
        rows.prune();
        let mut kept: Vec<&str> = rows.iter().map(|(key, _)| &**key).collect();
        kept.sort_unstable();
        assert_eq!(kept, ["6", "7", "8", "9"]);
        assert_eq!(rows.rest().loops, 1 + 2 + 3 + 4 + 5);
    }

    #[test]
    fn rare_pairs_keep_what_goes_with_the_domain() {
        let mut rows = Rows::<_, Count>::new(SMALL);
        for domain in 1..=9 {
            let what = Some("a".into());
            rows.row(Pair { domain, what }).add(&count(1));
        }
        rows.prune();
        let others = rows.iter().find(|(key, _)| key.domain == OTHERS);
        assert_eq!(others.unwrap().1.loops, 5);
        assert_eq!(*rows.rest(), Count::default());
        rows.forget(|domain| domain == OTHERS);
        assert_eq!(rows.iter().count(), 1);
        assert_eq!(total(&rows), 9);
    }

    proptest! {
        /// Whatever comes, no count is lost, and the bounds are kept.
        #[test]
        fn pruning_loses_no_count(
            told in prop::collection::vec((1_u32..5, "[a-z]{1,12}", 1_u32..9), 0..200),
        ) {
            let mut rows = Rows::<_, Count>::new(SMALL);
            let mut expected = 0;
            for (domain, what, loops) in told {
                rows.row(Pair { domain, what: Some(what.into_boxed_str()) }).add(&count(loops));
                expected += u64::from(loops);
                if rows.is_full() {
                    rows.prune();
                }
                prop_assert!(!rows.is_full());
                let octets: usize = rows.iter().map(|(key, _)| key.octets()).sum();
                prop_assert_eq!(rows.octets, octets);
                prop_assert_eq!(total(&rows), expected);
            }
        }
    }
}
