//! The three policies, and the answer that goes out as soon as what is known settles the policy.

use hickory_proto::rr::RecordType::{A, AAAA, MX};

use crate::support::{Bench, bench, bench_with, setup};

/// One domain for each constellation of best and backup hosts.
const WORLD: &str = "
    good.example        MX 10 good.host.example
    loopback.example    MX 10 loopback.host.example
    private.example     MX 10 private.host.example

    backup.example      MX 10 good.host.example
    backup.example      MX 20 private.host.example
    lost.example        MX 10 good.host.example
    lost.example        MX 20 loopback.host.example
    front.example       MX 10 loopback.host.example
    front.example       MX 20 good.host.example
    inside.example      MX 10 private.host.example
    inside.example      MX 20 good.host.example
    tie.example         MX 10 good.host.example
    tie.example         MX 10 loopback.host.example
    both.example        MX 10 loopback.host.example
    both.example        MX 20 private.host.example
    zero.example        MX 10 zero.host.example
    zero.example        MX 20 good.host.example
    six.example         MX 10 six.host.example
    six.example         MX 20 good.host.example
    nowhere.example     MX 10 nowhere.host.example
    nowhere.example     MX 20 good.host.example
    wrapped.example     MX 10 wrapped.host.example
    wrapped.example     MX 20 good.host.example
    mixed.example       MX 10 mixed.host.example

    good.host.example       A 9.9.9.9
    loopback.host.example   A 127.0.0.1
    private.host.example    A 10.0.0.1
    zero.host.example       A 0.0.0.0
    six.host.example        AAAA ::1
    nowhere.host.example    AAAA ::
    wrapped.host.example    AAAA ::ffff:127.0.0.1
    mixed.host.example      A 9.9.9.9
    mixed.host.example      AAAA ::1
";

#[test]
fn any_lists_for_any_bad_address_of_any_host() {
    bench(WORLD).expect(
        "good.example       -> not listed
         loopback.example   -> listed
         private.example    -> listed
         backup.example     -> listed
         lost.example       -> listed
         front.example      -> listed
         inside.example     -> listed
         tie.example        -> listed
         both.example       -> listed
         mixed.example      -> listed",
    );
}

#[test]
fn all_lists_only_when_every_address_of_every_host_is_bad() {
    bench_with(r#"policy = "all""#, WORLD).expect(
        "good.example       -> not listed
         loopback.example   -> listed
         private.example    -> listed
         backup.example     -> not listed
         lost.example       -> not listed
         front.example      -> not listed
         inside.example     -> not listed
         tie.example        -> not listed
         both.example       -> listed
         mixed.example      -> not listed",
    );
}

#[test]
fn loop_lists_when_the_best_hosts_lead_back_to_the_sender() {
    bench_with(r#"policy = "loop""#, WORLD).expect(
        "good.example       -> not listed
         loopback.example   -> listed
         private.example    -> listed
         backup.example     -> not listed
         lost.example       -> not listed
         front.example      -> listed
         inside.example     -> not listed
         tie.example        -> listed
         both.example       -> listed
         zero.example       -> listed
         six.example        -> listed
         nowhere.example    -> listed
         wrapped.example    -> listed
         mixed.example      -> listed",
    );
}

#[test]
fn the_policy_can_be_given_on_the_command_line() {
    setup(WORLD)
        .config(r#"policy = "any""#)
        .args(&["--policy", "all"])
        .start()
        .expect(
            "front.example      -> not listed
             both.example       -> listed",
        );
}

#[test]
fn the_hit_of_best_preference_names_the_reason() {
    bench(
        "two.example        MX 20 loopback.host.example
         two.example        MX 10 private.host.example
         loopback.host.example   A 127.0.0.1
         private.host.example    A 10.0.0.1",
    )
    .expect("two.example -> listed: Domain MX in RFC 1918 private network");
}

/// The upstream keeps what is held for longer than the answer may take; nothing is asked twice meanwhile.
const PATIENT: &str = r#"
    answer_deadline = "8s"
    query_timeout = "9s"
    evaluation_deadline = "20s"
"#;

/// A daemon whose second mail host of `two.example` is not answered for until released.
fn second_host_held(policy: &str, first: &str, second: &str) -> Bench {
    bench_with(
        &format!("policy = \"{policy}\"\n{PATIENT}"),
        &format!(
            "two.example        MX 10 a.example
             two.example        MX 20 b.example
             a.example          {first}
             b.example          * !held
             b.example          {second}"
        ),
    )
}

#[test]
fn a_hit_settles_any_before_the_other_hosts_are_known() {
    let bench = second_host_held("any", "A 127.0.0.1", "A 9.9.9.9");
    bench.expect("two.example -> listed");
}

#[test]
fn a_good_address_settles_all_before_the_other_hosts_are_known() {
    let bench = second_host_held("all", "A 9.9.9.9", "A 127.0.0.1");
    bench.expect("two.example -> not listed");
}

#[test]
fn a_loopback_settles_loop_before_the_other_hosts_are_known() {
    let bench = second_host_held("loop", "A 127.0.0.1", "A 9.9.9.9");
    bench.expect("two.example -> listed");
}

#[test]
fn the_other_address_family_is_not_waited_for_either() {
    let bench = bench_with(
        PATIENT,
        "hot.de         MX 10 mx.hot.de
         mx.hot.de      A 127.0.0.1
         mx.hot.de      AAAA !held",
    );
    bench.expect("hot.de -> listed");
}

#[test]
fn the_collection_runs_to_its_end_behind_the_answer_and_is_cached_whole() {
    let config = format!(
        r#"{PATIENT}
        [[origin]]
        name = "any.test"
        [[origin]]
        name = "all.test"
        policy = "all"
        "#
    );
    let bench = bench_with(
        &config,
        "two.example        MX 10 a.example
         two.example        MX 20 b.example
         a.example          A 127.0.0.1
         b.example          * !held
         b.example          A 9.9.9.9",
    );
    bench.expect("two.example.any.test. -> listed");
    bench.upstream.wait_for_questions("b.example", A, 1);
    bench.upstream.wait_for_questions("b.example", AAAA, 1);
    bench.upstream.release();
    // The other origin's question is judged by the same evidence: whole, and without a second collection.
    bench.expect("two.example.all.test. -> not listed");
    assert_eq!(bench.upstream.questions("two.example", MX), 1);
    assert_eq!(bench.upstream.questions("a.example", A), 1);
    assert_eq!(bench.upstream.questions("b.example", A), 1);
}

#[test]
fn what_cannot_be_settled_waits_for_the_rest() {
    let bench = second_host_held("all", "A 127.0.0.1", "A 9.9.9.9");
    let client = crate::support::client::UdpClient::new(bench.address());
    let query = crate::support::question("two.example", A);
    client.send(&query.bytes());
    bench.upstream.wait_for_questions("b.example", A, 1);
    bench.upstream.release();
    assert_eq!(client.answer(&query).verdict(), "not listed");
}
