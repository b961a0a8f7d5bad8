//! From a packet to a packet: hickory reads the query and writes the answer.
//!
//! The sockets are not here. hickory-server's own `Server` is not used, because it spawns without
//! bounds, drops the answers in flight when it stops, answers the queries of one TCP connection one
//! after the other, and answers a broken *response*; what it reads and writes with is.

pub mod client;
mod encode;
pub mod stub;
pub mod zone_file;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_net::xfer::Protocol;
use hickory_proto::op::{Header, MessageType, OpCode};
use hickory_proto::rr::DNSClass;
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder};
use hickory_server::server::Request;
use ipnet::IpNet;
use tokio::sync::Semaphore;

use super::answer::{Answer, Rcode, Trouble};
use super::stats::FrontStats;
use super::zone::{Place, Zone, place};
use crate::oracle::lookup::Lookup;
use crate::oracle::{Oracle, Patience};

/// How a query came, which decides how long its answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Over UDP.
    Udp,
    /// Over TCP.
    Tcp,
}

/// What the front grants its clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontLimits {
    /// Networks whose queries are answered; others are refused.
    pub allow_query: Vec<IpNet>,
    /// How long a client waits for a verdict.
    pub answer_deadline: Duration,
    /// Queries that wait for a verdict at one time, past which they are answered SERVFAIL at once.
    /// Each costs a task of some kilobytes.
    pub pending_answers_max: usize,
}

/// Answers DNS queries out of zones and an oracle.
pub struct Dns<L> {
    zones: Arc<[Zone]>,
    oracle: Arc<Oracle<L>>,
    limits: FrontLimits,
    pending: Semaphore,
    stats: FrontStats,
}

impl<L: Lookup> Dns<L> {
    /// A front for these zones.
    pub fn new(zones: Arc<[Zone]>, oracle: Arc<Oracle<L>>, limits: FrontLimits) -> Self {
        let pending = Semaphore::new(limits.pending_answers_max.min(Semaphore::MAX_PERMITS));
        Self {
            zones,
            oracle,
            limits,
            pending,
            stats: FrontStats::default(),
        }
    }

    /// The counters of what was answered.
    pub fn stats(&self) -> &FrontStats {
        &self.stats
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
        let header = Header::read(&mut BinDecoder::new(&packet)).ok()?;
        // Answering a response would let two servers answer each other for ever.
        if header.message_type == MessageType::Response {
            self.stats.dropped.count();
            return None;
        }
        let answer_or_query = self.read(&header, packet, client);
        let response = match answer_or_query {
            Err((rcode, Some(request))) => {
                encode::answer(&request, &Answer::bare(rcode), None, transport)
            }
            Err((rcode, None)) => encode::header_only(&header, rcode),
            Ok(request) => {
                let (answer, zone) = self.answer(&request, client.ip()).await;
                self.stats.count(answer.rcode, !answer.records.is_empty());
                return encode::answer(&request, &answer, zone, transport);
            }
        };
        self.stats.faulty.count();
        response
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
        if class != Some(DNSClass::IN) || !self.is_allowed(client.ip()) {
            return Err((Rcode::Refused, Some(Box::new(request))));
        }
        Ok(request)
    }

    fn is_allowed(&self, client: IpAddr) -> bool {
        let client = client.to_canonical();
        self.limits
            .allow_query
            .iter()
            .any(|network| network.contains(&client))
    }

    /// What is said to a query, and the zone that says it.
    async fn answer(&self, request: &Request, client: IpAddr) -> (Answer, Option<&Zone>) {
        let Some(query) = request.queries.queries().first() else {
            return (Answer::bare(Rcode::FormErr), None);
        };
        let qtype = u16::from(query.query_type());
        let labels: Vec<&[u8]> = query.original().name().iter().collect();
        match place(&self.zones, &labels) {
            Place::Outside => (Answer::bare(Rcode::Refused), None),
            Place::Fixed(zone, records) => (Answer::of_fixed(records, zone, qtype), Some(zone)),
            Place::Never { zone, is_nodata } => (Answer::never(zone, is_nodata), Some(zone)),
            Place::Mail(zone, domain) => {
                let Ok(_permit) = self.pending.try_acquire() else {
                    self.stats.pending_full.count();
                    return (busy(), Some(zone));
                };
                let patience = Patience::Settled(self.limits.answer_deadline);
                let rules = zone.rules.load_full();
                let ruling = self
                    .oracle
                    .ask(&domain, &rules, Some(client), patience)
                    .await;
                (Answer::of_ruling(&ruling, zone, qtype), Some(zone))
            }
        }
    }
}

fn busy() -> Answer {
    let trouble = Trouble {
        code: 0,
        text: "too many queries wait for a verdict".into(),
    };
    Answer {
        is_authoritative: true,
        trouble: Some(trouble),
        ..Answer::bare(Rcode::ServFail)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use arc_swap::ArcSwap;
    use hickory_proto::op::{Edns, Message, Query};
    use hickory_proto::rr::{Name, RecordType};
    use proptest::prelude::*;

    use super::*;
    use crate::front::zone::{NotListedAs, UndecidedAs};
    use crate::oracle::gather::GatherLimits;
    use crate::oracle::world::World;
    use crate::oracle::{ClientBudget, Lifetimes, Limits};
    use crate::verdict::{Domain, Policy, Rules, Table};

    fn dns() -> Dns<World> {
        let many = NonZeroU32::new(1_000_000).unwrap();
        let minute = Duration::from_secs(60);
        let limits = Limits {
            evaluations_max: 16,
            waiting_max: 16,
            evaluation_deadline: minute,
            client_budget: ClientBudget {
                per_second: many,
                burst: many,
            },
            memory_octets: 1 << 20,
            gather: GatherLimits { mx_hosts_max: 16 },
        };
        let lifetimes = Lifetimes {
            min_ttl: minute,
            max_ttl: minute,
            undecided_min_ttl: minute,
            undecided_max_ttl: minute,
            serve_stale: minute,
            stale_ttl: minute,
            refresh_ahead_percent: 10,
        };
        let origin = Domain::parse("bogusmx.local").unwrap();
        let world = World::new("hot.de MX 10 null.hot.de\nnull.hot.de A 127.0.0.1");
        let zone = Zone {
            fixed: zone_file::read(zone_file::DEFAULT, "bogusmx.zone", &origin).unwrap(),
            origin: origin.clone(),
            not_listed: NotListedAs::NoData,
            undecided: UndecidedAs::ServFail,
            rules: ArcSwap::from_pointee(Rules {
                table: Arc::new(Table::reserved()),
                policy: Policy::Any,
            }),
        };
        let front = FrontLimits {
            allow_query: vec!["127.0.0.0/8".parse().unwrap()],
            answer_deadline: Duration::from_secs(1),
            pending_answers_max: 16,
        };
        Dns::new(
            [zone].into(),
            Arc::new(Oracle::new(world, vec![origin], limits, lifetimes)),
            front,
        )
    }

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
