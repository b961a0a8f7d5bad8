//! The rules that turn evidence into a verdict.

use std::net::IpAddr;

use super::evidence::{Evidence, Failure, Host, MxAnswer};
use super::table::Hit;
use super::{Doubt, Listing, NotListed, Policy, Reason, Rules, Verdict};

/// Judges what is known of a domain.
///
/// Look-ups that failed or still run count as unknown, and the verdict is [`Verdict::Undecided`]
/// only if they could change it: so the same function tells whether evidence that is still being
/// collected settles the matter already.
pub fn judge<'a>(evidence: Evidence<'a>, rules: &'a Rules) -> Verdict<'a> {
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
            let listing = host.find_known(|address, ttl| {
                addresses += 1;
                let hit = self.rules.table.judge(address)?;
                Some(self.listing(host, address, hit, ttl))
            });
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
        let comes_back =
            |listing: &Listing<'_>| Some(listing.host.preference) == best && is_ourselves(listing);
        if let Some(listing) = self.listings().find(comes_back) {
            return Verdict::Listed(listing);
        }
        // A good address acquits only once no loopback can turn up beside the best hosts.
        let in_best = |host: &Host<'_>| Some(host.preference) == best;
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

    /// Every address of a host that hits.
    fn listings_of(&self, host: Host<'a>) -> impl Iterator<Item = Listing<'a>> {
        host.known().filter_map(move |(address, ttl)| {
            let hit = self.rules.table.judge(address)?;
            Some(self.listing(host, address, hit, ttl))
        })
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
            host,
            address,
            hit,
            ttl: ttl.unwrap_or(0),
        }
    }

    /// The lifetime of the first address that does not hit, if there is one.
    fn good_address_ttl(&self) -> Option<u32> {
        let good = |(address, _): &(IpAddr, _)| self.rules.table.judge(*address).is_none();
        let mut known = self.evidence.hosts().flat_map(|host| host.known());
        let (_, ttl) = known.find(good)?;
        [self.evidence.mx.ttl(), ttl].into_iter().flatten().min()
    }

    /// The preference of the hosts that mail goes to first: those that have no address for certain
    /// do not count, because an MTA goes on to the next ones.
    fn best_preference(&self) -> Option<u16> {
        let counts = |host: &Host<'_>| host.known().next().is_some() || host.failure().is_some();
        let hosts = self.evidence.hosts().filter(counts);
        hosts.map(|host| host.preference).min()
    }

    /// The first look-up that failed or is pending.
    fn doubt(&self) -> Option<Verdict<'a>> {
        self.evidence.hosts().find_map(unknown)
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

/// Whether mail to the address comes back to the sending host: loopback or unspecified, or an IPv6
/// address that carries such an IPv4 one.
fn is_ourselves(listing: &Listing<'_>) -> bool {
    let address = listing.hit.embedded.map_or(listing.address, IpAddr::V4);
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::verdict::evidence::{Addresses, Answer, Draft, DraftHost};
    use crate::verdict::{Domain, Table};

    /// Reads a host: preference, name, then addresses, `-` for none, `!` for a failed A look-up,
    /// `?` for one that still runs; `!` and `?` may stand behind an address as the AAAA look-up.
    fn host(text: &str) -> DraftHost {
        let mut words = text.split_whitespace();
        let preference = words.next().unwrap().parse().unwrap();
        let name = Domain::parse(words.next().unwrap()).unwrap();
        let words: Vec<&str> = words.collect();
        let unknown = |word: &&str| match *word {
            "!" => Some(Answer::Failed(Failure::Timeout)),
            "?" => Some(Answer::Pending),
            _ => None,
        };
        let found: Box<[IpAddr]> = words.iter().filter_map(|word| word.parse().ok()).collect();
        let unknown = words.iter().find_map(unknown);
        let (a, aaaa) = match (found.is_empty(), unknown) {
            (true, None) => (Answer::Absent { ttl: 600 }, None),
            (true, Some(unknown)) => (unknown.clone(), Some(unknown)),
            (false, unknown) => (
                Answer::Found {
                    addresses: found,
                    ttl: 300,
                },
                unknown,
            ),
        };
        let aaaa = aaaa.unwrap_or(Answer::Absent { ttl: 900 });
        let named = DraftHost::named(preference, &name, &[]);
        if !matches!(named.addresses, Addresses::Resolved { .. }) {
            return named;
        }
        DraftHost {
            addresses: Addresses::Resolved { a, aaaa },
            ..named
        }
    }

    fn evidence(hosts: &str) -> Draft {
        let hosts = hosts.split(';').map(host).collect();
        Draft {
            mx: MxAnswer::Records { ttl: 3600 },
            hosts,
            hosts_left_out: 0,
        }
    }

    fn rules(policy: Policy) -> Rules {
        Rules {
            table: Arc::new(Table::reserved()),
            policy,
        }
    }

    fn summary(verdict: &Verdict<'_>) -> String {
        match verdict {
            Verdict::Listed(listing) => {
                format!(
                    "listed {} {} {}",
                    listing.host.name(),
                    listing.address,
                    listing.ttl
                )
            }
            Verdict::NotListed(not_listed) => {
                format!("{} {}", not_listed.reason.as_str(), not_listed.ttl)
            }
            Verdict::Undecided(doubt) => format!("undecided {}", doubt.host.unwrap_or("MX")),
        }
    }

    fn sum_up(draft: &Draft, rules: &Rules) -> String {
        summary(&judge(Evidence::read(&draft.to_octets()), rules))
    }

    fn check(policy: Policy, hosts: &str, expected: &str) {
        let (evidence, rules) = (evidence(hosts), rules(policy));
        assert_eq!(sum_up(&evidence, &rules), expected, "{policy:?}: {hosts}");
    }

    #[test]
    fn any_is_settled_by_one_hit() {
        let check = |hosts, expected| check(Policy::Any, hosts, expected);
        check("10 a 127.0.0.1", "listed a 127.0.0.1 300");
        check("10 a 192.0.1.1; 20 b 10.0.0.1", "listed b 10.0.0.1 300");
        check("10 a 10.0.0.1; 20 b 127.0.0.1", "listed a 10.0.0.1 300");
        check("10 a ?; 20 b 127.0.0.1; 30 c !", "listed b 127.0.0.1 300");
        check("10 a 192.0.1.1", "clean 300");
        check("10 a 192.0.1.1; 20 b -", "clean 300");
        check("10 a 192.0.1.1; 20 b !", "undecided b");
        check("10 a 192.0.1.1 ?", "undecided a");
        check("10 a -; 20 b -", "no-address 600");
        check("10 localhost", "listed localhost 127.0.0.1 3600");
        check("10 127.0.0.1", "listed 127.0.0.1 127.0.0.1 3600");
    }

    #[test]
    fn all_is_settled_by_one_good_address() {
        let check = |hosts, expected| check(Policy::All, hosts, expected);
        check("10 a 127.0.0.1", "listed a 127.0.0.1 300");
        check("10 a 127.0.0.1; 20 b 10.0.0.1", "listed a 127.0.0.1 300");
        check("10 a 127.0.0.1; 20 b -", "listed a 127.0.0.1 300");
        check("10 a 127.0.0.1; 20 b 192.0.1.1", "clean 300");
        check("10 a 127.0.0.1 192.0.1.1", "clean 300");
        check("10 a !; 20 b 192.0.1.1", "clean 300");
        check("10 a 127.0.0.1; 20 b !", "undecided b");
        check("10 a 127.0.0.1 ?", "undecided a");
        check("10 a -", "no-address 600");
    }

    #[test]
    fn loop_is_settled_by_a_loopback_among_the_best() {
        let check = |hosts, expected| check(Policy::Loop, hosts, expected);
        check("10 a 127.0.0.1; 10 b 192.0.1.1", "listed a 127.0.0.1 300");
        check("10 a 0.0.0.0; 20 b 192.0.1.1", "listed a 0.0.0.0 300");
        check("10 a ::1; 20 b !", "listed a ::1 300");
        check(
            "10 a ::ffff:127.0.0.1; 20 b 192.0.1.1",
            "listed a ::ffff:127.0.0.1 300",
        );
        check("10 a 10.0.0.1; 20 b 192.0.1.1", "clean 300");
        check("10 a 192.0.1.1; 20 b 127.0.0.1", "clean 300");
        check("10 a 10.0.0.1; 20 b 127.0.0.1", "listed a 10.0.0.1 300");
        // A best host without any address is passed over by the sending server, too.
        check(
            "10 a -; 20 b 127.0.0.1; 30 c 192.0.1.1",
            "listed b 127.0.0.1 300",
        );
        // What is still unknown beside or before the loopback matters, what comes after does not.
        check("10 a ?; 10 b 127.0.0.1", "listed b 127.0.0.1 300");
        check("10 a !; 20 b 127.0.0.1; 30 c 192.0.1.1", "undecided a");
        check("10 a 192.0.1.1; 10 b ?", "undecided b");
        check("10 a 192.0.1.1; 20 b ?", "clean 300");
    }

    #[test]
    fn left_out_hosts_never_make_a_listing() {
        let some = Draft {
            hosts_left_out: 1,
            ..evidence("10 a 127.0.0.1; 20 b 10.0.0.1")
        };
        let said = |policy| sum_up(&some, &rules(policy));
        assert_eq!(said(Policy::All), "hosts-left-out 300");
        assert_eq!(said(Policy::Any), "listed a 127.0.0.1 300");
        assert_eq!(said(Policy::Loop), "listed a 127.0.0.1 300");
    }

    #[test]
    fn what_the_mx_answer_alone_decides() {
        let check = |mx, expected: &str| {
            let evidence = Draft::without_hosts(mx);
            for policy in [Policy::Any, Policy::All, Policy::Loop] {
                assert_eq!(sum_up(&evidence, &rules(policy)), expected);
            }
        };
        check(MxAnswer::Null { ttl: 60 }, "null-mx 60");
        check(MxAnswer::Failed(Failure::ServFail), "undecided MX");
        check(MxAnswer::Pending, "undecided MX");
        check(MxAnswer::OwnZone, "own-zone 4294967295");
    }

    #[test]
    fn a_row_that_passes_is_a_good_address() {
        let text = "10.1.0.0/16 DUNNO\n10.0.0.0/8 REJECT private";
        let table = Arc::new(Table::parse(text, "test").unwrap());
        let check = |policy, hosts, expected: &str| {
            let (evidence, rules) = (
                evidence(hosts),
                Rules {
                    table: Arc::clone(&table),
                    policy,
                },
            );
            assert_eq!(sum_up(&evidence, &rules), expected);
        };
        check(Policy::Any, "10 a 10.1.0.1", "clean 300");
        check(
            Policy::Any,
            "10 a 10.1.0.1; 20 b 10.2.0.1",
            "listed b 10.2.0.1 300",
        );
        check(Policy::All, "10 a 10.1.0.1; 20 b 10.2.0.1", "clean 300");
    }

    fn any_host() -> impl Strategy<Value = String> {
        let known = [
            "127.0.0.1",
            "10.0.0.1",
            "192.0.1.1",
            "::1",
            "-",
            "!",
            "?",
            "192.0.1.1 ?",
        ];
        (1..4_u16, "[a-d]", prop::sample::select(known.to_vec()))
            .prop_map(|(preference, name, known)| format!("{preference} {name} {known}"))
    }

    /// Every way in which the unknown answers of a domain may turn out.
    fn outcomes(evidence: &Draft) -> Vec<Draft> {
        let mut all = vec![evidence.clone()];
        for (index, host) in evidence.hosts.iter().enumerate() {
            let Addresses::Resolved { a, aaaa } = &host.addresses else {
                continue;
            };
            for (is_a, answer) in [(true, a), (false, aaaa)] {
                if answer.failure().is_none() {
                    continue;
                }
                let ends = ["127.0.0.1", "10.0.0.1", "192.0.1.1"].map(|address| Answer::Found {
                    addresses: [address.parse().unwrap()].into(),
                    ttl: 300,
                });
                let ends = ends.into_iter().chain([Answer::Absent { ttl: 300 }]);
                let ends: Vec<Answer<_>> = ends.collect();
                all = all
                    .into_iter()
                    .flat_map(|evidence| {
                        ends.iter().map(move |end| {
                            let mut evidence = evidence.clone();
                            if let Addresses::Resolved { a, aaaa } =
                                &mut evidence.hosts[index].addresses
                            {
                                *(if is_a { a } else { aaaa }) = end.clone();
                            }
                            evidence
                        })
                    })
                    .collect();
            }
        }
        all
    }

    proptest! {
        /// A verdict on partial evidence is never taken back by what is found out later, and
        /// "undecided" is only said where it could be.
        #[test]
        fn partial_evidence_settles_only_what_is_settled(
            hosts in prop::collection::vec(any_host(), 1..4),
            policy in prop::sample::select(vec![Policy::Any, Policy::All, Policy::Loop]),
        ) {
            let mut partial = evidence(&hosts.join(";"));
            partial.hosts.sort_by_key(|host| host.preference);
            let rules = rules(policy);
            let is_listed = |draft: &Draft| match judge(Evidence::read(&draft.to_octets()), &rules) {
                Verdict::Listed(_) => Some(true),
                Verdict::NotListed(_) => Some(false),
                Verdict::Undecided(_) => None,
            };
            let now = is_listed(&partial);
            let ends = outcomes(&partial);
            let later: Vec<_> = ends.iter().map(is_listed).collect();
            prop_assert!(later.iter().all(Option::is_some));
            match now {
                Some(settled) => prop_assert!(later.iter().all(|end| *end == Some(settled))),
                None => {
                    prop_assert!(later.contains(&Some(true)) && later.contains(&Some(false)));
                }
            }
        }
    }
}
