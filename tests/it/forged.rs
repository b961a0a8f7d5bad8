//! Forgers: an answer is believed if it is the answer to our question in each point that RFC 5452, section 9.1, names,
//! in the case of its letters too (0x20), and then only for what was asked.
//!
//! Ports, ids and where an answer comes from are looked at in `wire`.

use hickory_proto::rr::RecordType::{A, MX};
use nix::sys::signal::Signal;

use crate::support::{Bench, bench, bench_with};

/// A good domain, the answer to whose address question has been forged before the true one comes.
fn attacked(forgery: &str) -> String {
    format!(
        "good.example.long.enough.for.no.chance      MX 10 mx.good.example.long.enough.for.no.chance
         mx.good.example.long.enough.for.no.chance   A !first-{forgery}=127.0.0.1 9.9.9.9
         hot.de.which.is.long.enough.for.no.chance   A 127.0.0.1"
    )
}

const ATTACKED: &str = "good.example.long.enough.for.no.chance";
const NEXT: &str = "hot.de.which.is.long.enough.for.no.chance";

/// Stops the daemon, and reads a counter that it logs then.
fn counted(bench: &mut Bench, counter: &str) -> u64 {
    bench.daemon.signal(Signal::SIGTERM);
    assert_eq!(bench.daemon.ended().code(), Some(0));
    let log = bench.daemon.wait_for_log("counted: ");
    let word = format!(" {counter}=");
    let (_, rest) = log.split_once(&word).expect("the counter");
    let (count, _) = rest.split_once(' ').expect("more counters");
    count.parse().expect("a number")
}

/// Whether every name that was asked for over UDP since `from` was written in mixed case.
fn mixes_case(bench: &Bench, from: usize) -> bool {
    let asked = bench.upstream.asked();
    let mut names = asked[from..].iter().map(|asked| &asked.written);
    names.all(|name| *name != name.to_lowercase() && *name != name.to_uppercase())
}

#[test]
fn an_answer_to_anything_but_the_question_is_not_believed() {
    for flaw in [
        "wrong-id",
        "wrong-question",
        "wrong-type",
        "wrong-class",
        "two-questions",
        "wrong-opcode",
    ] {
        let mut bench = bench(&attacked(flaw));
        bench.expect(&format!("{ATTACKED} -> not listed"));
        assert_eq!(bench.upstream.questions_over_tcp(), 0, "{flaw}");
        assert_eq!(counted(&mut bench, "forged"), 1, "{flaw}");
    }
}

#[test]
fn what_may_be_the_answer_or_forged_is_asked_for_over_tcp() {
    for flaw in ["wrong-case", "query"] {
        let mut bench = bench(&attacked(flaw));
        bench.expect(&format!("{ATTACKED} -> not listed"));
        let over_tcp: Vec<_> = bench.upstream.asked();
        let over_tcp: Vec<_> = over_tcp.iter().filter(|asked| asked.over_tcp).collect();
        assert_eq!(over_tcp.len(), 1, "{flaw}: {over_tcp:?}");
        assert_eq!(over_tcp[0].record_type, A);
        assert_eq!(counted(&mut bench, "forged"), 1, "{flaw}");
    }
}

#[test]
fn each_question_is_written_in_a_case_of_its_own() {
    let bench = bench(&attacked("wrong-id"));
    bench.expect(&format!("{ATTACKED} -> not listed\n{NEXT} -> listed"));
    assert!(mixes_case(&bench, 0));
    let asked = bench.upstream.asked();
    let mut written: Vec<_> = asked.iter().map(|asked| &asked.written).collect();
    written.sort_unstable();
    written.dedup();
    assert_eq!(written.len(), asked.len(), "{asked:?}");
}

#[test]
fn no_forged_answer_turns_the_mixing_of_case_off() {
    let bench = bench(&attacked("wrong-case"));
    bench.expect(&format!("{ATTACKED} -> not listed"));
    assert_eq!(bench.upstream.questions_over_tcp(), 1);
    let before = bench.upstream.questions_in_all();
    bench.expect(&format!("{NEXT} -> listed"));
    assert!(bench.upstream.questions_in_all() > before);
    assert!(mixes_case(&bench, before));
}

#[test]
fn an_upstream_that_changes_case_is_found_out_once() {
    let mut bench = bench(&format!(
        "* * !upper-case
         {}",
        attacked("wrong-id")
    ));
    bench.expect(&format!("{NEXT} -> listed"));
    let first = bench.upstream.asked();
    // Over UDP, then over TCP in the same case; from then on as everybody else writes it.
    assert_eq!((first[0].record_type, first[0].over_tcp), (MX, false));
    assert_eq!((first[1].record_type, first[1].over_tcp), (MX, true));
    assert_eq!(first[0].written, first[1].written);
    assert_ne!(first[0].written, first[0].written.to_lowercase());
    for later in &first[2..] {
        assert!(!later.over_tcp, "{later:?}");
        assert_eq!(later.written.to_lowercase(), later.written);
    }
    // Other points count as before.
    bench.expect(&format!("{ATTACKED} -> not listed"));
    assert_eq!(bench.upstream.questions_over_tcp(), 1);
    assert_eq!(counted(&mut bench, "forged"), 1);
}

#[test]
fn what_cannot_be_asked_over_tcp_is_not_believed_over_udp() {
    for flaw in ["wrong-case", "query"] {
        let world = attacked(flaw).replace(" A !first", " A !no-tcp !first");
        let bench = bench_with(
            "query_timeout = \"200ms\"\nanswer_deadline = \"5s\"",
            &world,
        );
        bench.expect(&format!("{ATTACKED} -> undecided\n{NEXT} -> listed"));
    }
    let config = "query_timeout = \"200ms\"\nanswer_deadline = \"5s\"";
    let bench = bench_with(
        config,
        &format!("* * !upper-case !no-tcp\n{NEXT} A 127.0.0.1"),
    );
    bench.expect(&format!("{NEXT} -> undecided"));
}

#[test]
fn another_question_s_answer_is_not_believed_over_tcp_either() {
    bench(
        "good.example       MX 10 mx.good.example
         mx.good.example    A !truncated !tcp-wrong-question 127.0.0.1",
    )
    .expect("good.example -> undecided");
}

#[test]
fn a_question_over_tcp_is_counted() {
    let mut bench = bench("hot.de MX !truncated 10 mx.hot.de\nmx.hot.de A 127.0.0.1");
    bench.expect("hot.de -> listed");
    assert_eq!(counted(&mut bench, "upstream_tcp"), 1);
}

#[test]
fn only_the_answer_section_speaks_and_only_for_the_name_that_was_asked_for() {
    bench(
        "beside.example        MX 10 mx.beside.example
         mx.beside.example     A !beside=other.example/127.0.0.1 9.9.9.9
         only.example          MX 10 mx.only.example
         mx.only.example       A !beside=other.example/127.0.0.1
         glue.example          MX !glue=mx.glue.example/127.0.0.1 10 mx.glue.example
         mx.glue.example       A 9.9.9.9
         own-glue.example      MX 10 mx.own-glue.example
         mx.own-glue.example   A !glue=mx.own-glue.example/127.0.0.1
         authority.example     MX 10 mx.authority.example
         mx.authority.example  A !authority=mx.authority.example/127.0.0.1
         chaos.example         MX 10 mx.chaos.example
         mx.chaos.example      A !chaos=127.0.0.1 9.9.9.9
         implicit.example      MX !beside=implicit.example/127.0.0.1
         implicit.example      A 9.9.9.9",
    )
    .expect(
        "beside.example     -> not listed
         only.example       -> undecided
         glue.example       -> not listed
         own-glue.example   -> not listed
         authority.example  -> not listed
         chaos.example      -> not listed
         implicit.example   -> not listed",
    );
}

#[test]
fn an_alias_is_followed_forward_only() {
    bench(
        "good.example          MX 10 mx.good.example
         mx.good.example       CNAME host.good.example
         mx.good.example       A !beside=mx.good.example.evil.example/127.0.0.1
         host.good.example     A 9.9.9.9
         backward.example      MX 10 mx.backward.example
         from.backward.example CNAME mx.backward.example
         from.backward.example A 127.0.0.1
         mx.backward.example   A !beside=from.backward.example/127.0.0.1 9.9.9.9",
    )
    .expect(
        "good.example      -> not listed
         backward.example  -> not listed",
    );
}

#[test]
fn a_forged_record_of_one_answer_does_not_spill_into_another() {
    let bench = bench(
        "first.example         A !beside=mx.second.example/127.0.0.1 9.9.9.9
         second.example        MX 10 mx.second.example
         mx.second.example     A 9.9.9.9",
    );
    bench.expect(
        "first.example      -> not listed
         second.example     -> not listed",
    );
    assert_eq!(bench.upstream.questions("mx.second.example", A), 1);
}
