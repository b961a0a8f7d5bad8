//! What is remembered of each domain, bounded by octets.
//!
//! A hash table in parts that are locked on their own. When a part is full, a clock hand goes round
//! it and throws out what nobody has asked for since it last came by: so a flood of names that are
//! asked for once cannot push out those that are asked for again. moka keeps what matters even
//! better, but takes some 250 octets for an entry, against 32 here (docs/performance.md).

mod fetch;
mod part;

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use parking_lot::RwLock;

use self::part::{Aim, Part, weight};
use super::clock::Moment;
use super::entry::Entry;
use crate::verdict::domain::DomainRef;
use crate::verdict::{Domain, Draft, Failure};

/// A part is locked while it grows, which takes the longer the larger it is; but it must have room
/// for the largest entries.
const PARTS_MAX: usize = 256;
const PART_OCTETS_MIN: usize = 1 << 20;

/// A domain on its way into the memory.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'d> {
    pub(super) domain: DomainRef<'d>,
    hash: u64,
}

/// A part with its lock, in lines of memory of its own.
#[derive(Default)]
#[repr(align(64))]
struct Shelf {
    part: RwLock<Part>,
    aim: Aim,
}

/// The evidence on many domains.
///
/// Entries do not expire here: how long one counts depends on the verdict, and so on the zone that
/// asks. The bound on octets makes room for new ones.
pub(super) struct Memory {
    shelves: Box<[Shelf]>,
    part_octets_max: usize,
    hasher: RandomState,
}

impl Memory {
    /// A memory of at most `octets`, counting keys and the table's own cost.
    pub(super) fn new(octets: usize) -> Self {
        let parts = (octets / PART_OCTETS_MIN).clamp(1, PARTS_MAX);
        Self {
            shelves: (0..parts).map(|_| Shelf::default()).collect(),
            part_octets_max: octets / parts,
            hasher: RandomState::default(),
        }
    }

    /// Finds out where the domain would be, and has that place fetched.
    #[inline]
    pub(super) fn seek<'d>(&self, domain: DomainRef<'d>) -> Sought<'d> {
        let hash = self.hasher.hash_one(domain.as_octets());
        if let Some(shelf) = self.shelf(hash) {
            shelf.aim.fetch_place(hash);
        }
        Sought { domain, hash }
    }

    /// Has the entry fetched, if there is one.
    #[inline]
    pub(super) fn approach(&self, sought: Sought<'_>) {
        if let Some(shelf) = self.shelf(sought.hash) {
            shelf.part.read().fetch_entry(sought.hash);
        }
    }

    #[inline]
    pub(super) fn get(&self, sought: Sought<'_>) -> Option<Entry> {
        let Sought { domain, hash } = sought;
        let part = self.shelf(hash)?.part.read();
        let entry = part.find(hash, domain.as_octets())?;
        entry.touch();
        Some(entry.clone())
    }

    /// Remembers a finished collection, and what went before it if it had failures. `blame` says
    /// whether the first of them is held against the domain.
    pub(super) fn store(
        &self,
        domain: &Domain,
        draft: &Draft,
        gathered_at: Moment,
        blame: impl FnOnce(Option<Failure>) -> bool,
    ) -> Entry {
        let previous = self.get(self.seek(domain.as_ref()));
        let entry = Entry::after(previous.as_ref(), domain, draft, gathered_at, blame);
        self.insert(entry.clone(), true);
        entry
    }

    /// Remembers an entry from elsewhere, unless something newer is known.
    pub(super) fn adopt(&self, entry: Entry) {
        self.insert(entry, false);
    }

    fn insert(&self, entry: Entry, is_newer: bool) {
        // Everything else would be thrown out for it, and then it itself.
        if weight(&entry) > self.part_octets_max {
            return;
        }
        let hash = self.hasher.hash_one(entry.name());
        let Some(shelf) = self.shelf(hash) else {
            return;
        };
        let mut part = shelf.part.write();
        part.insert(hash, entry, is_newer);
        while part.octets() > self.part_octets_max && part.throw_out() {}
        shelf.aim.take(&part);
    }

    /// The shelf that the upper half of a hash says: as far among all as that half is among all its
    /// values, which takes no division.
    #[inline]
    fn shelf(&self, hash: u64) -> Option<&Shelf> {
        let count = u64::try_from(self.shelves.len()).ok()?;
        let number = (hash >> u32::BITS).checked_mul(count)? >> u32::BITS;
        self.shelves.get(usize::try_from(number).ok()?)
    }

    /// All entries, in no order; what is stored meanwhile may be among them.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        let all = |shelf: &Shelf| shelf.part.read().entries().cloned().collect::<Vec<_>>();
        self.shelves.iter().flat_map(all)
    }

    /// How many domains are remembered.
    pub(super) fn len(&self) -> usize {
        self.shelves
            .iter()
            .map(|shelf| shelf.part.read().len())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::evidence::MxAnswer;

    fn domain(number: u32) -> Domain {
        Domain::parse(&format!("d{number}.example")).unwrap()
    }

    fn remember(memory: &Memory, number: u32) {
        let draft = Draft::without_hosts(MxAnswer::Null { ttl: number });
        memory.store(&domain(number), &draft, Moment { unix_ms: 0 }, |_| true);
    }

    fn knows(memory: &Memory, number: u32) -> bool {
        memory.get(memory.seek(domain(number).as_ref())).is_some()
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_rest_is_found() {
        let memory = Memory::new(4 << 20);
        (0..200_000).for_each(|number| remember(&memory, number));
        let remembered = memory.len();
        assert!((30_000..60_000).contains(&remembered), "{remembered}");
        let found = (0..200_000).filter(|number| knows(&memory, *number));
        assert_eq!(found.count(), remembered);
        let weights: usize = memory.entries().map(|entry| weight(&entry)).sum();
        assert!(weights <= 4 << 20);
    }

    #[test]
    fn what_is_asked_for_outlives_a_flood() {
        let memory = Memory::new(1 << 20);
        (0..1000).for_each(|number| remember(&memory, number));
        for round in 1..100 {
            assert!((0..1000).all(|number| knows(&memory, number)), "{round}");
            (round * 1000..(round + 1) * 1000).for_each(|number| remember(&memory, number));
        }
    }

    #[test]
    fn an_entry_is_replaced_by_a_newer_one_and_not_by_an_older_one() {
        let memory = Memory::new(1 << 20);
        let draft = |ttl| Draft::without_hosts(MxAnswer::Null { ttl });
        let entry = |ttl| {
            Entry::after(None, &domain(1), &draft(ttl), Moment { unix_ms: 0 }, |_| {
                true
            })
        };
        let ttl = || {
            let entry = memory.get(memory.seek(domain(1).as_ref())).unwrap();
            entry.findings().next().unwrap().evidence().mx.ttl()
        };
        memory.adopt(entry(1));
        memory.adopt(entry(2));
        assert_eq!(ttl(), Some(1));
        memory.store(&domain(1), &draft(3), Moment { unix_ms: 0 }, |_| true);
        assert_eq!((ttl(), memory.len()), (Some(3), 1));
    }

    #[test]
    fn what_is_larger_than_its_part_is_left_out() {
        let memory = Memory::new(1 << 10);
        (0..5).for_each(|number| remember(&memory, number));
        let unfit = crate::verdict::evidence::DraftHost::unfit(10, &"x".repeat(1 << 10));
        let draft = Draft {
            hosts: vec![unfit],
            ..Draft::without_hosts(MxAnswer::Records { ttl: 60 })
        };
        memory.store(&domain(6), &draft, Moment { unix_ms: 0 }, |_| true);
        assert!(!knows(&memory, 6) && (0..5).all(|number| knows(&memory, number)));
    }
}
