//! What the oracle counts of its own work.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::verdict::Evidence;

/// One number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts one more.
    pub(crate) fn count(&self) {
        self.add(1);
    }

    /// Counts so many more.
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The number now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What has happened since the start.
#[derive(Debug, Default)]
pub struct Stats {
    /// Questions about domains of which the operator has said what to answer.
    pub foregone: Counter,
    /// Questions answered out of the memory.
    pub remembered: Counter,
    /// Questions that joined an evaluation under way.
    pub joined: Counter,
    /// Evaluations begun, refreshes included.
    pub evaluations: Counter,
    /// Evaluations begun ahead of an entry's end.
    pub refreshes: Counter,
    /// Evaluations that ended with a failure of some look-up.
    pub failures: Counter,
    /// Evaluations that found no host with an address: many of them hint at an upstream that
    /// strips reserved addresses.
    pub no_address: Counter,
    /// Times that the share of hosts without addresses jumped.
    pub no_address_jumps: Counter,
    /// Looks at the canaries that saw no reserved address.
    pub blind: Counter,
    /// Evaluations of domains with more MX hosts than the limit.
    pub hosts_left_out: Counter,
    /// Questions turned away because too many evaluations waited.
    pub overload: Counter,
    /// Questions turned away because their client asked for too many new domains.
    pub client_budget: Counter,
    /// Questions turned away because all clients together asked for too many new domains.
    pub total_budget: Counter,
    /// Answers given before the evaluation was done, because the time was up.
    pub deadlines: Counter,
    /// Listings kept up while their refresh failed.
    pub stale: Counter,
}

impl Stats {
    /// Counts how an evaluation went.
    pub(super) fn count_outcome(&self, evidence: &Evidence<'_>) {
        if evidence.first_failure().is_some() {
            self.failures.count();
        } else if evidence.lacks_addresses() {
            self.no_address.count();
        }
        if evidence.hosts_left_out > 0 {
            self.hosts_left_out.count();
        }
    }

    /// Every counter with its name, for printing.
    pub fn counters(&self) -> [(&'static str, u64); 15] {
        [
            ("foregone", self.foregone.get()),
            ("remembered", self.remembered.get()),
            ("joined", self.joined.get()),
            ("evaluations", self.evaluations.get()),
            ("refreshes", self.refreshes.get()),
            ("failures", self.failures.get()),
            ("no_address", self.no_address.get()),
            ("no_address_jumps", self.no_address_jumps.get()),
            ("blind", self.blind.get()),
            ("hosts_left_out", self.hosts_left_out.get()),
            ("overload", self.overload.get()),
            ("client_budget", self.client_budget.get()),
            ("total_budget", self.total_budget.get()),
            ("deadlines", self.deadlines.get()),
            ("stale", self.stale.get()),
        ]
    }
}
