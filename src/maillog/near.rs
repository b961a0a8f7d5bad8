//! Where octets are in a block of text, at one look: as many are compared at a time as the processor can.

use fearless_simd::prelude::*;
use fearless_simd::u8x64;

/// Octets that are looked at together: a bit of a word stands for each, the lowest for the first.
pub(super) const BLOCK: usize = 64;

/// Where an octet is.
#[inline(always)]
pub(super) fn bits<S: Simd>(simd: S, block: &[u8; BLOCK], octet: u8) -> u64 {
    u8x64::simd_from(simd, *block).simd_eq(octet).to_bitmask()
}

/// Whether an octet's bit is set; past the block it begins anew, and whoever asks rules that out.
#[inline(always)]
pub(super) fn has(bits: u64, at: usize) -> bool {
    bits >> (at % BLOCK) & 1 == 1
}

/// Which octet the lowest bit stands for; past the block, if there is none.
#[inline(always)]
pub(super) fn first(bits: u64) -> usize {
    usize::try_from(bits.trailing_zeros()).unwrap_or(BLOCK)
}

/// The bits above the lowest.
#[inline(always)]
pub(super) fn others(bits: u64) -> u64 {
    bits & bits.wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bit_for_each_octet(text in "[a\n]{64}") {
            let block = text.as_bytes().first_chunk().unwrap();
            let mut bits = dispatch!(Level::new(), simd => bits(simd, block, b'\n'));
            for (at, _) in text.match_indices('\n') {
                prop_assert_eq!(first(bits), at);
                bits = others(bits);
            }
            prop_assert_eq!(first(bits), BLOCK);
        }
    }
}
