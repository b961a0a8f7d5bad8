//! Without the lines that exempt the zone it is not listed there, or not found out: so the pages do not ask for what is
//! not needed. Below a domain of one's own, which exists and is not signed, most of them are not.

use super::asking::{ask, ask_in, expect_listed, loopback};
use super::place::{Habit, Site, Start};
use super::{bind, dnsmasq, knot, powerdns, resolved, unbound};
use crate::daemons::question;
use crate::daemons::world::Verdict;

const WORLD: &str = "
    hot.de              MX   10 null.hot.de
    other.de            MX   10 null.hot.de
    null.hot.de         A    127.0.0.1
";

/// What becomes of a listed domain with a habit that nothing exempts the zone from.
fn check(start: Start, habit: Habit, left_out: &'static str, outcome: &Verdict) {
    let site = Site::without(start, WORLD, &[habit], &[left_out]);
    assert_eq!(ask(site.server(), "hot.de"), *outcome, "without {left_out}");
}

#[test]
fn unbound_wants_signatures() {
    let left_out = "domain-insecure";
    check(
        unbound::start,
        Habit::Validates,
        left_out,
        &Verdict::Undecided,
    );
}

#[test]
fn bind_wants_signatures() {
    let left_out = "validate-except";
    check(bind::start, Habit::Validates, left_out, &Verdict::Undecided);
}

#[test]
fn powerdns_wants_signatures() {
    let left_out = "addNTA";
    check(
        powerdns::start,
        Habit::Validates,
        left_out,
        &Verdict::Undecided,
    );
}

#[test]
fn unbound_strips_answers() {
    let left_out = "private-domain";
    check(
        unbound::start,
        Habit::Protects,
        left_out,
        &Verdict::NotListed,
    );
}

#[test]
fn bind_strips_answers() {
    let left_out = "\"bogusmx.local\"; //";
    check(bind::start, Habit::Protects, left_out, &Verdict::Undecided);
}

#[test]
fn powerdns_strips_answers() {
    let left_out = "rpz-passthru";
    check(
        powerdns::start,
        Habit::Protects,
        left_out,
        &Verdict::NotListed,
    );
}

#[test]
fn knot_strips_answers() {
    let left_out = "ALLOW_LOCAL";
    check(knot::start, Habit::Protects, left_out, &Verdict::Undecided);
}

#[test]
fn dnsmasq_strips_answers() {
    let left_out = "rebind-domain-ok";
    check(
        dnsmasq::start,
        Habit::Protects,
        left_out,
        &Verdict::NotListed,
    );
}

/// Any client that asks for a printer turns the list off.
#[test]
fn unbound_believes_that_there_is_no_local() {
    let site = Site::without(unbound::start, WORLD, &[Habit::Validates], &["local-zone"]);
    expect_listed(site.server(), "hot.de");
    question::is_replied_to(site.server(), "printer.local.");
    assert_eq!(ask(site.server(), "other.de"), Verdict::NotListed);
}

/// It keeps names below `.local` for multicast DNS, and asks nobody.
#[test]
fn systemd_resolved_keeps_local_names_to_itself() {
    let site = Site::without(resolved::start, WORLD, &[], &["Domains=~."]);
    assert_eq!(ask(site.server(), "hot.de"), Verdict::Undecided);
}

#[test]
fn unbound_needs_the_same_lines_below_internal() {
    let zone = "mx-list.internal";
    for left_out in [&[][..], &["local-zone"]] {
        let start = unbound::start_below_internal;
        let site = Site::in_zone(zone, start, WORLD, &[Habit::Validates], left_out);
        question::is_replied_to(site.server(), "printer.internal.");
        let expected = if left_out.is_empty() {
            loopback()
        } else {
            Verdict::NotListed
        };
        assert_eq!(ask_in(zone, site.server(), "hot.de"), expected);
    }
}

fn check_below_own_domain(start: Start, left_out: &[&'static str]) {
    let zone = "mx-list.company.de";
    let habits = [Habit::Validates, Habit::Minimises];
    let site = Site::in_zone(zone, start, WORLD, &habits, left_out);
    question::is_replied_to(site.server(), "printer.company.de.");
    let verdict = ask_in(zone, site.server(), "hot.de");
    assert_eq!(verdict, loopback());
}

#[test]
fn unbound_needs_no_exemption_below_a_domain_of_ones_own() {
    check_below_own_domain(unbound::start, &["domain-insecure", "local-zone"]);
}

#[test]
fn bind_needs_no_exemption_below_a_domain_of_ones_own() {
    check_below_own_domain(bind::start, &["validate-except"]);
}

#[test]
fn powerdns_needs_no_exemption_below_a_domain_of_ones_own() {
    check_below_own_domain(powerdns::start, &["addNTA"]);
}
