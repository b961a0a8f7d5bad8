//! The log of a mail server, or a journal of one as journalctl prints it: `maillog`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::maillog::Story;
use crate::maillog::calendar::Calendar;
use crate::maillog::journal::{Format, Lines};
use crate::maillog::line::{has_time, line_at};
use crate::maillog::plain::plain;
use crate::maillog::record::Record;
use crate::maillog::sieve::{Seen, Sieved, sieve};
use crate::maillog::story::News;
use crate::maillog::story::{Fate, Origin};
use crate::maillog::trail::{Limits, Trail};
use crate::verdict::Table;

thread_local! {
    static TABLE: Table = Table::reserved();
}

/// The log was written to last on 2015-03-23.
const WRITTEN: i64 = 1_427_130_300;

/// More mails than a log of some kilooctets has.
const MANY: usize = 1024;

/// The octets are read as a log, and as a journal in both of its formats. A log tells of the same mails sieved or not,
/// in whatever pieces, and nothing that a terminal obeys; a journal makes the same lines, however it comes.
pub fn run(octets: &[u8]) {
    check(octets);
    for format in [Format::Export, Format::Json] {
        let lines = lines_of(format, octets, usize::MAX);
        for piece in [1, 7] {
            assert_eq!(lines_of(format, octets, piece), lines, "{format:?}");
        }
        check(&lines);
    }
}

fn check(log: &[u8]) {
    let lines: Vec<&[u8]> = log.split_inclusive(|octet| *octet == b'\n').collect();
    TABLE.with(|table| {
        let all = failed(table, lines.iter().copied(), limits(MANY));
        for piece in [1, 3, usize::MAX] {
            let pieces = lines.chunks(piece).map(<[_]>::concat);
            let kept = pieces.flat_map(|piece| kept(&piece, table));
            let kept: Vec<Vec<u8>> = kept.collect();
            let sieved = failed(table, kept.iter().map(Vec::as_slice), limits(MANY));
            assert_eq!(sieved, all, "in pieces of {piece} lines");
        }
        failed(table, lines.iter().copied(), limits(2));
    });
}

fn limits(each: usize) -> Limits {
    let some = each.try_into().unwrap();
    Limits {
        open: some,
        octets: each * 1000,
        failures: each,
        known: some,
    }
}

/// The lines of a piece that matter.
fn kept(piece: &[u8], table: &Table) -> Vec<Vec<u8>> {
    let Sieved {
        lines,
        kept,
        unreadable,
        times,
        months,
    } = sieve(piece, table);
    assert_eq!(
        lines,
        u64::try_from(piece.split_inclusive(|octet| *octet == b'\n').count()).unwrap()
    );
    assert!(kept.is_sorted_by(|one, next| one.at() < next.at()));
    assert!(unreadable.is_sorted_by_key(|bad| bad.at));
    let begins = |at: usize| at == 0 || piece[at - 1] == b'\n';
    let mut at = 0;
    let (mut bad, mut timed) = (Vec::new(), Vec::new());
    for line in piece.split_inclusive(|octet| *octet == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        bad.extend(Record::read(text).is_err().then_some(at));
        timed.extend(has_time(text).then_some(at));
        at += line.len();
    }
    assert_eq!(unreadable.iter().map(|bad| bad.at).collect::<Vec<_>>(), bad);
    assert_eq!(times, timed.first().copied().zip(timed.last().copied()));
    assert!(months.is_sorted_by(|one, next| one < next));
    assert!(months.iter().all(|at| begins(*at)));
    let line = |seen: &Seen| {
        assert!(begins(seen.at()));
        let line = line_at(piece, seen.at());
        assert_eq!(Ok(seen.read(piece, |record| *record)), Record::read(line));
        line.to_vec()
    };
    kept.iter().map(line).collect()
}

/// The mails in these lines that failed for where they were to go: their queue ids, and for whom.
fn failed<'l>(
    table: &Table,
    lines: impl Iterator<Item = &'l [u8]>,
    limits: Limits,
) -> BTreeSet<(String, String)> {
    let mut calendar = Calendar::new(TimeZone::UTC, None);
    calendar.open(Timestamp::from_second(WRITTEN).unwrap());
    let mut trail = Trail::new(table, calendar, limits);
    let mut failed = BTreeSet::new();
    let mut tell = |news| match news {
        News::Failed(story) => {
            check_story(&story, limits);
            let recipient = story.failures[0].recipient.clone();
            failed.insert((story.id, recipient));
        }
        News::Over(story) => check_story(&story, limits),
    };
    for line in lines {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if let Ok(Some(record)) = Record::read(line) {
            trail.follow(&record, &mut tell);
            assert!(trail.is_weighed());
        }
    }
    trail.finish(&mut tell);
    failed
}

fn check_story(story: &Story, limits: Limits) {
    assert!(story.failures.len() <= limits.failures);
    check_text(&story.id);
    story.sender.iter().for_each(|text| check_text(text));
    match &story.origin {
        Origin::Account { name, client } => {
            check_text(name);
            check_text(client);
        }
        Origin::Client(text) | Origin::Local(text) => check_text(text),
        Origin::Unknown => {}
    }
    for failure in &story.failures {
        check_text(&failure.recipient);
        check_text(&failure.text);
    }
    let Some(bounce) = &story.bounce else {
        return;
    };
    check_text(&bounce.id);
    bounce.recipient.iter().for_each(|text| check_text(text));
    if let Fate::Left { relay, .. } | Fate::Inside { relay, .. } = &bounce.fate {
        check_text(relay);
    }
}

/// Nothing in it is for a terminal to obey.
fn check_text(text: &str) {
    for character in text.chars() {
        let character = character.to_string();
        assert_eq!(plain(character.as_bytes()), character, "{text:?}");
    }
}

/// The lines of a journal that comes in pieces of that size.
fn lines_of(format: Format, journal: &[u8], piece: usize) -> Vec<u8> {
    let (mut reader, mut lines) = (Lines::new(format), Vec::new());
    for octets in journal.chunks(piece) {
        reader.feed(octets, &mut lines);
    }
    reader.finish(&mut lines);
    lines
}
