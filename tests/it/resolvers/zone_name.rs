//! Zones with other names than the pages': which lines they need, and which fall away.

use super::asking::{ask_in, expect_none, loopback};
use super::place::{Habit, Site, Start};
use super::{bind, powerdns, unbound};
use crate::daemons::world::Verdict;

const WORLD: &str = "
    hot.de              MX   10 null.hot.de
    null.hot.de         A    127.0.0.1
";

const HABITS: [Habit; 2] = [Habit::Validates, Habit::Minimises];

/// What is said of a listed domain in `zone`, after a client has heard that `beside` does not exist.
fn check(
    zone: &'static str,
    beside: &str,
    start: Start,
    left_out: &[&'static str],
    outcome: &Verdict,
) {
    let site = Site::in_zone(zone, start, WORLD, &HABITS, left_out);
    expect_none(site.server(), beside);
    let verdict = ask_in(zone, site.server(), "hot.de");
    assert_eq!(verdict, *outcome, "{zone} without {left_out:?}");
}

/// Below a domain of one's own that is not signed.
fn check_own(start: Start, left_out: &[&'static str]) {
    let (zone, beside) = ("mx-list.company.de", "printer.company.de.");
    check(zone, beside, start, left_out, &loopback());
}

#[test]
fn unbound_needs_no_exemption_below_a_domain_of_ones_own() {
    check_own(unbound::start, &["domain-insecure", "local-zone"]);
}

#[test]
fn bind_needs_no_exemption_below_a_domain_of_ones_own() {
    check_own(bind::start, &["validate-except"]);
}

#[test]
fn powerdns_needs_no_exemption_below_a_domain_of_ones_own() {
    check_own(powerdns::start, &["addNTA"]);
}

/// Below a domain of one's own that is signed. Here it is the root; the proof that there is no name beside the zone's is
/// one that the zone's own name does not exist either.
fn check_signed(start: Start, left_out: &[&'static str], outcome: &Verdict) {
    check("mx-list", "mx-lisa.", start, left_out, outcome);
}

#[test]
fn unbound_needs_one_exemption_below_a_signed_domain() {
    check_signed(unbound::start, &["local-zone"], &loopback());
    let left_out = ["local-zone", "domain-insecure"];
    check_signed(unbound::start, &left_out, &Verdict::NotListed);
}

#[test]
fn bind_needs_its_exemption_below_a_signed_domain() {
    check_signed(bind::start, &[], &loopback());
    check_signed(bind::start, &["validate-except"], &Verdict::Undecided);
}

#[test]
fn powerdns_needs_its_exemption_below_a_signed_domain() {
    check_signed(powerdns::start, &[], &loopback());
    check_signed(powerdns::start, &["addNTA"], &Verdict::Undecided);
}

/// Below a name that the root denies as it denies `local`, and which is for private use.
fn check_internal(start: Start, left_out: &[&'static str], outcome: &Verdict) {
    let (zone, beside) = ("mx-list.internal", "printer.internal.");
    check(zone, beside, start, left_out, outcome);
}

#[test]
fn unbound_needs_the_same_lines_below_internal() {
    check_internal(unbound::start, &[], &loopback());
    check_internal(unbound::start, &["domain-insecure"], &Verdict::Undecided);
    check_internal(unbound::start, &["local-zone"], &Verdict::NotListed);
}

#[test]
fn bind_needs_the_same_line_below_internal() {
    check_internal(bind::start, &[], &loopback());
    check_internal(bind::start, &["validate-except"], &Verdict::Undecided);
}

#[test]
fn powerdns_needs_the_same_line_below_internal() {
    check_internal(powerdns::start, &[], &loopback());
    check_internal(powerdns::start, &["addNTA"], &Verdict::Undecided);
}
