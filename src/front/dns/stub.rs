//! A stub resolver for whoever wants to see what a name server really answers: one question, one answer, all that
//! tells one kind of trouble from another.

#![expect(clippy::wildcard_enum_match_arm, reason = "hickory's enums are open")]

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::ProtoError;
use hickory_proto::op::{Edns, Message, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{DNSClass, Name, RData, RecordType};
use hickory_proto::serialize::binary::DecodeError;
use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout, timeout_at};

use super::Transport;
use super::encode::{EDNS_PAYLOAD_OCTETS, EXTENDED_ERROR};

/// Between two datagrams of one question: UDP may lose the first.
const REPEAT: Duration = Duration::from_secs(3);

/// What to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// IPv4 addresses.
    A,
    /// A text.
    Txt,
    /// The server's own version, a text in class CHAOS.
    Version,
}

/// One question.
#[derive(Clone, Debug)]
pub struct Question<'q> {
    /// A name, with or without the dot at its end.
    pub name: &'q str,
    /// What about it.
    pub kind: Kind,
    /// Over what.
    pub transport: Transport,
    /// Whether the server may ask others; if not, it says what it has been told or knows already.
    pub recursion_desired: bool,
    /// Whether the server shall say if it has validated the answer (RFC 6840, section 5.7); some validate only then.
    pub validation_asked: bool,
    /// Whether the server shall leave signatures alone (RFC 4035, section 3.2.2).
    pub checking_disabled: bool,
    /// How long to wait for the answer.
    pub deadline: Duration,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The kind of answer.
    pub status: Status,
    /// Whether the server says it of itself, and has not asked or remembered it.
    pub is_authoritative: bool,
    /// Whether the server has validated it (RFC 4035, section 3.2.3).
    pub is_authentic: bool,
    /// All addresses in it.
    pub addresses: Vec<IpAddr>,
    /// All texts in it.
    pub texts: Vec<String>,
    /// Seconds that it may be kept: the shortest TTL in it, or what its SOA says if it is a negative one (RFC 2308,
    /// section 5).
    pub ttl: Option<u32>,
    /// The zone that a negative answer comes from, without the dot at its end.
    pub denied_by: Option<String>,
    /// The code and text of the extended error (RFC 8914), if there is one.
    pub extended_error: Option<(u16, String)>,
}

/// The response codes that differ for whoever has to mend something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// NOERROR.
    NoError,
    /// NXDOMAIN.
    NxDomain,
    /// SERVFAIL.
    ServFail,
    /// REFUSED.
    Refused,
    /// Any other, by its number.
    Other(u16),
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoError => formatter.write_str("NOERROR"),
            Self::NxDomain => formatter.write_str("NXDOMAIN"),
            Self::ServFail => formatter.write_str("SERVFAIL"),
            Self::Refused => formatter.write_str("REFUSED"),
            Self::Other(code) => write!(formatter, "response code {code}"),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum StubError {
    /// Nobody said anything.
    #[error("no answer within {} s", .0.as_secs())]
    Silence(Duration),
    /// The system says no, "connection refused" for one.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The name is none.
    #[error("cannot ask: {0}")]
    Question(#[from] ProtoError),
    /// The answer is no DNS message.
    #[error("an answer that is no DNS message: {0}")]
    Answer(#[from] DecodeError),
}

/// Asks `server`.
///
/// # Errors
/// [`StubError`], if there is no answer within the question's deadline.
pub async fn ask(server: SocketAddr, question: &Question<'_>) -> Result<Reply, StubError> {
    let query = question.message()?;
    let answer = async {
        match question.transport {
            Transport::Udp => over_udp(server, &query).await,
            Transport::Tcp => over_tcp(server, &query).await,
        }
    };
    match timeout(question.deadline, answer).await {
        Ok(message) => Ok(Reply::from(&message?)),
        Err(_elapsed) => Err(StubError::Silence(question.deadline)),
    }
}

impl Question<'_> {
    fn message(&self) -> Result<Message, ProtoError> {
        let mut name = Name::from_ascii(self.name)?;
        name.set_fqdn(true);
        let (rtype, class) = match self.kind {
            Kind::A => (RecordType::A, DNSClass::IN),
            Kind::Txt => (RecordType::TXT, DNSClass::IN),
            Kind::Version => (RecordType::TXT, DNSClass::CH),
        };
        let mut query = Query::query(name, rtype);
        query.set_query_class(class);
        let mut message = Message::query();
        message.add_query(query);
        message.metadata.recursion_desired = self.recursion_desired;
        message.metadata.authentic_data = self.validation_asked;
        message.metadata.checking_disabled = self.checking_disabled;
        let mut edns = Edns::new();
        edns.set_max_payload(EDNS_PAYLOAD_OCTETS);
        message.edns = Some(edns);
        Ok(message)
    }
}

/// The socket is connected, so that it hears nobody else, and hears at once that a port is closed.
async fn over_udp(server: SocketAddr, query: &Message) -> Result<Message, StubError> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    let octets = query.to_vec()?;
    // More than we say that we take.
    let mut buffer = [0; 4096];
    loop {
        socket.send(&octets).await?;
        let repeat_at = Instant::now() + REPEAT;
        while let Ok(received) = timeout_at(repeat_at, socket.recv(&mut buffer)).await {
            let answer = Message::from_vec(buffer.get(..received?).unwrap_or_default());
            match answer {
                Ok(answer) if answers(&answer, query) => return Ok(answer),
                // Of an earlier question, or forged.
                _ => {}
            }
        }
    }
}

/// RFC 7766: two octets of length before each message.
async fn over_tcp(server: SocketAddr, query: &Message) -> Result<Message, StubError> {
    let mut stream = TcpStream::connect(server).await?;
    let octets = query.to_vec()?;
    let length = u16::try_from(octets.len()).unwrap_or(u16::MAX);
    stream.write_u16(length).await?;
    stream.write_all(&octets).await?;
    let mut answer = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut answer).await?;
    Ok(Message::from_vec(&answer)?)
}

/// RFC 5452, section 9.1: the same id and the same question, which a refusal may leave out.
fn answers(answer: &Message, query: &Message) -> bool {
    let is_refusal = answer.metadata.response_code != ResponseCode::NoError;
    answer.metadata.id == query.metadata.id
        && (answer.queries == query.queries || (is_refusal && answer.queries.is_empty()))
}

impl From<&Message> for Reply {
    fn from(message: &Message) -> Self {
        let answers = || message.answers.iter().map(|record| &record.data);
        let denial = message
            .authorities
            .iter()
            .find_map(|record| match &record.data {
                RData::SOA(soa) => Some((record, soa.minimum)),
                _ => None,
            });
        Self {
            status: match message.metadata.response_code {
                ResponseCode::NoError => Status::NoError,
                ResponseCode::NXDomain => Status::NxDomain,
                ResponseCode::ServFail => Status::ServFail,
                ResponseCode::Refused => Status::Refused,
                other => Status::Other(other.into()),
            },
            is_authoritative: message.metadata.authoritative,
            is_authentic: message.metadata.authentic_data,
            addresses: answers().filter_map(RData::ip_addr).collect(),
            texts: answers()
                .filter_map(|data| match data {
                    RData::TXT(text) => Some(text.to_string()),
                    _ => None,
                })
                .collect(),
            ttl: message
                .answers
                .iter()
                .map(|record| record.ttl)
                .min()
                .or_else(|| denial.map(|(record, minimum)| record.ttl.min(minimum))),
            denied_by: denial
                .map(|(record, _)| record.name.to_ascii().trim_end_matches('.').to_owned()),
            extended_error: message.edns.as_ref().and_then(extended_error),
        }
    }
}

fn extended_error(edns: &Edns) -> Option<(u16, String)> {
    edns.options().as_ref().iter().find_map(|(_, option)| {
        let EdnsOption::Unknown(EXTENDED_ERROR, data) = option else {
            return None;
        };
        let (code, text) = data.split_first_chunk()?;
        let text = String::from_utf8_lossy(text).into_owned();
        Some((u16::from_be_bytes(*code), text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(name: &str) -> Message {
        let question = Question {
            name,
            kind: Kind::A,
            transport: Transport::Udp,
            recursion_desired: true,
            validation_asked: false,
            checking_disabled: false,
            deadline: REPEAT,
        };
        question.message().unwrap()
    }

    #[test]
    fn an_answer_is_to_the_question_that_was_asked() {
        let asked = question("hot.de");
        let mut answer = asked.clone();
        assert!(answers(&answer, &asked));
        answer.metadata.id = asked.metadata.id.wrapping_add(1);
        assert!(!answers(&answer, &asked));
        let mut other = question("other.de");
        other.metadata.id = asked.metadata.id;
        assert!(!answers(&other, &asked));
    }

    #[test]
    fn only_a_refusal_may_leave_the_question_out() {
        let asked = question("hot.de");
        let mut answer = asked.clone();
        answer.queries.clear();
        assert!(!answers(&answer, &asked));
        answer.metadata.response_code = ResponseCode::Refused;
        assert!(answers(&answer, &asked));
    }
}
