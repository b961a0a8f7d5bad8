//! A query without what no answer depends on, for as long as it waits.
//!
//! Over TCP a query may have 64 KiB, and hickory makes a record of hundreds of octets of each eleven of them.
//! Thousands of such may wait at one time.

use hickory_net::xfer::Protocol;
use hickory_proto::op::{Edns, Message, MessageType, OpCode};
use hickory_server::server::Request;

/// The longest query that stays as it came. It holds what mail servers and resolvers send.
const OCTETS_MAX: usize = 128;

/// The same query with its question and its OPT record's own fields only, if it is a long one.
pub(super) fn bare(request: Request) -> Request {
    if request.as_slice().len() <= OCTETS_MAX {
        return request;
    }
    let mut message = Message::new(request.metadata.id, MessageType::Query, OpCode::Query);
    message.metadata = request.metadata;
    let queries = request.queries.queries().iter();
    message.add_queries(queries.map(|query| query.original().clone()));
    message.edns = request.edns.as_ref().map(|theirs| {
        let mut edns = Edns::new();
        edns.set_max_payload(theirs.max_payload());
        edns.set_dnssec_ok(theirs.flags().dnssec_ok);
        edns
    });
    let read = |octets| Request::from_bytes(octets, request.src(), Protocol::Udp).ok();
    message.to_vec().ok().and_then(read).unwrap_or(request)
}
