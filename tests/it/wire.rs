//! Queries to the upstream as they are on the wire: what keeps forged answers out (RFC 5452), and what is sent again.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RecordType::{self, A};
use hickory_proto::rr::{RData, Record, rdata};

use crate::support::client::UdpClient;
use crate::support::daemon::{Daemon, Launch};
use crate::support::upstream::Upstream;
use crate::support::{bench_with, question};

/// Nothing is given up while a test looks on, or by the test that has to wait for it.
const PATIENT: &str = r#"
    query_timeout = "60s"
    evaluation_deadline = "60s"
    answer_deadline = "8s"
    canary_interval = "0s"
"#;

/// An upstream that is the test itself, and the daemon that asks it.
struct Wire {
    socket: UdpSocket,
    daemon: Daemon,
}

impl Wire {
    fn new() -> Self {
        Self::with("")
    }

    /// With lines of the daemon's configuration.
    fn with(config: &str) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port");
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let address = socket.local_addr().unwrap().to_string();
        let daemon = Launch::new()
            .args(&["--listen", "127.0.0.1:0", "--upstream", &address])
            .config(&(PATIENT.to_owned() + config))
            .start();
        Self { socket, daemon }
    }

    /// The next query, and the port that it came from.
    fn take(&self) -> (Message, SocketAddr) {
        let mut buffer = [0; 512];
        let (length, from) = self.socket.recv_from(&mut buffer).expect("a query");
        (Message::from_vec(&buffer[..length]).unwrap(), from)
    }
}

/// The answer to a query: no such record, or this address where an address is asked for.
fn answer(query: &Message, address: Ipv4Addr) -> Vec<u8> {
    let asked = query.queries[0].clone();
    let mut message = Message::response(query.metadata.id, query.metadata.op_code);
    if asked.query_type() == A {
        let data = RData::A(rdata::A(address));
        message.add_answer(Record::from_rdata(asked.name().clone(), 300, data));
    } else {
        message.metadata.response_code = ResponseCode::NXDomain;
    }
    message.add_query(asked);
    message.to_vec().unwrap()
}

#[test]
fn each_query_has_a_port_and_an_id_of_its_own() {
    const QUERIES: usize = 24;
    let wire = Wire::new();
    let client = UdpClient::new(wire.daemon.address());
    for domain in 0..QUERIES {
        client.send(&question(&format!("d{domain}.example"), A).bytes());
    }
    let mut seen = HashMap::new();
    while seen.len() < QUERIES {
        let (query, from) = wire.take();
        let name = query.queries[0].name().to_lowercase();
        seen.insert(name, (from.port(), query.metadata.id));
    }
    let (mut ports, mut ids): (Vec<u16>, Vec<u16>) = seen.into_values().unzip();
    for numbers in [&mut ports, &mut ids] {
        numbers.sort_unstable();
        numbers.dedup();
        // Two of them may be equal by chance.
        assert!(numbers.len() >= QUERIES - 2, "{numbers:?}");
        assert!(numbers[QUERIES - 3] - numbers[0] > 1024, "{numbers:?}");
    }
}

#[test]
fn signatures_are_asked_for_only_where_they_are_looked_at() {
    for (config, wanted) in [
        ("", false),
        ("dnssec = false", false),
        ("dnssec = true", true),
    ] {
        let wire = Wire::with(config);
        let client = UdpClient::new(wire.daemon.address());
        client.send(&question("hot.example", A).bytes());
        let (query, _) = wire.take();
        let edns = query.edns.expect("EDNS");
        assert_eq!(edns.flags().dnssec_ok, wanted, "{config}");
    }
}

#[test]
fn a_query_that_was_lost_is_sent_again_before_it_is_given_up() {
    let wire = Wire::new();
    let client = UdpClient::new(wire.daemon.address());
    let asked = question("lost.example", A);
    client.send(&asked.bytes());
    let (lost, from) = wire.take();
    let (again, from_again) = wire.take();
    assert_eq!(
        (lost.to_vec().unwrap(), from),
        (again.to_vec().unwrap(), from_again)
    );
    let mut query = (again, from_again);
    // An answer to the first sending may cross the second one, so that a query comes once more.
    while query.0.queries[0].query_type() != A {
        wire.socket
            .send_to(&answer(&query.0, Ipv4Addr::LOCALHOST), query.1)
            .unwrap();
        query = wire.take();
    }
    wire.socket
        .send_to(&answer(&query.0, Ipv4Addr::LOCALHOST), query.1)
        .unwrap();
    assert_eq!(client.answer(&asked).verdict(), "listed 127.0.0.2");
}

#[test]
fn an_answer_from_another_address_is_not_believed() {
    let wire = Wire::new();
    let client = UdpClient::new(wire.daemon.address());
    let asked = question("good.example", A);
    client.send(&asked.bytes());
    let forger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port");
    let mut open: Vec<RecordType> = vec![RecordType::MX, A, RecordType::AAAA];
    while !open.is_empty() {
        let (query, from) = wire.take();
        // The port may be closed already: of a query that was answered when it was sent again.
        drop(forger.send_to(&answer(&query, Ipv4Addr::LOCALHOST), from));
        wire.socket
            .send_to(&answer(&query, Ipv4Addr::new(9, 9, 9, 9)), from)
            .unwrap();
        open.retain(|wanted| *wanted != query.queries[0].query_type());
    }
    assert_eq!(client.answer(&asked).verdict(), "not listed");
}

#[test]
fn a_closed_port_is_heard_of_at_once() {
    let upstream = Upstream::new("");
    let address = upstream.address().to_string();
    drop(upstream);
    let launch = Launch::new().args(&["--listen", "127.0.0.1:0", "--upstream", &address]);
    let daemon = launch.config(PATIENT).start();
    let client = UdpClient::new(daemon.address());
    let asked = question("hot.de", A);
    client.send(&asked.bytes());
    // Network error: by the deadline it would be one of the others.
    let (code, text) = client.answer(&asked).ede().unwrap();
    assert_eq!(code, 23, "{text}");
}

#[test]
fn all_addresses_are_asked_for_at_once() {
    let bench = bench_with(
        PATIENT,
        "wide.example     MX 10 a.wide.example
         wide.example     MX 20 b.wide.example
         wide.example     MX 30 c.wide.example
         a.wide.example   * !held
         b.wide.example   * !held
         c.wide.example   * !held",
    );
    let client = UdpClient::new(bench.address());
    client.send(&question("wide.example", A).bytes());
    for host in ["a.wide.example", "b.wide.example", "c.wide.example"] {
        for record_type in [A, RecordType::AAAA] {
            bench.upstream.wait_for_questions(host, record_type, 1);
        }
    }
}
