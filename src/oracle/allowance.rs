//! What one evaluation may cost upstream beside the questions that it asks.
//!
//! Each of these has its own query. More take CNAMEs that the server leaves to us, and proofs: a name
//! costs up to one for each of its labels and two for each zone that it is in. Whoever makes up names
//! decides how many, so all questions of an evaluation share one allowance.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Queries that are left to an evaluation. Clones share them.
#[derive(Clone, Debug)]
pub struct Allowance(Arc<AtomicUsize>);

impl Allowance {
    /// An allowance of so many queries.
    pub fn of(queries: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(queries)))
    }

    /// Takes one query out of it; false if none is left.
    pub fn spend(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_what_is_left() {
        let allowance = Allowance::of(2);
        let other = allowance.clone();
        assert!(allowance.spend() && other.spend());
        assert!(!allowance.spend() && !other.spend());
    }
}
