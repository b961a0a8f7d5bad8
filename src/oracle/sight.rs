//! Whether the upstream lets us see reserved addresses.
//!
//! One that strips them, as protection against DNS rebinding does, makes every domain look as if its MX
//! had no address, and nothing is listed any more: no error tells. Two things do. Names that are known
//! to have such an address, canaries, are asked for; and the share of hosts without any address is
//! watched, which jumps when an upstream begins to strip or to break.

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::allowance::Allowance;
use super::lookup::{Family, HostAddresses, Lookup};
use crate::verdict::evidence::{Addresses, Answer, Failure};
use crate::verdict::{Domain, Evidence, Table};

/// Hosts of which a share is taken: so many that chance moves it by a few percent only.
const HOSTS: u32 = 500;

/// The share, in tenths of a percent, that a jump is above, over twice the usual one.
const JUMP: u32 = 100;

/// How slowly the usual share follows: by one part in so many.
const INERTIA: u32 = 8;

/// What the canaries show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// A reserved address came through.
    Clear,
    /// The upstream answers, for some of them at least, and has a reserved address for none.
    Blind,
    /// It does not answer.
    Unknown(Failure),
}

/// A share of hosts without addresses that is far above the usual one; in tenths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Jump {
    pub(super) share: u32,
    pub(super) usual: u32,
}

/// Watches the share of hosts that have no address.
#[derive(Debug, Default)]
pub(super) struct Watch {
    shares: Mutex<Shares>,
    /// Tells of a jump.
    pub(super) jumped: Notify,
}

#[derive(Debug, Default)]
struct Shares {
    hosts: u32,
    without_address: u32,
    /// Nothing is usual before the first share.
    usual: Option<u32>,
    is_high: bool,
}

/// Asks for the canaries, one after the other, until one is seen.
pub(super) async fn look(
    lookup: &impl Lookup,
    canaries: &[Domain],
    extra_queries_max: usize,
) -> Sight {
    let table = Table::reserved();
    let mut sight = None;
    for canary in canaries {
        let allowance = Allowance::of(extra_queries_max);
        match lookup.addresses(canary, Family::V4, &allowance).await {
            // Blocklists answer with the unspecified address, which proves nothing.
            Ok(HostAddresses { addresses, .. })
                if addresses
                    .iter()
                    .any(|ip| table.judge(*ip).is_some() && !ip.is_unspecified()) =>
            {
                return Sight::Clear;
            }
            Ok(_) => sight = Some(Sight::Blind),
            Err(failure) => sight = sight.or(Some(Sight::Unknown(failure))),
        }
    }
    sight.unwrap_or(Sight::Clear)
}

impl Watch {
    /// Counts the hosts of an evaluation, and says if the share has just jumped.
    pub(super) fn count(&self, evidence: &Evidence<'_>) -> Option<Jump> {
        let (mut hosts, mut without_address) = (0, 0);
        for host in evidence.hosts() {
            if let Addresses::Resolved { a, aaaa } = host.addresses {
                let is_known = host.failure().is_none();
                let is_empty = matches!((a, aaaa), (Answer::Absent { .. }, Answer::Absent { .. }));
                hosts += u32::from(is_known);
                without_address += u32::from(is_known && is_empty);
            }
        }
        let jump = self.shares.lock().add(hosts, without_address);
        if jump.is_some() {
            self.jumped.notify_one();
        }
        jump
    }
}

impl Shares {
    fn add(&mut self, hosts: u32, without_address: u32) -> Option<Jump> {
        self.hosts += hosts;
        self.without_address += without_address;
        if self.hosts < HOSTS {
            return None;
        }
        let share = self.without_address * 1000 / self.hosts;
        (self.hosts, self.without_address) = (0, 0);
        let usual = self.usual.unwrap_or(share);
        self.usual = Some((usual * (INERTIA - 1) + share) / INERTIA);
        let was_high = self.is_high;
        self.is_high = share > 2 * usual + JUMP;
        (self.is_high && !was_high).then_some(Jump { share, usual })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::world::World;

    /// Feeds shares of hosts without address, in percent, and gives the places of those that jump.
    fn jumps(percents: &[u32]) -> Vec<usize> {
        let mut shares = Shares::default();
        let mut jumps = Vec::new();
        for (place, percent) in percents.iter().enumerate() {
            for host in 0..HOSTS {
                let is_empty = host * 100 < percent * HOSTS;
                if shares.add(1, u32::from(is_empty)).is_some() {
                    jumps.push(place);
                }
            }
        }
        jumps
    }

    #[test]
    fn a_share_that_jumps_is_told_once() {
        assert_eq!(jumps(&[5, 5, 6, 4, 60, 60, 60, 5, 5, 60]), [4, 9]);
    }

    #[test]
    fn a_share_that_wavers_or_was_always_high_is_usual() {
        assert_eq!(jumps(&[5, 10, 15, 8, 12, 20, 5]), [0; 0]);
        assert_eq!(jumps(&[40, 40, 45, 50, 40]), [0; 0]);
        assert_eq!(jumps(&[0, 5, 9, 3, 0]), [0; 0]);
    }

    async fn check(script: &str, expected: Sight) {
        let canaries = ["one.test.", "two.test."].map(|name| Domain::parse(name).unwrap());
        assert_eq!(look(&World::new(script), &canaries, 0).await, expected);
    }

    #[tokio::test]
    async fn one_canary_that_is_seen_is_enough() {
        check("one.test A 127.0.0.1", Sight::Clear).await;
        check("two.test A 10.0.0.1", Sight::Clear).await;
        check("one.test A !servfail\ntwo.test A 127.0.0.1", Sight::Clear).await;
    }

    #[tokio::test]
    async fn without_a_reserved_address_for_any_the_upstream_is_blind() {
        check("", Sight::Blind).await;
        check("one.test A 0.0.0.0\ntwo.test A 192.0.1.1", Sight::Blind).await;
        check("one.test A !timeout", Sight::Blind).await;
    }

    #[tokio::test]
    async fn an_upstream_that_does_not_answer_may_be_anything() {
        let script = "one.test A !timeout\ntwo.test A !servfail";
        check(script, Sight::Unknown(Failure::Timeout)).await;
    }
}
