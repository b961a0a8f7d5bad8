//! Lines that got spoilt: a full disk, a crash, two writers.

use memchr::{memchr, memmem};

use super::Plan;
use super::dice::Dice;

/// One of so many lines is followed by garbage.
const LINES_PER_GARBAGE: u32 = 10_000;
/// One of so many lines ends too early.
const LINES_PER_CUT: u32 = 20_000;

/// Spoils lines.
pub(super) struct Damage {
    dice: Dice,
    phrase: memmem::Finder<'static>,
}

impl Damage {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            // Other chances than those of the house, which they must not disturb.
            dice: Dice::new(plan.seed ^ 0x6a72_626c),
            phrase: memmem::Finder::new(plan.dialect.phrase()),
        }
    }

    pub(super) fn is_phrase_in(&self, line: &[u8]) -> bool {
        self.phrase.find(line).is_some()
    }

    pub(super) fn cuts(&mut self) -> bool {
        self.dice.one_in(LINES_PER_CUT)
    }

    pub(super) fn spoils(&mut self) -> bool {
        self.dice.one_in(LINES_PER_GARBAGE)
    }

    /// Takes the end off a line, but leaves its head and a little more.
    pub(super) fn cut(&mut self, head: usize, line: &mut Vec<u8>) {
        let least = head + 2;
        let length = least + self.dice.place(line.len().saturating_sub(least));
        line.truncate(length);
    }

    /// Something that is no line: octets at random, or the end of the line before, from somewhere within an address.
    pub(super) fn garbage(&mut self, before: &[u8]) -> Vec<u8> {
        let end = before.strip_suffix(b"\n").unwrap_or(before);
        if self.dice.percent(60)
            && !self.is_phrase_in(end)
            // Some stamps begin with one, too.
            && let Some(text) = end.get(1..)
            && let Some(start) = memchr(b'<', text)
            && let Some(address) = text.get(start..)
            && let Some(length) = memchr(b'@', address)
            && let Some(rest) = address.get(1 + self.dice.place(length.saturating_sub(1))..)
            && rest.len() > 20
        {
            return rest.to_vec();
        }
        let mut octets = match self.dice.percent(50) {
            true => {
                let count = 20 + self.dice.place(200);
                self.dice.octets(count)
            }
            // As a file system leaves it behind that had the length, but not yet the content.
            false => vec![0; 16 + self.dice.place(500)],
        };
        for octet in &mut octets {
            if *octet == b'\n' || *octet == b'\r' {
                *octet = 0xff;
            }
        }
        octets
    }
}
