//! What a new domain costs its client, before anything is looked up.

use std::net::IpAddr;

use super::clock::Moment;
use super::flight::{Outlook, Ticket};
use super::lookup::Lookup;
use super::ruling::Sentence;
use super::{Oracle, Sought};
use crate::verdict::{Domain, Draft, Failure, Rules};

impl<L: Lookup> Oracle<L> {
    /// Has a client pay for the evaluation of a domain that is not remembered. The ticket is for
    /// [`Self::ask`], which then charges nobody; to join others takes none.
    ///
    /// # Errors
    /// What `say` makes of what is said if there is no room for one more, or the client may not have one.
    pub fn charge<S>(
        &self,
        sought: Sought<'_>,
        rules: &Rules,
        client: IpAddr,
        now: Moment,
        say: impl FnOnce(&Sentence<'_>) -> S,
    ) -> Result<Option<Ticket>, S> {
        self.pay(&sought.domain.to_domain(), client)
            .map_err(|failure| {
                let stale = self.stale(sought, rules, now);
                let ruling = stale.unwrap_or_else(|| self.rule(&Draft::failed(failure), rules));
                ruling.pronounce(say)
            })
    }

    /// Has a client pay for a new domain; to join others costs nothing.
    pub(super) fn pay(&self, domain: &Domain, client: IpAddr) -> Result<Option<Ticket>, Failure> {
        match self.flights.outlook(domain) {
            Outlook::Joined => Ok(None),
            Outlook::Full => {
                self.stats.overload.count();
                Err(Failure::Overload)
            }
            Outlook::New if !self.budgets.spend(client) => {
                self.stats.client_budget.count();
                Err(Failure::ClientBudget)
            }
            Outlook::New if !self.total_budget.spend() => {
                self.stats.total_budget.count();
                Err(Failure::Overload)
            }
            // None if somebody else was quicker: then there is one to join, or no room, as it is found to be.
            Outlook::New => Ok(self.flights.reserve(domain)),
        }
    }
}
