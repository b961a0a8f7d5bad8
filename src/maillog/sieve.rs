//! Which lines of a log matter, without knowing what stands before them.
//!
//! Nearly all mail arrives, is delivered and is gone within a second, and nobody will ever ask about it. A piece of a
//! log can be sieved by itself, and several pieces at the same time; what is left is read in order by
//! [`super::trail::Trail`], which finds the same stories as if it had read all.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher};

use fearless_simd::{Level, Simd, dispatch};
use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::ends::{Place, each_line};
use super::event::{Delivery, Event, Unreadable};
use super::glance::Glance;
use super::line::Stamp;
use super::record::Record;
use super::story::Status;
use super::{cause, postfix};
use crate::verdict::Table;

/// What is left of a piece of a log.
#[derive(Debug, Default)]
pub struct Sieved {
    /// How many lines there were.
    pub lines: u64,
    /// Where the lines begin that matter, in octets from the beginning of the piece, in order.
    pub kept: Vec<usize>,
    /// The lines that cannot be read.
    pub unreadable: Vec<Bad>,
    /// Where the first and the last line with a time begin.
    pub times: Option<(usize, usize)>,
}

/// A line that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Where it begins, in octets from the beginning of the piece.
    pub at: usize,
    /// Which line of the piece it is, from 0.
    pub line: u64,
    /// What is wrong with it.
    pub why: Unreadable,
}

/// Mails that are likely to be open at one time, so that there is room for them at once.
const OPEN: usize = 1000;

/// The mails of a piece of a log that are not over.
struct Sieve<'t> {
    table: &'t Table,
    open: HashMap<u64, Life, BuildHasherDefault<Hashed>>,
    kept: Vec<usize>,
}

/// What is known of a mail that is not over.
#[derive(Default)]
struct Life {
    lines: SmallVec<[usize; 4]>,
    /// Whether it began in this piece.
    is_whole: bool,
    /// Whether anybody will ask about it.
    matters: bool,
    /// Whether it has no sender, as a bounce; none if that has not been said.
    is_from_null: Option<bool>,
    /// Whether it cannot be a bounce of our own, so that nobody asks where it went.
    is_no_bounce: bool,
}

/// Sieves a piece of a log, which begins and ends with a line.
pub fn sieve(text: &[u8], table: &Table) -> Sieved {
    dispatch!(Level::new(), simd => sieve_with(simd, text, table))
}

#[inline(always)]
fn sieve_with<S: Simd>(simd: S, text: &[u8], table: &Table) -> Sieved {
    let mut sieved = Sieved::default();
    let mut sieve = Sieve {
        table,
        open: HashMap::with_capacity_and_hasher(OPEN, BuildHasherDefault::new()),
        kept: Vec::new(),
    };
    each_line(
        simd,
        text,
        #[inline(always)]
        |place| {
            match Glance::at(simd, text, place) {
                Some(glance) => sieve.see(place.begin, glance, &mut sieved),
                None => sieve.read(text, place, &mut sieved),
            }
            sieved.lines += 1;
        },
    );
    sieved.kept = sieve.finish();
    sieved
}

impl Sieved {
    #[inline(always)]
    fn has_time(&mut self, at: usize) {
        self.times = Some((self.times.map_or(at, |(first, _)| first), at));
    }

    fn fail(&mut self, at: usize, why: Unreadable) {
        let line = self.lines;
        self.unreadable.push(Bad { at, line, why });
    }
}

impl Sieve<'_> {
    #[inline(always)]
    fn see(&mut self, at: usize, glance: Glance<'_>, sieved: &mut Sieved) {
        if glance.may_matter {
            match &postfix::read(glance.text(), glance.tag()) {
                Ok(Some(event)) => self.take(at, glance.host(), glance.id(), event),
                Ok(None) => {}
                Err(why) => return sieved.fail(at, *why),
            }
        }
        sieved.has_time(at);
    }

    /// Reads a line that a glance is not enough for.
    #[inline(never)]
    fn read(&mut self, text: &[u8], place: Place, sieved: &mut Sieved) {
        let at = place.begin;
        match Record::read(text.get(at..place.end).unwrap_or_default()) {
            Ok((stamp, record)) => {
                if stamp != Stamp::Missing {
                    sieved.has_time(at);
                }
                if let Some(record) = record {
                    self.take(at, record.host, record.id, &record.event);
                }
            }
            Err(why) => sieved.fail(at, why),
        }
    }

    #[inline]
    fn take(&mut self, at: usize, host: &[u8], id: &[u8], event: &Event<'_>) {
        let id = hash(host, id);
        match event {
            Event::Arrived(arrival) => {
                if let Some(of) = arrival.bounce_of
                    && let Some(life) = self.open.get_mut(&hash(host, of))
                {
                    life.matters = true;
                }
                let before = arrival
                    .before
                    .and_then(|before| self.open.get(&hash(host, before)));
                let origin = before.and_then(|before| before.lines.first().copied());
                let life = Life {
                    lines: origin.into_iter().chain([at]).collect(),
                    is_whole: true,
                    matters: arrival.bounce_of.is_some(),
                    is_from_null: None,
                    is_no_bounce: arrival.bounce_of.is_none(),
                };
                if let Some(old) = self.open.insert(id, life) {
                    // The id has been used again, and the end of the mail before is missing.
                    self.kept.extend(old.lines);
                }
            }
            Event::Sender(sender) => self.send(id, at, sender),
            Event::Delivery(delivery) => self.deliver(id, at, delivery),
            Event::Unreachable { name, address, .. } => {
                let life = self.open.entry(id).or_default();
                life.matters |= cause::of_unreachable(name, *address, self.table).is_some();
                life.lines.push(at);
            }
            Event::Bounced(_) | Event::Expired => {
                let life = self.open.entry(id).or_default();
                life.matters = true;
                life.lines.push(at);
            }
            Event::Removed => match self.open.remove(&id) {
                Some(life) if life.is_whole && !life.matters => {}
                life => {
                    self.kept
                        .extend(life.map(|life| life.lines).unwrap_or_default());
                    self.kept.push(at);
                }
            },
        }
    }

    #[inline]
    fn send(&mut self, id: u64, at: usize, sender: &[u8]) {
        let life = self.open.entry(id).or_default();
        let is_null = sender.is_empty();
        if life.is_from_null.is_some_and(|known| known != is_null) {
            // The id has been used again.
            self.kept.extend(std::mem::take(life).lines);
        }
        life.is_from_null = Some(is_null);
        life.is_no_bounce |= !is_null;
        life.lines.push(at);
    }

    #[inline]
    fn deliver(&mut self, id: u64, at: usize, delivery: &Delivery<'_>) {
        let life = self.open.entry(id).or_default();
        let has_cause =
            delivery.status == Status::Bounced || cause::of(delivery, self.table).is_some();
        // What was tried before this piece may be done now.
        let may_end = !life.is_whole && delivery.status == Status::Sent;
        if has_cause || may_end || life.matters || !life.is_no_bounce {
            life.matters |= has_cause;
            life.lines.push(at);
        }
    }

    /// The lines that matter, in order.
    fn finish(mut self) -> Vec<usize> {
        let open = self.open.into_values().flat_map(|life| life.lines);
        self.kept.extend(open);
        self.kept.sort_unstable();
        self.kept.dedup();
        self.kept
    }
}

/// A mail's number within a piece; the same queue id on another host is another mail.
#[inline]
fn hash(host: &[u8], id: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(host);
    hasher.write(id);
    hasher.finish()
}

/// What has been hashed already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = self.0.rotate_left(8) ^ u64::from(*octet);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;

    /// What is not said of mails, line by line.
    fn read(text: &[u8]) -> Sieved {
        let mut sieved = Sieved::default();
        let mut at = 0;
        for line in text.split_inclusive(|octet| *octet == b'\n') {
            match Record::read(line.strip_suffix(b"\n").unwrap_or(line)) {
                Ok((Stamp::Missing, _)) => {}
                Ok(_) => sieved.has_time(at),
                Err(why) => sieved.fail(at, why),
            }
            sieved.lines += 1;
            at += line.len();
        }
        sieved
    }

    proptest! {
        #[test]
        fn lines_times_and_what_cannot_be_read(
            lines in prop::collection::vec(
                select(vec![
                    "Mar 20 14:05:01 web postfix/smtpd[1]: connect from unknown[192.0.2.1]",
                    "Mar 20 14:05:01 web postfix/qmgr[1]: 8170A4D23E6F: from=<",
                    "2015-03-20T14:05:01+01:00 web postfix/qmgr[1]: 8170A4D23E6F: removed\r",
                    "2015-03-20 14:05:01 1xWPFT-00006Y-1R <= a",
                    "postfix/qmgr[1]: 8170A4D23E6F: removed",
                    "garbage",
                    "",
                ]),
                0..9,
            ),
            change in prop::option::of((any::<Index>(), any::<u8>())),
        ) {
            let mut text = lines.join("\n").into_bytes();
            if let Some((at, octet)) = change && !text.is_empty() {
                *at.get_mut(&mut text) = octet;
            }
            let (sieved, read) = (sieve(&text, &Table::reserved()), read(&text));
            prop_assert_eq!(sieved.lines, read.lines);
            prop_assert_eq!(sieved.times, read.times);
            prop_assert_eq!(sieved.unreadable, read.unreadable);
        }
    }
}
