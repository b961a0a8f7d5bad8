//! When and where, at the beginning of a line.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::agenda::{Line, Micros, SECOND};

/// How a line begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stamps {
    /// `Mar 20 14:05:01 web postfix/smtp[15520]: `
    #[default]
    Traditional,
    /// `2015-03-20T14:05:01.123456+01:00 web postfix/smtp[15520]: `
    Rfc3339,
    /// `<22>1 2015-03-20T14:05:01.123456+01:00 web postfix/smtp 15520 - - `
    Rfc5424,
    /// `2015-03-20 14:05:01 `, which Exim writes itself.
    Exim,
}

/// Writes lines with the time in front of them.
pub(super) struct Stamper {
    stamps: Stamps,
    zone: TimeZone,
    second: u64,
    /// The time as it is written, up to that second.
    text: String,
}

/// The machine's name.
pub(super) const HOST: &str = "web";

impl Stamper {
    pub(super) fn new(stamps: Stamps) -> Self {
        Self {
            stamps,
            zone: TimeZone::fixed(jiff::tz::offset(1)),
            second: 0,
            text: String::new(),
        }
    }

    /// Writes a line without its end, and says how long all of it is that is not the program's own words.
    pub(super) fn write(&mut self, at: Micros, line: &Line, out: &mut Vec<u8>) -> usize {
        if at / SECOND != self.second {
            self.second = at / SECOND;
            self.text = self.second_as_text();
        }
        let (time, micros) = (&self.text, at % SECOND);
        let Line { program, pid, .. } = line;
        let head = match self.stamps {
            Stamps::Traditional => format!("{time} {HOST} {program}[{pid}]: "),
            Stamps::Rfc3339 => format!("{time}.{micros:06}+01:00 {HOST} {program}[{pid}]: "),
            Stamps::Rfc5424 => {
                format!("<22>1 {time}.{micros:06}+01:00 {HOST} {program} {pid} - - ")
            }
            Stamps::Exim => format!("{time} "),
        };
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(line.text.as_bytes());
        head.len()
    }

    fn second_as_text(&self) -> String {
        let second = i64::try_from(self.second).unwrap_or_default();
        let time = Timestamp::from_second(second).unwrap_or_default();
        let format = match self.stamps {
            Stamps::Traditional => "%b %e %H:%M:%S",
            Stamps::Rfc3339 | Stamps::Rfc5424 => "%Y-%m-%dT%H:%M:%S",
            Stamps::Exim => "%Y-%m-%d %H:%M:%S",
        };
        let mut text = String::new();
        let time = time.to_zoned_datetime(self.zone.clone());
        // The format is right, and text has room.
        write!(text, "{}", time.strftime(format)).unwrap_or_default();
        text
    }
}
