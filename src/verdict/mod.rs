//! What the DNS said about a mail domain, judged against a table.
//!
//! Pure logic: no sockets, no clock, no files. [`Domain`] is the name, [`Evidence`] what was found
//! out about it, [`Table`] the operator's opinion on addresses, and [`judge()`] makes a [`Verdict`]
//! of the three. It is cheap and runs on every read, so that a new table takes effect at once on
//! all that is cached.

pub mod domain;
pub mod evidence;
mod judge;
pub mod local;
pub mod table;

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::sync::Arc;

pub use domain::Domain;
use domain::DomainRef;
pub use evidence::{Draft, Evidence, Failure};
pub use judge::judge;
pub use local::Local;
use local::Say;
pub use table::Table;
use table::{Action, Hit};

/// When a domain counts as listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Any address of any host hits the table, as with Postfix's `check_recipient_mx_access`.
    #[default]
    Any,
    /// There is an address, and every address of every host hits, as with Exim's
    /// `ignore_target_hosts`.
    All,
    /// As `All`, or the best hosts include a loopback or unspecified address: the mail certainly
    /// comes back, whatever the backup hosts are.
    Loop,
}

/// What a zone judges by.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Which addresses count.
    pub table: Arc<Table>,
    /// How many of them it takes.
    pub policy: Policy,
    /// What the operator says before that.
    pub local: Arc<Local>,
}

/// The three endings. "Could not find out" is never "not listed".
#[derive(Clone, Debug)]
pub enum Verdict<'a> {
    /// The domain's mail would go to reserved space.
    Listed(Listing<'a>),
    /// It would not.
    NotListed(NotListed),
    /// Not enough is known to say.
    Undecided(Doubt<'a>),
}

/// Why a domain is listed, and what is said of it.
#[derive(Clone, Debug)]
pub struct Listing<'a> {
    /// What decided it.
    pub cause: Cause<'a>,
    /// The answer code, within 127.0.0.0/8.
    pub code: Ipv4Addr,
    /// The reason for people.
    pub text: &'a str,
    /// Seconds that the records which decided it may be kept.
    pub ttl: u32,
}

/// What makes a domain listed.
#[derive(Clone, Debug)]
pub enum Cause<'a> {
    /// An address of a host hits a row of the table, or one of the operator's own networks.
    Address {
        /// The host that has the address.
        host: evidence::Host<'a>,
        /// The address.
        address: IpAddr,
        /// The row.
        hit: Hit<'a>,
    },
    /// The operator lists the host by its name.
    Host {
        /// The host.
        host: evidence::Host<'a>,
        /// The line of the host list.
        say: &'a Say,
    },
    /// The operator lists the domain by its name.
    Domain(&'a Say),
}

/// Why a domain is not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotListed {
    /// The reason.
    pub reason: Reason,
    /// Seconds that the records which decided it may be kept.
    pub ttl: u32,
}

/// The kinds of innocence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The addresses do not hit, or not as many as the policy asks for.
    Clean,
    /// A null MX: the domain takes no mail at all (RFC 7505).
    NullMx,
    /// No host has an address. An upstream with rebinding protection looks exactly like that.
    NoAddress,
    /// All that was looked at hits, but there are more hosts than the limit.
    HostsLeftOut,
    /// The domain lies in a zone of our own.
    OwnZone,
    /// The operator exempts the domain by its name.
    Exempt,
}

/// What kept the domain from being judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt<'a> {
    /// What went wrong.
    pub failure: Failure,
    /// The host whose addresses were asked for; none where it was the MX look-up.
    pub host: Option<&'a str>,
}

impl Rules {
    /// Rules without a say of the operator's.
    #[must_use]
    pub fn new(table: Table, policy: Policy) -> Self {
        Self {
            table: Arc::new(table),
            policy,
            local: Arc::default(),
        }
    }

    /// The verdict that the operator has given on a domain, whatever the DNS says.
    ///
    /// It costs no look-up, so it counts for the shortest time that any verdict does.
    #[must_use]
    pub fn foregone(&self, domain: DomainRef<'_>) -> Option<Verdict<'_>> {
        let say = self.local.domains.find(domain)?;
        Some(match &say.action {
            Action::Pass => Verdict::NotListed(NotListed {
                reason: Reason::Exempt,
                ttl: 0,
            }),
            Action::List { code, text } => Verdict::Listed(Listing {
                cause: Cause::Domain(say),
                code: *code,
                text,
                ttl: 0,
            }),
        })
    }

    /// Says whether the address lists a domain: as one of the operator's own, else by the table.
    #[must_use]
    #[inline]
    pub fn hit(&self, address: IpAddr) -> Option<Hit<'_>> {
        self.local
            .own(address)
            .or_else(|| self.table.judge(address))
    }
}

impl Policy {
    /// The policy's name in flags, configuration and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
            Self::Loop => "loop",
        }
    }
}

impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "any" => Ok(Self::Any),
            "all" => Ok(Self::All),
            "loop" => Ok(Self::Loop),
            _ => Err(format!("unknown policy '{text}': write any, all or loop")),
        }
    }
}

impl Reason {
    /// The reason's name in reports and counters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::NullMx => "null-mx",
            Self::NoAddress => "no-address",
            Self::HostsLeftOut => "hosts-left-out",
            Self::OwnZone => "own-zone",
            Self::Exempt => "exempt",
        }
    }
}
