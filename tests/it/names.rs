//! From a query name to a mail domain: what is answered out of the zone file, what is never asked upstream,
//! and what becomes the mail domain whose MX decides.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType::{A, AAAA, ANY, MX, NS, SOA, TXT};

use crate::support::{THREE_ENDINGS, bench, bench_with, setup};

/// A world in which every question would be answered with a listing: what is not asked cannot be listed.
const ALL_BOGUS: &str = "* * !beside=bogus.example/127.0.0.1";

#[test]
fn the_origin_itself_has_soa_and_ns_from_the_zone_file() {
    let bench = bench(ALL_BOGUS);
    let soa = bench.ask("bogusmx.local.", SOA);
    assert_eq!(soa.records(SOA).count(), 1);
    let ns = bench.ask("bogusmx.local.", NS);
    assert!(ns.records(NS).count() >= 1);
    for record_type in [A, AAAA, TXT, MX] {
        let answer = bench.ask("bogusmx.local.", record_type);
        assert_eq!(answer.verdict(), "not listed", "{record_type}");
    }
    assert_eq!(bench.upstream.questions_in_all(), 0);
}

#[test]
fn any_at_the_origin_answers_what_the_zone_file_has() {
    let bench = bench(ALL_BOGUS);
    let answer = bench.ask("bogusmx.local.", ANY);
    assert_eq!(answer.records(SOA).count(), 1);
    assert!(answer.records(NS).count() >= 1);
}

#[test]
fn the_test_points_of_rfc_5782_are_in_the_zone_file() {
    let bench = bench(ALL_BOGUS);
    for point in ["test", "2.0.0.127", "TEST"] {
        assert_eq!(bench.ask(point, A).verdict(), "listed 127.0.0.2", "{point}");
        assert!(bench.ask(point, TXT).txt().is_some(), "{point} has a text");
        assert_eq!(bench.ask(point, AAAA).verdict(), "not listed", "{point}");
    }
    bench.expect(
        "1.0.0.127   -> not listed
         invalid     -> not listed",
    );
    assert_eq!(bench.upstream.questions_in_all(), 0);
}

#[test]
fn a_single_label_is_no_mail_domain() {
    let bench = bench(ALL_BOGUS);
    bench.expect(
        "invalid                 -> not listed
         de                      -> not listed
         com                     -> not listed
         localhost               -> not listed
         k3x9q-random-probe      -> not listed
         1                       -> not listed
         _                       -> not listed",
    );
    assert_eq!(bench.upstream.questions_in_all(), 0);
}

#[test]
fn numeric_labels_are_a_reversed_address_and_no_mail_domain() {
    let bench = bench(ALL_BOGUS);
    bench.expect(
        "1.0.0.127               -> not listed
         4.3.2.1                 -> not listed
         1.2                     -> not listed
         1.0.0.0.0.0.0.0         -> not listed
         255.255.255.255         -> not listed
         99999.99999             -> not listed",
    );
    assert_eq!(bench.upstream.questions_in_all(), 0);
}

#[test]
fn names_at_or_below_an_own_origin_are_never_asked() {
    let world = "* * !beside=bogus.example/127.0.0.1";
    let config = r#"
        [[origin]]
        name = "bogusmx.local"
        [[origin]]
        name = "list.example.org"
    "#;
    let bench = bench_with(config, world);
    bench.expect(
        "bogusmx.local                    -> not listed
         x.bogusmx.local                  -> not listed
         hot.de.BogusMX.local             -> not listed
         list.example.org                 -> not listed
         hot.de.list.example.org          -> not listed
         bogusmx.local.list.example.org.  -> not listed
         a.bogusmx.local.bogusmx.local    -> not listed",
    );
    assert_eq!(bench.upstream.questions_in_all(), 0);
}

#[test]
fn names_that_are_no_host_names_are_not_asked() {
    let bench = bench(ALL_BOGUS);
    bench.expect(
        r"-hot.de              -> not listed
          hot-.de              -> not listed
          hot.-de              -> not listed
          *.hot.de             -> not listed
          hot!.de              -> not listed
          user@hot.de          -> not listed
          ho\032t.de           -> not listed
          hot\000.de           -> not listed
          h\246t.de            -> not listed
          h\195\182t.de        -> not listed
          mail\.hot.de         -> not listed
          hot\010.de           -> not listed
          \034hot\034.de       -> not listed",
    );
    assert_eq!(bench.upstream.questions_in_all(), 0);
}

#[test]
fn a_dot_inside_a_label_is_no_boundary_of_labels() {
    bench(ALL_BOGUS).expect(
        r"2\.0.0.127           -> not listed
          2.0.0\.127           -> not listed
          hot\.de              -> not listed",
    );
}

#[test]
fn letters_digits_hyphens_and_underscores_are_asked() {
    let bench = bench(
        "xn--ht-fka.de      A 127.0.0.1
         a--b.de            A 127.0.0.1
         _dmarc.hot.de      A 127.0.0.1
         under_score.de     A 127.0.0.1
         123.de             A 127.0.0.1
         3com.4x4           A 127.0.0.1",
    );
    bench.expect(
        "xn--ht-fka.de      -> listed
         a--b.de            -> listed
         _dmarc.hot.de      -> listed
         under_score.de     -> listed
         123.de             -> listed
         3com.4x4           -> listed",
    );
}

#[test]
fn case_is_folded_for_the_cache_and_echoed_in_the_reply() {
    let bench = bench(THREE_ENDINGS);
    // That the question comes back octet by octet is checked with every answer.
    for name in [
        "hot.de.bogusmx.local.",
        "HOT.DE.BOGUSMX.LOCAL.",
        "hOt.dE.bOgUsMx.LoCaL.",
    ] {
        let answer = bench.ask(name, A);
        assert_eq!(answer.verdict(), "listed 127.0.0.2");
        let owner = answer.message.answers[0].name.to_ascii();
        assert_eq!(owner, name, "the owner is the name as it was asked");
    }
    assert_eq!(bench.upstream.questions("hot.de", MX), 1);
}

#[test]
fn the_exact_name_decides_without_parent_walk_or_wildcard() {
    let bench = bench("hot.de MX 10 null.hot.de\n null.hot.de A 127.0.0.1\n sub.hot.de A 9.9.9.9");
    bench.expect(
        "hot.de              -> listed
         null.hot.de         -> listed
         sub.hot.de          -> not listed
         other.hot.de        -> not listed
         nothot.de           -> not listed
         hot.de.example      -> not listed",
    );
}

#[test]
fn outside_every_origin_is_refused() {
    let bench = bench(ALL_BOGUS);
    bench.expect(
        "hot.de.                    -> refused
         local.                     -> refused
         xbogusmx.local.            -> refused
         hot.de.bogusmx.local.org.  -> refused
         bogusmx.                   -> refused
         .                          -> refused",
    );
    assert_eq!(bench.upstream.questions_in_all(), 0);
}

#[test]
fn the_longest_matching_origin_decides() {
    let config = r#"
        [[origin]]
        name = "bogusmx.local"
        [[origin]]
        name = "strict.bogusmx.local"
        policy = "all"
    "#;
    let world = "half.example       MX 10 bad.half.example
                 half.example       MX 20 good.half.example
                 bad.half.example   A  127.0.0.1
                 good.half.example  A  9.9.9.9";
    let bench = bench_with(config, world);
    bench.expect(
        "half.example.bogusmx.local.          -> listed
         half.example.strict.bogusmx.local.   -> not listed",
    );
    let soa = bench.ask("strict.bogusmx.local.", SOA);
    assert_eq!(soa.records(SOA).count(), 1, "it is an origin of its own");
}

#[test]
fn every_origin_has_its_own_policy_and_table() {
    let setup = setup(
        "half.example       MX 10 bad.half.example
         half.example       MX 20 good.half.example
         bad.half.example   A  127.0.0.1
         good.half.example  A  9.9.9.9",
    )
    .file(
        "nine.cidr",
        "9.0.0.0/8 REJECT Nine\n127.0.0.0/8 LIST 127.0.0.9 Home\n",
    )
    .config(
        r#"
        [[origin]]
        name = "any.test"
        [[origin]]
        name = "all.test"
        policy = "all"
        [[origin]]
        name = "nine.test"
        policy = "all"
        table = "{dir}/nine.cidr"
        "#,
    );
    let bench = setup.start();
    bench.expect(
        "half.example.any.test.        -> listed
         half.example.all.test.        -> not listed
         half.example.nine.test.       -> listed 127.0.0.9
         half.example.bogusmx.local.   -> refused",
    );
    let asked = bench.upstream.questions("half.example", MX);
    assert_eq!(
        asked, 1,
        "what the DNS said is fetched once, only judged apart"
    );
}

#[test]
fn the_origin_can_be_given_on_the_command_line() {
    let bench = setup(THREE_ENDINGS)
        .args(&["--origin", "Mail.Example"])
        .start();
    bench.expect(
        "hot.de.mail.example.    -> listed
         hot.de.bogusmx.local.   -> refused",
    );
}

#[test]
fn names_of_the_zone_file_are_answered_from_it() {
    let bench = setup(THREE_ENDINGS)
        .file(
            "my.zone",
            "$TTL 900\n\
             @             SOA  ns.example.org. hostmaster.example.org. 1 3600 600 86400 60\n\
             @             NS   ns.example.org.\n\
             test          A    127.0.0.2\n\
             test          TXT  \"a test point\"\n\
             fixed.example A    127.0.0.7\n",
        )
        .config(r#"zone = "{dir}/my.zone""#)
        .start();
    bench.expect(
        "test           -> listed
         test           -> listed: a test point
         fixed.example  -> listed 127.0.0.7",
    );
    assert_eq!(bench.upstream.questions_in_all(), 0);
    bench.expect("hot.de -> listed");
    let soa = bench.ask("good.example", A);
    let owner = soa.message.authorities[0].name.to_ascii();
    assert_eq!(owner.to_lowercase(), "bogusmx.local.");
}

#[test]
fn a_negative_answer_of_the_zone_file_says_so() {
    let bench = bench(ALL_BOGUS);
    let answer = bench.ask("test", MX);
    assert_eq!(answer.rcode(), ResponseCode::NoError);
    assert_eq!(answer.verdict(), "not listed");
    let (ttl, minimum) = answer.soa();
    assert_eq!(ttl, minimum);
}
