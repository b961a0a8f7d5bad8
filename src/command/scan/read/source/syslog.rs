//! What journalctl printed, as lines of a log; all other text as it is.

use std::io::{self, Read};

use super::Stream;
use crate::maillog::journal::{Format, Lines};

/// Octets of a journal that are read at a time.
const READ_SIZE: usize = 128 << 10;

/// Text that is looked at when it is read first, not before: a file that is followed may be empty as yet.
pub(super) struct Syslog<S> {
    text: S,
    reader: Reader,
    /// Octets to be handed on, and how many of them have been.
    lines: Vec<u8>,
    given: usize,
    /// What comes behind those.
    error: Option<io::Error>,
}

/// What makes lines of the text.
enum Reader {
    Unknown,
    Plain,
    Journal { lines: Box<Lines>, input: Vec<u8> },
    Ended,
}

impl<S: Stream> Syslog<S> {
    pub(super) fn new(text: S) -> Self {
        Self {
            text,
            reader: Reader::Unknown,
            lines: Vec::new(),
            given: 0,
            error: None,
        }
    }

    /// The text as it comes.
    pub(super) fn inner(&self) -> &S {
        &self.text
    }

    /// Finds out what it is by its first octets, no more of them than that takes.
    fn look(&mut self) {
        let mut head = Vec::new();
        let format = loop {
            if let Some(format) = Format::detect(&head) {
                break format;
            }
            let mut next = [0];
            match self.text.read(&mut next) {
                Ok(0) => break None,
                Ok(_) => head.extend(next),
                Err(error) => {
                    self.error = Some(error);
                    break None;
                }
            }
        };
        let Some(format) = format else {
            self.reader = Reader::Plain;
            self.lines = head;
            return;
        };
        let mut lines = Box::new(Lines::new(format));
        lines.feed(&head, &mut self.lines);
        let input = vec![0; READ_SIZE];
        self.reader = Reader::Journal { lines, input };
    }

    /// Reads on, unless it is to be read as it is.
    fn read_on(&mut self) {
        self.lines.clear();
        self.given = 0;
        match &mut self.reader {
            Reader::Unknown => self.look(),
            Reader::Journal { lines, input } => {
                let read = self.text.read(input);
                if let Ok(octets @ 1..) = read {
                    lines.feed(input.get(..octets).unwrap_or_default(), &mut self.lines);
                    return;
                }
                lines.finish(&mut self.lines);
                self.error = read.err();
                self.reader = Reader::Ended;
            }
            Reader::Plain | Reader::Ended => {}
        }
    }
}

impl<S: Stream> Read for Syslog<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.lines.get(self.given..).unwrap_or_default();
            if !rest.is_empty() {
                let octets = { rest }.read(buffer)?;
                self.given += octets;
                return Ok(octets);
            }
            if let Some(error) = self.error.take() {
                return Err(error);
            }
            match self.reader {
                Reader::Plain => return self.text.read(buffer),
                Reader::Ended => return Ok(0),
                Reader::Unknown | Reader::Journal { .. } => self.read_on(),
            }
        }
    }
}

impl<S: Stream> Stream for Syslog<S> {
    fn must_wait(&mut self) -> bool {
        self.given == self.lines.len() && self.error.is_none() && self.text.must_wait()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORT: &[u8] = include_bytes!("../../../../../tests/it/golden/journalctl.export");

    /// Text that ends with an error.
    struct Broken<'a>(&'a [u8]);

    impl Read for Broken<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("unplugged")),
                octets => Ok(octets),
            }
        }
    }

    impl Stream for Broken<'_> {}

    #[track_caller]
    fn check(text: &[u8], begin: &str, lines: usize) {
        let mut syslog = Syslog::new(Broken(text));
        let mut read = Vec::new();
        let error = syslog.read_to_end(&mut read).unwrap_err();
        assert_eq!(error.to_string(), "unplugged");
        let read = String::from_utf8_lossy(&read);
        assert!(read.starts_with(begin), "{read}");
        assert_eq!(read.lines().count(), lines, "{read}");
    }

    #[test]
    fn a_journal_becomes_lines_and_all_else_stays() {
        check(
            EXPORT,
            "2015-03-20T13:05:01.122456Z mx1 postfix/smtp[811]: ",
            7,
        );
        check(
            &EXPORT[..200],
            "2015-03-20T13:05:01.123456Z - unknown: \n",
            1,
        );
        check(
            b"Mar 20 14:05:01 mx1 a: b\nc",
            "Mar 20 14:05:01 mx1 a: b\nc",
            2,
        );
        check(b"__CURSOR", "__CURSOR", 1);
        check(b"", "", 0);
    }
}
