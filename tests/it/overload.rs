//! The limits: who is turned away at once, with SERVFAIL and never with silence, and who is answered all the same.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType::{A, MX};

use crate::support::client::{TcpClient, UdpClient, over_udp};
use crate::support::packet::{Query, name};
use crate::support::upstream::Asked;
use crate::support::{Bench, THREE_ENDINGS, bench, bench_with, question, wait_until};

/// One evaluation at a time, and one that may wait for it.
const NARROW: &str = r#"
    evaluations = 1
    waiting = 1
    answer_deadline = "8s"
    query_timeout = "9s"
"#;

/// Domains of which one is evaluated, one waits, and three are too many.
const FIVE: [&str; 5] = [
    "a.example",
    "b.example",
    "c.example",
    "d.example",
    "e.example",
];

/// A bench that knows `hot.de` already, and is busy with the five domains until the upstream is released.
/// Gives the client too, to whom two answers are still owed.
fn overloaded() -> (Bench, UdpClient) {
    let held: String = FIVE
        .iter()
        .map(|domain| format!("{domain} MX !held\n{domain} A 127.0.0.1\n"))
        .collect();
    let bench = bench_with(NARROW, &(THREE_ENDINGS.to_owned() + &held));
    bench.expect("hot.de -> listed");
    let client = UdpClient::new(bench.address());
    let queries = FIVE.map(|domain| question(domain, A));
    client.send(&queries[0].bytes());
    bench.upstream.wait_for_questions(FIVE[0], MX, 1);
    for query in &queries[1..] {
        client.send(&query.bytes());
    }
    let before = Instant::now();
    for _ in 0..3 {
        let raw = client.receive();
        let query = queries
            .iter()
            .find(|query| query.id.to_be_bytes() == raw[..2]);
        let answer = crate::support::answer::Answer::to(query.unwrap(), raw);
        assert_eq!(answer.verdict(), "undecided");
    }
    assert!(before.elapsed() < Duration::from_secs(2), "not at once");
    (bench, client)
}

#[test]
fn overload_is_servfail_at_once() {
    let (bench, client) = overloaded();
    let asked = FIVE.map(|domain| bench.upstream.questions(domain, MX));
    assert_eq!(asked.iter().sum::<usize>(), 1, "one evaluation at a time");
    bench.upstream.release();
    for _ in 0..2 {
        let raw = client.receive();
        assert_eq!(raw[3] & 0x0f, 0, "those who may wait are answered");
    }
}

#[test]
fn overload_is_servfail_at_once_over_tcp_too() {
    let (bench, _client) = overloaded();
    let before = Instant::now();
    for domain in ["f.example", "g.example"] {
        let answer = bench.ask_over_tcp(domain, A);
        assert_eq!(answer.verdict(), "undecided");
        let (_, why) = answer.ede().unwrap();
        assert_eq!(why, bench.ask(domain, A).ede().unwrap().1);
        assert_eq!(bench.upstream.questions(domain, MX), 0);
    }
    assert!(before.elapsed() < Duration::from_secs(2), "not at once");
    assert_eq!(
        bench.ask_over_tcp("hot.de", A).verdict(),
        "listed 127.0.0.2"
    );
}

#[test]
fn overload_is_not_remembered_against_a_domain() {
    let (bench, client) = overloaded();
    bench.upstream.release();
    client.receive();
    client.receive();
    for domain in FIVE {
        assert_eq!(
            bench.ask(domain, A).verdict(),
            "listed 127.0.0.2",
            "{domain}"
        );
    }
}

#[test]
fn what_needs_no_evaluation_is_answered_under_overload() {
    let (bench, _client) = overloaded();
    bench.expect(
        "hot.de         -> listed
         test           -> listed
         de             -> not listed
         1.0.0.127      -> not listed
         bogusmx.local. -> not listed
         hot.de.        -> refused",
    );
}

#[test]
fn those_who_wait_are_in_nobody_else_s_way() {
    let config = "pending_answers = 1\nanswer_deadline = \"8s\"\nquery_timeout = \"9s\"";
    let bench = bench_with(
        config,
        &(THREE_ENDINGS.to_owned() + "held.example MX !held"),
    );
    bench.expect("hot.de -> listed");
    let client = UdpClient::new(bench.address());
    client.send(&question("held.example", A).bytes());
    bench.upstream.wait_for_questions("held.example", MX, 1);
    // It was listed as soon as one address was known, and is remembered when all are.
    wait_until("hot.de without a place", || {
        bench.ask("hot.de", A).verdict() == "listed 127.0.0.2"
    });
    bench.expect("hot.de -> listed\ntest -> listed\nhot.de. -> refused");
    // What is not as plain as most queries.
    let asked = || question("hot.de", A);
    let subnet = [0, 1, 24, 0, 192, 0, 2];
    let check = |query: &Query, said: ResponseCode| {
        let rcode = over_udp(bench.address(), query).rcode();
        // By number: 16 has two names.
        assert_eq!(u16::from(rcode), u16::from(said), "{query:?}");
    };
    check(&asked().with_option(8, &subnet), ResponseCode::NoError);
    check(&asked().with_class(3), ResponseCode::Refused);
    check(&asked().with_edns_version(1), ResponseCode::BADVERS);
    // A new domain's client is told, in an answer to its question, why there is none.
    let turned_away = bench.ask("new.example", A);
    assert_eq!(turned_away.verdict(), "undecided");
    let (code, text) = turned_away.ede().unwrap();
    assert_eq!((code, &*text), (0, "too many queries wait for a verdict"));
    // The same over TCP, where what comes behind it on the connection is answered as well.
    let mut tcp = TcpClient::new(bench.address());
    for (domain, verdict) in [("new.example", "undecided"), ("test", "listed 127.0.0.2")] {
        let query = question(domain, A);
        tcp.send(&query.bytes());
        assert_eq!(tcp.answer(&query).verdict(), verdict);
    }
    bench.upstream.release();
    client.receive();
}

#[test]
fn joining_an_evaluation_needs_no_place_of_its_own() {
    let bench = bench_with(NARROW, "one.example A 127.0.0.1\none.example MX !held");
    let query = question("one.example", A);
    let clients: Vec<UdpClient> = (0..10).map(|_| UdpClient::new(bench.address())).collect();
    for client in &clients {
        client.send(&query.bytes());
    }
    bench.upstream.wait_for_questions("one.example", MX, 1);
    bench.upstream.release();
    for client in &clients {
        assert_eq!(client.answer(&query).verdict(), "listed 127.0.0.2");
    }
}

#[test]
fn a_client_that_asks_for_too_many_new_domains_gets_servfail_at_once() {
    let config = "client_evaluations_per_second = 1\nclient_evaluations_burst = 2";
    let world = "a.example A 127.0.0.1
                 b.example A 127.0.0.1
                 c.example A 127.0.0.1
                 d.example A 127.0.0.1";
    let bench = bench_with(config, world);
    let domains = ["a.example", "b.example", "c.example", "d.example"];
    let said = domains.map(|domain| bench.ask(domain, A).verdict());
    assert_eq!(said[..2], ["listed 127.0.0.2", "listed 127.0.0.2"]);
    assert_eq!(said[3], "undecided", "{said:?}");
    let mut more = ["e.example", "f.example", "g.example"].into_iter();
    let is_undecided = |domain| bench.ask_over_tcp(domain, A).verdict() == "undecided";
    assert!(more.any(is_undecided), "over TCP too");
    // What is cached costs the client nothing.
    for _ in 0..20 {
        bench.expect("a.example -> listed");
    }
    // Second by second the client may ask again.
    wait_until("another evaluation", || {
        bench.ask("d.example", A).verdict() == "listed 127.0.0.2"
    });
}

/// Four hundred MX hosts, all of them below one name.
fn four_hundred_hosts(domain: &str, victim: &str) -> String {
    let mut world = String::new();
    for at in 1..=400 {
        writeln!(world, "{domain} MX {at} h{at}.{victim}").unwrap();
    }
    world
}

/// The questions that reached anybody about names below this one, but for its own MX.
fn questions_below(bench: &Bench, victim: &str) -> usize {
    let victim = name(victim);
    let below = |asked: &&Asked| victim.zone_of(&asked.name) && asked.name != victim;
    bench.upstream.asked().iter().filter(below).count()
}

#[test]
fn a_domain_with_many_hosts_costs_a_stranger_few_queries() {
    let bench = bench(&four_hundred_hosts("attacker.example", "victim.test"));
    // Addresses that do not exist settle the verdict only when all of them are known.
    bench.expect("attacker.example -> not listed");
    assert_eq!(questions_below(&bench, "victim.test"), 2 * 5);
}

#[test]
fn a_domain_with_many_hosts_of_its_own_costs_no_more_than_the_limit() {
    let bench = bench(&four_hundred_hosts("own.example", "own.example"));
    bench.expect("own.example -> not listed");
    assert_eq!(questions_below(&bench, "own.example"), 2 * 16);
}
