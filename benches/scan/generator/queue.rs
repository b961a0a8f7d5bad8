//! The names of files in the queue.

use super::agenda::{Micros, SECOND};

/// Postfix's long ids: no vowels, so that they make no words; the last sign ends the time.
const LONG: [char; 52] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'B', 'C', 'D', 'F', 'G', 'H', 'J', 'K', 'L',
    'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z', 'b', 'c', 'd', 'f', 'g', 'h', 'j',
    'k', 'l', 'm', 'n', 'p', 'q', 'r', 's', 't', 'v', 'w', 'x', 'y', 'z',
];

/// Exim's ids.
const EXIM: [char; 62] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I',
    'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b',
    'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u',
    'v', 'w', 'x', 'y', 'z',
];

/// A clock that ticks every four milliseconds, as that of old kernels: short ids come again sooner.
const TICK: Micros = 4000;

/// Files of the queue. One that has been freed is the next to be taken, as file systems do; so a short id comes again as
/// soon as the same file is made at the same microsecond of a later second.
pub(super) struct Queue {
    are_long: bool,
    free: Vec<u32>,
    next: u32,
}

impl Queue {
    pub(super) fn new(are_long: bool) -> Self {
        Self {
            are_long,
            free: Vec::new(),
            next: 0x4d2_3a3f,
        }
    }

    /// A new file, and the id that it gives a mail that arrives then.
    pub(super) fn take(&mut self, at: Micros) -> (u32, String) {
        let file = self.free.pop().unwrap_or_else(|| {
            self.next += 5;
            self.next
        });
        let (seconds, micros) = (at / SECOND, at % SECOND);
        let id = if self.are_long {
            let (seconds, micros) = (digits(seconds, 6, &LONG), digits(micros, 4, &LONG));
            let (alphabet, _) = LONG.split_at(51);
            format!("{seconds}{micros}z{}", digits(file.into(), 1, alphabet))
        } else {
            format!("{:05X}{file:X}", micros / TICK * TICK)
        };
        (file, id)
    }

    pub(super) fn free(&mut self, file: u32) {
        self.free.push(file);
    }
}

/// The id of a mail in Exim: the second, the process, and parts of a second.
pub(super) fn exim_id(at: Micros, pid: u32) -> String {
    let second = digits(at / SECOND, 6, &EXIM);
    let part = digits(at % SECOND / 500, 2, &EXIM);
    format!("{second}-{}-{part}", digits(pid.into(), 6, &EXIM))
}

/// A number in the digits of an alphabet, with at least so many of them.
fn digits(mut number: u64, least: usize, alphabet: &[char]) -> String {
    let base = u64::try_from(alphabet.len()).unwrap_or(1).max(2);
    let mut reversed = Vec::new();
    while number > 0 || reversed.len() < least {
        let digit = usize::try_from(number % base).unwrap_or_default();
        reversed.push(alphabet.get(digit).copied().unwrap_or('0'));
        number /= base;
    }
    reversed.iter().rev().collect()
}
