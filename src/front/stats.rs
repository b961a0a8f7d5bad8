//! What the front counts of its answers.

use super::answer::{Answer, Rcode};
use crate::oracle::stats::Counter;

/// What has happened since the start.
#[derive(Debug, Default)]
pub struct FrontStats {
    /// Answers with records: listed names, and names of the zone file.
    pub positive: Counter,
    /// NODATA and NXDOMAIN: not listed.
    pub negative: Counter,
    /// SERVFAIL: undecided.
    pub undecided: Counter,
    /// REFUSED: outside our zones, in another class, or of clients that are not answered.
    pub refused: Counter,
    /// Queries that were turned away before they were looked at: format, opcode, EDNS version.
    pub faulty: Counter,
    /// Responses sent to us, which are never answered.
    pub dropped: Counter,
    /// Queries answered SERVFAIL because too many waited.
    pub pending_full: Counter,
    /// Queries over UDP of public clients that had had their share, and were sent to TCP.
    pub slipped: Counter,
    /// TCP connections closed at once because there were too many, in all or of one network.
    pub tcp_full: Counter,
    /// Defects of this program that cost the queries in hand their answers.
    pub panics: Counter,
}

/// What one thread has said and not yet added to the counters, which all threads share.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    positive: u64,
    negative: u64,
    undecided: u64,
    refused: u64,
    faulty: u64,
    slipped: u64,
}

impl Tally {
    /// Counts one answer.
    pub(super) fn count(&mut self, answer: &Answer<'_>) {
        let said = match answer.rcode {
            _ if answer.is_truncated => &mut self.slipped,
            Rcode::NoError if !answer.records.is_empty() => &mut self.positive,
            Rcode::NoError | Rcode::NxDomain => &mut self.negative,
            Rcode::ServFail => &mut self.undecided,
            Rcode::Refused => &mut self.refused,
            Rcode::FormErr | Rcode::NotImp | Rcode::BadVers => &mut self.faulty,
        };
        *said += 1;
    }
}

impl FrontStats {
    /// Counts one answer.
    pub(super) fn count(&self, answer: &Answer<'_>) {
        let mut tally = Tally::default();
        tally.count(answer);
        self.add(tally);
    }

    /// Counts what was said.
    pub(super) fn add(&self, tally: Tally) {
        let said = [
            (&self.positive, tally.positive),
            (&self.negative, tally.negative),
            (&self.undecided, tally.undecided),
            (&self.refused, tally.refused),
            (&self.faulty, tally.faulty),
            (&self.slipped, tally.slipped),
        ];
        for (counter, count) in said.into_iter().filter(|(_, count)| *count > 0) {
            counter.add(count);
        }
    }

    /// Every counter with its name, for printing.
    pub fn counters(&self) -> [(&'static str, u64); 10] {
        [
            ("positive", self.positive.get()),
            ("negative", self.negative.get()),
            ("undecided", self.undecided.get()),
            ("refused", self.refused.get()),
            ("faulty", self.faulty.get()),
            ("dropped", self.dropped.get()),
            ("slipped", self.slipped.get()),
            ("pending_full", self.pending_full.get()),
            ("tcp_full", self.tcp_full.get()),
            ("panics", self.panics.get()),
        ]
    }
}
