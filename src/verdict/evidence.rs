//! What the DNS said about one mail domain: facts, with their lifetimes, and no opinion on them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

use super::domain::Domain;

/// All that was found out about one mail domain.
///
/// While it is being collected, what is not known yet is [`Answer::Pending`]; the finished evidence
/// has none of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What the question for MX records brought.
    pub mx: MxAnswer,
    /// The hosts that take the domain's mail, the best preference first.
    pub hosts: Vec<Host>,
    /// How many hosts were left out because there were more than the limit.
    pub hosts_left_out: usize,
}

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
    /// Could not be found out.
    Failed(Failure),
}

/// One host that an MX record names, or the domain itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The preference of its MX record; the lowest is tried first.
    pub preference: u16,
    /// The name, as it stood in the MX record if it is no host name.
    pub name: Box<str>,
    /// What is known of its addresses.
    pub addresses: Addresses,
}

/// Where a host's addresses come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// From A and AAAA records.
    Resolved {
        /// The A records.
        a: Answer,
        /// The AAAA records.
        aaaa: Answer,
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

/// The outcome of one address look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Not known yet.
    Pending,
    /// There are addresses.
    Found {
        /// The addresses.
        addresses: Box<[IpAddr]>,
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
    /// More CNAMEs than the limit, or a loop of them.
    #[error("too many CNAMEs")]
    CnameChain,
    /// As many evaluations wait as may.
    #[error("too many evaluations are waiting")]
    Overload,
    /// The client asked for more new domains than its share.
    #[error("this client asks for too many new domains")]
    ClientBudget,
    /// A defect of this program ended the look-up.
    #[error("the look-up broke off")]
    Internal,
}

impl Evidence {
    /// What is known before the first answer.
    pub fn pending() -> Self {
        Self::without_hosts(MxAnswer::Pending)
    }

    /// Evidence that nothing could be found out.
    pub fn failed(failure: Failure) -> Self {
        Self::without_hosts(MxAnswer::Failed(failure))
    }

    /// Evidence that ends at the MX look-up.
    pub fn without_hosts(mx: MxAnswer) -> Self {
        Self {
            mx,
            hosts: Vec::new(),
            hosts_left_out: 0,
        }
    }

    /// The first look-up that failed, if any did.
    pub fn first_failure(&self) -> Option<Failure> {
        if let MxAnswer::Failed(failure) = self.mx {
            return Some(failure);
        }
        self.hosts.iter().find_map(Host::failure)
    }

    /// Whether the domain has hosts, and none of them an address.
    pub fn lacks_addresses(&self) -> bool {
        !self.hosts.is_empty() && !self.knows_an_address()
    }

    /// Whether an address of some host is known.
    pub fn knows_an_address(&self) -> bool {
        self.hosts.iter().any(|host| host.known().next().is_some())
    }

    /// Turns all that is still pending into `failure`: the end of a collection that ran out of time.
    pub fn close(&mut self, failure: Failure) {
        if self.mx == MxAnswer::Pending {
            self.mx = MxAnswer::Failed(failure);
        }
        for host in &mut self.hosts {
            if let Addresses::Resolved { a, aaaa } = &mut host.addresses {
                for answer in [a, aaaa] {
                    if *answer == Answer::Pending {
                        *answer = Answer::Failed(failure);
                    }
                }
            }
        }
    }

    /// Octets on the heap and off it, roughly: what the cache's bound counts.
    pub fn weight(&self) -> usize {
        let answer = |answer: &Answer| match answer {
            Answer::Found { addresses, .. } => size_of_val::<[IpAddr]>(addresses),
            Answer::Pending | Answer::Absent { .. } | Answer::Failed(_) => 0,
        };
        let host = |host: &Host| {
            let addresses = match &host.addresses {
                Addresses::Resolved { a, aaaa } => answer(a) + answer(aaaa),
                Addresses::Literal(_)
                | Addresses::Localhost
                | Addresses::NotAHost
                | Addresses::OwnZone => 0,
            };
            size_of::<Host>() + host.name.len() + addresses
        };
        size_of::<Self>() + self.hosts.iter().map(host).sum::<usize>()
    }
}

impl MxAnswer {
    /// Seconds that the answer may be kept, if there is one.
    pub fn ttl(&self) -> Option<u32> {
        match *self {
            Self::Records { ttl } | Self::Implicit { ttl } | Self::Null { ttl } => Some(ttl),
            Self::Pending | Self::OwnZone | Self::Failed(_) => None,
        }
    }
}

impl Host {
    /// A host whose addresses are still to be asked for, or are known from its name alone.
    ///
    /// `own` are the origins of our own zones.
    pub fn named(preference: u16, name: &Domain, own: &[Domain]) -> Self {
        let addresses = if let Some(literal) = name.as_literal() {
            Addresses::Literal(literal)
        } else if name.is_localhost() {
            Addresses::Localhost
        } else if own.iter().any(|origin| name.is_at_or_below(origin)) {
            Addresses::OwnZone
        } else {
            Addresses::Resolved {
                a: Answer::Pending,
                aaaa: Answer::Pending,
            }
        };
        Self {
            preference,
            name: name.as_str().into(),
            addresses,
        }
    }

    /// A host whose name is none: an IPv6 literal, or nothing that mail could go to.
    pub fn unfit(preference: u16, name: &str) -> Self {
        let addresses = name.parse().map_or(Addresses::NotAHost, Addresses::Literal);
        Self {
            preference,
            name: name.into(),
            addresses,
        }
    }

    /// The addresses known so far, each with the seconds that it may be kept, if that is bounded.
    pub fn known(&self) -> impl Iterator<Item = (IpAddr, Option<u32>)> {
        const LOOPBACK: [IpAddr; 2] = [
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::LOCALHOST),
        ];
        let (a, aaaa, by_name): (_, _, &[IpAddr]) = match &self.addresses {
            Addresses::Resolved { a, aaaa } => (a.found(), aaaa.found(), &[]),
            Addresses::Literal(address) => (None, None, std::slice::from_ref(address)),
            Addresses::Localhost => (None, None, &LOOPBACK),
            Addresses::NotAHost | Addresses::OwnZone => (None, None, &[]),
        };
        let resolved = [a, aaaa]
            .into_iter()
            .flatten()
            .flat_map(|(addresses, ttl)| {
                addresses.iter().map(move |address| (*address, Some(ttl)))
            });
        resolved.chain(by_name.iter().map(|address| (*address, None)))
    }

    /// The first of its look-ups that failed or is still pending.
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

impl Answer {
    fn found(&self) -> Option<(&[IpAddr], u32)> {
        match self {
            Self::Found { addresses, ttl } => Some((addresses, *ttl)),
            Self::Pending | Self::Absent { .. } | Self::Failed(_) => None,
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str) -> Host {
        let own = [Domain::parse("bogusmx.local").unwrap()];
        Host::named(10, &Domain::parse(name).unwrap(), &own)
    }

    #[test]
    fn names_that_need_no_look_up() {
        let known = |name| {
            host(name)
                .known()
                .map(|(ip, _)| ip.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(known("127.0.0.1"), ["127.0.0.1"]);
        assert_eq!(known("mail.localhost"), ["127.0.0.1", "::1"]);
        assert_eq!(host("mx.bogusmx.local").addresses, Addresses::OwnZone);
        assert_eq!(Host::unfit(10, "a b").addresses, Addresses::NotAHost);
        assert_eq!(Host::unfit(10, "::1").known().count(), 1);
        assert_eq!(host("mx.example.org").failure(), Some(Failure::Pending));
        assert_eq!(host("localhost").failure(), None);
    }

    #[test]
    fn closing_leaves_nothing_pending() {
        let mut evidence = Evidence {
            mx: MxAnswer::Records { ttl: 60 },
            hosts: vec![host("mx.example.org")],
            hosts_left_out: 0,
        };
        assert_eq!(evidence.first_failure(), Some(Failure::Pending));
        evidence.close(Failure::Timeout);
        assert_eq!(evidence.first_failure(), Some(Failure::Timeout));
        let mut unanswered = Evidence::pending();
        unanswered.close(Failure::Timeout);
        assert_eq!(unanswered, Evidence::failed(Failure::Timeout));
    }

    #[test]
    fn a_host_lives_as_long_as_its_shortest_answer() {
        let addresses = [IpAddr::V4(Ipv4Addr::LOCALHOST)].into();
        let host = Host {
            addresses: Addresses::Resolved {
                a: Answer::Found {
                    addresses,
                    ttl: 300,
                },
                aaaa: Answer::Absent { ttl: 60 },
            },
            ..host("mx.example.org")
        };
        assert_eq!(host.ttl(), Some(60));
        assert_eq!(
            host.known().next(),
            Some((IpAddr::V4(Ipv4Addr::LOCALHOST), Some(300)))
        );
    }
}
