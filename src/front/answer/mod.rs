//! From a verdict to what is said: code, text, TTL, refusal. Every answer is made here.
//!
//! Pure: the wire format is the business of those who send.

#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};
use std::net::Ipv4Addr;
use std::time::Duration;

use arrayvec::ArrayString;
use smallvec::{SmallVec, smallvec};

use crate::front::zone::{NotListedAs, Rr, Settled, UndecidedAs, Zone};
use crate::oracle::{Sentence, Source};
use crate::verdict::{Domain, Doubt, Failure, Listing, Verdict};

/// The A record type (RFC 1035, section 3.2.2).
pub const A: u16 = 1;
/// The SOA record type (RFC 1035, section 3.2.2).
pub const SOA: u16 = 6;
/// The TXT record type (RFC 1035, section 3.2.2).
pub const TXT: u16 = 16;
/// The query type that asks for all records (RFC 1035, section 3.2.3).
pub const ANY: u16 = 255;

/// Seconds that "not listed" counts where it stands for "could not find out".
const UNDECIDED_TTL: u32 = 5;

/// The longest text of an extended error: enough for nearly all names and a reason. It holds a name that
/// whoever asks may have chosen, and longer ones would make the answer many times the query.
const TROUBLE_OCTETS_MAX: usize = 128;

/// What is said to one query, borrowed from what it is made of: making one allocates nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The response code.
    pub rcode: Rcode,
    /// Whether we speak as the zone's authority.
    pub is_authoritative: bool,
    /// The answer section; all records are at the query name. A listing has two at most.
    pub records: SmallVec<[Record<'a>; 2]>,
    /// The SOA in the authority section.
    pub soa: Option<Soa<'a>>,
    /// The extended error (RFC 8914).
    pub trouble: Option<Trouble<'a>>,
    /// Whether the client is to come back over TCP for the rest (RFC 1035, section 4.1.1).
    pub is_truncated: bool,
}

/// The response codes that we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rcode {
    /// All is well; there may be no record all the same.
    NoError,
    /// The query cannot be understood.
    FormErr,
    /// We could not find out.
    ServFail,
    /// The name does not exist.
    NxDomain,
    /// We do not do this kind of query.
    NotImp,
    /// Not for this client, or not for this name.
    Refused,
    /// An EDNS version that we do not know.
    BadVers,
}

/// A resource record of the answer section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The type, as on the wire.
    pub rtype: u16,
    /// Seconds.
    pub ttl: u32,
    /// What it says.
    pub data: Data<'a>,
}

/// The data of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data<'a> {
    /// An address.
    Address(Ipv4Addr),
    /// One character-string.
    Text(&'a str),
    /// As in the zone file.
    Octets(&'a [u8]),
}

/// The SOA of a negative answer, at the origin, with its TTL and MINIMUM set to the answer's own
/// lifetime: some resolvers go by the one, some by the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Soa<'a> {
    /// The name that it is at.
    pub origin: &'a Domain,
    /// Its TTL and its MINIMUM, in seconds.
    pub ttl: u32,
    /// Its data in front of the MINIMUM.
    pub stem: &'a [u8],
}

/// An extended error (RFC 8914).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble<'a> {
    /// The code.
    pub code: u16,
    /// The text for people.
    pub text: TroubleText<'a>,
}

/// The text of an extended error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleText<'a> {
    /// As it stands.
    Plain(&'static str),
    /// Why there is no verdict.
    Doubt(Doubt<'a>),
}

impl<'a> Answer<'a> {
    /// An answer that is nothing but a code.
    pub fn bare(rcode: Rcode) -> Self {
        Self {
            rcode,
            is_authoritative: false,
            records: SmallVec::new(),
            soa: None,
            trouble: None,
            is_truncated: false,
        }
    }

    /// Nothing, but that the client is to come back over TCP: who forged its address cannot. The name
    /// has not been looked at; without authority some resolvers would take us for no server of it.
    pub fn slip() -> Self {
        Self {
            is_authoritative: true,
            is_truncated: true,
            ..Self::bare(Rcode::NoError)
        }
    }

    /// What is left of an answer that is too long for UDP.
    pub fn truncated(&self) -> Self {
        Self {
            is_authoritative: self.is_authoritative,
            is_truncated: true,
            ..Self::bare(self.rcode)
        }
    }

    /// SERVFAIL, because there are too many who wait already.
    pub fn busy() -> Self {
        Self::failed(Trouble {
            code: 0,
            text: TroubleText::Plain("too many queries wait for a verdict"),
        })
    }

    /// What a verdict says to a query of type `qtype`.
    pub fn of_sentence(sentence: &Sentence<'a>, zone: &'a Zone, qtype: u16) -> Self {
        let ttl = seconds(sentence.remaining);
        match sentence.verdict {
            Verdict::Listed(listing) => {
                let answer = Self::records(listed(listing, ttl), zone, qtype, ttl);
                let stale = || Trouble {
                    code: 3,
                    text: TroubleText::Plain("upstream fails, last listing kept"),
                };
                let trouble = (sentence.source == Source::Stale).then(stale);
                Self { trouble, ..answer }
            }
            Verdict::NotListed(_) => Self::not_listed(zone, ttl),
            Verdict::Undecided(doubt) => match zone.undecided {
                UndecidedAs::NotListed => Self::not_listed(zone, UNDECIDED_TTL),
                UndecidedAs::ServFail => Self::failed(trouble(*doubt, sentence.source)),
            },
        }
    }

    /// What a name that needs no verdict says to a query of type `qtype`.
    pub fn of_settled(settled: Settled<'a>, qtype: u16) -> Self {
        match settled {
            Settled::Outside => Self::bare(Rcode::Refused),
            Settled::Fixed(zone, records) => Self::of_fixed(records, zone, qtype),
            Settled::Never { zone, is_nodata } => Self::never(zone, is_nodata),
        }
    }

    /// What a name of the zone file says to a query of type `qtype`.
    fn of_fixed(records: &'a [Rr], zone: &'a Zone, qtype: u16) -> Self {
        let record = |rr: &'a Rr| Record {
            rtype: rr.rtype,
            ttl: rr.ttl,
            data: Data::Octets(&rr.rdata),
        };
        let records = records.iter().map(record).collect();
        Self::records(records, zone, qtype, soa_minimum(&zone.fixed.soa))
    }

    /// What is said at a name that is never listed.
    fn never(zone: &'a Zone, is_nodata: bool) -> Self {
        let ttl = soa_minimum(&zone.fixed.soa);
        if is_nodata {
            Self::negative(zone, Rcode::NoError, ttl)
        } else {
            Self::not_listed(zone, ttl)
        }
    }

    /// Those of the records that were asked for, else NODATA.
    fn records(
        mut records: SmallVec<[Record<'a>; 2]>,
        zone: &'a Zone,
        qtype: u16,
        ttl: u32,
    ) -> Self {
        records.retain(|record| qtype == ANY || record.rtype == qtype);
        if records.is_empty() {
            return Self::negative(zone, Rcode::NoError, ttl);
        }
        Self {
            is_authoritative: true,
            records,
            ..Self::bare(Rcode::NoError)
        }
    }

    fn not_listed(zone: &'a Zone, ttl: u32) -> Self {
        let rcode = match zone.not_listed {
            NotListedAs::NoData => Rcode::NoError,
            NotListedAs::NxDomain => Rcode::NxDomain,
        };
        Self::negative(zone, rcode, ttl)
    }

    fn negative(zone: &'a Zone, rcode: Rcode, ttl: u32) -> Self {
        let rdata = &zone.fixed.soa.rdata;
        let soa = Soa {
            origin: &zone.origin,
            ttl,
            stem: rdata.split_last_chunk::<4>().map_or(&[], |(stem, _)| stem),
        };
        Self {
            is_authoritative: true,
            soa: Some(soa),
            ..Self::bare(rcode)
        }
    }

    fn failed(trouble: Trouble<'a>) -> Self {
        Self {
            is_authoritative: true,
            trouble: Some(trouble),
            ..Self::bare(Rcode::ServFail)
        }
    }
}

/// A listing's two records (RFC 5782, section 2.1): one A, because some clients read only the
/// first, and one TXT of one character-string.
fn listed<'a>(listing: &Listing<'a>, ttl: u32) -> SmallVec<[Record<'a>; 2]> {
    let record = |rtype, data| Record { rtype, ttl, data };
    smallvec![
        record(A, Data::Address(listing.code)),
        record(TXT, Data::Text(listing.text)),
    ]
}

/// Whole seconds of what is left of a lifetime; never 0, which some resolvers take as "ask again
/// for every client".
fn seconds(remaining: Duration) -> u32 {
    u32::try_from(remaining.as_secs())
        .unwrap_or(u32::MAX)
        .max(1)
}

/// The MINIMUM field: the last four octets of an SOA's data (RFC 1035, section 3.3.13).
fn soa_minimum(soa: &Rr) -> u32 {
    soa.rdata
        .last_chunk()
        .map_or(0, |minimum| u32::from_be_bytes(*minimum))
}

/// The extended error that tells the client's operator why there is no verdict.
fn trouble(doubt: Doubt<'_>, source: Source) -> Trouble<'_> {
    let code = match doubt.failure {
        // "Cached Error"; the text still says which.
        _ if source == Source::Memory => 13,
        Failure::ServFail | Failure::Refused | Failure::Lame => 22,
        Failure::Timeout | Failure::Network => 23,
        Failure::Bogus => 6,
        Failure::Pending
        | Failure::Broken
        | Failure::CnameChain
        | Failure::Allowance
        | Failure::Overload
        | Failure::ClientBudget
        | Failure::Internal => 0,
    };
    let text = TroubleText::Doubt(doubt);
    Trouble { code, text }
}

impl Data<'_> {
    /// Hands the data to `put` as it stands on the wire, piece by piece.
    pub fn put(&self, mut put: impl FnMut(&[u8])) {
        match self {
            Self::Address(address) => put(&address.octets()),
            Self::Octets(octets) => put(octets),
            Self::Text(text) => {
                let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
                put(&[length]);
                put(text.as_bytes().get(..length.into()).unwrap_or_default());
            }
        }
    }
}

impl TroubleText<'_> {
    /// The text, cut where it is too long.
    pub fn to_array(self) -> ArrayString<TROUBLE_OCTETS_MAX> {
        let mut text = ArrayString::new();
        // What does not fit is left out.
        let _cut = write!(text, "{self}");
        text
    }
}

impl fmt::Display for TroubleText<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => formatter.write_str(text),
            Self::Doubt(Doubt { failure, host }) => match host {
                Some(host) => write!(formatter, "{host}: {failure}"),
                None => failure.fmt(formatter),
            },
        }
    }
}
