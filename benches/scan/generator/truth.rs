//! What a reader of the log has to find in it.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

/// What a reader of the log has to find in it, no more and no less. Of the lines that were written only: what would have
/// followed after the last is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Truth {
    /// All lines, also those that are spoilt.
    pub(crate) lines: u64,
    /// All octets, line ends included.
    pub(crate) octets: u64,
    /// Lines that no reader can call a line of a log: octets at random, and ends of lines.
    pub(crate) garbage: u64,
    /// Lines that end too early, somewhere behind the program's name. None of them says anything of what is below.
    pub(crate) cut: u64,
    /// Lines that grep finds, looking for [`Dialect::phrase`](super::Dialect::phrase).
    pub(crate) phrase: u64,
    /// Recipients, one for each mail and recipient, that are certain: looped, or tried in vain at a reserved address.
    pub(crate) loops: u64,
    /// Those of them that looped; the rest were tried at a reserved address.
    pub(crate) looped: u64,
    /// `loops` by what was said last.
    pub(crate) bounced: u64,
    /// `loops` by what was said last.
    pub(crate) deferred: u64,
    /// `loops` by what was said last.
    pub(crate) sent: u64,
    /// `loops` by domain, in small letters.
    pub(crate) domains: BTreeMap<String, u64>,
    /// Recipients that were tried at a private address, or for which no host was left, or whom a reserved address took.
    pub(crate) suspected: u64,
    /// Bounces of mails with such a certain recipient that left the house.
    pub(crate) backscatter: u64,
    /// `backscatter` by whom it hit.
    pub(crate) senders: BTreeMap<String, u64>,
    /// Bounces of all other mails that left the house.
    pub(crate) other_backscatter: u64,
}

/// What a line means for the truth.
pub(super) enum Mark {
    /// A recipient could not be reached because of its domain's addresses.
    Failure(Failure),
    /// A bounce left the house.
    Left {
        /// Whom it hits.
        sender: String,
        /// Whether the mail had looped or so.
        is_of_loop: bool,
    },
}

#[derive(Clone)]
pub(super) struct Failure {
    /// The mail and its recipient.
    pub(super) key: (u64, u32),
    pub(super) domain: String,
    pub(super) cause: Cause,
    pub(super) status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Loop,
    Reserved,
    /// A private address, or no host left.
    Suspect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Bounced,
    Deferred,
    Sent,
}

/// The truth while it comes to light.
#[derive(Default)]
pub(super) struct Ledger {
    truth: Truth,
    failures: HashMap<(u64, u32), Failure>,
}

impl Ledger {
    pub(super) fn octets(&self) -> u64 {
        self.truth.octets
    }

    /// A line has been written, its end included.
    pub(super) fn count(&mut self, octets: usize) {
        self.truth.lines += 1;
        self.truth.octets += u64::try_from(octets).unwrap_or(u64::MAX);
    }

    pub(super) fn count_garbage(&mut self) {
        self.truth.garbage += 1;
    }

    pub(super) fn count_cut(&mut self) {
        self.truth.cut += 1;
    }

    pub(super) fn count_phrase(&mut self) {
        self.truth.phrase += 1;
    }

    pub(super) fn note(&mut self, mark: Mark) {
        match mark {
            // What is said later replaces what was said before.
            Mark::Failure(failure) => {
                self.failures.insert(failure.key, failure);
            }
            Mark::Left { sender, is_of_loop } => {
                if is_of_loop {
                    self.truth.backscatter += 1;
                    *self.truth.senders.entry(sender).or_default() += 1;
                } else {
                    self.truth.other_backscatter += 1;
                }
            }
        }
    }

    pub(super) fn close(self) -> Truth {
        let mut truth = self.truth;
        for failure in self.failures.into_values() {
            match (failure.cause, failure.status) {
                // What a reserved address took may have been sent there on purpose.
                (Cause::Suspect, _) | (Cause::Reserved, Status::Sent) => {
                    truth.suspected += 1;
                    continue;
                }
                (Cause::Loop, _) => truth.looped += 1,
                (Cause::Reserved, _) => {}
            }
            truth.loops += 1;
            *truth.domains.entry(failure.domain).or_default() += 1;
            match failure.status {
                Status::Bounced => truth.bounced += 1,
                Status::Deferred => truth.deferred += 1,
                Status::Sent => truth.sent += 1,
            }
        }
        truth
    }
}
