//! A hash table that throws out what nobody asks for.
//!
//! Open addressing: an entry lies at the place that its hash says, or at the next free one behind it.
//! A look-up so touches two lines of memory, the place and the entry, which is what it costs once
//! there are millions.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::fetch::{Start, fetch_block};
use crate::oracle::entry::Entry;

/// What a place costs, for an entry: they are between 3/8 and 3/4 full.
pub(super) const PLACE_OCTETS: usize = 2 * size_of::<Option<Place>>();

/// Places at the start.
const PLACES_MIN: usize = 16;

/// An entry, and its hash, so that the table grows without looking at entries.
struct Place {
    hash: u64,
    entry: Entry,
}

/// One part of the memory.
#[derive(Default)]
pub(super) struct Part {
    /// As many as a power of two, or none.
    places: Vec<Option<Place>>,
    len: usize,
    /// What all entries weigh.
    octets: usize,
    /// The place that is looked at next when room is needed.
    hand: usize,
}

/// Where the places of a part are, for those who have not locked it. It may be out of date, and then
/// what is fetched is of no use.
#[derive(Default)]
pub(super) struct Aim {
    start: Start<Option<Place>>,
    mask: AtomicUsize,
}

impl Part {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// What all entries weigh.
    pub(super) fn octets(&self) -> usize {
        self.octets
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.places.iter().flatten().map(|place| &place.entry)
    }

    /// The entry of this name, whose hash it is.
    #[inline]
    pub(super) fn find(&self, hash: u64, name: &[u8]) -> Option<&Entry> {
        let mut index = self.home(hash);
        // There is a free place, so this ends.
        while let Some(place) = self.places.get(index)?.as_ref() {
            if place.hash == hash && place.entry.name() == name {
                return Some(&place.entry);
            }
            index = self.next(index);
        }
        None
    }

    /// Has the entry of this hash fetched, which takes the places only.
    #[inline]
    pub(super) fn fetch_entry(&self, hash: u64) {
        let mut index = self.home(hash);
        while let Some(Some(place)) = self.places.get(index) {
            if place.hash == hash {
                return fetch_block(&place.entry);
            }
            index = self.next(index);
        }
    }

    /// Puts an entry in; one of the same name gives way if the new one `is_newer`.
    pub(super) fn insert(&mut self, hash: u64, entry: Entry, is_newer: bool) {
        // A quarter stays free, or the ways get long.
        if (self.len + 1) * 4 > self.places.len() * 3 {
            self.grow();
        }
        let mut index = self.home(hash);
        while let Some(Some(place)) = self.places.get_mut(index) {
            if place.hash == hash && place.entry.name() == entry.name() {
                if is_newer {
                    let weight = weight(&entry);
                    let before = std::mem::replace(&mut place.entry, entry);
                    if before.forget_touch() {
                        place.entry.touch();
                    }
                    self.octets = self.octets.saturating_sub(self::weight(&before)) + weight;
                }
                return;
            }
            index = self.next(index);
        }
        self.octets += weight(&entry);
        self.len += 1;
        if let Some(free) = self.places.get_mut(index) {
            *free = Some(Place { hash, entry });
        }
    }

    /// Throws out the next entry that nobody has asked for since the hand last came by; false if
    /// there is none left at all.
    pub(super) fn throw_out(&mut self) -> bool {
        while self.len > 0 {
            self.hand = self.next(self.hand);
            let is_wanted = match self.places.get(self.hand) {
                Some(Some(place)) => place.entry.forget_touch(),
                Some(None) | None => true,
            };
            if !is_wanted {
                self.remove(self.hand);
                return true;
            }
        }
        false
    }

    /// Frees a place, and lets those behind it move up that are there only because it was taken.
    fn remove(&mut self, index: usize) {
        let Some(removed) = self.places.get_mut(index).and_then(Option::take) else {
            return;
        };
        self.octets = self.octets.saturating_sub(weight(&removed.entry));
        self.len -= 1;
        let mut free = index;
        let mut behind = self.next(index);
        while let Some(Some(place)) = self.places.get(behind) {
            let way = |from: usize| behind.wrapping_sub(from) & self.mask();
            // Its way from home must not lead past the free place.
            if way(self.home(place.hash)) >= way(free) {
                self.places.swap(free, behind);
                free = behind;
            }
            behind = self.next(behind);
        }
    }

    fn grow(&mut self) {
        let count = (self.places.len() * 2).max(PLACES_MIN);
        let places = (0..count).map(|_| None).collect();
        let before = std::mem::replace(&mut self.places, places);
        for place in before.into_iter().flatten() {
            let mut index = self.home(place.hash);
            while let Some(Some(_)) = self.places.get(index) {
                index = self.next(index);
            }
            if let Some(free) = self.places.get_mut(index) {
                *free = Some(place);
            }
        }
    }

    fn mask(&self) -> usize {
        self.places.len().wrapping_sub(1)
    }

    fn home(&self, hash: u64) -> usize {
        home(hash, self.mask())
    }

    fn next(&self, index: usize) -> usize {
        (index + 1) & self.mask()
    }
}

impl Aim {
    /// Notes where places are now.
    pub(super) fn take(&self, part: &Part) {
        self.start.set(&part.places);
        self.mask.store(part.mask(), Ordering::Relaxed);
    }

    /// Has the place fetched where an entry of this hash is looked for first.
    #[inline]
    pub(super) fn fetch_place(&self, hash: u64) {
        let index = home(hash, self.mask.load(Ordering::Relaxed));
        self.start.fetch(index);
    }
}

/// The place that a hash says. The numbers of parts are from its other end.
fn home(hash: u64, mask: usize) -> usize {
    usize::try_from(hash & u64::from(u32::MAX)).unwrap_or_default() & mask
}

/// Octets of memory, the place included.
pub(super) fn weight(entry: &Entry) -> usize {
    entry.weight() + PLACE_OCTETS
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::oracle::clock::Moment;
    use crate::verdict::evidence::MxAnswer;
    use crate::verdict::{Domain, Draft};

    fn entry(name: u8, ttl: u32) -> Entry {
        let domain = Domain::parse(&format!("d{name}.example")).unwrap();
        let draft = Draft::without_hosts(MxAnswer::Null { ttl });
        Entry::after(None, &domain, &draft, Moment { unix_ms: 0 }, |_| true)
    }

    fn ttl(entry: &Entry) -> Option<u32> {
        entry.findings().next().unwrap().evidence().mx.ttl()
    }

    proptest! {
        /// Hashes that collide much, and insertions and removals in any order: as a map does.
        #[test]
        fn it_behaves_as_a_map(steps in prop::collection::vec((0..40_u8, 0..8_u64, any::<bool>()), 0..200)) {
            let mut part = Part::default();
            let mut model: HashMap<u8, u32> = HashMap::new();
            let hash = |name: u8| u64::from(name % 8);
            for (step, (name, _, is_removal)) in (0_u32..).zip(steps) {
                let text = format!("d{name}.example");
                if is_removal {
                    let index = part.places.iter().position(|place| {
                        place.as_ref().is_some_and(|place| place.entry.name() == text.as_bytes())
                    });
                    prop_assert_eq!(index.is_some(), model.remove(&name).is_some());
                    if let Some(index) = index {
                        part.remove(index);
                    }
                } else {
                    part.insert(hash(name), entry(name, step), true);
                    model.insert(name, step);
                }
                prop_assert_eq!(part.len(), model.len());
                for (name, expected) in &model {
                    let text = format!("d{name}.example");
                    let found = part.find(hash(*name), text.as_bytes());
                    prop_assert_eq!(found.and_then(ttl), Some(*expected));
                }
                let weights: usize = part.entries().map(weight).sum();
                prop_assert_eq!(part.octets(), weights);
            }
        }
    }

    #[test]
    fn a_place_is_two_words() {
        assert_eq!(size_of::<Option<Place>>(), 16);
    }

    #[test]
    fn an_empty_part_holds_nothing() {
        let mut part = Part::default();
        assert!(part.find(7, b"hot.de").is_none());
        assert!(!part.throw_out());
    }
}
