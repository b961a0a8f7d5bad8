//! What an answer says: its records, found along CNAMEs, or a failure.

#![expect(clippy::wildcard_enum_match_arm, reason = "hickory's enums are open")]

use std::net::IpAddr;

use hickory_net::{DnsError, NetError};
use hickory_proto::op::{DnsResponse, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use crate::oracle::lookup::{HostAddresses, MailHosts, MxRecord, Target};
use crate::verdict::Domain;
use crate::verdict::evidence::Failure;

/// What an MX record points at.
fn target(exchange: &Name) -> Target {
    if exchange.is_root() {
        return Target::Root;
    }
    match Domain::from_labels(exchange.iter()) {
        Ok(name) => Target::Name(name),
        // Octet by octet, not escaped as hickory prints it: `::1` is an address.
        Err(_unfit) => {
            let labels: Vec<_> = exchange.iter().map(String::from_utf8_lossy).collect();
            // Its end may be written as we wrote it in the question.
            Target::Unfit(labels.join(".").to_ascii_lowercase().into())
        }
    }
}

/// The records asked for, none if there are none, and how long that may be kept.
pub(super) struct Resolved {
    pub(super) records: Vec<RData>,
    pub(super) ttl: u32,
}

impl From<Resolved> for MailHosts {
    fn from(Resolved { records, ttl }: Resolved) -> Self {
        let mx = |data| match data {
            RData::MX(mx) => Some(MxRecord {
                preference: mx.preference,
                target: target(&mx.exchange),
            }),
            _ => None,
        };
        let records = records.into_iter().filter_map(mx).collect();
        Self { records, ttl }
    }
}

impl From<Resolved> for HostAddresses {
    fn from(Resolved { records, ttl }: Resolved) -> Self {
        let addresses = records.into_iter().filter_map(|data| data.ip_addr());
        let addresses = addresses.collect::<Box<[IpAddr]>>();
        Self { addresses, ttl }
    }
}

/// One message from upstream, as far as it matters.
pub(super) struct Reply {
    answers: Vec<Record>,
    /// Seconds from the SOA of a negative answer (RFC 2308, section 5).
    negative_ttl: Option<u32>,
    /// NXDOMAIN or NODATA: there is nothing at the end of the answers.
    negative: bool,
}

impl Reply {
    pub(super) fn of(response: DnsResponse) -> Self {
        let negative_ttl = response.negative_ttl();
        Self {
            negative: response.answers.is_empty()
                || negative_ttl.is_some()
                || response.response_code == ResponseCode::NXDomain,
            negative_ttl,
            answers: response.into_message().answers,
        }
    }

    /// Of a response that speaks for this one name, be it an alias or not.
    pub(super) fn of_proven(response: DnsResponse) -> Self {
        Self {
            negative_ttl: response.negative_ttl(),
            negative: response.answers.is_empty(),
            answers: response.into_message().answers,
        }
    }
}

/// The response, if it answers the question, whether with records or without.
pub(super) fn usable(answer: Result<DnsResponse, NetError>) -> Result<DnsResponse, Failure> {
    let response = answer.map_err(|error| failure(&error))?;
    match response.response_code {
        ResponseCode::NoError if is_referral(&response) => Err(Failure::Lame),
        ResponseCode::NoError | ResponseCode::NXDomain => Ok(response),
        code => Err(failure_of(code)),
    }
}

/// RFC 2308, section 2.2: name servers without an SOA are a referral, not NODATA.
fn is_referral(response: &DnsResponse) -> bool {
    let has = |wanted| {
        let mut types = response.authorities.iter().map(Record::record_type);
        types.any(|rtype| rtype == wanted)
    };
    response.answers.is_empty() && has(RecordType::NS) && !has(RecordType::SOA)
}

fn failure_of(code: ResponseCode) -> Failure {
    match code {
        ResponseCode::ServFail => Failure::ServFail,
        ResponseCode::Refused => Failure::Refused,
        _ => Failure::Broken,
    }
}

fn failure(error: &NetError) -> Failure {
    match error {
        NetError::Timeout => Failure::Timeout,
        NetError::Io(_) | NetError::NoConnections | NetError::Busy => Failure::Network,
        // How hickory says that a connection ended under a question. No answer is ever told in words.
        NetError::Message(_) | NetError::Msg(_) => Failure::Network,
        NetError::Dns(DnsError::ResponseCode(code)) => failure_of(*code),
        _ => Failure::Broken,
    }
}

/// The way from the name that was asked for along its CNAMEs.
pub(super) struct Chain {
    pub(super) end: Name,
    ttl: u32,
    cnames_left: usize,
}

impl Chain {
    pub(super) fn from(name: Name, cnames_max: usize) -> Self {
        Self {
            end: name,
            ttl: u32::MAX,
            cnames_left: cnames_max,
        }
    }

    /// Goes on through the records of a reply; none if they end at a CNAME whose target is not
    /// among them.
    ///
    /// Records of other names and classes are not looked at: an answer speaks for what was asked
    /// only.
    pub(super) fn walk(
        &mut self,
        reply: &Reply,
        rtype: RecordType,
    ) -> Result<Option<Resolved>, Failure> {
        loop {
            let here = reply
                .answers
                .iter()
                .filter(|record| record.name == self.end && record.dns_class == DNSClass::IN);
            let (found, cname) = here.fold((Vec::new(), None), |(mut found, cname), record| {
                if record.record_type() == rtype {
                    self.ttl = self.ttl.min(record.ttl);
                    found.push(record.data.clone());
                }
                match &record.data {
                    RData::CNAME(target) => (found, Some((target.0.clone(), record.ttl))),
                    _ => (found, cname),
                }
            });
            if !found.is_empty() {
                return Ok(Some(Resolved {
                    records: found,
                    ttl: self.ttl,
                }));
            }
            let Some((target, ttl)) = cname else { break };
            self.cnames_left = self.cnames_left.checked_sub(1).ok_or(Failure::CnameChain)?;
            self.ttl = self.ttl.min(ttl);
            self.end = target;
        }
        let ttl = self.ttl.min(reply.negative_ttl.unwrap_or(0));
        Ok(reply.negative.then_some(Resolved {
            records: Vec::new(),
            ttl,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};

    use hickory_proto::ProtoError;

    use super::*;

    #[test]
    fn a_connection_that_fails_is_told_from_an_answer() {
        let check = |error: NetError, expected| {
            assert_eq!(failure(&error), expected, "{error:?}");
        };
        for error in [
            NetError::Busy,
            NetError::NoConnections,
            io::Error::from(ErrorKind::ConnectionReset).into(),
            io::Error::from(ErrorKind::UnexpectedEof).into(),
            "receiver was canceled".into(),
            "mpsc::SendError full".to_owned().into(),
        ] {
            check(error, Failure::Network);
        }
        check(
            io::Error::from(ErrorKind::TimedOut).into(),
            Failure::Timeout,
        );
        check(
            DnsError::ResponseCode(ResponseCode::Refused).into(),
            Failure::Refused,
        );
        check(
            ProtoError::Message("another question's answer").into(),
            Failure::Broken,
        );
        check(NetError::Truncated, Failure::Broken);
    }

    #[test]
    fn what_is_no_host_name_is_shown_in_one_case() {
        let exchange = Name::from_labels(["mX*1".as_bytes(), b"hOt", b"DE"]).unwrap();
        assert_eq!(target(&exchange), Target::Unfit("mx*1.hot.de".into()));
    }
}
