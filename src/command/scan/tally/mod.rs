//! Counts what stories tell, by recipient domain: whether a suspect counts is known only when its domain has been
//! looked up. It stays below 25 MB, whatever the logs hold.

pub(crate) mod around;
pub(crate) mod count;
pub(crate) mod incidents;
pub(crate) mod rows;

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;

use self::around::Around;
use self::count::{Bounces, Census, Count, Domain, Group, OTHERS, Span, Split, Tallied as _, more};
use self::incidents::Incidents;
use self::rows::{Bounds, Pair, Rows};
use crate::command::mail_domain::domain_of;
use crate::maillog::Story;
use crate::maillog::story::{Cause, Failure, Origin, Status};

/// Domains, each with a verdict to look up; and what some of them have in common.
const DOMAINS: Bounds = Bounds {
    kept: 10_000,
    rows_max: 14_000,
    octets_max: 1 << 20,
};

/// Senders, origins and hours, each with a domain.
const PAIRS: Bounds = Bounds {
    kept: 14_000,
    rows_max: 20_000,
    octets_max: 2 << 20,
};

/// Longer names are cut: none that is right is longer (RFC 5321, section 4.5.3.1).
const NAME_OCTETS_MAX: usize = 320;

/// What all stories tell together.
pub(crate) struct Tally {
    pub(crate) domains: Rows<Box<str>, Domain>,
    pub(crate) senders: Rows<Pair<Option<Box<str>>>, Split<Count>>,
    pub(crate) origins: Rows<Pair<Origin>, Split<Count>>,
    pub(crate) hours: Rows<Pair<i64>, Split<Count>>,
    pub(crate) incidents: Incidents,
    /// Bounces of mail that looped for certain.
    pub(crate) certain: Bounces,
    /// Bounces of suspects only, by the domains that they are in, if these are several: it counts if any is listed today.
    pub(crate) groups: Rows<Box<[u32]>, Group>,
    /// Bounces for other reasons.
    pub(crate) others: Bounces,
    last_id: u32,
}

impl Tally {
    /// An empty tally. The incidents that it keeps are those around a time, or the last ones.
    pub(crate) fn new(around: Option<Around>) -> Self {
        Self {
            domains: Rows::new(DOMAINS),
            senders: Rows::new(PAIRS),
            origins: Rows::new(PAIRS),
            hours: Rows::new(PAIRS),
            incidents: Incidents::new(around),
            certain: Bounces::default(),
            groups: Rows::new(DOMAINS),
            others: Bounces::default(),
            last_id: OTHERS,
        }
    }

    /// Counts a story.
    pub(crate) fn tell(&mut self, story: &Story) {
        self.incidents.tell(story);
        let failures = story.failures.iter();
        // What is certain comes first, so that a domain's bounce is counted as such.
        let (certain, suspect): (Vec<&Failure>, Vec<&Failure>) = failures
            .filter(|failure| failure.cause != Cause::Other)
            .partition(|failure| failure.is_certain());
        let mut seen = BTreeSet::new();
        let certain: Vec<u32> = certain
            .into_iter()
            .map(|failure| self.count_recipient(story, failure, &mut seen))
            .collect();
        for failure in suspect {
            self.count_recipient(story, failure, &mut seen);
        }
        if let Some(at) = story.left() {
            self.count_bounce(story, at, certain.first().copied(), seen);
        }
        self.prune();
    }

    /// The domains to look up.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.domains.iter().map(|(name, _)| &**name).collect()
    }

    /// Counts a recipient, and says the number of its domain.
    fn count_recipient(
        &mut self,
        story: &Story,
        failure: &Failure,
        seen: &mut BTreeSet<u32>,
    ) -> u32 {
        let is_certain = failure.is_certain();
        let row = self.domains.row(domain_behind(&failure.recipient));
        if row.id == OTHERS {
            row.id = next(&mut self.last_id);
        }
        let domain = row.id;
        let census = Census::of(failure, story);
        let half = row.split.half(is_certain);
        half.add(&census);
        let has_left = story.left().is_some() && seen.insert(domain);
        more(&mut half.count.backscatter, has_left.into());
        self.count_pairs(story, domain, is_certain, &census.count);
        if let Some(what) = failure.first_at.map(hour) {
            let row = self.hours.row(Pair { domain, what });
            row.half(is_certain).add(&census.count);
        }
        domain
    }

    /// Counts a bounce that left, once: under a domain that is certain, or for all that are suspected.
    fn count_bounce(
        &mut self,
        story: &Story,
        at: Option<Timestamp>,
        certain: Option<u32>,
        domains: BTreeSet<u32>,
    ) {
        let around = self.incidents.around();
        let is_near = around
            .zip(at)
            .is_some_and(|(around, at)| around.is_near(at));
        let bounce = Bounces {
            left: 1,
            near: is_near.into(),
        };
        let domain = match certain {
            Some(domain) => {
                self.certain.add(&bounce);
                domain
            }
            None if domains.is_empty() => {
                self.others.add(&bounce);
                return;
            }
            None => self.count_suspect(story, domains, &bounce),
        };
        let count = Count {
            backscatter: 1,
            ..Count::default()
        };
        self.count_pairs(story, domain, certain.is_some(), &count);
        if let Some(what) = at.map(hour) {
            let row = self.hours.row(Pair { domain, what });
            row.half(certain.is_some()).add(&count);
        }
    }

    /// Counts a bounce that counts if any of these domains is listed, and says under which number.
    fn count_suspect(&mut self, story: &Story, domains: BTreeSet<u32>, bounce: &Bounces) -> u32 {
        let mut failures = story.failures.iter();
        let suspect = failures.find(|failure| failure.cause != Cause::Other);
        if let (Some(suspect), 1) = (suspect, domains.len()) {
            let row = self.domains.row(domain_behind(&suspect.recipient));
            row.bounces.add(bounce);
            return row.id;
        }
        let group = self.groups.row(domains.into_iter().collect());
        if group.id == OTHERS {
            group.id = next(&mut self.last_id);
        }
        group.bounces.add(bounce);
        group.id
    }

    /// Counts for the sender and the origin.
    fn count_pairs(&mut self, story: &Story, domain: u32, is_certain: bool, count: &Count) {
        let sender = story.sender.as_deref();
        let what = sender.map(|sender| clip(sender, NAME_OCTETS_MAX).into());
        let row = self.senders.row(Pair { domain, what });
        row.half(is_certain).add(count);
        let what = clipped(&story.origin);
        let row = self.origins.row(Pair { domain, what });
        row.half(is_certain).add(count);
    }

    fn prune(&mut self) {
        let are_full = [self.domains.is_full(), self.groups.is_full()];
        if self.domains.is_full() {
            self.domains.prune();
        }
        if self.groups.is_full() {
            self.groups.prune();
        }
        if are_full.contains(&true) {
            let domains = self.domains.iter().map(|(_, row)| row.id);
            let groups = self.groups.iter().map(|(_, row)| row.id);
            let known: HashSet<u32> = domains.chain(groups).chain([OTHERS]).collect();
            self.senders.forget(|domain| known.contains(&domain));
            self.origins.forget(|domain| known.contains(&domain));
            self.hours.forget(|domain| known.contains(&domain));
        }
        if self.senders.is_full() {
            self.senders.prune();
        }
        if self.origins.is_full() {
            self.origins.prune();
        }
        if self.hours.is_full() {
            self.hours.prune();
        }
    }
}

impl Census {
    /// One recipient.
    fn of(failure: &Failure, story: &Story) -> Self {
        let is_status = |status| u32::from(failure.status == status);
        let is_senderless = story.sender.as_deref() == Some("");
        let is_local = matches!(story.origin, Origin::Local(_));
        Self {
            count: Count {
                loops: 1,
                backscatter: 0,
                span: Span::new(failure.first_at, failure.at),
            },
            bounced: is_status(Status::Bounced),
            deferred: is_status(Status::Deferred),
            sent: is_status(Status::Sent),
            looped: u32::from(failure.cause == Cause::Loop),
            reserved: u32::from(matches!(failure.cause, Cause::Reserved(_))),
            private: u32::from(matches!(failure.cause, Cause::Private(_))),
            no_host: u32::from(failure.cause == Cause::NoHost),
            // A bounce has the origin of its mail, and may be local, too. It counts once.
            local: u32::from(is_local && !is_senderless),
            senderless: u32::from(is_senderless),
        }
    }
}

/// The domain that a recipient is counted under; or what stands there instead.
pub(crate) fn domain_behind(recipient: &str) -> Box<str> {
    match domain_of(recipient) {
        Ok(domain) if domain.not_mail().is_none() => domain.as_str().into(),
        Ok(_) | Err(_) => {
            let behind = recipient.rsplit_once('@').map(|(_, domain)| domain);
            let name = behind.filter(|name| !name.is_empty()).unwrap_or(recipient);
            clip(name, NAME_OCTETS_MAX).into()
        }
    }
}

/// The number after the last one. At the end of the numbers it stays there.
fn next(last: &mut u32) -> u32 {
    *last = last.saturating_add(1);
    *last
}

/// The hour of a time, counted from 1970.
fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60 * 60)
}

/// The beginning of a text.
pub(crate) fn clip(text: &str, octets_max: usize) -> String {
    match text.len() > octets_max {
        true => format!(
            "{}…",
            &text
                .get(..text.floor_char_boundary(octets_max))
                .unwrap_or_default()
        ),
        false => text.to_owned(),
    }
}

fn clipped(origin: &Origin) -> Origin {
    let clip = |text: &String| clip(text, NAME_OCTETS_MAX);
    match origin {
        Origin::Account { name, client } => Origin::Account {
            name: clip(name),
            client: clip(client),
        },
        Origin::Client(text) => Origin::Client(clip(text)),
        Origin::Local(text) => Origin::Local(clip(text)),
        Origin::Unknown => Origin::Unknown,
    }
}

#[cfg(test)]
mod tests;
