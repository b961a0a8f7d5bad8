//! Where the month changes in a log without years, which are told by that.

use super::line::{Line, Stamp};

/// The lines of a piece of a log that are of another month than the one before.
#[derive(Debug, Default)]
pub(super) struct Months {
    /// How the line begins that was looked at last.
    begin: [u8; 3],
    /// The month that was found last.
    month: [u8; 3],
    /// Where the lines begin.
    pub(super) found: Vec<usize>,
}

impl Months {
    /// Looks at the line that begins there. Of those that begin like it, no other has to be looked at until one does not.
    #[inline(always)]
    pub(super) fn look(&mut self, line: &[u8], at: usize) {
        // What has a priority in front begins with that.
        if begin(line) != self.begin || line.first() == Some(&b'<') {
            self.read(line, at);
        }
    }

    #[cold]
    fn read(&mut self, text: &[u8], at: usize) {
        let Some(line) = Line::read(text) else {
            return;
        };
        self.begin = begin(text);
        if let Stamp::Yearless(stamp) = line.stamp
            && begin(stamp) != self.month
        {
            self.month = begin(stamp);
            self.found.push(at);
        }
    }
}

/// How a line begins: with the month, if it has no year.
#[inline(always)]
pub(super) fn begin(line: &[u8]) -> [u8; 3] {
    line.first_chunk().copied().unwrap_or_default()
}
