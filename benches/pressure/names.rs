//! Mail domains without end: the name of each says what the DNS has of it, and so what the list must say.
//!
//! `g2a.t60.example` is good, is number 0x2a, and its records live for 60 seconds. No two domains share anything.

use std::fmt;
use std::net::Ipv4Addr;

use super::packet::{A, MX};

/// Neither reserved nor anybody's mail server.
const GOOD: Ipv4Addr = Ipv4Addr::new(192, 0, 1, 10);

/// A private one, of a second exchanger.
const PRIVATE: Ipv4Addr = Ipv4Addr::new(10, 1, 2, 3);

/// Above every domain.
const PARENT: &str = "example";

/// The hosts that mail goes to, below the domain.
const HOST: &str = "mx";
const SECOND_HOST: &str = "mx2";

/// What the DNS has of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One exchanger, with a public address.
    Good,
    /// The same, with a loopback address: listed.
    Loopback,
    /// A public exchanger, and behind it one with a private address: listed.
    Backup,
    /// No MX, but a public address.
    Implicit,
    /// No MX, and a loopback address: listed.
    Itself,
    /// "No mail here" (RFC 7505).
    Null,
}

/// Of a hundred domains, how many are of each kind, and the letter that their names begin with.
const KINDS: [(u64, char, Kind); 6] = [
    (60, 'g', Kind::Good),
    (10, 'l', Kind::Loopback),
    (5, 'b', Kind::Backup),
    (10, 'i', Kind::Implicit),
    (5, 's', Kind::Itself),
    (10, 'n', Kind::Null),
];

/// A mail domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MailDomain {
    kind: Kind,
    number: u64,
    /// Seconds that its records live.
    ttl: u32,
}

/// One record's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// Preference, and the host's label below the domain; the root if there is none.
    Mx(u16, &'static str),
    /// An address.
    A(Ipv4Addr),
}

impl MailDomain {
    /// The domain with a number.
    pub(crate) fn new(number: u64, ttl: u32) -> Self {
        let mut place = number % 100;
        let mut kind = Kind::Good;
        for (share, _, candidate) in KINDS {
            kind = candidate;
            if place < share {
                break;
            }
            place -= share;
        }
        Self { kind, number, ttl }
    }

    /// Reads what is below the domain, if anything, and the domain.
    pub(crate) fn read(name: &str) -> Option<(&str, Self)> {
        let (rest, ttl) = name
            .strip_suffix(PARENT)?
            .strip_suffix('.')?
            .rsplit_once('.')?;
        let (host, own) = rest.rsplit_once('.').unwrap_or(("", rest));
        let mut characters = own.chars();
        let letter = characters.next()?;
        let (_, _, kind) = KINDS.into_iter().find(|(_, it, _)| *it == letter)?;
        let domain = Self {
            kind,
            number: u64::from_str_radix(characters.as_str(), 16).ok()?,
            ttl: ttl.strip_prefix('t')?.parse().ok()?,
        };
        Some((host, domain))
    }

    /// Whether the list must list it.
    pub(crate) fn is_listed(self) -> bool {
        matches!(self.kind, Kind::Loopback | Kind::Backup | Kind::Itself)
    }

    pub(crate) fn ttl(self) -> u32 {
        self.ttl
    }

    /// The records of a type at `host` below it, or at the domain itself if that is empty.
    pub(crate) fn records(self, host: &str, qtype: u16) -> &'static [Record] {
        match (qtype, host, self.kind) {
            (MX, "", Kind::Good | Kind::Loopback) => &[Record::Mx(10, HOST)],
            (MX, "", Kind::Backup) => &[Record::Mx(10, HOST), Record::Mx(20, SECOND_HOST)],
            (MX, "", Kind::Null) => &[Record::Mx(0, "")],
            (A, HOST, Kind::Good | Kind::Backup) | (A, "", Kind::Implicit) => &[Record::A(GOOD)],
            (A, HOST, Kind::Loopback) | (A, "", Kind::Itself) => &[Record::A(Ipv4Addr::LOCALHOST)],
            (A, SECOND_HOST, Kind::Backup) => &[Record::A(PRIVATE)],
            _ => &[],
        }
    }
}

impl fmt::Display for MailDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, number, ttl } = self;
        let found = KINDS.iter().find(|(_, _, it)| it == kind);
        let letter = found.map_or('g', |(_, letter, _)| *letter);
        write!(f, "{letter}{number:x}.t{ttl}.{PARENT}")
    }
}
