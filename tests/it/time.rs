//! Time: the deadline of an answer, the work that goes on behind it, what is kept and for how long, what is
//! fetched again ahead of need, and what survives a dead upstream.

use std::time::{Duration, Instant};

use hickory_proto::rr::RecordType::{A, AAAA, MX, TXT};

use crate::support::client::UdpClient;
use crate::support::packet::name;
use crate::support::{THREE_ENDINGS, bench, bench_with, question, wait_until};

/// An evaluation may take long, and nothing is asked twice meanwhile; an answer may not take long.
const IN_BACKGROUND: &str = r#"
    answer_deadline = "200ms"
    query_timeout = "8s"
    evaluation_deadline = "9s"
"#;

// The answer deadline.

#[test]
fn at_the_deadline_the_answer_is_servfail_and_the_evaluation_goes_on() {
    let bench = bench_with(
        IN_BACKGROUND,
        "slow.example       MX !held 10 mx.slow.example
         mx.slow.example    A 127.0.0.1",
    );
    let before = Instant::now();
    let answer = bench.ask("slow.example", A);
    assert_eq!(answer.verdict(), "undecided");
    let took = before.elapsed();
    assert!(
        took >= Duration::from_millis(190),
        "answered after {took:?}"
    );
    assert!(took < Duration::from_secs(2), "answered after {took:?}");

    bench.upstream.release();
    bench.upstream.wait_for_questions("mx.slow.example", A, 1);
    bench
        .upstream
        .wait_for_questions("mx.slow.example", AAAA, 1);
    bench.becomes("slow.example", "listed 127.0.0.2");
    assert_eq!(bench.upstream.questions("slow.example", MX), 1);
    assert_eq!(bench.upstream.questions("mx.slow.example", A), 1);
    assert_eq!(bench.upstream.questions("mx.slow.example", AAAA), 1);
}

#[test]
fn at_the_deadline_what_is_known_is_judged() {
    let world = "two.example        MX 10 a.example
                 two.example        MX 20 b.example
                 a.example          A 127.0.0.1
                 b.example          * !held";
    bench_with(IN_BACKGROUND, world).expect("two.example -> listed");
    let all = format!("policy = \"all\"\n{IN_BACKGROUND}");
    bench_with(&all, world).expect("two.example -> undecided");
}

#[test]
fn an_answer_at_the_deadline_is_not_kept_as_a_failure() {
    let bench = bench_with(
        IN_BACKGROUND,
        "slow.example A 9.9.9.9\nslow.example MX !held",
    );
    bench.expect("slow.example -> undecided");
    bench.upstream.release();
    bench.becomes("slow.example", "not listed");
    assert_eq!(bench.upstream.questions("slow.example", MX), 1);
}

#[test]
fn an_evaluation_ends_at_its_own_deadline() {
    let config = r#"
        answer_deadline = "5s"
        query_timeout = "8s"
        evaluation_deadline = "300ms"
    "#;
    let bench = bench_with(config, "silent.example MX !silent");
    let before = Instant::now();
    bench.expect("silent.example -> undecided");
    let took = before.elapsed();
    assert!(
        took >= Duration::from_millis(290),
        "answered after {took:?}"
    );
    assert!(took < Duration::from_secs(3), "answered after {took:?}");
}

// Joining.

#[test]
fn fifty_questions_for_one_domain_make_one_set_of_upstream_questions() {
    let config = "answer_deadline = \"8s\"\nquery_timeout = \"9s\"";
    let bench = bench_with(
        config,
        "slow.example       MX !held 10 mx.slow.example
         mx.slow.example    A 127.0.0.1",
    );
    let query = question("slow.example", A);
    let clients: Vec<UdpClient> = (0..50).map(|_| UdpClient::new(bench.address())).collect();
    for client in &clients {
        client.send(&query.bytes());
    }
    bench.upstream.wait_for_questions("slow.example", MX, 1);
    bench.upstream.release();
    for client in &clients {
        assert_eq!(client.answer(&query).verdict(), "listed 127.0.0.2");
    }
    assert_eq!(bench.upstream.questions("slow.example", MX), 1);
    assert_eq!(bench.upstream.questions("mx.slow.example", A), 1);
    let asked = bench.upstream.questions_in_all();
    assert!(asked <= 3, "MX, A, AAAA, and not {asked} questions");
}

#[test]
fn every_type_and_case_of_a_name_joins_the_same_evaluation() {
    let config = "answer_deadline = \"8s\"\nquery_timeout = \"9s\"";
    let bench = bench_with(config, "slow.example A 127.0.0.1\nslow.example MX !held");
    let queries = [
        question("slow.example", A),
        question("SLOW.example", A),
        question("slow.example", TXT),
        question("slow.example", AAAA),
    ];
    let clients = queries.each_ref().map(|query| {
        let client = UdpClient::new(bench.address());
        client.send(&query.bytes());
        client
    });
    bench.upstream.wait_for_questions("slow.example", MX, 1);
    bench.upstream.release();
    for (client, query) in clients.iter().zip(&queries) {
        client.answer(query);
    }
    assert_eq!(bench.upstream.questions("slow.example", MX), 1);
}

#[test]
fn a_slow_domain_does_not_hold_back_another() {
    let bench = bench_with(
        "answer_deadline = \"8s\"",
        &format!("{THREE_ENDINGS}\nslow.example * !silent"),
    );
    let client = UdpClient::new(bench.address());
    client.send(&question("slow.example", A).bytes());
    let fast = question("hot.de", A);
    client.send(&fast.bytes());
    assert_eq!(client.answer(&fast).verdict(), "listed 127.0.0.2");
}

// The cache.

#[test]
fn every_verdict_is_answered_from_the_cache_the_second_time() {
    let bench = bench(THREE_ENDINGS);
    for domain in ["hot.de", "good.example", "dead.example"] {
        let first = bench.ask(domain, A).verdict();
        let asked = bench.upstream.questions(domain, MX);
        assert_eq!(bench.ask(domain, A).verdict(), first);
        assert_eq!(bench.ask(domain, TXT).verdict()[..6], first[..6]);
        assert_eq!(bench.upstream.questions(domain, MX), asked, "{domain}");
    }
}

/// What is kept, is kept for a second.
const SHORT: &str = r#"
    min_ttl = "1s"
    max_ttl = "1s"
    undecided_min_ttl = "1s"
    undecided_max_ttl = "1s"
    refresh_ahead_percent = 0
"#;

#[test]
fn what_has_expired_is_found_out_anew() {
    let bench = bench_with(SHORT, "hot.de 1 MX 10 mx.hot.de\n mx.hot.de 1 A 127.0.0.1");
    bench.expect("hot.de -> listed");
    bench
        .upstream
        .now_says("hot.de 1 MX 10 mx.hot.de\n mx.hot.de 1 A 9.9.9.9");
    bench.becomes("hot.de", "not listed");
    assert_eq!(bench.upstream.questions("hot.de", MX), 2);
}

#[test]
fn a_not_listed_domain_is_not_stale_when_the_upstream_dies() {
    let world = "good.example 1 MX 10 mx.good.example\n mx.good.example 1 A 9.9.9.9";
    let bench = bench_with(SHORT, world);
    bench.expect("good.example -> not listed");
    bench.upstream.now_says("* * !servfail");
    bench.becomes("good.example", "undecided");
}

#[test]
fn a_listed_domain_stays_listed_when_the_upstream_dies() {
    let config = format!("{SHORT}\nstale_ttl = \"7s\"");
    let world = "hot.de 1 MX 10 mx.hot.de\n mx.hot.de 1 A 127.0.0.1";
    let bench = bench_with(&config, world);
    bench.expect("hot.de -> listed");
    bench.upstream.now_says("* * !servfail");
    let fresh = bench.upstream.questions("hot.de", MX);
    // Once the entry has expired and its refresh has failed, the answer says that it is stale.
    wait_until("a stale answer", || {
        let answer = bench.ask("hot.de", A);
        assert_eq!(answer.verdict(), "listed 127.0.0.2");
        answer.ede().is_some()
    });
    let stale = bench.ask("hot.de", A);
    assert_eq!(stale.ede().unwrap().0, 3, "a stale answer (RFC 8914)");
    assert!((1..=7).contains(&stale.ttl()), "TTL {}", stale.ttl());
    assert!(
        bench.upstream.questions("hot.de", MX) > fresh,
        "it was tried"
    );

    // The upstream is back, and the domain has been mended.
    bench.upstream.now_says("hot.de 1 A 9.9.9.9");
    bench.becomes("hot.de", "not listed");
}

#[test]
fn a_listed_domain_stays_listed_when_the_upstream_falls_silent() {
    let config = format!("{SHORT}\nanswer_deadline = \"100ms\"\nquery_timeout = \"300ms\"");
    let bench = bench_with(&config, "hot.de 1 A 127.0.0.1\n hot.de MX !nodata=1");
    bench.expect("hot.de -> listed");
    bench.upstream.now_says("* * !silent");
    let started = Instant::now();
    wait_until("three seconds to pass", || {
        bench.expect("hot.de -> listed");
        started.elapsed() > Duration::from_secs(3)
    });
    assert!(bench.upstream.questions("hot.de", MX) > 2, "it was tried");
}

#[test]
fn a_listing_found_beside_a_failure_is_kept_when_the_upstream_dies() {
    let world = |first: &str, second: &str| {
        format!(
            "two.example 1 MX 10 a.example
             two.example 1 MX 20 b.example
             a.example   1 A {first}
             b.example   1 A {second}"
        )
    };
    let bench = bench_with(SHORT, &world("9.9.9.9", "9.9.9.9"));
    bench.expect("two.example -> not listed");
    bench.upstream.now_says(&world("127.0.0.1", "!servfail"));
    bench.becomes("two.example", "listed 127.0.0.2");
    bench.upstream.now_says("* * !servfail");
    let before = bench.upstream.questions("two.example", MX);
    wait_until("two failures", || {
        bench.expect("two.example -> listed");
        bench.upstream.questions("two.example", MX) >= before + 2
    });
}

#[test]
fn a_listed_domain_is_stale_for_no_longer_than_configured() {
    let config = format!("{SHORT}\nserve_stale = \"1s\"\nstale_ttl = \"1s\"");
    let bench = bench_with(&config, "hot.de 1 A 127.0.0.1\n hot.de MX !nodata=1");
    bench.expect("hot.de -> listed");
    bench.upstream.now_says("* * !servfail");
    bench.becomes("hot.de", "undecided");
}

#[test]
fn an_entry_near_its_end_is_answered_and_refreshed_behind_the_answer() {
    let config =
        "min_ttl = \"2s\"\nmax_ttl = \"2s\"\nrefresh_ahead_percent = 50\nquery_timeout = \"8s\"";
    let bench = bench_with(config, "hot.de 2 A 127.0.0.1\n hot.de MX !nodata=2");
    bench.expect("hot.de -> listed");
    bench
        .upstream
        .now_says("hot.de 2 A 127.0.0.1\n hot.de MX !held !nodata=2");
    wait_until("a refresh", || {
        // Never undecided, never kept waiting: the entry is still good.
        let before = Instant::now();
        bench.expect("hot.de -> listed");
        assert!(before.elapsed() < Duration::from_secs(1));
        bench.upstream.questions("hot.de", MX) == 2
    });
    bench.upstream.now_says("hot.de 2 A 9.9.9.9");
    bench.upstream.release();
    bench.becomes("hot.de", "not listed");
}

#[test]
fn one_entry_is_refreshed_once_however_often_it_is_asked() {
    let config =
        "min_ttl = \"2s\"\nmax_ttl = \"2s\"\nrefresh_ahead_percent = 50\nquery_timeout = \"8s\"";
    let bench = bench_with(config, "hot.de 2 A 127.0.0.1\n hot.de MX !nodata=2");
    bench.expect("hot.de -> listed");
    bench.upstream.now_says("hot.de MX !held");
    wait_until("a refresh", || {
        bench.ask("hot.de", A);
        bench.upstream.questions("hot.de", MX) == 2
    });
    for _ in 0..50 {
        bench.ask("hot.de", A);
    }
    assert_eq!(bench.upstream.questions("hot.de", MX), 2);
}

#[test]
fn a_failed_refresh_leaves_the_entry_its_time() {
    let config = "min_ttl = \"3s\"\nmax_ttl = \"3s\"\nrefresh_ahead_percent = 50";
    for address in ["9.9.9.9", "127.0.0.1"] {
        let world = format!("shop.example 3 A {address}\nshop.example MX !nodata=3");
        let bench = bench_with(config, &world);
        let started = Instant::now();
        let first = bench.ask("shop.example", A).verdict();
        bench.upstream.now_says("* * !servfail");
        wait_until("almost the end of its time", || {
            let answer = bench.ask("shop.example", A);
            assert_eq!(answer.verdict(), first, "after {:?}", started.elapsed());
            assert_eq!(answer.ede(), None, "it is not stale yet");
            started.elapsed() > Duration::from_millis(2800)
        });
        assert!(
            bench.upstream.questions("shop.example", MX) > 1,
            "no refresh"
        );
    }
}

// Undecided.

#[test]
fn undecided_is_kept_for_a_while_and_then_tried_again() {
    let bench = bench_with(
        SHORT,
        "back.example MX !servfail\n back.example 1 A 127.0.0.1",
    );
    bench.expect("back.example -> undecided");
    let asked = bench.upstream.questions("back.example", MX);
    bench.expect("back.example -> undecided");
    assert_eq!(bench.upstream.questions("back.example", MX), asked);
    bench
        .upstream
        .now_says("back.example MX !nodata=1\n back.example 1 A 127.0.0.1");
    bench.becomes("back.example", "listed 127.0.0.2");
}

#[test]
fn undecided_is_kept_longer_each_time_it_fails_again() {
    let config = r#"
        undecided_min_ttl = "1s"
        undecided_max_ttl = "1m"
    "#;
    let bench = bench_with(config, "dead.example MX !servfail");
    // While others do well, it is the domain's own trouble.
    let mut others = 0;
    wait_until("three attempts", || {
        for _ in 0..8 {
            others += 1;
            bench.ask(&format!("other{others}.example"), A);
        }
        bench.ask("dead.example", A);
        bench.upstream.questions("dead.example", MX) == 3
    });
    let dead = name("dead.example");
    let asked = bench.upstream.asked().into_iter();
    let asked = asked.filter(|asked| asked.name == dead);
    let starts: Vec<Instant> = asked.map(|asked| asked.at).collect();
    let (first, second) = (starts[1] - starts[0], starts[2] - starts[1]);
    assert!(
        second > first + Duration::from_millis(500),
        "{first:?}, then {second:?}"
    );
}

#[test]
fn a_verdict_ends_the_back_off() {
    let bench = bench_with(SHORT, "* * !servfail");
    bench.expect("back.example -> undecided");
    bench.upstream.now_says("back.example 1 A 9.9.9.9");
    bench.becomes("back.example", "not listed");
}
