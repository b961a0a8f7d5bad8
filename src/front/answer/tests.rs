//! What is said to which verdict.

use arc_swap::ArcSwap;

use super::*;
use crate::front::zone::FixedNames;
use crate::oracle::Ruling;
use crate::verdict::evidence::MxAnswer;
use crate::verdict::evidence::{Draft, DraftHost};
use crate::verdict::{Policy, Rules, Table};

const MX: u16 = 15;

fn rules() -> Rules {
    Rules::new(Table::reserved(), Policy::Any)
}

fn zone() -> Zone {
    let soa = Rr {
        rtype: SOA,
        ttl: 3600,
        rdata: 900_u32.to_be_bytes().into(),
    };
    Zone {
        origin: Domain::parse("bogusmx.local").unwrap(),
        fixed: FixedNames {
            soa,
            names: crate::front::zone::Names::default(),
        },
        not_listed: NotListedAs::NoData,
        undecided: UndecidedAs::ServFail,
        rules: ArcSwap::from_pointee(rules()),
    }
}

fn ruling<'r>(draft: &Draft, rules: &'r Rules) -> Ruling<'r> {
    Ruling::new(draft, rules, Duration::from_millis(42_900))
}

fn listed() -> Draft {
    Draft {
        mx: MxAnswer::Records { ttl: 300 },
        hosts: vec![DraftHost::unfit(10, "::1")],
        hosts_left_out: 0,
    }
}

fn check_ruling(ruling: &Ruling<'_>, zone: &Zone, qtype: u16, expected: &str) {
    ruling.pronounce(|sentence| check(&Answer::of_sentence(sentence, zone, qtype), expected));
}

fn check(answer: &Answer<'_>, expected: &str) {
    let records: Vec<String> = answer
        .records
        .iter()
        .map(|record| format!("{}:{}", record.rtype, record.ttl))
        .collect();
    let soa = answer
        .soa
        .as_ref()
        .map(|soa| format!(" soa {} {}", soa.origin, soa.ttl));
    let trouble = answer
        .trouble
        .as_ref()
        .map(|it| format!(" ede {} {}", it.code, it.text));
    let summary = format!(
        "{:?} {}{}{}",
        answer.rcode,
        records.join(" "),
        soa.unwrap_or_default(),
        trouble.unwrap_or_default()
    );
    assert_eq!(summary, expected);
    assert!(answer.is_authoritative);
}

#[test]
fn listed_by_type() {
    let (rules, zone) = (rules(), zone());
    let ruling = ruling(&listed(), &rules);
    check_ruling(&ruling, &zone, A, "NoError 1:42");
    check_ruling(&ruling, &zone, TXT, "NoError 16:42");
    check_ruling(&ruling, &zone, ANY, "NoError 1:42 16:42");
    check_ruling(&ruling, &zone, MX, "NoError  soa bogusmx.local 42");
    let data = |qtype| {
        let mut octets: Vec<u8> = Vec::new();
        ruling.pronounce(|sentence| {
            let answer = Answer::of_sentence(sentence, &zone, qtype);
            answer.records[0].data.put(|piece| octets.extend(piece));
        });
        octets
    };
    assert_eq!(data(A), [127, 0, 0, 2]);
    assert_eq!(data(TXT), b"\x1dDomain MX is Loopback address");
    let mut stale = ruling.clone();
    stale.source = Source::Stale;
    let expected = "NoError 1:42 ede 3 upstream fails, last listing kept";
    check_ruling(&stale, &zone, A, expected);
}

#[test]
fn not_listed_either_way() {
    let (rules, zone) = (rules(), zone());
    let clean = ruling(&Draft::without_hosts(MxAnswer::Null { ttl: 60 }), &rules);
    check_ruling(&clean, &zone, A, "NoError  soa bogusmx.local 42");
    let zone = Zone {
        not_listed: NotListedAs::NxDomain,
        ..zone
    };
    check_ruling(&clean, &zone, TXT, "NxDomain  soa bogusmx.local 42");
    check(
        &Answer::never(&zone, false),
        "NxDomain  soa bogusmx.local 900",
    );
    check(
        &Answer::never(&zone, true),
        "NoError  soa bogusmx.local 900",
    );
}

#[test]
fn undecided_never_looks_like_innocence() {
    let (rules, zone) = (rules(), zone());
    let check_failure = |failure, source, expected: &str| {
        let mut ruling = ruling(&Draft::failed(failure), &rules);
        ruling.source = source;
        check_ruling(&ruling, &zone, A, expected);
    };
    let fresh = Source::LookedUp;
    check_failure(
        Failure::Timeout,
        fresh,
        "ServFail  ede 23 upstream timed out",
    );
    check_failure(
        Failure::ServFail,
        fresh,
        "ServFail  ede 22 upstream answered SERVFAIL",
    );
    check_failure(
        Failure::Bogus,
        fresh,
        "ServFail  ede 6 upstream's answer fails DNSSEC validation",
    );
    check_failure(
        Failure::Pending,
        fresh,
        "ServFail  ede 0 still being looked up",
    );
    check_failure(
        Failure::Timeout,
        Source::Memory,
        "ServFail  ede 13 upstream timed out",
    );
    let zone = Zone {
        undecided: UndecidedAs::NotListed,
        ..zone
    };
    let ruling = ruling(&Draft::failed(Failure::Timeout), &rules);
    check_ruling(&ruling, &zone, A, "NoError  soa bogusmx.local 5");
}

#[test]
fn the_zone_file_answers_for_itself() {
    let record = Rr {
        rtype: A,
        ttl: 7,
        rdata: [127, 0, 0, 2].into(),
    };
    let (records, zone) = ([record], zone());
    check(&Answer::of_fixed(&records, &zone, A), "NoError 1:7");
    check(
        &Answer::of_fixed(&records, &zone, TXT),
        "NoError  soa bogusmx.local 900",
    );
}
