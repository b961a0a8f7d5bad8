//! What we, the authority for our zones, say to a question: the path that all protocols share.
//!
//! No packets and no sockets here. An answer is borrowed from what it is made of, so it is handed to
//! whoever encodes it instead of being returned.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answer::Answer;
use super::cookie::{Presented, Returned, Secret};
use super::nearby::{client_network, is_public};
use super::sitting::Sitting;
use super::stats::FrontStats;
use super::zone::{Place, Zone, place};
use crate::oracle::clock::{Clock, Moment};
use crate::oracle::lookup::Lookup;
use crate::oracle::{Budgets, Oracle, Patience};
use crate::verdict::domain::NameBuffer;

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
    /// Answers a second over UDP to the clients of one public network, and as many at once; past it
    /// they are sent to TCP.
    pub responses_per_second: NonZeroU32,
}

/// A place among those who wait for a verdict, taken until it is dropped.
#[derive(Debug)]
pub struct Admission {
    _permit: OwnedSemaphorePermit,
}

/// A question of class IN.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// Its name as on the wire, without pointers.
    pub name: &'q [u8],
    /// Its type, as on the wire.
    pub qtype: u16,
}

/// Answers questions out of zones and an oracle.
pub struct Authority<L> {
    zones: Arc<[Zone]>,
    oracle: Arc<Oracle<L>>,
    limits: FrontLimits,
    pending: Arc<Semaphore>,
    /// Answers to strangers over UDP, by network.
    shares: Budgets,
    secret: Secret,
    stats: FrontStats,
}

impl<L: Lookup> Authority<L> {
    /// The authority for these zones.
    pub fn new(zones: Arc<[Zone]>, oracle: Arc<Oracle<L>>, limits: FrontLimits) -> Self {
        let pending = limits.pending_answers_max.min(Semaphore::MAX_PERMITS);
        let per_second = limits.responses_per_second;
        Self {
            zones,
            shares: Budgets::new(per_second, per_second, oracle.clock()),
            oracle,
            limits,
            pending: Arc::new(Semaphore::new(pending)),
            secret: Secret::new(rand::random()),
            stats: FrontStats::default(),
        }
    }

    /// The counters of what was answered.
    pub fn stats(&self) -> &FrontStats {
        &self.stats
    }

    /// Begins to answer out of what is remembered.
    pub fn sitting(&self) -> Sitting<'_, L> {
        Sitting::begin(self)
    }

    /// The clock that cookies and shares go by.
    pub fn clock(&self) -> Clock {
        self.oracle.clock()
    }

    pub(super) fn zones(&self) -> &[Zone] {
        &self.zones
    }

    pub(super) fn oracle(&self) -> &Arc<Oracle<L>> {
        &self.oracle
    }

    /// Whether a client's queries are answered.
    pub fn is_allowed(&self, client: IpAddr) -> bool {
        let client = client.to_canonical();
        let mut networks = self.limits.allow_query.iter();
        networks.any(|network| network.contains(&client))
    }

    /// The cookie for a client that presents this one.
    pub fn cookie(&self, presented: Presented, client: IpAddr, now: Moment) -> Returned {
        self.secret.returned(presented, client, now)
    }

    /// Takes one answer over UDP; false if the client is to come back over TCP. A cookie of ours shows
    /// that the client's address is not forged, and then there is no limit.
    #[inline]
    pub fn spend(&self, client: IpAddr, cookie: Option<&Returned>) -> bool {
        !is_public(client)
            || cookie.is_some_and(|cookie| cookie.is_valid)
            || self.shares.spend(client_network(client))
    }

    /// Whether all places among those who wait for a verdict are taken.
    pub(super) fn is_full(&self) -> bool {
        self.pending.available_permits() == 0
    }

    /// A place among those who wait for a verdict; none if all are taken.
    pub fn admit(&self) -> Option<Admission> {
        let permit = Arc::clone(&self.pending).try_acquire_owned().ok()?;
        Some(Admission { _permit: permit })
    }

    /// Hands `say` what is said to those who are not admitted.
    pub fn turn_away<S>(&self, say: impl FnOnce(&Answer<'_>) -> S) -> S {
        self.stats.pending_full.count();
        self.said(&Answer::busy(), say)
    }

    /// Hands `say` the answer, looking up what it takes; the client's patience is limited. A `client`
    /// pays for a new domain, unless it has done so.
    pub async fn answer<S>(
        &self,
        _admission: Admission,
        question: Question<'_>,
        client: Option<IpAddr>,
        say: impl FnOnce(&Answer<'_>) -> S,
    ) -> S {
        let mut buffer = NameBuffer::new();
        match place(&self.zones, question.name, &mut buffer) {
            Place::Settled(settled) => self.said(&Answer::of_settled(settled, question.qtype), say),
            Place::Mail(zone, domain) => {
                let domain = domain.to_domain();
                let patience = Patience::Settled(self.limits.answer_deadline);
                let rules = zone.rules.load_full();
                let oracle = &self.oracle;
                let ruling = oracle
                    .ask(&domain, &rules, client.map(payer), patience)
                    .await;
                ruling.pronounce(|sentence| {
                    self.said(&Answer::of_sentence(sentence, zone, question.qtype), say)
                })
            }
        }
    }

    fn said<S>(&self, answer: &Answer<'_>, say: impl FnOnce(&Answer<'_>) -> S) -> S {
        self.stats.count(answer);
        say(answer)
    }
}

/// Who pays for new domains: the client, or its network if it is a public one. In an IPv6 network there
/// are more addresses than anybody can count.
pub(super) fn payer(client: IpAddr) -> IpAddr {
    if is_public(client) {
        client_network(client)
    } else {
        client
    }
}
