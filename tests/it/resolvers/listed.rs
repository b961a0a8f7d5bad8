//! Verdicts come through with everything turned on at once that a resolver has and that could hold them back: strict
//! minimisation of names, mixed case, validation under a signed root, protection against rebinding. So each of the
//! pages' lines does its work beside the others. Questions in mixed case come from the client in any case.

use super::asking::{ask, expect_listed, expect_none};
use super::place::{Habit, Site, Start};
use super::{bind, dnsdist, dnsmasq, knot, powerdns, resolved, unbound};
use crate::daemons::world::Verdict;

const ALL: [Habit; 4] = [
    Habit::Minimises,
    Habit::MixesCase,
    Habit::Validates,
    Habit::Protects,
];

/// Of those who pass names on in the case in which they come.
const ALL_BUT_CASE: [Habit; 3] = [Habit::Minimises, Habit::Validates, Habit::Protects];

/// Of those who recurse for nobody.
const OF_FORWARDERS: [Habit; 2] = [Habit::Validates, Habit::Protects];

const WORLD: &str = "
    hot.de              MX   10 null.hot.de
    other.de            MX   10 null.hot.de
    null.hot.de         A    127.0.0.1
    good.example        MX   10 mx.good.example
    mx.good.example     A    9.9.9.9
    fine.example        MX   10 mx.good.example
    hot.fine.example    MX   10 null.hot.de
";

/// A listed domain below one that is not, and that nobody has asked for.
const BELOW_GOOD: &str = "hot.fine.example";

fn check(start: Start, habits: &[Habit]) {
    let site = Site::new(start, WORLD, habits);
    let server = site.server();
    // Whoever minimises asks for the parent first, and for the whole name after that only if he believes in it.
    expect_listed(server, BELOW_GOOD);
    // The parents are no mail domains and never listed; what is below them may be.
    assert_eq!(ask(server, "de"), Verdict::NotListed);
    expect_listed(server, "hot.de");
    assert_eq!(ask(server, "good.example"), Verdict::NotListed);
    // The same name in another case, and another name below a parent that was not listed.
    expect_listed(server, "HOT.De");
    let test_point = "bogusmx test point: always listed".to_owned();
    assert_eq!(ask(server, "test"), Verdict::Listed(test_point));
    assert_eq!(ask(server, "invalid"), Verdict::NotListed);
    // The root proves to whoever validates that there is no `local`, and so nothing below it.
    expect_none(server, "printer.local.");
    expect_listed(server, "other.de");
}

#[test]
fn behind_unbound() {
    check(unbound::start, &ALL);
}

#[test]
fn behind_unbound_in_the_other_mode() {
    check(unbound::start_as_stub, &ALL);
}

/// Then it asks for the parents before, and believes an NXDOMAIN: so the list says NODATA.
#[test]
fn unbound_in_the_other_mode_believes_that_nothing_is_below() {
    let setting = "not_listed = \"nxdomain\"\n";
    let (start, habits) = (unbound::start_as_stub, [Habit::Minimises]);
    let site = Site::with_list_setting(start, WORLD, &habits, &[], setting);
    assert_eq!(ask(site.server(), BELOW_GOOD), Verdict::NotListed);
}

#[test]
fn behind_bind() {
    check(bind::start, &ALL_BUT_CASE);
}

#[test]
fn behind_powerdns() {
    check(powerdns::start, &ALL_BUT_CASE);
}

#[test]
fn behind_powerdns_in_the_other_mode() {
    check(powerdns::start_as_authoritative, &ALL_BUT_CASE);
}

#[test]
fn behind_knot() {
    check(
        knot::start,
        &[Habit::Minimises, Habit::MixesCase, Habit::Validates],
    );
}

/// Its protection has no exemption for the tests' name servers, which are on loopback addresses.
#[test]
fn behind_knot_with_protection() {
    check(knot::start, &[Habit::Protects]);
}

#[test]
fn behind_dnsmasq() {
    check(dnsmasq::start, &OF_FORWARDERS);
}

#[test]
fn behind_dnsdist() {
    check(dnsdist::start, &[]);
}

#[test]
fn behind_systemd_resolved() {
    check(resolved::start, &[Habit::Validates]);
}
