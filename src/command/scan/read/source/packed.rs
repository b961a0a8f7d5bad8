//! Reads an archive of any kind: one loop, so that all of them end, break and go on in the same way.
//!
//! The readers that come with the libraries drop what they have just unpacked when they meet an error. Of a log with a
//! flipped bit, that would be megabytes of good lines.

use std::io::{BufRead as _, BufReader, Read};

use super::kind::Packing;
use super::trouble::Trouble;
use super::unpack::{self, Step, Unpack};

/// Octets read from a file at a time. More are not faster.
const READ_SIZE: usize = 128 << 10;

/// An archive, or several one behind another.
pub(super) struct Packed<R> {
    packing: Packing,
    input: BufReader<R>,
    unpack: Box<dyn Unpack>,
    place: Place,
    /// What ends it, once all before that has been read.
    trouble: Option<Trouble>,
}

/// Where in a file of archives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In one.
    Inside,
    /// Behind one. There may be another, or zeros: tapes, and writers in blocks, leave such.
    Behind,
    /// Behind all.
    End,
}

impl<R: Read> Packed<R> {
    /// Reads what is packed so.
    pub(super) fn new(packing: Packing, input: R) -> Result<Self, Trouble> {
        Ok(Self {
            packing,
            input: BufReader::with_capacity(READ_SIZE, input),
            unpack: unpack::new(packing)?,
            place: Place::Inside,
            trouble: None,
        })
    }

    /// Reads on as far as there is some text, zero octets at the end.
    pub(super) fn text(&mut self, buffer: &mut [u8]) -> Result<usize, Trouble> {
        if let Some(trouble) = self.trouble.take() {
            return Err(trouble);
        }
        while self.place != Place::End && !buffer.is_empty() {
            if self.place == Place::Behind {
                self.place = self.next_archive().inspect_err(|_| self.end())?;
                continue;
            }
            let (octets, is_at_end) = self.step(buffer);
            if self.trouble.is_some() || is_at_end && octets == 0 && self.place == Place::Inside {
                self.end();
                let trouble = self.trouble.take().unwrap_or(Trouble::Truncated);
                if octets == 0 {
                    return Err(trouble);
                }
                self.trouble = Some(trouble);
            }
            if octets > 0 {
                return Ok(octets);
            }
        }
        Ok(0)
    }

    /// Unpacks once: how many octets that gave, and whether there was nothing left to unpack.
    fn step(&mut self, buffer: &mut [u8]) -> (usize, bool) {
        let input = match self.input.fill_buf() {
            Ok(input) => input,
            Err(error) => {
                self.trouble = Some(Trouble::Io(error));
                return (0, false);
            }
        };
        let is_at_end = input.is_empty();
        let Step {
            consumed,
            produced,
            outcome,
        } = self.unpack.step(input, buffer);
        self.input.consume(consumed);
        match outcome {
            Ok(true) => self.place = Place::Behind,
            // Neither side moves: it would go on like this for ever.
            Ok(false) if consumed == 0 && produced == 0 && !is_at_end => {
                self.trouble = Some(Trouble::Damaged);
            }
            Ok(false) => {}
            Err(trouble) => self.trouble = Some(trouble),
        }
        (produced, is_at_end)
    }

    /// Goes to the next archive, if there is one.
    fn next_archive(&mut self) -> Result<Place, Trouble> {
        loop {
            let input = self.input.fill_buf().map_err(Trouble::Io)?;
            let Some(first) = input.first() else {
                return Ok(Place::End);
            };
            if self.packing.can_begin_with(*first) {
                self.unpack = unpack::new(self.packing)?;
                return Ok(Place::Inside);
            }
            let zeros = input.iter().take_while(|octet| **octet == 0).count();
            if zeros == 0 {
                return Err(Trouble::Appended);
            }
            self.input.consume(zeros);
        }
    }

    fn end(&mut self) {
        self.place = Place::End;
    }
}
