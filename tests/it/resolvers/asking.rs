//! Asks as a mail server does through the C library: two tries of five seconds, and after a SERVFAIL one more at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;

use crate::daemons::question::{addresses, exchange, status, text};
use crate::daemons::world::Verdict;

/// As in resolv.conf(5), `timeout` and `attempts`.
const TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPTS: usize = 2;

/// The zone that the pages speak of.
pub(super) const ZONE: &str = "bogusmx.local";

/// What makes it ask the next server.
const FAILURES: [ResponseCode; 2] = [ResponseCode::ServFail, ResponseCode::Refused];

/// What the list says of `domain` through the resolver at `server`; undecided if nothing, or a failure. The name is
/// asked for as it is written.
pub(super) fn ask(server: SocketAddr, domain: &str) -> Verdict {
    ask_in(ZONE, server, domain)
}

/// As `ask`, in a zone of another name.
pub(super) fn ask_in(zone: &str, server: SocketAddr, domain: &str) -> Verdict {
    let name = format!("{domain}.{zone}.");
    let answers = || exchange(server, &name, RecordType::A, TIMEOUT);
    let decided = (0..ATTEMPTS)
        .filter_map(|_| answers())
        .find(|reply| !FAILURES.contains(&reply.metadata.response_code));
    let Some(reply) = decided else {
        return Verdict::Undecided;
    };
    assert_eq!(
        reply.queries[0].name().to_string(),
        name,
        "the case of the question is echoed"
    );
    match (reply.metadata.response_code, &*addresses(&reply)) {
        (ResponseCode::NoError, [address]) => {
            assert_eq!(*address, Ipv4Addr::new(127, 0, 0, 2), "{domain}");
            let why = exchange(server, &name, RecordType::TXT, TIMEOUT);
            Verdict::Listed(text(&why.expect("a TXT beside an A")))
        }
        (ResponseCode::NoError, []) => Verdict::NotListed,
        // As every client of such lists takes it.
        (ResponseCode::NXDomain, []) => Verdict::NotListed,
        other => panic!("{domain}: {other:?}"),
    }
}

/// Asks for a name outside of the list's zone, as a machine on the network does, until it hears that there is none.
#[track_caller]
pub(super) fn expect_none(server: SocketAddr, name: &str) {
    let start = Instant::now();
    while status(server, name) != Some(ResponseCode::NXDomain) {
        assert!(start.elapsed() < 2 * TIMEOUT, "no NXDOMAIN for {name}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Asserts that it is listed, with the text of loopback addresses.
#[track_caller]
pub(super) fn expect_listed(server: SocketAddr, domain: &str) {
    assert_eq!(ask(server, domain), loopback(), "{domain}");
}

/// The verdict on a domain whose exchanger is 127.0.0.1.
pub(super) fn loopback() -> Verdict {
    Verdict::Listed("Domain MX in loopback network".to_owned())
}
