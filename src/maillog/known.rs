//! What has been read before, as long as that is not too long ago.

use std::collections::HashSet;
use std::mem;

use foldhash::fast::FixedState;

/// Numbers that are known again. At least so many of the last ones are, and at most twice as many.
#[derive(Debug)]
pub(super) struct Known {
    at_least: usize,
    recent: HashSet<u64, FixedState>,
    /// Those before. To forget them all at once takes less time than to keep all in order.
    earlier: HashSet<u64, FixedState>,
}

impl Known {
    pub(super) fn new(at_least: usize) -> Self {
        Self {
            at_least,
            recent: HashSet::default(),
            earlier: HashSet::default(),
        }
    }

    /// Notes a number: whether it was known.
    pub(super) fn put(&mut self, number: u64) -> bool {
        if self.recent.len() >= self.at_least {
            self.earlier = mem::take(&mut self.recent);
        }
        !self.recent.insert(number) || self.earlier.contains(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_known_again() {
        let mut known = Known::new(100);
        for number in 0..1000 {
            assert!(!known.put(number), "{number}");
            assert!(known.recent.len() + known.earlier.len() <= 200);
        }
        for number in 900..1000 {
            assert!(known.put(number), "{number}");
        }
        assert!(!known.put(0));
    }
}
