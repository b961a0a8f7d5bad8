//! A glance at a line, which is enough for most of them: they are lines of syslog, and about no mail.
//!
//! What it sees is what [`super::record::Record`] reads, or else it leaves that to it. It takes nothing apart that nobody
//! asks for, and looks at all that matters without asking after each part whether to go on: lines differ, and what the
//! processor loses with a wrong guess is more than such a look takes.

use fearless_simd::Simd;

use super::brief::Brief;
use super::ends::Place;
use super::line::{self, FULL_OCTETS, YEARLESS_OCTETS};
use super::near::{self, BLOCK};
use super::{exim, postfix};

/// A line `STAMP HOST TAG: MESSAGE`, whose parts are near.
#[derive(Clone, Copy)]
pub(super) struct Glance<'a> {
    /// The line, behind the stamp.
    rest: &'a [u8],
    /// The same, and what follows it.
    beyond: &'a [u8],
    /// Where the host ends.
    host: usize,
    /// Where the tag ends.
    tag: usize,
    /// Where the message begins.
    message: usize,
    /// Where the queue id ends.
    id: usize,
    /// Whether the message begins with a queue id of Postfix, and with what may matter.
    pub(super) may_matter: bool,
}

impl<'a> Glance<'a> {
    /// Looks at a line of a text; none if that is not enough.
    #[inline(always)]
    pub(super) fn at<S: Simd>(simd: S, text: &'a [u8], place: Place) -> Option<Self> {
        let line = text.get(place.begin..)?;
        let begin = behind_stamp(simd, line)?;
        // It may be more than the line.
        let beyond = line.get(begin..)?;
        let block: &[u8; BLOCK] = beyond.first_chunk()?;
        let rest = text.get(place.begin + begin..place.end)?;
        let colons = near::bits(simd, block, b':');
        let spaces = near::bits(simd, block, b' ');
        let slashes = near::bits(simd, block, b'/');
        let (host, tag) = (near::first(spaces), near::first(colons));
        let id = near::first(near::others(colons));
        let octet = |at: usize| block.get(at % BLOCK).copied().unwrap_or_default();
        let message = tag + 1 + usize::from(octet(tag + 1) == b' ');
        let is_word = octet(message).is_ascii_lowercase();
        // Else an id may end behind the block, or so near its end that what follows the id is not in it.
        let is_near = (id < BLOCK - 2) | (message + postfix::ID_OCTETS.end() < BLOCK - 2) | is_word;
        // With a tag that ends early enough, all is in the block that is looked at behind it.
        let is_usual = (0 < host) & (host < tag) & (tag < BLOCK - 8) & (tag < rest.len()) & is_near;
        if !is_usual || exim::is_like(rest.get(message..).unwrap_or_default()) {
            return None;
        }
        let length = id.wrapping_sub(message);
        let is_id = postfix::ID_OCTETS.contains(&length)
            & !is_word
            & (octet(id + 1) == b' ')
            & (id + 2 < rest.len());
        let said: &[u8; 4] = beyond.get(id + 2..)?.first_chunk()?;
        let is_postfix = slashes & near::before(tag) & !near::before(host) != 0;
        Some(Self {
            rest,
            beyond,
            host,
            tag,
            message,
            id,
            may_matter: is_id & is_postfix & postfix::may_matter(*said),
        })
    }

    /// On which machine it was written.
    #[inline(always)]
    pub(super) fn host(self) -> &'a [u8] {
        self.rest.get(..self.host).unwrap_or_default()
    }

    /// `PROGRAM[PID]`
    #[inline(always)]
    pub(super) fn tag(self) -> &'a [u8] {
        self.rest.get(self.host + 1..self.tag).unwrap_or_default()
    }

    /// The queue id, if it may matter.
    #[inline(always)]
    pub(super) fn id(self) -> &'a [u8] {
        self.rest.get(self.message..self.id).unwrap_or_default()
    }

    /// Takes what is said behind the queue id, if that is nothing unusual; else none.
    #[inline(always)]
    pub(super) fn brief<S: Simd, T>(self, simd: S, take: impl FnOnce(Brief<'a>) -> T) -> Option<T> {
        let begin = self.id + 2;
        let text = self.beyond.get(begin..)?;
        Brief::of(simd, text, self.rest.len().checked_sub(begin)?, take)
    }

    /// What follows the queue id.
    #[inline(always)]
    pub(super) fn text(self) -> &'a [u8] {
        let text = self.rest.get(self.id + 2..).unwrap_or_default();
        text.strip_suffix(b"\r").unwrap_or(text)
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
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::maillog::line::Stamp;
    use crate::maillog::record::Record;

    /// Looks at a line with others behind it, and compares that with what the whole line says: whether a glance was enough.
    #[track_caller]
    fn look(line: &[u8]) -> bool {
        let text = [line, b"\n", &b"x: y/ ".repeat(20)].concat();
        let end = memchr::memchr(b'\n', &text).unwrap();
        let place = Place { begin: 0, end };
        let Some(glance) = dispatch!(Level::new(), simd => Glance::at(simd, &text, place)) else {
            return false;
        };
        let line = &text[..end];
        let name = line.escape_ascii();
        let read = Record::read(line);
        if !glance.may_matter {
            let (stamp, record) = read.unwrap();
            assert!(stamp != Stamp::Missing && record.is_none(), "{name}");
            return true;
        }
        match (postfix::read(glance.text(), glance.tag()), read) {
            (Ok(event), Ok((stamp, record))) => {
                assert_ne!(stamp, Stamp::Missing, "{name}");
                assert_eq!(event, record.map(|record| record.event), "{name}");
                if let Some(record) = record {
                    let seen = (glance.host(), glance.id());
                    assert_eq!(seen, (record.host, record.id), "{name}");
                }
            }
            (seen, read) => assert_eq!(seen.err(), read.err(), "{name}"),
        }
        true
    }

    #[test]
    fn most_lines() {
        for stamp in ["Mar 20 14:05:01", "2015-03-20T14:05:01.123456+01:00"] {
            for rest in [
                "web postfix/smtpd[10478]: connect from unknown[192.0.2.1]",
                "web postfix/qmgr[10478]: 8170A4D23E6F: removed",
                "web postfix/qmgr[10478]: 8170A4D23E6F: removed\r",
                "web postfix/qmgr[10478]: 8170A4D23E6F: from=<",
                "web postfix/cleanup[10478]: 8170A4D23E6F: message-id=<a@b>",
                "mail.de postfix/submission/smtpd[10478]: 4ZdCVF3vHkz9vbL: client=a[192.0.2.1]",
                "mail.company.de postfix/submission/smtpd[10478]: connect from a[192.0.2.1]",
                "web dovecot: lmtp(carlos@company.de): a: stored mail",
                "web postfix/smtpd[10478]:",
            ] {
                let line = format!("{stamp} {rest}");
                assert!(look(line.as_bytes()), "{line}");
            }
        }
    }

    #[test]
    fn lines_that_have_to_be_read() {
        for line in [
            "",
            "garbage",
            "2015-03-20 14:05:01 1xWPFT-00006Y-1R Completed",
            "Mar 20 14:05:01 web exim[402]: 1xWPFT-00006Y-1R Completed",
            "Mar 20 14:05:01 postfix/qmgr[10478]: 8170A4D23E6F: removed",
            "Mar 20 14:05:01 web last message repeated 2 times",
            "Mar 20 14:05:01 a.very.long.name.of.a.host.that.nobody.has postfix/qmgr[10478]: 8170A4D23E6F: removed",
        ] {
            assert!(!look(line.as_bytes()), "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_it_sees_is_what_the_line_says(
            stamp in select(vec!["Mar 20 14:05:01 ", "Mar 20 14:05:01", "2015-03-20T14:05:01+01:00 ", "2015-03-20 14:05:01 ", ""]),
            host in select(vec!["web ", "mail.company.de ", " ", "fe80::1 ", "", "web: "]),
            tag in select(vec!["postfix/smtp[1]: ", "postfix/smtp[1]:", "postfix/smtp ", "exim[402]: ", "a: ", "/:", ""]),
            id in select(vec!["8170A4D23E6F: ", "4ZdCVF3vHkz9vbL: ", "8170: ", "word: ", "1xWPFT-00006Y-1R ", "8170A4D23E6F:", ""]),
            text in select(vec![
                "removed", "client=a[192.0.2.1]", "from=<a@b>, size=1", "from=<a", "to=<a@b>, relay=none, dsn=5.4.6, status=bounced (no)",
                "to=<a@b>, relay=none", "message-id=<a@b>", "Completed", "", ":", " ",
            ]),
            end in "[ :/]{0,40}\r?",
            place: prop::sample::Index,
            octet in prop::option::of(select(b"\n\r :/-A0\xff".to_vec())),
        ) {
            let mut line = format!("{stamp}{host}{tag}{id}{text}{end}").into_bytes();
            if let Some(octet) = octet && !line.is_empty() {
                *place.get_mut(&mut line) = octet;
            }
            look(&line);
        }
    }
}
