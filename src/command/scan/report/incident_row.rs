//! One mail that did not reach one recipient, as it is reported.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::time::Local;
use crate::command::scan::tally::domain_behind;
use crate::command::scan::tally::incidents::Incident;
use crate::maillog::story::{Cause, Fate, Origin, Status};

/// The word for a bounce that left the house.
pub(crate) const LEFT: &str = "left";

/// What is said of mail whose last failure is not in the log.
const EXPIRED: &str = "given up after it had been tried for long";

/// A mail that did not reach a recipient, or all that is known is its bounce.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct IncidentRow {
    pub(crate) id: String,
    pub(crate) client: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) local: Option<String>,
    pub(crate) sender: Option<String>,
    pub(crate) recipient: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) at: Option<Local>,
    pub(crate) cause: &'static str,
    pub(crate) status: &'static str,
    pub(crate) text: String,
    pub(crate) bounce: Option<BounceRow>,
    /// The mail that it is of; other rows may be of the same.
    #[serde(skip)]
    pub(crate) story: u64,
    /// Recipients of that mail that are in no row, but counted here.
    #[serde(skip)]
    pub(crate) more: usize,
    /// Whether it counts: it is certain, or the domain is listed today.
    #[serde(skip)]
    pub(crate) counts: bool,
}

/// A non-delivery notification.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct BounceRow {
    pub(crate) id: String,
    pub(crate) recipient: Option<String>,
    pub(crate) fate: &'static str,
    pub(crate) at: Option<Local>,
    pub(crate) relay: Option<String>,
}

impl IncidentRow {
    /// The row; `is_listed` says whether a domain is, today.
    pub(crate) fn new(
        incident: &Incident,
        is_listed: impl Fn(&str) -> bool,
        zone: &TimeZone,
    ) -> Self {
        let failure = incident.failure.as_ref();
        let domain = failure.map(|failure| domain_behind(&failure.recipient));
        let is_listed = domain.as_deref().is_some_and(is_listed);
        let local = |at| Local::new(at, zone);
        let (client, account, user) = match incident.origin.clone() {
            Origin::Account { name, client } => (Some(client), Some(name), None),
            Origin::Client(client) => (Some(client), None, None),
            Origin::Local(user) => (None, None, Some(user)),
            Origin::Unknown => (None, None, None),
        };
        let bounce = incident.bounce.as_ref().map(|bounce| {
            let (fate, at, relay) = match &bounce.fate {
                Fate::Left { at, relay } => (LEFT, *at, Some(relay.clone())),
                Fate::Inside { at, relay } => ("inside", *at, Some(relay.clone())),
                Fate::Local => ("local", None, None),
                Fate::Refused => ("refused", None, None),
                Fate::Waiting => ("waiting", None, None),
                Fate::Unknown => ("unknown", None, None),
            };
            BounceRow {
                id: bounce.id.clone(),
                recipient: bounce.recipient.clone(),
                fate,
                at: at.map(local),
                relay,
            }
        });
        Self {
            id: incident.id.clone(),
            client,
            account,
            local: user,
            sender: incident.sender.clone(),
            recipient: failure.map(|failure| failure.recipient.clone()),
            domain: domain.map(String::from),
            at: failure.and_then(|failure| failure.at).map(local),
            cause: cause(failure.map_or(Cause::Other, |failure| failure.cause)),
            status: status(failure.map_or(Status::Bounced, |failure| failure.status)),
            text: failure.map_or(EXPIRED, |failure| &failure.text).to_owned(),
            bounce,
            story: incident.story,
            more: incident.more,
            counts: failure.is_some_and(|failure| {
                failure.is_certain() || (is_listed && failure.cause != Cause::Other)
            }),
        }
    }

    /// The recipient, for people.
    pub(crate) fn whom(&self) -> &str {
        self.recipient.as_deref().unwrap_or("?")
    }

    /// When it failed.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        self.at.as_ref().map(Local::timestamp)
    }

    /// Whether its bounce left the house.
    pub(crate) fn has_left(&self) -> bool {
        let bounce = self.bounce.as_ref();
        bounce.is_some_and(|bounce| bounce.fate == LEFT)
    }

    /// When that was.
    pub(crate) fn left_at(&self) -> Option<Timestamp> {
        let bounce = self.bounce.as_ref().filter(|_| self.has_left())?;
        bounce.at.as_ref().map(Local::timestamp)
    }
}

fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Loop => "loop",
        Cause::Reserved(_) => "reserved",
        Cause::Private(_) => "private",
        Cause::NoHost => "no_host",
        Cause::Other => "other",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Bounced => "bounced",
        Status::Deferred => "deferred",
        Status::Sent => "sent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::scan::fixture::{story, zone};

    #[test]
    fn what_a_reserved_address_took_counts_where_the_domain_is_listed() {
        let reserved = Cause::Reserved("127.0.0.6".parse().unwrap());
        let counts = |cause, status, is_listed| {
            let mut mail = story("1", "a@iphone.com", 0, cause);
            mail.failures[0].status = status;
            let incident = Incident::new(&mail, mail.failures.first());
            IncidentRow::new(&incident, |_| is_listed, &zone()).counts
        };
        assert!(counts(reserved, Status::Bounced, false));
        assert!(!counts(reserved, Status::Sent, false));
        assert!(counts(reserved, Status::Sent, true));
        assert!(!counts(Cause::NoHost, Status::Bounced, false));
        assert!(!counts(Cause::Other, Status::Bounced, true));
    }
}
