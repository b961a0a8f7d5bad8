//! Logs that grow while they are read. Nobody sleeps here: what happens next happens when one would wait for it.

use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::io::{PipeReader, Write as _, pipe};
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;
use std::sync::Mutex;

use tempfile::TempDir;

use super::super::chunks::Chunks;
use super::*;

/// Something that happens to a log.
type Event = Box<dyn FnOnce(&Path) + Send>;

fn append(text: &'static str) -> Event {
    Box::new(move |log| append_to(log, text))
}

fn append_to(log: &Path, text: &str) {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(log)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Renames the log to that name.
fn rotate(name: &'static str) -> Event {
    Box::new(move |log| fs::rename(log, log.with_file_name(name)).unwrap())
}

fn append_rotated(name: &'static str, text: &'static str) -> Event {
    Box::new(move |log| append_to(&log.with_file_name(name), text))
}

fn truncate(text: &'static str) -> Event {
    Box::new(move |log| fs::write(log, text).unwrap())
}

/// Watches a log to which one thing after another happens, whenever there is nothing to be read, until nothing more does.
fn watch(path: &Path, events: impl IntoIterator<Item = Event>) -> Source {
    let stop = Stop::default();
    let watch = Watch {
        stop: stop.clone(),
        pause: {
            let (path, mut events) = (path.to_owned(), events.into_iter().collect::<VecDeque<_>>());
            Box::new(move || match events.pop_front() {
                Some(event) => event(&path),
                None => stop.cancel(),
            })
        },
    };
    Source::watch(path, &Arc::default(), watch).unwrap()
}

/// What of a log arrives, as the chunks that it arrives in.
#[track_caller]
fn check(begin: &str, events: impl IntoIterator<Item = Event>, expected: &[&str]) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mail.log");
    fs::write(&path, begin).unwrap();
    let mut chunks = Chunks::new(watch(&path, events), 1 << 16);
    let mut arrived = Vec::new();
    while let Some(chunk) = chunks.next(Vec::new()).unwrap() {
        arrived.push(String::from_utf8(chunk).unwrap());
    }
    assert_eq!(arrived, expected);
}

#[test]
fn lines_arrive_as_they_are_written() {
    check(
        "a\nb",
        [append("c\n"), append("d\ne\n")],
        &["a\n", "bc\n", "d\ne\n"],
    );
    check("", [append("a"), append("b"), append("\n")], &["ab\n"]);
    check("a\n", [append("no end")], &["a\n", "no end"]);
    check("a\n", [], &["a\n"]);
}

#[test]
fn a_log_that_is_rotated_is_read_to_its_end() {
    // Who writes goes on with the old file for a while.
    let events = [
        append("b\n"),
        rotate("mail.log.1"),
        append_rotated("mail.log.1", "c\n"),
        append(""),
        append_rotated("mail.log.1", "d\n"),
        append("e\n"),
        append("f\n"),
    ];
    check("a\n", events, &["a\n", "b\n", "c\n", "d\n", "e\n", "f\n"]);
    // Both between two looks.
    let events = [rotate("mail.log.1"), append_both("b\n", "c\n")];
    check("a\n", events, &["a\n", "b\nc\n"]);
}

/// Something in the rotated log, and something in the new one.
fn append_both(old: &'static str, new: &'static str) -> Event {
    Box::new(move |log| {
        append_to(&log.with_file_name("mail.log.1"), old);
        append_to(log, new);
    })
}

#[test]
fn a_log_that_is_away_for_a_moment_comes_again() {
    let remove: Event = Box::new(|log| fs::remove_file(log).unwrap());
    let nothing: Event = Box::new(|_| {});
    check("a\n", [remove, nothing, append("b\n")], &["a\n", "b\n"]);
}

#[test]
fn a_log_that_is_emptied_is_read_from_its_beginning() {
    check("a\nb\n", [truncate(""), append("c\n")], &["a\nb\n", "c\n"]);
    check(
        "a\nb\n",
        [truncate("c\n"), append("d\n")],
        &["a\nb\n", "c\n", "d\n"],
    );
}

#[test]
fn a_line_without_end_is_no_begin_of_another() {
    check(
        "a\nb",
        [truncate(""), append("c\n")],
        &["a\n", "b\n", "c\n"],
    );
    check("a", [rotate("mail.log.1"), append("b\n")], &["a\nb\n"]);
}

#[test]
fn a_journal_is_followed_entry_by_entry() {
    let events = [
        append("__CURSOR=1\nMESSAGE=a\n"),
        append("\n__CURSOR=2\n"),
        append("MESSAGE=b\n\n__CURSOR=3\nMESSAGE=c\n"),
    ];
    let expected = ["- unknown: a\n", "- unknown: b\n", "- unknown: c\n"];
    check("", events, &expected);
}

/// What a pipe is at the path of.
fn path_of(reader: &PipeReader) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", reader.as_raw_fd()))
}

#[test]
fn lines_of_a_pipe_arrive_as_they_come() {
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(b"the first\nthe sec").unwrap();
    let stop = Stop::default();
    let watch = Watch {
        stop: stop.clone(),
        pause: Box::new(|| {}),
    };
    let source = Source::watch(&path_of(&reader), &Arc::default(), watch).unwrap();
    let mut chunks = Chunks::new(source, 1 << 16);
    assert_eq!(chunks.next(Vec::new()).unwrap().unwrap(), b"the first\n");
    writer.write_all(b"ond\n").unwrap();
    assert_eq!(chunks.next(Vec::new()).unwrap().unwrap(), b"the second\n");
    writer.write_all(b"the third").unwrap();
    // It would wait for the end of the line, but for this.
    stop.cancel();
    assert!(chunks.next(Vec::new()).unwrap().is_none());
}

#[test]
fn a_pipe_ends_when_nobody_writes_to_it() {
    let (reader, mut writer) = pipe().unwrap();
    let path = path_of(&reader);
    writer.write_all(b"the first\nthe last").unwrap();
    drop(writer);
    let mut source = Source::open(&path, &Arc::default()).unwrap();
    let mut text = String::new();
    source.read_to_string(&mut text).unwrap();
    assert_eq!(text, "the first\nthe last");
}

#[test]
fn who_waits_for_a_pipe_is_stopped() {
    let (reader, writer) = pipe().unwrap();
    let stop = Stop::default();
    let watch = Watch {
        stop: stop.clone(),
        pause: Box::new(|| {}),
    };
    let path = path_of(&reader);
    let text = Arc::new(Mutex::new(None));
    std::thread::scope(|scope| {
        let read = Arc::clone(&text);
        scope.spawn(move || {
            let mut source = Source::watch(&path, &Arc::default(), watch).unwrap();
            let mut all = String::new();
            *read.lock().unwrap() = Some(source.read_to_string(&mut all).map(|_| all).unwrap());
        });
        stop.cancel();
    });
    assert_eq!(text.lock().unwrap().as_deref(), Some(""));
    drop(writer);
}
