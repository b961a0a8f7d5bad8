//! What an entry of the memory still says.

use std::ops::Range;
use std::time::Duration;

use super::clock::Moment;
use super::entry::{Entry, Finding};
use super::ruling::{Lifetimes, Sentence, Source};
use crate::verdict::{Rules, Verdict, judge};

/// How far a wall clock is set back without anybody having set it.
const CORRECTION_MAX: Duration = Duration::from_secs(60);

/// What is left of a verdict's life.
#[derive(Clone, Copy)]
struct Left {
    remaining: Duration,
    is_nearly_over: bool,
}

/// Hands `say` what the memory says, if what is remembered still counts under these rules.
///
/// Where the last evaluation left the verdict open, what was known before counts to the end of its
/// own time, and a listing beyond that.
pub(super) fn recall<S>(
    entry: &Entry,
    rules: &Rules,
    lifetimes: &Lifetimes,
    now: Moment,
    say: impl FnOnce(&Sentence<'_>) -> S,
) -> Option<S> {
    let mut findings = entry.findings();
    let newest = findings.next()?;
    let verdict = judge(newest.evidence(), rules);
    let left_of = |finding: &_, verdict: &_| left(entry, finding, verdict, lifetimes, now);
    let left = left_of(&newest, &verdict);
    if is_decided(&verdict) {
        return Some(say(&remembered(&verdict, newest.place, left?)));
    }
    for finding in findings {
        let before = judge(finding.evidence(), rules);
        let still = left_of(&finding, &before).filter(|_| is_decided(&before));
        if let Some(Left { remaining, .. }) = still {
            // The last evaluation's failure is kept for a while, and not tried again before that.
            let is_nearly_over = left.is_none();
            let left = Left {
                remaining,
                is_nearly_over,
            };
            return Some(say(&remembered(&before, finding.place, left)));
        }
    }
    let left = left?;
    Some(match last_listing(entry, rules, lifetimes, now) {
        Some((finding, listed)) => say(&stale(&listed, finding.place, lifetimes)),
        None => say(&remembered(&verdict, newest.place, left)),
    })
}

fn is_decided(verdict: &Verdict<'_>) -> bool {
    !matches!(verdict, Verdict::Undecided(_))
}

/// What is left of the life of a verdict on a finding, if anything is.
fn left(
    entry: &Entry,
    finding: &Finding<'_>,
    verdict: &Verdict<'_>,
    lifetimes: &Lifetimes,
    now: Moment,
) -> Option<Left> {
    let life = lifetimes.of(verdict, entry.failures());
    let age = now.since(finding.gathered_at);
    let remaining = life.checked_sub(age).filter(|left| !left.is_zero())?;
    Some(Left {
        remaining,
        is_nearly_over: lifetimes.is_nearly_over(remaining, life),
    })
}

fn remembered<'a>(verdict: &'a Verdict<'a>, place: Range<usize>, left: Left) -> Sentence<'a> {
    Sentence {
        verdict,
        remaining: left.remaining,
        source: Source::Memory,
        is_nearly_over: left.is_nearly_over,
        place,
    }
}

/// The last listing, if the domain was listed and the end of that is not too long ago.
///
/// RFC 8767, for listings only: a dead upstream must not open the gate, while a stale "not listed"
/// would let through what is new.
pub(super) fn last_listing<'e>(
    entry: &'e Entry,
    rules: &'e Rules,
    lifetimes: &Lifetimes,
    now: Moment,
) -> Option<(Finding<'e>, Verdict<'e>)> {
    let judged = |finding: Finding<'e>| {
        let verdict = judge(finding.evidence(), rules);
        (finding, verdict)
    };
    let counts = |(finding, verdict): &(Finding<'e>, Verdict<'e>)| match verdict {
        Verdict::Listed(listing) => {
            let life = lifetimes.clamp(listing.ttl);
            now.since(finding.gathered_at) < life.saturating_add(lifetimes.serve_stale)
        }
        Verdict::NotListed(_) | Verdict::Undecided(_) => false,
    };
    entry.findings().map(judged).find(counts)
}

/// What is said of a listing whose time is over.
pub(super) fn stale<'a>(
    listed: &'a Verdict<'a>,
    place: Range<usize>,
    lifetimes: &Lifetimes,
) -> Sentence<'a> {
    Sentence {
        verdict: listed,
        remaining: lifetimes.stale_ttl,
        source: Source::Stale,
        is_nearly_over: false,
        place,
    }
}

/// Whether an entry of another time may still say anything, whatever the rules.
///
/// One from the future does not: the wall clock has been set back, and nobody knows its age. Small
/// corrections of the clock are left alone.
pub(super) fn may_count(entry: &Entry, lifetimes: &Lifetimes, now: Moment) -> bool {
    let longest = lifetimes.max_ttl.saturating_add(lifetimes.serve_stale);
    let is_young = |finding: Finding<'_>| now.since(finding.gathered_at) < longest;
    let is_past = |finding: Finding<'_>| finding.gathered_at.since(now) < CORRECTION_MAX;
    entry.findings().any(is_young) && entry.findings().all(is_past)
}
