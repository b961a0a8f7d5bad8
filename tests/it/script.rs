//! The scripted upstream does what its script says: without this, no other test proves anything.

use std::net::SocketAddr;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RecordType::{A, AAAA, MX};

use crate::support::client::{TcpClient, UdpClient};
use crate::support::packet::Query;
use crate::support::upstream::Upstream;
use crate::support::{cname_chain, mx_set};

fn udp(server: SocketAddr, query: &Query) -> Message {
    let client = UdpClient::new(server);
    client.send(&query.bytes());
    Message::from_vec(&client.receive()).unwrap()
}

fn tcp(server: SocketAddr, query: &Query) -> Message {
    let mut client = TcpClient::new(server);
    client.send(&query.bytes());
    Message::from_vec(&client.receive().unwrap()).unwrap()
}

#[test]
fn records_are_answered_and_questions_are_counted() {
    let upstream = Upstream::new("hot.de MX 10 null.hot.de\n null.hot.de 60 A 127.0.0.1");
    let mx = udp(upstream.address(), &Query::new("HOT.de", MX));
    assert_eq!(mx.answers[0].data.to_string(), "10 null.hot.de.");
    let a = tcp(upstream.address(), &Query::new("null.hot.de", A));
    assert_eq!(a.answers[0].ttl, 60);
    let aaaa = udp(upstream.address(), &Query::new("null.hot.de", AAAA));
    assert_eq!(aaaa.metadata.response_code, ResponseCode::NoError);
    assert_eq!(aaaa.authorities.len(), 1);
    let gone = udp(upstream.address(), &Query::new("gone.de", MX));
    assert_eq!(gone.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(upstream.questions("hot.de", MX), 1);
    assert_eq!(upstream.questions_in_all(), 4);
    assert!(upstream.asked()[1].over_tcp);
}

#[test]
fn long_answers_are_truncated_over_udp_and_whole_over_tcp() {
    let world = mx_set("big.example", (0..400).map(|_| "127.0.0.1".to_owned()));
    let upstream = Upstream::new(&world);
    let query = Query::new("big.example", MX);
    let short = udp(upstream.address(), &query);
    assert!(short.metadata.truncation);
    assert_eq!(tcp(upstream.address(), &query).answers.len(), 400);
}

#[test]
fn aliases_are_followed_to_their_end() {
    let world = cname_chain("mx.example", 20, "127.0.0.1");
    let upstream = Upstream::new(&format!("{world}\n loop.example CNAME loop.example"));
    let chain = udp(upstream.address(), &Query::new("mx.example", A));
    assert_eq!(chain.answers.len(), 21);
    let circle = udp(upstream.address(), &Query::new("loop.example", A));
    assert_eq!(circle.answers.len(), 1);
}

#[test]
fn misbehaviour_is_per_name_and_type() {
    let upstream = Upstream::new(
        "a.example A !refused
         a.example MX 10 mx.example
         b.example * !lame
         c.example A !nxdomain=900/120
         d.example A !first-wrong-id=127.0.0.1 9.9.9.9
         e.example A !held 9.9.9.9
         f.example A !upper-case 9.9.9.9",
    );
    let server = upstream.address();
    let code = |name, wanted| {
        udp(server, &Query::new(name, wanted))
            .metadata
            .response_code
    };
    assert_eq!(code("a.example", A), ResponseCode::Refused);
    assert_eq!(code("a.example", MX), ResponseCode::NoError);
    assert_eq!(code("c.example", A), ResponseCode::NXDomain);
    let lame = udp(server, &Query::new("b.example", A));
    assert!(lame.answers.is_empty() && lame.authorities[0].record_type() != A);

    let client = UdpClient::new(server);
    let query = Query::new("d.example", A);
    client.send(&query.bytes());
    assert_ne!(client.receive()[..2], query.id.to_be_bytes());
    assert_eq!(client.receive()[..2], query.id.to_be_bytes());

    client.send(&Query::new("e.example", A).bytes());
    client.send(&Query::new("f.example", A).bytes());
    let first = Message::from_vec(&client.receive()).unwrap();
    assert_eq!(first.queries[0].name().to_ascii(), "F.EXAMPLE.");
    upstream.release();
    let second = Message::from_vec(&client.receive()).unwrap();
    assert_eq!(second.queries[0].name().to_ascii(), "e.example.");
}

#[test]
fn the_world_can_change_while_running() {
    let upstream = Upstream::new("* * !servfail");
    let query = Query::new("hot.de", A);
    let before = udp(upstream.address(), &query);
    assert_eq!(before.metadata.response_code, ResponseCode::ServFail);
    upstream.now_says("hot.de A 127.0.0.1");
    let after = udp(upstream.address(), &query);
    assert_eq!(after.answers.len(), 1);
}
