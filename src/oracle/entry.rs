//! What is remembered of one domain, in one block of memory.
//!
//! Millions of these are kept, so the domain's name, the times and the evidence lie one behind the
//! other in one allocation, which is its own key in the memory.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use triomphe::ThinArc;

use super::clock::Moment;
use crate::verdict::evidence::octets::{Cursor, put_number};
use crate::verdict::{Domain, Draft, Evidence, Failure};

/// What a block has beside the octets in it: its count and length, and the head.
const BLOCK_OCTETS: usize = 16 + size_of::<Head>();

/// The name, then the findings, the newest first: each its time, its length, its evidence.
///
/// The findings are the last collection, whole or with failures; then, while collections fail, the
/// last one that had failures and knew an address all the same, and the last one without any.
#[derive(Clone, Debug)]
pub(super) struct Entry(ThinArc<Head, u8>);

#[derive(Debug)]
struct Head {
    /// Names have 253 octets at most.
    name_octets: u8,
    /// How many collections in a row, up to the last one, had failures that are held against the domain.
    failures: u8,
    /// Whether somebody has asked for it lately.
    is_touched: AtomicBool,
    /// Whether a collection ahead of its end has begun.
    is_refreshed: AtomicBool,
}

/// Evidence, and when it was collected.
#[derive(Clone, Debug)]
pub(super) struct Finding<'e> {
    pub(super) gathered_at: Moment,
    octets: &'e [u8],
    /// Where in the entry the evidence lies.
    pub(super) place: Range<usize>,
}

/// The findings of an entry, read as they are asked for.
pub(super) struct Findings<'e> {
    rest: Cursor<'e>,
    /// Where the entry ends.
    end: usize,
}

impl Entry {
    /// What has been found out, remembered of no domain.
    pub(super) fn unnamed(draft: &Draft, gathered_at: Moment) -> Self {
        let mut octets = Vec::new();
        put_finding(&mut octets, gathered_at, &draft.to_octets());
        Self::from(0, 0, &octets)
    }

    /// What is to be remembered of a finished collection, and of what went before it if it had
    /// failures. `blame` says whether the first of them is held against the domain.
    pub(super) fn after(
        previous: Option<&Self>,
        domain: &Domain,
        draft: &Draft,
        gathered_at: Moment,
        blame: impl FnOnce(Option<Failure>) -> bool,
    ) -> Self {
        let mut octets = domain.as_str().as_bytes().to_vec();
        let evidence = draft.to_octets();
        put_finding(&mut octets, gathered_at, &evidence);
        let mut failures = 0;
        let failure = Evidence::read(&evidence).first_failure();
        let is_its_own = blame(failure);
        if failure.is_some() {
            if is_its_own {
                failures = previous.map_or(0, |entry| entry.head().failures);
                failures = failures.saturating_add(1);
            }
            for finding in previous.into_iter().flat_map(Self::worth_keeping) {
                put_finding(&mut octets, finding.gathered_at, finding.octets);
            }
        }
        Self::from(name_octets(domain), failures, &octets)
    }

    /// An entry out of its [`Self::findings_octets`]; none unless all of it can be read.
    pub(super) fn checked(domain: &Domain, failures: u8, findings: &[u8]) -> Option<Self> {
        let octets = [domain.as_str().as_bytes(), findings].concat();
        let entry = Self::from(name_octets(domain), failures, &octets);
        let read: Vec<Finding<'_>> = entry.findings().collect();
        let ends_at = read.last().map(|last| last.place.end);
        let is_whole = |finding: &Finding<'_>| Evidence::checked(finding.octets).is_some();
        let all = ends_at == Some(octets.len()) && read.iter().all(is_whole);
        all.then_some(entry)
    }

    fn from(name_octets: u8, failures: u8, octets: &[u8]) -> Self {
        let head = Head {
            name_octets,
            failures,
            is_touched: AtomicBool::new(false),
            is_refreshed: AtomicBool::new(false),
        };
        Self(ThinArc::from_header_and_slice(head, octets))
    }

    fn head(&self) -> &Head {
        &self.0.header.header
    }

    /// Notes that somebody has asked for it.
    #[inline]
    pub(super) fn touch(&self) {
        let is_touched = &self.head().is_touched;
        // Reading alone leaves the memory in the caches of all processors.
        if !is_touched.load(Ordering::Relaxed) {
            is_touched.store(true, Ordering::Relaxed);
        }
    }

    /// Whether somebody has asked for it since the last such question.
    pub(super) fn forget_touch(&self) -> bool {
        self.head().is_touched.swap(false, Ordering::Relaxed)
    }

    /// Has it refreshed by `begin`, unless that has been done; it says whether it could.
    pub(super) fn refresh_once(&self, begin: impl FnOnce() -> bool) {
        let is_refreshed = &self.head().is_refreshed;
        if !is_refreshed.load(Ordering::Relaxed) && !is_refreshed.swap(true, Ordering::Relaxed) {
            is_refreshed.store(begin(), Ordering::Relaxed);
        }
    }

    /// How many collections in a row had failures that are held against the domain.
    pub(super) fn failures(&self) -> u8 {
        self.head().failures
    }

    /// The domain's name; empty if it is remembered of none.
    #[inline]
    pub(super) fn name(&self) -> &[u8] {
        let octets = self.0.slice.get(..self.head().name_octets.into());
        octets.unwrap_or_default()
    }

    /// What stands behind the name.
    pub(super) fn findings_octets(&self) -> &[u8] {
        let start = usize::from(self.head().name_octets);
        self.0.slice.get(start..).unwrap_or_default()
    }

    /// The evidence at a finding's place.
    pub(super) fn evidence(&self, place: &Range<usize>) -> Evidence<'_> {
        Evidence::read(self.0.slice.get(place.clone()).unwrap_or_default())
    }

    /// All findings that may still count, the newest first.
    #[inline]
    pub(super) fn findings(&self) -> Findings<'_> {
        Findings {
            end: self.0.slice.len(),
            rest: Cursor::new(self.findings_octets()),
        }
    }

    /// The findings that still count once another collection has failed.
    fn worth_keeping(&self) -> impl Iterator<Item = Finding<'_>> {
        let is_whole = |finding: &Finding<'_>| finding.evidence().first_failure().is_none();
        let knows = |finding: &Finding<'_>| finding.evidence().knows_an_address();
        let partial = self.findings().find(|one| !is_whole(one) && knows(one));
        let whole = self.findings().find(is_whole);
        partial.into_iter().chain(whole)
    }

    /// Octets of memory: the allocator has four sizes from one power of two to the next.
    pub(super) fn weight(&self) -> usize {
        let octets = BLOCK_OCTETS + self.0.slice.len();
        octets.next_multiple_of((octets.next_power_of_two() / 8).max(8))
    }
}

fn name_octets(domain: &Domain) -> u8 {
    u8::try_from(domain.as_str().len()).unwrap_or_default()
}

fn put_finding(octets: &mut Vec<u8>, gathered_at: Moment, evidence: &[u8]) {
    octets.extend(gathered_at.unix_ms.to_be_bytes());
    put_number(octets, u64::try_from(evidence.len()).unwrap_or(u64::MAX));
    octets.extend(evidence);
}

impl<'e> Iterator for Findings<'e> {
    type Item = Finding<'e>;

    #[inline(always)]
    fn next(&mut self) -> Option<Finding<'e>> {
        let unix_ms = self.rest.word()?;
        let length = usize::try_from(self.rest.number()?).ok()?;
        let octets = self.rest.octets(length)?;
        let end = self.end - self.rest.rest().len();
        Some(Finding {
            gathered_at: Moment { unix_ms },
            octets,
            place: end - length..end,
        })
    }
}

impl<'e> Finding<'e> {
    pub(super) fn evidence(&self) -> Evidence<'e> {
        Evidence::read(self.octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::evidence::{DraftHost, MxAnswer};

    fn at(unix_ms: u64) -> Moment {
        Moment { unix_ms }
    }

    fn hot() -> Domain {
        Domain::parse("hot.de").unwrap()
    }

    fn whole() -> Draft {
        Draft::without_hosts(MxAnswer::Null { ttl: 60 })
    }

    fn partial() -> Draft {
        Draft {
            mx: MxAnswer::Records { ttl: 60 },
            hosts: ["localhost", "unknown.de"]
                .map(|name| DraftHost::named(10, &Domain::parse(name).unwrap(), &[]))
                .into(),
            hosts_left_out: 0,
        }
    }

    fn check(entry: &Entry, failures: u8, times: &[u64]) {
        let found: Vec<u64> = entry
            .findings()
            .map(|finding| finding.gathered_at.unix_ms)
            .collect();
        assert_eq!((entry.failures(), &*found), (failures, times));
        assert_eq!(entry.name(), b"hot.de");
        let again = Entry::checked(&hot(), failures, entry.findings_octets()).unwrap();
        assert_eq!(again.findings_octets(), entry.findings_octets());
    }

    #[test]
    fn failures_keep_what_went_before_them() {
        let (failed, partial, whole) = (Draft::failed(Failure::Timeout), partial(), whole());
        let after = |previous: &Entry, draft, time| {
            Entry::after(Some(previous), &hot(), draft, at(time), |_| true)
        };
        let first = Entry::after(None, &hot(), &whole, at(1), |_| true);
        check(&first, 0, &[1]);
        let second = after(&first, &partial, 2);
        check(&second, 1, &[2, 1]);
        let third = after(&second, &failed, 3);
        check(&third, 2, &[3, 2, 1]);
        let fourth = after(&third, &failed, 4);
        check(&fourth, 3, &[4, 2, 1]);
        check(&after(&fourth, &partial, 5), 4, &[5, 2, 1]);
        check(&after(&fourth, &whole, 6), 0, &[6]);
        let held = |previous, is_held| {
            Entry::after(previous, &hot(), &failed, at(7), |failure| {
                assert_eq!(failure, Some(Failure::Timeout));
                is_held
            })
        };
        check(&held(None, true), 1, &[7]);
        check(&held(None, false), 0, &[7]);
        check(&held(Some(&fourth), false), 0, &[7, 2, 1]);
    }

    #[test]
    fn damaged_findings_are_no_entry() {
        let entry = Entry::after(None, &hot(), &partial(), at(1), |_| true);
        let octets = entry.findings_octets();
        let end = octets.len() - 1;
        assert!(Entry::checked(&hot(), 0, &octets[..end]).is_none());
        assert!(Entry::checked(&hot(), 0, &[octets, &[1]].concat()).is_none());
        assert!(Entry::checked(&hot(), 0, &[]).is_none());
    }

    #[test]
    fn a_usual_domain_takes_few_octets() {
        use crate::verdict::evidence::{Addresses, Answer};
        let host = DraftHost {
            preference: 10,
            name: "mx1.mail.example.com".into(),
            addresses: Addresses::Resolved {
                a: Answer::Found {
                    addresses: [[203, 0, 113, 7].into()].into(),
                    ttl: 3600,
                },
                aaaa: Answer::Absent { ttl: 3600 },
            },
        };
        let draft = Draft {
            mx: MxAnswer::Records { ttl: 86_400 },
            hosts: vec![host],
            hosts_left_out: 0,
        };
        let domain = Domain::parse("mail.example.com").unwrap();
        let entry = Entry::after(None, &domain, &draft, at(1_800_000_000_000), |_| true);
        assert_eq!(entry.weight(), 96);
    }
}
