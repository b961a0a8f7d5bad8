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

/// Where two blocks have the same octets.
#[inline(always)]
pub(super) fn equal<S: Simd>(simd: S, one: &[u8; BLOCK], other: &[u8; BLOCK]) -> u64 {
    let other = u8x64::simd_from(simd, *other);
    u8x64::simd_from(simd, *one).simd_eq(other).to_bitmask()
}

/// Where digits are.
#[inline(always)]
pub(super) fn digits<S: Simd>(simd: S, block: &[u8; BLOCK]) -> u64 {
    let above = u8x64::simd_from(simd, *block) - b'0';
    above.simd_lt(10).to_bitmask()
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
        fn digits_and_what_is_the_same(one: [u8; 32], two: [u8; 32], other: [u8; 32]) {
            let (one, other) = ([one, two].concat(), [one, other].concat());
            let bits = |is: fn(u8, u8) -> bool| {
                let octets = one.iter().zip(&other).rev();
                octets.fold(0, |bits, (one, other)| bits << 1 | u64::from(is(*one, *other)))
            };
            let (block, other) = (one.first_chunk().unwrap(), other.first_chunk().unwrap());
            let (digits, equal) =
                dispatch!(Level::new(), simd => (digits(simd, block), equal(simd, block, other)));
            prop_assert_eq!(digits, bits(|one, _| one.is_ascii_digit()));
            prop_assert_eq!(equal, bits(|one, other| one == other));
        }
    }
}
