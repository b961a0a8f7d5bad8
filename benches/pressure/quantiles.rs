//! What half of the answers took at most, and nearly all of them.

use std::time::Duration;

/// Latencies, in no order until they are asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn push(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    pub(crate) fn extend(&mut self, others: &Self) {
        self.0.extend(&others.0);
    }

    /// What so many of a thousand took at most, in microseconds.
    pub(crate) fn micros(&mut self, per_mille: usize) -> f64 {
        self.0.sort_unstable();
        let last = self.0.len().saturating_sub(1);
        let at = self.0.get((self.0.len() * per_mille / 1000).min(last));
        at.map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
    }
}
