//! One upstream server: over UDP, and over TCP what does not fit there or is in doubt.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_net::runtime::TokioRuntimeProvider;
use hickory_net::xfer::{DnsHandle as _, FirstAnswer as _};
use hickory_net::{DnsError, NetError, NoRecords};
use hickory_proto::ProtoError;
use hickory_proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Edns, Message, Query};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverOpts};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};

use super::case::Case;
use super::stats::UpstreamStats;
use super::udp::{self, Heard};

/// The payload that we take over UDP: what passes without fragments (RFC 9715).
const EDNS_PAYLOAD_OCTETS: u16 = 1232;

/// Whether an answer should bring what proves it (RFC 4035, section 3.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signatures {
    Unwanted,
    Wanted,
}

/// A server, with its open TCP connections.
pub(super) struct Server {
    address: SocketAddr,
    query_timeout: Duration,
    case: Case,
    tcp: Tcp,
    connections: Pool,
}

type Pool = NameServerPool<TokioRuntimeProvider>;

/// What connections are made of.
struct Tcp {
    server: NameServerConfig,
    context: Arc<PoolContext>,
}

impl Server {
    /// Prepares to ask; sends nothing yet.
    pub(super) fn new(address: SocketAddr, query_timeout: Duration) -> Result<Self, NetError> {
        let mut connection = ConnectionConfig::tcp();
        connection.port = address.port();
        let tcp = Tcp {
            server: NameServerConfig::new(address.ip(), true, vec![connection]),
            context: Arc::new(PoolContext::new(options(query_timeout), TlsConfig::new()?)),
        };
        Ok(Self {
            address,
            query_timeout,
            case: Case::default(),
            connections: tcp.pool(),
            tcp,
        })
    }

    /// Asks one question, once.
    pub(super) async fn ask(
        &self,
        mut query: Query,
        signatures: Signatures,
        stats: &UpstreamStats,
    ) -> Result<DnsResponse, NetError> {
        let keeps_case = self.case.is_kept();
        if keeps_case {
            query.name.randomize_label_case();
        }
        let query = message(query, signatures);
        let patience = self.query_timeout;
        match udp::ask(self.address, &query, keeps_case, patience, stats).await? {
            Heard::Answer(answer) if answer.truncation => {
                ask_over_tcp(&self.connections, &query, stats).await
            }
            Heard::Answer(answer) => Ok(answer),
            Heard::Doubt => self.settle(&query, stats).await,
        }
    }

    /// Asks again where nobody off the path can forge, and finds out which it was: a server that
    /// changes case, or a forged answer.
    async fn settle(
        &self,
        query: &Message,
        stats: &UpstreamStats,
    ) -> Result<DnsResponse, NetError> {
        // A pool of its own: one that is shared gives one answer to two who ask in different case.
        let answer = ask_over_tcp(&self.tcp.pool(), query, stats).await;
        if let Ok(answer) = &answer {
            if udp::has_case_of(query, &answer.queries) {
                stats.forged.count();
            } else {
                self.case.is_changed();
            }
        }
        answer
    }
}

impl Tcp {
    fn pool(&self) -> Pool {
        let provider = TokioRuntimeProvider::new();
        NameServerPool::from_config([self.server.clone()], Arc::clone(&self.context), provider)
    }
}

/// Asks one question over TCP, and believes what answers that question.
async fn ask_over_tcp(
    connections: &Pool,
    query: &Message,
    stats: &UpstreamStats,
) -> Result<DnsResponse, NetError> {
    stats.over_tcp.count();
    let request = DnsRequest::new(query.clone(), DnsRequestOptions::default());
    let answer = match connections.send(request).first_answer().await {
        Err(NetError::Dns(DnsError::NoRecordsFound(nothing))) => message_of(nothing)?,
        outcome => outcome?,
    };
    if udp::is_to(query, &answer) {
        Ok(answer)
    } else {
        Err(ProtoError::Message("another question's answer").into())
    }
}

/// The message that hickory has made an error of.
fn message_of(nothing: NoRecords) -> Result<DnsResponse, NetError> {
    let mut message = Message::query();
    message.add_query(*nothing.query);
    message.metadata.response_code = nothing.response_code;
    let authorities = nothing
        .authorities
        .iter()
        .flat_map(|records| records.iter());
    message.add_authorities(authorities.cloned());
    Ok(DnsResponse::from_message(message.into_response())?)
}

/// The message to send, with an id of its own.
fn message(query: Query, signatures: Signatures) -> Message {
    let mut message = Message::query();
    message.add_query(query);
    message.metadata.recursion_desired = true;
    let mut edns = Edns::new();
    edns.set_max_payload(EDNS_PAYLOAD_OCTETS);
    edns.set_dnssec_ok(signatures == Signatures::Wanted);
    message.edns = Some(edns);
    message
}

/// The options of hickory's pool, which asks over TCP only and is given whole messages.
fn options(query_timeout: Duration) -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = query_timeout;
    // Whoever asks us counts the tries.
    options.attempts = 0;
    // Past this, a pool fails as busy.
    options.max_active_requests = 1024;
    options
}
