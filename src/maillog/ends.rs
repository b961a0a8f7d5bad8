//! Where the lines of a text end.

use fearless_simd::Simd;

use super::near::{self, BLOCK};

/// Octets in which the ends of lines are looked for before the lines are.
const WINDOW: usize = 64 * BLOCK;

/// The most lines that are taken together. A window seldom has as many.
pub(super) const LINES_MAX: usize = 2 * BLOCK;

/// Ends of lines, in octets from the beginning of a window. There is room for one more, as one is written for each block
/// before it is known whether it has any.
type Ends = [u32; WINDOW + 1];

/// Where a line is, in octets from the first line of a batch; its end is not part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    begin: u32,
    end: u32,
}

impl Place {
    /// Where the first line of a text is.
    #[cfg(test)]
    pub(super) fn first(text: &[u8]) -> Self {
        let end = text.iter().position(|octet| *octet == b'\n').unwrap();
        Self {
            begin: 0,
            end: narrow(end),
        }
    }

    /// Where it begins.
    #[inline(always)]
    pub(super) fn begin(self) -> usize {
        widen(self.begin)
    }

    /// How many octets it has.
    #[inline(always)]
    pub(super) fn octets(self) -> usize {
        widen(self.end - self.begin)
    }

    /// The line.
    #[inline(always)]
    pub(super) fn of(self, text: &[u8]) -> &[u8] {
        let line = widen(self.begin)..widen(self.end);
        text.get(line).unwrap_or_default()
    }
}

/// Lines that are taken together: they end in the same window.
pub(super) struct Batch<'t, 'e> {
    /// Where the first begins in the text.
    pub(super) begin: usize,
    /// The text from there on.
    pub(super) text: &'t [u8],
    /// What the ends are counted from, in octets from there; it may be before that.
    base: u32,
    ends: &'e [u32],
}

impl Batch<'_, '_> {
    /// How many lines there are.
    pub(super) fn lines(&self) -> usize {
        self.ends.len()
    }

    /// Where each of them is.
    #[inline(always)]
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let (mut next, base) = (0, self.base);
        self.ends.iter().map(
            #[inline(always)]
            move |end| {
                let (begin, end) = (next, base.wrapping_add(*end));
                next = end + 1;
                Place { begin, end }
            },
        )
    }
}

/// Takes the lines of a text, some at a time. All ends in a window are found first, which is quicker than to search for one
/// after the other.
#[inline(always)]
pub(super) fn each_batch<'t, S: Simd>(
    simd: S,
    text: &'t [u8],
    mut take: impl FnMut(Batch<'t, '_>),
) {
    let mut ends = [0; WINDOW + 1];
    let mut rest = text;
    for (base, window) in (0..).step_by(WINDOW).zip(text.chunks(WINDOW)) {
        let count = find(simd, window, &mut ends);
        let ends = ends.get(..count).unwrap_or_default();
        for ends in ends.chunks(LINES_MAX) {
            let begin = text.len() - rest.len();
            take(Batch {
                begin,
                text: rest,
                base: narrow(base).wrapping_sub(narrow(begin)),
                ends,
            });
            if let Some(last) = ends.last() {
                rest = text.get(base + widen(*last) + 1..).unwrap_or_default();
            }
        }
    }
    if !rest.is_empty() {
        let (begin, ends) = (text.len() - rest.len(), &[narrow(rest.len())]);
        take(Batch {
            begin,
            text: rest,
            base: 0,
            ends,
        });
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

fn widen(octets: u32) -> usize {
    usize::try_from(octets).unwrap_or(usize::MAX)
}

/// No piece is that long.
fn narrow(octets: usize) -> u32 {
    u32::try_from(octets).unwrap_or(u32::MAX)
}

/// Notes the ends in a block, one for each bit: how many there are then.
#[inline(always)]
fn note(bits: u64, base: u32, ends: &mut Ends, mut count: usize) -> usize {
    // Written first, and counted then: which blocks have an end is hard to guess for the processor.
    if let Some(room) = ends.get_mut(count) {
        *room = base + bits.trailing_zeros();
    }
    count += usize::from(bits != 0);
    let mut more = near::others(bits);
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
            let mut lines = Vec::new();
            dispatch!(Level::new(), simd => each_batch(simd, text.as_bytes(), |batch| {
                assert_eq!(batch.lines(), batch.places().count());
                for place in batch.places() {
                    let line = place.of(batch.text);
                    assert_eq!(line.len(), place.octets());
                    lines.push((batch.begin + place.begin(), line));
                }
            }));
            let mut begin = 0;
            let mut expected = Vec::new();
            for line in text.split_inclusive('\n') {
                expected.push((begin, line.trim_end_matches('\n').as_bytes()));
                begin += line.len();
            }
            prop_assert_eq!(lines, expected);
        }
    }

    #[test]
    fn a_window_full_of_ends() {
        let text = vec![b'\n'; 3 * WINDOW + 7];
        let mut count = 0;
        dispatch!(Level::new(), simd => each_batch(simd, &text, |batch| {
            assert!(batch.lines() <= LINES_MAX);
            for place in batch.places() {
                let at = batch.begin + place.begin();
                assert_eq!((at, place.octets()), (count, 0));
                count += 1;
            }
        }));
        assert_eq!(count, text.len());
    }
}
