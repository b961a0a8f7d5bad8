//! The questions that an evaluation asks, and what may be answered.

use std::net::IpAddr;

use super::allowance::Allowance;
use crate::verdict::Domain;
use crate::verdict::evidence::{DraftHost, Failure};

/// Asks the DNS. One implementation goes upstream, another one is a test's scripted world.
///
/// A question that takes more than one query pays for the others out of the allowance, and fails once
/// that is used up.
pub trait Lookup: Send + Sync + 'static {
    /// The MX records of a domain.
    fn mail_hosts(
        &self,
        domain: &Domain,
        allowance: &Allowance,
    ) -> impl Future<Output = Result<MailHosts, Failure>> + Send;

    /// Whether nothing is answered but what is proved, or proved to need no proof (RFC 4035).
    fn proves(&self) -> bool {
        false
    }

    /// The addresses of a host, of one family.
    fn addresses(
        &self,
        host: &Domain,
        family: Family,
        allowance: &Allowance,
    ) -> impl Future<Output = Result<HostAddresses, Failure>> + Send;
}

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// A records.
    V4,
    /// AAAA records.
    V6,
}

/// The MX RRset of a domain; empty where the domain has none or does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailHosts {
    /// The records, in no order.
    pub records: Vec<MxRecord>,
    /// Seconds that the answer may be kept.
    pub ttl: u32,
}

/// One MX record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MxRecord {
    /// The preference; the lowest is tried first.
    pub preference: u16,
    /// The host.
    pub target: Target,
}

/// What an MX record points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `.`, as in the null MX of RFC 7505.
    Root,
    /// A host name, or an IPv4 literal that looks like one.
    Name(Domain),
    /// What is no host name, in its text form.
    Unfit(Box<str>),
}

/// The addresses of a host, of one family; empty where it has none or does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostAddresses {
    /// The addresses.
    pub addresses: Box<[IpAddr]>,
    /// Seconds that the answer may be kept, CNAMEs on the way included.
    pub ttl: u32,
}

impl MxRecord {
    /// The host that the record names; none for the root.
    ///
    /// `own` are the origins of our own zones.
    pub fn host(&self, own: &[Domain]) -> Option<DraftHost> {
        match &self.target {
            Target::Root => None,
            Target::Name(name) => Some(DraftHost::named(self.preference, name, own)),
            Target::Unfit(text) => Some(DraftHost::unfit(self.preference, text)),
        }
    }
}
