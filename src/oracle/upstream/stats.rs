//! What is counted of the way upstream.

use crate::oracle::stats::Counter;

/// What has happened since the start.
#[derive(Debug, Default)]
pub struct UpstreamStats {
    /// Datagrams that came to the port of a query as from the server, and were no answer to it: forged,
    /// or spoilt on the way.
    pub forged: Counter,
    /// Questions asked over TCP: their answer did not fit UDP, or what came there was in doubt.
    pub over_tcp: Counter,
    /// Answers that failed DNSSEC validation.
    pub bogus: Counter,
    /// Questions given up because their evaluation had used up its allowance of queries.
    pub allowance: Counter,
}

impl UpstreamStats {
    /// Every counter with its name, for printing.
    pub fn counters(&self) -> [(&'static str, u64); 4] {
        [
            ("forged", self.forged.get()),
            ("upstream_tcp", self.over_tcp.get()),
            ("bogus", self.bogus.get()),
            ("allowance", self.allowance.get()),
        ]
    }
}
