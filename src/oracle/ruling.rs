//! A verdict with its evidence and its lifetime.

use std::ops::Range;
use std::time::Duration;

use super::clock::Moment;
use super::entry::Entry;
use crate::verdict::evidence::MxAnswer;
use crate::verdict::{Draft, Evidence, Rules, Verdict, judge};

/// The longest exponent of the back-off: 2^16 x any first wait is past every sensible limit.
const DOUBLINGS_MAX: u32 = 16;

/// What [`super::Oracle::ask`] answers.
#[derive(Clone, Debug)]
pub struct Ruling<'r> {
    /// What the DNS said, and where in it.
    entry: Entry,
    place: Range<usize>,
    /// What the operator has said, which comes before the evidence.
    foregone: Option<Verdict<'r>>,
    /// What it was judged by.
    pub rules: &'r Rules,
    /// How long the verdict may be kept from now on.
    pub remaining: Duration,
    /// Where it comes from.
    pub source: Source,
}

/// A ruling without its evidence: what is said to those who ask.
#[derive(Clone, Debug)]
pub struct Sentence<'a> {
    /// The verdict.
    pub verdict: &'a Verdict<'a>,
    /// How long it may be kept from now on.
    pub remaining: Duration,
    /// Where it comes from.
    pub source: Source,
    /// Whether the entry it comes from should be refreshed.
    pub(super) is_nearly_over: bool,
    /// Where in the entry the evidence lies.
    pub(super) place: Range<usize>,
}

/// Where a ruling comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From an evaluation for this question, or one that was joined.
    LookedUp,
    /// From what was remembered.
    Memory,
    /// From what was remembered and is over, because upstream does not say anything newer.
    Stale,
    /// From what the operator says of the domain.
    Operator,
}

/// How long verdicts count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// No decided verdict is kept for less.
    pub min_ttl: Duration,
    /// No decided verdict is kept for more.
    pub max_ttl: Duration,
    /// How long the first failure in a row is kept; it doubles with each that is the domain's own
    /// (RFC 9520, section 3.2).
    pub undecided_min_ttl: Duration,
    /// No failure is kept for more.
    pub undecided_max_ttl: Duration,
    /// How long a listing outlives its end while its refresh fails (RFC 8767).
    pub serve_stale: Duration,
    /// The TTL of such a listing.
    pub stale_ttl: Duration,
    /// The last share of a verdict's life, in percent, in which a question refreshes it.
    pub refresh_ahead_percent: u32,
}

impl<'r> Ruling<'r> {
    /// A ruling from what has just been found out, for `remaining`.
    pub fn new(draft: &Draft, rules: &'r Rules, remaining: Duration) -> Self {
        let entry = Entry::unnamed(draft, Moment { unix_ms: 0 });
        Self::of_newest(entry, rules, |_| remaining)
    }

    /// A ruling from an entry's newest finding; `life` says for how long the verdict counts.
    pub(super) fn of_newest(
        entry: Entry,
        rules: &'r Rules,
        life: impl FnOnce(&Verdict<'_>) -> Duration,
    ) -> Self {
        // An entry has a finding; without one there is no evidence, which reads as a failure.
        let place = entry.findings().next().map_or(0..0, |newest| newest.place);
        let remaining = life(&judge(entry.evidence(&place), rules));
        Self {
            entry,
            place,
            foregone: None,
            rules,
            remaining,
            source: Source::LookedUp,
        }
    }

    /// The ruling that the operator has made; nothing was asked.
    pub(super) fn foregone(verdict: Verdict<'r>, rules: &'r Rules, remaining: Duration) -> Self {
        let nothing = Draft::without_hosts(MxAnswer::NotAsked);
        Self {
            foregone: Some(verdict),
            source: Source::Operator,
            ..Self::new(&nothing, rules, remaining)
        }
    }

    /// The ruling whose sentence it is, from an entry that it comes from.
    pub(super) fn of_sentence(entry: &Entry, rules: &'r Rules, sentence: &Sentence<'_>) -> Self {
        Self {
            entry: entry.clone(),
            place: sentence.place.clone(),
            foregone: None,
            rules,
            remaining: sentence.remaining,
            source: sentence.source,
        }
    }

    /// What the DNS said.
    pub fn evidence(&self) -> Evidence<'_> {
        self.entry.evidence(&self.place)
    }

    /// The verdict.
    pub fn verdict(&self) -> Verdict<'_> {
        let foregone = self.foregone.clone();
        foregone.unwrap_or_else(|| judge(self.evidence(), self.rules))
    }

    /// Hands `say` what is said of it.
    pub fn pronounce<S>(&self, say: impl FnOnce(&Sentence<'_>) -> S) -> S {
        say(&Sentence {
            verdict: &self.verdict(),
            remaining: self.remaining,
            source: self.source,
            is_nearly_over: false,
            place: self.place.clone(),
        })
    }
}

impl Lifetimes {
    /// How long a verdict counts from the time when its evidence was collected; `failures` is how
    /// many collections in a row had some that are the domain's own.
    pub(super) fn of(&self, verdict: &Verdict<'_>, failures: u8) -> Duration {
        match verdict {
            Verdict::Listed(listing) => self.clamp(listing.ttl),
            Verdict::NotListed(not_listed) => self.clamp(not_listed.ttl),
            Verdict::Undecided(_) => {
                let doublings = u32::from(failures).saturating_sub(1).min(DOUBLINGS_MAX);
                self.undecided_min_ttl
                    .saturating_mul(2_u32.saturating_pow(doublings))
                    .min(self.undecided_max_ttl)
            }
        }
    }

    /// The lifetime of records with this TTL, in seconds.
    pub(super) fn clamp(&self, ttl: u32) -> Duration {
        Duration::from_secs(ttl.into())
            .max(self.min_ttl)
            .min(self.max_ttl)
    }

    pub(super) fn is_nearly_over(&self, remaining: Duration, life: Duration) -> bool {
        remaining.saturating_mul(100) <= life.saturating_mul(self.refresh_ahead_percent)
    }
}
