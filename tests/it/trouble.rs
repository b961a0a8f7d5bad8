//! Upstreams that answer in pieces, in capitals, too late or not at all, or with garbage before: what is true is used.

use std::time::{Duration, Instant};

use hickory_proto::rr::RecordType::{A, MX};

use crate::support::upstream::Upstream;
use crate::support::{THREE_ENDINGS, bench, bench_with, setup};

#[test]
fn a_truncated_answer_is_asked_for_again_over_tcp() {
    let bench = bench(
        "hot.de             MX !truncated 10 null.hot.de
         null.hot.de        A  !truncated 127.0.0.1
         null.hot.de        AAAA !truncated",
    );
    bench.expect("hot.de -> listed");
    let over_tcp = bench.upstream.asked();
    assert!(over_tcp.iter().any(|asked| asked.over_tcp));
}

#[test]
fn answers_in_another_case_are_the_same_answers() {
    bench(
        "* *                !upper-case
         hot.de             MX 10 null.hot.de
         null.hot.de        CNAME sink.hot.de
         sink.hot.de        A 127.0.0.1",
    )
    .expect("hot.de -> listed");
}

#[test]
fn garbage_before_the_answer_is_overheard_or_undecided() {
    let bench = bench_with(
        "query_timeout = \"300ms\"",
        "good.example       MX 10 mx.good.example
         mx.good.example    A !first-garbage 9.9.9.9
         hot.de             MX !first-garbage 10 mx.hot.de
         mx.hot.de          A 127.0.0.1",
    );
    // Both are right: to wait for the true answer, and to give up on a server that talks nonsense.
    for (domain, right) in [
        ("good.example", "not listed"),
        ("hot.de", "listed 127.0.0.2"),
    ] {
        let said = bench.ask(domain, A).verdict();
        assert!(said == right || said == "undecided", "{domain}: {said}");
    }
}

#[test]
fn a_lame_upstream_is_undecided() {
    bench(
        "lame.example       * !lame
         host.example       MX 10 mx.host.example
         mx.host.example    * !lame",
    )
    .expect(
        "lame.example   -> undecided
         host.example   -> undecided",
    );
}

#[test]
fn a_silent_question_is_tried_again() {
    let config = "query_timeout = \"100ms\"\nquery_tries = 3\nanswer_deadline = \"3s\"";
    let bench = bench_with(config, "silent.example MX !silent");
    bench.expect("silent.example -> undecided");
    assert_eq!(bench.upstream.questions("silent.example", MX), 3);
}

#[test]
fn the_next_upstream_is_asked_when_one_stays_silent() {
    let second = Upstream::new(THREE_ENDINGS);
    let address = second.address().to_string();
    let bench = setup("* * !silent")
        .args(&["--upstream", &address])
        .config("query_timeout = \"100ms\"\nanswer_deadline = \"5s\"")
        .start();
    bench.expect(
        "hot.de         -> listed
         good.example   -> not listed",
    );
}

#[test]
fn the_next_upstream_is_asked_when_one_fails() {
    for failure in ["* * !servfail", "* * !refused", "* * !lame"] {
        let second = Upstream::new(THREE_ENDINGS);
        let address = second.address().to_string();
        let bench = setup(failure).args(&["--upstream", &address]).start();
        bench.expect(
            "hot.de         -> listed
             good.example   -> not listed",
        );
    }
}

#[test]
fn an_upstream_that_is_gone_is_replaced_by_the_next() {
    let gone = Upstream::new("").address().to_string();
    let bench = setup(THREE_ENDINGS).args(&["--upstream", &gone]).start();
    bench.expect(
        "hot.de         -> listed
         good.example   -> not listed",
    );
}

#[test]
fn a_slow_upstream_within_the_deadline_is_waited_for() {
    let bench = bench(
        "slow.example       MX !delay=150ms 10 mx.slow.example
         mx.slow.example    A  !delay=150ms 127.0.0.1",
    );
    let before = Instant::now();
    bench.expect("slow.example -> listed");
    assert!(before.elapsed() >= Duration::from_millis(300));
}
