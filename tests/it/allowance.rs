//! What one domain may cost: queries to the upstream beside those that it takes where nothing is proved and no alias is
//! left to follow.

use std::fmt::Write as _;

use crate::daemons::liar::Lie;
use crate::daemons::signing::{Signing, Zone};
use crate::dnssec::Site;
use crate::support::{bench_with, cname_chain};

/// The queries of a domain with sixteen hosts: MX, then A and AAAA of each.
const OWN: usize = 1 + 2 * 16;

/// The default of `max_extra_queries`.
const EXTRA: usize = 256;

/// No query is asked twice because time is short, and none is about canaries.
const PROVING: &str = "dnssec = true\ntrust_anchor = \"@ANCHOR@\"\nevaluation_deadline = \"1m\"\nquery_timeout = \"30s\"\ncanary_interval = \"0s\"";

/// Somebody who only counts.
const NO_LIE: Lie = |_, _, _| {};

/// Sixteen zones, each below two signed ones of its own as `example.co.uk` is, with a mail host each; `all` in the first
/// has all these hosts. No real domain takes more.
fn sixteen_domains(signing: Signing) -> Vec<Zone> {
    let mut records = "mx A 9.9.9.9\n".to_owned();
    for number in 0..16 {
        writeln!(records, "all MX 10 mx.domain.co.top{number}.").unwrap();
    }
    let records: &str = records.leak();
    let zone = |name: String, signing| Zone {
        name: name.leak(),
        records,
        signing,
    };
    let domains = (0..16).map(|number| zone(format!("domain.co.top{number}"), signing));
    let middles = (0..16).map(|number| zone(format!("co.top{number}"), Signing::Nsec3));
    let tops = (0..16).map(|number| zone(format!("top{number}"), Signing::Nsec3));
    domains.chain(middles).chain(tops).collect()
}

#[test]
fn sixteen_hosts_of_sixteen_domains_can_be_proved() {
    for signing in [Signing::Nsec, Signing::Unsigned] {
        let site = Site::with(&sixteen_domains(signing), PROVING, Some(NO_LIE));
        let said = site.check("all.domain.co.top0");
        let extra = site.queries() - OWN;
        assert!(
            said.contains("\"verdict\":\"not-listed\""),
            "{extra}: {said}"
        );
    }
}

/// To find where an unsigned name's zone begins, each of its labels is asked about.
#[test]
fn all_hosts_of_a_domain_share_one_allowance() {
    let mut records = String::new();
    for number in 0..16 {
        let host = format!("{}host{number}", "a.".repeat(50));
        writeln!(records, "deep MX 10 {host}\n{host} A 127.0.0.1").unwrap();
    }
    let records: &str = records.leak();
    let zone = |name, signing| Zone {
        name,
        records,
        signing,
    };
    let zones = [
        zone("plain.secure", Signing::Unsigned),
        zone("secure", Signing::Nsec),
    ];
    let site = Site::with(&zones, PROVING, Some(NO_LIE));
    let said = site.check("deep.plain.secure");
    assert!(said.contains("it takes too many queries"), "{said}");
    assert_eq!(site.queries(), OWN + EXTRA);
}

#[test]
fn aliases_that_are_left_to_follow_come_out_of_the_allowance() {
    let mut world = "* * !one-link\n".to_owned();
    for host in ["mx1.example", "mx2.example"] {
        writeln!(world, "alias.example MX 10 {host}").unwrap();
        world += &cname_chain(host, 3, "9.9.9.9");
    }
    let own = 1 + 2 * 2;
    let check = |extra: usize, verdict: &str| {
        let config = format!("max_extra_queries = {extra}");
        let bench = bench_with(&config, &world);
        bench.expect(&format!("alias.example -> {verdict}"));
        assert_eq!(bench.upstream.questions_in_all(), own + extra);
    };
    check(2 * 2 * 3, "not listed");
    check(2 * 2 * 3 - 1, "undecided");
}
