//! What a verdict looks like in DNS: exactly one A, one text, NODATA with an SOA, SERVFAIL with a reason.
//! What holds of every answer (AA, RA, RD, the echoed question, SOA TTL equal to MINIMUM) is checked with each one.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType::{
    self, A, AAAA, ANY, CAA, CNAME, DNSKEY, DS, HTTPS, MX, NS, PTR, SOA, SRV, TXT,
};

use crate::support::client::{over_tcp, over_udp};
use crate::support::packet::RD;
use crate::support::{THREE_ENDINGS, bench, bench_with, question, setup};

/// All that a list never has.
const OTHER_TYPES: [RecordType; 14] = [
    AAAA,
    MX,
    NS,
    SOA,
    CNAME,
    PTR,
    SRV,
    CAA,
    DS,
    DNSKEY,
    HTTPS,
    RecordType::NULL,
    RecordType::HINFO,
    RecordType::Unknown(65_280),
];

#[test]
fn listed_is_exactly_one_a_and_one_text() {
    let bench = bench(THREE_ENDINGS);
    let a = bench.ask("hot.de", A);
    assert_eq!(a.message.answers.len(), 1);
    assert_eq!(a.verdict(), "listed 127.0.0.2");
    let txt = bench.ask("hot.de", TXT);
    assert_eq!(txt.message.answers.len(), 1);
    assert_eq!(txt.verdict(), "listed: Domain MX in loopback network");
}

#[test]
fn listed_is_one_a_however_many_hosts_are_bogus() {
    let bench = bench(
        "many.example        MX 10 a.many.example
         many.example        MX 10 b.many.example
         a.many.example      A  127.0.0.1
         a.many.example      A  10.0.0.1
         b.many.example      A  192.168.0.1
         b.many.example      AAAA ::1",
    );
    let answer = bench.ask("many.example", A);
    assert_eq!(answer.records(A).count(), 1);
    assert_eq!(bench.ask("many.example", TXT).records(TXT).count(), 1);
}

#[test]
fn other_types_of_a_listed_name_have_no_data() {
    let bench = bench(THREE_ENDINGS);
    for record_type in OTHER_TYPES {
        let answer = bench.ask("hot.de", record_type);
        assert_eq!(answer.verdict(), "not listed", "{record_type}");
        assert_eq!(answer.rcode(), ResponseCode::NoError, "{record_type}");
    }
}

#[test]
fn any_of_a_listed_name_is_its_a_and_its_text() {
    let bench = bench(THREE_ENDINGS);
    let answer = bench.ask_over_tcp("hot.de", ANY);
    assert_eq!(answer.message.answers.len(), 2);
    assert_eq!(answer.a().unwrap().to_string(), "127.0.0.2");
    assert_eq!(answer.txt().unwrap(), "Domain MX in loopback network");
}

#[test]
fn not_listed_is_nodata_for_every_type() {
    let bench = bench(THREE_ENDINGS);
    for record_type in OTHER_TYPES.into_iter().chain([A, TXT, ANY]) {
        let answer = bench.ask("good.example", record_type);
        assert_eq!(answer.verdict(), "not listed", "{record_type}");
        assert_eq!(answer.rcode(), ResponseCode::NoError, "{record_type}");
    }
}

#[test]
fn undecided_is_servfail_with_a_reason_for_every_type() {
    let bench = bench(THREE_ENDINGS);
    for record_type in OTHER_TYPES.into_iter().chain([A, TXT, ANY]) {
        let answer = bench.ask("dead.example", record_type);
        assert_eq!(answer.verdict(), "undecided", "{record_type}");
    }
}

#[test]
fn undecided_without_edns_is_a_bare_servfail() {
    let bench = bench(THREE_ENDINGS);
    let query = question("dead.example", A).without_edns();
    let answer = over_udp(bench.address(), &query);
    assert_eq!(answer.verdict(), "undecided");
    assert!(answer.message.additionals.is_empty());
}

#[test]
fn undecided_from_the_cache_is_a_cached_error() {
    let bench = bench(THREE_ENDINGS);
    assert_eq!(bench.ask("dead.example", A).verdict(), "undecided");
    let asked = bench.upstream.questions_in_all();
    let again = bench.ask("dead.example", A);
    assert_eq!(again.verdict(), "undecided");
    assert_eq!(again.ede().unwrap().0, 13);
    assert_eq!(bench.upstream.questions_in_all(), asked);
}

#[test]
fn undecided_can_be_answered_as_not_listed_for_five_seconds() {
    let bench = bench_with(r#"undecided = "not-listed""#, THREE_ENDINGS);
    let answer = bench.ask("dead.example", A);
    assert_eq!(answer.verdict(), "not listed");
    assert!(answer.ttl() <= 5, "TTL {}", answer.ttl());
    bench.expect("hot.de -> listed");
}

#[test]
fn undecided_is_an_option_of_each_origin() {
    let config = r#"
        [[origin]]
        name = "loud.test"
        [[origin]]
        name = "quiet.test"
        undecided = "not-listed"
    "#;
    bench_with(config, THREE_ENDINGS).expect(
        "dead.example.loud.test.   -> undecided
         dead.example.quiet.test.  -> not listed
         hot.de.quiet.test.        -> listed",
    );
}

#[test]
fn not_listed_can_be_nxdomain_for_names_of_more_than_one_label() {
    let bench = bench_with(r#"not_listed = "nxdomain""#, THREE_ENDINGS);
    bench.expect(
        "good.example    -> nxdomain
         gone.example    -> nxdomain
         hot.de          -> listed
         test            -> listed
         dead.example    -> undecided
         de              -> not listed
         invalid         -> not listed
         bogusmx.local.  -> not listed",
    );
    let (ttl, minimum) = bench.ask("good.example", A).soa();
    assert_eq!(ttl, minimum);
    // NXDOMAIN here would deny the A that the same name has, and the test point below.
    let other = bench.ask("hot.de", AAAA);
    assert_eq!(other.rcode(), ResponseCode::NoError);
    let above = bench.ask("0.0.127", A);
    assert_eq!(above.rcode(), ResponseCode::NoError);
}

#[test]
fn nxdomain_is_an_option_of_each_origin() {
    let config = r#"
        [[origin]]
        name = "nodata.test"
        [[origin]]
        name = "nxdomain.test"
        not_listed = "nxdomain"
    "#;
    bench_with(config, THREE_ENDINGS).expect(
        "good.example.nodata.test.    -> not listed
         good.example.nxdomain.test.  -> nxdomain",
    );
}

#[test]
fn a_row_of_the_table_chooses_the_code_and_the_text() {
    let bench = setup(THREE_ENDINGS)
        .file("my.cidr", "127.0.0.0/8 LIST 127.0.0.4 Mail to itself\n")
        .config(r#"table = "{dir}/my.cidr""#)
        .start();
    bench.expect(
        "hot.de   -> listed 127.0.0.4
         hot.de   -> listed: Mail to itself",
    );
}

#[test]
fn a_text_of_255_octets_is_one_string() {
    let long = "x".repeat(255);
    let table = format!("127.0.0.0/8 REJECT {long}\n10.0.0.0/8 REJECT  tabs\tand   spaces\n");
    let bench = setup("long.example A 127.0.0.1\nodd.example A 10.0.0.1")
        .file("my.cidr", &table)
        .config(r#"table = "{dir}/my.cidr""#)
        .start();
    // That it is one string of at most 255 printable octets is checked with every answer.
    bench.expect(&format!("long.example -> listed: {long}"));
    bench.expect("odd.example -> listed: tabs and spaces");
}

#[test]
fn recursion_desired_is_copied_and_recursion_never_offered() {
    let bench = bench(THREE_ENDINGS);
    for domain in ["hot.de", "good.example", "dead.example", "hot.de."] {
        for flags in [0, RD] {
            // The flags are checked with every answer.
            over_udp(bench.address(), &question(domain, A).with_flags(flags));
        }
    }
}

#[test]
fn queries_without_edns_are_answered_without() {
    let bench = bench(THREE_ENDINGS);
    for domain in ["hot.de", "good.example", "dead.example", "test", "hot.de."] {
        // That there is an OPT or none is checked with every answer.
        over_udp(bench.address(), &question(domain, A).without_edns());
        over_udp(bench.address(), &question(domain, A));
    }
}

#[test]
fn tcp_and_udp_say_the_same() {
    let bench = bench(THREE_ENDINGS);
    for domain in ["hot.de", "good.example", "dead.example", "test", "hot.de."] {
        for record_type in [A, TXT, AAAA, ANY] {
            let query = question(domain, record_type);
            let udp = over_udp(bench.address(), &query).verdict();
            assert_eq!(udp, over_tcp(bench.address(), &query).verdict(), "{domain}");
        }
    }
}

#[test]
fn a_question_in_another_class_is_refused() {
    let bench = bench(THREE_ENDINGS);
    for class in [3, 4, 254] {
        let answer = over_udp(bench.address(), &question("hot.de", A).with_class(class));
        assert_eq!(answer.verdict(), "refused", "class {class}");
    }
    assert_eq!(bench.upstream.questions_in_all(), 0);
}

#[test]
fn only_the_networks_of_allow_query_are_served() {
    let config = r#"allow_query = ["10.0.0.0/8", "::1/128"]"#;
    let bench = bench_with(config, THREE_ENDINGS);
    bench.expect(
        "hot.de          -> refused
         test            -> refused
         bogusmx.local.  -> refused",
    );
    let over_tcp = bench.ask_over_tcp("hot.de", A);
    assert_eq!(over_tcp.verdict(), "refused");
    assert_eq!(bench.upstream.questions_in_all(), 0);
}

#[test]
fn networks_that_were_typed_win_over_the_file() {
    let bench = setup(THREE_ENDINGS)
        .config(r#"allow_query = ["10.0.0.0/8"]"#)
        .args(&["--allow-query", "10.0.0.0/8", "--allow-query", "127.0.0.1"])
        .start();
    bench.expect("hot.de -> listed");
}

#[test]
fn both_loopback_networks_are_served_by_default() {
    let bench = setup(THREE_ENDINGS).args(&["--listen", "[::1]:0"]).start();
    assert_eq!(bench.daemon.addresses().len(), 2);
    for server in bench.daemon.addresses() {
        let answer = over_udp(*server, &question("hot.de", A));
        assert_eq!(answer.verdict(), "listed 127.0.0.2", "{server}");
    }
}
