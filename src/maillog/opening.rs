//! How most lines of Postfix begin: as one before, but for digits.

use fearless_simd::Simd;

use super::near::{self, BLOCK};

/// What lines begin with, up to the slash in the name of a daemon: `Mar 20 14:05:01 web postfix/`. Where it has a digit, so
/// have they; all else is the same.
#[derive(Clone, Copy)]
pub(super) struct Opening {
    octets: [u8; BLOCK],
    /// A bit for each octet that is the same.
    same: u64,
    /// A bit for each that is a digit.
    digits: u64,
    /// Where the host begins.
    pub(super) host: usize,
    /// Where the tag begins, one octet behind the host.
    pub(super) tag: usize,
    /// Where the opening ends, behind the slash.
    pub(super) end: usize,
}

impl Opening {
    /// One that no line has: a zero is no digit.
    pub(super) const NONE: Self = Self {
        octets: [0; BLOCK],
        same: u64::MAX,
        digits: u64::MAX,
        host: 0,
        tag: 0,
        end: 0,
    };

    /// How a line opens in which the host and the tag begin there; none if the tag has no slash that is near.
    ///
    /// A slash behind a bracket is not part of a daemon's name, and one behind a colon not of the tag.
    #[inline(always)]
    pub(super) fn of<S: Simd>(simd: S, line: &[u8], host: usize, tag: usize) -> Option<Self> {
        let octets: &[u8; BLOCK] = line.first_chunk()?;
        let marks = near::bits(simd, octets, b'/')
            | near::bits(simd, octets, b'[')
            | near::bits(simd, octets, b':');
        let behind = u64::MAX.checked_shl(u32::try_from(tag).ok()?)?;
        let slash = near::first(marks & behind);
        if octets.get(slash) != Some(&b'/') {
            return None;
        }
        let end = slash + 1;
        let within = u64::MAX >> (BLOCK - end);
        // By the first octet stamps are told apart.
        let digits = near::digits(simd, octets) & within & !1;
        Some(Self {
            octets: *octets,
            same: within & !digits,
            digits,
            host,
            tag,
            end,
        })
    }

    /// Whether a text opens like that.
    #[inline(always)]
    pub(super) fn opens<S: Simd>(&self, simd: S, text: &[u8; BLOCK]) -> bool {
        let same = near::equal(simd, text, &self.octets) & self.same;
        let digits = near::digits(simd, text) & self.digits;
        (same == self.same) & (digits == self.digits)
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};

    use super::*;

    /// How a line opens in which the host and the tag begin there.
    fn opening(line: &str, host: usize, tag: usize) -> Option<Opening> {
        dispatch!(Level::new(), simd => Opening::of(simd, line.as_bytes(), host, tag))
    }

    fn opens(opening: Opening, line: &str) -> bool {
        let block = line.as_bytes().first_chunk().unwrap();
        dispatch!(Level::new(), simd => opening.opens(simd, block))
    }

    const REST: &str = "smtp[10478]: 8170A4D23E6F: removed, and what follows in the next lines";

    #[test]
    fn digits_may_be_others() {
        let line = |begin: &str| format!("{begin}{REST}");
        let full = line("2015-03-20T14:05:01.123456+01:00 web1 postfix/");
        let full = opening(&full, 33, 38).unwrap();
        assert_eq!(full.end, 46);
        assert!(opens(
            full,
            &line("2016-12-01T00:00:59.654321+02:00 web2 postfix/")
        ));
        for other in [
            "1015-03-20T14:05:01.123456+01:00 web1 postfix/",
            "2015-03-20 14:05:01.123456+01:00 web1 postfix/",
            "2015-03-20T14:05:01.12345 +01:00 web1 postfix/",
            "2015-03-20T14:05:01.123456-01:00 web1 postfix/",
            "2015-03-20T14:05:01.123456+01:00 weba postfix/",
            "2015-03-20T14:05:01.123456+01:00 web1 postfix:",
        ] {
            assert!(!opens(full, &line(other)), "{other}");
        }
        let yearless = line("Mar 20 14:05:01 web postfix/");
        let yearless = opening(&yearless, 16, 20).unwrap();
        assert!(opens(yearless, &line("Mar 21 23:59:59 web postfix/")));
        assert!(!opens(yearless, &line("Apr 20 14:05:01 web postfix/")));
        assert!(!opens(yearless, &line("Mar  9 14:05:01 web postfix/")));
    }

    #[test]
    fn no_line_opens_with_none() {
        for octet in ["\0", "0", "a"] {
            assert!(!opens(Opening::NONE, &octet.repeat(BLOCK)), "{octet}");
        }
    }

    #[test]
    fn only_a_daemon_s_name_that_is_near() {
        let long = "a".repeat(50);
        for (line, tag) in [
            (
                "Mar 20 14:05:01 web exim[4/2]: 1xWPFT-00006Y-1R Completed, and so on".to_owned(),
                20,
            ),
            (
                "Mar 20 14:05:01 web cron: x/ab: 8170A4D23E6F: removed, and what follows"
                    .to_owned(),
                20,
            ),
            (
                "Mar 20 14:05:01 web dovecot: lmtp: stored mail into mailbox 'INBOX', so"
                    .to_owned(),
                20,
            ),
            (
                format!("Mar 20 14:05:01 {long} postfix/qmgr[1]: 8170A4D23E6F: removed"),
                67,
            ),
            ("Mar 20 14:05:01 web postfix/".to_owned(), 20),
        ] {
            assert!(opening(&line, 16, tag).is_none(), "{line}");
        }
        let line = format!(
            "Mar 20 14:05:01 {} postfix/qmgr[1]: 8170A4D23E6F: removed",
            "a".repeat(39)
        );
        let whole = opening(&line, 16, 56).unwrap();
        assert_eq!(whole.end, BLOCK);
        assert!(opens(whole, &line));
    }
}
