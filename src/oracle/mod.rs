//! The one door: every question for a verdict goes through [`Oracle::ask`].
//!
//! Out of the memory if what is there still counts, else one evaluation, which all who ask for the
//! domain meanwhile watch together. What is kept is the evidence; each read judges it anew.

pub mod allowance;
mod blame;
mod budget;
mod charge;
pub mod clock;
pub mod courtesy;
mod entry;
mod flight;
pub mod gather;
pub mod lookup;
mod memory;
mod recall;
mod ruling;
mod sight;
mod snapshot;
pub mod stats;
#[cfg(test)]
mod tests;
pub mod upstream;
#[cfg(any(test, fuzzing))]
pub(crate) mod world;

use std::io::{self, Read, Seek, Write};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use blame::Blame;
pub use budget::ClientBudget;
pub(crate) use budget::{Budgets, TotalBudget};
use clock::{Clock, Moment};
use courtesy::Courtesy;
use entry::Entry;
pub use flight::Ticket;
use flight::{Boarding, Flight, Flights, Watch};
use gather::{GatherLimits, gather};
use lookup::Lookup;
use memory::Memory;
pub use memory::Sought;
pub use ruling::{Lifetimes, Ruling, Sentence, Source};
use sight::Jump;
pub use sight::Sight;
pub use snapshot::SnapshotError;
use stats::Stats;

use crate::verdict::domain::DomainRef;
use crate::verdict::evidence::MxAnswer;
use crate::verdict::{Domain, Draft, Evidence, Failure, Rules, Verdict};

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
    /// New domains of all clients together, a second; past it they are undecided at once. As many are looked
    /// up again ahead of their time. More of them take the processor from what is remembered, and ask
    /// upstream more.
    pub evaluations_per_second: NonZeroU32,
    /// Octets of memory for what is remembered.
    pub memory_octets: usize,
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
    clock: Clock,
    memory: Memory,
    flights: Arc<Flights>,
    budgets: Budgets,
    total_budget: TotalBudget,
    refresh_budget: TotalBudget,
    courtesy: Courtesy,
    sight: sight::Watch,
    blame: Blame,
    stats: Stats,
}

impl<L: Lookup> Oracle<L> {
    /// An oracle with an empty memory. `own` are the origins of our own zones: nothing at or below
    /// them is ever looked up, which is what stops a loop through the resolver that forwards to us.
    pub fn new(lookup: L, own: Vec<Domain>, limits: Limits, lifetimes: Lifetimes) -> Self {
        let (clock, budget) = (Clock::start(), limits.client_budget);
        Self {
            lookup,
            limits,
            lifetimes,
            own,
            clock,
            memory: Memory::new(limits.memory_octets),
            flights: Arc::new(Flights::new(limits.evaluations_max, limits.waiting_max)),
            budgets: Budgets::new(budget.per_second, budget.burst, clock),
            total_budget: TotalBudget::new(limits.evaluations_per_second, clock),
            refresh_budget: TotalBudget::new(limits.evaluations_per_second, clock),
            courtesy: Courtesy::default(),
            sight: sight::Watch::default(),
            blame: Blame::default(),
            stats: Stats::default(),
        }
    }

    /// Judges a domain by `rules`, looking it up if need be.
    ///
    /// A `client` pays for new domains out of its budget. The answer comes within `patience`; an
    /// evaluation that takes longer goes on and is remembered.
    pub async fn ask<'r>(
        self: &Arc<Self>,
        domain: &Domain,
        rules: &'r Rules,
        client: Option<IpAddr>,
        patience: Patience,
    ) -> Ruling<'r> {
        if self.own.iter().any(|origin| domain.is_at_or_below(origin)) {
            return self.rule(&Draft::without_hosts(MxAnswer::OwnZone), rules);
        }
        if let Some(verdict) = rules.foregone(domain.as_ref()) {
            self.stats.foregone.count();
            return Ruling::foregone(verdict, rules, self.lifetimes.min_ttl);
        }
        let sought = self.seek(domain.as_ref());
        let remembered = self.recall_entry(sought, rules, self.clock.now(), |entry, sentence| {
            Ruling::of_sentence(entry, rules, sentence)
        });
        if let Some(ruling) = remembered {
            self.stats.remembered.count();
            return ruling;
        }
        let ruling = match self.board(domain, client) {
            Ok(watch) => self.follow(watch, rules, patience).await,
            Err(failure) => self.rule(&Draft::failed(failure), rules),
        };
        match ruling.verdict() {
            Verdict::Undecided(_) => {
                let stale = self.stale(sought, rules, self.clock.now());
                stale.unwrap_or(ruling)
            }
            Verdict::Listed(_) | Verdict::NotListed(_) => ruling,
        }
    }

    /// Finds out where a domain would be remembered.
    ///
    /// Who has several does this for each of them, then [`Self::approach`], then [`Self::recall`],
    /// and so waits for memory once instead of for each.
    #[inline]
    pub fn seek<'d>(&self, domain: DomainRef<'d>) -> Sought<'d> {
        self.memory.seek(domain)
    }

    /// Has fetched what is remembered there. It changes nothing else.
    #[inline]
    pub fn approach(&self, sought: Sought<'_>) {
        self.memory.approach(sought);
    }

    /// Hands `say` what can be said of a domain without waiting, because the operator has said it or
    /// because it is remembered.
    ///
    /// This is what [`Self::ask`] says first; whoever cannot wait asks for this alone, and counts
    /// what is `remembered`.
    pub fn recall<S>(
        self: &Arc<Self>,
        sought: Sought<'_>,
        rules: &Rules,
        now: Moment,
        say: impl FnOnce(&Sentence<'_>) -> S,
    ) -> Option<S> {
        if let Some(verdict) = rules.foregone(sought.domain) {
            self.stats.foregone.count();
            return Some(say(&Sentence {
                verdict: &verdict,
                remaining: self.lifetimes.min_ttl,
                source: Source::Operator,
                is_nearly_over: false,
                place: 0..0,
            }));
        }
        self.recall_entry(sought, rules, now, |_, sentence| say(sentence))
    }

    fn recall_entry<S>(
        self: &Arc<Self>,
        sought: Sought<'_>,
        rules: &Rules,
        now: Moment,
        say: impl FnOnce(&Entry, &Sentence<'_>) -> S,
    ) -> Option<S> {
        let entry = self.memory.get(sought)?;
        recall::recall(&entry, rules, &self.lifetimes, now, |sentence| {
            if sentence.source == Source::Stale {
                self.stats.stale.count();
            }
            if sentence.is_nearly_over {
                entry.refresh_once(|| self.refresh(&sought.domain.to_domain()));
            }
            say(&entry, sentence)
        })
    }

    /// The clock that [`Self::recall`] goes by.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Asks for names that are known to have a reserved address, whether that is seen.
    pub async fn look_for(&self, canaries: &[Domain]) -> Sight {
        let sight = sight::look(&self.lookup, canaries, self.limits.gather.extra_queries_max).await;
        if sight == Sight::Blind {
            self.stats.blind.count();
        }
        sight
    }

    /// Ends when the share of hosts without addresses has jumped, once for each such jump.
    pub async fn sight_jumped(&self) {
        self.sight.jumped.notified().await;
    }

    /// Whom the evaluations give way to.
    pub fn courtesy(&self) -> &Courtesy {
        &self.courtesy
    }

    /// The counters of the oracle's work.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Who is asked.
    pub fn lookup(&self) -> &L {
        &self.lookup
    }

    /// How many domains are remembered.
    pub fn remembered(&self) -> usize {
        self.memory.len()
    }

    /// Writes down all that is remembered, and says of how many domains.
    ///
    /// # Errors
    /// What `out` says.
    pub fn save(&self, out: impl Write) -> io::Result<usize> {
        let mut writer = snapshot::Writer::new(out, self.lookup.proves())?;
        let mut count = 0;
        for entry in self.memory.entries() {
            writer.write(&entry)?;
            count += 1;
        }
        writer.finish()?;
        Ok(count)
    }

    /// Remembers what [`Self::save`] wrote down, where it may still count and nothing newer is
    /// known; says of how many domains. It may go on while questions are answered.
    ///
    /// # Errors
    /// [`SnapshotError`]; then nothing of it is remembered.
    pub fn load(&self, mut input: impl Read + Seek) -> Result<usize, SnapshotError> {
        snapshot::verify(&mut input, self.lookup.proves())?;
        input.rewind()?;
        let now = self.clock.now();
        let mut count = 0;
        snapshot::read(input, |entry| {
            if recall::may_count(&entry, &self.lifetimes, now) {
                self.memory.adopt(entry);
                count += 1;
            }
        })?;
        Ok(count)
    }

    /// The last listing of a domain that cannot be judged now.
    fn stale<'r>(&self, sought: Sought<'_>, rules: &'r Rules, now: Moment) -> Option<Ruling<'r>> {
        let entry = self.memory.get(sought)?;
        let (finding, listed) = recall::last_listing(&entry, rules, &self.lifetimes, now)?;
        self.stats.stale.count();
        let sentence = recall::stale(&listed, finding.place, &self.lifetimes);
        Some(Ruling::of_sentence(&entry, rules, &sentence))
    }

    /// Joins the domain's evaluation, or begins one if the client may.
    fn board(self: &Arc<Self>, domain: &Domain, client: Option<IpAddr>) -> Result<Watch, Failure> {
        let charged = client.map(|client| self.pay(domain, client));
        let _ticket = charged.transpose()?;
        match self.flights.board(domain, self.clock.now()) {
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

    /// Begins an evaluation ahead of the entry's end, unless one is under way; false if there are too
    /// many.
    fn refresh(self: &Arc<Self>, domain: &Domain) -> bool {
        // A budget of their own: a flood of new domains must not let those end that are remembered.
        if !self.refresh_budget.spend() {
            return false;
        }
        match self.flights.board(domain, self.clock.now()) {
            Boarding::New(_, flight) => {
                self.stats.refreshes.count();
                self.take_off(domain.clone(), flight);
                true
            }
            Boarding::Joined(_) => true,
            Boarding::Full => false,
        }
    }

    /// Runs an evaluation to its end, whoever still waits for it.
    fn take_off(self: &Arc<Self>, domain: Domain, mut flight: Box<Flight>) {
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
                gather(lookup, &domain, limits.gather, own, &mut *flight).await;
            };
            // Over time: what is known counts, and the rest has failed.
            let _over_time = timeout(oracle.limits.evaluation_deadline, collection).await;
            let draft = flight.close(Failure::Timeout);
            let blame = |failure| oracle.blame.note(failure);
            let entry = oracle
                .memory
                .store(&domain, draft, oracle.clock.now(), blame);
            if let Some(newest) = entry.findings().next() {
                let evidence = newest.evidence();
                oracle.count(&evidence);
                let failure = evidence.first_failure().map(tracing::field::display);
                tracing::debug!(%domain, failure, took = ?began.elapsed(), "evaluated");
            }
            flight.land(entry);
        };
        tokio::spawn(self.courtesy.of(evaluation));
    }

    fn count(&self, evidence: &Evidence<'_>) {
        self.stats.count_outcome(evidence);
        if let Some(Jump { share, usual }) = self.sight.count(evidence) {
            self.stats.no_address_jumps.count();
            tracing::warn!(
                "{} % of MX hosts have no address, where {} % is usual: if the upstream strips reserved \
                 addresses, nothing is listed; 'bogusmx doctor' tells",
                share / 10,
                usual / 10
            );
        }
    }

    /// Watches an evaluation until it settles the verdict, or until `patience` ends.
    async fn follow<'r>(
        &self,
        mut watch: Watch,
        rules: &'r Rules,
        patience: Patience,
    ) -> Ruling<'r> {
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
                Ok(Err(_gone)) => return self.rule(&Draft::failed(Failure::Internal), rules),
                Err(_elapsed) => {
                    self.stats.deadlines.count();
                    let so_far = watch.borrow().entry.clone();
                    return self.fresh(so_far, rules, 1);
                }
            }
        }
    }

    /// One look at an evaluation: a ruling if it is done, or settled for one who waits for that.
    fn look<'r>(
        &self,
        watch: &mut Watch,
        rules: &'r Rules,
        patience: Patience,
    ) -> Option<Ruling<'r>> {
        let progress = watch.borrow_and_update();
        let (entry, has_landed) = (progress.entry.clone(), progress.has_landed);
        drop(progress);
        if has_landed {
            let failures = entry.failures();
            return Some(self.fresh(entry, rules, failures));
        }
        if patience == Patience::Whole {
            return None;
        }
        let ruling = self.fresh(entry, rules, 1);
        let is_settled = !matches!(ruling.verdict(), Verdict::Undecided(_));
        is_settled.then_some(ruling)
    }

    fn rule<'r>(&self, draft: &Draft, rules: &'r Rules) -> Ruling<'r> {
        self.fresh(Entry::unnamed(draft, self.clock.now()), rules, 1)
    }

    fn fresh<'r>(&self, entry: Entry, rules: &'r Rules, failures: u8) -> Ruling<'r> {
        Ruling::of_newest(entry, rules, |verdict| self.lifetimes.of(verdict, failures))
    }
}
