//! One upstream server: over UDP, and over TCP what does not fit there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_net::runtime::TokioRuntimeProvider;
use hickory_net::xfer::{DnsHandle as _, FirstAnswer as _};
use hickory_net::{DnsError, NetError};
use hickory_proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Edns, Message, Query};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverOpts};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};

use super::udp;

/// The payload that we take over UDP: what passes without fragments (RFC 9715).
const EDNS_PAYLOAD_OCTETS: u16 = 1232;

/// A server, with its open TCP connections.
pub(super) struct Server {
    address: SocketAddr,
    query_timeout: Duration,
    tcp: NameServerPool<TokioRuntimeProvider>,
}

impl Server {
    /// Prepares to ask; sends nothing yet.
    pub(super) fn new(address: SocketAddr, query_timeout: Duration) -> Result<Self, NetError> {
        let mut connection = ConnectionConfig::tcp();
        connection.port = address.port();
        let server = NameServerConfig::new(address.ip(), true, vec![connection]);
        let context = PoolContext::new(options(query_timeout), TlsConfig::new()?);
        let provider = TokioRuntimeProvider::new();
        Ok(Self {
            address,
            query_timeout,
            tcp: NameServerPool::from_config([server], Arc::new(context), provider),
        })
    }

    /// Asks one question, once.
    pub(super) async fn ask(&self, query: Query) -> Result<DnsResponse, NetError> {
        let query = message(query);
        let answer = udp::ask(self.address, &query, self.query_timeout).await?;
        if answer.truncation {
            let request = DnsRequest::new(query, DnsRequestOptions::default());
            return self.tcp.send(request).first_answer().await;
        }
        Ok(DnsError::from_response(answer)?)
    }
}

/// The message to send, with an id of its own.
fn message(query: Query) -> Message {
    let mut message = Message::query();
    message.add_query(query);
    message.metadata.recursion_desired = true;
    let mut edns = Edns::new();
    edns.set_max_payload(EDNS_PAYLOAD_OCTETS);
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
