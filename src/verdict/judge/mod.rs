//! The rules that turn evidence into a verdict.

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use super::evidence::{Evidence, Failure, Host, MxAnswer};
use super::local::Say;
use super::table::{Action, Hit};
use super::{Cause, Doubt, Listing, NotListed, Policy, Reason, Rules, Verdict};

/// Judges what is known of a domain.
///
/// Look-ups that failed or still run count as unknown, and the verdict is [`Verdict::Undecided`]
/// only if they could change it: so the same function tells whether evidence that is still being
/// collected settles the matter already.
pub fn judge<'a>(evidence: Evidence<'a>, rules: &'a Rules) -> Verdict<'a> {
    match evidence.mx {
        MxAnswer::Pending => undecided(Failure::Pending, None),
        // The operator's say is what counts then, and nobody has handed it on.
        MxAnswer::NotAsked => undecided(Failure::Internal, None),
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
            let case = Case {
                evidence: &evidence,
                rules,
            };
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

/// The doubt about a host of which a look-up failed or is pending.
fn unknown(host: Host<'_>) -> Option<Verdict<'_>> {
    Some(undecided(host.failure()?, Some(host.name())))
}

/// One domain before the judge, its MX records known.
struct Case<'c, 'a> {
    evidence: &'c Evidence<'a>,
    rules: &'a Rules,
}

impl<'a> Case<'_, 'a> {
    /// One hit is enough; innocence needs every answer. Postfix's `check_server_access()`.
    ///
    /// In one pass over the hosts: this is what nearly every query costs.
    fn any(&self) -> Verdict<'a> {
        let mut doubt = None;
        let mut ttl = self.evidence.mx.ttl();
        let (mut hosts, mut addresses) = (0_usize, 0_usize);
        for host in self.evidence.hosts() {
            hosts += 1;
            let listing = match self.said_of(host) {
                None => host.find_known(|address, ttl| {
                    addresses += 1;
                    let hit = self.rules.hit(address)?;
                    Some(self.listing(host, address, hit, ttl))
                }),
                // As good as a host with a good address.
                Some(Say {
                    action: Action::Pass,
                    ..
                }) => {
                    addresses += 1;
                    continue;
                }
                Some(say) => self.listing_by_name(host, say),
            };
            if let Some(listing) = listing {
                return Verdict::Listed(listing);
            }
            doubt = doubt.or_else(|| unknown(host));
            ttl = [ttl, host.ttl()].into_iter().flatten().min();
        }
        let has_address = hosts == 0 || addresses > 0;
        let reason = if has_address {
            Reason::Clean
        } else {
            Reason::NoAddress
        };
        let innocence = NotListed {
            reason,
            ttl: ttl.unwrap_or(0),
        };
        doubt.unwrap_or(Verdict::NotListed(innocence))
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
        let comes_back = |listing: &Listing<'_>| match &listing.cause {
            Cause::Address { host, address, hit } => {
                Some(host.preference) == best && self.is_ourselves(*address, hit)
            }
            Cause::Host { .. } | Cause::Domain(_) => false,
        };
        if let Some(listing) = self.listings().find(comes_back) {
            return Verdict::Listed(listing);
        }
        // A good address acquits only once no loopback can turn up beside the best hosts.
        let in_best = |host: &Host<'_>| Some(host.preference) == best && self.is_open(host);
        match self.evidence.hosts().filter(in_best).find_map(unknown) {
            Some(doubt) => doubt,
            None => self.all(),
        }
    }

    /// Every address that hits, the best preference first.
    fn listings(&self) -> impl Iterator<Item = Listing<'a>> {
        self.evidence
            .hosts()
            .flat_map(|host| self.listings_of(host))
    }

    /// What the operator says of a host by its name.
    fn said_of(&self, host: Host<'_>) -> Option<&'a Say> {
        self.rules.local.host(host)
    }

    /// Whether a host's addresses matter: of the others the operator has said enough.
    fn is_open(&self, host: &Host<'_>) -> bool {
        self.said_of(*host).is_none()
    }

    /// A host that is listed by its name, or every address of it that hits.
    fn listings_of(&self, host: Host<'a>) -> impl Iterator<Item = Listing<'a>> {
        let said = self.said_of(host);
        let by_name = said.and_then(|say| self.listing_by_name(host, say));
        let known = said.is_none().then(|| host.known()).into_iter().flatten();
        let by_address = known.filter_map(move |(address, ttl)| {
            let hit = self.rules.hit(address)?;
            Some(self.listing(host, address, hit, ttl))
        });
        by_name.into_iter().chain(by_address)
    }

    /// The listing of a host by its name; none if it is an exception.
    fn listing_by_name(&self, host: Host<'a>, say: &'a Say) -> Option<Listing<'a>> {
        match &say.action {
            Action::Pass => None,
            Action::List { code, text } => Some(Listing {
                cause: Cause::Host { host, say },
                code: *code,
                text,
                ttl: self.evidence.mx.ttl().unwrap_or(0),
            }),
        }
    }

    fn listing(
        &self,
        host: Host<'a>,
        address: IpAddr,
        hit: Hit<'a>,
        ttl: Option<u32>,
    ) -> Listing<'a> {
        let ttl = [self.evidence.mx.ttl(), ttl].into_iter().flatten().min();
        Listing {
            code: hit.code,
            text: hit.text,
            cause: Cause::Address { host, address, hit },
            ttl: ttl.unwrap_or(0),
        }
    }

    /// The lifetime of the first address that does not hit, or of an exempt host, if there is one.
    fn good_address_ttl(&self) -> Option<u32> {
        let good = |host: Host<'a>| match self.said_of(host) {
            None => {
                let mut known = host.known();
                let (_, ttl) = known.find(|(address, _)| self.rules.hit(*address).is_none())?;
                Some(ttl)
            }
            Some(say) => (say.action == Action::Pass).then_some(None),
        };
        let ttl = self.evidence.hosts().find_map(good)?;
        [self.evidence.mx.ttl(), ttl].into_iter().flatten().min()
    }

    /// The preference of the hosts that mail goes to first: those that have no address for certain
    /// do not count, because an MTA goes on to the next ones.
    fn best_preference(&self) -> Option<u16> {
        let counts = |host: &Host<'_>| {
            host.known().next().is_some() || host.failure().is_some() || !self.is_open(host)
        };
        let hosts = self.evidence.hosts().filter(counts);
        hosts.map(|host| host.preference).min()
    }

    /// The first look-up that failed or is pending.
    fn doubt(&self) -> Option<Verdict<'a>> {
        let mut open = self.evidence.hosts().filter(|host| self.is_open(host));
        open.find_map(unknown)
    }

    /// Whether mail to the address comes back to the sending host: it is one of the operator's own,
    /// loopback or unspecified, or an IPv6 address that carries such an IPv4 one.
    fn is_ourselves(&self, address: IpAddr, hit: &Hit<'_>) -> bool {
        let inner = hit.embedded.map_or(address, IpAddr::V4).to_canonical();
        inner.is_loopback() || inner.is_unspecified() || self.rules.local.own(address).is_some()
    }

    fn not_listed(&self, reason: Reason) -> Verdict<'a> {
        Verdict::NotListed(NotListed {
            reason,
            ttl: self.ttl(),
        })
    }

    /// The smallest lifetime of all that is known.
    fn ttl(&self) -> u32 {
        let hosts = self.evidence.hosts().map(|host| host.ttl());
        hosts
            .chain([self.evidence.mx.ttl()])
            .flatten()
            .min()
            .unwrap_or(0)
    }
}
