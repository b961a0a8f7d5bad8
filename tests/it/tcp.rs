//! DNS over TCP: messages in pieces, many at once, huge ones and none, connections that idle or are too many.

use std::collections::HashSet;
use std::net::IpAddr;

use hickory_proto::rr::RecordType::{A, MX};

use crate::support::client::TcpClient;
use crate::support::{THREE_ENDINGS, bench, bench_with, question, wait_until};

#[test]
fn a_slow_domain_does_not_hold_back_a_fast_one_behind_it() {
    let config = "answer_deadline = \"8s\"\nquery_timeout = \"9s\"";
    let world = format!("{THREE_ENDINGS}\nslow.example MX !held\nslow.example A 127.0.0.1");
    let bench = bench_with(config, &world);
    let mut client = TcpClient::new(bench.address());
    let (slow, fast) = (question("slow.example", A), question("good.example", A));
    client.send(&slow.bytes());
    bench.upstream.wait_for_questions("slow.example", MX, 1);
    client.send(&fast.bytes());
    assert_eq!(client.answer(&fast).verdict(), "not listed");
    bench.upstream.release();
    assert_eq!(client.answer(&slow).verdict(), "listed 127.0.0.2");
}

#[test]
fn many_queries_in_one_segment_are_all_answered() {
    let bench = bench(THREE_ENDINGS);
    let domains = ["hot.de", "good.example", "dead.example", "test", "de"];
    let queries: Vec<_> = (0..100)
        .map(|at| question(domains[at % domains.len()], A))
        .collect();
    let mut segment = Vec::new();
    for query in &queries {
        let bytes = query.bytes();
        segment.extend(u16::try_from(bytes.len()).unwrap().to_be_bytes());
        segment.extend(bytes);
    }
    let mut client = TcpClient::new(bench.address());
    client.send_raw(&segment);
    let mut owed: HashSet<[u8; 2]> = queries.iter().map(|query| query.id.to_be_bytes()).collect();
    while !owed.is_empty() {
        let raw = client.receive().expect("an answer to each query");
        assert!(owed.remove(&raw[..2]), "one answer to each query");
    }
}

#[test]
fn a_query_may_come_octet_by_octet() {
    let bench = bench(THREE_ENDINGS);
    let query = question("hot.de", A);
    let bytes = query.bytes();
    let mut client = TcpClient::new(bench.address());
    client.send_raw(&u16::try_from(bytes.len()).unwrap().to_be_bytes());
    for octet in bytes {
        client.send_raw(&[octet]);
    }
    assert_eq!(client.answer(&query).verdict(), "listed 127.0.0.2");
}

#[test]
fn a_message_of_65_535_octets_is_answered() {
    let bench = bench(THREE_ENDINGS);
    let room = 65_535 - question("hot.de", A).bytes().len() - 4;
    let query = question("hot.de", A).with_option(12, &vec![0; room]);
    assert_eq!(query.bytes().len(), 65_535);
    let mut client = TcpClient::new(bench.address());
    client.send(&query.bytes());
    assert_eq!(client.answer(&query).verdict(), "listed 127.0.0.2");
    let next = question("good.example", A);
    client.send(&next.bytes());
    assert_eq!(client.answer(&next).verdict(), "not listed");
}

#[test]
fn a_length_without_a_message_is_waited_for_and_then_given_up() {
    let bench = bench_with("tcp_idle = \"500ms\"", THREE_ENDINGS);
    let mut client = TcpClient::new(bench.address());
    client.send_raw(&[0, 40]);
    bench.expect("hot.de -> listed");
    assert_eq!(client.receive(), None, "the daemon hangs up");

    let mut half = TcpClient::new(bench.address());
    let bytes = question("hot.de", A).bytes();
    half.send_raw(&u16::try_from(bytes.len()).unwrap().to_be_bytes());
    half.send_raw(&bytes[..bytes.len() / 2]);
    assert_eq!(half.receive(), None, "the daemon hangs up");
    assert_eq!(
        bench.ask_over_tcp("hot.de", A).verdict(),
        "listed 127.0.0.2"
    );
}

#[test]
fn an_idle_connection_is_closed() {
    let bench = bench_with("tcp_idle = \"500ms\"", THREE_ENDINGS);
    let mut client = TcpClient::new(bench.address());
    let query = question("hot.de", A);
    client.send(&query.bytes());
    assert_eq!(client.answer(&query).verdict(), "listed 127.0.0.2");
    assert_eq!(client.receive(), None);
}

#[test]
fn a_client_that_hangs_up_early_does_no_harm() {
    let bench = bench(THREE_ENDINGS);
    for _ in 0..20 {
        let mut client = TcpClient::new(bench.address());
        client.send(&question("hot.de", A).bytes());
        drop(client);
    }
    let answer = bench.ask_over_tcp("hot.de", A);
    assert_eq!(answer.verdict(), "listed 127.0.0.2");
}

#[test]
fn a_client_that_has_said_all_is_still_answered() {
    let config = "answer_deadline = \"8s\"\nquery_timeout = \"9s\"";
    let bench = bench_with(config, "slow.example MX !held\nslow.example A 127.0.0.1");
    let mut client = TcpClient::new(bench.address());
    let query = question("slow.example", A);
    client.send(&query.bytes());
    client.say_no_more();
    bench.upstream.wait_for_questions("slow.example", MX, 1);
    bench.upstream.release();
    assert_eq!(client.answer(&query).verdict(), "listed 127.0.0.2");
    assert_eq!(client.receive(), None, "and then it is over");
}

#[test]
fn nonsense_over_tcp_does_no_harm_to_others() {
    let bench = bench(THREE_ENDINGS);
    for nonsense in [
        &[0, 0][..],
        &[0, 1, 0xff],
        &[0, 12, 1, 2, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0],
        b"GET / HTTP/1.0\r\n\r\n",
    ] {
        let mut client = TcpClient::new(bench.address());
        client.send_raw(nonsense);
        let answer = bench.ask_over_tcp("hot.de", A);
        assert_eq!(answer.verdict(), "listed 127.0.0.2");
    }
}

#[test]
fn connections_are_limited_and_udp_is_not_affected() {
    let bench = bench_with("tcp_connections = 4", THREE_ENDINGS);
    let query = question("hot.de", A);
    let open = |network: u8| {
        let client = IpAddr::from([127, 0, network, 1]);
        let mut client = TcpClient::from(client, bench.address());
        client.send(&query.bytes());
        client
    };
    let served = |network| {
        let mut client = open(network);
        assert_eq!(client.answer(&query).verdict(), "listed 127.0.0.2");
        client
    };
    let (first, second) = (served(0), served(0));
    // One network has half of them at most.
    assert_eq!(open(0).receive(), None, "hung up on at once");
    let others = (served(1), served(2));
    assert_eq!(open(3).receive(), None, "there are four");
    bench.expect("hot.de -> listed");
    drop((first, second, others));
    wait_until("room for a connection", || open(0).receive().is_some());
}
