//! The same packet on both paths, and whether they say the same: for tests, and for fuzzing.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "it is run by tests only"
)]

use std::net::{IpAddr, SocketAddr};

use hickory_proto::op::{Message, MessageType};
use hickory_proto::rr::RData;
use tokio::runtime::Runtime;

use super::Asked;
use crate::front::dns::{Dns, Transport};
use crate::oracle::world::World;
use crate::verdict::domain::NameBuffer;

/// Whom the front of the tests answers.
pub(crate) fn client() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 53))
}

/// A clock that stands still, so that TTLs do not differ by when they were said.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

pub(crate) fn slow(runtime: &Runtime, dns: &Dns<World>, packet: &[u8]) -> Option<Vec<u8>> {
    slow_over(Transport::Udp, runtime, dns, packet)
}

pub(crate) fn slow_over(
    transport: Transport,
    runtime: &Runtime,
    dns: &Dns<World>,
    packet: &[u8],
) -> Option<Vec<u8>> {
    runtime.block_on(dns.respond(packet.to_vec(), client(), transport))
}

pub(crate) fn fast(runtime: &Runtime, dns: &Dns<World>, packet: &[u8]) -> Option<Vec<u8>> {
    let _entered = runtime.enter();
    at_once(dns, packet, client().ip())
}

pub(crate) fn at_once(dns: &Dns<World>, packet: &[u8], client: IpAddr) -> Option<Vec<u8>> {
    let mut sitting = dns.authority().sitting();
    let (mut name, mut reply) = (NameBuffer::new(), vec![0; 1232]);
    let asked = Asked::read(packet, client, &sitting, &mut name)?;
    asked.approach(&sitting);
    let length = asked.answer(&mut sitting, &mut reply).ok()?;
    Some(reply[..length].to_vec())
}

/// Checks that the fast path's answer is the other one's.
pub(crate) fn check_same(runtime: &Runtime, dns: &Dns<World>, packet: &[u8], fast: &[u8]) {
    let slow = slow(runtime, dns, packet).expect("an answer on both paths");
    let is_truncated = |response: &[u8]| response[2] & 0x02 != 0;
    if is_truncated(&slow) && !is_truncated(fast) {
        // hickory repeats names where we point at them, so that less fits: the whole is the same.
        let whole = slow_over(Transport::Tcp, runtime, dns, packet);
        assert_eq!(meaning(fast), meaning(&whole.unwrap()));
    } else {
        assert_eq!(meaning(fast), meaning(&slow));
    }
}

/// What must be the same, whichever way it is put in octets.
pub(crate) fn meaning(response: &[u8]) -> String {
    let message = Message::from_vec(response).unwrap();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        message.metadata,
        message.queries,
        message.answers,
        message
            .authorities
            .iter()
            .map(|soa| {
                // The owner's case is the query's on one path, the configuration's on the other.
                (soa.name.to_lowercase(), soa.ttl, soa.data.clone())
            })
            .collect::<Vec<_>>(),
        message.additionals,
        message.edns,
    )
}

/// Checks that octets are a response to a query, and says at which name it has addresses or texts, if it has any.
pub(crate) fn check_response(query: &[u8], response: &[u8]) -> Option<String> {
    let message = Message::from_vec(response).expect("a message");
    let head = &message.metadata;
    assert_eq!(head.message_type, MessageType::Response);
    assert_eq!(&query[..2], &response[..2], "the id");
    assert!(!head.recursion_available);
    let mut listed = message
        .answers
        .iter()
        .filter(|record| matches!(record.data, RData::A(_) | RData::AAAA(_) | RData::TXT(_)));
    listed.next().map(|record| {
        let name = record.name.to_ascii().to_ascii_lowercase();
        name.trim_end_matches('.').to_owned()
    })
}
