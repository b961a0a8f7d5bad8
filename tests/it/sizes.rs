//! Messages and names that are long: TC over UDP when an answer does not fit, whole over TCP, and names up to the
//! 255 octets that DNS allows.

use hickory_proto::rr::RecordType::{A, ANY, TXT};

use crate::support::client::{over_tcp, over_udp};
use crate::support::packet::{Query, TC, wire_name};
use crate::support::{Bench, ORIGIN, question, setup};

/// A mail domain whose name below the origin has exactly 255 octets on the wire.
fn longest_domain() -> String {
    let label = "a".repeat(63);
    let start = format!("{label}.{label}.{label}.");
    let rest = 255 - wire_name(&format!("{start}{ORIGIN}")).len() - 1;
    let domain = format!("{start}{}", "b".repeat(rest));
    assert_eq!(wire_name(&format!("{domain}.{ORIGIN}")).len(), 255);
    domain
}

/// A daemon that lists the longest domain with the longest text: more than 512 octets for TXT and for ANY.
fn wordy() -> Bench {
    let text = "x".repeat(255);
    setup(&format!("{} A 127.0.0.1", longest_domain()))
        .file("my.cidr", format!("127.0.0.0/8 REJECT {text}\n"))
        .config(r#"table = "{dir}/my.cidr""#)
        .start()
}

#[test]
fn a_name_of_255_octets_is_answered() {
    let bench = wordy();
    let answer = bench.ask(&longest_domain(), A);
    assert_eq!(answer.verdict(), "listed 127.0.0.2");
}

#[test]
fn without_edns_an_answer_above_512_octets_is_truncated() {
    let bench = wordy();
    for record_type in [TXT, ANY] {
        let query = question(&longest_domain(), record_type).without_edns();
        let answer = over_udp(bench.address(), &query);
        assert_eq!(answer.flags() & TC, TC, "{record_type}");
        assert!(answer.raw.len() <= 512, "{} octets", answer.raw.len());
        let whole = over_tcp(bench.address(), &query);
        assert_eq!(whole.flags() & TC, 0);
        assert_eq!(whole.txt().unwrap().len(), 255);
        assert!(whole.raw.len() > 512);
    }
}

#[test]
fn the_payload_of_the_client_is_respected() {
    let bench = wordy();
    let query = question(&longest_domain(), ANY);
    // Less than 512 means 512 (RFC 6891).
    for payload in [0, 100, 512] {
        let answer = over_udp(bench.address(), &query.clone().with_payload(payload));
        assert_eq!(answer.flags() & TC, TC, "payload {payload}");
        assert!(answer.raw.len() <= 512, "{} octets", answer.raw.len());
    }
    for payload in [1232, 4096, 65_535] {
        let answer = over_udp(bench.address(), &query.clone().with_payload(payload));
        assert_eq!(answer.flags() & TC, 0, "payload {payload}");
        assert_eq!(answer.message.answers.len(), 2);
    }
}

#[test]
fn a_small_payload_truncates_nothing_that_fits() {
    let bench = wordy();
    let answer = over_udp(bench.address(), &question("test", A).with_payload(1));
    assert_eq!(answer.verdict(), "listed 127.0.0.2");
    assert_eq!(answer.flags() & TC, 0);
}

#[test]
fn a_domain_that_is_too_long_with_the_origin_is_formerr() {
    let bench = wordy();
    let mut query = Query::new("test", A);
    query.name = wire_name(&format!("b.{}.{ORIGIN}", longest_domain()));
    let client = crate::support::client::UdpClient::new(bench.address());
    client.send(&query.bytes());
    let raw = client.receive();
    assert_eq!(raw[..2], query.id.to_be_bytes());
    assert_eq!(raw[3] & 0x0f, 1, "FORMERR");
}

#[test]
fn a_mail_host_may_have_the_longest_name_too() {
    let label = "m".repeat(63);
    let host = format!("{label}.{label}.{label}.{}", "n".repeat(61));
    assert_eq!(wire_name(&host).len(), 255);
    let bench = setup(&format!("long.example MX 10 {host}\n{host} A 127.0.0.1")).start();
    bench.expect("long.example -> listed");
}
