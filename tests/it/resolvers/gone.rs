//! The list is stopped and comes back. Meanwhile the resolver resolves everything else, and a mail server hears that
//! nothing could be found out, which lets mail pass.

use std::time::{Duration, Instant};

use hickory_proto::rr::RecordType;

use super::asking::{ask, expect_listed, loopback};
use super::place::{Site, Start};
use super::{bind, dnsdist, dnsmasq, knot, powerdns, resolved, unbound};
use crate::daemons::question;
use crate::daemons::world::Verdict;

const WORLD: &str = "
    before.de           MX   10 null.de
    meanwhile.de        MX   10 null.de
    after.de            MX   10 null.de
    null.de             A    127.0.0.1
";

/// Longer than any of them stays away from a server that was not there.
const PATIENCE: Duration = Duration::from_secs(60);

fn check(start: Start) {
    let mut site = Site::new(start, WORLD, &[]);
    let server = site.server();
    expect_listed(server, "before.de");
    site.stop_list();
    let asked = Instant::now();
    assert_eq!(ask(server, "meanwhile.de"), Verdict::Undecided);
    let gone = asked.elapsed();
    wait_for("an answer about something else", || {
        let name = "mail.company.de.";
        let reply = question::exchange(server, name, RecordType::A, Duration::from_secs(1));
        reply.is_some_and(|reply| !reply.answers.is_empty())
    });
    site.return_list();
    let returned = Instant::now();
    wait_for("a listing", || ask(server, "after.de") == loopback());
    let back = returned.elapsed();
    // For who runs this by hand: what is on the pages.
    eprintln!("asked in vain for {gone:.1?}, listed again after {back:.1?}");
}

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
    }
}

#[test]
fn behind_unbound() {
    check(unbound::start);
}

#[test]
fn behind_bind() {
    check(bind::start);
}

#[test]
fn behind_powerdns() {
    check(powerdns::start);
}

#[test]
fn behind_knot() {
    check(knot::start);
}

#[test]
fn behind_dnsmasq() {
    check(dnsmasq::start);
}

#[test]
fn behind_dnsdist() {
    check(dnsdist::start);
}

#[test]
fn behind_systemd_resolved() {
    check(resolved::start);
}
