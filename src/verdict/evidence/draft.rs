//! Evidence that is still being collected.

use std::net::IpAddr;

use super::octets::{put_addresses, put_mx, put_number};
use super::{Addresses, Answer, Failure, MxAnswer};
use crate::verdict::Domain;

/// What is known of a domain so far.
///
/// What is not known yet is [`Answer::Pending`]; [`Draft::close`] ends that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What the question for MX records brought.
    pub mx: MxAnswer,
    /// The hosts that take the domain's mail, the best preference first.
    pub hosts: Vec<DraftHost>,
    /// How many hosts were left out because there were more than the limit.
    pub hosts_left_out: usize,
}

/// One host that an MX record names, or the domain itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftHost {
    /// The preference of its MX record; the lowest is tried first.
    pub preference: u16,
    /// The name, as it stood in the MX record if it is no host name.
    pub name: Box<str>,
    /// What is known of its addresses.
    pub addresses: Addresses<Box<[IpAddr]>>,
}

impl Draft {
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

    /// The compact form, which [`super::Evidence`] reads.
    pub fn to_octets(&self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(64);
        put_mx(&mut octets, self.mx);
        put_number(&mut octets, number(self.hosts_left_out));
        for host in &self.hosts {
            put_number(&mut octets, host.preference.into());
            put_number(&mut octets, number(host.name.len()));
            octets.extend(host.name.bytes());
            put_addresses(&mut octets, &host.addresses);
        }
        octets
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl DraftHost {
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
}
