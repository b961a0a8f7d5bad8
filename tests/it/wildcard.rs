//! Listeners on all addresses of a machine: an answer leaves from the one that was asked, or the client takes it for
//! somebody else's.

use std::net::{IpAddr, SocketAddr};

use hickory_proto::rr::RecordType::{A, MX};

use crate::support::client::UdpClient;
use crate::support::{own_network, question, setup};

const WORLD: &str = "v4.example MX 10 mx.example
                     v6.example MX 10 mx.example
                     mx.example A 127.0.0.1";

#[test]
fn the_answer_comes_from_the_address_that_was_asked() {
    own_network(&["fd00::7"]);
    let bench = setup(WORLD)
        .args(&["--listen", "0.0.0.0:0", "--listen", "[::]:0"])
        .args(&["--allow-query", "127.0.0.0/8", "--allow-query", "::1"])
        .start();
    for (asked, domain) in [("127.0.0.7", "v4.example"), ("fd00::7", "v6.example")] {
        let asked: IpAddr = asked.parse().unwrap();
        let mut listeners = bench.daemon.addresses().iter();
        let is_meant = |address: &&SocketAddr| {
            address.ip().is_unspecified() && address.is_ipv4() == asked.is_ipv4()
        };
        let port = listeners.find(is_meant).unwrap().port();
        let query = question(domain, A);
        for state in ["cold", "warm"] {
            // It is connected, and hears nobody else.
            let client = UdpClient::new((asked, port).into());
            client.send(&query.bytes());
            let answer = client.answer(&query);
            assert_eq!(answer.verdict(), "listed 127.0.0.2", "{state} {asked}");
        }
        assert_eq!(bench.upstream.questions(domain, MX), 1);
    }
}
