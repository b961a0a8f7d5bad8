//! What the front counts of its answers.

use super::answer::Rcode;
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
    /// REFUSED: outside our zones.
    pub refused: Counter,
    /// Queries that were turned away before they were looked at: format, opcode, class, EDNS
    /// version, client.
    pub faulty: Counter,
    /// Responses sent to us, which are never answered.
    pub dropped: Counter,
    /// Queries answered SERVFAIL because too many waited.
    pub pending_full: Counter,
    /// TCP connections closed at once because there were too many.
    pub tcp_full: Counter,
}

impl FrontStats {
    pub(super) fn count(&self, rcode: Rcode, has_records: bool) {
        match rcode {
            Rcode::NoError if has_records => self.positive.count(),
            Rcode::NoError | Rcode::NxDomain => self.negative.count(),
            Rcode::ServFail => self.undecided.count(),
            Rcode::Refused => self.refused.count(),
            Rcode::FormErr | Rcode::NotImp | Rcode::BadVers => self.faulty.count(),
        }
    }

    /// Every counter with its name, for printing.
    pub fn counters(&self) -> [(&'static str, u64); 8] {
        [
            ("positive", self.positive.get()),
            ("negative", self.negative.get()),
            ("undecided", self.undecided.get()),
            ("refused", self.refused.get()),
            ("faulty", self.faulty.get()),
            ("dropped", self.dropped.get()),
            ("pending_full", self.pending_full.get()),
            ("tcp_full", self.tcp_full.get()),
        ]
    }
}
