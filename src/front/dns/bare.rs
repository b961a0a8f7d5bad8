//! A query without what no answer depends on, for as long as it waits.
//!
//! Over TCP a query may have 64 KiB, and hickory makes a record of hundreds of octets of each eleven of them.
//! Thousands of such may wait at one time.

use hickory_net::xfer::Protocol;
use hickory_proto::op::{Edns, Message, MessageType, OpCode};
use hickory_server::server::Request;

/// The longest bare query: a header, a question with the longest name, an OPT record without options.
const OCTETS_MAX: usize = 12 + 255 + 4 + 11;

/// The same query with its question and its OPT record's own fields only.
pub(super) fn bare(request: Request) -> Request {
    let more = [&request.answers, &request.authorities, &request.additionals];
    if request.as_slice().len() <= OCTETS_MAX && more.iter().all(|records| records.is_empty()) {
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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use hickory_proto::rr::rdata::NULL;
    use hickory_proto::rr::rdata::opt::EdnsOption;
    use hickory_proto::rr::{Name, RData, Record};

    use super::*;
    use crate::front::fixture::packet;

    fn request(octets: Vec<u8>) -> Request {
        let client = SocketAddr::from(([127, 0, 0, 1], 53));
        Request::from_bytes(octets, client, Protocol::Udp).unwrap()
    }

    #[test]
    fn a_long_query_keeps_what_its_answer_depends_on() {
        let short = packet("hOt.de", "bogusmx.local", 16, 0x0100, &[]);
        assert_eq!(bare(request(short.clone())).as_slice(), short);
        let mut message = Message::from_vec(&short).unwrap();
        let mut edns = Edns::new();
        edns.set_max_payload(1400);
        edns.set_dnssec_ok(true);
        edns.options_mut()
            .insert(EdnsOption::Unknown(12, vec![0; 30_000]));
        message.edns = Some(edns);
        for _ in 0..2000 {
            let data = RData::NULL(NULL::with(vec![0]));
            message.add_additional(Record::from_rdata(Name::root(), 0, data));
        }
        let long = request(message.to_vec().unwrap());
        let bare = bare(long);
        assert!(bare.as_slice().len() <= OCTETS_MAX);
        assert_eq!(bare.metadata, message.metadata);
        let query = &bare.queries.queries()[0];
        assert!(query.original().name().eq_case(message.queries[0].name()));
        assert_eq!(query.query_type(), message.queries[0].query_type());
        let edns = bare.edns.as_ref().unwrap();
        assert_eq!(edns.max_payload(), 1400);
        assert!(edns.flags().dnssec_ok);
    }
}
