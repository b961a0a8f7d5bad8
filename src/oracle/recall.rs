//! What an entry of the memory still says.

use std::time::Duration;

use super::clock::Moment;
use super::entry::{Entry, Finding};
use super::ruling::{Lifetimes, Ruling, Source, is_not_listed};
use crate::verdict::{Rules, Verdict, judge};

/// How far a wall clock is set back without anybody having set it.
const CORRECTION_MAX: Duration = Duration::from_secs(60);

/// A ruling out of the memory, if what is remembered still counts under these rules.
///
/// Where the last evaluation left the verdict open, what was known before counts to the end of its
/// own time, and a listing beyond that.
pub(super) fn recall<'r>(
    entry: &Entry,
    rules: &'r Rules,
    lifetimes: &Lifetimes,
    now: Moment,
) -> Option<Ruling<'r>> {
    let mut findings = entry.findings();
    let newest = findings.next()?;
    let verdict = judge(newest.evidence(), rules);
    let last = counting(entry, &newest, &verdict, rules, lifetimes, now);
    if !matches!(verdict, Verdict::Undecided(_)) {
        return last;
    }
    let decided = |finding: Finding<'_>| match judge(finding.evidence(), rules) {
        Verdict::Undecided(_) => None,
        verdict @ (Verdict::Listed(_) | Verdict::NotListed(_)) => {
            counting(entry, &finding, &verdict, rules, lifetimes, now)
        }
    };
    match findings.find_map(decided) {
        // The last evaluation's failure is kept for a while, and not tried again before that.
        Some(before) => Some(Ruling {
            is_nearly_over: last.is_none(),
            ..before
        }),
        None => last.map(|open| stale(entry, rules, lifetimes, now).unwrap_or(open)),
    }
}

/// A ruling from one finding, until its time is over.
fn counting<'r>(
    entry: &Entry,
    finding: &Finding<'_>,
    verdict: &Verdict<'_>,
    rules: &'r Rules,
    lifetimes: &Lifetimes,
    now: Moment,
) -> Option<Ruling<'r>> {
    let life = lifetimes.of(verdict, entry.failures());
    let age = now.since(finding.gathered_at);
    let remaining = life.checked_sub(age).filter(|left| !left.is_zero())?;
    Some(Ruling {
        entry: entry.clone(),
        place: finding.place.clone(),
        rules,
        remaining,
        source: Source::Memory,
        is_nearly_over: lifetimes.is_nearly_over(remaining, life),
        is_not_listed: is_not_listed(verdict),
    })
}

/// The last listing, if the domain was listed and the end of that is not too long ago.
///
/// RFC 8767, for listings only: a dead upstream must not open the gate, while a stale "not listed"
/// would let through what is new.
pub(super) fn stale<'r>(
    entry: &Entry,
    rules: &'r Rules,
    lifetimes: &Lifetimes,
    now: Moment,
) -> Option<Ruling<'r>> {
    let counts = |finding: &Finding<'_>| match judge(finding.evidence(), rules) {
        Verdict::Listed(listing) => {
            let life = lifetimes.clamp(listing.ttl);
            now.since(finding.gathered_at) < life.saturating_add(lifetimes.serve_stale)
        }
        Verdict::NotListed(_) | Verdict::Undecided(_) => false,
    };
    let finding = entry.findings().find(counts)?;
    Some(Ruling {
        entry: entry.clone(),
        place: finding.place,
        rules,
        remaining: lifetimes.stale_ttl,
        source: Source::Stale,
        is_nearly_over: false,
        is_not_listed: false,
    })
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
