//! What is remembered of each domain, bounded by octets.

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use super::clock::Moment;
use super::entry::{Entry, Key};
use crate::verdict::{Domain, Draft};

/// What the cache itself costs for an entry: two pointers, its lists, its hash table, its memory of
/// what it threw out. Measured (docs/performance.md).
const ENTRY_OVERHEAD_OCTETS: usize = 56;

/// What a usual entry weighs, by which the cache knows how many to expect.
const USUAL_OCTETS: u64 = 160;

/// The cache is locked in parts. Small parts grow in little time, large ones hold large entries.
const PARTS_MAX: u64 = 256;
const PART_OCTETS_MIN: u64 = 1 << 20;

/// The share of entries that were thrown out and are still known by their hash, so that one which
/// comes back stays longer.
const GHOSTS: f64 = 0.1;

/// The evidence on many domains.
///
/// Entries do not expire here: how long one counts depends on the verdict, and so on the zone that
/// asks. The bound on octets makes room for new ones.
pub(super) struct Memory {
    entries: Cache<Key, Entry, Weight>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Entry> for Weight {
    fn weight(&self, _: &Key, entry: &Entry) -> u64 {
        let octets = entry.weight().saturating_add(ENTRY_OVERHEAD_OCTETS);
        u64::try_from(octets).unwrap_or(u64::MAX)
    }
}

impl Memory {
    /// A memory of at most `octets`, counting keys and the cache's own cost.
    pub(super) fn new(octets: u64) -> Self {
        let parts = (octets / PART_OCTETS_MIN).clamp(1, PARTS_MAX);
        let usual = usize::try_from(octets / USUAL_OCTETS).unwrap_or(usize::MAX);
        let options = OptionsBuilder::new()
            .weight_capacity(octets)
            .estimated_items_capacity(usual)
            .shards(usize::try_from(parts).unwrap_or(1))
            .ghost_allocation(GHOSTS)
            .build();
        let entries = match options {
            Ok(options) => Cache::with_options(
                options,
                Weight,
                DefaultHashBuilder::default(),
                DefaultLifecycle::default(),
            ),
            // Which it is only for want of one of the capacities.
            Err(_incomplete) => Cache::with_weighter(usual, octets, Weight),
        };
        Self { entries }
    }

    #[inline]
    pub(super) fn get(&self, domain: &Domain) -> Option<Entry> {
        self.entries.get(domain.as_str())
    }

    /// Remembers a finished collection, and what went before it if it had failures.
    pub(super) fn store(&self, domain: &Domain, draft: &Draft, gathered_at: Moment) -> Entry {
        let previous = self.get(domain);
        let entry = Entry::after(previous.as_ref(), domain, draft, gathered_at);
        self.entries.insert(Key(entry.clone()), entry.clone());
        entry
    }

    /// Remembers an entry from elsewhere, unless something newer is known.
    pub(super) fn adopt(&self, entry: Entry) {
        if !self.entries.contains_key(entry.name()) {
            self.entries.insert(Key(entry.clone()), entry);
        }
    }

    /// All entries, in no order. What is stored meanwhile may be among them.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    /// How many domains are remembered.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::evidence::MxAnswer;

    #[test]
    fn what_is_remembered_is_bounded_and_the_rest_is_found() {
        let memory = Memory::new(1 << 20);
        let draft = Draft::without_hosts(MxAnswer::Null { ttl: 60 });
        let domain = |number: u32| Domain::parse(&format!("d{number}.example")).unwrap();
        for number in 0..20_000 {
            memory.store(&domain(number), &draft, Moment { unix_ms: 0 });
        }
        let remembered = memory.len();
        assert!((5_000..20_000).contains(&remembered), "{remembered}");
        let found = (0..20_000).filter(|number| memory.get(&domain(*number)).is_some());
        assert_eq!(found.count(), remembered);
        assert!(memory.entries.weight() <= 1 << 20);
    }
}
