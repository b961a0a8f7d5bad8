//! From a verdict to what is said: code, text, TTL, refusal. Every answer is made here.
//!
//! Pure: the wire format is the business of those who send.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::zone::{NotListedAs, Rr, UndecidedAs, Zone};
use crate::oracle::{Ruling, Source};
use crate::verdict::{Doubt, Failure, Listing, Verdict};

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

/// The longest text of an extended error: enough for the longest name and a reason.
const TROUBLE_OCTETS_MAX: usize = 320;

/// What is said to one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The response code.
    pub rcode: Rcode,
    /// Whether we speak as the zone's authority.
    pub is_authoritative: bool,
    /// The answer section; all records are at the query name.
    pub records: Vec<Rr>,
    /// The SOA in the authority section, at the origin, with its TTL and MINIMUM set to the
    /// answer's own lifetime: some resolvers go by the one, some by the other.
    pub soa: Option<Rr>,
    /// The extended error (RFC 8914).
    pub trouble: Option<Trouble>,
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

/// An extended error (RFC 8914).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The code.
    pub code: u16,
    /// The text for people.
    pub text: String,
}

impl Answer {
    /// An answer that is nothing but a code.
    pub fn bare(rcode: Rcode) -> Self {
        Self {
            rcode,
            is_authoritative: false,
            records: Vec::new(),
            soa: None,
            trouble: None,
        }
    }

    /// What a verdict says to a query of type `qtype`.
    pub fn of_ruling(ruling: &Ruling, zone: &Zone, qtype: u16) -> Self {
        let ttl = seconds(ruling.remaining);
        match ruling.verdict() {
            Verdict::Listed(listing) => {
                let answer = Self::records(listed(&listing, ttl), zone, qtype, ttl);
                let stale = || Trouble {
                    code: 3,
                    text: "upstream fails, last listing kept".into(),
                };
                let trouble = (ruling.source == Source::Stale).then(stale);
                Self { trouble, ..answer }
            }
            Verdict::NotListed(_) => Self::not_listed(zone, ttl),
            Verdict::Undecided(doubt) => match zone.undecided {
                UndecidedAs::NotListed => Self::not_listed(zone, UNDECIDED_TTL),
                UndecidedAs::ServFail => {
                    let trouble = Some(trouble(&doubt, ruling.source));
                    Self {
                        is_authoritative: true,
                        trouble,
                        ..Self::bare(Rcode::ServFail)
                    }
                }
            },
        }
    }

    /// What a name of the zone file says to a query of type `qtype`.
    pub fn of_fixed(records: &[Rr], zone: &Zone, qtype: u16) -> Self {
        Self::records(records.to_vec(), zone, qtype, soa_minimum(&zone.fixed.soa))
    }

    /// What is said at a name that is never listed.
    pub fn never(zone: &Zone, is_nodata: bool) -> Self {
        let ttl = soa_minimum(&zone.fixed.soa);
        if is_nodata {
            Self::negative(zone, Rcode::NoError, ttl)
        } else {
            Self::not_listed(zone, ttl)
        }
    }

    /// Those of the records that were asked for, else NODATA.
    fn records(mut records: Vec<Rr>, zone: &Zone, qtype: u16, ttl: u32) -> Self {
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

    fn not_listed(zone: &Zone, ttl: u32) -> Self {
        let rcode = match zone.not_listed {
            NotListedAs::NoData => Rcode::NoError,
            NotListedAs::NxDomain => Rcode::NxDomain,
        };
        Self::negative(zone, rcode, ttl)
    }

    fn negative(zone: &Zone, rcode: Rcode, ttl: u32) -> Self {
        let soa = Some(soa_with(&zone.fixed.soa, ttl));
        Self {
            is_authoritative: true,
            soa,
            ..Self::bare(rcode)
        }
    }
}

/// A listing's two records (RFC 5782, section 2.1): one A, because some clients read only the
/// first, and one TXT of one character-string.
fn listed(listing: &Listing<'_>, ttl: u32) -> Vec<Rr> {
    let a = Rr {
        rtype: A,
        ttl,
        rdata: Ipv4Addr::octets(&listing.hit.code).into(),
    };
    let text: &[u8] = listing.hit.text.as_bytes();
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    let text = text.iter().take(length.into());
    let rdata = std::iter::once(&length).chain(text).copied().collect();
    vec![
        a,
        Rr {
            rtype: TXT,
            ttl,
            rdata,
        },
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

fn soa_with(soa: &Rr, ttl: u32) -> Rr {
    let mut soa = Rr { ttl, ..soa.clone() };
    if let Some(minimum) = soa.rdata.last_chunk_mut() {
        *minimum = ttl.to_be_bytes();
    }
    soa
}

/// The extended error that tells the client's operator why there is no verdict.
fn trouble(doubt: &Doubt<'_>, source: Source) -> Trouble {
    let code = match doubt.failure {
        // "Cached Error"; the text still says which.
        _ if source == Source::Memory => 13,
        Failure::ServFail | Failure::Refused | Failure::Lame => 22,
        Failure::Timeout | Failure::Network => 23,
        Failure::Pending
        | Failure::Broken
        | Failure::CnameChain
        | Failure::Overload
        | Failure::ClientBudget
        | Failure::Internal => 0,
    };
    let mut text = match doubt.host {
        Some(host) => format!("{host}: {}", doubt.failure),
        None => doubt.failure.to_string(),
    };
    text.truncate(text.floor_char_boundary(TROUBLE_OCTETS_MAX));
    Trouble { code, text }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arc_swap::ArcSwap;

    use super::*;
    use crate::front::zone::FixedNames;
    use crate::verdict::evidence::MxAnswer;
    use crate::verdict::{Domain, Evidence, Policy, Rules, Table};

    const MX: u16 = 15;

    fn rules() -> Rules {
        Rules {
            table: Arc::new(Table::reserved()),
            policy: Policy::Any,
        }
    }

    fn zone() -> Zone {
        let soa = Rr {
            rtype: SOA,
            ttl: 3600,
            rdata: 900_u32.to_be_bytes().into(),
        };
        Zone {
            origin: Domain::parse("bogusmx.local").unwrap(),
            fixed: FixedNames {
                soa,
                names: std::collections::BTreeMap::new(),
            },
            not_listed: NotListedAs::NoData,
            undecided: UndecidedAs::ServFail,
            rules: ArcSwap::from_pointee(rules()),
        }
    }

    fn ruling(evidence: Evidence) -> Ruling {
        Ruling::new(
            Arc::new(evidence),
            Arc::new(rules()),
            Duration::from_millis(42_900),
        )
    }

    fn listed() -> Ruling {
        let host = crate::verdict::evidence::Host::unfit(10, "::1");
        let mx = MxAnswer::Records { ttl: 300 };
        ruling(Evidence {
            mx,
            hosts: vec![host],
            hosts_left_out: 0,
        })
    }

    fn check(answer: &Answer, expected: &str) {
        let records: Vec<String> = answer
            .records
            .iter()
            .map(|record| format!("{}:{}", record.rtype, record.ttl))
            .collect();
        let soa = answer
            .soa
            .as_ref()
            .map(|soa| format!(" soa {} {}", soa.ttl, soa_minimum(soa)));
        let trouble = answer
            .trouble
            .as_ref()
            .map(|it| format!(" ede {} {}", it.code, it.text));
        let summary = format!(
            "{:?} {}{}{}",
            answer.rcode,
            records.join(" "),
            soa.unwrap_or_default(),
            trouble.unwrap_or_default()
        );
        assert_eq!(summary, expected);
        assert!(answer.is_authoritative);
    }

    #[test]
    fn listed_by_type() {
        let answer = |qtype| Answer::of_ruling(&listed(), &zone(), qtype);
        check(&answer(A), "NoError 1:42");
        check(&answer(TXT), "NoError 16:42");
        check(&answer(ANY), "NoError 1:42 16:42");
        check(&answer(MX), "NoError  soa 42 42");
        assert_eq!(&*answer(A).records[0].rdata, [127, 0, 0, 2]);
        assert_eq!(
            &*answer(TXT).records[0].rdata,
            b"\x1dDomain MX is Loopback address"
        );
        let stale = Ruling {
            source: Source::Stale,
            ..listed()
        };
        let answer = Answer::of_ruling(&stale, &zone(), A);
        check(
            &answer,
            "NoError 1:42 ede 3 upstream fails, last listing kept",
        );
    }

    #[test]
    fn not_listed_either_way() {
        let clean = ruling(Evidence::without_hosts(MxAnswer::Null { ttl: 60 }));
        check(&Answer::of_ruling(&clean, &zone(), A), "NoError  soa 42 42");
        let zone = Zone {
            not_listed: NotListedAs::NxDomain,
            ..zone()
        };
        check(
            &Answer::of_ruling(&clean, &zone, TXT),
            "NxDomain  soa 42 42",
        );
        check(&Answer::never(&zone, false), "NxDomain  soa 900 900");
        check(&Answer::never(&zone, true), "NoError  soa 900 900");
    }

    #[test]
    fn undecided_never_looks_like_innocence() {
        let check_failure = |failure, source, expected: &str| {
            let ruling = Ruling {
                source,
                ..ruling(Evidence::failed(failure))
            };
            check(&Answer::of_ruling(&ruling, &zone(), A), expected);
        };
        let fresh = Source::LookedUp;
        check_failure(
            Failure::Timeout,
            fresh,
            "ServFail  ede 23 upstream timed out",
        );
        check_failure(
            Failure::ServFail,
            fresh,
            "ServFail  ede 22 upstream answered SERVFAIL",
        );
        check_failure(
            Failure::Pending,
            fresh,
            "ServFail  ede 0 still being looked up",
        );
        check_failure(
            Failure::Timeout,
            Source::Memory,
            "ServFail  ede 13 upstream timed out",
        );
        let zone = Zone {
            undecided: UndecidedAs::NotListed,
            ..zone()
        };
        let ruling = ruling(Evidence::failed(Failure::Timeout));
        check(&Answer::of_ruling(&ruling, &zone, A), "NoError  soa 5 5");
    }

    #[test]
    fn the_zone_file_answers_for_itself() {
        let record = Rr {
            rtype: A,
            ttl: 7,
            rdata: [127, 0, 0, 2].into(),
        };
        let records = [record];
        check(&Answer::of_fixed(&records, &zone(), A), "NoError 1:7");
        check(
            &Answer::of_fixed(&records, &zone(), TXT),
            "NoError  soa 900 900",
        );
    }
}
