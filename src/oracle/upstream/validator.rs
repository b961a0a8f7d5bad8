//! Has hickory-net prove an answer along the signatures from the root's key down (RFC 4035).
//!
//! The validator asks through the same servers as everybody: with a port, an id and a case of its own,
//! within the same limits. What it needs beside the answer, keys, their digests and where zones begin,
//! is kept for other questions once it has proved one.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, Stream};
use hickory_net::NetError;
use hickory_net::dnssec::DnssecDnsHandle;
use hickory_net::runtime::TokioRuntimeProvider;
use hickory_net::xfer::{DnsHandle, FirstAnswer as _};
use hickory_proto::dnssec::TrustAnchors;
use hickory_proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Message, Query};
use hickory_proto::rr::{Record, RecordType};
use moka::sync::Cache;
use parking_lot::Mutex;
use thiserror::Error;
use tokio::time::Instant;

use super::proof::proven;
use super::relevant::prune;
use super::reply::Reply;
use super::server::Signatures;
use super::servers::Servers;
use crate::oracle::allowance::Allowance;
use crate::verdict::evidence::Failure;

/// Octets of memory for responses that are kept for other questions. With more, fewer queries; names as
/// long as can be, which are not weighed, take three times that.
const KEPT_OCTETS_MAX: u64 = 8 << 20;

/// What each takes beside its octets and its records.
const KEPT_OCTETS_EACH: u32 = 512;

/// How long they are kept at most: what was wrong with one beside its proof is over by then.
const KEPT_FOR_MAX: Duration = Duration::from_secs(15 * 60);

/// Validations that are remembered within one question: more than it needs.
const VALIDATIONS_MAX: usize = 256;

/// The keys that everything is proved from.
#[derive(Clone)]
pub struct TrustAnchor(Arc<TrustAnchors>);

/// What is wrong with a trust anchor.
#[derive(Debug, Error)]
pub enum TrustAnchorError {
    /// It is no list of DNSKEY records.
    #[error("write one DNSKEY record a line, as '. IN DNSKEY 257 3 8 ...': {0}")]
    Syntax(String),
    /// Without the root's keys nothing can be proved.
    #[error("it has no DNSKEY record of the root: one must begin with '. IN DNSKEY'")]
    NoRoot,
}

impl TrustAnchor {
    /// The keys of the root zone, as they are when this is built (IANA's 20326 and 38696).
    pub fn of_root() -> Self {
        Self(Arc::default())
    }

    /// Reads DNSKEY records in master file format.
    ///
    /// # Errors
    /// [`TrustAnchorError`] if they are none, or none is the root's.
    pub fn parse(text: &str) -> Result<Self, TrustAnchorError> {
        let anchors: TrustAnchors = text
            .parse()
            .map_err(|error| TrustAnchorError::Syntax(format!("{error}")))?;
        if anchors.is_empty() {
            return Err(TrustAnchorError::NoRoot);
        }
        Ok(Self(Arc::new(anchors)))
    }
}

/// Asks, and believes what is proved, or proved to need no proof.
pub(super) struct Validator {
    servers: Arc<Servers>,
    anchor: TrustAnchor,
    kept: Kept,
}

/// What proved an answer, with its end.
type Kept = Cache<Query, (Instant, DnsResponse)>;

impl Validator {
    pub(super) fn new(servers: Arc<Servers>, anchor: TrustAnchor) -> Self {
        Self {
            servers,
            anchor,
            kept: Cache::builder()
                .weigher(|_query, (_until, response)| weigh(response))
                .max_capacity(KEPT_OCTETS_MAX)
                .build(),
        }
    }

    /// Asks for the records of a name; those of an alias are the alias alone. What more than one query
    /// it takes comes out of the allowance.
    pub(super) async fn ask(&self, query: Query, allowance: &Allowance) -> Result<Reply, Failure> {
        let inquiry = Inquiry {
            servers: Arc::clone(&self.servers),
            kept: self.kept.clone(),
            allowance: allowance.clone(),
            notes: Arc::default(),
        };
        let is_alias = is_alias(&query, &inquiry.fetch(&query).await?);
        let query = if is_alias {
            Query::query(query.name().clone(), RecordType::CNAME)
        } else {
            query
        };
        let rtype = query.query_type();
        let validator =
            DnssecDnsHandle::with_trust_anchor(inquiry.clone(), Arc::clone(&self.anchor.0))
                .validation_cache_size(VALIDATIONS_MAX);
        let answer = validator.lookup(query, DnsRequestOptions::default());
        let proven = proven(answer.first_answer().await).map(|mut response| {
            response.answers.retain(|it| it.record_type() == rtype);
            response
        });
        match proven {
            // That a name is no alias says nothing about what was asked for.
            Some(response) if !is_alias || !response.answers.is_empty() => {
                inquiry.keep();
                Ok(Reply::of_proven(response))
            }
            _ => {
                let failure = inquiry.notes.lock().failure.unwrap_or(Failure::Bogus);
                if failure == Failure::Bogus {
                    self.servers.stats.bogus.count();
                }
                Err(failure)
            }
        }
    }
}

/// Octets of memory that a response takes: of many small records, twenty times what it was on the wire.
fn weigh(response: &DnsResponse) -> u32 {
    let records = response.answers.len() + response.authorities.len();
    let octets = response.as_buffer().len() + records * size_of::<Record>();
    let octets = u32::try_from(octets).unwrap_or(u32::MAX);
    octets.saturating_add(KEPT_OCTETS_EACH)
}

/// Whether the name is an alias, so that what else there is belongs to another name.
fn is_alias(query: &Query, response: &DnsResponse) -> bool {
    let is_cname = |it: &Record| it.name == *query.name() && it.record_type() == RecordType::CNAME;
    response.answers.iter().any(is_cname)
}

/// One question with all that it leads to.
#[derive(Clone)]
struct Inquiry {
    servers: Arc<Servers>,
    kept: Kept,
    allowance: Allowance,
    notes: Arc<Mutex<Notes>>,
}

#[derive(Default)]
struct Notes {
    answers: HashMap<Query, DnsResponse>,
    /// Why a proof is missing: the end of the allowance, or else the first one.
    failure: Option<Failure>,
}

impl Inquiry {
    /// Asks each question once, for as long as the allowance lasts.
    async fn ask(&self, query: &Query) -> Result<DnsResponse, Failure> {
        if let Some(response) = self.recall(query) {
            return Ok(response);
        }
        if !self.allowance.spend() {
            self.notes.lock().failure = Some(Failure::Allowance);
            return Err(Failure::Allowance);
        }
        self.fetch(query).await
    }

    /// Asks, whatever is left of the allowance: a question's own query is not out of it.
    async fn fetch(&self, query: &Query) -> Result<DnsResponse, Failure> {
        let mut outcome = self.servers.ask(query, Signatures::Wanted).await;
        let mut notes = self.notes.lock();
        match &mut outcome {
            Ok(response) => {
                if is_of_proofs(query) {
                    prune(query, response);
                }
                notes.answers.insert(query.clone(), response.clone());
            }
            Err(failure) => {
                notes.failure.get_or_insert(*failure);
            }
        }
        outcome
    }

    fn recall(&self, query: &Query) -> Option<DnsResponse> {
        if let Some(response) = self.notes.lock().answers.get(query) {
            return Some(response.clone());
        }
        let (until, response) = self.kept.get(query)?;
        (Instant::now() < until).then_some(response)
    }

    /// Keeps what has proved something.
    fn keep(&self) {
        let now = Instant::now();
        for (query, response) in self.notes.lock().answers.drain() {
            let records = response.answers.iter().chain(&response.authorities);
            let ttl = records.map(|record| record.ttl).min().unwrap_or(0);
            let ttl = Duration::from_secs(ttl.into()).min(KEPT_FOR_MAX);
            if is_of_proofs(&query) && !ttl.is_zero() {
                self.kept.insert(query, (now + ttl, response));
            }
        }
    }
}

/// Whether a question is about what proves answers.
fn is_of_proofs(query: &Query) -> bool {
    let types = [RecordType::DNSKEY, RecordType::DS, RecordType::NS];
    types.contains(&query.query_type())
}

impl DnsHandle for Inquiry {
    type Response = Pin<Box<dyn Stream<Item = Result<DnsResponse, NetError>> + Send>>;
    type Runtime = TokioRuntimeProvider;

    /// Asks the question of a request; how to put it is our own business.
    fn send(&self, request: DnsRequest) -> Self::Response {
        let inquiry = self.clone();
        Box::pin(stream::once(async move {
            let query = request.queries.first().ok_or("no question")?;
            match inquiry.ask(query).await {
                Ok(mut response) => {
                    prune(query, &mut response);
                    Ok(response)
                }
                // Some servers fail when they are asked whether a zone begins at a host. If it does not,
                // that does no harm; and nobody who says so is believed without the DS above.
                Err(failure)
                    if query.query_type() == RecordType::NS && failure != Failure::Allowance =>
                {
                    nothing(query)
                }
                Err(failure) => Err(NetError::from(failure.to_string())),
            }
        }))
    }
}

/// A response without records.
fn nothing(query: &Query) -> Result<DnsResponse, NetError> {
    let mut message = Message::query();
    message.add_query(query.clone());
    Ok(DnsResponse::from_message(message.into_response())?)
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::NS;
    use hickory_proto::rr::{Name, RData};

    use super::*;

    #[test]
    fn small_records_weigh_what_they_take() {
        let servers = |count: usize| {
            let mut message = Message::query();
            let record = Record::from_rdata(Name::root(), 300, RData::NS(NS(Name::root())));
            message.add_answers(vec![record; count]);
            weigh(&DnsResponse::from_message(message.into_response()).unwrap())
        };
        let each = usize::try_from((servers(200) - servers(100)) / 100).unwrap();
        assert!(each >= size_of::<Record>(), "{each}");
    }
}
