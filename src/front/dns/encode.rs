//! From an answer to the octets of a response.

use hickory_proto::op::{Edns, Header, Metadata, ResponseCode};
use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecoder, BinEncoder};
use hickory_server::server::Request;
use hickory_server::zone_handler::{MessageResponseBuilder, Queries};

use super::{Inquiry, Transport};
use crate::front::answer::{self, Answer, Rcode, Soa, Trouble};
use crate::front::cookie::{COOKIE, Returned};
use crate::verdict::Domain;

/// The payload that we send and take over UDP: what passes without fragments (RFC 9715).
pub(in crate::front) const EDNS_PAYLOAD_OCTETS: u16 = 1232;

/// What a client without EDNS takes over UDP (RFC 1035, section 4.2.1).
pub(in crate::front) const PLAIN_PAYLOAD_OCTETS: u16 = 512;

/// The option code of extended errors (RFC 8914, section 2).
pub(in crate::front) const EXTENDED_ERROR: u16 = 15;

/// Encodes an answer; over UDP, one that is too long leaves without records and with TC set.
///
/// None if the encoder fails, which no answer of ours makes it do.
pub(super) fn answer(inquiry: &Inquiry, answer: &Answer<'_>) -> Option<Vec<u8>> {
    let whole = write(inquiry, answer)?;
    if inquiry.transport == Transport::Tcp || whole.len() <= payload(&inquiry.request).into() {
        return Some(whole);
    }
    write(inquiry, &answer.truncated())
}

/// Encodes a response to a query whose question cannot be read or does not matter.
pub(super) fn header_only(query: &Header, rcode: Rcode) -> Option<Vec<u8>> {
    let nothing = Queries::read(&mut BinDecoder::new(&[]), 0).ok()?;
    let response =
        MessageResponseBuilder::new(&nothing, None).error_msg(&query.metadata, code(rcode));
    let mut octets = Vec::with_capacity(PLAIN_PAYLOAD_OCTETS.into());
    response
        .destructive_emit(&mut BinEncoder::new(&mut octets))
        .ok()?;
    Some(octets)
}

fn write(inquiry: &Inquiry, answer: &Answer<'_>) -> Option<Vec<u8>> {
    let request = &inquiry.request;
    let mut metadata = Metadata::response_from_request(&request.metadata);
    metadata.response_code = code(answer.rcode);
    metadata.authoritative = answer.is_authoritative;
    metadata.recursion_available = false;
    metadata.truncation = answer.is_truncated;
    // Without a question there are no records.
    let name = request.queries.queries().first();
    let name = name.map_or_else(Name::root, |query| query.original().name().clone());
    let records: Vec<Record> = answer
        .records
        .iter()
        .map(|record| self::record(name.clone(), record))
        .collect();
    let edns = request
        .edns
        .as_ref()
        .map(|theirs| edns(theirs, inquiry.cookie.as_ref(), answer.trouble.as_ref()));
    let soa = match &answer.soa {
        Some(soa) => Some(self::soa(soa)?),
        None => None,
    };
    let mut octets = Vec::with_capacity(PLAIN_PAYLOAD_OCTETS.into());
    let mut encoder = BinEncoder::new(&mut octets);
    encoder.set_max_size(u16::MAX);
    MessageResponseBuilder::new(&request.queries, edns.as_ref())
        .build(metadata, &records, [], &soa, [])
        .destructive_emit(&mut encoder)
        .ok()?;
    Some(octets)
}

/// What the client takes over UDP.
fn payload(request: &Request) -> u16 {
    match &request.edns {
        Some(edns) => edns
            .max_payload()
            .clamp(PLAIN_PAYLOAD_OCTETS, EDNS_PAYLOAD_OCTETS),
        None => PLAIN_PAYLOAD_OCTETS,
    }
}

/// Our OPT record (RFC 6891): version 0, DO as the client has it (RFC 3225, section 3).
fn edns(theirs: &Edns, cookie: Option<&Returned>, trouble: Option<&Trouble<'_>>) -> Edns {
    let mut edns = Edns::new();
    edns.set_max_payload(EDNS_PAYLOAD_OCTETS);
    edns.set_version(0);
    edns.set_dnssec_ok(theirs.flags().dnssec_ok);
    if let Some(cookie) = cookie {
        edns.options_mut()
            .insert(EdnsOption::Unknown(COOKIE, cookie.octets.into()));
    }
    if let Some(Trouble { code, text }) = trouble {
        let text = text.to_array();
        let data = code.to_be_bytes().into_iter().chain(text.bytes()).collect();
        edns.options_mut()
            .insert(EdnsOption::Unknown(EXTENDED_ERROR, data));
    }
    edns
}

fn record(name: Name, record: &answer::Record<'_>) -> Record {
    let mut rdata = Vec::new();
    record.data.put(|piece| rdata.extend(piece));
    unknown(name, record.rtype, record.ttl, rdata)
}

fn soa(soa: &Soa<'_>) -> Option<Record> {
    let rdata = [soa.stem, &soa.ttl.to_be_bytes()].concat();
    Some(unknown(name(soa.origin)?, answer::SOA, soa.ttl, rdata))
}

fn unknown(name: Name, rtype: u16, ttl: u32, rdata: Vec<u8>) -> Record {
    let rdata = NULL::with(rdata);
    let code = RecordType::from(rtype);
    Record::from_rdata(name, ttl, RData::Unknown { code, rdata })
}

fn name(origin: &Domain) -> Option<Name> {
    let mut name = Name::from_labels(origin.labels().map(str::as_bytes)).ok()?;
    name.set_fqdn(true);
    Some(name)
}

fn code(rcode: Rcode) -> ResponseCode {
    match rcode {
        Rcode::NoError => ResponseCode::NoError,
        Rcode::FormErr => ResponseCode::FormErr,
        Rcode::ServFail => ResponseCode::ServFail,
        Rcode::NxDomain => ResponseCode::NXDomain,
        Rcode::NotImp => ResponseCode::NotImp,
        Rcode::Refused => ResponseCode::Refused,
        Rcode::BadVers => ResponseCode::BADVERS,
    }
}
