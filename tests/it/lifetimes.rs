//! For how long a resolver may keep an answer: the smallest TTL of the records that decided it, within the
//! configured bounds, counted down while the daemon keeps it.

use hickory_proto::rr::RecordType::{A, AAAA, ANY, MX, TXT};

use crate::support::{Bench, bench, bench_with, cname_chain, setup, wait_until};

/// Checks lines of `DOMAIN -> TTL`; one second may have passed since the records came.
fn expect_ttl(bench: &Bench, table: &str) {
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (domain, ttl) = line.split_once("->").expect("DOMAIN -> TTL");
        let (domain, ttl): (_, u32) = (domain.trim(), ttl.trim().parse().unwrap());
        let got = bench.ask(domain, A).ttl();
        assert!(
            got == ttl || got + 1 == ttl,
            "{domain}: expected {ttl}, got {got}"
        );
    }
}

#[test]
fn a_listing_lives_as_long_as_the_shortest_record_that_decided_it() {
    let bench = bench(
        "mx-first.example          100 MX 10 a.mx-first.example
         a.mx-first.example        200 A  127.0.0.1

         address-first.example     900 MX 10 a.address-first.example
         a.address-first.example    90 A  127.0.0.1

         implicit.example          700 A  127.0.0.1
         implicit.example              MX !nodata=1000",
    );
    expect_ttl(
        &bench,
        "mx-first.example       -> 100
         address-first.example  -> 90
         implicit.example       -> 700",
    );
}

#[test]
fn records_of_hosts_that_did_not_decide_do_not_shorten_a_listing() {
    let bench = bench(
        "two.example        500 MX 10 bad.two.example
         two.example        500 MX 20 good.two.example
         bad.two.example    400 A  127.0.0.1
         good.two.example    70 A  9.9.9.9",
    );
    let ttl = bench.ask("two.example", A).ttl();
    // The evidence may be fetched again earlier, but what is told to the client stands on MX and hit alone.
    assert!((399..=400).contains(&ttl), "TTL {ttl}");
}

#[test]
fn a_chain_of_aliases_lives_as_long_as_its_shortest_link() {
    let chain = cname_chain("mx.alias.example", 2, "127.0.0.1").replace(
        "link1.mx.alias.example CNAME",
        "link1.mx.alias.example 80 CNAME",
    );
    let bench = bench(&format!(
        "alias.example 500 MX 10 mx.alias.example\n{chain}"
    ));
    expect_ttl(&bench, "alias.example -> 80");
}

#[test]
fn lifetimes_stay_within_a_minute_and_an_hour() {
    let bench = bench(
        "zero.example             0 A 127.0.0.1
         short.example            5 A 127.0.0.1
         long.example         86400 A 127.0.0.1
         longest.example 2147483647 A 127.0.0.1
         good-short.example       1 A 9.9.9.9
         good-long.example    86400 A 9.9.9.9
         good-long.example          AAAA !nodata=86400
         good-long.example          MX   !nodata=86400",
    );
    expect_ttl(
        &bench,
        "zero.example        -> 60
         short.example       -> 60
         good-short.example  -> 60
         good-long.example   -> 3600",
    );
    for domain in ["long.example", "longest.example"] {
        // Its MX is NODATA, kept for 300 s: whether that counts or the hour does, it is never more than an hour.
        let ttl = bench.ask(domain, A).ttl();
        assert!((60..=3600).contains(&ttl), "{domain}: TTL {ttl}");
    }
}

#[test]
fn a_ttl_with_its_highest_bit_set_is_no_age_of_the_world() {
    let bench = bench("negative.example 4294967295 A 127.0.0.1");
    let ttl = bench.ask("negative.example", A).ttl();
    assert!((59..=3600).contains(&ttl), "TTL {ttl}");
}

#[test]
fn the_bounds_of_lifetimes_are_configurable() {
    let config = "min_ttl = \"10s\"\nmax_ttl = \"20s\"";
    let world = "short.example   5 A 127.0.0.1
                 between.example 15 A 127.0.0.1
                 long.example   90 A 127.0.0.1
                 good.example   90 A 9.9.9.9";
    expect_ttl(
        &bench_with(config, world),
        "short.example    -> 10
         between.example  -> 15
         long.example     -> 20
         good.example     -> 20",
    );
}

#[test]
fn a_domain_that_does_not_exist_is_kept_as_its_soa_says() {
    let bench = bench(
        "gone.example       * !nxdomain=120
         smaller.example    * !nxdomain=900/150
         sooner.example     * !nxdomain=140/900
         empty.example      * !nodata=130",
    );
    expect_ttl(
        &bench,
        "gone.example     -> 120
         smaller.example  -> 150
         sooner.example   -> 140
         empty.example    -> 130",
    );
}

#[test]
fn negative_answers_without_soa_are_kept_only_briefly() {
    let bench = bench("gone.example * !nxdomain=3000 !no-soa");
    let ttl = bench.ask("gone.example", A).ttl();
    assert!((1..=300).contains(&ttl), "TTL {ttl}");
}

#[test]
fn every_type_of_one_name_has_the_same_lifetime() {
    let bench = bench("hot.de 200 MX 10 null.hot.de\n null.hot.de 150 A 127.0.0.1");
    for record_type in [A, TXT, ANY, AAAA] {
        let ttl = bench.ask("hot.de", record_type).ttl();
        assert!((148..=150).contains(&ttl), "{record_type}: TTL {ttl}");
    }
}

#[test]
fn lifetimes_count_down_while_cached() {
    let bench = bench(
        "hot.de        200 A 127.0.0.1
         good.example  200 A 9.9.9.9",
    );
    for domain in ["hot.de", "good.example"] {
        let first = bench.ask(domain, A).ttl();
        let mut later = first;
        wait_until("a lower TTL", || {
            later = bench.ask(domain, A).ttl();
            later != first
        });
        assert_eq!(later, first - 1, "{domain}");
        assert_eq!(bench.upstream.questions(domain, MX), 1, "from the cache");
    }
}

#[test]
fn undecided_kept_as_not_listed_counts_down_too() {
    let bench = setup("* * !servfail")
        .config(r#"undecided = "not-listed""#)
        .start();
    let first = bench.ask("dead.example", A).ttl();
    assert!((1..=5).contains(&first), "TTL {first}");
}
