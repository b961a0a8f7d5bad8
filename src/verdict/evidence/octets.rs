//! The compact form of evidence: a few dozen octets for a usual domain, read in place.
//!
//! What is remembered of millions of domains is kept in this form, written to disk in it, and judged
//! out of it without being unpacked. Numbers are LEB128: seven bits an octet, the lowest first.
//!
//! ```text
//! evidence  = mx hosts-left-out *host
//! mx        = kind (ttl | failure | nothing)
//! host      = preference name-length name kind (nothing | address | answer answer)
//! answer    = kind (nothing | ttl | failure | ttl length *address)
//! address   = 4 and four octets | 6 and sixteen octets
//! ```

use std::net::IpAddr;

use super::{Addresses, Answer, Failure, Host, MxAnswer};

/// Bits of a number in one octet.
const DIGIT_BITS: u32 = 7;
/// Set in every octet of a number but the last.
const MORE: u8 = 0x80;

/// The kinds of MX answers.
mod mx {
    pub(super) const PENDING: u8 = 0;
    pub(super) const RECORDS: u8 = 1;
    pub(super) const IMPLICIT: u8 = 2;
    pub(super) const NULL: u8 = 3;
    pub(super) const OWN_ZONE: u8 = 4;
    pub(super) const FAILED: u8 = 5;
    pub(super) const NOT_ASKED: u8 = 6;
}

/// Where a host's addresses come from.
mod source {
    pub(super) const RESOLVED: u8 = 0;
    pub(super) const LITERAL: u8 = 1;
    pub(super) const LOCALHOST: u8 = 2;
    pub(super) const NOT_A_HOST: u8 = 3;
    pub(super) const OWN_ZONE: u8 = 4;
}

/// The kinds of address answers.
mod answer {
    pub(super) const PENDING: u8 = 0;
    pub(super) const FOUND: u8 = 1;
    pub(super) const ABSENT: u8 = 2;
    pub(super) const FAILED: u8 = 3;
}

/// Failures by their number in the compact form, which is never given to another one.
const FAILURES: [Failure; 13] = [
    Failure::Pending,
    Failure::Timeout,
    Failure::Network,
    Failure::ServFail,
    Failure::Refused,
    Failure::Lame,
    Failure::Broken,
    Failure::CnameChain,
    Failure::Overload,
    Failure::ClientBudget,
    Failure::Internal,
    Failure::Bogus,
    Failure::Allowance,
];

/// Appends a number.
pub fn put_number(octets: &mut Vec<u8>, mut number: u64) {
    loop {
        let [digit, ..] = number.to_le_bytes();
        number >>= DIGIT_BITS;
        if number == 0 {
            octets.push(digit & !MORE);
            return;
        }
        octets.push(digit | MORE);
    }
}

pub(super) fn put_mx(octets: &mut Vec<u8>, mx: MxAnswer) {
    let (kind, number) = match mx {
        MxAnswer::Pending => (mx::PENDING, None),
        MxAnswer::Records { ttl } => (mx::RECORDS, Some(ttl.into())),
        MxAnswer::Implicit { ttl } => (mx::IMPLICIT, Some(ttl.into())),
        MxAnswer::Null { ttl } => (mx::NULL, Some(ttl.into())),
        MxAnswer::OwnZone => (mx::OWN_ZONE, None),
        MxAnswer::NotAsked => (mx::NOT_ASKED, None),
        MxAnswer::Failed(failure) => (mx::FAILED, Some(number_of(failure))),
    };
    octets.push(kind);
    if let Some(number) = number {
        put_number(octets, number);
    }
}

/// Appends where a host's addresses come from, and what they are.
pub(super) fn put_addresses(octets: &mut Vec<u8>, addresses: &Addresses<Box<[IpAddr]>>) {
    match addresses {
        Addresses::Resolved { a, aaaa } => {
            octets.push(source::RESOLVED);
            put_answer(octets, a);
            put_answer(octets, aaaa);
        }
        Addresses::Literal(address) => {
            octets.push(source::LITERAL);
            put_address(octets, *address);
        }
        Addresses::Localhost => octets.push(source::LOCALHOST),
        Addresses::NotAHost => octets.push(source::NOT_A_HOST),
        Addresses::OwnZone => octets.push(source::OWN_ZONE),
    }
}

fn put_answer(octets: &mut Vec<u8>, answer: &Answer<Box<[IpAddr]>>) {
    match answer {
        Answer::Pending => octets.push(answer::PENDING),
        Answer::Found { addresses, ttl } => {
            octets.push(answer::FOUND);
            put_number(octets, (*ttl).into());
            let length: usize = addresses.iter().map(octets_of).sum();
            put_number(octets, u64::try_from(length).unwrap_or(u64::MAX));
            for address in addresses {
                put_address(octets, *address);
            }
        }
        Answer::Absent { ttl } => {
            octets.push(answer::ABSENT);
            put_number(octets, (*ttl).into());
        }
        Answer::Failed(failure) => {
            octets.push(answer::FAILED);
            put_number(octets, number_of(*failure));
        }
    }
}

fn octets_of(address: &IpAddr) -> usize {
    match address {
        IpAddr::V4(_) => 1 + 4,
        IpAddr::V6(_) => 1 + 16,
    }
}

fn put_address(octets: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            octets.push(4);
            octets.extend(address.octets());
        }
        IpAddr::V6(address) => {
            octets.push(6);
            octets.extend(address.octets());
        }
    }
}

fn number_of(failure: Failure) -> u64 {
    let place = FAILURES.iter().position(|known| *known == failure);
    // Every failure is in the list, which a test checks; one that is not would be pending for ever.
    u64::try_from(place.unwrap_or_default()).unwrap_or_default()
}

/// Reads the compact form from front to back; none where it is no such form.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'e> {
    rest: &'e [u8],
}

/// The addresses of one answer, read as they are asked for.
#[derive(Clone, Copy, Debug)]
pub struct AddressList<'e> {
    octets: Cursor<'e>,
}

impl<'e> Cursor<'e> {
    /// A cursor before the first of these octets.
    pub fn new(octets: &'e [u8]) -> Self {
        Self { rest: octets }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'e [u8] {
        self.rest
    }

    /// Reads a number.
    #[inline(always)]
    pub fn number(&mut self) -> Option<u64> {
        match self.rest {
            // Nearly all have one octet, or two.
            [octet, rest @ ..] if octet & MORE == 0 => {
                self.rest = rest;
                Some((*octet).into())
            }
            [low, high, rest @ ..] if high & MORE == 0 => {
                self.rest = rest;
                Some(u64::from(low & !MORE) | u64::from(*high) << DIGIT_BITS)
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Option<u64> {
        let mut number = 0;
        let mut shift = 0;
        loop {
            let octet = self.octet()?;
            let digit = u64::from(octet & !MORE);
            number |= digit.checked_shl(shift)?;
            if octet & MORE == 0 {
                return Some(number);
            }
            shift += DIGIT_BITS;
        }
    }

    /// Reads eight octets as one number, the highest first.
    #[inline]
    pub fn word(&mut self) -> Option<u64> {
        let (octets, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u64::from_be_bytes(*octets))
    }

    /// Reads as many octets.
    #[inline]
    pub fn octets(&mut self, count: usize) -> Option<&'e [u8]> {
        let (octets, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(octets)
    }

    #[inline(always)]
    fn octet(&mut self) -> Option<u8> {
        let (octet, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*octet)
    }

    fn seconds(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    fn failure(&mut self) -> Option<Failure> {
        let place = usize::try_from(self.number()?).ok()?;
        FAILURES.get(place).copied()
    }

    #[inline(always)]
    pub(super) fn mx(&mut self) -> Option<MxAnswer> {
        Some(match self.octet()? {
            mx::PENDING => MxAnswer::Pending,
            mx::RECORDS => MxAnswer::Records {
                ttl: self.seconds()?,
            },
            mx::IMPLICIT => MxAnswer::Implicit {
                ttl: self.seconds()?,
            },
            mx::NULL => MxAnswer::Null {
                ttl: self.seconds()?,
            },
            mx::OWN_ZONE => MxAnswer::OwnZone,
            mx::NOT_ASKED => MxAnswer::NotAsked,
            mx::FAILED => MxAnswer::Failed(self.failure()?),
            _ => return None,
        })
    }

    #[inline(always)]
    pub(super) fn host(&mut self) -> Option<Host<'e>> {
        let preference = u16::try_from(self.number()?).ok()?;
        let length = usize::try_from(self.number()?).ok()?;
        let name = self.octets(length)?;
        let addresses = match self.octet()? {
            source::RESOLVED => Addresses::Resolved {
                a: self.answer()?,
                aaaa: self.answer()?,
            },
            source::LITERAL => Addresses::Literal(self.address()?),
            source::LOCALHOST => Addresses::Localhost,
            source::NOT_A_HOST => Addresses::NotAHost,
            source::OWN_ZONE => Addresses::OwnZone,
            _ => return None,
        };
        Some(Host {
            preference,
            name,
            addresses,
        })
    }

    #[inline(always)]
    fn answer(&mut self) -> Option<Answer<AddressList<'e>>> {
        Some(match self.octet()? {
            answer::PENDING => Answer::Pending,
            answer::FOUND => {
                let ttl = self.seconds()?;
                Answer::Found {
                    addresses: self.addresses()?,
                    ttl,
                }
            }
            answer::ABSENT => Answer::Absent {
                ttl: self.seconds()?,
            },
            answer::FAILED => Answer::Failed(self.failure()?),
            _ => return None,
        })
    }

    #[inline(always)]
    fn addresses(&mut self) -> Option<AddressList<'e>> {
        let length = usize::try_from(self.number()?).ok()?;
        let octets = Self::new(self.octets(length)?);
        Some(AddressList { octets })
    }

    #[inline]
    fn address(&mut self) -> Option<IpAddr> {
        match self.octet()? {
            4 => {
                let (octets, rest) = self.rest.split_first_chunk::<4>()?;
                self.rest = rest;
                Some(IpAddr::from(*octets))
            }
            6 => {
                let (octets, rest) = self.rest.split_first_chunk::<16>()?;
                self.rest = rest;
                Some(IpAddr::from(*octets))
            }
            _ => None,
        }
    }
}

impl AddressList<'_> {
    /// What `each` makes of the first address that it makes something of.
    #[inline]
    pub(super) fn find_map<T>(self, mut each: impl FnMut(IpAddr) -> Option<T>) -> Option<T> {
        let mut rest = self.octets.rest;
        while let Some((kind, behind)) = rest.split_first() {
            let found = if *kind == 4 {
                let (octets, behind) = behind.split_first_chunk::<4>()?;
                rest = behind;
                each(IpAddr::from(*octets))
            } else {
                let (octets, behind) = behind.split_first_chunk::<16>()?;
                rest = behind;
                each(IpAddr::from(*octets))
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Whether it is addresses to its end.
    pub(super) fn is_whole(mut self) -> bool {
        self.by_ref().for_each(drop);
        self.octets.rest.is_empty()
    }
}

impl Iterator for AddressList<'_> {
    type Item = IpAddr;

    #[inline]
    fn next(&mut self) -> Option<IpAddr> {
        self.octets.address()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_failure_has_a_number_of_its_own() {
        for failure in FAILURES {
            let mut octets = Vec::new();
            put_mx(&mut octets, MxAnswer::Failed(failure));
            let read = Cursor::new(&octets).mx();
            assert_eq!(read, Some(MxAnswer::Failed(failure)));
            // A failure that the list lacks would be written as the first one.
            match failure {
                Failure::Pending
                | Failure::Timeout
                | Failure::Network
                | Failure::ServFail
                | Failure::Refused
                | Failure::Lame
                | Failure::Broken
                | Failure::CnameChain
                | Failure::Overload
                | Failure::ClientBudget
                | Failure::Internal
                | Failure::Bogus
                | Failure::Allowance => {}
            }
        }
    }

    #[test]
    fn failures_keep_the_numbers_that_snapshots_have_them_by() {
        let number = |failure| {
            let mut octets = Vec::new();
            put_mx(&mut octets, MxAnswer::Failed(failure));
            octets
        };
        let numbered = [
            (Failure::Pending, 0),
            (Failure::Timeout, 1),
            (Failure::Network, 2),
            (Failure::ServFail, 3),
            (Failure::Refused, 4),
            (Failure::Lame, 5),
            (Failure::Broken, 6),
            (Failure::CnameChain, 7),
            (Failure::Overload, 8),
            (Failure::ClientBudget, 9),
            (Failure::Internal, 10),
            (Failure::Bogus, 11),
            (Failure::Allowance, 12),
        ];
        assert_eq!(numbered.len(), FAILURES.len());
        for (failure, expected) in numbered {
            assert_eq!(number(failure), [mx::FAILED, expected]);
        }
    }

    #[test]
    fn numbers_take_as_few_octets_as_they_need() {
        for (number, length) in [(0, 1), (127, 1), (128, 2), (86_400, 3), (u64::MAX, 10)] {
            let mut octets = Vec::new();
            put_number(&mut octets, number);
            assert_eq!(octets.len(), length, "{number}");
            assert_eq!(Cursor::new(&octets).number(), Some(number));
        }
    }

    proptest! {
        #[test]
        fn no_octets_panic(octets in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut cursor = Cursor::new(&octets);
            let _mx = cursor.mx();
            while let Some(host) = cursor.host() {
                prop_assert!(host.known().count() <= octets.len());
            }
        }
    }
}
