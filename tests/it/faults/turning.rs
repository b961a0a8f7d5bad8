//! Domains that change while the upstream is in trouble: "not listed" ends with its time, and "listed" does not.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::thread;
use std::time::{Duration, Instant};

use hickory_proto::rr::RecordType;

use super::asking::ask;
use super::stage::{ROOM, Stage, until_all_is_right};
use super::world::{Domain, head};
use crate::daemons::question;
use crate::support::wait_until;

/// `daemons/world/made.zone` delegates it.
const ZONE: &str = "turning.made";
const DOMAINS: usize = 200;

/// How long its records live, in seconds.
const TTL: u64 = 3;

/// Verdicts are kept as long as the records say.
const TO_THE_LETTER: &str = "min_ttl = \"1s\"\n";

/// How long all is right after the upstream's return: with the old records' time, and the failures'.
const RECOVERY: Duration = Duration::from_secs(10);

/// The first half of the domains is as told, the other half the other way round.
fn domains(is_first_listed: bool) -> Vec<Domain> {
    let domain = |number| Domain {
        name: format!("d{number}.{ZONE}"),
        is_listed: is_first_listed == (number < DOMAINS / 2),
    };
    (0..DOMAINS).map(domain).collect()
}

fn zone(domains: &[Domain]) -> String {
    let mut text = head(ZONE);
    for (number, domain) in domains.iter().enumerate() {
        let address = match domain.is_listed {
            true => "127.0.0.1",
            false => "9.9.9.9",
        };
        writeln!(
            text,
            "d{number} {TTL} MX 10 mx.d{number}\nmx.d{number} {TTL} A {address}"
        )
        .unwrap();
    }
    text
}

#[test]
fn what_turns_during_trouble_is_known_after_it_and_innocence_has_ended_meanwhile() {
    let (before, after) = (domains(false), domains(true));
    let mut stage = Stage::new(&[(ZONE, &zone(&before))]);
    let oracle = stage.oracle(&format!("{ROOM}{TO_THE_LETTER}"));
    let all: Vec<&Domain> = before.iter().collect();
    until_all_is_right(oracle.address(), &all, "nothing");

    stage.proxy.close();
    stage.nsd.change(ZONE, &zone(&after));
    let nsd = (stage.nsd.address(), 53).into();
    let name = format!("mx.d0.{ZONE}.");
    wait_until("the new zone", || {
        let reply = question::exchange(nsd, &name, RecordType::A, Duration::from_secs(1));
        reply.is_some_and(|reply| question::addresses(&reply) == [Ipv4Addr::LOCALHOST])
    });
    // What was known before the trouble has ended by then.
    thread::sleep(Duration::from_secs(TTL));
    let (innocent, listed) = all.split_at(DOMAINS / 2);
    for _ in 0..3 {
        let tally = ask(oracle.address(), innocent);
        assert_eq!(tally.undecided.len(), innocent.len(), "innocence is over");
        let tally = ask(oracle.address(), listed);
        assert_eq!(tally.right, listed.len(), "a listing stays: {tally:?}");
    }

    stage.proxy.open();
    let mut left: Vec<&Domain> = after.iter().collect();
    let start = Instant::now();
    // A listing that stays is wrong until it is looked up again.
    while !left.is_empty() {
        let tally = ask(oracle.address(), &left);
        left = tally.undecided;
        for (domain, said) in tally.wrong {
            assert!(!domain.is_listed, "{}: {said}", domain.name);
            left.push(domain);
        }
        assert!(start.elapsed() < RECOVERY, "after its return: {left:?}");
        thread::sleep(Duration::from_millis(50));
    }
}
