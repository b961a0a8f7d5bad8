//! What a response says to its question, and nothing else: the rest is never looked at, and so costs
//! nothing to prove and cannot stand in for a proof.
//!
//! hickory's validator takes a denial whose records are all of an unsigned zone for one of an unsigned
//! zone, whichever that is. Here, that zone must be one that the name is in.

#![expect(clippy::wildcard_enum_match_arm, reason = "hickory's enums are open")]

use hickory_proto::dnssec::rdata::{DNSSECRData, RRSIG};
use hickory_proto::op::{Message, Query};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

/// Leaves of a message the records that were asked for, or else the denial by a zone that the name is
/// in; and what belongs to the proof of either.
pub(super) fn prune(query: &Query, message: &mut Message) {
    let (name, rtype) = (query.name(), query.query_type());
    message.answers.retain(|record| {
        record.name == *name && record.dns_class == DNSClass::IN && subject(record) == rtype
    });
    let mut denial = vec![RecordType::NSEC, RecordType::NSEC3];
    let zone = if message.answers.iter().any(|it| it.record_type() == rtype) {
        let mut signers = message.answers.iter().filter_map(rrsig);
        let signer = signers.find(|rrsig| rrsig.input().signer_name.zone_of(name));
        signer.map(|rrsig| rrsig.input().signer_name.clone())
    } else {
        denial.push(RecordType::SOA);
        let mut soas = message.authorities.iter();
        let soa = soas.find(|it| it.record_type() == RecordType::SOA && it.name.zone_of(name));
        soa.map(|soa| soa.name.clone())
    };
    message.authorities.retain(|record| {
        let is_in_zone = |zone: &Name| match subject(record) {
            RecordType::SOA => record.name == *zone,
            _ => zone.zone_of(&record.name),
        };
        record.dns_class == DNSClass::IN
            && denial.contains(&subject(record))
            && zone.as_ref().is_some_and(is_in_zone)
    });
    message.additionals.clear();
}

/// The type that a record is about: a signature is about that of the records that it signs.
fn subject(record: &Record) -> RecordType {
    rrsig(record).map_or(record.record_type(), |rrsig| rrsig.input().type_covered)
}

/// The signature that a record is, if it is one.
pub(super) fn rrsig(record: &Record) -> Option<&RRSIG> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(rrsig)) => Some(rrsig),
        _ => None,
    }
}
