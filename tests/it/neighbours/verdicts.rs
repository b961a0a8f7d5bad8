//! Every domain of the world has the verdict that its zone file says, asked of the list itself and of the resolver
//! in front of it. Resolver and list ask each other here, as they do at a site: the list for MX records, the resolver
//! for the list's zone.

use crate::daemons::question;
use crate::daemons::site::{Network, shipped_table};
use crate::daemons::world;

#[test]
fn every_domain_has_the_verdict_that_its_zone_file_says() {
    let network = Network::with_oracle(&shipped_table());
    for server in [network.oracle(), network.resolver()] {
        let wrong: Vec<_> = world::domains()
            .into_iter()
            .filter_map(|domain| {
                let verdict = question::final_verdict(server, &domain.name, &domain.verdict);
                (verdict != domain.verdict).then_some((domain, verdict))
            })
            .collect();
        assert!(wrong.is_empty(), "asked of {server}: {wrong:#?}");
    }
}
