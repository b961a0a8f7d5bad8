//! A line of a log: who wrote it, when, and what.

mod shape;

use memchr::{memchr, memrchr};

use self::shape::Shape;
use super::cut;

/// `Mar 20 14:05:01 web postfix/qmgr[10478]: ...`
const YEARLESS: Shape = Shape::new((b'A', b'Z'), b"__ __ __:__:__ ");

/// `Mar 20 14:05:01.123456 web postfix/qmgr[10478]: ...`
const YEARLESS_FRACTION: Shape = Shape::new((b'A', b'Z'), b"__ __ __:__:__.");

/// `2015-03-20T14:05:01+01:00 web postfix/qmgr[10478]: ...`
const FULL: Shape = Shape::new((b'1', b'2'), b"0_0-_0-_0T_0:_0");

/// `2015-03-20 14:05:01 ...`, as Exim writes it.
const FULL_WITH_SPACE: Shape = Shape::new((b'1', b'2'), b"0_0-_0-_0 _0:_0");

/// Octets of a stamp without a year, and without a fraction.
pub(super) const YEARLESS_OCTETS: usize = 15;

/// Octets of a full stamp, or of how it begins.
pub(super) const FULL_OCTETS: usize = 19;

/// A line, taken apart; all parts are as the log has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// When.
    pub stamp: Stamp<'a>,
    /// What it says.
    pub message: &'a [u8],
    /// On which machine; empty if the line does not say.
    pub host: &'a [u8],
    /// `PROGRAM[PID]`. Most lines say nothing that anybody asks about, so it is not taken apart yet.
    pub(super) tag: &'a [u8],
    is_exim: bool,
}

/// The time of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp<'a> {
    /// `Mar 20 14:05:01`: without a year (RFC 3164, section 4.1.2).
    Yearless(&'a [u8]),
    /// `2015-03-20T14:05:01.123456+01:00` (RFC 5424, section 6.2.3), or with spaces and without a zone, as Exim's.
    Full(&'a [u8]),
    /// None at all.
    Missing,
}

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program<'a> {
    /// A daemon of Postfix: `smtp`, `qmgr`; or some other program whose name has a slash.
    Postfix(&'a [u8]),
    /// Exim.
    Exim,
    /// Some other program.
    Other,
}

impl<'a> Program<'a> {
    /// Whose tag it is: `PROGRAM[PID]`.
    pub(super) fn of(tag: &'a [u8]) -> Self {
        let name = match (tag.strip_suffix(b"]"), memrchr(b'[', tag)) {
            (Some(_), Some(pid)) => tag.get(..pid).unwrap_or(tag),
            _ => tag,
        };
        match memrchr(b'/', name) {
            Some(slash) => Self::Postfix(name.get(slash + 1..).unwrap_or_default()),
            None if name.starts_with(b"exim") => Self::Exim,
            None => Self::Other,
        }
    }
}

impl<'a> Line<'a> {
    /// A line that says nothing.
    const NOTHING: Self = Self {
        stamp: Stamp::Missing,
        message: b"",
        host: b"",
        tag: b"",
        is_exim: false,
    };

    /// Takes a line apart; none if it is no line of a log.
    #[inline(always)]
    pub fn read(text: &'a [u8]) -> Option<Self> {
        if is_yearless(text) {
            return Some(Self::of_syslog(
                Stamp::Yearless(text.get(..YEARLESS_OCTETS)?),
                text.get(YEARLESS_OCTETS + 1..)?,
            ));
        }
        if YEARLESS_FRACTION.begins(text) {
            let rest = cut::at(text.get(YEARLESS_OCTETS + 1..)?, b' ')?.1;
            return Some(Self::of_syslog(
                Stamp::Yearless(text.get(..YEARLESS_OCTETS)?),
                rest,
            ));
        }
        if is_full(text) {
            let end = FULL_OCTETS + memchr(b' ', text.get(FULL_OCTETS..)?)?;
            let (stamp, rest) = (text.get(..end)?, text.get(end + 1..)?);
            return Some(Self::of_syslog(Stamp::Full(stamp), rest));
        }
        match text {
            _ if FULL_WITH_SPACE.begins(text) && has_seconds(text) => Self::with_space(text),
            [b'<', ..] => Self::with_priority(text),
            [] | [b' ' | b'\t', ..] => Self::indented(text),
            // What `journalctl` says itself: `-- No entries --`.
            [b'-', b'-', b' ', .., b' ', b'-', b'-'] => Some(Self::NOTHING),
            // As people quote them.
            [b'p', b'o', b's', b't', b'f', b'i', b'x', ..] => Self::bare(text),
            _ => None,
        }
    }

    /// By which program.
    pub fn program(&self) -> Program<'a> {
        match self.is_exim {
            true => Program::Exim,
            false => Program::of(self.tag),
        }
    }

    /// Whether it may be one of Postfix: its programs have a slash in their names.
    #[inline(always)]
    pub(super) fn is_like_postfix(&self) -> bool {
        memchr(b'/', self.tag).is_some()
    }

    /// What follows the stamp of a syslog line: `HOST TAG: MESSAGE`, or `TAG: MESSAGE` (`journalctl --no-hostname`).
    #[inline(always)]
    fn of_syslog(stamp: Stamp<'a>, rest: &'a [u8]) -> Self {
        let end = memchr(b' ', rest).unwrap_or(rest.len());
        let (host, message) = rest.split_at_checked(end).unwrap_or((rest, b""));
        let (host, rest) = match host {
            [.., b':'] => (&b""[..], rest),
            _ => (host, message.strip_prefix(b" ").unwrap_or(message)),
        };
        // Without a colon it is all tag, as in "last message repeated 2 times".
        let end = memchr(b':', rest).unwrap_or(rest.len());
        let (tag, message) = rest.split_at_checked(end).unwrap_or((rest, b""));
        let message = message.strip_prefix(b":").unwrap_or(message);
        Self {
            stamp,
            message: message.strip_prefix(b" ").unwrap_or(message),
            host,
            tag,
            is_exim: false,
        }
    }

    /// Nothing, or what goes on from the entry above. It is not read as a line: somebody else may have written it.
    fn indented(text: &'a [u8]) -> Option<Self> {
        match text.trim_ascii_start() {
            [] | [b' '..=b'~', ..] => Some(Self::NOTHING),
            _ => None,
        }
    }

    /// `2015-03-20 14:05:01.123 +0100 [1234] MESSAGE`: of these, only the first two and the message are always there. Exim
    /// writes it, or else it is a syslog line.
    fn with_space(text: &'a [u8]) -> Option<Self> {
        let zone = |rest: &'a [u8]| {
            matches!(
                rest,
                [b'+' | b'-', b'0'..=b'9', _, _, b'0'..=b'9', b' ', ..]
            )
        };
        let time = text.get(11..)?;
        let mut end = 11 + cut::before(time, b' ').len();
        let mut message = text.get(end..)?.trim_ascii_start();
        if zone(message) {
            end += 6;
            message = message.get(6..)?;
        }
        let stamp = Stamp::Full(text.get(..end)?);
        let mut words = message.splitn(3, |octet| *octet == b' ').take(2);
        if words.any(is_tag) {
            return Some(Self::of_syslog(stamp, message));
        }
        if message.starts_with(b"[") {
            message = cut::at_text(message, b"] ").map_or(message, |(_, rest)| rest);
        }
        Some(Self {
            stamp,
            message,
            host: b"",
            tag: b"",
            is_exim: true,
        })
    }

    /// `<22>` before a line as above, or `<22>1 STAMP HOST TAG PID ID DATA MESSAGE` (RFC 5424, section 6).
    fn with_priority(text: &'a [u8]) -> Option<Self> {
        let (priority, rest) = cut::at(text.get(1..)?, b'>')?;
        if priority.is_empty() || priority.len() > 3 || !priority.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let Some(rest) = rest.strip_prefix(b"1 ") else {
            // One priority is enough: what comes again and again would be read deeper and deeper.
            return match rest.trim_ascii_start() {
                [] | [b'<', ..] => None,
                line => Self::read(line),
            };
        };
        let mut parts = rest.splitn(6, |octet| *octet == b' ');
        let (stamp, host, tag) = (parts.next()?, parts.next()?, parts.next()?);
        let (_pid, _id, text) = (parts.next()?, parts.next()?, parts.next()?);
        let message = match text.strip_prefix(b"[") {
            Some(data) => behind_elements(data)?,
            None => text.strip_prefix(b"-")?.trim_ascii_start(),
        };
        let mark = "\u{feff}".as_bytes();
        Some(Self {
            stamp: Stamp::Full(stamp),
            message: message.strip_prefix(mark).unwrap_or(message),
            host,
            tag,
            is_exim: false,
        })
    }

    /// Without a stamp and a host: `postfix/qmgr[10478]: MESSAGE`.
    fn bare(text: &'a [u8]) -> Option<Self> {
        let (tag, message) = cut::at_text(text, b": ")?;
        let line = Self {
            stamp: Stamp::Missing,
            message,
            host: b"",
            tag,
            is_exim: false,
        };
        let is_whole = !tag.contains(&b' ') && matches!(line.program(), Program::Postfix(_));
        is_whole.then_some(line)
    }
}

/// The line of a text that begins there.
pub fn line_at(text: &[u8], at: usize) -> &[u8] {
    cut::before(text.get(at..).unwrap_or_default(), b'\n')
}

/// Whether a line of a log has a time.
pub fn has_time(line: &[u8]) -> bool {
    Line::read(line).is_some_and(|line| line.stamp != Stamp::Missing)
}

/// Whether a line begins with a stamp without a year.
#[inline(always)]
pub(super) fn is_yearless(text: &[u8]) -> bool {
    YEARLESS.begins(text)
}

/// Whether a line begins with a full stamp.
#[inline(always)]
pub(super) fn is_full(text: &[u8]) -> bool {
    FULL.begins(text) && has_seconds(text)
}

/// Whether what begins like a full stamp goes on with seconds.
#[inline(always)]
fn has_seconds(text: &[u8]) -> bool {
    matches!(text.get(16..FULL_OCTETS), Some([b':', _, b'0'..=b'9']))
}

/// What follows the elements of structured data, the first of which has been opened: in `a="1\]"][b c="2"] text` it is the
/// text. A value may have brackets in it (RFC 5424, section 6.3.3).
fn behind_elements(data: &[u8]) -> Option<&[u8]> {
    let (mut is_value, mut is_escaped) = (false, false);
    let end = data.windows(2).position(|pair| {
        let is_end = !is_value && *pair == *b"] ";
        let is_quote = pair.first() == Some(&b'"') && !is_escaped;
        is_value ^= is_quote;
        is_escaped = is_value && !is_escaped && pair.first() == Some(&b'\\');
        is_end
    })?;
    data.get(end + 2..)
}

/// Whether it is `PROGRAM[PID]:`, or `PROGRAM:` of a mail server.
fn is_tag(word: &[u8]) -> bool {
    let Some(word) = word.strip_suffix(b":") else {
        return false;
    };
    let parts = word
        .strip_suffix(b"]")
        .and_then(|word| Some((word, memrchr(b'[', word)?)));
    match parts {
        Some((word, bracket)) => {
            let pid = word.get(bracket + 1..).unwrap_or_default();
            bracket > 0 && !pid.is_empty() && pid.iter().all(u8::is_ascii_digit)
        }
        None => word.starts_with(b"exim") || word.starts_with(b"postfix") && word.contains(&b'/'),
    }
}

#[cfg(test)]
mod tests;
