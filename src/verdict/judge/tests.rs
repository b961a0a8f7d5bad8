//! The policies on hosts written in a line each, and what partial evidence settles.

use std::sync::Arc;

use ipnet::IpNet;
use proptest::prelude::*;

use super::*;
use crate::verdict::evidence::{Addresses, Answer, Draft, DraftHost};
use crate::verdict::local::{HOST_TEXT, NameList};
use crate::verdict::{Domain, Local, Table};

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
    Rules::new(Table::reserved(), policy)
}

fn summary(verdict: &Verdict<'_>) -> String {
    match verdict {
        Verdict::Listed(listing) => {
            let cause = match &listing.cause {
                Cause::Address { host, address, .. } => format!("{} {address}", host.name()),
                Cause::Host { host, say } => format!("{} by {}", host.name(), say.pattern),
                Cause::Domain(say) => format!("by {}", say.pattern),
            };
            format!("listed {cause} {}", listing.ttl)
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
    let check = |policy, hosts, expected: &str| {
        let rules = Rules::new(Table::parse(text, "test").unwrap(), policy);
        assert_eq!(sum_up(&evidence(hosts), &rules), expected);
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

/// Rules by which the operator has spoken of hosts and of own addresses.
fn local(policy: Policy, hosts: &str, own: &str) -> Rules {
    let hosts = NameList::parse(hosts, "hosts", HOST_TEXT).unwrap();
    let own: Vec<IpNet> = own
        .split_whitespace()
        .map(|net| net.parse().unwrap())
        .collect();
    Rules {
        local: Arc::new(Local::new(NameList::default(), hosts, &own)),
        ..rules(policy)
    }
}

fn check_local(policy: Policy, rules: (&str, &str), hosts: &str, expected: &str) {
    let said = sum_up(&evidence(hosts), &local(policy, rules.0, rules.1));
    let (said, _ttl) = said.rsplit_once(' ').unwrap();
    assert_eq!(said, expected, "{policy:?}: {hosts}");
}

#[test]
fn a_host_that_is_listed_by_name_is_a_hit_whatever_its_addresses() {
    let check = |policy, hosts, expected| check_local(policy, (".trap.org", ""), hosts, expected);
    let listed = "listed mx.trap.org by .trap.org";
    for policy in [Policy::Any, Policy::All, Policy::Loop] {
        check(policy, "10 mx.trap.org 192.0.1.1", listed);
        check(policy, "10 mx.trap.org -", listed);
        check(policy, "10 mx.trap.org !", listed);
        check(policy, "10 mx.trap.org 127.0.0.1", listed);
    }
    check(Policy::Any, "10 a.de 192.0.1.1; 20 mx.trap.org ?", listed);
    check(Policy::All, "10 a.de 192.0.1.1; 20 mx.trap.org ?", "clean");
    check(
        Policy::All,
        "10 a.de 127.0.0.1; 20 mx.trap.org ?",
        "listed a.de 127.0.0.1",
    );
    // A name says nothing of where the mail goes.
    check(
        Policy::Loop,
        "10 mx.trap.org 192.0.1.1; 20 b.de 192.0.1.1",
        "clean",
    );
}

#[test]
fn a_host_that_is_exempt_by_name_counts_as_a_good_one() {
    let check = |policy, hosts, expected| check_local(policy, ("!.vpn.org", ""), hosts, expected);
    for policy in [Policy::Any, Policy::All, Policy::Loop] {
        check(policy, "10 mx.vpn.org 10.0.0.1", "clean");
        check(policy, "10 mx.vpn.org !", "clean");
    }
    check(
        Policy::Any,
        "10 mx.vpn.org 10.0.0.1; 20 b.de 127.0.0.1",
        "listed b.de 127.0.0.1",
    );
    check(
        Policy::All,
        "10 mx.vpn.org 10.0.0.1; 20 b.de 127.0.0.1",
        "clean",
    );
    // It is a best host that does not come back, so that a worse one that does is not reached.
    check(
        Policy::Loop,
        "10 mx.vpn.org 127.0.0.1; 20 b.de 127.0.0.1",
        "clean",
    );
}

#[test]
fn own_addresses_are_a_hit_and_come_back() {
    let check = |policy, hosts, expected| {
        check_local(policy, ("", "192.0.1.25/32 2600:25::/64"), hosts, expected);
    };
    for policy in [Policy::Any, Policy::All, Policy::Loop] {
        check(policy, "10 a.de 192.0.1.25", "listed a.de 192.0.1.25");
        check(policy, "10 a.de 2600:25::1", "listed a.de 2600:25::1");
        check(
            policy,
            "10 a.de ::ffff:192.0.1.25",
            "listed a.de ::ffff:192.0.1.25",
        );
        check(policy, "10 a.de 192.0.1.26", "clean");
    }
    check(
        Policy::Loop,
        "10 a.de 192.0.1.25; 20 b.de 192.0.1.1",
        "listed a.de 192.0.1.25",
    );
    check(
        Policy::Loop,
        "10 a.de 192.0.1.1; 20 b.de 192.0.1.25",
        "clean",
    );
    let own = local(Policy::Any, "", "192.0.1.25/32");
    let draft = evidence("10 a.de 192.0.1.25");
    let octets = draft.to_octets();
    let Verdict::Listed(listing) = judge(Evidence::read(&octets), &own) else {
        panic!("not listed");
    };
    assert_eq!(listing.text, "Domain MX points back to this mail system");
}
