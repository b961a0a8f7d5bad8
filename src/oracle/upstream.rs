//! Asks the upstream resolvers, through hickory-resolver.
//!
//! What hickory would add on its own is not used: its cache (a refresh must not be answered out of
//! it), its search list, `/etc/hosts`, the names that it answers itself, and its way of following
//! CNAMEs, which turns a chain that is too long into "no such record". So this adapter stands on
//! hickory's pools, one a server, which know how to ask over UDP and TCP, and reads the answers
//! itself.

#![expect(clippy::wildcard_enum_match_arm, reason = "hickory's enums are open")]

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_net::runtime::TokioRuntimeProvider;
use hickory_net::xfer::{DnsHandle as _, FirstAnswer as _};
use hickory_net::{DnsError, NetError, NoRecords};
use hickory_proto::op::{DnsRequestOptions, DnsResponse, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverOpts};
use hickory_resolver::config::{ResolveHosts, ServerOrderingStrategy};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};
use thiserror::Error;

use super::lookup::{Family, HostAddresses, Lookup, MailHosts, MxRecord, Target};
use crate::verdict::Domain;
use crate::verdict::evidence::Failure;

/// The payload that we take over UDP: what passes without fragments (RFC 9715).
const EDNS_PAYLOAD_OCTETS: u16 = 1232;

/// The upstream resolvers, the one that answered last asked first.
pub struct Upstream {
    servers: Vec<NameServerPool<TokioRuntimeProvider>>,
    /// Index of the server that answered last.
    preferred: AtomicUsize,
    limits: UpstreamLimits,
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
        let tls = TlsConfig::new().map_err(UpstreamError)?;
        let context = Arc::new(PoolContext::new(options(limits), tls));
        let servers = servers
            .iter()
            .map(|address| {
                let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()]
                    .map(|mut connection| {
                        connection.port = address.port();
                        connection
                    })
                    .to_vec();
                let server = NameServerConfig::new(address.ip(), true, connections);
                let provider = TokioRuntimeProvider::new();
                NameServerPool::from_config([server], Arc::clone(&context), provider)
            })
            .collect();
        Ok(Self {
            servers,
            preferred: AtomicUsize::new(0),
            limits,
        })
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
            for _ in 0..self.limits.query_tries.max(1) {
                let query = Query::query(name.clone(), rtype);
                let answer = server.lookup(query, request_options()).first_answer().await;
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

/// Every option of hickory-resolver that has a bearing on us, said aloud.
fn options(limits: UpstreamLimits) -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = limits.query_timeout;
    // A pool retries within `ask`, which counts.
    options.attempts = 0;
    options.num_concurrent_reqs = 1;
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    options.edns0 = true;
    options.edns_payload_len = EDNS_PAYLOAD_OCTETS;
    options.recursion_desired = true;
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = 0;
    // A random port for each query, of hickory's choice, is the better half of what keeps forged
    // answers out.
    options.os_port_selection = false;
    options.case_randomization = false;
    // Over TCP, which serves truncated answers only, a busy pool would fail past this.
    options.max_active_requests = 1024;
    options
}

fn request_options() -> DnsRequestOptions {
    let mut options = DnsRequestOptions::default();
    options.use_edns = true;
    options.edns_payload_len = EDNS_PAYLOAD_OCTETS;
    options.recursion_desired = true;
    options
}

/// The name with its final dot, so that no search list applies.
fn fqdn(domain: &Domain) -> Result<Name, Failure> {
    let mut name = Name::from_labels(domain.labels().map(str::as_bytes))
        .map_err(|_too_long| Failure::Broken)?;
    name.set_fqdn(true);
    Ok(name)
}

/// What an MX record points at.
fn target(exchange: &Name) -> Target {
    if exchange.is_root() {
        return Target::Root;
    }
    match Domain::from_labels(exchange.iter()) {
        Ok(name) => Target::Name(name),
        // Octet by octet, not escaped as hickory prints it: `::1` is an address.
        Err(_unfit) => {
            let labels: Vec<_> = exchange.iter().map(String::from_utf8_lossy).collect();
            Target::Unfit(labels.join(".").into())
        }
    }
}

/// The records asked for, none if there are none, and how long that may be kept.
struct Resolved {
    records: Vec<RData>,
    ttl: u32,
}

/// One message from upstream, as far as it matters.
struct Reply {
    answers: Vec<Record>,
    /// Seconds from the SOA of a negative answer (RFC 2308, section 5).
    negative_ttl: Option<u32>,
    /// NXDOMAIN or NODATA: there is nothing at the end of the answers.
    negative: bool,
}

impl Reply {
    fn read(answer: Result<DnsResponse, NetError>) -> Result<Self, Failure> {
        match answer {
            Ok(response) => Ok(Self {
                negative_ttl: response.negative_ttl(),
                negative: response.negative_ttl().is_some()
                    || response.response_code == ResponseCode::NXDomain,
                answers: response.into_message().answers,
            }),
            Err(NetError::Dns(DnsError::NoRecordsFound(nothing))) => Self::negative(&nothing),
            Err(error) => Err(failure(&error)),
        }
    }

    fn negative(nothing: &NoRecords) -> Result<Self, Failure> {
        // RFC 2308, section 2.2: name servers without an SOA are a referral, not NODATA.
        let referral = nothing.response_code == ResponseCode::NoError
            && nothing.soa.is_none()
            && nothing.ns.is_some();
        if referral {
            return Err(Failure::Lame);
        }
        Ok(Self {
            answers: Vec::new(),
            negative_ttl: nothing.negative_ttl,
            negative: true,
        })
    }
}

fn failure(error: &NetError) -> Failure {
    match error {
        NetError::Timeout => Failure::Timeout,
        NetError::Io(_) | NetError::NoConnections | NetError::Busy => Failure::Network,
        NetError::Dns(DnsError::ResponseCode(ResponseCode::ServFail)) => Failure::ServFail,
        NetError::Dns(DnsError::ResponseCode(ResponseCode::Refused)) => Failure::Refused,
        _ => Failure::Broken,
    }
}

/// The way from the name that was asked for along its CNAMEs.
struct Chain {
    end: Name,
    ttl: u32,
    cnames_left: usize,
}

impl Chain {
    fn from(name: Name, cnames_max: usize) -> Self {
        Self {
            end: name,
            ttl: u32::MAX,
            cnames_left: cnames_max,
        }
    }

    /// Goes on through the records of a reply; none if they end at a CNAME whose target is not
    /// among them.
    ///
    /// Records of other names are not looked at: an answer speaks for what was asked only.
    fn walk(&mut self, reply: &Reply, rtype: RecordType) -> Result<Option<Resolved>, Failure> {
        loop {
            let here = reply
                .answers
                .iter()
                .filter(|record| record.name == self.end);
            let (found, cname) = here.fold((Vec::new(), None), |(mut found, cname), record| {
                if record.record_type() == rtype {
                    self.ttl = self.ttl.min(record.ttl);
                    found.push(record.data.clone());
                }
                match &record.data {
                    RData::CNAME(target) => (found, Some((target.0.clone(), record.ttl))),
                    _ => (found, cname),
                }
            });
            if !found.is_empty() {
                return Ok(Some(Resolved {
                    records: found,
                    ttl: self.ttl,
                }));
            }
            let Some((target, ttl)) = cname else { break };
            self.cnames_left = self.cnames_left.checked_sub(1).ok_or(Failure::CnameChain)?;
            self.ttl = self.ttl.min(ttl);
            self.end = target;
        }
        let ttl = self.ttl.min(reply.negative_ttl.unwrap_or(0));
        Ok(reply.negative.then_some(Resolved {
            records: Vec::new(),
            ttl,
        }))
    }
}
