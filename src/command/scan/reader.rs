//! From files to the stories in them, in order.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use memchr::memchr;

use super::pieces::{Logs, Open, Piece, Step};
use super::report::{FileRead, Reading};
use crate::maillog::calendar::Calendar;
use crate::maillog::line::{Line, Stamp};
use crate::maillog::plain::plain;
use crate::maillog::record::Record;
use crate::maillog::sieve::Bad;
use crate::maillog::trail::{Limits, News, Trail};
use crate::verdict::Table;

/// How logs are to be read.
pub(super) struct Reader {
    /// Which addresses are reserved.
    pub(super) table: Arc<Table>,
    /// The zone of times without one.
    pub(super) zone: TimeZone,
    /// The year of the first line.
    pub(super) year: Option<i16>,
    /// Whether to show lines that cannot be read.
    pub(super) is_explained: bool,
    /// Octets read, packed.
    pub(super) octets: Arc<AtomicU64>,
    pub(super) progress: ProgressBar,
}

/// What is going on while logs are read.
struct Progress<'r, 't, T> {
    reader: &'r Reader,
    trail: Trail<'t>,
    reading: Reading,
    tell: T,
}

impl Reader {
    /// Reads files in this order, and tells what is found in them. What of a file cannot be read is said in the end.
    pub(super) fn read(
        &self,
        files: Vec<PathBuf>,
        open: Open<'_>,
        tell: impl FnMut(News),
    ) -> Reading {
        let calendar = Calendar::new(self.zone.clone(), self.year);
        let mut progress = Progress {
            reader: self,
            trail: Trail::new(&self.table, calendar, Limits::default()),
            reading: Reading::default(),
            tell,
        };
        thread::scope(|scope| {
            let mut logs = Logs::new(scope, files, open, Arc::clone(&self.table));
            while let Some((path, steps)) = logs.next() {
                progress.begin(path.display().to_string());
                for step in steps {
                    progress.step(step, &logs);
                }
            }
        });
        progress.end()
    }

    /// The time of the first line that has one, in text of a file that was written to last at a time.
    pub(super) fn first_time(&self, text: &[u8], modified: Option<Timestamp>) -> Option<Timestamp> {
        let mut calendar = Calendar::new(self.zone.clone(), None);
        calendar.open(modified.unwrap_or_else(Timestamp::now));
        let lines = text.split(|octet| *octet == b'\n');
        let stamps = lines.filter_map(|line| Line::read(line).map(|line| line.stamp));
        stamps
            .filter(|stamp| *stamp != Stamp::Missing)
            .find_map(|stamp| calendar.read(stamp))
    }
}

impl<T: FnMut(News)> Progress<'_, '_, T> {
    fn begin(&mut self, name: String) {
        self.reading.files.push(FileRead {
            name,
            kind: "unknown",
            lines: 0,
            octets: 0,
            error: None,
        });
    }

    fn step(&mut self, step: Step, logs: &Logs<'_, '_>) {
        match step {
            Step::Opened(opened) => {
                let latest = opened.modified.unwrap_or_else(Timestamp::now);
                self.trail.calendar().open(latest);
                if let Some(file) = self.reading.files.last_mut() {
                    file.kind = opened.kind;
                }
            }
            Step::Piece(piece) => {
                // Who sieves it gives it back, or the program ends.
                if let Ok(piece) = piece.recv() {
                    self.take(&piece);
                    logs.reuse(piece.text);
                }
            }
            Step::Failed(error) => {
                if let Some(file) = self.reading.files.last_mut() {
                    file.error = Some(error.trouble.to_string());
                }
            }
        }
    }

    fn take(&mut self, piece: &Piece) {
        let sieved = &piece.sieved;
        if let Some((first, _)) = sieved.times {
            self.note(line_at(&piece.text, first));
        }
        for at in &sieved.kept {
            if let Ok((_, Some(record))) = Record::read(line_at(&piece.text, *at)) {
                self.trail.follow(&record, &mut self.tell);
            }
        }
        if let Some((_, last)) = sieved.times {
            self.note(line_at(&piece.text, last));
        }
        if self.reader.is_explained {
            for bad in &sieved.unreadable {
                self.explain(bad, line_at(&piece.text, bad.at));
            }
        }
        let (octets, unparsable) = (count(piece.text.len()), count(sieved.unreadable.len()));
        self.reading.lines += sieved.lines;
        self.reading.octets += octets;
        self.reading.unparsable += unparsable;
        if let Some(file) = self.reading.files.last_mut() {
            file.lines += sieved.lines;
            file.octets += octets;
        }
        let read = self.reader.octets.load(Ordering::Relaxed);
        self.reader.progress.set_position(read);
    }

    /// Notes that there is a line of this time.
    fn note(&mut self, line: &[u8]) {
        let stamp = Line::read(line).map(|line| line.stamp);
        let Some(at) = stamp.and_then(|stamp| self.trail.calendar().read(stamp)) else {
            return;
        };
        let reading = &mut self.reading;
        reading.first = Some(reading.first.map_or(at, |first| first.min(at)));
        reading.last = Some(reading.last.map_or(at, |last| last.max(at)));
    }

    /// Shows a line that cannot be read.
    fn explain(&self, bad: &Bad, line: &[u8]) {
        let file = self.reading.files.last();
        let (name, before) = file.map_or(("", 0), |file| (&*file.name, file.lines));
        let (number, why, text) = (before + bad.line + 1, bad.why.0, plain(line));
        self.reader.progress.suspend(|| {
            // If standard error is closed there is nobody to tell.
            let _told = writeln!(anstream::stderr().lock(), "{name}:{number}: {why}: {text}");
        });
    }

    fn end(mut self) -> Reading {
        self.trail.finish(&mut self.tell);
        self.reading.repeated = self.trail.repeated;
        self.reading
    }
}

/// The line that begins there.
fn line_at(text: &[u8], at: usize) -> &[u8] {
    let rest = text.get(at..).unwrap_or_default();
    let end = memchr(b'\n', rest).unwrap_or(rest.len());
    rest.get(..end).unwrap_or(rest)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
