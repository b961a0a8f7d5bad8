//! What the validator leaves to whoever asks it: to look at the proof of each record, and to see whether
//! there was a closer name than the wildcard that an answer was made from.
//!
//! The latter it does only in part. It takes an answer for proved whose denials are of an unsigned zone,
//! and takes an NSEC record's for bogus where the name is the wildcard's sibling, which it usually is.

#![expect(clippy::wildcard_enum_match_arm, reason = "hickory's enums are open")]

use hickory_net::{DnsError, NetError};
use hickory_proto::dnssec::Proof;
use hickory_proto::dnssec::rdata::{DNSSECRData, NSEC};
use hickory_proto::op::{DnsResponse, Message};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::relevant::rrsig;

/// The pruned response, if it is true, or nobody can say so because its zone is not signed.
pub(super) fn proven(outcome: Result<DnsResponse, NetError>) -> Option<DnsResponse> {
    let (response, is_denied) = match outcome {
        Ok(response) => (response, true),
        // Hashed so often that it counts as unsigned (RFC 9276, section 3.2).
        Err(NetError::Dns(DnsError::Nsec {
            response, proof, ..
        })) => (*response, proof == Proof::Insecure),
        Err(_) => return None,
    };
    let is_true = |it: &Record| matches!(it.proof, Proof::Secure | Proof::Insecure);
    let mut records = response.answers.iter().filter(|it| rrsig(it).is_none());
    let is_proven = records.all(is_true)
        && match closer_name(&response) {
            None => is_denied,
            Some(closer) => {
                is_denied_by_nsec(&response, &closer) || is_denied && has_nsec3(&response)
            }
        };
    is_proven.then_some(response)
}

/// Of an answer that was made from a wildcard, the name below the wildcard's parent that must not exist
/// (RFC 4035, section 5.3.4; in the words of RFC 5155, the next closer name).
fn closer_name(response: &Message) -> Option<Name> {
    response.answers.iter().find_map(|record| {
        let labels = rrsig(record)?.input().num_labels;
        let is_made = record.proof == Proof::Secure && labels < record.name.num_labels();
        is_made.then(|| record.name.trim_to(usize::from(labels) + 1))
    })
}

fn is_denied_by_nsec(response: &Message, name: &Name) -> bool {
    let mut nsecs = response.authorities.iter().filter_map(|it| match &it.data {
        RData::DNSSEC(DNSSECRData::NSEC(nsec)) if it.proof == Proof::Secure => {
            Some((&it.name, nsec))
        }
        _ => None,
    });
    nsecs.any(|(owner, nsec)| is_between(name, owner, nsec))
}

/// Whether a name would stand between the owner and the next name, were it there (RFC 4035, section
/// 5.4; RFC 6840, section 4.1).
fn is_between(name: &Name, owner: &Name, nsec: &NSEC) -> bool {
    let next = nsec.next_domain_name();
    let is_last = next <= owner;
    let is_elsewhere = nsec.is_ancestor_delegation() && owner.zone_of(name);
    let is_inside = name > owner && (name < next || is_last && next.zone_of(name));
    // Were the next name below, there would be the name itself, if without records.
    is_inside && !is_elsewhere && (is_last || !name.zone_of(next))
}

fn has_nsec3(response: &Message) -> bool {
    let is_nsec3 = |it: &Record| it.proof == Proof::Secure && it.record_type() == RecordType::NSEC3;
    response.authorities.iter().any(is_nsec3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_nsec_denies_what_stands_between_its_names() {
        let name = |text: &str| Name::from_ascii(text).unwrap();
        let check =
            |owner: &str, next: &str, types: &[RecordType], denied: &str, expected: bool| {
                let nsec = NSEC::new(name(next), types.iter().copied());
                let said = is_between(&name(denied), &name(owner), &nsec);
                assert_eq!(said, expected, "{owner} NSEC {next}: {denied}");
            };
        let (host, cut) = (&[RecordType::A][..], &[RecordType::NS][..]);
        check("c.w.de.", "y.de.", host, "x.w.de.", true);
        check("c.w.de.", "y.de.", host, "b.w.de.", false);
        check("c.w.de.", "y.de.", host, "c.w.de.", false);
        check("c.w.de.", "y.de.", host, "y.de.", false);
        // The last of its zone, and another zone's.
        check("c.de.", "de.", host, "x.de.", true);
        check("c.de.", "de.", host, "x.net.", false);
        check("c.de.", "de.", host, "b.de.", false);
        // Below a delegation the parent knows nothing.
        check("c.de.", "y.de.", cut, "x.c.de.", false);
        check("c.de.", "y.de.", cut, "x.de.", true);
        check("c.de.", "y.de.", host, "x.c.de.", true);
        // There are names below it.
        check("c.de.", "a.x.de.", host, "x.de.", false);
    }
}
