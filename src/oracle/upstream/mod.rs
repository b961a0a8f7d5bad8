//! Asks the upstream resolvers.
//!
//! What hickory-resolver would add on its own is not used: its cache (a refresh must not be answered
//! out of it), its search list, `/etc/hosts`, the names that it answers itself, and its way of
//! following CNAMEs, which turns a chain that is too long into "no such record". Its pool of
//! connections asks over TCP; over UDP, which nearly all questions take, `udp` asks, at half the cost,
//! and hears of a closed port at once. `servers` chooses whom to ask, `reply` reads the answers, and
//! `validator` has hickory-net prove them, if that is wanted.

mod case;
mod proof;
#[cfg(any(test, fuzzing))]
pub(crate) mod recording;
mod relevant;
mod reply;
mod server;
mod servers;
mod stats;
mod udp;
mod validator;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_net::NetError;
use hickory_proto::op::Query;
use hickory_proto::rr::{Name, RecordType};
use thiserror::Error;

use super::allowance::Allowance;
use super::lookup::{Family, HostAddresses, Lookup, MailHosts};
use crate::verdict::Domain;
use crate::verdict::evidence::Failure;
use reply::{Chain, Reply, Resolved};
use server::Signatures;
use servers::Servers;
pub use stats::UpstreamStats;
use validator::Validator;
pub use validator::{TrustAnchor, TrustAnchorError};

/// The upstream resolvers.
pub struct Upstream {
    servers: Arc<Servers>,
    /// None where answers are believed as they come.
    validator: Option<Validator>,
}

/// What one upstream question may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpstreamLimits {
    /// How long one try waits. A datagram that may be lost is repeated within that time.
    pub query_timeout: Duration,
    /// Tries before the next server is asked.
    pub query_tries: usize,
    /// CNAMEs followed from one name. Each may cost one more query, if the server did not; all of an
    /// evaluation come out of its allowance.
    pub cnames_max: usize,
    /// Queries under way at one time, each a file descriptor; past it they wait for their turn.
    pub queries_max: usize,
}

/// Why the upstream side could not be set up.
#[derive(Debug, Error)]
#[error("the upstream resolvers cannot be used: {0}")]
pub struct UpstreamError(NetError);

impl Upstream {
    /// Prepares to ask `servers`, in this order until one fails; with an anchor, to have their answers
    /// prove that they are true (RFC 4035). Sends nothing yet.
    ///
    /// # Errors
    /// If hickory-resolver refuses its options.
    pub fn new(
        servers: &[SocketAddr],
        limits: UpstreamLimits,
        anchor: Option<TrustAnchor>,
    ) -> Result<Self, UpstreamError> {
        let servers = Arc::new(Servers::new(servers, limits).map_err(UpstreamError)?);
        let validator = |anchor| Validator::new(Arc::clone(&servers), anchor);
        Ok(Self {
            validator: anchor.map(validator),
            servers,
        })
    }

    /// What has been counted since the start.
    pub fn stats(&self) -> &UpstreamStats {
        &self.servers.stats
    }

    /// Asks for the records of `rtype` at `name`, and counts what the allowance was too small for.
    async fn resolve(
        &self,
        name: &Domain,
        rtype: RecordType,
        allowance: &Allowance,
    ) -> Result<Resolved, Failure> {
        let outcome = self.follow(name, rtype, allowance).await;
        if matches!(outcome, Err(Failure::Allowance)) {
            self.stats().allowance.count();
        }
        outcome
    }

    /// Asks, and follows CNAMEs.
    async fn follow(
        &self,
        name: &Domain,
        rtype: RecordType,
        allowance: &Allowance,
    ) -> Result<Resolved, Failure> {
        let mut chain = Chain::from(fqdn(name)?, self.servers.limits.cnames_max);
        loop {
            let query = Query::query(chain.end.clone(), rtype);
            let reply = self.ask(query, allowance).await?;
            let asked = chain.end.clone();
            if let Some(resolved) = chain.walk(&reply, rtype)? {
                return Ok(resolved);
            }
            // The server left a CNAME's target to us; without a step forward there is no end.
            if chain.end == asked {
                return Err(Failure::Broken);
            }
            if !allowance.spend() {
                return Err(Failure::Allowance);
            }
        }
    }

    async fn ask(&self, query: Query, allowance: &Allowance) -> Result<Reply, Failure> {
        match &self.validator {
            None => {
                let response = self.servers.ask(&query, Signatures::Unwanted).await?;
                Ok(Reply::of(response))
            }
            Some(validator) => validator.ask(query, allowance).await,
        }
    }
}

impl Lookup for Upstream {
    fn proves(&self) -> bool {
        self.validator.is_some()
    }

    async fn mail_hosts(
        &self,
        domain: &Domain,
        allowance: &Allowance,
    ) -> Result<MailHosts, Failure> {
        let resolved = self.resolve(domain, RecordType::MX, allowance).await?;
        Ok(resolved.into())
    }

    async fn addresses(
        &self,
        host: &Domain,
        family: Family,
        allowance: &Allowance,
    ) -> Result<HostAddresses, Failure> {
        let resolved = self.resolve(host, rtype(family), allowance).await?;
        Ok(resolved.into())
    }
}

fn rtype(family: Family) -> RecordType {
    match family {
        Family::V4 => RecordType::A,
        Family::V6 => RecordType::AAAA,
    }
}

/// The name with its final dot, so that no search list applies.
fn fqdn(domain: &Domain) -> Result<Name, Failure> {
    let mut name = Name::from_labels(domain.labels().map(str::as_bytes))
        .map_err(|_too_long| Failure::Broken)?;
    name.set_fqdn(true);
    Ok(name)
}
