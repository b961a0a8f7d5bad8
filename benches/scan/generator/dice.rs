//! Chance, the same for the same seed.

use std::time::Duration;

use fastrand::Rng;

use super::agenda::Micros;

/// Chance, the same for the same seed.
pub(super) struct Dice(Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// Happens once in so many times.
    pub(super) fn one_in(&mut self, times: u32) -> bool {
        self.0.u32(..times.max(1)) == 0
    }

    pub(super) fn percent(&mut self, percent: u32) -> bool {
        self.0.u32(..100) < percent
    }

    pub(super) fn below(&mut self, bound: u32) -> u32 {
        self.0.u32(..bound.max(1))
    }

    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.u64(low..=high.max(low))
    }

    pub(super) fn place(&mut self, bound: usize) -> usize {
        self.0.usize(..bound.max(1))
    }

    pub(super) fn word(&mut self) -> u64 {
        self.0.u64(..)
    }

    pub(super) fn octets(&mut self, count: usize) -> Vec<u8> {
        let mut octets = vec![0; count];
        self.0.fill(&mut octets);
        octets
    }

    pub(super) fn pick<T: Clone + Default>(&mut self, from: &[T]) -> T {
        let place = self.place(from.len());
        from.get(place).cloned().unwrap_or_default()
    }

    /// One of them, the first far more often than the last: one is about as probable as its place says, like words of a
    /// language and the domains that people write to.
    pub(super) fn often_first<T: Clone + Default>(&mut self, from: &[T]) -> T {
        let bits = from.len().max(1).ilog2();
        let bound = 2_usize << self.below(bits + 1);
        let place = self.place(bound.min(from.len()));
        from.get(place).cloned().unwrap_or_default()
    }

    /// How long until the next, if they come independently.
    pub(super) fn wait(&mut self, per_second: f64) -> Micros {
        let seconds = -(1.0 - self.0.f64()).ln() / per_second;
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        Micros::try_from(wait.as_micros()).unwrap_or_default()
    }
}
