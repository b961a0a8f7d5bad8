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

/// Whether each octet is in its range: at least so high, and no more above that.
#[inline(always)]
pub(super) fn are_within<S: Simd>(
    simd: S,
    block: &[u8; BLOCK],
    least: &[u8; BLOCK],
    above: &[u8; BLOCK],
) -> bool {
    let (least, above) = (
        u8x64::simd_from(simd, *least),
        u8x64::simd_from(simd, *above),
    );
    (u8x64::simd_from(simd, *block) - least)
        .simd_le(above)
        .to_bitmask()
        == u64::MAX
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

        #[test]
        fn each_octet_in_its_range(
            octets in prop::collection::vec((any::<u8>(), 0..4_u8, 0..4_u8), BLOCK),
            other: prop::sample::Index,
            by: u8,
        ) {
            let least: Vec<u8> = octets.iter().map(|(octet, below, _)| octet.saturating_sub(*below)).collect();
            let above = octets.iter().zip(&least).map(|((octet, _, above), least)| octet.saturating_add(*above) - least);
            let above: Vec<u8> = above.collect();
            let mut block: Vec<u8> = octets.iter().map(|(octet, ..)| *octet).collect();
            let within = |block: &[u8]| {
                let (block, least, above) = (block.first_chunk().unwrap(), least.first_chunk().unwrap(), above.first_chunk().unwrap());
                dispatch!(Level::new(), simd => are_within(simd, block, least, above))
            };
            prop_assert!(within(&block));
            let at = other.index(BLOCK);
            block[at] = by;
            let expected = by >= least[at] && by - least[at] <= above[at];
            prop_assert_eq!(within(&block), expected);
        }
    }
}
