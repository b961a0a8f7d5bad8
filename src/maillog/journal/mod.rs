//! The journal of systemd, as `journalctl -o export` and `journalctl -o json` print it, as lines of a log.
//!
//! Each entry becomes one line: `2015-03-20T14:05:01.123456Z host program[pid]: message`. What is no entry is handed on as
//! it is, to be counted with all that cannot be read.

mod entry;
mod export;
mod json;

#[cfg(test)]
mod tests;

use self::export::Export;
use self::json::Json;

/// Octets by which all formats can be told apart: a name of a field has 64 at most.
pub const HEAD: usize = 72;

/// How a journal is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `journalctl -o export`: lines of `NAME=value`, and an empty one behind each entry.
    Export,
    /// `journalctl -o json`: an object a line.
    Json,
}

impl Format {
    /// Whether what begins so is a printed journal; none where more octets are needed to tell.
    pub fn detect(head: &[u8]) -> Option<Option<Self>> {
        let (format, name, end) = match head {
            [] | [b'{'] | [b'_'] => return None,
            [b'{', b'"', name @ ..] => (Self::Json, name, b'"'),
            [b'_', b'_', ..] => (Self::Export, head, b'='),
            _ => return Some(None),
        };
        match name.iter().position(|octet| !is_in_name(*octet)) {
            Some(0) => Some(None),
            Some(place) => Some((name.get(place) == Some(&end)).then_some(format)),
            None if head.len() < HEAD => None,
            None => Some(None),
        }
    }
}

/// Makes lines of a printed journal, however the octets come.
pub struct Lines(Reader);

enum Reader {
    Export(Export),
    Json(Json),
}

impl Lines {
    /// Reads that format, from its beginning.
    pub fn new(format: Format) -> Self {
        Self(match format {
            Format::Export => Reader::Export(Export::default()),
            Format::Json => Reader::Json(Json::default()),
        })
    }

    /// Reads on, and appends what that makes to the lines.
    pub fn feed(&mut self, octets: &[u8], lines: &mut Vec<u8>) {
        match &mut self.0 {
            Reader::Export(export) => export.feed(octets, lines),
            Reader::Json(json) => json.feed(octets, lines),
        }
    }

    /// Appends what is left when there is no more to come.
    pub fn finish(&mut self, lines: &mut Vec<u8>) {
        match &mut self.0 {
            Reader::Export(export) => export.finish(lines),
            Reader::Json(json) => json.finish(lines),
        }
    }
}

/// Whether names of fields have this octet.
fn is_in_name(octet: u8) -> bool {
    octet.is_ascii_uppercase() || octet.is_ascii_digit() || octet == b'_'
}
