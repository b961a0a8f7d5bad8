//! From a packet to a packet: hickory reads the query and writes the answer.
//!
//! The sockets are not here. hickory-server's own `Server` is not used, because it spawns without
//! bounds, drops the answers in flight when it stops, answers the queries of one TCP connection one
//! after the other, and answers a broken *response*; what it reads and writes with is.

mod bare;
pub mod client;
pub(super) mod encode;
pub mod stub;
pub mod zone_file;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures::future::{BoxFuture, FutureExt as _};
use hickory_net::xfer::Protocol;
use hickory_proto::op::{Header, LowerQuery, MessageType, OpCode};
use hickory_proto::rr::DNSClass;
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder};
use hickory_server::server::Request;

use bare::bare;

use super::answer::{Answer, Rcode};
use super::authority::{Admission, Authority, Question};
use super::cookie::{Malformed, Presented, Returned};
use crate::oracle::Ticket;
use crate::oracle::lookup::Lookup;
use crate::verdict::domain::NameBuffer;

/// The length of a message's header (RFC 1035, section 4.1.1).
const HEADER_OCTETS: usize = 12;

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

/// How far an answer comes without anybody waiting for it.
pub enum Started {
    /// To its end: the response, if there is to be one.
    Done(Option<Vec<u8>>),
    /// Not yet, and its look-up is under way.
    Waiting(BoxFuture<'static, Option<Vec<u8>>>),
}

/// A query whose answer takes a look-up.
pub struct Waiting(Box<Inquiry>);

/// Whether a query has been counted against what its client may have: answers over UDP, new domains.
pub enum Toll {
    /// Not yet.
    Due,
    /// By who has looked at it before; with what was paid for, if that was the first look-up of a domain.
    Paid(Option<Ticket>),
}

/// A query that can be read, and what every answer to it depends on.
struct Inquiry {
    request: Request,
    transport: Transport,
    /// The cookie that goes back.
    cookie: Option<Returned>,
}

/// What is said to a query that is not looked at.
enum Dismissal {
    /// The question, which could not be read, is not repeated.
    Unread(Rcode),
    /// It is.
    Read(Box<Inquiry>, Rcode),
    /// The client is to come back over TCP.
    Slip(Box<Inquiry>),
}

/// Answers DNS messages.
pub struct Dns<L> {
    authority: Arc<Authority<L>>,
}

impl Toll {
    fn is_due(&self) -> bool {
        matches!(self, Self::Due)
    }
}

impl Waiting {
    /// The client, if it is still to pay.
    pub fn payer(&self, toll: &Toll) -> Option<IpAddr> {
        toll.is_due().then(|| self.0.request.src().ip())
    }
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
        match self.begin(packet, client, transport, &Toll::Due) {
            Begun::Done(response) => response,
            Begun::Waiting(query) => match self.authority.admit() {
                Some(admission) => {
                    let payer = query.payer(&Toll::Due);
                    self.finish(&query, admission, payer).await
                }
                None => self.turn_away(&query),
            },
        }
    }

    /// Answers a packet as far as that takes no look-up.
    pub fn begin(
        &self,
        packet: Vec<u8>,
        client: SocketAddr,
        transport: Transport,
        toll: &Toll,
    ) -> Begun {
        let mut inquiry = match self.take(packet, client, transport, toll) {
            Ok(inquiry) => inquiry,
            Err(response) => return Begun::Done(response),
        };
        let name = inquiry.name();
        let mut sitting = self.authority.sitting();
        let mut buffer = NameBuffer::new();
        let placed = sitting.place(inquiry.question(&name), &mut buffer);
        match sitting.answer(&placed, |answer| inquiry.say(answer)) {
            Some(response) => Begun::Done(response),
            None => {
                inquiry.request = bare(inquiry.request);
                Begun::Waiting(Waiting(inquiry))
            }
        }
    }

    /// Has a query looked up. What was paid for may be given up once it has returned.
    ///
    /// What is turned away at a limit is done by then. As a task it would take a place among those who
    /// wait, until it is its turn to hear so: behind all that is being looked up, in a flood seconds.
    pub fn start(self: &Arc<Self>, query: Waiting, toll: &Toll) -> Started {
        let Some(admission) = self.authority.admit() else {
            return Started::Done(self.turn_away(&query));
        };
        let (dns, payer) = (Arc::clone(self), query.payer(toll));
        let mut answer = async move { dns.finish(&query, admission, payer).await }.boxed();
        // Nobody is to be woken: whoever waits for the answer asks again, and tells whom.
        match answer.poll_unpin(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(response) => Started::Done(response),
            Poll::Pending => Started::Waiting(answer),
        }
    }

    /// Answers a query, looking up what it takes, which the `payer` pays for if it is a new domain.
    pub async fn finish(
        &self,
        query: &Waiting,
        admission: Admission,
        payer: Option<IpAddr>,
    ) -> Option<Vec<u8>> {
        let Waiting(inquiry) = query;
        let name = inquiry.name();
        let question = inquiry.question(&name);
        let say = |answer: &Answer<'_>| inquiry.say(answer);
        self.authority.answer(admission, question, payer, say).await
    }

    /// SERVFAIL to a query, because there are too many who wait already.
    pub fn turn_away(&self, query: &Waiting) -> Option<Vec<u8>> {
        self.authority.turn_away(|answer| query.0.say(answer))
    }

    /// Takes a query in; else the response to what is none, or none that is looked at.
    fn take(
        &self,
        packet: Vec<u8>,
        client: SocketAddr,
        transport: Transport,
        toll: &Toll,
    ) -> Result<Box<Inquiry>, Option<Vec<u8>>> {
        let header = Header::read(&mut BinDecoder::new(&packet)).map_err(|_short| None)?;
        // Answering a response would let two servers answer each other for ever.
        if header.message_type == MessageType::Response {
            self.authority.stats().dropped.count();
            return Err(None);
        }
        let inquiry = read(&header, packet, client, transport);
        let inquiry = inquiry.and_then(|inquiry| self.let_in(inquiry, toll));
        inquiry.map_err(|dismissal| match dismissal {
            Dismissal::Unread(rcode) => {
                self.authority.stats().count(&Answer::bare(rcode));
                encode::header_only(&header, rcode)
            }
            Dismissal::Read(inquiry, rcode) => self.dismiss(&inquiry, &Answer::bare(rcode)),
            Dismissal::Slip(inquiry) => self.dismiss(&inquiry, &Answer::slip()),
        })
    }

    fn dismiss(&self, inquiry: &Inquiry, answer: &Answer<'_>) -> Option<Vec<u8>> {
        self.authority.stats().count(answer);
        inquiry.say(answer)
    }

    /// Sees to the query's cookie, and to whether its client may ask.
    fn let_in(&self, mut inquiry: Box<Inquiry>, toll: &Toll) -> Result<Box<Inquiry>, Dismissal> {
        let client = inquiry.request.src().ip();
        match inquiry.presented() {
            Some(Ok(presented)) => {
                let now = self.authority.clock().now();
                inquiry.cookie = Some(self.authority.cookie(presented, client, now));
            }
            Some(Err(Malformed)) => return Err(Dismissal::Read(inquiry, Rcode::FormErr)),
            None => {}
        }
        if !self.authority.is_allowed(client) {
            return Err(Dismissal::Read(inquiry, Rcode::Refused));
        }
        let queries = inquiry.request.queries.queries();
        match queries.first().map(LowerQuery::query_class) {
            Some(DNSClass::IN) => {}
            Some(_) => return Err(Dismissal::Read(inquiry, Rcode::Refused)),
            // The client wants a cookie and nothing else (RFC 7873, section 5.4).
            None if inquiry.cookie.is_some() => {
                return Err(Dismissal::Read(inquiry, Rcode::NoError));
            }
            None => return Err(Dismissal::Unread(Rcode::FormErr)),
        }
        let is_due = inquiry.transport == Transport::Udp && toll.is_due();
        if is_due && !self.authority.spend(client, inquiry.cookie.as_ref()) {
            return Err(Dismissal::Slip(inquiry));
        }
        Ok(inquiry)
    }
}

/// Reads a query, or says how it is dismissed.
fn read(
    header: &Header,
    packet: Vec<u8>,
    client: SocketAddr,
    transport: Transport,
) -> Result<Box<Inquiry>, Dismissal> {
    if header.op_code != OpCode::Query {
        return Err(Dismissal::Unread(Rcode::NotImp));
    }
    if header.counts.queries > 1 {
        return Err(Dismissal::Unread(Rcode::FormErr));
    }
    // The protocol is hickory's business only where hickory sends.
    let request = Request::from_bytes(packet, client, Protocol::Udp)
        .map_err(|_broken| Dismissal::Unread(Rcode::FormErr))?;
    let edns = request.edns.as_ref();
    let is_known = edns.is_none_or(|edns| edns.version() == 0);
    let inquiry = Box::new(Inquiry {
        request,
        transport,
        cookie: None,
    });
    if !inquiry.is_spelled_out() {
        return Err(Dismissal::Unread(Rcode::FormErr));
    }
    if is_known {
        Ok(inquiry)
    } else {
        Err(Dismissal::Read(inquiry, Rcode::BadVers))
    }
}

impl Inquiry {
    fn say(&self, answer: &Answer<'_>) -> Option<Vec<u8>> {
        encode::answer(self, answer)
    }

    /// The first cookie in the query.
    fn presented(&self) -> Option<Result<Presented, Malformed>> {
        let option = self.request.edns.as_ref()?.option(EdnsCode::Cookie)?;
        let EdnsOption::Unknown(_, data) = option else {
            return None;
        };
        Some(Presented::read(data))
    }

    fn question<'n>(&self, name: &'n [u8]) -> Question<'n> {
        let first = self.request.queries.queries().first();
        Question {
            name,
            qtype: first.map_or(0, |query| query.query_type().into()),
        }
    }

    /// Whether the name that is asked for stands there without pointers. There is nothing before it that it could
    /// point to but the header, which differs in the response: the question, repeated, would be another one or none.
    fn is_spelled_out(&self) -> bool {
        let question = self.request.as_slice().get(HEADER_OCTETS..);
        let is_spelled = question.is_some_and(|question| question.starts_with(&self.name()));
        is_spelled || self.request.queries.is_empty()
    }

    /// The name that is asked for, as on the wire, without pointers.
    fn name(&self) -> Vec<u8> {
        let mut name = Vec::new();
        for query in self.request.queries.queries().iter().take(1) {
            for label in query.original().name() {
                // Labels have 63 octets at most.
                name.push(u8::try_from(label.len()).unwrap_or_default());
                name.extend(label);
            }
        }
        name.push(0);
        name
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::{Edns, Message, Query, ResponseCode};
    use hickory_proto::rr::{Name, RecordType};
    use proptest::prelude::*;

    use super::*;
    use crate::front::fixture::dns;
    use crate::oracle::world::World;

    fn query() -> Vec<u8> {
        query_for("hot.de")
    }

    fn query_for(domain: &str) -> Vec<u8> {
        let mut message = Message::query();
        let name = Name::from_ascii(format!("{domain}.bogusmx.local.")).unwrap();
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

    #[tokio::test]
    async fn who_is_turned_away_does_not_wait_to_hear_so() {
        let dns = Arc::new(dns());
        let client = SocketAddr::from(([127, 0, 0, 1], 53));
        // Nothing is looked up before this test waits for something: all these stay in the air.
        let start = |number| {
            let query = query_for(&format!("d{number}.de"));
            match dns.begin(query, client, Transport::Udp, &Toll::Due) {
                Begun::Waiting(query) => dns.start(query, &Toll::Due),
                Begun::Done(response) => Started::Done(response),
            }
        };
        let waiting: Vec<_> = (0..32)
            .map(|number| match start(number) {
                Started::Waiting(answer) => answer,
                Started::Done(response) => panic!("{number}: {response:?}"),
            })
            .collect();
        let Started::Done(Some(response)) = start(32) else {
            panic!("more are looked up than may be");
        };
        let code = |response: &[u8]| Message::from_vec(response).unwrap().metadata.response_code;
        assert_eq!(code(&response), ResponseCode::ServFail);
        for answer in waiting {
            assert_eq!(code(&answer.await.unwrap()), ResponseCode::NoError);
        }
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
