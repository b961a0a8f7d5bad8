//! From files to the stories in them, in order.

pub(crate) mod chunks;
pub(crate) mod new_year;
pub(crate) mod order;
pub(crate) mod pieces;
pub(crate) mod progress;
pub(crate) mod source;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::RecvError;
use std::thread;
use std::time::Duration;

use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use memchr::memchr_iter;
use thiserror::Error;
use tokio::sync::mpsc::{self, Receiver};
use tokio::task::{JoinHandle, spawn_blocking};

use self::new_year::First;
use self::pieces::{Logs, Open, Piece, Step, wait};
use self::source::{Source, Stop, Trouble, Watch};
use crate::command::scan::report::{FileRead, Reading};
use crate::command::scan::tally::Tally;
use crate::command::scan::tally::around::Around;
use crate::maillog::calendar::Calendar;
use crate::maillog::event::Unreadable;
use crate::maillog::line::{Line, Stamp, line_at};
use crate::maillog::plain::plain;
use crate::maillog::sieve::Bad;
use crate::maillog::story::News;
use crate::maillog::trail::{Limits, Trail};
use crate::verdict::Table;

/// How often a log that is followed is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How many lines are looked at to find one that has a day.
const LINES_NEAR: usize = 16;

/// What is found in a log that is followed, and not told yet.
const NEWS_AHEAD: usize = 64;

/// What is said of a file that has been read in vain.
const UNKNOWN: &str = "most of its lines are not those of a mail log, or not in a form that is known: --explain shows them";

/// How logs are to be read.
pub(crate) struct Reader {
    /// Which addresses are reserved.
    pub(crate) table: Arc<Table>,
    /// The zone of times without one.
    pub(crate) zone: TimeZone,
    /// The year of the first line.
    pub(crate) year: Option<i16>,
    /// Whether to show lines that cannot be read.
    pub(crate) is_explained: bool,
    /// Octets read, packed.
    pub(crate) octets: Arc<AtomicU64>,
    pub(crate) progress: ProgressBar,
}

/// Logs that are being read.
pub(crate) struct Work {
    /// What is found, at once; if a log is followed.
    pub(crate) live: Option<Receiver<News>>,
    /// What was found, in the end.
    pub(crate) done: JoinHandle<Result<(Tally, Reading), NothingGrows>>,
}

/// There is nothing to follow.
#[derive(Debug, Error)]
#[error(
    "there is nothing to follow: name a log that is there, may be read and is not packed, or - for standard input"
)]
pub(crate) struct NothingGrows;

/// What is going on while logs are read.
struct Progress<'r, 't, T> {
    reader: &'r Reader,
    trail: Trail<'t>,
    reading: Reading,
    tell: T,
}

impl Reader {
    /// Begins to read files, oldest first, on threads of their own. The newest is followed, if there
    /// is something that stops it.
    pub(crate) fn start(
        self,
        files: Vec<PathBuf>,
        around: Option<Around>,
        stop: Option<Stop>,
    ) -> Work {
        let (sender, live) = stop.is_some().then(|| mpsc::channel(NEWS_AHEAD)).unzip();
        let done = spawn_blocking(move || {
            let mut tally = Tally::new(around);
            let reading = self.scan(&files, stop.as_ref(), |news| {
                if let News::Over(story) = &news {
                    tally.tell(story);
                }
                if let Some(sender) = &sender {
                    // If nobody reads on, it is still counted.
                    let _told = sender.blocking_send(news);
                }
            });
            reading.map(|reading| (tally, reading))
        });
        Work { live, done }
    }

    fn scan(
        &self,
        files: &[PathBuf],
        stop: Option<&Stop>,
        tell: impl FnMut(News) + Send,
    ) -> Result<Reading, NothingGrows> {
        let first = |text: &[u8], modified| self.first(text, modified, self.year);
        let mut files = order::oldest_first(files, &first);
        let mut followed = None;
        if stop.is_some() {
            // What grows has the time at which it was written to.
            let first = |text: &[u8], modified| self.first(text, modified, None);
            let grows = order::growing(&files, &first).ok_or(NothingGrows)?;
            let file = files.remove(grows);
            followed = Some(file.clone());
            // What follows it would never be read.
            files.push(file);
        }
        let open = |path: &Path| match stop {
            // What comes from another pipe may be happening now, too.
            Some(stop) if Some(path) == followed.as_deref() || order::is_pipe(path) => {
                let watch = Watch {
                    stop: stop.clone(),
                    pause: Box::new(|| thread::park_timeout(LOOK)),
                };
                Source::watch(path, &self.octets, watch)
            }
            _ => Source::open(path, &self.octets),
        };
        let reading = self.read(files, &open, tell);
        self.progress.finish_and_clear();
        Ok(reading)
    }

    /// Reads files in this order, and tells what is found in them. What of a file cannot be read is said in the end.
    pub(crate) fn read(
        &self,
        files: Vec<PathBuf>,
        open: Open<'_>,
        tell: impl FnMut(News) + Send,
    ) -> Reading {
        let calendar = Calendar::new(self.zone.clone(), self.year);
        let mut progress = Progress {
            reader: self,
            trail: Trail::new(&self.table, calendar, Limits::default()),
            reading: Reading::default(),
            tell,
        };
        // On one of the threads that sieve, which does so while it waits for a piece.
        rayon::scope(|_| {
            thread::scope(|scope| {
                let mut logs = Logs::new(scope, files, open, Arc::clone(&self.table));
                while let Some((path, steps)) = logs.next() {
                    progress.begin(path.display().to_string());
                    for step in steps {
                        progress.step(step, &logs);
                    }
                }
            });
        });
        progress.end()
    }

    /// The time of the first line that has one, in text of a file that was written to last at a time.
    fn first(&self, text: &[u8], modified: Option<Timestamp>, year: Option<i16>) -> Option<First> {
        let latest = modified.unwrap_or_else(Timestamp::now);
        let calendar = |year| {
            let mut calendar = Calendar::new(self.zone.clone(), year);
            calendar.open(latest);
            calendar
        };
        let mut of_year = calendar(year);
        // A 29th of February may be in that one only.
        let mut of_next = year.map(|year| calendar(year.checked_add(1)));
        let lines = text.split(|octet| *octet == b'\n');
        let mut lines = lines.filter_map(Line::read);
        lines.find_map(|line| match (of_year.read(line.stamp), line.stamp) {
            (Some(at), Stamp::Yearless(_)) if year.is_some() => Some(First::OfYear(at)),
            (Some(at), _) => Some(First::At(at)),
            (None, stamp) => of_next.as_mut()?.read(stamp).map(First::At),
        })
    }
}

impl<T: FnMut(News)> Progress<'_, '_, T> {
    fn begin(&mut self, name: String) {
        self.reading.files.push(FileRead {
            name,
            kind: "unknown",
            lines: 0,
            octets: 0,
            unparsable: 0,
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
                match wait(&piece) {
                    Ok(Ok(piece)) => {
                        self.take(&piece);
                        logs.reuse(piece);
                    }
                    Ok(Err(error)) => self.fail(&Trouble::from(error)),
                    Err(RecvError) => {}
                }
            }
            Step::Failed(error) => self.fail(&error.trouble),
        }
    }

    /// The file cannot be read, or not all of it.
    fn fail(&mut self, trouble: &Trouble) {
        if let Some(file) = self.reading.files.last_mut() {
            file.error = Some(trouble.to_string());
        }
    }

    fn take(&mut self, piece: &Piece) {
        let sieved = &piece.sieved;
        if let Some((first, _)) = sieved.times {
            self.note(line_at(piece.text(), first));
        }
        let mut months = sieved.months.iter().peekable();
        for line in &sieved.kept {
            while let Some(at) = months.next_if(|at| **at <= line.at()) {
                self.turn(piece.text(), *at);
            }
            line.read(piece.text(), |record| {
                self.trail.follow(record, &mut self.tell);
            });
        }
        for at in months {
            self.turn(piece.text(), *at);
        }
        if let Some((_, last)) = sieved.times {
            self.note(line_at(piece.text(), last));
        }
        if self.reader.is_explained {
            self.explain(&sieved.unreadable, piece.text());
        }
        let (octets, unparsable) = (piece.octets, count(sieved.unreadable.len()));
        self.reading.lines += sieved.lines;
        self.reading.octets += octets;
        if let Some(file) = self.reading.files.last_mut() {
            file.lines += sieved.lines;
            file.octets += octets;
            file.unparsable += unparsable;
        }
        let read = self.reader.octets.load(Ordering::Relaxed);
        self.reader.progress.set_position(read);
    }

    /// Has the calendar read the last line before this one, and this one, which is of another month: it tells years by how far
    /// they are from each other.
    fn turn(&mut self, text: &[u8], at: usize) {
        let Some((before, behind)) = text.split_at_checked(at) else {
            return;
        };
        let mut has_day = |line: &[u8]| {
            let stamp = Line::read(line).map(|line| line.stamp);
            let yearless = stamp.filter(|stamp| matches!(stamp, Stamp::Yearless(_)));
            yearless.is_some_and(|stamp| self.trail.calendar().read(stamp).is_some())
        };
        let is_end = |octet: &u8| *octet == b'\n';
        // If one has none, or one that there is not, the next one may.
        let _last = before.rsplit(is_end).take(LINES_NEAR).any(&mut has_day);
        let _first = behind.split(is_end).take(LINES_NEAR).any(has_day);
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

    /// Shows the lines of a piece that cannot be read.
    fn explain(&self, unreadable: &[Bad], text: &[u8]) {
        let file = self.reading.files.last();
        let (name, mut number) = file.map_or(("", 1), |file| (&*file.name, file.lines + 1));
        let mut counted = 0;
        for Bad {
            at,
            why: Unreadable(why),
        } in unreadable
        {
            let before = text.get(counted..*at).unwrap_or_default();
            number += count(memchr_iter(b'\n', before).count());
            counted = *at;
            let line = plain(line_at(text, *at));
            self.reader.progress.suspend(|| {
                // If standard error is closed there is nobody to tell.
                let _told = writeln!(anstream::stderr().lock(), "{name}:{number}: {why}: {line}");
            });
        }
    }

    fn end(mut self) -> Reading {
        self.trail.finish(&mut self.tell);
        for file in &mut self.reading.files {
            // What is in it would be missed in silence.
            if file.unparsable > file.lines / 2 && file.error.is_none() {
                file.error = Some(UNKNOWN.to_owned());
            }
        }
        self.reading.repeated = self.trail.repeated;
        self.reading.failures_left_out = self.trail.failures_left_out;
        self.reading
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
