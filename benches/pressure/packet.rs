//! Queries, and what is to be read in answers (RFC 1035, section 4.1).

use super::names::{MailDomain, Record};

/// Types of records.
pub(crate) const A: u16 = 1;
pub(crate) const MX: u16 = 15;
const SOA: u16 = 6;

/// Response codes.
pub(crate) const NOERROR: u8 = 0;
pub(crate) const SERVFAIL: u8 = 2;

/// Class IN.
const IN: [u8; 2] = [0, 1];

const HEAD_OCTETS: usize = 12;

/// An OPT record: 1232 octets of payload, no options (RFC 6891, section 6.1.2).
const OPT: [u8; 11] = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0];

/// A pointer to the name of the question.
const TO_QUESTION: [u8; 2] = [0xc0, 12];

/// What an answer of the list says of a mail domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// The verdict that its name calls for.
    Right,
    /// Listed and not meant to be, or the other way round, or anything that is no verdict.
    Wrong,
    /// SERVFAIL.
    Undecided,
}

/// A message whose question has been read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'p> {
    octets: &'p [u8],
    /// Where the name of the question ends, and its type begins.
    name_end: usize,
}

/// What an upstream's response says beside its records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) code: u8,
    pub(crate) is_truncated: bool,
}

/// A query with EDNS, as resolvers send it.
pub(crate) fn query(id: u16, name: &str, qtype: u16) -> Vec<u8> {
    let mut packet = id.to_be_bytes().to_vec();
    packet.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    for label in name.split('.') {
        push_label(&mut packet, label);
    }
    packet.push(0);
    packet.extend(qtype.to_be_bytes());
    packet.extend(IN);
    packet.extend(OPT);
    packet
}

fn push_label(packet: &mut Vec<u8>, label: &str) {
    // No label here is longer than 63 octets.
    packet.push(u8::try_from(label.len()).unwrap_or_default());
    packet.extend(label.as_bytes());
}

impl<'p> Message<'p> {
    /// Reads the head and the question; none if it is no whole message with one.
    pub(crate) fn read(octets: &'p [u8]) -> Option<Self> {
        let mut place = HEAD_OCTETS;
        loop {
            let length = usize::from(*octets.get(place)?);
            place += 1 + length;
            if length == 0 {
                break;
            }
        }
        octets.get(place..place + 4)?;
        Some(Self {
            octets,
            name_end: place,
        })
    }

    pub(crate) fn id(self) -> u16 {
        self.number(0)
    }

    pub(crate) fn code(self) -> u8 {
        self.octet(3) & 0x0f
    }

    /// How many records answer the question.
    pub(crate) fn answers(self) -> u16 {
        self.number(6)
    }

    pub(crate) fn qtype(self) -> u16 {
        self.number(self.name_end)
    }

    /// What it says, as an answer from the list's zone.
    pub(crate) fn said(self, zone: &str) -> Said {
        let name = self.name();
        let domain = name
            .strip_suffix(zone)
            .and_then(|name| name.strip_suffix('.'));
        match (domain.and_then(MailDomain::read), self.code()) {
            (_, SERVFAIL) => Said::Undecided,
            (Some(("", domain)), NOERROR) if domain.is_listed() == (self.answers() > 0) => {
                Said::Right
            }
            _ => Said::Wrong,
        }
    }

    /// The name of the question in small letters.
    pub(crate) fn name(self) -> String {
        let mut name = String::new();
        let mut place = HEAD_OCTETS;
        while place + 1 < self.name_end {
            let length = usize::from(self.octet(place));
            let label = self.octets.get(place + 1..place + 1 + length);
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(&String::from_utf8_lossy(label.unwrap_or_default()));
            place += 1 + length;
        }
        name.make_ascii_lowercase();
        name
    }

    /// The response of a resolver with these records of `domain`; without any, with the SOA that says for how long that
    /// counts (RFC 2308).
    pub(crate) fn respond(
        self,
        manner: Manner,
        records: &[Record],
        domain: Option<MailDomain>,
    ) -> Vec<u8> {
        let question = self.octets.get(..self.name_end + 4).unwrap_or_default();
        let mut packet = question.to_vec();
        let is_negative = records.is_empty() && manner.code == NOERROR && !manner.is_truncated;
        let answers = u8::try_from(records.len()).unwrap_or_default();
        let truncated = if manner.is_truncated { 2 } else { 0 };
        let recursion_desired = self.octet(2) & 1;
        let flags = [0x80 | truncated | recursion_desired, 0x80 | manner.code];
        let counts = [0, 1, 0, answers, 0, u8::from(is_negative), 0, 0];
        if let Some(head) = packet.get_mut(2..HEAD_OCTETS) {
            head.copy_from_slice(&[&flags[..], &counts].concat());
        }
        let ttl = domain.map_or(0, MailDomain::ttl).to_be_bytes();
        for record in records {
            let (rtype, content) = content(*record);
            push_record(&mut packet, rtype, ttl, &content);
        }
        if is_negative {
            // Server and mailbox are the root; then serial, refresh, retry, expiry and minimum.
            let content = [&[0; 2 + 4 * 4][..], &ttl].concat();
            push_record(&mut packet, SOA, ttl, &content);
        }
        packet
    }

    fn octet(self, place: usize) -> u8 {
        self.octets.get(place).copied().unwrap_or_default()
    }

    fn number(self, place: usize) -> u16 {
        u16::from_be_bytes([self.octet(place), self.octet(place + 1)])
    }
}

/// The type and the content of a record at the name of the question.
fn content(record: Record) -> (u16, Vec<u8>) {
    match record {
        Record::A(address) => (A, address.octets().to_vec()),
        Record::Mx(preference, "") => (MX, [&preference.to_be_bytes()[..], &[0]].concat()),
        Record::Mx(preference, host) => {
            let mut content = preference.to_be_bytes().to_vec();
            push_label(&mut content, host);
            content.extend(TO_QUESTION);
            (MX, content)
        }
    }
}

fn push_record(packet: &mut Vec<u8>, rtype: u16, ttl: [u8; 4], content: &[u8]) {
    packet.extend(TO_QUESTION);
    packet.extend(rtype.to_be_bytes());
    packet.extend(IN);
    packet.extend(ttl);
    packet.extend(
        u16::try_from(content.len())
            .unwrap_or_default()
            .to_be_bytes(),
    );
    packet.extend(content);
}

/// The message behind its length (RFC 1035, section 4.2.2).
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).unwrap_or_default();
    [&length.to_be_bytes(), message].concat()
}

/// Takes the first whole message out of what came over TCP.
pub(crate) fn take_message(waiting: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = usize::from(u16::from_be_bytes(*waiting.first_chunk::<2>()?));
    let message = waiting.get(2..2 + length)?.to_vec();
    waiting.drain(..2 + length);
    Some(message)
}
