//! Without the lines that exempt the zone it is not listed there, or not found out: so the pages do not ask for what is
//! not needed.

use std::time::Duration;

use hickory_proto::rr::RecordType;

use super::asking::{ask, expect_listed, expect_none};
use super::place::{Habit, Site, Start};
use super::{bind, dnsmasq, knot, powerdns, resolved, unbound};
use crate::daemons::question::{addresses, exchange};
use crate::daemons::world::Verdict;

const WORLD: &str = "
    hot.de              MX   10 null.hot.de
    other.de            MX   10 null.hot.de
    null.hot.de         A    127.0.0.1
    dc.corp.local       A    192.0.2.1
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
    expect_none(site.server(), "printer.local.");
    assert_eq!(ask(site.server(), "other.de"), Verdict::NotListed);
}

/// It keeps names below `.local` for multicast DNS, and asks nobody.
#[test]
fn systemd_resolved_keeps_local_names_to_itself() {
    let site = Site::without(resolved::start, WORLD, &[], &["Domains=~."]);
    assert_eq!(ask(site.server(), "hot.de"), Verdict::Undecided);
}

/// As an Active Directory has it: the zone `corp.local`, on servers of its own.
#[test]
fn unbound_hides_other_zones_below_local_unless_told_otherwise() {
    let (start, habits) = (unbound::start_beside_corp, [Habit::Validates]);
    let name = "dc.corp.local.";
    let site = Site::new(start, WORLD, &habits);
    let reply = exchange(site.server(), name, RecordType::A, Duration::from_secs(5));
    assert_eq!(addresses(&reply.expect("a reply")).len(), 1);
    expect_listed(site.server(), "hot.de");
    let site = Site::without(start, WORLD, &habits, &["corp.local.\" transparent"]);
    expect_none(site.server(), name);
    expect_listed(site.server(), "hot.de");
}

/// What the page says of the other way to forward.
#[test]
fn knot_wants_signatures_when_it_forwards() {
    let habits = [Habit::Validates];
    let site = Site::new(knot::start_forwarding, WORLD, &habits);
    expect_none(site.server(), "printer.local.");
    expect_listed(site.server(), "hot.de");
    let site = Site::without(knot::start_forwarding, WORLD, &habits, &["set_insecure"]);
    assert_eq!(ask(site.server(), "hot.de"), Verdict::Undecided);
}
