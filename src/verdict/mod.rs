//! What the DNS said about a mail domain, judged against a table.
//!
//! Pure logic: no sockets, no clock, no files. [`Domain`] is the name, [`Evidence`] what was found
//! out about it, [`Table`] the operator's opinion on addresses, and [`judge()`] makes a [`Verdict`]
//! of the three. It is cheap and runs on every read, so that a new table takes effect at once on
//! all that is cached.

pub mod domain;
pub mod evidence;
mod judge;
pub mod table;

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

pub use domain::Domain;
pub use evidence::{Draft, Evidence, Failure};
pub use judge::judge;
use table::Hit;
pub use table::Table;

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

/// Why a domain is listed: the address that hit, and the row that it hit.
#[derive(Clone, Debug)]
pub struct Listing<'a> {
    /// The host that has the address.
    pub host: evidence::Host<'a>,
    /// The address.
    pub address: IpAddr,
    /// The row of the table.
    pub hit: Hit<'a>,
    /// Seconds that the records which decided it may be kept.
    pub ttl: u32,
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
}

/// What kept the domain from being judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt<'a> {
    /// What went wrong.
    pub failure: Failure,
    /// The host whose addresses were asked for; none where it was the MX look-up.
    pub host: Option<&'a str>,
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
        }
    }
}
