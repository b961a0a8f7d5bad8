//! Evaluations under way: one a domain, watched by all who asked for it.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};

use super::gather::Notebook;
use super::memory::Entry;
use crate::verdict::{Domain, Evidence, Failure};

/// What the watchers of an evaluation see.
#[derive(Debug)]
pub(super) struct Progress {
    /// What is known so far.
    pub(super) evidence: Evidence,
    /// What is remembered of the domain, once the evaluation is done.
    pub(super) landed: Option<Arc<Entry>>,
}

/// A watcher's end of an evaluation.
pub(super) type Watch = watch::Receiver<Progress>;

/// All evaluations under way, running and waiting.
pub(super) struct Flights {
    in_air: Mutex<HashMap<Domain, Watch>>,
    in_air_max: usize,
    /// Permits for those that run.
    pub(super) running: Semaphore,
}

/// How [`Flights::board`] went.
pub(super) enum Boarding {
    /// Somebody else's evaluation, joined.
    Joined(Watch),
    /// A new one, which the caller has to run.
    New(Watch, Flight),
    /// There are as many as may be.
    Full,
}

/// An evaluation's own end; dropping it ends the evaluation for all who watch.
pub(super) struct Flight {
    domain: Domain,
    sender: watch::Sender<Progress>,
    flights: Arc<Flights>,
}

impl Flights {
    pub(super) fn new(running_max: usize, waiting_max: usize) -> Self {
        Self {
            in_air: Mutex::new(HashMap::new()),
            in_air_max: running_max.saturating_add(waiting_max),
            running: Semaphore::new(running_max.min(Semaphore::MAX_PERMITS)),
        }
    }

    /// The evaluation of the domain, if one is under way.
    pub(super) fn join(&self, domain: &Domain) -> Option<Watch> {
        self.in_air.lock().get(domain).cloned()
    }

    /// Joins the evaluation of the domain, or begins one.
    pub(super) fn board(self: &Arc<Self>, domain: &Domain) -> Boarding {
        let mut in_air = self.in_air.lock();
        let full = in_air.len() >= self.in_air_max;
        match in_air.entry(domain.clone()) {
            Slot::Occupied(slot) => Boarding::Joined(slot.get().clone()),
            Slot::Vacant(_) if full => Boarding::Full,
            Slot::Vacant(slot) => {
                let progress = Progress {
                    evidence: Evidence::pending(),
                    landed: None,
                };
                let (sender, watch) = watch::channel(progress);
                slot.insert(watch.clone());
                let (domain, flights) = (domain.clone(), Arc::clone(self));
                Boarding::New(
                    watch,
                    Flight {
                        domain,
                        sender,
                        flights,
                    },
                )
            }
        }
    }
}

impl Flight {
    /// What was found out, with `failure` in place of all that was not.
    pub(super) fn close(&self, failure: Failure) -> Evidence {
        self.sender
            .send_modify(|progress| progress.evidence.close(failure));
        self.sender.borrow().evidence.clone()
    }

    /// Shows the outcome to all who watch.
    pub(super) fn land(self, entry: Arc<Entry>) {
        self.sender
            .send_modify(|progress| progress.landed = Some(entry));
    }
}

impl Notebook for Flight {
    fn write(&mut self, entry: impl FnOnce(&mut Evidence) + Send) {
        self.sender
            .send_modify(|progress| entry(&mut progress.evidence));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.in_air.lock().remove(&self.domain);
    }
}
