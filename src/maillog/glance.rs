//! A glance at a line, which is enough for most of them: they are lines of syslog, and about no mail.
//!
//! What it sees is what [`super::record::Record`] reads, or else it leaves that to it. It takes nothing apart that nobody
//! asks for, and looks at all that matters without asking after each part whether to go on: lines differ, and what the
//! processor loses with a wrong guess is more than such a look takes.

use std::num::NonZeroU8;

use fearless_simd::Simd;

use super::ends::Place;
use super::event::Unreadable;
use super::line::{FULL_OCTETS, Stamp};
use super::near::{self, BLOCK};
use super::opening::Opening;
use super::record::Record;
use super::{exim, postfix};

/// Where the parts of a line `STAMP HOST TAG: ID: TEXT` are that may matter, in octets from its beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glance {
    /// Where the host begins, and where it ends.
    host: (u8, u8),
    /// Where the queue id does, if the line may matter. It never ends at zero, so that an option of a glance takes no more room.
    id: (u8, NonZeroU8),
}

/// The fewest octets of a queue id.
const ID_OCTETS_MIN: usize = *postfix::ID_OCTETS.start();

/// The most.
const ID_OCTETS_MAX: usize = *postfix::ID_OCTETS.end();

/// Letters of the alphabet.
const LETTERS: usize = 26;

/// The stamp ends in the block behind its seconds, the host in the block behind that, and the parts are in the block behind
/// the host.
const _: () = assert!(FULL_OCTETS + 3 * BLOCK < 255);

const _: () = assert!(size_of::<Option<Glance>>() == size_of::<Glance>());

impl Glance {
    /// Looks at a line of a text: where its parts are, and whether it begins with a queue id of Postfix, and with what may
    /// matter; none if a glance is not enough. Of a line that opens like one before, less has to be looked at.
    #[inline(always)]
    pub(super) fn at<S: Simd>(
        simd: S,
        text: &[u8],
        place: Place,
        opening: &mut Opening,
    ) -> Option<(Self, bool)> {
        // It may be more than the line.
        let beyond = text.get(place.begin()..)?;
        if !opening.opens(simd, beyond.first_chunk()?) {
            *opening = Opening::of(simd, beyond)?;
        }
        let block: &[u8; BLOCK] = beyond.get(opening.tag..)?.first_chunk()?;
        let octets = place.octets().checked_sub(opening.tag)?;
        let (colons, spaces) = (near::bits(simd, block, b':'), near::bits(simd, block, b' '));
        let (slashes, dashes) = (near::bits(simd, block, b'/'), near::bits(simd, block, b'-'));
        let parts = Parts {
            block,
            octets,
            colons,
            spaces,
        };
        let message = parts.message();
        if exim::may_begin(parts.octet(message), |at| near::has(dashes, message + at)) {
            return None;
        }
        let has_slash = near::first(slashes) < near::first(colons);
        parts.glance(opening, has_slash)
    }

    /// On which machine the line was written.
    #[inline(always)]
    pub(super) fn host(self, line: &[u8]) -> &[u8] {
        let (begin, end) = self.host;
        part(line, begin, end)
    }

    /// The queue id.
    #[inline(always)]
    pub(super) fn id(self, line: &[u8]) -> &[u8] {
        let (begin, end) = self.id;
        part(line, begin, end.get())
    }

    /// Where it goes on behind the queue id, a colon and a space.
    #[inline(always)]
    pub(super) fn text(self) -> usize {
        let (_, end) = self.id;
        usize::from(end.get()) + 2
    }

    /// Reads the line, if it may matter, as [`Record::read`] does; its parts are not searched for again.
    ///
    /// # Errors
    /// If it has been cut where it matters.
    pub(super) fn record(self, line: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let said = line.get(self.text()..).unwrap_or_default();
        let event = postfix::read(said, self.tag(line))?;
        Ok(event.map(|event| Record {
            stamp: self.stamp(line),
            host: self.host(line),
            id: self.id(line),
            event,
        }))
    }

    /// What stands between the host and the queue id: `TAG: `, or `TAG:`.
    fn tag(self, line: &[u8]) -> &[u8] {
        let ((_, host), (id, _)) = (self.host, self.id);
        let tag = part(line, host + 1, id);
        let tag = tag.strip_suffix(b" ").unwrap_or(tag);
        tag.strip_suffix(b":").unwrap_or(tag)
    }

    /// What stands before the host.
    fn stamp(self, line: &[u8]) -> Stamp<'_> {
        let (host, _) = self.host;
        let stamp = part(line, 0, host - 1);
        match stamp {
            [b'0'..=b'9', ..] => Stamp::Full(stamp),
            _ => Stamp::Yearless(stamp),
        }
    }
}

/// What is seen of a line behind the opening.
struct Parts<'a> {
    /// The block that begins with the tag, in which the queue id is. It may go on behind the line.
    block: &'a [u8; BLOCK],
    /// How much of the line there is from the beginning of the block on.
    octets: usize,
    colons: u64,
    spaces: u64,
}

impl Parts<'_> {
    #[inline(always)]
    fn octet(&self, at: usize) -> u8 {
        self.block.get(at % BLOCK).copied().unwrap_or_default()
    }

    /// Where the message begins, behind the tag, a colon and perhaps a space.
    #[inline(always)]
    fn message(&self) -> usize {
        let tag = near::first(self.colons);
        tag + 1 + usize::from(near::has(self.spaces, tag + 1))
    }

    /// What a glance sees, if that is enough, of a line that opens like that, and whether it may matter.
    #[inline(always)]
    fn glance(&self, opening: &Opening, has_slash: bool) -> Option<(Glance, bool)> {
        let (tag, message) = (near::first(self.colons), self.message());
        let id = near::first(near::others(self.colons));
        let first = self.octet(message);
        let letter = usize::from(first.wrapping_sub(b'a'));
        // Else an id may end behind the block, or so near its end that what follows the id is not in it.
        let is_near =
            less(id, BLOCK - 2) | less(message + ID_OCTETS_MAX, BLOCK - 2) | less(letter, LETTERS);
        // With a tag that ends early enough, all is in the block that is looked at behind it.
        let is_usual = less(tag, BLOCK - 8) & less(tag, self.octets) & is_near;
        if is_usual >= 0 {
            return None;
        }
        let length = id.wrapping_sub(message);
        let is_id = less(ID_OCTETS_MIN - 1, length)
            & less(length, ID_OCTETS_MAX + 1)
            & less(LETTERS - 1, letter)
            & less(id + 2, self.octets);
        let is_id = (is_id < 0)
            & ([first, self.octet(message + 1)] != postfix::NO_ID)
            & near::has(self.spaces, id + 1);
        let Opening {
            host, tag: begin, ..
        } = *opening;
        let glance = Glance {
            host: (narrow(host), narrow(begin - 1)),
            id: (narrow(begin + message), NonZeroU8::new(narrow(begin + id))?),
        };
        let may_matter = is_id & has_slash & postfix::may_matter(self.octet(id + 2));
        Some((glance, may_matter))
    }
}

/// Negative if one is less than the other; they differ by less than half of what there is room for. So many such questions are
/// combined that a flag for each would take longer.
#[inline(always)]
fn less(one: usize, other: usize) -> isize {
    one.wrapping_sub(other).cast_signed()
}

#[inline(always)]
fn part(line: &[u8], begin: u8, end: u8) -> &[u8] {
    let part = usize::from(begin)..usize::from(end);
    line.get(part).unwrap_or_default()
}

/// Where a part is; all are near.
#[inline(always)]
fn narrow(at: usize) -> u8 {
    let [low, ..] = at.to_le_bytes();
    low
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::maillog::line::has_time;

    /// Looks at a line with others behind it, after another one, and compares that with what the whole line says: whether a
    /// glance was enough.
    #[track_caller]
    fn look(before: &str, line: &[u8]) -> bool {
        let mut opening = Opening::NONE;
        let mut glance = |line: &[u8]| {
            let text = [line, b"\n", &b"x: y/ ".repeat(20)].concat();
            let place = Place::first(&text);
            dispatch!(Level::new(), simd => Glance::at(simd, &text, place, &mut opening))
        };
        glance(before.as_bytes());
        let Some((glance, may_matter)) = glance(line) else {
            return false;
        };
        let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
        let line = &line[..end];
        let name = line.escape_ascii();
        let seen = match may_matter {
            true => glance.record(line),
            false => Ok(None),
        };
        assert_eq!(seen, Record::read(line), "{name}");
        assert!(has_time(line), "{name}");
        true
    }

    /// Lines that others may open like.
    const BEFORE: [&str; 9] = [
        "",
        "Mar 20 14:05:01 web postfix/qmgr[10478]: 8170A4D23E6F: removed",
        "Mar 20 14:05:01 mail.company.de postfix/smtpd[10478]: connect from a[192.0.2.1]",
        "2015-03-20T14:05:01.123456+01:00 web postfix/qmgr[10478]: 8170A4D23E6F: removed",
        "2015-03-20T14:05:01+01:00 web postfix/qmgr[10478]: 8170A4D23E6F: removed",
        "Mar 20 14:05:01 web a/b: 8170A4D23E6F: removed",
        "Mar 20 14:05:01 web cron: x/ab: 8170A4D23E6F: removed",
        "Mar 21 23:59:58 mx1 postfix/qmgr[10478]: 8170A4D23E6F: removed",
        "2016-12-01T00:00:00.654321+02:00 mx1 postfix/qmgr[10478]: 8170A4D23E6F: removed",
    ];

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
                "mx2 postfix/qmgr[10478]: 8170A4D23E6F: removed",
                "web cron: x/ab: 8170A4D23E6F: removed",
                "web dovecot: lmtp(carlos@company.de): a: stored mail",
                "web postfix/smtpd[10478]:",
                "a.very.long.name.of.a.host.that.nobody.has postfix/qmgr[10478]: 8170A4D23E6F: removed",
            ] {
                let line = format!("{stamp} {rest}");
                for before in BEFORE {
                    assert!(look(before, line.as_bytes()), "{line} after {before}");
                }
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
            "Mar 20 14:05:01 a.name.of.a.host.that.is.even.longer.than.all.that.is.looked.at.at.once postfix/qmgr[10478]: 8170A4D23E6F: removed",
        ] {
            for before in BEFORE {
                assert!(!look(before, line.as_bytes()), "{line} after {before}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_it_sees_is_what_the_line_says(
            stamp in select(vec!["Mar 20 14:05:01 ", "Mar 20 14:05:01", "2015-03-20T14:05:01+01:00 ", "2015-03-20 14:05:01 ", ""]),
            host in select(vec!["web ", "mail.company.de ", " ", "fe80::1 ", "", "web: ", "a/b ", "mx2 "]),
            tag in select(vec!["postfix/smtp[1]: ", "postfix/smtp[1]:", "postfix/smtp ", "exim[402]: ", "cron: x/ab: ", "a: ", "/:", ""]),
            id in select(vec!["NOQUEUE: ", "8170A4D23E6F: ", "4ZdCVF3vHkz9vbL: ", "8170: ", "word: ", "1xWPFT-00006Y-1R ", "8170A4D23E6F:", ""]),
            text in select(vec![
                "removed", "client=a[192.0.2.1]", "from=<a@b>, size=1", "from=<a", "to=<a@b>, relay=none, dsn=5.4.6, status=bounced (no)",
                "to=<a@b>, relay=none", "message-id=<a@b>", "uid=33 from=<a>", "client=a[192.0.2.1], orig_queue_id=AB12", "Completed", "", ":", " ",
            ]),
            end in "[ :/]{0,40}\r?",
            place: prop::sample::Index,
            octet in prop::option::of(select(b"\n\r :/-A0\xff".to_vec())),
        ) {
            let mut line = format!("{stamp}{host}{tag}{id}{text}{end}").into_bytes();
            if let Some(octet) = octet && !line.is_empty() {
                *place.get_mut(&mut line) = octet;
            }
            for before in BEFORE {
                look(before, &line);
            }
        }
    }
}
