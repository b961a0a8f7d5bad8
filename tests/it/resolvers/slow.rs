//! Domains that take the list long, on a resolver that is idle and on one that asks the list all the time. The second
//! time that a mail server asks, the answer is there; and others are not kept waiting. The pages' lines about patience
//! and about failures are needed for that.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hickory_proto::rr::RecordType;

use super::asking::{ask, loopback};
use super::place::{Site, Start};
use super::{bind, dnsdist, dnsmasq, knot, powerdns, resolved, unbound};
use crate::daemons::question::{exchange, verdict};
use crate::daemons::world::Verdict;

/// How long the list needs for a domain: below the time that it gives itself for an answer, and above.
const DELAYS_MS: [u64; 4] = [200, 800, 1100, 3000];

/// Domains that take no longer are listed when asked for the first time. The others are too near to the list's own
/// deadline for a busy machine, or past it.
const AT_FIRST_MS: u64 = 800;

/// Until the second asking: longer than resolvers keep a failure, with the lines on the pages.
const PAUSE: Duration = Duration::from_millis(6500);

/// Between two questions that keep the resolver busy.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Others are answered within this, which leaves room for a busy machine but not for a second try.
const PROMPT: Duration = Duration::from_secs(2);

/// Quick answers that make a resolver expect quick ones.
const WARM_UP: usize = 40;

/// Other domains, each asked about once while the slow ones are on their way.
const OTHERS: usize = 100;

fn world() -> String {
    let mut world = "null.example A 127.0.0.1\n".to_owned();
    for delay in DELAYS_MS {
        writeln!(
            world,
            "slow{delay}.example MX !delay={delay}ms 10 null.example"
        )
        .expect("a string");
    }
    for other in 0..OTHERS {
        writeln!(world, "other{other}.example MX 10 null.example").expect("a string");
    }
    world
}

/// Asks for names that the list has an answer to at once, and the resolver never has; gives how many were answered.
fn keep_busy(server: SocketAddr, is_over: &AtomicBool, times: usize) -> usize {
    let mut answered = 0;
    for number in 0..times {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("busy{times}-{number}.bogusmx.local.");
        let reply = exchange(server, &name, RecordType::A, BUSY_PAUSE);
        answered += usize::from(reply.is_some());
        thread::sleep(BUSY_PAUSE);
    }
    answered
}

/// What a mail server hears of a domain that takes the list so many milliseconds.
#[derive(Debug)]
struct Heard {
    delay: u64,
    first: Verdict,
    second: Verdict,
}

fn ask_twice(server: SocketAddr, delay: u64) -> Heard {
    let domain = format!("slow{delay}.example");
    let first = ask(server, &domain);
    thread::sleep(PAUSE);
    let second = ask(server, &domain);
    Heard {
        delay,
        first,
        second,
    }
}

/// One question, without a second try.
fn expect_prompt(server: SocketAddr, domain: &str) {
    let asked = Instant::now();
    assert_eq!(verdict(server, domain), loopback(), "{domain}");
    let took = asked.elapsed();
    assert!(took < PROMPT, "{domain} was kept waiting for {took:?}");
}

/// Asks for all slow domains at once, and for others meanwhile.
fn hear(site: &Site, is_busy: bool) -> [Heard; DELAYS_MS.len()] {
    let server = site.server();
    let is_over = &AtomicBool::new(false);
    if is_busy {
        while keep_busy(server, is_over, WARM_UP) < WARM_UP / 2 {}
    }
    thread::scope(|scope| {
        if is_busy {
            scope.spawn(|| keep_busy(server, is_over, usize::MAX));
        }
        let slow = DELAYS_MS.map(|delay| scope.spawn(move || ask_twice(server, delay)));
        let mut others = 0..OTHERS;
        while slow.iter().any(|thread| !thread.is_finished()) {
            if let Some(other) = others.next() {
                expect_prompt(server, &format!("other{other}.example"));
            }
            thread::sleep(4 * BUSY_PAUSE);
        }
        is_over.store(true, Ordering::Relaxed);
        slow.map(|thread| thread.join().expect("two verdicts"))
    })
}

fn check(start: Start, is_busy: bool) {
    let site = Site::new(start, &world(), &[]);
    for heard in hear(&site, is_busy) {
        assert_ne!(heard.first, Verdict::NotListed, "{heard:?}");
        assert_eq!(heard.second, loopback(), "{heard:?}");
        if heard.delay <= AT_FIRST_MS {
            assert_eq!(heard.first, loopback(), "{heard:?}");
        }
    }
}

/// What becomes of the slowest domain without a line of the page, with a setting of the list's.
fn slowest_without(start: Start, left_out: &'static str, setting: &str) -> Heard {
    let site = Site::with_list_setting(start, &world(), &[], &[left_out], setting);
    let [.., slowest] = hear(&site, false);
    slowest
}

#[test]
fn behind_unbound() {
    check(unbound::start, false);
}

#[test]
fn behind_unbound_that_is_busy() {
    check(unbound::start, true);
}

#[test]
fn behind_bind() {
    check(bind::start, false);
}

#[test]
fn behind_bind_that_is_busy() {
    check(bind::start, true);
}

#[test]
fn behind_powerdns() {
    check(powerdns::start, false);
}

#[test]
fn behind_powerdns_that_is_busy() {
    check(powerdns::start, true);
}

#[test]
fn behind_knot() {
    check(knot::start, false);
}

#[test]
fn behind_knot_that_is_busy() {
    check(knot::start, true);
}

#[test]
fn behind_dnsmasq() {
    check(dnsmasq::start, false);
}

#[test]
fn behind_dnsmasq_that_is_busy() {
    check(dnsmasq::start, true);
}

#[test]
fn behind_dnsdist() {
    check(dnsdist::start, false);
}

#[test]
fn behind_dnsdist_that_is_busy() {
    check(dnsdist::start, true);
}

#[test]
fn behind_systemd_resolved() {
    check(resolved::start, false);
}

#[test]
fn behind_systemd_resolved_that_is_busy() {
    check(resolved::start, true);
}

#[test]
fn unbound_that_is_busy_is_impatient() {
    let site = Site::without(unbound::start, &world(), &[], &["infra-cache-min-rtt"]);
    let [.., slow, _] = hear(&site, true);
    assert_eq!(slow.first, Verdict::Undecided, "{slow:?}");
}

#[test]
fn powerdns_keeps_failures() {
    let slowest = slowest_without(powerdns::start, "packetcache-servfail-ttl", "");
    assert_eq!(slowest.second, Verdict::Undecided, "{slowest:?}");
}

#[test]
fn dnsdist_keeps_failures() {
    let slowest = slowest_without(dnsdist::start, "temporaryFailureTTL", "");
    assert_eq!(slowest.second, Verdict::Undecided, "{slowest:?}");
}

/// The other way out that the pages name: then there is no failure to keep.
const NO_FAILURES: &str = "undecided = \"not-listed\"\n";

#[test]
fn powerdns_has_no_failures_to_keep() {
    let slowest = slowest_without(powerdns::start, "packetcache-servfail-ttl", NO_FAILURES);
    assert_eq!(slowest.first, Verdict::NotListed, "{slowest:?}");
    assert_eq!(slowest.second, loopback(), "{slowest:?}");
}

#[test]
fn dnsdist_has_no_failures_to_keep() {
    let slowest = slowest_without(dnsdist::start, "temporaryFailureTTL", NO_FAILURES);
    assert_eq!(slowest.first, Verdict::NotListed, "{slowest:?}");
    assert_eq!(slowest.second, loopback(), "{slowest:?}");
}
