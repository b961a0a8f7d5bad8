//! `journalctl -o export`: <https://systemd.io/JOURNAL_EXPORT_FORMATS/>.

use memchr::memchr;

use super::entry::{Entry, MESSAGE_MAX};
use super::is_in_name;

/// Octets of the name of a field.
const NAME_MAX: usize = 64;

/// Octets of a line that are kept: of a name, `=`, and a message.
const LINE_MAX: usize = NAME_MAX + 1 + MESSAGE_MAX;

/// Octets of a value: systemd itself takes no longer ones. A size above it is none.
const VALUE_MAX: u64 = 768 << 20;

/// Reads the format piece by piece.
#[derive(Default)]
pub(super) struct Export {
    entry: Entry,
    place: Place,
    /// A line, a size or a value that has begun, as much of it as is needed.
    begun: Vec<u8>,
    /// The name of the field whose size or value is being read.
    name: Vec<u8>,
}

/// What comes next.
#[derive(Clone, Copy, Default)]
enum Place {
    /// A line, or the rest of it.
    #[default]
    Line,
    /// The size of a value, eight octets.
    Size,
    /// A value, or the rest of it: so many octets.
    Value(u64),
    /// The end of a line behind a value.
    End,
    /// Something that is no field. It ends with the entry, at an empty line.
    Broken { is_in_line: bool },
}

impl Export {
    /// Reads on, and appends what that makes to the lines.
    pub(super) fn feed(&mut self, mut octets: &[u8], lines: &mut Vec<u8>) {
        while !octets.is_empty() {
            let taken = match self.place {
                Place::Line => self.line(octets, lines),
                Place::Size => self.size(octets, lines),
                Place::Value(left) => self.value(octets, left),
                Place::End => self.end(octets, lines),
                Place::Broken { is_in_line } => self.broken(octets, is_in_line, lines),
            };
            octets = octets.get(taken..).unwrap_or_default();
        }
    }

    /// Appends what is left when there is no more to come.
    pub(super) fn finish(&mut self, lines: &mut Vec<u8>) {
        let begun = std::mem::take(&mut self.begun);
        match std::mem::take(&mut self.place) {
            Place::Line if !begun.is_empty() => self.field(&begun, lines),
            Place::Value(_) | Place::End => self.entry.set(&self.name, &begun),
            Place::Broken { is_in_line: true } => lines.push(b'\n'),
            Place::Line | Place::Size | Place::Broken { .. } => {}
        }
        self.entry.finish(lines);
    }

    /// Takes a line, or as much of it as there is: how many octets that was.
    fn line(&mut self, octets: &[u8], lines: &mut Vec<u8>) -> usize {
        let Some((end, line)) =
            memchr(b'\n', octets).and_then(|end| Some((end, octets.get(..end)?)))
        else {
            self.keep(octets, LINE_MAX);
            return octets.len();
        };
        if self.begun.is_empty() {
            self.field(line, lines);
        } else {
            self.keep(line, LINE_MAX);
            let mut line = std::mem::take(&mut self.begun);
            self.field(&line, lines);
            line.clear();
            self.begun = line;
        }
        end + 1
    }

    /// Takes a whole line.
    fn field(&mut self, line: &[u8], lines: &mut Vec<u8>) {
        let end = line.iter().position(|octet| !is_in_name(*octet));
        let (name, value) = line.split_at(end.unwrap_or(line.len()));
        match value {
            _ if line.is_empty() => self.entry.finish(lines),
            _ if name.is_empty() || name.len() > NAME_MAX => self.give_up(line, lines),
            [b'=', value @ ..] => self.entry.set(name, value),
            [] => {
                self.name.clear();
                self.name.extend(name);
                self.place = Place::Size;
            }
            _ => self.give_up(line, lines),
        }
    }

    /// Ends an entry with a line that is no field.
    fn give_up(&mut self, line: &[u8], lines: &mut Vec<u8>) {
        self.entry.finish(lines);
        lines.extend(line);
        lines.push(b'\n');
        self.place = Place::Broken { is_in_line: false };
    }

    fn size(&mut self, octets: &[u8], lines: &mut Vec<u8>) -> usize {
        let missing = size_of::<u64>() - self.begun.len().min(size_of::<u64>());
        let taken = octets.len().min(missing);
        self.begun.extend(octets.iter().take(taken));
        if let Ok(size) = self.begun.as_slice().try_into() {
            self.begun.clear();
            match u64::from_le_bytes(size) {
                size if size > VALUE_MAX => {
                    let name = std::mem::take(&mut self.name);
                    self.give_up(&name, lines);
                }
                size => self.place = Place::Value(size),
            }
        }
        taken
    }

    fn value(&mut self, octets: &[u8], left: u64) -> usize {
        let taken = usize::try_from(left).map_or(octets.len(), |left| left.min(octets.len()));
        self.keep(octets.get(..taken).unwrap_or_default(), MESSAGE_MAX);
        let left = left.saturating_sub(u64::try_from(taken).unwrap_or(left));
        self.place = match left {
            0 => Place::End,
            left => Place::Value(left),
        };
        taken
    }

    fn end(&mut self, octets: &[u8], lines: &mut Vec<u8>) -> usize {
        self.entry.set(&self.name, &self.begun);
        self.begun.clear();
        if octets.first() == Some(&b'\n') {
            self.place = Place::Line;
            return 1;
        }
        // The size was wrong.
        self.entry.finish(lines);
        self.place = Place::Broken { is_in_line: false };
        0
    }

    /// Hands on what is no field, as it is.
    fn broken(&mut self, octets: &[u8], is_in_line: bool, lines: &mut Vec<u8>) -> usize {
        match memchr(b'\n', octets) {
            Some(0) if !is_in_line => {
                self.place = Place::Line;
                1
            }
            Some(end) => {
                lines.extend(octets.iter().take(end + 1));
                self.place = Place::Broken { is_in_line: false };
                end + 1
            }
            None => {
                lines.extend(octets);
                self.place = Place::Broken { is_in_line: true };
                octets.len()
            }
        }
    }

    /// Keeps what has begun, as far as it is needed.
    fn keep(&mut self, octets: &[u8], max: usize) {
        let room = max.saturating_sub(self.begun.len());
        self.begun.extend(octets.iter().take(room));
    }
}
