//! What the DNS said about one mail domain: facts, with their lifetimes, and no opinion on them.
//!
//! A [`Draft`] is what a collection writes into; [`Evidence`] is read, out of the compact form that a
//! draft is turned into (`octets`).

mod draft;
pub mod octets;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

pub use draft::{Draft, DraftHost};
use octets::{AddressList, Cursor};

/// All that was found out about one mail domain, read out of its compact form.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'e> {
    /// What the question for MX records brought.
    pub mx: MxAnswer,
    /// How many hosts were left out because there were more than the limit.
    pub hosts_left_out: usize,
    hosts: Cursor<'e>,
}

/// The hosts of a domain, read as they are asked for.
#[derive(Clone, Debug)]
pub struct Hosts<'e>(Cursor<'e>);

/// The outcome of the MX look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MxAnswer {
    /// Not known yet.
    Pending,
    /// There are MX records.
    Records {
        /// Seconds that the RRset may be kept.
        ttl: u32,
    },
    /// There is none: the domain itself is the only host (RFC 5321, section 5.1).
    Implicit {
        /// Seconds that the negative answer may be kept (RFC 2308, section 5).
        ttl: u32,
    },
    /// The domain says that it takes no mail (RFC 7505).
    Null {
        /// Seconds that the RRset may be kept.
        ttl: u32,
    },
    /// Not asked: the domain lies in a zone of our own.
    OwnZone,
    /// Not asked: the operator has said what is to be said of the domain.
    NotAsked,
    /// Could not be found out.
    Failed(Failure),
}

/// One host that an MX record names, or the domain itself.
#[derive(Clone, Copy, Debug)]
pub struct Host<'e> {
    /// The preference of its MX record; the lowest is tried first.
    pub preference: u16,
    name: &'e [u8],
    /// What is known of its addresses.
    pub addresses: Addresses<AddressList<'e>>,
}

/// Where a host's addresses come from; `L` is a list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses<L> {
    /// From A and AAAA records.
    Resolved {
        /// The A records.
        a: Answer<L>,
        /// The AAAA records.
        aaaa: Answer<L>,
    },
    /// From the name itself: an IP literal.
    Literal(IpAddr),
    /// From the name itself: `localhost` or below it (RFC 6761, section 6.3).
    Localhost,
    /// None: the MX target is no host name, and Postfix skips such.
    NotAHost,
    /// None: the host lies in a zone of our own, which would ask ourselves.
    OwnZone,
}

/// The outcome of one address look-up; `L` is a list of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<L> {
    /// Not known yet.
    Pending,
    /// There are addresses.
    Found {
        /// The addresses.
        addresses: L,
        /// Seconds that they may be kept, CNAMEs on the way included.
        ttl: u32,
    },
    /// There is none: NXDOMAIN or NODATA.
    Absent {
        /// Seconds that the negative answer may be kept.
        ttl: u32,
    },
    /// Could not be found out.
    Failed(Failure),
}

/// Why something could not be found out.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The time for the answer is over and the look-up still runs.
    #[error("still being looked up")]
    Pending,
    /// No upstream server answered in time.
    #[error("upstream timed out")]
    Timeout,
    /// No upstream server could be reached.
    #[error("upstream cannot be reached")]
    Network,
    /// The upstream server answered SERVFAIL.
    #[error("upstream answered SERVFAIL")]
    ServFail,
    /// The upstream server refuses us.
    #[error("upstream refused the query")]
    Refused,
    /// The upstream server sent a referral: it does not resolve for us.
    #[error("upstream sent a referral instead of an answer")]
    Lame,
    /// The upstream server sent what is no answer to the question.
    #[error("upstream sent a broken answer")]
    Broken,
    /// The upstream server's answer is not signed as the zone's parents say that it is (RFC 4033).
    #[error("upstream's answer fails DNSSEC validation")]
    Bogus,
    /// More CNAMEs than the limit, or a loop of them.
    #[error("too many CNAMEs")]
    CnameChain,
    /// To follow CNAMEs and to prove answers takes more queries than one domain may cost.
    #[error("it takes too many queries")]
    Allowance,
    /// As many evaluations wait as may, or have begun in this second.
    #[error("there are too many new domains at once")]
    Overload,
    /// The client asked for more new domains than its share.
    #[error("this client asks for too many new domains")]
    ClientBudget,
    /// A defect of this program ended the look-up.
    #[error("the look-up broke off")]
    Internal,
}

impl<'e> Evidence<'e> {
    /// Reads the compact form that [`Draft::to_octets`] made.
    ///
    /// Octets whose beginning is no evidence say that the look-up broke off. Whoever has octets from
    /// elsewhere reads them with [`Self::checked`].
    #[inline(always)]
    pub fn read(octets: &'e [u8]) -> Self {
        Self::head(octets).unwrap_or(Self {
            mx: MxAnswer::Failed(Failure::Internal),
            hosts_left_out: 0,
            hosts: Cursor::new(&[]),
        })
    }

    /// Reads octets that may be anything; none unless they are the compact form from end to end.
    pub fn checked(octets: &'e [u8]) -> Option<Self> {
        let evidence = Self::head(octets)?;
        let mut hosts = evidence.hosts;
        while !hosts.rest().is_empty() {
            hosts.host().filter(Host::is_whole)?;
        }
        Some(evidence)
    }

    #[inline(always)]
    fn head(octets: &'e [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(octets);
        Some(Self {
            mx: cursor.mx()?,
            hosts_left_out: usize::try_from(cursor.number()?).ok()?,
            hosts: cursor,
        })
    }

    /// The hosts that take the domain's mail, the best preference first.
    #[inline]
    pub fn hosts(&self) -> Hosts<'e> {
        Hosts(self.hosts)
    }

    /// The first look-up that failed, if any did.
    pub fn first_failure(&self) -> Option<Failure> {
        if let MxAnswer::Failed(failure) = self.mx {
            return Some(failure);
        }
        self.hosts().find_map(|host| host.failure())
    }

    /// Whether the domain has hosts, and none of them an address.
    pub fn lacks_addresses(&self) -> bool {
        self.hosts().next().is_some() && !self.knows_an_address()
    }

    /// Whether an address of some host is known.
    pub fn knows_an_address(&self) -> bool {
        self.hosts().any(|host| host.known().next().is_some())
    }
}

impl<'e> Iterator for Hosts<'e> {
    type Item = Host<'e>;

    #[inline(always)]
    fn next(&mut self) -> Option<Host<'e>> {
        self.0.host()
    }
}

impl MxAnswer {
    /// Seconds that the answer may be kept, if there is one.
    pub fn ttl(&self) -> Option<u32> {
        match *self {
            Self::Records { ttl } | Self::Implicit { ttl } | Self::Null { ttl } => Some(ttl),
            Self::Pending | Self::OwnZone | Self::NotAsked | Self::Failed(_) => None,
        }
    }
}

impl<'e> Host<'e> {
    /// The name, as it stood in the MX record if it is no host name.
    pub fn name(&self) -> &'e str {
        // It was text when it was written down.
        str::from_utf8(self.name).unwrap_or_default()
    }

    /// Whether all of it can be read.
    fn is_whole(&self) -> bool {
        let is_whole = |answer: &Answer<AddressList<'_>>| match answer {
            Answer::Found { addresses, .. } => addresses.is_whole(),
            Answer::Pending | Answer::Absent { .. } | Answer::Failed(_) => true,
        };
        let addresses = match &self.addresses {
            Addresses::Resolved { a, aaaa } => is_whole(a) && is_whole(aaaa),
            Addresses::Literal(_)
            | Addresses::Localhost
            | Addresses::NotAHost
            | Addresses::OwnZone => true,
        };
        addresses && str::from_utf8(self.name).is_ok()
    }

    /// The addresses known so far, each with the seconds that it may be kept, if that is bounded.
    #[inline]
    pub fn known(&self) -> impl Iterator<Item = (IpAddr, Option<u32>)> + use<'e> {
        const LOOPBACK: [Option<IpAddr>; 2] = [
            Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        ];
        let (a, aaaa, by_name) = match self.addresses {
            Addresses::Resolved { a, aaaa } => (a.found(), aaaa.found(), [None; 2]),
            Addresses::Literal(address) => (None, None, [Some(address), None]),
            Addresses::Localhost => (None, None, LOOPBACK),
            Addresses::NotAHost | Addresses::OwnZone => (None, None, [None; 2]),
        };
        let resolved = [a, aaaa]
            .into_iter()
            .flatten()
            .flat_map(|(addresses, ttl)| addresses.map(move |address| (address, Some(ttl))));
        resolved.chain(by_name.into_iter().flatten().map(|address| (address, None)))
    }

    /// What `each` makes of the first address that it makes something of: as [`Self::known`] has
    /// them, in less time.
    #[inline]
    pub fn find_known<T>(
        &self,
        mut each: impl FnMut(IpAddr, Option<u32>) -> Option<T>,
    ) -> Option<T> {
        let Addresses::Resolved { a, aaaa } = self.addresses else {
            return self.known().find_map(|(address, ttl)| each(address, ttl));
        };
        [a, aaaa].into_iter().find_map(|answer| {
            let (addresses, ttl) = answer.found()?;
            addresses.find_map(|address| each(address, Some(ttl)))
        })
    }

    /// The first of its look-ups that failed or is still pending.
    #[inline]
    pub fn failure(&self) -> Option<Failure> {
        match &self.addresses {
            Addresses::Resolved { a, aaaa } => a.failure().or(aaaa.failure()),
            Addresses::Literal(_)
            | Addresses::Localhost
            | Addresses::NotAHost
            | Addresses::OwnZone => None,
        }
    }

    /// The smallest lifetime among its answers, in seconds.
    #[inline]
    pub fn ttl(&self) -> Option<u32> {
        match &self.addresses {
            Addresses::Resolved { a, aaaa } => [a, aaaa].into_iter().filter_map(Answer::ttl).min(),
            Addresses::Literal(_)
            | Addresses::Localhost
            | Addresses::NotAHost
            | Addresses::OwnZone => None,
        }
    }
}

impl<L> Answer<L> {
    /// Why the addresses are not known, if they are not.
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Pending => Some(Failure::Pending),
            Self::Failed(failure) => Some(*failure),
            Self::Found { .. } | Self::Absent { .. } => None,
        }
    }

    fn ttl(&self) -> Option<u32> {
        match self {
            Self::Found { ttl, .. } | Self::Absent { ttl } => Some(*ttl),
            Self::Pending | Self::Failed(_) => None,
        }
    }
}

impl<'e> Answer<AddressList<'e>> {
    fn found(self) -> Option<(AddressList<'e>, u32)> {
        match self {
            Self::Found { addresses, ttl } => Some((addresses, ttl)),
            Self::Pending | Self::Absent { .. } | Self::Failed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Domain;

    fn named(name: &str) -> DraftHost {
        let own = [Domain::parse("bogusmx.local").unwrap()];
        DraftHost::named(10, &Domain::parse(name).unwrap(), &own)
    }

    fn with(host: DraftHost) -> Vec<u8> {
        let draft = Draft {
            mx: MxAnswer::Records { ttl: 60 },
            hosts: vec![host],
            hosts_left_out: 0,
        };
        draft.to_octets()
    }

    fn check(host: &DraftHost, known: &[&str], failure: Option<Failure>, ttl: Option<u32>) {
        let octets = with(host.clone());
        let evidence = Evidence::checked(&octets).unwrap();
        let read = evidence.hosts().next().unwrap();
        assert_eq!(read.name(), &*host.name);
        let found: Vec<String> = read.known().map(|(ip, _)| ip.to_string()).collect();
        assert_eq!(found, known);
        assert_eq!((read.failure(), read.ttl()), (failure, ttl));
    }

    #[test]
    fn names_that_need_no_look_up() {
        check(&named("127.0.0.1"), &["127.0.0.1"], None, None);
        check(&named("mail.localhost"), &["127.0.0.1", "::1"], None, None);
        check(&named("mx.bogusmx.local"), &[], None, None);
        check(&DraftHost::unfit(10, "a b"), &[], None, None);
        check(&DraftHost::unfit(10, "::1"), &["::1"], None, None);
        check(&named("mx.example.org"), &[], Some(Failure::Pending), None);
        assert_eq!(named("mx.bogusmx.local").addresses, Addresses::OwnZone);
        assert_eq!(DraftHost::unfit(10, "a b").addresses, Addresses::NotAHost);
    }

    #[test]
    fn closing_leaves_nothing_pending() {
        let mut draft = Draft {
            mx: MxAnswer::Records { ttl: 60 },
            hosts: vec![named("mx.example.org")],
            hosts_left_out: 0,
        };
        let first_failure = |draft: &Draft| Evidence::read(&draft.to_octets()).first_failure();
        assert_eq!(first_failure(&draft), Some(Failure::Pending));
        draft.close(Failure::Timeout);
        assert_eq!(first_failure(&draft), Some(Failure::Timeout));
        let mut unanswered = Draft::pending();
        unanswered.close(Failure::Timeout);
        assert_eq!(unanswered, Draft::failed(Failure::Timeout));
    }

    #[test]
    fn a_host_lives_as_long_as_its_shortest_answer() {
        let addresses = [IpAddr::V4(Ipv4Addr::LOCALHOST)].into();
        let host = DraftHost {
            addresses: Addresses::Resolved {
                a: Answer::Found {
                    addresses,
                    ttl: 300,
                },
                aaaa: Answer::Absent { ttl: 60 },
            },
            ..named("mx.example.org")
        };
        let octets = with(host.clone());
        let known = Evidence::read(&octets).hosts().next().unwrap().known();
        assert_eq!(
            known.collect::<Vec<_>>(),
            [(IpAddr::V4(Ipv4Addr::LOCALHOST), Some(300))]
        );
        check(&host, &["127.0.0.1"], None, Some(60));
    }

    #[test]
    fn damaged_octets_are_no_evidence_and_never_innocence() {
        let whole = with(named("mail.localhost"));
        let last = whole.len() - 1;
        assert!(Evidence::checked(&whole[..last]).is_none());
        assert!(Evidence::checked(&[]).is_none());
        assert!(Evidence::checked(&[9]).is_none());
        let broken = Evidence::read(&[9]);
        assert_eq!(broken.first_failure(), Some(Failure::Internal));
    }
}
