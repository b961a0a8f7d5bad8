//! What becomes of a verdict when some look-ups fail: "could not find out" is never answered as "not listed",
//! and what is known for certain stands.

use hickory_proto::rr::RecordType::{A, AAAA};

use crate::support::{bench, bench_with};

/// An upstream that stays silent is given up on soon.
const IMPATIENT: &str = r#"
    query_timeout = "100ms"
    query_tries = 1
"#;

#[test]
fn a_failed_mx_look_up_is_undecided_and_never_falls_back_to_the_address() {
    let bench = bench_with(
        IMPATIENT,
        "servfail.example   MX !servfail
         servfail.example   A  9.9.9.9
         refused.example    MX !refused
         refused.example    A  9.9.9.9
         silent.example     MX !silent
         silent.example     A  127.0.0.1
         lame.example       MX !lame
         lame.example       A  9.9.9.9
         garbage.example    MX !garbage
         garbage.example    A  9.9.9.9",
    );
    bench.expect(
        "servfail.example   -> undecided
         refused.example    -> undecided
         silent.example     -> undecided
         lame.example       -> undecided
         garbage.example    -> undecided",
    );
    for asked in bench.upstream.asked() {
        assert!(![A, AAAA].contains(&asked.record_type), "asked {asked:?}");
    }
}

/// Under each policy: hosts with a hit, a good address, a failure, in every mixture.
const MIXTURES: &str = "
    hit-fail.example        MX 10 hit.example
    hit-fail.example        MX 20 fail.example
    fail-hit.example        MX 10 fail.example
    fail-hit.example        MX 20 hit.example
    good-fail.example       MX 10 good.example
    good-fail.example       MX 20 fail.example
    private-fail.example    MX 10 private.example
    private-fail.example    MX 20 fail.example
    hit-gone.example        MX 10 hit.example
    hit-gone.example        MX 20 gone.example
    good-gone.example       MX 10 good.example
    good-gone.example       MX 20 gone.example
    fail-gone.example       MX 10 fail.example
    fail-gone.example       MX 20 gone.example
    gone.example            * !nxdomain
    fail.example            * !servfail
    good.example            A 9.9.9.9
    hit.example             A 127.0.0.1
    private.example         A 10.0.0.1
";

#[test]
fn any_is_settled_by_a_hit_and_by_nothing_else() {
    bench_with(r#"policy = "any""#, MIXTURES).expect(
        "hit-fail.example      -> listed
         fail-hit.example      -> listed
         private-fail.example  -> listed
         good-fail.example     -> undecided
         hit-gone.example      -> listed
         good-gone.example     -> not listed
         fail-gone.example     -> undecided",
    );
}

#[test]
fn all_is_settled_by_a_good_address_and_by_nothing_else() {
    bench_with(r#"policy = "all""#, MIXTURES).expect(
        "hit-fail.example      -> undecided
         fail-hit.example      -> undecided
         private-fail.example  -> undecided
         good-fail.example     -> not listed
         hit-gone.example      -> listed
         good-gone.example     -> not listed
         fail-gone.example     -> undecided",
    );
}

#[test]
fn loop_is_settled_by_a_loopback_among_the_best_hosts() {
    bench_with(r#"policy = "loop""#, MIXTURES).expect(
        "hit-fail.example      -> listed
         fail-hit.example      -> undecided
         private-fail.example  -> undecided
         good-fail.example     -> not listed
         hit-gone.example      -> listed
         good-gone.example     -> not listed
         fail-gone.example     -> undecided",
    );
}

#[test]
fn one_failed_address_family_leaves_the_other_to_settle() {
    let world = "
        hit-six.example       MX 10 hit.hit-six.example
        hit.hit-six.example   A !servfail
        hit.hit-six.example   AAAA ::1
        hit-four.example      MX 10 hit.hit-four.example
        hit.hit-four.example  A 127.0.0.1
        hit.hit-four.example  AAAA !servfail
        good-four.example     MX 10 mx.good-four.example
        mx.good-four.example  A 9.9.9.9
        mx.good-four.example  AAAA !servfail
    ";
    bench(world).expect(
        "hit-six.example    -> listed
         hit-four.example   -> listed
         good-four.example  -> undecided",
    );
    bench_with(r#"policy = "all""#, world).expect(
        "hit-six.example    -> undecided
         hit-four.example   -> undecided
         good-four.example  -> not listed",
    );
}

#[test]
fn hosts_that_do_not_exist_are_skipped_and_do_not_fail() {
    let world = "
        mixed.example       MX 10 gone.mixed.example
        mixed.example       MX 20 empty.mixed.example
        mixed.example       MX 30 hit.mixed.example
        gone.mixed.example  * !nxdomain
        empty.mixed.example * !nodata
        hit.mixed.example   A 127.0.0.1
    ";
    for policy in ["any", "all", "loop"] {
        let config = format!("policy = \"{policy}\"");
        bench_with(&config, world).expect("mixed.example -> listed");
    }
}

#[test]
fn an_upstream_that_is_gone_is_a_network_error() {
    let bench = bench_with(IMPATIENT, "hot.de A 127.0.0.1");
    let address = bench.address();
    let crate::support::Bench { upstream, daemon } = bench;
    drop(upstream);
    let query = crate::support::question("hot.de", A);
    let answer = crate::support::client::over_udp(address, &query);
    assert_eq!(answer.verdict(), "undecided");
    let (code, text) = answer.ede().unwrap();
    assert!([22, 23].contains(&code), "{code} {text}");
    drop(daemon);
}

#[test]
fn an_upstream_that_is_silent_is_no_reachable_authority() {
    let bench = bench_with(IMPATIENT, "silent.example * !silent");
    let answer = bench.ask("silent.example", A);
    assert_eq!(answer.verdict(), "undecided");
    let (code, text) = answer.ede().unwrap();
    assert!([22, 23].contains(&code), "{code} {text}");
}
