//! Logs of a busy mail server of a web hoster, and the truth about them.
//!
//! The same [`Plan`] gives the same octets. Mails live side by side, most for seconds and some for hours or days. A plan
//! with more octets begins with the same lines as one with fewer.
//!
//! | file | what it does |
//! | --- | --- |
//! | `world` | who writes to whom |
//! | `agenda` | what is still to happen, in order of time |
//! | `house` | the server: what all its programs share |
//! | `postfix`, `exim` | a mail's way through the server, line by line |
//! | `noise` | lines of programs and clients that bring no mail |
//! | `queue` | the names of files in the queue, which come again |
//! | `stamp` | time and machine in front of a line |
//! | `damage` | lines that got spoilt |
//! | `truth` | what a reader has to find |
//! | `rotated` | one log as several files |
//! | `dice` | chance |

mod agenda;
mod damage;
mod dice;
mod exim;
mod house;
mod noise;
mod postfix;
mod queue;
mod rotated;
mod stamp;
mod truth;
mod world;

use std::io::{self, Write};

use agenda::{Event, Line, Micros, SECOND};
use damage::Damage;
use house::House;
use stamp::Stamper;
use truth::Ledger;

pub(crate) use rotated::write_rotated;
pub(crate) use stamp::Stamps;
pub(crate) use truth::Truth;

/// 15 March 2015, a Sunday, when logs get rotated.
const START: Micros = 1_426_397_107 * SECOND;

/// What log to write.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The same seed gives the same log.
    pub(crate) seed: u64,
    /// How long it becomes, up to the end of the line.
    pub(crate) octets: u64,
    /// Who writes it.
    pub(crate) dialect: Dialect,
    /// One of so many mails has a recipient without a proper mail server.
    pub(crate) mails_per_loop: u32,
    /// How many mails, refused clients and users come in a second, on average; a day has quiet and busy hours.
    pub(crate) per_second: f64,
}

/// Who writes the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Postfix and its company, by way of syslog.
    Postfix {
        /// How syslog begins a line.
        stamps: Stamps,
        /// Whether queue ids are long, and so never come again.
        long_ids: bool,
    },
    /// Exim, its main log.
    Exim,
}

impl Plan {
    /// A log of Postfix as Debian has it, about a week to the gigabyte.
    pub(crate) fn new(seed: u64, octets: u64) -> Self {
        Self {
            seed,
            octets,
            dialect: Dialect::Postfix {
                stamps: Stamps::Traditional,
                long_ids: false,
            },
            mails_per_loop: 2000,
            per_second: 2.6,
        }
    }
}

impl Dialect {
    /// What a person would search the log for.
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::Postfix { .. } => "loops back to myself",
            Self::Exim => "points to local host",
        }
    }

    fn stamps(self) -> Stamps {
        match self {
            Self::Postfix { stamps, .. } => stamps,
            Self::Exim => Stamps::Exim,
        }
    }
}

/// Writes the log, and says what is in it.
///
/// # Errors
///
/// If it cannot be written.
pub(crate) fn write(plan: &Plan, out: &mut impl Write) -> io::Result<Truth> {
    let mut house = House::new(plan);
    let mut log = Log {
        stamper: Stamper::new(plan.dialect.stamps()),
        damage: Damage::new(plan),
        ledger: Ledger::default(),
        line: Vec::new(),
        out,
    };
    house.agenda.plan(START, Event::Arrival);
    while log.ledger.octets() < plan.octets {
        // Somebody always comes.
        let Some((at, event)) = house.agenda.next() else {
            break;
        };
        match event {
            Event::Line(line) => log.write(at, line)?,
            Event::Free(file) => house.queue.free(file),
            Event::Arrival => {
                match plan.dialect {
                    Dialect::Postfix { .. } => postfix::act(&mut house, at),
                    Dialect::Exim => exim::act(&mut house, at),
                }
                house.plan_arrival(at);
            }
        }
    }
    Ok(log.ledger.close())
}

/// The log as far as it is written.
struct Log<'a, W> {
    stamper: Stamper,
    damage: Damage,
    ledger: Ledger,
    line: Vec<u8>,
    out: &'a mut W,
}

impl<W: Write> Log<'_, W> {
    fn write(&mut self, at: Micros, line: Line) -> io::Result<()> {
        self.line.clear();
        let head = self.stamper.write(at, &line, &mut self.line);
        if line.is_expendable && self.damage.cuts() {
            self.damage.cut(head, &mut self.line);
            self.ledger.count_cut();
        }
        if self.damage.is_phrase_in(&self.line) {
            self.ledger.count_phrase();
        }
        self.end_line()?;
        if let Some(mark) = line.mark {
            self.ledger.note(*mark);
        }
        if self.damage.spoils() {
            self.line = self.damage.garbage(&self.line);
            self.ledger.count_garbage();
            self.end_line()?;
        }
        Ok(())
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.line.push(b'\n');
        self.ledger.count(self.line.len());
        self.out.write_all(&self.line)
    }
}
