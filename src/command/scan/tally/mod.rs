//! Counts what stories tell, by recipient domain: whether a suspect counts is known only when its domain has been
//! looked up. It stays below 30 MB, whatever the logs hold.

pub(crate) mod around;
pub(crate) mod count;
pub(crate) mod incidents;
pub(crate) mod rows;

use std::collections::HashSet;

use jiff::Timestamp;

use self::around::Around;
use self::count::{Census, Count, Domain, OTHERS, Span, Split, Tallied as _, more};
use self::incidents::Incidents;
use self::rows::{Bounds, Pair, Rows};
use crate::command::mail_domain::domain_of;
use crate::maillog::Story;
use crate::maillog::story::{Cause, Failure, Origin, Status};

/// Domains, each with a verdict to look up.
const DOMAINS: Bounds = Bounds {
    kept: 10_000,
    rows_max: 14_000,
    octets_max: 1 << 20,
};

/// Senders, origins and hours, each with a domain.
const PAIRS: Bounds = Bounds {
    kept: 20_000,
    rows_max: 28_000,
    octets_max: 3 << 20,
};

/// Longer names are cut: none that is right is longer (RFC 5321, section 4.5.3.1).
const NAME_OCTETS_MAX: usize = 320;

/// What all stories tell together.
pub(crate) struct Tally {
    pub(crate) domains: Rows<Box<str>, Domain>,
    pub(crate) senders: Rows<Pair<Box<str>>, Split<Count>>,
    pub(crate) origins: Rows<Pair<Origin>, Split<Count>>,
    pub(crate) hours: Rows<Pair<i64>, Split<Count>>,
    pub(crate) incidents: Incidents,
    /// Bounces that left the house for other reasons.
    pub(crate) other_backscatter: u64,
    last_id: u32,
}

/// A recipient domain, as it is counted under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The domain; or what stands there instead.
    pub(crate) name: Box<str>,
    /// Whether it is one that mail servers look up.
    pub(crate) is_mail: bool,
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
            other_backscatter: 0,
            last_id: OTHERS,
        }
    }

    /// Counts a story.
    pub(crate) fn tell(&mut self, story: &Story) {
        self.incidents.tell(story);
        let failures = story.failures.iter();
        let failures: Vec<&Failure> = failures
            .filter(|failure| failure.cause != Cause::Other)
            .collect();
        let certain = failures.iter().find(|failure| failure.is_certain());
        let Some(chief) = certain.or(failures.first()).copied() else {
            self.other_backscatter += u64::from(story.left().is_some());
            return;
        };
        let mut seen: HashSet<u32> = HashSet::new();
        // What is certain comes first, so that a domain's bounce is counted as such.
        let (certain, suspect): (Vec<&Failure>, Vec<&Failure>) =
            failures.iter().partition(|failure| failure.is_certain());
        for failure in certain.into_iter().chain(suspect) {
            let is_chief = std::ptr::eq(failure, chief);
            let domain = self.count_domain(story, failure, is_chief, &mut seen);
            self.count_pairs(story, failure, is_chief, domain);
        }
        self.prune();
    }

    /// The domains to look up.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.domains.iter().map(|(name, _)| &**name).collect()
    }

    /// Counts a recipient, and says the number of its domain.
    fn count_domain(
        &mut self,
        story: &Story,
        failure: &Failure,
        is_chief: bool,
        seen: &mut HashSet<u32>,
    ) -> u32 {
        let place = Place::of(&failure.recipient);
        let row = self.domains.row(place.name);
        if row.id == OTHERS {
            self.last_id = self.last_id.saturating_add(1);
            row.id = self.last_id;
            row.is_mail = place.is_mail;
        }
        let has_left = u32::from(story.left().is_some());
        let is_first = u32::from(seen.insert(row.id));
        let half = row.split.half(failure.is_certain());
        half.add(&Census::of(failure, story));
        more(&mut half.count.backscatter, has_left * is_first);
        more(&mut half.mails, u32::from(is_chief));
        more(&mut half.bounces, has_left * u32::from(is_chief));
        row.id
    }

    fn count_pairs(&mut self, story: &Story, failure: &Failure, is_chief: bool, domain: u32) {
        let is_certain = failure.is_certain();
        let left = story.left().filter(|_| is_chief);
        let count = Count {
            loops: 1,
            backscatter: u32::from(left.is_some()),
            span: Span::of(failure.at),
        };
        if let Some(sender) = &story.sender {
            let what = clip(sender, NAME_OCTETS_MAX).into();
            let row = self.senders.row(Pair { domain, what });
            row.half(is_certain).add(&count);
        }
        let what = clipped(&story.origin);
        let row = self.origins.row(Pair { domain, what });
        row.half(is_certain).add(&count);
        let bounced = Count { loops: 0, ..count };
        let looped = Count {
            backscatter: 0,
            ..count
        };
        for (at, count) in [(failure.at, looped), (left.flatten(), bounced)] {
            if let Some(what) = at.map(hour) {
                let row = self.hours.row(Pair { domain, what });
                row.half(is_certain).add(&count);
            }
        }
    }

    fn prune(&mut self) {
        if self.domains.is_full() {
            self.domains.prune();
            let rows = self.domains.iter();
            let known: HashSet<u32> = rows.map(|(_, row)| row.id).chain([OTHERS]).collect();
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
                span: Span::of(failure.at),
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
            ..Self::default()
        }
    }
}

impl Place {
    /// The domain of a recipient.
    pub(crate) fn of(recipient: &str) -> Self {
        match domain_of(recipient) {
            Ok(domain) if domain.not_mail().is_none() => Self {
                name: domain.as_str().into(),
                is_mail: true,
            },
            Ok(_) | Err(_) => {
                let behind = recipient.rsplit_once('@').map(|(_, domain)| domain);
                let name = behind.filter(|name| !name.is_empty()).unwrap_or(recipient);
                Self {
                    name: clip(name, NAME_OCTETS_MAX).into(),
                    is_mail: false,
                }
            }
        }
    }
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
mod tests {
    use super::*;
    use crate::command::scan::fixture::{at, story};

    fn domain(tally: &Tally, name: &str) -> Split<Census> {
        let row = tally.domains.iter().find(|(key, _)| &***key == name);
        row.map(|(_, row)| row.split).unwrap()
    }

    fn failure(recipient: &str, cause: Cause) -> Failure {
        story("1", recipient, 0, cause).failures.remove(0)
    }

    #[test]
    fn a_bounce_counts_once_and_for_each_domain() {
        let mut mail = story("1", "a@hot.de", 7, Cause::Loop);
        mail.failures.push(failure("b@HOT.de", Cause::Loop));
        mail.failures.push(failure("c@beer.com", Cause::Loop));
        mail.failures.push(failure("d@gmail.example", Cause::Other));
        let mut tally = Tally::new(None);
        tally.tell(&mail);
        let (hot, beer) = (domain(&tally, "hot.de"), domain(&tally, "beer.com"));
        assert_eq!(hot.certain.count.loops, 2);
        assert_eq!((hot.certain.count.backscatter, hot.certain.bounces), (1, 1));
        assert_eq!(beer.certain.count.loops, 1);
        assert_eq!(
            (beer.certain.count.backscatter, beer.certain.bounces),
            (1, 0)
        );
        assert_eq!((hot.certain.mails, beer.certain.mails), (1, 0));
        assert_eq!(hot.certain.count.span.first(), Some(at(0)));
        assert_eq!(hot.certain.count.span.last(), Some(at(7)));
        assert_eq!(tally.domains.iter().count(), 2);
        let bounces = tally
            .senders
            .iter()
            .map(|(_, split)| split.certain.backscatter);
        assert_eq!(bounces.sum::<u32>(), 1);
        assert_eq!(tally.other_backscatter, 0);
    }

    #[test]
    fn what_is_certain_goes_before_what_is_suspected() {
        let private = Cause::Private("10.0.0.1".parse().unwrap());
        let mut mail = story("1", "a@inside.example", 0, private);
        mail.failures.push(failure("b@hot.de", Cause::Loop));
        let mut tally = Tally::new(None);
        tally.tell(&mail);
        assert_eq!(domain(&tally, "hot.de").certain.bounces, 1);
        assert_eq!(domain(&tally, "inside.example").suspect.bounces, 0);
        assert_eq!(domain(&tally, "inside.example").suspect.private, 1);
    }

    #[test]
    fn other_bounces_count_when_they_left() {
        let mut tally = Tally::new(None);
        let mut mail = story("1", "a@gmail.example", 0, Cause::Other);
        tally.tell(&mail);
        mail.bounce = None;
        tally.tell(&mail);
        assert_eq!(tally.other_backscatter, 1);
        assert_eq!(tally.domains.iter().count(), 0);
        assert_eq!(tally.incidents.count(), 0);
    }

    #[test]
    fn places_of_recipients() {
        let check = |recipient: &str, name: &str, is_mail: bool| {
            let name = name.into();
            assert_eq!(Place::of(recipient), Place { name, is_mail }, "{recipient}");
        };
        check("jfhfdq@Hot.de", "hot.de", true);
        check("post@müller.de", "xn--mller-kva.de", true);
        check("user", "user", false);
        check("x@[127.0.0.1]", "[127.0.0.1]", false);
        check("x@localhost", "localhost", false);
        check("x@10.0.0.1", "10.0.0.1", false);
        check("x@", "x@", false);
    }

    /// Of 60000 domains and senders many are let go, and none is lost from the sum.
    #[test]
    fn what_is_let_go_is_counted() {
        let mut tally = Tally::new(None);
        for number in 0..60_000 {
            let mut mail = story("1", &format!("a@d{number}.example"), number, Cause::Loop);
            mail.sender = Some(format!("{number}@example.net"));
            tally.tell(&mail);
        }
        let domains = tally.domains.iter().map(|(_, row)| row.split.weight());
        let senders = tally.senders.iter().map(|(_, row)| row.weight());
        let rest = (tally.domains.rest().weight(), tally.senders.rest().weight());
        assert_eq!(domains.sum::<u64>() + rest.0, 120_000);
        assert_eq!(senders.sum::<u64>() + rest.1, 120_000);
        assert!(tally.domains.iter().count() <= DOMAINS.rows_max);
        assert!(tally.senders.iter().count() <= PAIRS.rows_max);
        let hours = tally.hours.iter().map(|(_, row)| row.certain.loops);
        assert_eq!(hours.sum::<u32>(), 60_000);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(clip("abc", 3), "abc");
        assert_eq!(clip("aäb", 2), "a…");
    }
}
