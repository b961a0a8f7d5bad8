//! From a packet to a packet: hickory reads the query and writes the answer.
//!
//! The sockets are not here. hickory-server's own `Server` is not used, because it spawns without
//! bounds, drops the answers in flight when it stops, answers the queries of one TCP connection one
//! after the other, and answers a broken *response*; what it reads and writes with is.

pub mod client;
pub(super) mod encode;
pub mod stub;
pub mod zone_file;

use std::net::SocketAddr;
use std::sync::Arc;

use hickory_net::xfer::Protocol;
use hickory_proto::op::{Header, MessageType, OpCode};
use hickory_proto::rr::DNSClass;
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder};
use hickory_server::server::Request;

use super::answer::{Answer, Rcode};
use super::authority::{Admission, Authority, Question};
use crate::oracle::lookup::Lookup;
use crate::verdict::domain::NameBuffer;

/// How a query came, which decides how long its answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Over UDP.
    Udp,
    /// Over TCP.
    Tcp,
}

/// How far an answer comes without a look-up.
pub enum Begun {
    /// To its end: the response, if there is to be one.
    Done(Option<Vec<u8>>),
    /// Not yet.
    Waiting(Waiting),
}

/// A query whose answer takes a look-up.
pub struct Waiting {
    request: Box<Request>,
    transport: Transport,
}

/// Answers DNS messages.
pub struct Dns<L> {
    authority: Arc<Authority<L>>,
}

impl<L: Lookup> Dns<L> {
    /// Reads and writes for this authority.
    pub fn new(authority: Arc<Authority<L>>) -> Self {
        Self { authority }
    }

    /// Who answers.
    pub fn authority(&self) -> &Authority<L> {
        &self.authority
    }

    /// The answer to a packet; none for what is no query.
    ///
    /// Everything that is a query gets an answer, always: silence makes resolvers write a server
    /// off for all names.
    pub async fn respond(
        &self,
        packet: Vec<u8>,
        client: SocketAddr,
        transport: Transport,
    ) -> Option<Vec<u8>> {
        match self.begin(packet, client, transport) {
            Begun::Done(response) => response,
            Begun::Waiting(query) => match self.authority.admit() {
                Some(admission) => self.finish(&query, admission).await,
                None => self.turn_away(&query),
            },
        }
    }

    /// Answers a packet as far as that takes no look-up.
    pub fn begin(&self, packet: Vec<u8>, client: SocketAddr, transport: Transport) -> Begun {
        let request = match self.take(packet, client, transport) {
            Ok(request) => request,
            Err(response) => return Begun::Done(response),
        };
        let name = name(&request);
        let mut sitting = self.authority.sitting();
        let mut buffer = NameBuffer::new();
        let placed = sitting.place(question(&request, &name), &mut buffer);
        let say = |answer: &Answer<'_>| encode::answer(&request, answer, transport);
        match sitting.answer(&placed, say) {
            Some(response) => Begun::Done(response),
            None => Begun::Waiting(Waiting {
                request: Box::new(request),
                transport,
            }),
        }
    }

    /// Answers a query, looking up what it takes.
    pub async fn finish(&self, query: &Waiting, admission: Admission) -> Option<Vec<u8>> {
        let request = &query.request;
        let name = name(request);
        let (question, client) = (question(request, &name), request.src().ip());
        let say = |answer: &Answer<'_>| query.say(answer);
        self.authority
            .answer(admission, question, client, say)
            .await
    }

    /// SERVFAIL to a query, because there are too many who wait already.
    pub fn turn_away(&self, query: &Waiting) -> Option<Vec<u8>> {
        self.authority.turn_away(|answer| query.say(answer))
    }

    /// Takes a query in; else the response to what is none, or none that can be answered.
    fn take(
        &self,
        packet: Vec<u8>,
        client: SocketAddr,
        transport: Transport,
    ) -> Result<Request, Option<Vec<u8>>> {
        let header = Header::read(&mut BinDecoder::new(&packet)).map_err(|_short| None)?;
        // Answering a response would let two servers answer each other for ever.
        if header.message_type == MessageType::Response {
            self.authority.stats().dropped.count();
            return Err(None);
        }
        self.read(&header, packet, client).map_err(|refusal| {
            self.authority.stats().faulty.count();
            match refusal {
                (rcode, Some(request)) => encode::answer(&request, &Answer::bare(rcode), transport),
                (rcode, None) => encode::header_only(&header, rcode),
            }
        })
    }

    /// Reads the query, or says with which code it is turned away: with the question echoed if it
    /// could be read.
    fn read(
        &self,
        header: &Header,
        packet: Vec<u8>,
        client: SocketAddr,
    ) -> Result<Request, (Rcode, Option<Box<Request>>)> {
        if header.op_code != OpCode::Query {
            return Err((Rcode::NotImp, None));
        }
        if header.counts.queries != 1 {
            return Err((Rcode::FormErr, None));
        }
        // The protocol is hickory's business only where hickory sends.
        let request = Request::from_bytes(packet, client, Protocol::Udp)
            .map_err(|_broken| (Rcode::FormErr, None))?;
        if request
            .edns
            .as_ref()
            .is_some_and(|edns| edns.version() != 0)
        {
            return Err((Rcode::BadVers, Some(Box::new(request))));
        }
        let class = request
            .queries
            .queries()
            .first()
            .map(|query| query.query_class());
        if class != Some(DNSClass::IN) || !self.authority.is_allowed(client.ip()) {
            return Err((Rcode::Refused, Some(Box::new(request))));
        }
        Ok(request)
    }
}

impl Waiting {
    fn say(&self, answer: &Answer<'_>) -> Option<Vec<u8>> {
        encode::answer(&self.request, answer, self.transport)
    }
}

fn question<'n>(request: &Request, name: &'n [u8]) -> Question<'n> {
    let first = request.queries.queries().first();
    Question {
        name,
        qtype: first.map_or(0, |query| query.query_type().into()),
    }
}

/// The name that is asked for, as on the wire, without pointers.
fn name(request: &Request) -> Vec<u8> {
    let mut name = Vec::new();
    for query in request.queries.queries().iter().take(1) {
        for label in query.original().name() {
            // Labels have 63 octets at most.
            name.push(u8::try_from(label.len()).unwrap_or_default());
            name.extend(label);
        }
    }
    name.push(0);
    name
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::{Edns, Message, Query};
    use hickory_proto::rr::{Name, RecordType};
    use proptest::prelude::*;

    use super::*;
    use crate::front::fixture::dns;
    use crate::oracle::world::World;

    fn query() -> Vec<u8> {
        let mut message = Message::query();
        let name = Name::from_ascii("hot.de.bogusmx.local.").unwrap();
        message.add_query(Query::query(name, RecordType::TXT));
        message.edns = Some(Edns::new());
        message.to_vec().unwrap()
    }

    fn respond(dns: &Dns<World>, packet: Vec<u8>) -> Option<Vec<u8>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let client = SocketAddr::from(([127, 0, 0, 1], 53));
        runtime.block_on(dns.respond(packet, client, Transport::Udp))
    }

    #[test]
    fn a_query_gets_its_answer() {
        let answer = Message::from_vec(&respond(&dns(), query()).unwrap()).unwrap();
        assert_eq!(answer.answers.len(), 1);
        assert!(answer.metadata.authoritative);
    }

    proptest! {
        /// Whatever comes in, nothing panics, and what goes out is a response to it that reads.
        #[test]
        fn every_packet_is_answered_or_dropped(
            noise in prop::collection::vec(any::<u8>(), 0..80),
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            from_query in any::<bool>(),
        ) {
            let mut packet = if from_query { query() } else { noise };
            for (index, octet) in edits {
                if !packet.is_empty() {
                    let index = index.index(packet.len());
                    packet[index] = octet;
                }
            }
            let id = packet.first_chunk::<2>().copied();
            let is_query = packet.len() >= 12 && packet[2] & 0x80 == 0;
            let response = respond(&dns(), packet);
            prop_assert_eq!(response.is_some(), is_query);
            if let Some(response) = response {
                prop_assert_eq!(response.first_chunk::<2>().copied(), id);
                prop_assert!(response.len() <= 1232);
                let message = Message::from_vec(&response);
                prop_assert!(message.is_ok(), "{:?}", message);
            }
        }
    }
}
