//! A plain file in ranges, each of which can be read at the same time as the others, by whoever looks for something in it.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::memchr;

use crate::maillog::journal::Format;

/// Octets that are read to find the end of a line.
const MORE: usize = 4 << 10;

/// Octets of a page of memory.
const PAGE: u64 = 4 << 10;

/// A line that goes on for longer behind its range is cut.
const LINE_MAX: usize = 1 << 20;

/// A file of lines, as long as it was when it was opened.
pub(crate) struct Ranges {
    file: File,
    len: u64,
    progress: Arc<AtomicU64>,
}

impl Ranges {
    /// The ranges of a file that is not packed; none if it has no lines as they are, because journalctl printed it.
    pub(super) fn new(file: File, len: u64, progress: Arc<AtomicU64>) -> Option<Self> {
        let ranges = Self {
            file,
            len,
            progress,
        };
        let mut head = vec![0; MORE];
        let read = ranges.fill(&mut head, 0).ok()?;
        head.truncate(read);
        matches!(Format::detect(&head), None | Some(None)).then_some(ranges)
    }

    /// The file, cut in ranges of that many octets at most.
    pub(crate) fn cut(&self, size: usize) -> impl Iterator<Item = Range<u64>> + use<> {
        let (len, size) = (self.len, u64::try_from(size.max(1)).unwrap_or(u64::MAX));
        (0..len.div_ceil(size)).map(move |nth| nth * size..len.min((nth + 1).saturating_mul(size)))
    }

    /// Reads the lines that begin in a range, whole, into a buffer: where in it they are.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(crate) fn read(
        &self,
        range: &Range<u64>,
        buffer: &mut Vec<u8>,
    ) -> io::Result<Range<usize>> {
        // With the octet before, which says whether a line begins; from the begin of its page, as that is copied faster.
        let from = range.start.saturating_sub(PAGE);
        let octets = usize::try_from(range.end - from).map_err(io::Error::other)?;
        // What was in it need not be overwritten with zeros: it will be by text.
        buffer.resize(octets, 0);
        let read = self.fill(buffer, from)?;
        buffer.truncate(read);
        self.progress
            .fetch_add(range.end - range.start, Ordering::Relaxed);
        let begin = match range.start.checked_sub(from + 1) {
            None => 0,
            Some(before) => {
                let before = usize::try_from(before).map_err(io::Error::other)?;
                let rest = buffer.get(before..).unwrap_or_default();
                memchr(b'\n', rest).map_or(buffer.len(), |end| before + end + 1)
            }
        };
        if begin < buffer.len() && read == octets {
            self.end_line(buffer, range.end)?;
        }
        Ok(begin..buffer.len())
    }

    /// Reads on to the end of a line.
    fn end_line(&self, buffer: &mut Vec<u8>, mut from: u64) -> io::Result<()> {
        let whole = buffer.len();
        while buffer.last() != Some(&b'\n') && buffer.len() - whole < LINE_MAX {
            let before = buffer.len();
            buffer.resize(before + MORE, 0);
            let (_, more) = buffer.split_at_mut(before);
            let read = self.fill(more, from)?;
            let end = more.get(..read).and_then(|more| memchr(b'\n', more));
            buffer.truncate(before + end.map_or(read, |end| end + 1));
            if read < MORE {
                break;
            }
            from += u64::try_from(read).unwrap_or(0);
        }
        Ok(())
    }

    /// Reads until the buffer is full or the file ends: how much.
    fn fill(&self, buffer: &mut [u8], from: u64) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
            let at = from + u64::try_from(filled).unwrap_or(0);
            match self.file.read_at(room, at) {
                Ok(0) => break,
                Ok(octets) => filled += octets,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn ranges(text: &[u8]) -> Option<Ranges> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text).unwrap();
        Ranges::new(file, text.len().try_into().unwrap(), Arc::default())
    }

    fn pieces(text: &[u8], size: usize) -> Vec<Vec<u8>> {
        let ranges = ranges(text).expect("plain text");
        let mut buffer = Vec::new();
        let mut piece = |range| {
            let lines = ranges.read(&range, &mut buffer).unwrap();
            buffer[lines].to_vec()
        };
        let pieces: Vec<_> = ranges.cut(size).map(&mut piece).collect();
        let read = ranges.progress.load(Ordering::Relaxed);
        assert_eq!(read, u64::try_from(text.len()).unwrap());
        pieces
    }

    #[test]
    fn a_line_is_of_the_range_that_it_begins_in() {
        let pieces = |text: &str, size| -> Vec<String> {
            let pieces = pieces(text.as_bytes(), size).into_iter();
            pieces
                .map(|piece| String::from_utf8(piece).unwrap())
                .collect()
        };
        assert_eq!(pieces("ab\ncd\nef", 3), ["ab\n", "cd\n", "ef"]);
        assert_eq!(pieces("ab\ncd\nef", 4), ["ab\ncd\n", "ef"]);
        assert_eq!(pieces("abcdefgh\ni\n", 4), ["abcdefgh\n", "", "i\n"]);
        assert_eq!(pieces("abcdefgh", 4), ["abcdefgh", ""]);
        assert_eq!(pieces("", 4), [""; 0]);
        let long = format!("{}\nb\n", "a".repeat(10_000));
        assert_eq!(pieces(&long, 9000), [&long[..10_001], "b\n"]);
    }

    #[test]
    fn a_journal_has_no_lines_as_they_are() {
        assert!(ranges(b"__CURSOR=a\nMESSAGE=b\n\n").is_none());
        assert!(ranges(b"{\"MESSAGE\":\"b\"}\n").is_none());
        assert!(ranges(b"{ a\n").is_some());
    }

    #[test]
    fn a_line_without_an_end_takes_no_end_of_memory() {
        let text = vec![b'a'; 3 << 20];
        let pieces = pieces(&text, 1 << 20);
        let lengths: Vec<usize> = pieces.iter().map(Vec::len).collect();
        assert_eq!(lengths, [2 << 20, 0, 0]);
    }

    proptest! {
        #[test]
        fn all_ranges_together_are_the_file(text in "([a-c]{0,9}\n){0,20}[a-c]{0,9}", size in 1..40_usize) {
            let pieces = pieces(text.as_bytes(), size);
            prop_assert_eq!(pieces.concat(), text.as_bytes());
            let whole = pieces.iter().rev().skip_while(|piece| piece.is_empty()).skip(1);
            for piece in whole {
                prop_assert!(piece.last().is_none_or(|last| *last == b'\n'));
            }
        }
    }
}
