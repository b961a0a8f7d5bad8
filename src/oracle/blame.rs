//! Whose trouble a failed evaluation is: the domain's, which backs off, or upstream's, which does not.
//!
//! RFC 9520 has failures kept for longer and longer, up to five minutes, for the sake of name
//! servers that are dead for good. When it is upstream that fails, that would keep thousands of
//! domains undecided for minutes after its return. Two things tell them apart:
//!
//! * A domain's own trouble is what upstream *answers*: SERVFAIL and the like, or more than we ask for.
//!   Silence and a closed port are upstream's, or a resolver's that is still trying and will say SERVFAIL
//!   next time.
//! * An upstream that is cut off itself answers SERVFAIL to everybody, or to nearly everybody while it
//!   has some names in its cache. So an answered failure counts only while other domains do well.
//!
//! What is not held against a domain is kept for the shortest time, as a first failure is, whatever went
//! before it. If this errs, a dead domain costs one evaluation in that time, and only while somebody asks
//! for it.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::verdict::Failure;

/// So many evaluations in a row without a failure, and upstream is well. With more, the dead domains
/// of a busy server would hide one another; with fewer, luck would do while most answers are lost.
const WELL_IN_A_ROW: u32 = 8;

/// How evaluations went lately, of all domains together.
#[derive(Debug, Default)]
pub(super) struct Blame {
    well_in_a_row: AtomicU32,
}

impl Blame {
    /// Takes note of an evaluation that has ended; true if its failure is held against the domain.
    pub(super) fn note(&self, failure: Option<Failure>) -> bool {
        let Some(failure) = failure else {
            // Beyond any sensible number of evaluations this goes back to 0, and errs once.
            self.well_in_a_row.fetch_add(1, Ordering::Relaxed);
            return false;
        };
        let well_in_a_row = self.well_in_a_row.swap(0, Ordering::Relaxed);
        is_answered(failure) && well_in_a_row >= WELL_IN_A_ROW
    }
}

/// Whether a server has said so.
fn is_answered(failure: Failure) -> bool {
    match failure {
        Failure::ServFail
        | Failure::Refused
        | Failure::Lame
        | Failure::Broken
        | Failure::Bogus
        | Failure::Allowance
        | Failure::CnameChain => true,
        Failure::Pending
        | Failure::Timeout
        | Failure::Network
        | Failure::Overload
        | Failure::ClientBudget
        | Failure::Internal => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blame after so many evaluations that went well.
    fn after(well: u32) -> Blame {
        let blame = Blame::default();
        for _ in 0..well {
            assert!(!blame.note(None));
        }
        blame
    }

    #[test]
    fn what_a_server_answers_while_others_do_well_is_the_domains_own() {
        for failure in [Failure::ServFail, Failure::Refused, Failure::CnameChain] {
            assert!(after(WELL_IN_A_ROW).note(Some(failure)), "{failure}");
            assert!(!after(WELL_IN_A_ROW - 1).note(Some(failure)), "{failure}");
        }
    }

    #[test]
    fn silence_is_never_the_domains_own() {
        for failure in [Failure::Timeout, Failure::Network] {
            assert!(!after(WELL_IN_A_ROW).note(Some(failure)), "{failure}");
        }
    }

    #[test]
    fn a_failure_raises_doubt_in_the_next_ones() {
        let blame = after(100);
        assert!(blame.note(Some(Failure::ServFail)));
        assert!(!blame.note(Some(Failure::ServFail)));
        let silent = after(100);
        assert!(!silent.note(Some(Failure::Timeout)));
        assert!(!silent.note(Some(Failure::ServFail)));
    }
}
