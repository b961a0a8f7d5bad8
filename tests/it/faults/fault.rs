//! What goes wrong with a message on its way from the upstream, by itself, without sockets and time.

use std::ops::Range;
use std::time::Duration;

use fastrand::Rng;

/// Where the question begins, behind the header.
const HEADER_OCTETS: usize = 12;

/// The octets of the header that count records.
const COUNTS: Range<usize> = 6..HEADER_OCTETS;

/// What may go wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It does not arrive.
    Drop,
    /// It arrives late: some before the client's patience ends, some behind it.
    Delay,
    /// Others overtake it.
    Reorder,
    /// It arrives twice, the second time after a while.
    Duplicate,
    /// It is emptied, with TC set: ask over TCP.
    Truncate,
    /// Its end is missing.
    Cut,
    /// A bit of the id, of the question, of a count or of a length is another one.
    Corrupt,
    /// Any octet has another value, that of an address too, and the checksum of the datagram is the old one.
    Damage,
    /// It has another id.
    WrongId,
    /// The letters of its question are in another case.
    WrongCase,
    /// It is the answer to the question before this one, under the id of this one.
    WrongQuestion,
    /// The resolver says SERVFAIL.
    Servfail,
    /// The question itself comes back.
    Echo,
}

impl Fault {
    pub(super) const ALL: [Self; 13] = [
        Self::Drop,
        Self::Delay,
        Self::Reorder,
        Self::Duplicate,
        Self::Truncate,
        Self::Cut,
        Self::Corrupt,
        Self::Damage,
        Self::WrongId,
        Self::WrongCase,
        Self::WrongQuestion,
        Self::Servfail,
        Self::Echo,
    ];

    /// What a connection carries arrives in order and with the octets that were sent: only datagrams are late, overtaken
    /// and damaged.
    fn happens_to_connections(self) -> bool {
        match self {
            Self::Drop
            | Self::Duplicate
            | Self::Truncate
            | Self::Cut
            | Self::WrongId
            | Self::WrongCase
            | Self::WrongQuestion
            | Self::Servfail
            | Self::Echo => true,
            Self::Delay | Self::Reorder | Self::Corrupt | Self::Damage => false,
        }
    }
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Datagram,
    Connection,
}

/// A message to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parcel {
    pub(super) message: Vec<u8>,
    pub(super) after: Duration,
    /// What the datagram's checksum was made of, if that is not the message.
    pub(super) summed: Option<Vec<u8>>,
}

/// Faults with their probabilities; the first one that happens is the only one.
pub(super) type Mix = Vec<(Fault, f64)>;

/// Does to messages what the mix says.
#[derive(Debug)]
pub(super) struct Mischief {
    mix: Mix,
    rng: Rng,
    /// The last message that arrived whole.
    last: Vec<u8>,
    /// How many faults there were since the mix was set.
    inflicted: usize,
}

impl Mischief {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            mix: Mix::new(),
            rng: Rng::with_seed(seed),
            last: Vec::new(),
            inflicted: 0,
        }
    }

    pub(super) fn set(&mut self, mix: &[(Fault, f64)]) {
        self.mix = mix.to_vec();
        self.inflicted = 0;
    }

    pub(super) fn inflicted(&self) -> usize {
        self.inflicted
    }

    /// What is delivered of a message.
    pub(super) fn meddle(&mut self, message: &[u8], way: Way) -> Vec<Parcel> {
        let happens = |fault: Fault| way == Way::Datagram || fault.happens_to_connections();
        let happened =
            |(fault, probability): &&(Fault, f64)| self.rng.f64() < *probability && happens(*fault);
        let fault = self.mix.iter().find(happened).map(|(fault, _)| *fault);
        let parcels = match fault {
            None => vec![parcel(message.to_vec())],
            Some(fault) => self.inflict(fault, message),
        };
        self.last = message.to_vec();
        parcels
    }

    fn inflict(&mut self, fault: Fault, message: &[u8]) -> Vec<Parcel> {
        self.inflicted += 1;
        let mut changed = message.to_vec();
        let mut after = Duration::ZERO;
        match fault {
            Fault::Drop => return Vec::new(),
            Fault::Delay => after = Duration::from_millis(self.rng.u64(100..2500)),
            Fault::Reorder => after = Duration::from_millis(self.rng.u64(0..60)),
            Fault::Duplicate => {
                let again = Parcel {
                    after: Duration::from_millis(self.rng.u64(0..900)),
                    ..parcel(changed.clone())
                };
                return vec![parcel(changed), again];
            }
            Fault::Truncate => {
                empty(&mut changed);
                changed[2] |= 0x02;
            }
            Fault::Cut => changed.truncate(self.rng.usize(0..message.len())),
            Fault::Corrupt => {
                let place = self.rng.choice(structure(message)).expect("an id");
                changed[place] ^= 1 << self.rng.u8(..8);
            }
            Fault::Damage => {
                changed[self.rng.usize(0..message.len())] ^= self.rng.u8(1..);
                return vec![Parcel {
                    summed: Some(message.to_vec()),
                    ..parcel(changed)
                }];
            }
            Fault::WrongId => changed[self.rng.usize(0..2)] ^= self.rng.u8(1..),
            Fault::WrongCase => {
                for octet in &mut changed[HEADER_OCTETS..question_end(message)] {
                    if octet.is_ascii_alphabetic() && self.rng.bool() {
                        *octet ^= 0x20;
                    }
                }
            }
            Fault::WrongQuestion => {
                changed.clone_from(&self.last);
                changed.splice(..2.min(changed.len()), message[..2].iter().copied());
            }
            Fault::Servfail => {
                empty(&mut changed);
                changed[3] = changed[3] & 0xf0 | 2;
            }
            Fault::Echo => {
                empty(&mut changed);
                changed[2] &= 0x7f;
            }
        }
        vec![Parcel {
            after,
            ..parcel(changed)
        }]
    }
}

fn parcel(message: Vec<u8>) -> Parcel {
    Parcel {
        message,
        after: Duration::ZERO,
        summed: None,
    }
}

/// Leaves the header and the question.
fn empty(message: &mut Vec<u8>) {
    message.truncate(question_end(message));
    message[COUNTS].fill(0);
}

/// Where the question ends: its name is not compressed.
fn question_end(message: &[u8]) -> usize {
    name_end(message, HEADER_OCTETS) + 4
}

/// Where a name ends that begins there.
fn name_end(message: &[u8], mut at: usize) -> usize {
    loop {
        match message[at] {
            0 => return at + 1,
            length if length >= 0xc0 => return at + 2,
            length => at += 1 + usize::from(length),
        }
    }
}

/// The octets whose change leaves a message that contradicts itself, or the question.
///
/// Those are the id, the counts, the question and the lengths of the records' data. Left out are the flags, and the
/// records' names, types, classes, lifetimes and data: with another value there it is another answer without any fault,
/// which only its checksum or a signature gives away.
fn structure(message: &[u8]) -> Vec<usize> {
    let question_end = question_end(message);
    let mut places: Vec<usize> = [0..2, 4..question_end].into_iter().flatten().collect();
    let records: usize = COUNTS
        .step_by(2)
        .map(|at| usize::from(u16::from_be_bytes([message[at], message[at + 1]])))
        .sum();
    let mut at = question_end;
    for _ in 0..records {
        let length_at = name_end(message, at) + 8;
        places.extend([length_at, length_at + 1]);
        let length = u16::from_be_bytes([message[length_at], message[length_at + 1]]);
        at = length_at + 2 + usize::from(length);
    }
    places
}
