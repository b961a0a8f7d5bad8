//! Evaluations under way: one a domain, watched by all who asked for it.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};

use super::clock::Moment;
use super::entry::Entry;
use super::gather::Notebook;
use crate::verdict::{Domain, Draft, Failure};

/// What the watchers of an evaluation see.
#[derive(Debug)]
pub(super) struct Progress {
    /// What is known so far; once the evaluation is done, what is remembered of the domain.
    pub(super) entry: Entry,
    /// Whether it is done.
    pub(super) has_landed: bool,
}

/// A watcher's end of an evaluation.
pub(super) type Watch = watch::Receiver<Progress>;

/// All evaluations under way, running and waiting.
pub(super) struct Flights {
    in_air: Mutex<HashMap<Domain, Slot>>,
    in_air_max: usize,
    /// Permits for those that run.
    pub(super) running: Semaphore,
}

enum Slot {
    /// An evaluation that somebody has paid for, and that has not begun.
    Reserved,
    Flying(Watch),
}

/// A place for an evaluation that has been paid for, until it has begun or whoever paid gives up.
pub struct Ticket {
    domain: Domain,
    flights: Arc<Flights>,
}

/// How [`Flights::board`] would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outlook {
    /// Somebody else's evaluation would be joined.
    Joined,
    /// One would begin.
    New,
    /// There are as many as may be.
    Full,
}

/// How [`Flights::board`] went.
pub(super) enum Boarding {
    /// Somebody else's evaluation, joined.
    Joined(Watch),
    /// A new one, which the caller has to run.
    New(Watch, Box<Flight>),
    /// There are as many as may be.
    Full,
}

/// An evaluation's own end; dropping it ends the evaluation for all who watch.
pub(super) struct Flight {
    domain: Domain,
    draft: Draft,
    began_at: Moment,
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

    /// What would come of [`Self::board`] now.
    pub(super) fn outlook(&self, domain: &Domain) -> Outlook {
        self.outlook_of(&self.in_air.lock(), domain)
    }

    fn outlook_of(&self, in_air: &HashMap<Domain, Slot>, domain: &Domain) -> Outlook {
        if in_air.contains_key(domain) {
            Outlook::Joined
        } else if in_air.len() >= self.in_air_max {
            Outlook::Full
        } else {
            Outlook::New
        }
    }

    /// Takes a place for an evaluation of the domain, if one would begin.
    pub(super) fn reserve(self: &Arc<Self>, domain: &Domain) -> Option<Ticket> {
        let mut in_air = self.in_air.lock();
        if self.outlook_of(&in_air, domain) != Outlook::New {
            return None;
        }
        in_air.insert(domain.clone(), Slot::Reserved);
        Some(Ticket {
            domain: domain.clone(),
            flights: Arc::clone(self),
        })
    }

    /// Joins the evaluation of the domain, or begins one.
    pub(super) fn board(self: &Arc<Self>, domain: &Domain, now: Moment) -> Boarding {
        let mut in_air = self.in_air.lock();
        match in_air.get(domain) {
            Some(Slot::Flying(watch)) => return Boarding::Joined(watch.clone()),
            Some(Slot::Reserved) => {}
            None if in_air.len() >= self.in_air_max => return Boarding::Full,
            None => {}
        }
        let draft = Draft::pending();
        let progress = Progress {
            entry: Entry::unnamed(&draft, now),
            has_landed: false,
        };
        let (sender, watch) = watch::channel(progress);
        in_air.insert(domain.clone(), Slot::Flying(watch.clone()));
        let flight = Box::new(Flight {
            domain: domain.clone(),
            draft,
            began_at: now,
            sender,
            flights: Arc::clone(self),
        });
        Boarding::New(watch, flight)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut in_air = self.flights.in_air.lock();
        if let Some(Slot::Reserved) = in_air.get(&self.domain) {
            in_air.remove(&self.domain);
        }
    }
}

impl Flight {
    /// What was found out, with `failure` in place of all that was not.
    pub(super) fn close(&mut self, failure: Failure) -> &Draft {
        self.draft.close(failure);
        &self.draft
    }

    /// Shows the outcome to all who watch.
    pub(super) fn land(&self, entry: Entry) {
        self.sender.send_modify(|progress| {
            progress.entry = entry;
            progress.has_landed = true;
        });
    }
}

impl Notebook for Flight {
    fn write(&mut self, write: impl FnOnce(&mut Draft) + Send) {
        write(&mut self.draft);
        let entry = Entry::unnamed(&self.draft, self.began_at);
        self.sender.send_modify(|progress| progress.entry = entry);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.in_air.lock().remove(&self.domain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::clock::Clock;

    fn domain(name: &str) -> Domain {
        Domain::parse(name).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_ticket_holds_a_place_until_the_flight_begins() {
        let (flights, now) = (Arc::new(Flights::new(1, 0)), Clock::start().now());
        let ticket = flights.reserve(&domain("a.de")).unwrap();
        assert_eq!(flights.outlook(&domain("a.de")), Outlook::Joined);
        assert_eq!(flights.outlook(&domain("b.de")), Outlook::Full);
        assert!(flights.reserve(&domain("b.de")).is_none());
        assert!(matches!(
            flights.board(&domain("b.de"), now),
            Boarding::Full
        ));
        let Boarding::New(_, flight) = flights.board(&domain("a.de"), now) else {
            panic!("somebody has paid for it");
        };
        drop(ticket);
        assert!(matches!(
            flights.board(&domain("a.de"), now),
            Boarding::Joined(_)
        ));
        drop(flight);
        assert!(flights.in_air.lock().is_empty());
    }

    #[test]
    fn a_ticket_that_is_not_used_leaves_its_place_to_others() {
        let flights = Arc::new(Flights::new(1, 0));
        drop(flights.reserve(&domain("a.de")).unwrap());
        assert!(flights.reserve(&domain("b.de")).is_some());
    }
}
