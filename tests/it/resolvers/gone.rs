//! The list is stopped and comes back, or its host. Meanwhile the resolver resolves everything else, and a mail server
//! hears that nothing could be found out, which lets mail pass.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use hickory_proto::op::ResponseCode;
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

/// One question for an address.
const PROMPT: Duration = Duration::from_secs(1);

/// What is left of the list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gone {
    /// Its host, which says that nobody listens.
    Program,
    /// Nothing: questions get lost.
    Host,
}

/// What the resolver has in its cache when the list has been gone for a while.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cache {
    Lasts,
    IsOver,
}

fn check(start: Start, gone: Gone, cache: Cache) {
    let mut site = Site::new(start, WORLD, &[]);
    let server = site.server();
    expect_listed(server, "before.de");
    site.stop_list();
    let silence = (gone == Gone::Host).then(|| silence(site.list()));
    let asked = Instant::now();
    assert_eq!(ask(server, "meanwhile.de"), Verdict::Undecided);
    let in_vain = asked.elapsed();
    let is_kept = has_address(server, "before.de.bogusmx.local.");
    assert_eq!(is_kept, cache == Cache::Lasts, "what was listed before");
    wait_for("an answer about something else", || {
        has_address(server, "mail.company.de.")
    });
    drop(silence);
    site.return_list();
    let returned = Instant::now();
    wait_for("a listing", || ask(server, "after.de") == loopback());
    let back = returned.elapsed();
    // For who runs this by hand: what is on the pages.
    eprintln!("asked in vain for {in_vain:.1?}, listed again after {back:.1?}");
}

/// Takes everything that is sent there, and answers nothing.
fn silence(list: SocketAddr) -> (UdpSocket, TcpListener) {
    let udp = UdpSocket::bind(list).expect("the list's port");
    (udp, TcpListener::bind(list).expect("the list's port"))
}

fn has_address(server: SocketAddr, name: &str) -> bool {
    let reply = question::exchange(server, name, RecordType::A, PROMPT);
    reply.is_some_and(|reply| !reply.answers.is_empty())
}

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
    }
}

#[test]
fn behind_unbound() {
    check(unbound::start, Gone::Program, Cache::Lasts);
}

#[test]
fn behind_bind() {
    check(bind::start, Gone::Program, Cache::Lasts);
}

#[test]
fn behind_bind_without_the_host() {
    check(bind::start, Gone::Host, Cache::Lasts);
}

#[test]
fn behind_powerdns() {
    check(powerdns::start, Gone::Program, Cache::Lasts);
}

#[test]
fn behind_powerdns_without_the_host() {
    check(powerdns::start, Gone::Host, Cache::Lasts);
}

/// What is listed stays in its cache for five seconds, whatever the TTL.
#[test]
fn behind_knot() {
    check(knot::start, Gone::Program, Cache::IsOver);
}

#[test]
fn behind_knot_that_forwards() {
    check(knot::start_forwarding, Gone::Program, Cache::Lasts);
}

#[test]
fn behind_dnsmasq() {
    check(dnsmasq::start, Gone::Program, Cache::Lasts);
}

#[test]
fn behind_dnsdist() {
    check(dnsdist::start, Gone::Program, Cache::Lasts);
}

#[test]
fn behind_systemd_resolved() {
    check(resolved::start, Gone::Program, Cache::Lasts);
}

/// It looks after its servers. Without its line for that, it would leave clients waiting.
#[test]
fn dnsdist_says_that_nobody_is_there() {
    let mut site = Site::new(dnsdist::start, WORLD, &[]);
    site.stop_list();
    wait_for("a failure", || {
        let status = question::status(site.server(), "meanwhile.de.bogusmx.local.");
        status == Some(ResponseCode::ServFail)
    });
}

#[test]
fn behind_unbound_without_the_host() {
    check(unbound::start, Gone::Host, Cache::Lasts);
}

#[test]
fn behind_knot_without_the_host() {
    check(knot::start, Gone::Host, Cache::IsOver);
}

#[test]
fn behind_dnsmasq_without_the_host() {
    check(dnsmasq::start, Gone::Host, Cache::Lasts);
}

#[test]
fn behind_dnsdist_without_the_host() {
    check(dnsdist::start, Gone::Host, Cache::Lasts);
}
