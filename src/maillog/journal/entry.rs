//! What of an entry gets into its line.

use jiff::Timestamp;

/// Octets of a message that are kept. A line of syslog has 8 KiB at most.
pub(super) const MESSAGE_MAX: usize = 64 << 10;

/// Octets kept of all else: a name, a number.
const FIELD_MAX: usize = 255;

/// What a line has for a host that is not known.
const NO_HOST: &[u8] = b"-";

/// What journalctl itself prints for a program that is not known.
const NO_PROGRAM: &[u8] = b"unknown";

/// One entry of the journal. An empty field is one that it does not have.
#[derive(Default)]
pub(super) struct Entry {
    /// Whether it has any field, wanted or not.
    has_fields: bool,
    received: Vec<u8>,
    sent: Vec<u8>,
    host: Vec<u8>,
    identifier: Vec<u8>,
    command: Vec<u8>,
    syslog_pid: Vec<u8>,
    pid: Vec<u8>,
    message: Vec<u8>,
}

impl Entry {
    /// Takes a field, or as much of it as is needed.
    pub(super) fn set(&mut self, name: &[u8], value: &[u8]) {
        self.has_fields = true;
        let Some((field, max)) = self.field(name) else {
            return;
        };
        // Of several values journalctl prints the last.
        field.clear();
        field.extend(value.iter().take(max));
    }

    fn field(&mut self, name: &[u8]) -> Option<(&mut Vec<u8>, usize)> {
        let field = match name {
            b"MESSAGE" => return Some((&mut self.message, MESSAGE_MAX)),
            b"__REALTIME_TIMESTAMP" => &mut self.received,
            b"_SOURCE_REALTIME_TIMESTAMP" => &mut self.sent,
            b"_HOSTNAME" => &mut self.host,
            b"SYSLOG_IDENTIFIER" => &mut self.identifier,
            b"_COMM" => &mut self.command,
            b"SYSLOG_PID" => &mut self.syslog_pid,
            b"_PID" => &mut self.pid,
            _ => return None,
        };
        Some((field, FIELD_MAX))
    }

    /// Appends the entry as a line, if it has any field, and forgets it. One without a message is a line, too: an entry is
    /// counted as one line, whatever it says.
    pub(super) fn finish(&mut self, lines: &mut Vec<u8>) {
        if !self.has_fields {
            return;
        }
        // When it happened, as journalctl prints it, not when it was written down.
        let time = time(&self.sent).or_else(|| time(&self.received));
        if let Some(time) = time {
            lines.extend(format!("{time:.6} ").as_bytes());
        }
        append_word(lines, or(&self.host, NO_HOST));
        lines.push(b' ');
        let program = or(&self.command, NO_PROGRAM);
        append_word(lines, or(&self.identifier, program));
        let pid = or(&self.syslog_pid, &self.pid);
        if !pid.is_empty() {
            lines.push(b'[');
            append_word(lines, pid);
            lines.push(b']');
        }
        lines.extend(b": ");
        append_text(lines, &self.message);
        lines.push(b'\n');
        self.forget();
    }

    /// Has no fields any more, but their room.
    fn forget(&mut self) {
        let Self {
            has_fields,
            received,
            sent,
            host,
            identifier,
            command,
            syslog_pid,
            pid,
            message,
        } = self;
        *has_fields = false;
        for field in [
            received, sent, host, identifier, command, syslog_pid, pid, message,
        ] {
            field.clear();
        }
    }
}

/// The first that is not empty.
fn or<'a>(one: &'a [u8], other: &'a [u8]) -> &'a [u8] {
    if one.is_empty() { other } else { one }
}

/// Appends a word: what would end it becomes an underscore.
fn append_word(lines: &mut Vec<u8>, word: &[u8]) {
    let tame = |octet: &u8| if *octet <= b' ' { b'_' } else { *octet };
    lines.extend(word.iter().map(tame));
}

/// Appends a message: what would end the line becomes a space.
fn append_text(lines: &mut Vec<u8>, text: &[u8]) {
    let tame = |octet: &u8| match octet {
        b'\n' | b'\r' => b' ',
        octet => *octet,
    };
    lines.extend(text.iter().map(tame));
}

/// The time of a field: microseconds since 1970.
fn time(field: &[u8]) -> Option<Timestamp> {
    let microseconds = std::str::from_utf8(field).ok()?.parse().ok()?;
    Timestamp::from_microsecond(microseconds).ok()
}
