//! `journalctl -o json`: one object a line, its values text, or arrays of octets where that is no text.

use std::fmt;

use memchr::memchr;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};

use super::entry::Entry;

/// Octets of a line that are read as JSON. Fields above 4096 octets are left out by journalctl itself.
const LINE_MAX: usize = 1 << 20;

/// Reads the format piece by piece.
#[derive(Default)]
pub(super) struct Json {
    entry: Entry,
    /// A line that has begun.
    begun: Vec<u8>,
    /// Whether the line is too long, and handed on as it comes.
    is_too_long: bool,
}

/// The fields of an entry that matter. Those that are not there are empty.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    received: Value,
    #[serde(rename = "_SOURCE_REALTIME_TIMESTAMP")]
    sent: Value,
    #[serde(rename = "_HOSTNAME")]
    host: Value,
    #[serde(rename = "SYSLOG_IDENTIFIER")]
    identifier: Value,
    #[serde(rename = "_COMM")]
    command: Value,
    #[serde(rename = "SYSLOG_PID")]
    syslog_pid: Value,
    #[serde(rename = "_PID")]
    pid: Value,
    #[serde(rename = "MESSAGE")]
    message: Value,
}

/// A value of a field.
enum Value {
    Octets(Vec<u8>),
    /// An octet of an array.
    Number(u64),
}

impl Default for Value {
    fn default() -> Self {
        Self::Octets(Vec::new())
    }
}

impl Json {
    /// Reads on, and appends what that makes to the lines.
    pub(super) fn feed(&mut self, mut octets: &[u8], lines: &mut Vec<u8>) {
        while let Some(end) = memchr(b'\n', octets) {
            let (line, rest) = octets.split_at(end);
            self.line_ends(line, lines);
            octets = rest.get(1..).unwrap_or_default();
        }
        self.begin(octets, lines);
    }

    /// Appends what is left when there is no more to come.
    pub(super) fn finish(&mut self, lines: &mut Vec<u8>) {
        self.line_ends(b"", lines);
    }

    fn begin(&mut self, octets: &[u8], lines: &mut Vec<u8>) {
        if !self.is_too_long && self.begun.len() + octets.len() > LINE_MAX {
            self.is_too_long = true;
            lines.append(&mut self.begun);
        }
        let place = if self.is_too_long {
            lines
        } else {
            &mut self.begun
        };
        place.extend(octets);
    }

    fn line_ends(&mut self, line: &[u8], lines: &mut Vec<u8>) {
        if self.begun.is_empty() && !self.is_too_long && line.len() <= LINE_MAX {
            self.object(line, lines);
            return;
        }
        self.begin(line, lines);
        if std::mem::take(&mut self.is_too_long) {
            lines.push(b'\n');
            return;
        }
        let mut begun = std::mem::take(&mut self.begun);
        self.object(&begun, lines);
        begun.clear();
        self.begun = begun;
    }

    fn object(&mut self, line: &[u8], lines: &mut Vec<u8>) {
        if line.is_empty() {
            return;
        }
        let before = lines.len();
        if let Ok(fields) = serde_json::from_slice::<Fields>(line) {
            self.take(&fields);
            self.entry.finish(lines);
        }
        if lines.len() == before {
            lines.extend(line);
            lines.push(b'\n');
        }
    }

    fn take(&mut self, fields: &Fields) {
        for (name, value) in [
            ("__REALTIME_TIMESTAMP", &fields.received),
            ("_SOURCE_REALTIME_TIMESTAMP", &fields.sent),
            ("_HOSTNAME", &fields.host),
            ("SYSLOG_IDENTIFIER", &fields.identifier),
            ("_COMM", &fields.command),
            ("SYSLOG_PID", &fields.syslog_pid),
            ("_PID", &fields.pid),
            ("MESSAGE", &fields.message),
        ] {
            match value {
                Value::Octets(octets) if octets.is_empty() => {}
                Value::Octets(octets) => self.entry.set(name.as_bytes(), octets),
                Value::Number(number) => {
                    self.entry
                        .set(name.as_bytes(), number.to_string().as_bytes());
                }
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text, an array of octets, or several of them")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Octets(text.as_bytes().to_vec()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    /// What journalctl finds too long to print.
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut octets = Vec::new();
        let mut last = None;
        while let Some(element) = elements.next_element()? {
            match element {
                Value::Number(number) => {
                    octets.push(u8::try_from(number).map_err(A::Error::custom)?);
                }
                // A field may have several values. journalctl prints the last as a line.
                Value::Octets(value) => last = Some(value),
            }
        }
        Ok(Value::Octets(last.unwrap_or(octets)))
    }
}
