//! All servers together: whom to ask, how often, and how many questions at a time.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_net::NetError;
use hickory_proto::op::{DnsResponse, Query};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::server::{Server, Signatures};
use super::{UpstreamLimits, UpstreamStats, reply, udp};
use crate::verdict::evidence::Failure;

/// The servers, the one that answered last asked first.
pub(super) struct Servers {
    servers: Vec<Server>,
    /// Index of the server that answered last.
    preferred: AtomicUsize,
    /// Permits for questions under way.
    running: Semaphore,
    pub(super) limits: UpstreamLimits,
    pub(super) stats: UpstreamStats,
}

impl Servers {
    /// Prepares to ask; sends nothing yet.
    pub(super) fn new(servers: &[SocketAddr], limits: UpstreamLimits) -> Result<Self, NetError> {
        let server = |address: &SocketAddr| Server::new(*address, limits.query_timeout);
        Ok(Self {
            servers: servers.iter().map(server).collect::<Result<_, _>>()?,
            preferred: AtomicUsize::new(0),
            running: Semaphore::new(limits.queries_max.min(Semaphore::MAX_PERMITS)),
            limits,
            stats: UpstreamStats::default(),
        })
    }

    /// Asks one question: the preferred server first, as often as the limit says, then the others.
    pub(super) async fn ask(
        &self,
        query: &Query,
        signatures: Signatures,
    ) -> Result<DnsResponse, Failure> {
        let first = self.preferred.load(Ordering::Relaxed);
        let mut failure = Failure::Network;
        for (index, server) in self
            .servers
            .iter()
            .enumerate()
            .cycle()
            .skip(first)
            .take(self.servers.len())
        {
            for attempt in 0..self.limits.query_tries.max(1) {
                // A closed port may be that of a server which is just being restarted.
                if attempt > 0 && failure == Failure::Network {
                    sleep(udp::REPEAT).await;
                }
                // The semaphore is never closed.
                let _running = self.running.acquire().await;
                let answer = server.ask(query.clone(), signatures, &self.stats).await;
                match reply::usable(answer) {
                    Ok(response) => {
                        self.preferred.store(index, Ordering::Relaxed);
                        return Ok(response);
                    }
                    Err(why) => failure = why,
                }
                // A server that answered will say the same again; a silent one may have lost it.
                if !matches!(failure, Failure::Timeout | Failure::Network) {
                    break;
                }
            }
        }
        Err(failure)
    }
}
