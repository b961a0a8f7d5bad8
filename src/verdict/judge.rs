//! The rules that turn evidence into a verdict.

use std::net::IpAddr;

use super::evidence::{Evidence, Failure, Host, MxAnswer};
use super::{Doubt, Listing, NotListed, Policy, Reason, Rules, Verdict};

/// Judges what is known of a domain.
///
/// Look-ups that failed or still run count as unknown, and the verdict is [`Verdict::Undecided`]
/// only if they could change it: so the same function tells whether evidence that is still being
/// collected settles the matter already.
pub fn judge<'a>(evidence: &'a Evidence, rules: &'a Rules) -> Verdict<'a> {
    match evidence.mx {
        MxAnswer::Pending => undecided(Failure::Pending, None),
        MxAnswer::Failed(failure) => undecided(failure, None),
        MxAnswer::Null { ttl } => Verdict::NotListed(NotListed {
            reason: Reason::NullMx,
            ttl,
        }),
        MxAnswer::OwnZone => Verdict::NotListed(NotListed {
            reason: Reason::OwnZone,
            ttl: u32::MAX,
        }),
        MxAnswer::Records { .. } | MxAnswer::Implicit { .. } => {
            let case = Case { evidence, rules };
            match rules.policy {
                Policy::Any => case.any(),
                Policy::All => case.all(),
                Policy::Loop => case.loops(),
            }
        }
    }
}

fn undecided(failure: Failure, host: Option<&str>) -> Verdict<'_> {
    Verdict::Undecided(Doubt { failure, host })
}

/// One domain before the judge, its MX records known.
struct Case<'a> {
    evidence: &'a Evidence,
    rules: &'a Rules,
}

impl<'a> Case<'a> {
    /// One hit is enough; innocence needs every answer. Postfix's `check_server_access()`.
    fn any(&self) -> Verdict<'a> {
        if let Some(listing) = self.listings().next() {
            return Verdict::Listed(listing);
        }
        self.doubt()
            .unwrap_or_else(|| self.not_listed(self.no_hit_reason()))
    }

    /// One address outside the table is enough for innocence; listing needs every answer.
    fn all(&self) -> Verdict<'a> {
        if let Some(ttl) = self.good_address_ttl() {
            return Verdict::NotListed(NotListed {
                reason: Reason::Clean,
                ttl,
            });
        }
        if let Some(doubt) = self.doubt() {
            return doubt;
        }
        match self.listings().next() {
            None => self.not_listed(Reason::NoAddress),
            // A host that was left out may be a good one: never list because of the limit.
            Some(_) if self.evidence.hosts_left_out > 0 => self.not_listed(Reason::HostsLeftOut),
            Some(listing) => Verdict::Listed(Listing {
                ttl: self.ttl(),
                ..listing
            }),
        }
    }

    /// A loopback among the best hosts is enough, else as [`Self::all`].
    fn loops(&self) -> Verdict<'a> {
        let best = self.best_preference();
        let comes_back =
            |listing: &Listing<'_>| Some(listing.host.preference) == best && is_ourselves(listing);
        if let Some(listing) = self.listings().find(comes_back) {
            return Verdict::Listed(listing);
        }
        // A good address acquits only once no loopback can turn up beside the best hosts.
        let in_best = |host: &&Host| Some(host.preference) == best;
        let unknown = |host: &'a Host| Some(undecided(host.failure()?, Some(&host.name)));
        match self.evidence.hosts.iter().filter(in_best).find_map(unknown) {
            Some(doubt) => doubt,
            None => self.all(),
        }
    }

    /// Every address that hits, the best preference first.
    fn listings(&self) -> impl Iterator<Item = Listing<'a>> {
        let (evidence, table) = (self.evidence, &*self.rules.table);
        let mx_ttl = evidence.mx.ttl();
        evidence.hosts.iter().flat_map(move |host| {
            host.known().filter_map(move |(address, ttl)| {
                let hit = table.judge(address)?;
                let ttl = [mx_ttl, ttl].into_iter().flatten().min().unwrap_or(0);
                Some(Listing {
                    host,
                    address,
                    hit,
                    ttl,
                })
            })
        })
    }

    /// The lifetime of the first address that does not hit, if there is one.
    fn good_address_ttl(&self) -> Option<u32> {
        let good = |(address, _): &(IpAddr, _)| self.rules.table.judge(*address).is_none();
        let (_, ttl) = self
            .evidence
            .hosts
            .iter()
            .flat_map(Host::known)
            .find(good)?;
        [self.evidence.mx.ttl(), ttl].into_iter().flatten().min()
    }

    /// The preference of the hosts that mail goes to first: those that have no address for certain
    /// do not count, because an MTA goes on to the next ones.
    fn best_preference(&self) -> Option<u16> {
        let counts = |host: &&Host| host.known().next().is_some() || host.failure().is_some();
        self.evidence
            .hosts
            .iter()
            .filter(counts)
            .map(|host| host.preference)
            .min()
    }

    /// The first look-up that failed or is pending.
    fn doubt(&self) -> Option<Verdict<'a>> {
        let unknown = |host: &'a Host| Some(undecided(host.failure()?, Some(&host.name)));
        self.evidence.hosts.iter().find_map(unknown)
    }

    fn no_hit_reason(&self) -> Reason {
        if self.evidence.lacks_addresses() {
            Reason::NoAddress
        } else {
            Reason::Clean
        }
    }

    fn not_listed(&self, reason: Reason) -> Verdict<'a> {
        Verdict::NotListed(NotListed {
            reason,
            ttl: self.ttl(),
        })
    }

    /// The smallest lifetime of all that is known.
    fn ttl(&self) -> u32 {
        let hosts = self.evidence.hosts.iter().map(Host::ttl);
        hosts
            .chain([self.evidence.mx.ttl()])
            .flatten()
            .min()
            .unwrap_or(0)
    }
}

/// Whether mail to the address comes back to the sending host: loopback or unspecified, or an IPv6
/// address that carries such an IPv4 one.
fn is_ourselves(listing: &Listing<'_>) -> bool {
    let address = listing.hit.embedded.map_or(listing.address, IpAddr::V4);
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
}
