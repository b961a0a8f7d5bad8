//! Asks the upstream resolvers.
//!
//! What hickory-resolver would add on its own is not used: its cache (a refresh must not be answered
//! out of it), its search list, `/etc/hosts`, the names that it answers itself, and its way of
//! following CNAMEs, which turns a chain that is too long into "no such record". Its pool of
//! connections asks over TCP; over UDP, which nearly all questions take, `udp` asks, at half the cost,
//! and hears of a closed port at once. `reply` reads the answers.

#![expect(clippy::wildcard_enum_match_arm, reason = "hickory's enums are open")]

mod case;
mod reply;
mod server;
mod stats;
mod udp;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_net::NetError;
use hickory_proto::op::Query;
use hickory_proto::rr::{Name, RData, RecordType};
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::lookup::{Family, HostAddresses, Lookup, MailHosts, MxRecord};
use crate::verdict::Domain;
use crate::verdict::evidence::Failure;
use reply::{Chain, Reply, Resolved, target};
use server::Server;
pub use stats::UpstreamStats;

/// The upstream resolvers, the one that answered last asked first.
pub struct Upstream {
    servers: Vec<Server>,
    /// Index of the server that answered last.
    preferred: AtomicUsize,
    /// Permits for questions under way.
    running: Semaphore,
    limits: UpstreamLimits,
    stats: UpstreamStats,
}

/// What one upstream question may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpstreamLimits {
    /// How long one try waits. A datagram that may be lost is repeated within that time.
    pub query_timeout: Duration,
    /// Tries before the next server is asked.
    pub query_tries: usize,
    /// CNAMEs followed from one name. Each may cost one more query, if the server did not.
    pub cnames_max: usize,
    /// Queries under way at one time, each a file descriptor; past it they wait for their turn.
    pub queries_max: usize,
}

/// Why the upstream side could not be set up.
#[derive(Debug, Error)]
#[error("the upstream resolvers cannot be used: {0}")]
pub struct UpstreamError(NetError);

impl Upstream {
    /// Prepares to ask `servers`, in this order until one fails. Sends nothing yet.
    ///
    /// # Errors
    /// If hickory-resolver refuses its options.
    pub fn new(servers: &[SocketAddr], limits: UpstreamLimits) -> Result<Self, UpstreamError> {
        let server = |address: &SocketAddr| Server::new(*address, limits.query_timeout);
        let servers: Result<_, _> = servers.iter().map(server).collect();
        Ok(Self {
            servers: servers.map_err(UpstreamError)?,
            preferred: AtomicUsize::new(0),
            running: Semaphore::new(limits.queries_max.min(Semaphore::MAX_PERMITS)),
            limits,
            stats: UpstreamStats::default(),
        })
    }

    /// What has been counted since the start.
    pub fn stats(&self) -> &UpstreamStats {
        &self.stats
    }

    /// Asks for the records of `rtype` at `name`, and follows CNAMEs.
    async fn resolve(&self, name: &Domain, rtype: RecordType) -> Result<Resolved, Failure> {
        let mut chain = Chain::from(fqdn(name)?, self.limits.cnames_max);
        loop {
            let reply = self.ask(chain.end.clone(), rtype).await?;
            let asked = chain.end.clone();
            if let Some(resolved) = chain.walk(&reply, rtype)? {
                return Ok(resolved);
            }
            // The server left a CNAME's target to us; without a step forward there is no end.
            if chain.end == asked {
                return Err(Failure::Broken);
            }
        }
    }

    /// Asks one question: the preferred server first, as often as the limit says, then the others.
    async fn ask(&self, name: Name, rtype: RecordType) -> Result<Reply, Failure> {
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
                let query = Query::query(name.clone(), rtype);
                let answer = server.ask(query, &self.stats).await;
                match Reply::read(answer) {
                    Ok(reply) => {
                        self.preferred.store(index, Ordering::Relaxed);
                        return Ok(reply);
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

impl Lookup for Upstream {
    async fn mail_hosts(&self, domain: &Domain) -> Result<MailHosts, Failure> {
        let Resolved { records, ttl } = self.resolve(domain, RecordType::MX).await?;
        let mx = |data| match data {
            RData::MX(mx) => Some(MxRecord {
                preference: mx.preference,
                target: target(&mx.exchange),
            }),
            _ => None,
        };
        Ok(MailHosts {
            records: records.into_iter().filter_map(mx).collect(),
            ttl,
        })
    }

    async fn addresses(&self, host: &Domain, family: Family) -> Result<HostAddresses, Failure> {
        let rtype = match family {
            Family::V4 => RecordType::A,
            Family::V6 => RecordType::AAAA,
        };
        let Resolved { records, ttl } = self.resolve(host, rtype).await?;
        let addresses = records.into_iter().filter_map(|data| data.ip_addr());
        Ok(HostAddresses {
            addresses: addresses.collect::<Box<[IpAddr]>>(),
            ttl,
        })
    }
}

/// The name with its final dot, so that no search list applies.
fn fqdn(domain: &Domain) -> Result<Name, Failure> {
    let mut name = Name::from_labels(domain.labels().map(str::as_bytes))
        .map_err(|_too_long| Failure::Broken)?;
    name.set_fqdn(true);
    Ok(name)
}
