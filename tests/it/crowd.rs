//! Ten thousand evaluations at one time: none is lost, none is wrong.

use std::fmt::Write as _;
use std::time::Duration;

use hickory_proto::rr::RecordType::{A, MX};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::signal::Signal;

use crate::support::client::TcpClient;
use crate::support::packet::Query;
use crate::support::{bench_with, question};

const EVALUATIONS: usize = 10_000;

/// As many as one connection may have in work, with room to spare; TCP, as nothing is lost there on the way.
const QUERIES_A_CONNECTION: usize = 50;

/// Room for all of them, and time until the test has looked.
const WIDE: &str = r#"
    evaluations = 10000
    waiting = 0
    upstream_queries = 20000
    evaluations_per_second = 10000
    client_evaluations_burst = 10000
    query_timeout = "2m"
    evaluation_deadline = "2m"
    answer_deadline = "2m"
    tcp_connections = 400
"#;

/// Every second domain is to be listed.
fn world() -> (String, Vec<(Query, &'static str)>) {
    let mut world = "* MX !held\n".to_owned();
    let mut queries = Vec::new();
    for number in 0..EVALUATIONS {
        let (address, verdict) = match number % 2 {
            0 => ("127.0.0.1", "listed 127.0.0.2"),
            _ => ("9.9.9.9", "not listed"),
        };
        let domain = format!("d{number}.example");
        writeln!(world, "{domain} MX 10 mx.{domain}\nmx.{domain} A {address}").unwrap();
        queries.push((question(&domain, A), verdict));
    }
    (world, queries)
}

#[test]
fn ten_thousand_evaluations_in_flight_come_to_their_verdicts() {
    let (_, files_max) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    assert!(
        files_max >= 12_000,
        "it takes more open files: ulimit -Hn 12000"
    );
    let (world, queries) = world();
    let mut bench = bench_with(WIDE, &world);
    let mut connections = Vec::new();
    for queries in queries.chunks(QUERIES_A_CONNECTION) {
        let mut client = TcpClient::new(bench.address());
        client.wait_up_to(Duration::from_secs(60));
        for (query, _) in queries {
            client.send(&query.bytes());
        }
        connections.push((client, queries));
        // One by one, as the upstream's socket has room for some hundred queries only.
        let so_far = connections.len() * QUERIES_A_CONNECTION;
        bench.upstream.wait_for_names(MX, so_far);
    }
    bench.upstream.release();

    let mut answered = 0;
    for (client, queries) in &mut connections {
        for _ in *queries {
            let raw = client.receive().expect("an answer");
            let (query, verdict) = queries
                .iter()
                .find(|(query, _)| query.id.to_be_bytes() == raw[..2])
                .expect("an id that was asked with");
            let answer = crate::support::answer::Answer::to(query, raw);
            assert_eq!(answer.verdict(), *verdict, "{:?}", answer.message.queries);
            answered += 1;
        }
    }
    assert_eq!(answered, EVALUATIONS);
    bench.daemon.signal(Signal::SIGTERM);
    assert_eq!(bench.daemon.ended().code(), Some(0));
    let log = bench.daemon.wait_for_log("counted: ");
    assert!(
        log.contains(&format!(" evaluations={EVALUATIONS} ")),
        "{log}"
    );
    for none in [
        "failures=0",
        "overload=0",
        "client_budget=0",
        "pending_full=0",
    ] {
        assert!(log.contains(&format!("{none} ")), "{log}");
    }
    assert!(!log.contains("panicked"), "{log}");
}
