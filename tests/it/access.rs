//! Clients of public networks, on a network of the test's own: what they get over UDP, and that nobody is flooded
//! with answers to queries that were forged in his name.

use std::fs;
use std::net::SocketAddr;
use std::time::Instant;

use hickory_proto::rr::RecordType::{self, A, AAAA, ANY, MX, NS, SOA, TXT};
use nix::sys::signal::Signal;

use crate::support::client::{TcpClient, UdpClient};
use crate::support::packet::{Query, TC};
use crate::support::{Bench, THREE_ENDINGS, own_network, question, setup, wait_until};

const SERVER: &str = "198.51.100.1";
const CLIENT: &str = "198.51.100.7";
const OTHER: &str = "203.0.113.7";

/// DNS cookies (RFC 7873).
const COOKIE: u16 = 10;

/// A daemon that two public networks may ask, over a network of this thread's own.
fn public(config: &str, world: &str) -> Bench {
    own_network(&[SERVER, CLIENT, OTHER]);
    let bench = setup(world)
        .config(config)
        .args(&["--listen", &format!("{SERVER}:0")])
        .args(&["--allow-query", "198.51.100.0/24", "--allow-query", OTHER])
        .start();
    bench.expect("test -> refused");
    bench
}

fn server(bench: &Bench) -> SocketAddr {
    bench.daemon.addresses()[1]
}

fn udp(client: &str, bench: &Bench) -> UdpClient {
    UdpClient::from(client.parse().unwrap(), server(bench))
}

/// The cookie of an answer.
fn cookie(raw: &[u8]) -> Option<Vec<u8>> {
    let mut windows = raw.windows(28);
    let found = windows.find(|window| window[..4] == [0, 10, 0, 24])?;
    Some(found[4..].to_vec())
}

#[test]
fn past_its_share_a_public_network_is_sent_to_tcp() {
    let bench = public("responses_per_second = 1", THREE_ENDINGS);
    let domains: Vec<String> = (0..20).map(|at| format!("new{at}.example")).collect();
    let queries: Vec<Query> = domains.iter().map(|domain| question(domain, A)).collect();
    let client = udp(CLIENT, &bench);
    let before = Instant::now();
    for query in &queries {
        client.send(&query.bytes());
    }
    let mut slipped = Vec::new();
    for _ in &queries {
        let raw = client.receive();
        let mut all = queries.iter().zip(&domains);
        let (query, domain) = all
            .find(|(query, _)| query.id.to_be_bytes() == raw[..2])
            .unwrap();
        if u16::from_be_bytes([raw[2], raw[3]]) & TC != 0 {
            assert_eq!(raw.len(), query.bytes().len());
            slipped.push((query, domain));
        }
    }
    let answered = queries.len() - slipped.len();
    let share = usize::try_from(before.elapsed().as_secs()).unwrap() + 2;
    assert!((1..=share).contains(&answered), "{answered}, {share}");
    // They started nothing, and get what they want over TCP.
    for (_, domain) in &slipped {
        assert_eq!(bench.upstream.questions(domain, MX), 0, "{domain}");
    }
    let mut tcp = TcpClient::from(CLIENT.parse().unwrap(), server(&bench));
    for (query, _) in &slipped {
        tcp.send(&query.bytes());
        assert_eq!(tcp.answer(query).verdict(), "not listed");
    }
    bench.daemon.signal(Signal::SIGUSR1);
    let counted = format!(" slipped={} ", slipped.len());
    bench.daemon.wait_for_log(&counted);
    // Nobody else is concerned.
    let query = question("hot.de", A);
    let other = udp(OTHER, &bench);
    other.send(&query.bytes());
    assert_eq!(other.answer(&query).verdict(), "listed 127.0.0.2");
}

#[test]
fn every_query_costs_one_answer_whatever_way_it_takes() {
    let bench = public("responses_per_second = 10", THREE_ENDINGS);
    let client = udp(CLIENT, &bench);
    for at in 0..5 {
        for query in [
            question("test", A),
            // New to the oracle, so that it is handed over.
            question(&format!("new{at}.example"), A),
        ] {
            client.send(&query.bytes());
            let answer = client.answer(&query);
            assert_eq!(answer.flags() & TC, 0, "{at}");
        }
    }
}

#[test]
fn a_cookie_of_ours_lifts_the_limit() {
    let bench = public("responses_per_second = 1", THREE_ENDINGS);
    let ask = |client: &UdpClient, cookie: &[u8]| {
        let query = question("hot.de", A).with_option(COOKIE, cookie);
        client.send(&query.bytes());
        client.answer(&query)
    };
    let client = udp(CLIENT, &bench);
    let ours = cookie(&ask(&client, b"clientck").raw).unwrap();
    for _ in 0..20 {
        let answer = ask(&client, &ours);
        assert_eq!(answer.verdict(), "listed 127.0.0.2");
        assert_eq!(cookie(&answer.raw).as_ref(), Some(&ours));
    }
    // It is nobody else's.
    let other = udp(OTHER, &bench);
    wait_until("an empty answer", || ask(&other, &ours).flags() & TC != 0);
    let query = question("hot.de", A).with_option(COOKIE, b"clientck");
    let mut tcp = TcpClient::from(CLIENT.parse().unwrap(), server(&bench));
    tcp.send(&query.bytes());
    // It may be made in another second, and so be another one, but it is good for the same.
    let over_tcp = cookie(&tcp.answer(&query).raw).unwrap();
    let answer = ask(&client, &over_tcp);
    assert_eq!(answer.verdict(), "listed 127.0.0.2");
    assert_eq!(cookie(&answer.raw), Some(over_tcp));
}

/// A host with the longest name that fails, and an address with the longest text of the shipped table.
fn wordy() -> String {
    let label = "m".repeat(63);
    let host = format!("{label}.{label}.{label}.{}", "n".repeat(61));
    format!(
        "l.x 1 MX 10 h.l.x
         h.l.x 1 A 127.0.53.53
         s.x 1 MX 10 h.s.x
         h.s.x 1 A 127.0.53.53
         g.x A 9.9.9.9
         f.x MX 10 {host}
         {host} * !servfail"
    )
}

/// Every kind of answer, to the shortest queries that get it.
fn worst_queries() -> Vec<Query> {
    let mut queries = Vec::new();
    let names = [
        "l.x",
        "s.x",
        "g.x",
        "f.x",
        "test",
        "z",
        "bogusmx.local.",
        "ns",
        ".",
    ];
    for name in names {
        for record_type in [A, TXT, AAAA, ANY, SOA, NS, RecordType::AXFR] {
            let query = question(name, record_type);
            queries.extend([
                query.clone().without_edns(),
                query.clone(),
                query.with_option(COOKIE, b"clientck"),
            ]);
        }
    }
    queries
}

/// How long an answer is for each octet of its query, in hundredths.
fn ratio(query: &Query, answer: &[u8]) -> usize {
    (answer.len() * 100).div_ceil(query.bytes().len())
}

/// The largest ratio of all the answers there are.
fn largest_ratio(client: &UdpClient) -> usize {
    let ratio = |query: Query| {
        client.send(&query.bytes());
        ratio(&query, &client.receive())
    };
    worst_queries().into_iter().map(ratio).max().unwrap()
}

/// Checks a ratio against the page that states it: it is true, and not much too large.
fn check_stated(largest: usize, stated: usize) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/access.md");
    let page = fs::read_to_string(page).unwrap();
    let words = format!("{}.{} times", stated / 100, stated % 100 / 10);
    assert!(page.contains(&words), "docs/access.md does not say {words}");
    let true_ones = stated - 60..=stated;
    assert!(true_ones.contains(&largest), "{largest}, not {stated}");
}

#[test]
fn answers_are_not_many_times_as_long_as_queries() {
    let short = "min_ttl = \"1s\"\nmax_ttl = \"1s\"\nresponses_per_second = 1000000";
    let bench = public(short, &wordy());
    let client = udp(CLIENT, &bench);
    let (cold, warm) = (largest_ratio(&client), largest_ratio(&client));
    bench.upstream.now_says("* * !servfail");
    let query = question("s.x", A);
    wait_until("a stale answer", || {
        client.send(&query.bytes());
        client.answer(&query).ede().is_some()
    });
    let stale = largest_ratio(&client);
    check_stated(cold.max(warm).max(stale), 490);
}

#[test]
fn past_the_share_answers_are_as_long_as_queries() {
    let bench = public("responses_per_second = 1", &wordy());
    let client = udp(CLIENT, &bench);
    let mut largest = 0;
    for query in worst_queries() {
        wait_until("an empty answer", || {
            client.send(&query.bytes());
            let raw = client.receive();
            let is_empty = u16::from_be_bytes([raw[2], raw[3]]) & TC != 0;
            if is_empty {
                let ours = query.edns.iter().flat_map(|edns| &edns.options).count() * 16;
                assert_eq!(raw.len(), query.bytes().len() + ours, "{query:?}");
                largest = largest.max(ratio(&query, &raw));
            }
            is_empty
        });
    }
    check_stated(largest, 140);
}

#[test]
fn who_may_not_ask_gets_no_more_than_that() {
    let bench = public("", THREE_ENDINGS);
    let stranger = UdpClient::new(bench.address());
    let ratio = |query: Query| {
        stranger.send(&query.bytes());
        let raw = stranger.receive();
        assert_eq!(raw[3] & 0x0f, 5, "REFUSED");
        ratio(&query, &raw)
    };
    let largest = worst_queries().into_iter().map(ratio).max().unwrap();
    check_stated(largest, 140);
}
