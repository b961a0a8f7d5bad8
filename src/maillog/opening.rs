//! How lines open: most as one before, but for digits.

use std::num::NonZeroU8;

use fearless_simd::Simd;

use super::line::{self, FULL_OCTETS, YEARLESS_OCTETS};
use super::months;
use super::near::{self, BLOCK};

/// What lines begin with, up to the tag: `Mar 20 14:05:01 web `. Where it has a digit, so have those that open like it; all else
/// is the same.
#[derive(Clone, Copy)]
pub(super) struct Opening {
    /// The lowest octet that may be there, for each of a block.
    least: [u8; BLOCK],
    /// How much higher it may be.
    above: [u8; BLOCK],
    /// How the line began from which it was learned.
    pub(super) begin: [u8; 3],
    /// Where the host begins.
    pub(super) host: u8,
    /// Where the tag begins, one octet behind the host.
    pub(super) tag: NonZeroU8,
}

impl Opening {
    /// One that no line has but an empty one with others behind it, which is too short for a tag.
    pub(super) const NONE: Self = Self {
        least: [b'\n'; BLOCK],
        above: [0; BLOCK],
        begin: [0; 3],
        host: 0,
        tag: NonZeroU8::MIN,
    };

    /// How a line opens; none if that takes longer to find out. It may go on behind the end of the line.
    ///
    /// If the tag begins more than a block behind the beginning of the line, no other line opens like it, but such empty ones.
    #[inline(always)]
    pub(super) fn of<S: Simd>(simd: S, line: &[u8]) -> Option<Self> {
        let octets: &[u8; BLOCK] = line.first_chunk()?;
        let host = behind_stamp(simd, line)?;
        let block = line.get(host..)?.first_chunk()?;
        let length = near::first(near::bits(simd, block, b' '));
        // With one of these it is a tag, and the line has no host.
        let marks = near::bits(simd, block, b':') | near::bits(simd, block, b'/');
        if length == 0 || length >= near::first(marks) {
            return None;
        }
        let tag = host + length + 1;
        let mut known = Self {
            begin: months::begin(line),
            host: u8::try_from(host).ok()?,
            tag: u8::try_from(tag).ok()?.try_into().ok()?,
            ..Self::NONE
        };
        if tag <= BLOCK {
            known.learn(octets, known.tag.get());
        }
        Some(known)
    }

    /// Learns how a line opens in which the tag begins there.
    #[inline(always)]
    fn learn(&mut self, line: &[u8; BLOCK], tag: u8) {
        let ranges = self.least.iter_mut().zip(&mut self.above);
        for (at, ((least, above), octet)) in (0..).zip(ranges.zip(line)) {
            (*least, *above) = match octet {
                _ if at >= tag => (0, u8::MAX),
                // By the first octet stamps are told apart.
                b'0'..=b'9' if at > 0 => (b'0', 9),
                same => (*same, 0),
            };
        }
    }

    /// Whether a text opens like that.
    #[inline(always)]
    pub(super) fn opens<S: Simd>(&self, simd: S, text: &[u8; BLOCK]) -> bool {
        near::are_within(simd, text, &self.least, &self.above)
    }
}

/// Where the host begins, if there is a stamp.
#[inline(always)]
fn behind_stamp<S: Simd>(simd: S, text: &[u8]) -> Option<usize> {
    if line::is_yearless(text) {
        return Some(YEARLESS_OCTETS + 1);
    }
    if !line::is_full(text) {
        return None;
    }
    let behind: &[u8; BLOCK] = text.get(FULL_OCTETS..)?.first_chunk()?;
    let length = near::first(near::bits(simd, behind, b' '));
    (length < BLOCK).then_some(FULL_OCTETS + length + 1)
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};

    use super::*;

    /// How a line opens, with what follows it.
    fn opening(line: &str) -> Option<Opening> {
        let text = line.to_owned() + &" ".repeat(2 * BLOCK);
        dispatch!(Level::new(), simd => Opening::of(simd, text.as_bytes()))
    }

    fn opens(opening: Opening, line: &str) -> bool {
        let block = line.as_bytes().first_chunk().unwrap();
        dispatch!(Level::new(), simd => opening.opens(simd, block))
    }

    const REST: &str =
        "postfix/smtp[10478]: 8170A4D23E6F: removed, and what follows in the next lines";

    #[test]
    fn digits_may_be_others() {
        let line = |begin: &str| format!("{begin}{REST}");
        let full = opening(&line("2015-03-20T14:05:01.123456+01:00 web1 ")).unwrap();
        assert_eq!((full.host, full.tag.get()), (33, 38));
        assert!(opens(full, &line("2016-12-01T00:00:59.654321+02:00 web2 ")));
        assert!(opens(
            full,
            &"2016-12-01T00:00:59.654321+02:00 web2 ".repeat(2)
        ));
        for other in [
            "1015-03-20T14:05:01.123456+01:00 web1 ",
            "2015-03-20 14:05:01.123456+01:00 web1 ",
            "2015-03-20T14:05:01.12345 +01:00 web1 ",
            "2015-03-20T14:05:01.123456-01:00 web1 ",
            "2015-03-20T14:05:01.123456+01:00 weba ",
            "2015-03-20T14:05:01.123456+01:00 web1:",
        ] {
            assert!(!opens(full, &line(other)), "{other}");
        }
        let yearless = opening(&line("Mar 20 14:05:01 web ")).unwrap();
        assert_eq!((yearless.host, yearless.tag.get()), (16, 20));
        assert!(opens(yearless, &line("Mar 21 23:59:59 web ")));
        assert!(!opens(yearless, &line("Apr 20 14:05:01 web ")));
        assert!(!opens(yearless, &line("Mar  9 14:05:01 web ")));
    }

    #[test]
    fn only_empty_lines_open_like_none() {
        for octet in ["\0", "0", "a"] {
            assert!(!opens(Opening::NONE, &octet.repeat(BLOCK)), "{octet}");
        }
        let empty = "\n".repeat(BLOCK);
        assert!(opens(Opening::NONE, &empty) && !opens(Opening::NONE, &format!("a{empty}")));
    }

    #[test]
    fn lines_without_a_stamp_or_a_host() {
        for line in [
            "garbage",
            "2015-03-20 14:05:01 1xWPFT-00006Y-1R Completed",
            "Mar 20 14:05:01 postfix/smtp[10478]: 8170A4D23E6F: removed",
            "Mar 20 14:05:01 cron: x/ab: 8170A4D23E6F: removed",
            "Mar 20 14:05:01  cron: x/ab: 8170A4D23E6F: removed",
        ] {
            assert!(opening(line).is_none(), "{line}");
        }
    }

    #[test]
    fn only_a_host_that_is_near_is_known_again() {
        for (octets, is_near) in [(47, true), (48, false)] {
            let line = format!("Mar 20 14:05:01 {} {REST}", "a".repeat(octets));
            let known = opening(&line).unwrap();
            assert_eq!(
                (known.host, usize::from(known.tag.get())),
                (16, 17 + octets)
            );
            assert_eq!(opens(known, &line), is_near);
        }
    }
}
