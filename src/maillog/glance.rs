//! A glance at a line, which is enough for most of them: they are lines of syslog, and say nothing of a mail that matters.
//!
//! It only asks what tells that, and asks it of all lines in the same way, without deciding after each part whether to go on:
//! lines differ, and what the processor loses with a wrong guess is more than such a glance takes.

use fearless_simd::Simd;

use super::ends::Place;
use super::near::{self, BLOCK};
use super::opening::Opening;
use super::parts::Parts;
use super::{exim, postfix};

/// The longest tag behind which a queue id and the first letter of what follows it is in the same block: `: ID: T`.
const TAG_OCTETS_MAX: usize = BLOCK - *postfix::ID_OCTETS.end() - 5;

/// Looks at a line of a text: whether it may matter, and where its parts are, if it is about a mail of Postfix, which
/// [`Parts::are_of_mail`] finds out. None if the line is not as most are. One that begins otherwise than those before always
/// may matter: it may be of another month.
#[inline(always)]
pub(super) fn glance<S: Simd>(
    simd: S,
    text: &[u8],
    place: Place,
    opening: &mut Opening,
) -> Option<(Parts, bool)> {
    // It may be more than the line.
    let beyond = text.get(place.begin()..)?;
    let mut begins_otherwise = false;
    if !opening.opens(simd, beyond.first_chunk()?) {
        let other = Opening::of(simd, beyond)?;
        begins_otherwise = other.begin != opening.begin;
        *opening = other;
    }
    let tag = usize::from(opening.tag.get());
    let behind = Behind::of(simd, beyond, tag)?;
    // An empty line may open like none.
    let octets = place.octets().checked_sub(tag)?;
    if behind.tag_end() >= octets.min(TAG_OCTETS_MAX + 1) {
        return None;
    }
    let parts = Parts::new(opening, behind.message(), behind.id_end());
    let may_matter = begins_otherwise | behind.may_be_exim(simd) | behind.may_be_postfix();
    Some((parts, may_matter))
}

/// What stands behind an opening, or how it begins: `TAG: ID: TEXT`, or `TAG: TEXT`. It may go on behind the line.
struct Behind<'a> {
    block: &'a [u8; BLOCK],
    colons: u64,
}

impl<'a> Behind<'a> {
    /// What stands behind the opening of a line in which the tag begins there; none if there is less than a block.
    #[inline(always)]
    fn of<S: Simd>(simd: S, line: &'a [u8], tag: usize) -> Option<Self> {
        let block = line.get(tag..)?.first_chunk()?;
        let colons = near::bits(simd, block, b':');
        Some(Self { block, colons })
    }

    /// Where the tag ends.
    #[inline(always)]
    fn tag_end(&self) -> usize {
        near::first(self.colons)
    }

    /// Where the message begins, behind the tag, a colon and perhaps a space.
    #[inline(always)]
    fn message(&self) -> usize {
        let end = self.tag_end();
        end + 1 + usize::from(self.octet(end + 1) == b' ')
    }

    /// Where a queue id ends, if there is one.
    #[inline(always)]
    fn id_end(&self) -> usize {
        near::first(near::others(self.colons))
    }

    /// Whether it may be about a mail of Postfix, and what is said of it may matter.
    #[inline(always)]
    fn may_be_postfix(&self) -> bool {
        let (message, text) = (self.message(), self.id_end() + 2);
        let begin = [self.octet(message), self.octet(message + 1)];
        (text < BLOCK) & postfix::may_matter(self.octet(text)) & (begin != postfix::NO_ID)
    }

    /// Whether the message may be one of Exim.
    #[inline(always)]
    fn may_be_exim<S: Simd>(&self, simd: S) -> bool {
        let (message, dashes) = (self.message(), near::bits(simd, self.block, b'-'));
        let has_dash = |at: usize| near::has(dashes, message + at);
        let [month, day] = exim::DAY_DASHES;
        has_dash(exim::ID_DASH) | has_dash(month) & has_dash(day)
    }

    #[inline(always)]
    fn octet(&self, at: usize) -> u8 {
        self.block.get(at % BLOCK).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::maillog::line::has_time;
    use crate::maillog::record::Record;

    /// Looks at a line with others behind it, after another one, and compares that with what the whole line says: whether a
    /// glance was enough.
    #[track_caller]
    fn look(before: &str, line: &[u8]) -> bool {
        let mut opening = Opening::NONE;
        let mut seen = |line: &[u8]| {
            let text = [line, b"\n", &b"x: y/ ".repeat(20)].concat();
            let place = Place::first(&text);
            dispatch!(Level::new(), simd => {
                let (parts, may_matter) = glance(simd, &text, place, &mut opening)?;
                match may_matter {
                    true => Some(parts.are_of_mail(simd, &text, place.octets())?.then_some(parts)),
                    false => Some(None),
                }
            })
        };
        seen(before.as_bytes());
        let Some(parts) = seen(line) else {
            return false;
        };
        let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
        let line = &line[..end];
        let name = line.escape_ascii();
        let read = match parts {
            Some(parts) => parts.read(line, |record| *record),
            None => Ok(None),
        };
        assert_eq!(read, Record::read(line), "{name}");
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

    #[test]
    fn tags_and_ids_as_long_as_they_may_be() {
        for (tag, id) in (25..45).flat_map(|tag| (3..28).map(move |id| (tag, id))) {
            let (name, id) = ("d".repeat(tag - 8), "4".repeat(id));
            for (end, said) in [(": ", "removed"), (":", "from=<a@b>, size=1"), (": ", "")] {
                let line = format!("Mar 20 14:05:01 web postfix/{name}{end}{id}: {said}");
                for before in BEFORE {
                    let is_seen = look(before, line.as_bytes());
                    assert_eq!(is_seen, tag <= TAG_OCTETS_MAX, "{line} after {before}");
                }
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
                "to=<a@b>, relay=none", "to=<a@b>, relay=mx[127.0.0.6]:25, dsn=4.0.0, status=deferred (no)", "message-id=<a@b>", "uid=33 from=<a>", "client=a[192.0.2.1], orig_queue_id=AB12", "Completed", "", ":", " ",
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
