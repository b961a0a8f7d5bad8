//! What has been read before, as long as that is not too long ago.

use std::collections::HashSet;
use std::mem;
use std::num::NonZeroUsize;

use foldhash::fast::FixedState;

/// Numbers that are known again. At least so many of the last ones are, and at most twice as many.
#[derive(Debug)]
pub(super) struct Known {
    at_least: NonZeroUsize,
    recent: HashSet<u64, FixedState>,
    /// Those before. To forget them all at once takes less time than to keep all in order.
    earlier: HashSet<u64, FixedState>,
}

impl Known {
    pub(super) fn new(at_least: NonZeroUsize) -> Self {
        Self {
            at_least,
            recent: HashSet::default(),
            earlier: HashSet::default(),
        }
    }

    /// Notes a number: whether it was known.
    pub(super) fn put(&mut self, number: u64) -> bool {
        if self.recent.len() >= self.at_least.get() {
            mem::swap(&mut self.recent, &mut self.earlier);
            self.recent.clear();
        }
        !self.recent.insert(number) || self.earlier.contains(&number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_last_ones_are_known_again(
            at_least in 1..8_usize,
            numbers in prop::collection::vec(0..20_u64, 0..100),
        ) {
            let mut known = Known::new(at_least.try_into().unwrap());
            for (count, number) in numbers.iter().enumerate() {
                let before = &numbers[..count];
                let last = before.iter().rposition(|earlier| earlier == number);
                let others = last.map(|last| before[last + 1..].iter().collect::<HashSet<_>>().len());
                let is_known = known.put(*number);
                if others.is_some_and(|others| others < at_least) {
                    prop_assert!(is_known, "{number} after {before:?}");
                }
                if others.is_none_or(|others| others >= 2 * at_least) {
                    prop_assert!(!is_known, "{number} after {before:?}");
                }
                prop_assert!(known.recent.len() + known.earlier.len() <= 2 * at_least);
            }
        }
    }
}
