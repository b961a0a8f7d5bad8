//! An upstream that strips reserved addresses is noticed: by canaries, and by how many hosts have no address.

use std::fmt::Write as _;

use hickory_proto::rr::RecordType::A;
use nix::sys::signal::Signal;

use crate::support::{Bench, setup};

const CANARIES: &str =
    "canary = [\"one.canary.example\", \"two.canary.example\"]\ncanary_interval = \"100ms\"\n";

/// The number that a counter has when the daemon stops.
fn counted(mut bench: Bench, counter: &str) -> u64 {
    bench.daemon.signal(Signal::SIGTERM);
    assert_eq!(bench.daemon.ended().code(), Some(0));
    let log = bench.daemon.wait_for_log("counted: ");
    let counters = log.split_once("counted: ").expect("counters").1;
    let mut words = counters.split_whitespace();
    let word = words.find_map(|word| word.strip_prefix(&format!("{counter}=")));
    word.expect("the counter").parse().expect("a number")
}

#[test]
fn an_upstream_that_strips_reserved_addresses_is_told_of() {
    let bench = setup("one.canary.example A !nodata=60")
        .config(CANARIES)
        .start();
    let log = bench.daemon.wait_for_log("no reserved address for any of");
    assert!(
        log.contains("one.canary.example, two.canary.example"),
        "{log}"
    );
    // And it is told when it sees again.
    bench.upstream.now_says("two.canary.example A 127.0.0.1");
    bench
        .daemon
        .wait_for_log("the upstream hands on reserved addresses");
    assert!(counted(bench, "blind") >= 1);
}

#[test]
fn an_upstream_that_hands_on_reserved_addresses_is_not_told_of() {
    let bench = setup("two.canary.example A 127.0.0.1")
        .config(CANARIES)
        .start();
    bench
        .upstream
        .wait_for_questions("two.canary.example", A, 3);
    assert!(
        !bench.daemon.log().contains("reserved address"),
        "{}",
        bench.daemon.log()
    );
    assert_eq!(counted(bench, "blind"), 0);
}

#[test]
fn nobody_is_asked_for_canaries_if_that_is_not_wanted() {
    let bench = setup("hot.de A 127.0.0.1").start();
    bench.expect("hot.de -> listed");
    assert_eq!(bench.upstream.questions("localtest.me", A), 0);
}

#[test]
fn a_jump_of_hosts_without_address_is_told_of() {
    let mut world = String::new();
    for number in 0..600 {
        writeln!(world, "d{number}.example MX 10 good.mx.example").unwrap();
        writeln!(world, "gone{number}.example MX 10 gone{number}.mx.example").unwrap();
    }
    world.push_str("good.mx.example A 9.9.9.9\n");
    let bench = setup(&world).start();
    for number in 0..600 {
        assert_eq!(
            bench.ask(&format!("d{number}.example"), A).verdict(),
            "not listed"
        );
    }
    assert!(!bench.daemon.log().contains("have no address"));
    for number in 0..600 {
        assert_eq!(
            bench.ask(&format!("gone{number}.example"), A).verdict(),
            "not listed"
        );
    }
    bench
        .daemon
        .wait_for_log("of MX hosts have no address, where 0 % is usual");
    assert_eq!(counted(bench, "no_address_jumps"), 1);
}
