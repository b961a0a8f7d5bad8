//! Which lines of a log matter, without knowing what stands before them.
//!
//! Nearly all mail arrives, is delivered and is gone within a second, and nobody will ever ask about it. A piece of a
//! log can be sieved by itself, and several pieces at the same time; what is left is read in order by
//! [`super::trail::Trail`], which finds the same stories as if it had read all.

use std::hash::{BuildHasher as _, Hasher as _};
use std::iter;

use fearless_simd::{Level, Simd, dispatch};
use foldhash::fast::FixedState;
use memchr::memchr_iter;

use super::brief::Brief;
use super::ends::{Batch, LINES_MAX, Place, each_batch};
use super::event::{Event, Unreadable};
use super::glance::glance;
use super::line::{self, line_at};
use super::lives::Lives;
use super::months::{self, Months};
use super::opening::Opening;
use super::parts::Parts;
use super::record::Record;
use super::story::Status;
use super::{cause, cut};
use crate::verdict::Table;

/// What is left of a piece of a log.
#[derive(Debug, Default)]
pub struct Sieved {
    /// How many lines there were.
    pub lines: u64,
    /// The lines that matter, in order.
    pub kept: Vec<Seen>,
    /// The lines that cannot be read.
    pub unreadable: Vec<Bad>,
    /// Where the first and the last line with a time begin, whether or not the rest of them can be read.
    pub times: Option<(usize, usize)>,
    /// Where lines without a year begin that are of another month than the one before, in order.
    pub months: Vec<usize>,
}

/// A line that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Where it begins, in octets from the beginning of the piece.
    pub at: usize,
    /// What is wrong with it.
    pub why: Unreadable,
}

/// A line of a piece, and what has been seen of it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Where it begins, in octets from the beginning of the piece.
    at: u32,
    /// Where its parts are, if a look was enough to tell.
    parts: Option<Parts>,
}

impl Seen {
    #[inline(always)]
    fn new(at: usize, parts: Option<Parts>) -> Self {
        // No piece is that long.
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        Self { at, parts }
    }

    /// Where it begins, in octets from the beginning of the piece.
    pub fn at(self) -> usize {
        usize::try_from(self.at).unwrap_or(usize::MAX)
    }

    /// Reads what it says of a mail, in the text of that piece, and has that taken; none if it says nothing.
    #[inline(always)]
    pub fn read<'a, T>(self, piece: &'a [u8], take: impl FnOnce(&Record<'a>) -> T) -> Option<T> {
        // What cannot be read is not kept.
        read(line_at(piece, self.at()), self.parts, take).ok()?
    }
}

/// The mails of a piece of a log.
struct Sieve<'t> {
    table: &'t Table,
    lives: Lives<Seen>,
    months: Months,
}

/// Sieves a piece of a log, which begins and ends with a line, and has less than 4 GiB.
pub fn sieve(text: &[u8], table: &Table) -> Sieved {
    dispatch!(Level::new(), simd => sieve_with(simd, text, table))
}

#[inline(always)]
fn sieve_with<S: Simd>(simd: S, text: &[u8], table: &Table) -> Sieved {
    let mut sieved = Sieved {
        times: times(text),
        ..Sieved::default()
    };
    let mut sieve = Sieve {
        table,
        lives: Lives::new(),
        months: Months::default(),
    };
    let mut chosen = Chosen::new();
    let mut opening = Opening::NONE;
    each_batch(
        simd,
        text,
        #[inline(always)]
        |batch| {
            chosen.count = 0;
            for place in batch.places() {
                match glance(simd, batch.text, place, &mut opening) {
                    Some((parts, may_matter)) => chosen.put(place, Some(parts), may_matter),
                    None => {
                        // The next line must not open like one before this, if this may be of another month.
                        if months::begin(place.of(batch.text)) != opening.begin {
                            opening = Opening::NONE;
                        }
                        chosen.put(place, None, true);
                    }
                }
            }
            for (place, parts) in chosen.lines() {
                sieve.take_in(simd, &batch, *place, *parts, &mut sieved);
            }
            sieved.lines += u64::try_from(batch.lines()).unwrap_or(u64::MAX);
        },
    );
    sieved.kept = sieve.lives.finish();
    sieved.months = sieve.months.found;
    sieved
}

/// Lines of a batch that may matter.
///
/// All lines are glanced at before the first of these is looked at: which lines may matter the processor can hardly guess, and
/// if each was looked at at once, it would begin to look at many that do not.
struct Chosen {
    /// Where each is, and where its parts are, if a glance is enough.
    lines: [(Place, Option<Parts>); LINES_MAX],
    count: usize,
}

impl Chosen {
    fn new() -> Self {
        Self {
            lines: [(Place::default(), None); LINES_MAX],
            count: 0,
        }
    }

    /// Puts in a line, which stays if it may matter.
    #[inline(always)]
    fn put(&mut self, place: Place, parts: Option<Parts>, may_matter: bool) {
        debug_assert!(self.count < LINES_MAX, "it holds a batch");
        if let Some(room) = self.lines.get_mut(self.count) {
            *room = (place, parts);
        }
        self.count += usize::from(may_matter);
    }

    fn lines(&self) -> impl Iterator<Item = &(Place, Option<Parts>)> {
        self.lines.iter().take(self.count)
    }
}

impl Sieve<'_> {
    /// Takes in a line that may matter.
    #[inline(always)]
    fn take_in<S: Simd>(
        &mut self,
        simd: S,
        batch: &Batch<'_, '_>,
        place: Place,
        parts: Option<Parts>,
        sieved: &mut Sieved,
    ) {
        let (at, octets) = (batch.begin + place.begin(), place.octets());
        let line = batch.text.get(place.begin()..).unwrap_or_default();
        self.months.look(place.of(batch.text), at);
        let is_of_mail = match parts {
            Some(parts) => parts.are_of_mail(simd, line, octets),
            None => None,
        };
        if is_of_mail == Some(false) {
            return;
        }
        let parts = parts.filter(|_| is_of_mail.is_some());
        let seen = match parts {
            Some(parts) => self.look(simd, line, octets, at, parts),
            None => None,
        };
        if seen.is_none() {
            self.read(place.of(batch.text), Seen::new(at, parts), sieved);
        }
    }

    /// Looks at a line about a mail; none if that is not enough.
    #[inline(always)]
    fn look<S: Simd>(
        &mut self,
        simd: S,
        line: &[u8],
        octets: usize,
        at: usize,
        parts: Parts,
    ) -> Option<()> {
        let said = line.get(parts.text()..)?;
        let octets = octets.checked_sub(parts.text())?;
        let id = hash(parts.host(line), parts.id(line));
        Brief::of(
            simd,
            said,
            octets,
            #[inline(always)]
            |brief| self.note(Seen::new(at, Some(parts)), id, brief),
        )?
    }

    /// Takes what a look is enough for; none if it is not.
    #[inline(always)]
    fn note(&mut self, line: Seen, id: u64, brief: Brief<'_>) -> Option<()> {
        match brief {
            Brief::Arrived => self.lives.arrive(id, line, None, false),
            Brief::Sender { is_null } => self.lives.name_sender(id, line, is_null),
            Brief::Sent { relay, address } => {
                let may_be_known = cut::octet(address).is_none_or(|octet| self.table.knows(octet));
                if may_be_known && relay.ends_with(b":25") {
                    return None;
                }
                self.lives.attempt(id, line, Status::Sent, false);
            }
            Brief::Removed => self.lives.remove(id, line),
        }
        Some(())
    }

    /// Reads a line that a look is not enough for.
    #[inline(never)]
    fn read(&mut self, text: &[u8], line: Seen, sieved: &mut Sieved) {
        if let Err(why) = read(text, line.parts, |record| self.take(line, record)) {
            sieved.unreadable.push(Bad { at: line.at(), why });
        }
    }

    fn take(&mut self, line: Seen, record: &Record<'_>) {
        let host = record.host;
        let id = hash(host, record.id);
        match &record.event {
            Event::Arrived(arrival) => {
                if let Some(of) = arrival.bounce_of {
                    self.lives.matter(hash(host, of));
                }
                let before = arrival.before.map(|before| hash(host, before));
                self.lives
                    .arrive(id, line, before, arrival.bounce_of.is_some());
            }
            Event::Sender(sender) => self.lives.name_sender(id, line, sender.is_empty()),
            Event::Delivery(delivery) => {
                let has_cause =
                    delivery.status == Status::Bounced || cause::of(delivery, self.table).is_some();
                self.lives.attempt(id, line, delivery.status, has_cause);
            }
            Event::Unreachable { name, address, .. } => {
                let matters = cause::of_unreachable(name, *address, self.table).is_some();
                self.lives.happen(id, line, matters);
            }
            Event::Bounced(_) | Event::Expired => self.lives.happen(id, line, true),
            Event::Removed => self.lives.remove(id, line),
        }
    }
}

/// Reads what a line says of a mail, of which the parts may be known, and has that taken.
#[inline(always)]
fn read<'a, T>(
    line: &'a [u8],
    parts: Option<Parts>,
    take: impl FnOnce(&Record<'a>) -> T,
) -> Result<Option<T>, Unreadable> {
    match parts {
        Some(parts) => parts.read(line, take),
        None => Ok(Record::read(line)?.as_ref().map(take)),
    }
}

/// Where the first and the last line with a time begin.
fn times(text: &[u8]) -> Option<(usize, usize)> {
    let begins = || iter::once(0).chain(memchr_iter(b'\n', text).map(|end| end + 1));
    let has_time = |at: &usize| line::has_time(line_at(text, *at));
    Some((begins().find(has_time)?, begins().rev().find(has_time)?))
}

/// A mail's number within a piece; the same queue id on another host is another mail.
#[inline(always)]
fn hash(host: &[u8], id: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(host);
    hasher.write(id);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;
    use crate::maillog::line::{Line, Stamp};

    /// What is not said of mails, line by line.
    fn read(text: &[u8]) -> Sieved {
        let mut sieved = Sieved::default();
        let (mut at, mut last) = (0, &b""[..]);
        for line in text.split_inclusive(|octet| *octet == b'\n') {
            let whole = line.strip_suffix(b"\n").unwrap_or(line);
            if let Some(Stamp::Yearless([month @ .., _, _, _, _, _, _, _, _, _, _, _, _])) =
                Line::read(whole).map(|line| line.stamp)
                && last != month
            {
                last = month;
                sieved.months.push(at);
            }
            if let Err(why) = Record::read(whole) {
                sieved.unreadable.push(Bad { at, why });
            }
            if line::has_time(whole) {
                let (first, _) = sieved.times.unwrap_or((at, at));
                sieved.times = Some((first, at));
            }
            sieved.lines += 1;
            at += line.len();
        }
        sieved
    }

    #[test]
    fn where_a_mail_went_is_seen_however_long_the_name_is() {
        for octets in 0..100 {
            let name = "m".repeat(octets);
            let lines = [
                "client=unknown[192.0.1.7]",
                "from=<a@b.de>, size=832, nrcpt=1 (queue active)",
                &format!(
                    "to=<a@hot.de>, relay={name}.de[127.0.0.6]:25, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 ok)"
                ),
                "removed",
            ];
            let whole = |relay: &str| -> String {
                let line = |said: &str| {
                    let said = said.replace("127.0.0.6", relay);
                    format!("Mar 20 14:05:01 web postfix/smtp[1]: 8170A4D23E6F: {said}\n")
                };
                lines.into_iter().map(line).collect::<String>() + &"\n".repeat(200)
            };
            let kept = |relay| {
                sieve(whole(relay).as_bytes(), &Table::reserved())
                    .kept
                    .len()
            };
            assert_eq!((kept("127.0.0.6"), kept("192.0.1.9")), (4, 0), "{name}");
        }
    }

    #[test]
    fn many_short_lines() {
        let text = "garbage\n".repeat(3000);
        let sieved = sieve(text.as_bytes(), &Table::reserved());
        assert_eq!(sieved.lines, 3000);
        let at = sieved.unreadable.iter().map(|bad| bad.at);
        assert!(at.eq((0..text.len()).step_by(8)));
        let empty = "\n".repeat(30_000);
        let sieved = sieve(empty.as_bytes(), &Table::reserved());
        assert_eq!(
            (sieved.lines, sieved.unreadable.len(), sieved.times),
            (30_000, 0, None)
        );
    }

    #[test]
    fn a_host_with_nothing_but_empty_lines_behind_it() {
        let host = "a".repeat(60);
        let text = format!("Mar 20 14:05:01 {host} {}", "\n".repeat(300));
        let sieved = sieve(text.as_bytes(), &Table::reserved());
        assert_eq!((sieved.lines, sieved.unreadable), (300, vec![]));
    }

    proptest! {
        #[test]
        fn lines_times_and_what_cannot_be_read(
            lines in prop::collection::vec(
                select(vec![
                    "Mar 20 14:05:01 web postfix/smtpd[1]: connect from unknown[192.0.2.1]",
                    "Apr 20 14:05:01 web postfix/smtpd[1]: connect from unknown[192.0.2.1]",
                    "Apr 20 14:05:01 a.name.of.a.host.that.is.long.but.not.too.long.to.see postfix/smtpd[1]: connect from a",
                    "Jan 20 14:05:01 a.name.of.a.host.that.is.long.but.not.too.long.to.see postfix/smtpd[1]: connect from a",
                    "Jan 20 14:05:01.123456 web cron: a",
                    "<22>Jan 20 14:05:01 web cron: a",
                    "<22>Feb 20 14:05:01 web cron: a",
                    "Feb 20 14:05:01 mx2 cron: a",
                    "Mar 20 14:05:01 web postfix/qmgr[1]: 8170A4D23E6F: from=<",
                    "Mar 20 14:05:01 web postfix/qmgr[1]: 8170A4D23E6F: from=<a.sender.whose.address.is.longer.than.what.is.looked.at.at.once",
                    "2015-03-20T14:05:01+01:00 web postfix/qmgr[1]: 8170A4D23E6F: removed\r",
                    "2015-03-20 14:05:01 1xWPFT-00006Y-1R <= a",
                    "postfix/qmgr[1]: 8170A4D23E6F: removed",
                    "Mar 20 14:05:01 web postfix/smtpd[1]: 8170A4D23E6F: client=a[192.0.2.1]",
                    "Mar 20 14:05:01 web postfix/smtp[1]:8170A4D23E6F: to=<a@b>, relay=mx[127.0.0.6]:25, dsn=4.0.0, status=deferred (no)\r",
                    "garbage",
                    "",
                ]),
                0..12,
            ),
            change in prop::option::of((any::<Index>(), any::<u8>())),
            behind in "\n{0,300}",
        ) {
            let mut text = lines.join("\n").into_bytes();
            if let Some((at, octet)) = change && !text.is_empty() {
                *at.get_mut(&mut text) = octet;
            }
            text.extend(behind.bytes());
            let (sieved, read) = (sieve(&text, &Table::reserved()), read(&text));
            prop_assert_eq!(sieved.lines, read.lines);
            prop_assert_eq!(sieved.times, read.times);
            prop_assert_eq!(sieved.months, read.months);
            prop_assert_eq!(sieved.unreadable, read.unreadable);
            for line in sieved.kept {
                prop_assert_eq!(Ok(line.read(&text, |record| *record)), Record::read(line_at(&text, line.at())));
            }
        }
    }
}
