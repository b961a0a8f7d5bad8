//! The one door: every question for a verdict goes through [`Oracle::ask`].
//!
//! Out of the memory if what is there still counts, else one evaluation, which all who ask for the
//! domain meanwhile watch together. What is kept is the evidence; each read judges it anew.

mod budget;
mod flight;
pub mod gather;
pub mod lookup;
mod memory;
mod ruling;
pub mod stats;
#[cfg(test)]
mod tests;
pub mod upstream;
#[cfg(test)]
pub(crate) mod world;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use budget::Budgets;
pub use budget::ClientBudget;
use flight::{Boarding, Flight, Flights, Watch};
use gather::{GatherLimits, gather};
use lookup::Lookup;
use memory::{Entry, Finding, Memory};
pub use ruling::{Lifetimes, Ruling, Source};
use stats::Stats;

use crate::verdict::evidence::MxAnswer;
use crate::verdict::{Domain, Evidence, Failure, Rules, Verdict, judge};

/// What the oracle may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Evaluations that run at one time. Upstream sees at most this times 2 x the hosts of each.
    pub evaluations_max: usize,
    /// Evaluations that wait for one of those to end; past it new domains are undecided at once.
    /// Each costs some hundred octets, and an answer to whoever waits for it.
    pub waiting_max: usize,
    /// How long one evaluation takes at most, the wait included.
    pub evaluation_deadline: Duration,
    /// New domains of one client.
    pub client_budget: ClientBudget,
    /// Octets of memory for what is remembered.
    pub memory_octets: u64,
    /// What one evaluation may cost upstream.
    pub gather: GatherLimits,
}

/// How long one who asks is ready to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Until the verdict is settled, but no longer than this.
    Settled(Duration),
    /// Until the evidence is complete.
    Whole,
}

/// Finds out about mail domains, remembers, and judges.
pub struct Oracle<L> {
    lookup: L,
    limits: Limits,
    lifetimes: Lifetimes,
    own: Vec<Domain>,
    memory: Memory,
    flights: Arc<Flights>,
    budgets: Budgets,
    stats: Stats,
}

impl<L: Lookup> Oracle<L> {
    /// An oracle with an empty memory. `own` are the origins of our own zones: nothing at or below
    /// them is ever looked up, which is what stops a loop through the resolver that forwards to us.
    pub fn new(lookup: L, own: Vec<Domain>, limits: Limits, lifetimes: Lifetimes) -> Self {
        Self {
            lookup,
            limits,
            lifetimes,
            own,
            memory: Memory::new(limits.memory_octets),
            flights: Arc::new(Flights::new(limits.evaluations_max, limits.waiting_max)),
            budgets: Budgets::new(limits.client_budget),
            stats: Stats::default(),
        }
    }

    /// Judges a domain by `rules`, looking it up if need be.
    ///
    /// A `client` pays for new domains out of its budget. The answer comes within `patience`; an
    /// evaluation that takes longer goes on and is remembered.
    pub async fn ask(
        self: &Arc<Self>,
        domain: &Domain,
        rules: &Arc<Rules>,
        client: Option<IpAddr>,
        patience: Patience,
    ) -> Ruling {
        if self.own.iter().any(|origin| domain.is_at_or_below(origin)) {
            return self.rule(Evidence::without_hosts(MxAnswer::OwnZone), rules);
        }
        let entry = self.memory.get(domain);
        if let Some(entry) = &entry
            && let Some(ruling) = self.recall(entry, rules)
        {
            self.stats.remembered.count();
            if ruling.is_nearly_over {
                self.refresh(domain);
            }
            return ruling;
        }
        let ruling = match self.board(domain, client) {
            Ok(watch) => self.follow(watch, rules, patience).await,
            Err(failure) => self.rule(Evidence::failed(failure), rules),
        };
        match (ruling.verdict(), entry) {
            (Verdict::Undecided(_), Some(entry)) => self.stale(&entry, rules).unwrap_or(ruling),
            _ => ruling,
        }
    }

    /// The counters of the oracle's work.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// How many domains are remembered, roughly.
    pub fn remembered(&self) -> u64 {
        self.memory.len()
    }

    /// A ruling out of the memory, if what is remembered still counts under these rules.
    ///
    /// Where the last evaluation left the verdict open, what was known before counts to the end of
    /// its own time, and a listing beyond that.
    fn recall(&self, entry: &Entry, rules: &Arc<Rules>) -> Option<Ruling> {
        let mut findings = entry
            .findings()
            .map(|finding| self.remembered_ruling(finding, entry, rules));
        let last = findings.next().flatten();
        let is_open = matches!(judge(&entry.finding.evidence, rules), Verdict::Undecided(_));
        if !is_open {
            return last;
        }
        let is_decided = |ruling: &Ruling| !matches!(ruling.verdict(), Verdict::Undecided(_));
        match findings.flatten().find(is_decided) {
            // The last evaluation's failure is kept for a while, and not tried again before that.
            Some(before) => Some(Ruling {
                is_nearly_over: last.is_none(),
                ..before
            }),
            None => last.map(|open| self.stale(entry, rules).unwrap_or(open)),
        }
    }

    /// A ruling from one finding, until its time is over.
    fn remembered_ruling(
        &self,
        finding: &Finding,
        entry: &Entry,
        rules: &Arc<Rules>,
    ) -> Option<Ruling> {
        let life = self
            .lifetimes
            .of(&judge(&finding.evidence, rules), entry.failures);
        let age = finding.age(Instant::now());
        let remaining = life.checked_sub(age).filter(|left| !left.is_zero())?;
        Some(Ruling {
            source: Source::Memory,
            is_nearly_over: self.lifetimes.is_nearly_over(remaining, life),
            ..Ruling::new(Arc::clone(&finding.evidence), Arc::clone(rules), remaining)
        })
    }

    /// The last listing, if the domain was listed and the end of that is not too long ago.
    ///
    /// RFC 8767, for listings only: a dead upstream must not open the gate, while a stale
    /// "not listed" would let through what is new.
    fn stale(&self, entry: &Entry, rules: &Arc<Rules>) -> Option<Ruling> {
        let now = Instant::now();
        let counts = |finding: &&Finding| match judge(&finding.evidence, rules) {
            Verdict::Listed(listing) => {
                let life = self.lifetimes.clamp(listing.ttl);
                finding.age(now) < life.saturating_add(self.lifetimes.serve_stale)
            }
            Verdict::NotListed(_) | Verdict::Undecided(_) => false,
        };
        let finding = entry.findings().find(counts)?;
        self.stats.stale.count();
        let evidence = Arc::clone(&finding.evidence);
        let ruling = Ruling::new(evidence, Arc::clone(rules), self.lifetimes.stale_ttl);
        Some(Ruling {
            source: Source::Stale,
            ..ruling
        })
    }

    /// Joins the domain's evaluation, or begins one if the client may.
    fn board(self: &Arc<Self>, domain: &Domain, client: Option<IpAddr>) -> Result<Watch, Failure> {
        if let Some(watch) = self.flights.join(domain) {
            self.stats.joined.count();
            return Ok(watch);
        }
        if client.is_some_and(|client| !self.budgets.spend(client)) {
            self.stats.client_budget.count();
            return Err(Failure::ClientBudget);
        }
        match self.flights.board(domain) {
            Boarding::Joined(watch) => {
                self.stats.joined.count();
                Ok(watch)
            }
            Boarding::New(watch, flight) => {
                self.take_off(domain.clone(), flight);
                Ok(watch)
            }
            Boarding::Full => {
                self.stats.overload.count();
                Err(Failure::Overload)
            }
        }
    }

    /// Begins an evaluation ahead of the entry's end, unless one is under way.
    fn refresh(self: &Arc<Self>, domain: &Domain) {
        if let Boarding::New(_, flight) = self.flights.board(domain) {
            self.stats.refreshes.count();
            self.take_off(domain.clone(), flight);
        }
    }

    /// Runs an evaluation to its end, whoever still waits for it.
    fn take_off(self: &Arc<Self>, domain: Domain, mut flight: Flight) {
        let oracle = Arc::clone(self);
        self.stats.evaluations.count();
        let evaluation = async move {
            let began = Instant::now();
            let collection = async {
                // The semaphore is never closed; without a permit nothing is bounded.
                let Ok(_permit) = oracle.flights.running.acquire().await else {
                    return;
                };
                let Self {
                    lookup,
                    own,
                    limits,
                    ..
                } = &*oracle;
                gather(lookup, &domain, limits.gather, own, &mut flight).await;
            };
            // Over time: what is known counts, and the rest has failed.
            let _over_time = timeout(oracle.limits.evaluation_deadline, collection).await;
            let evidence = flight.close(Failure::Timeout);
            oracle.count(&evidence);
            let failure = evidence.first_failure().map(tracing::field::display);
            tracing::debug!(%domain, failure, took = ?began.elapsed(), "evaluated");
            let finding = Finding {
                evidence: Arc::new(evidence),
                gathered_at: Instant::now(),
            };
            flight.land(oracle.memory.store(&domain, finding));
        };
        tokio::spawn(evaluation);
    }

    fn count(&self, evidence: &Evidence) {
        if evidence.first_failure().is_some() {
            self.stats.failures.count();
        } else if evidence.lacks_addresses() {
            self.stats.no_address.count();
        }
        if evidence.hosts_left_out > 0 {
            self.stats.hosts_left_out.count();
        }
    }

    /// Watches an evaluation until it settles the verdict, or until `patience` ends.
    async fn follow(&self, mut watch: Watch, rules: &Arc<Rules>, patience: Patience) -> Ruling {
        let deadline = match patience {
            Patience::Settled(time) => Some(Instant::now() + time),
            Patience::Whole => None,
        };
        loop {
            if let Some(ruling) = self.look(&mut watch, rules, patience) {
                return ruling;
            }
            let news = match deadline {
                Some(deadline) => timeout_at(deadline, watch.changed()).await,
                None => Ok(watch.changed().await),
            };
            match news {
                Ok(Ok(())) => {}
                // The evaluation ended without landing: it panicked.
                Ok(Err(_gone)) => return self.rule(Evidence::failed(Failure::Internal), rules),
                Err(_elapsed) => {
                    self.stats.deadlines.count();
                    let so_far = watch.borrow().evidence.clone();
                    return self.rule(so_far, rules);
                }
            }
        }
    }

    /// One look at an evaluation: a ruling if it is done, or settled for one who waits for that.
    fn look(&self, watch: &mut Watch, rules: &Arc<Rules>, patience: Patience) -> Option<Ruling> {
        let progress = watch.borrow_and_update();
        if let Some(entry) = &progress.landed {
            let evidence = Arc::clone(&entry.finding.evidence);
            return Some(self.fresh(evidence, rules, entry.failures));
        }
        let waits_for_all = patience == Patience::Whole;
        let undecided = matches!(judge(&progress.evidence, rules), Verdict::Undecided(_));
        if waits_for_all || undecided {
            return None;
        }
        let evidence = progress.evidence.clone();
        drop(progress);
        Some(self.rule(evidence, rules))
    }

    fn rule(&self, evidence: Evidence, rules: &Arc<Rules>) -> Ruling {
        self.fresh(Arc::new(evidence), rules, 1)
    }

    fn fresh(&self, evidence: Arc<Evidence>, rules: &Arc<Rules>, failures: u32) -> Ruling {
        let remaining = self.lifetimes.of(&judge(&evidence, rules), failures);
        Ruling::new(evidence, Arc::clone(rules), remaining)
    }
}
