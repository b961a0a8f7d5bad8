//! Where the lines of a text end.

use fearless_simd::Simd;

use super::near::{self, BLOCK};

/// Octets in which the ends of lines are looked for before the lines are.
const WINDOW: usize = 64 * BLOCK;

/// How many ends are noted of each block, whether it has as many or not. It seldom has more.
const NOTED: usize = 2;

/// Ends of lines, in octets from the beginning of a window.
type Ends = [u32; WINDOW + NOTED];

/// Where a line is in a text; the end of the line is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) begin: usize,
    pub(super) end: usize,
}

/// Takes each line of a text. All ends in a window are found first, in a third of the time that it takes to search for one
/// after the other.
#[inline(always)]
pub(super) fn each_line<S: Simd>(simd: S, text: &[u8], mut take: impl FnMut(Place)) {
    let mut ends = [0; WINDOW + NOTED];
    let mut begin = 0;
    for (base, window) in (0..).step_by(WINDOW).zip(text.chunks(WINDOW)) {
        let count = find(simd, window, &mut ends);
        for end in ends.iter().take(count) {
            let end = base + usize::try_from(*end).unwrap_or(0);
            take(Place { begin, end });
            begin = end + 1;
        }
    }
    if begin < text.len() {
        let end = text.len();
        take(Place { begin, end });
    }
}

/// Finds the ends in a window: how many there are.
#[inline(always)]
fn find<S: Simd>(simd: S, window: &[u8], ends: &mut Ends) -> usize {
    let (blocks, rest) = window.as_chunks::<BLOCK>();
    let mut count = 0;
    for (base, block) in (0..).step_by(BLOCK).zip(blocks) {
        count = note(near::bits(simd, block, b'\n'), base, ends, count);
    }
    let mut last = [0; BLOCK];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    let base = u32::try_from(window.len() - rest.len()).unwrap_or(0);
    note(near::bits(simd, &last, b'\n'), base, ends, count)
}

/// Notes the ends in a block, one for each bit: how many there are then.
#[inline(always)]
fn note(first: u64, base: u32, ends: &mut Ends, mut count: usize) -> usize {
    let second = near::others(first);
    // Written first, and counted then: which blocks have an end is hard to guess for the processor.
    let room = ends.get_mut(count..).unwrap_or_default();
    if let Some(room) = room.first_chunk_mut::<NOTED>() {
        *room = [first, second].map(|bits| base + bits.trailing_zeros());
    }
    count += usize::from(first != 0) + usize::from(second != 0);
    let mut more = near::others(second);
    while more != 0 {
        if let Some(end) = ends.get_mut(count) {
            *end = base + more.trailing_zeros();
        }
        count += 1;
        more = near::others(more);
    }
    count
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_are_what_is_between_the_ends(lengths in prop::collection::vec(0..150_usize, 0..150)) {
            let lines = lengths.iter().map(|length| "a".repeat(length / 2 * (length % 2)));
            let text = lines.collect::<Vec<_>>().join("\n");
            let mut places = Vec::new();
            dispatch!(Level::new(), simd => each_line(simd, text.as_bytes(), |place| places.push(place)));
            let mut begin = 0;
            let mut expected = Vec::new();
            for line in text.split_inclusive('\n') {
                let end = begin + line.trim_end_matches('\n').len();
                expected.push(Place { begin, end });
                begin += line.len();
            }
            prop_assert_eq!(places, expected);
        }
    }

    #[test]
    fn a_window_full_of_ends() {
        let text = vec![b'\n'; 3 * WINDOW + 7];
        let mut count = 0;
        dispatch!(Level::new(), simd => each_line(simd, &text, |place| {
            assert_eq!(place, Place { begin: count, end: count });
            count += 1;
        }));
        assert_eq!(count, text.len());
    }
}
