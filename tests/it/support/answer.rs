//! An answer of the daemon, checked for what must hold of every answer, and said in a mail administrator's words.

use std::net::Ipv4Addr;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{RData, RecordType};

use super::packet::{AA, QR, Query, RA, RD};

/// Extended DNS errors (RFC 8914).
const EXTENDED_ERROR: u16 = 15;

/// One answer, with the octets that it came in.
pub(crate) struct Answer {
    pub(crate) message: Message,
    pub(crate) raw: Vec<u8>,
}

impl Answer {
    /// Reads the octets and checks the rules of every answer to `query`.
    pub(crate) fn to(query: &Query, raw: Vec<u8>) -> Self {
        let message = Message::from_vec(&raw)
            .unwrap_or_else(|error| panic!("the answer does not parse: {error}: {raw:?}"));
        let answer = Self { message, raw };
        answer.check_header(query);
        answer.check_sections(query);
        answer
    }

    /// The second word of the header.
    pub(crate) fn flags(&self) -> u16 {
        u16::from_be_bytes([self.raw[2], self.raw[3]])
    }

    fn check_header(&self, query: &Query) {
        assert_eq!(self.raw[..2], query.id.to_be_bytes(), "the id is copied");
        assert_eq!(self.flags() & QR, QR, "an answer has QR set");
        assert_eq!(self.flags() & RA, 0, "a list server offers no recursion");
        assert_eq!(self.flags() & RD, query.flags & RD, "RD is copied");
        let question = query.question();
        assert_eq!(
            self.raw[12..12 + question.len()],
            question,
            "the question is echoed octet by octet, its case included"
        );
        assert_eq!(
            self.message.edns.is_some(),
            query.edns.is_some(),
            "EDNS is answered with EDNS, a query without it is answered without"
        );
        if let Some(edns) = &self.message.edns {
            assert_eq!(edns.max_payload(), 1232, "the payload that we take");
        }
    }

    fn check_sections(&self, query: &Query) {
        let said = self.rcode();
        if said == ResponseCode::NoError || said == ResponseCode::NXDomain {
            assert_eq!(self.flags() & AA, AA, "answers of the zone have AA set");
        }
        let of = |wanted| self.records(wanted).count();
        if self.flags() & super::packet::TC == 0 {
            assert!(of(RecordType::A) <= 1, "at most one A: {:?}", self.message);
            assert!(of(RecordType::TXT) <= 1, "at most one TXT");
        }
        if let Some(text) = self.txt() {
            assert!(text.len() <= 255, "a text of {} octets", text.len());
            assert!(
                text.bytes().all(|octet| (b' '..=b'~').contains(&octet)),
                "printable ASCII only: {text:?}"
            );
        }
        let negative = self.message.answers.is_empty() && self.flags() & super::packet::TC == 0;
        if negative && (said == ResponseCode::NoError || said == ResponseCode::NXDomain) {
            let (ttl, minimum) = self.soa();
            assert_eq!(ttl, minimum, "TTL and MINIMUM of the SOA are equal");
        }
        if said == ResponseCode::ServFail {
            assert!(
                self.message.answers.is_empty(),
                "SERVFAIL answers no record"
            );
            if query.edns.is_some() {
                let code = self.ede().map(|(code, _)| code);
                assert!(
                    matches!(code, Some(0 | 6 | 13 | 22 | 23)),
                    "SERVFAIL says why with an extended error, not {code:?}"
                );
            }
        }
    }

    /// The verdict as a mail administrator would say it.
    pub(crate) fn verdict(&self) -> String {
        let refused = |code: ResponseCode| format!("{code:?}").to_lowercase();
        match self.rcode() {
            ResponseCode::NoError if self.message.answers.is_empty() => "not listed".to_owned(),
            ResponseCode::NoError => match (self.a(), self.txt()) {
                (Some(code), _) => format!("listed {code}"),
                (None, Some(text)) => format!("listed: {text}"),
                (None, None) => "other records".to_owned(),
            },
            ResponseCode::ServFail => "undecided".to_owned(),
            other => refused(other),
        }
    }

    /// The response code with the upper bits that EDNS carries.
    pub(crate) fn rcode(&self) -> ResponseCode {
        let low = self.raw[3] & 0x0f;
        let high = self
            .message
            .edns
            .as_ref()
            .map_or(0, |edns| edns.rcode_high());
        ResponseCode::from(high, low)
    }

    /// The records of one type in the answer section.
    pub(crate) fn records(&self, wanted: RecordType) -> impl Iterator<Item = &RData> {
        let answers = self.message.answers.iter();
        answers
            .filter(move |record| record.record_type() == wanted)
            .map(|record| &record.data)
    }

    /// The A of a listed answer.
    pub(crate) fn a(&self) -> Option<Ipv4Addr> {
        self.records(RecordType::A).find_map(|data| match data {
            RData::A(address) => Some(address.0),
            _ => None,
        })
    }

    /// The text of a listed answer; it must be one character-string.
    pub(crate) fn txt(&self) -> Option<String> {
        self.records(RecordType::TXT).find_map(|data| match data {
            RData::TXT(txt) => {
                assert_eq!(txt.txt_data.len(), 1, "exactly one character-string");
                Some(String::from_utf8_lossy(&txt.txt_data[0]).into_owned())
            }
            _ => None,
        })
    }

    /// TTL and MINIMUM of the SOA of a negative answer.
    pub(crate) fn soa(&self) -> (u32, u32) {
        assert_eq!(self.message.authorities.len(), 1, "one SOA and no more");
        let record = &self.message.authorities[0];
        match &record.data {
            RData::SOA(soa) => (record.ttl, soa.minimum),
            other => panic!("a negative answer carries an SOA, not {other:?}"),
        }
    }

    /// For how long a resolver may keep this answer.
    pub(crate) fn ttl(&self) -> u32 {
        match self.message.answers.as_slice() {
            [] => self.soa().0,
            records => {
                let ttl = records[0].ttl;
                assert!(records.iter().all(|record| record.ttl == ttl));
                ttl
            }
        }
    }

    /// The extended DNS error: code and text.
    pub(crate) fn ede(&self) -> Option<(u16, String)> {
        let options = self.message.edns.as_ref()?.options();
        options.options.iter().find_map(|(_, option)| match option {
            EdnsOption::Unknown(EXTENDED_ERROR, data) => {
                let text = String::from_utf8_lossy(&data[2..]).into_owned();
                Some((u16::from_be_bytes([data[0], data[1]]), text))
            }
            _ => None,
        })
    }
}
