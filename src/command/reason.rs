//! Verdicts in words, for people.

use crate::verdict::evidence::MxAnswer;
use crate::verdict::{Cause, Reason};

/// What decided that a domain is listed: `null.hot.de 127.0.0.1`.
pub(super) fn of_listing(cause: &Cause<'_>) -> String {
    match cause {
        Cause::Address { host, address, .. } => format!("{} {address}", host.name()),
        Cause::Host { host, say } => format!("{} by the name {}", host.name(), say.pattern),
        Cause::Domain(say) => format!("by the name {}", say.pattern),
    }
}

/// Why a domain is not listed; none if nothing is odd about it.
pub(super) fn of_innocence(reason: Reason, mx: MxAnswer) -> Option<&'static str> {
    match (reason, mx) {
        (Reason::Clean, _) => None,
        (Reason::NullMx, _) => Some("null MX: the domain takes no mail"),
        (Reason::NoAddress, MxAnswer::Implicit { .. }) => {
            Some("no MX and no address: no mail goes there")
        }
        (Reason::NoAddress, _) => {
            Some("no host has an address; does the upstream strip reserved ones?")
        }
        (Reason::HostsLeftOut, _) => {
            Some("all hosts looked at hit, but there are more than the limit")
        }
        (Reason::OwnZone, _) => Some("the name lies in a zone of our own"),
        (Reason::Exempt, _) => Some("an exception of your own"),
    }
}
