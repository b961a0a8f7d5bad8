//! Single mails, to be shown: the last ones, or those nearest to a time.

use std::cmp::Reverse;
use std::mem::take;

use jiff::{SignedDuration, Timestamp};

use super::around::Around;
use super::clip;
use crate::maillog::Story;
use crate::maillog::story::{Bounce, Cause, Failure, Fate, Origin};

/// How many of a kind are kept; each takes some kilooctets at most.
const KEPT: usize = 1000;

/// How many of a kind are kept of one mail, lest one to many recipients take the room of all others.
const OF_ONE_MAIL: usize = 10;

/// Longer texts are cut.
const TEXT_OCTETS_MAX: usize = 512;

/// One mail that did not reach one recipient, or only its bounce.
#[derive(Clone, Debug)]
pub(crate) struct Incident {
    /// The queue id.
    pub(crate) id: String,
    pub(crate) origin: Origin,
    pub(crate) sender: Option<String>,
    /// None if it was given up after it had been tried for long: the log does not say for whom.
    pub(crate) failure: Option<Failure>,
    pub(crate) bounce: Option<Bounce>,
    /// Which mail it was, of all that were told: its recipients have that in common.
    pub(crate) story: u64,
    /// Recipients of the mail that are not kept, where this is the first of those of its kind.
    pub(crate) more: usize,
    /// Which one it was.
    number: u64,
}

/// Which of two is rather kept: the smaller one.
type Rank = (
    Option<SignedDuration>,
    Reverse<Option<Timestamp>>,
    Reverse<u64>,
);

/// The incidents that are kept.
pub(crate) struct Incidents {
    around: Option<Around>,
    stories: u64,
    count: u64,
    /// Of one kind there may be so many that no room would be left for what is asked about.
    certain: Kept,
    suspects: Kept,
    others: Kept,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Certain,
    /// It counts if the domain is listed today.
    Suspect,
    /// A bounce for another reason.
    Other,
}

/// Incidents of a kind.
#[derive(Default)]
struct Kept {
    incidents: Vec<Incident>,
    /// What is not before this is not kept.
    bar: Option<Rank>,
}

impl Incidents {
    pub(crate) fn new(around: Option<Around>) -> Self {
        Self {
            around,
            stories: 0,
            count: 0,
            certain: Kept::default(),
            suspects: Kept::default(),
            others: Kept::default(),
        }
    }

    /// The time they are around, if any.
    pub(crate) fn around(&self) -> Option<Around> {
        self.around
    }

    /// Takes the failures of a story.
    pub(crate) fn tell(&mut self, story: &Story) {
        self.stories += 1;
        let of_kind = |kind| -> Vec<Option<&Failure>> {
            let failures = story.failures.iter();
            let failures = failures.filter(|failure| Kind::of(failure) == kind);
            failures.map(Some).collect()
        };
        self.take(story, Kind::Certain, &of_kind(Kind::Certain));
        self.take(story, Kind::Suspect, &of_kind(Kind::Suspect));
        // What left for another reason may be what the blocklist's entry is about.
        if self.around.is_some() && story.left().is_some() {
            match &*story.failures {
                [] => self.take(story, Kind::Other, &[None]),
                _ => self.take(story, Kind::Other, &of_kind(Kind::Other)),
            }
        }
    }

    fn take(&mut self, story: &Story, kind: Kind, failures: &[Option<&Failure>]) {
        let kept = match kind {
            Kind::Certain => &mut self.certain,
            Kind::Suspect => &mut self.suspects,
            Kind::Other => &mut self.others,
        };
        let mut more = failures.len().saturating_sub(OF_ONE_MAIL);
        for (failure, number) in failures.iter().take(OF_ONE_MAIL).zip(self.count..) {
            let rank = rank(self.around, *failure, story.bounce.as_ref(), number);
            if kept.bar.is_none_or(|bar| rank <= bar) {
                let incident = Incident {
                    more: take(&mut more),
                    story: self.stories,
                    number,
                    ..Incident::new(story, *failure)
                };
                kept.take(incident, self.around);
            }
        }
        self.count += u64::try_from(failures.len()).unwrap_or(u64::MAX);
    }

    /// Those that are to be shown, the oldest first.
    pub(crate) fn shown(&self) -> Vec<&Incident> {
        let kept = [&self.certain, &self.suspects, &self.others];
        let mut shown: Vec<&Incident> = kept
            .into_iter()
            .flat_map(|kept| kept.nearest(self.around))
            .collect();
        shown.sort_unstable_by_key(|incident| (incident.at(), incident.number));
        shown
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

impl Kind {
    fn of(failure: &Failure) -> Self {
        if failure.cause == Cause::Other {
            Self::Other
        } else if failure.is_certain() {
            Self::Certain
        } else {
            Self::Suspect
        }
    }
}

impl Kept {
    fn take(&mut self, incident: Incident, around: Option<Around>) {
        self.incidents.push(incident);
        if self.incidents.len() >= 2 * KEPT {
            self.incidents
                .sort_unstable_by_key(|incident| incident.rank(around));
            self.incidents.truncate(KEPT);
            self.bar = self.incidents.last().map(|incident| incident.rank(around));
        }
    }

    fn nearest(&self, around: Option<Around>) -> Vec<&Incident> {
        let mut nearest: Vec<&Incident> = self.incidents.iter().collect();
        nearest.sort_unstable_by_key(|incident| incident.rank(around));
        nearest.truncate(KEPT);
        nearest
    }
}

impl Incident {
    /// An incident that stands alone.
    pub(crate) fn new(story: &Story, failure: Option<&Failure>) -> Self {
        let clip = |text: &str| clip(text, TEXT_OCTETS_MAX);
        Self {
            id: clip(&story.id),
            origin: story.origin.clone(),
            sender: story.sender.as_deref().map(clip),
            failure: failure.map(|failure| Failure {
                recipient: clip(&failure.recipient),
                text: clip(&failure.text),
                ..*failure
            }),
            bounce: story.bounce.clone(),
            story: 0,
            more: 0,
            number: 0,
        }
    }

    /// When it failed; else when its bounce left.
    fn at(&self) -> Option<Timestamp> {
        match &self.failure {
            Some(failure) => failure.at,
            None => self.bounce.as_ref().and_then(left_at),
        }
    }

    fn rank(&self, around: Option<Around>) -> Rank {
        let (failure, bounce) = (self.failure.as_ref(), self.bounce.as_ref());
        rank(around, failure, bounce, self.number)
    }
}

fn rank(
    around: Option<Around>,
    failure: Option<&Failure>,
    bounce: Option<&Bounce>,
    number: u64,
) -> Rank {
    let failed_at = failure.and_then(|failure| failure.at);
    let distance = around.map(|around| {
        let times = failed_at.into_iter().chain(bounce.and_then(left_at));
        let distances = times.map(|at| around.distance(at));
        distances.min().unwrap_or(SignedDuration::MAX)
    });
    (distance, Reverse(failed_at), Reverse(number))
}

/// When a bounce left the house.
fn left_at(bounce: &Bounce) -> Option<Timestamp> {
    match &bounce.fate {
        Fate::Left { at, .. } => *at,
        Fate::Unknown | Fate::Waiting | Fate::Inside { .. } | Fate::Local | Fate::Refused => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::scan::fixture::{at, story};

    fn ids(incidents: &Incidents) -> Vec<&str> {
        let shown = incidents.shown();
        shown.into_iter().map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn the_last_ones_are_kept() {
        let mut incidents = Incidents::new(None);
        for number in (0..5000).rev() {
            incidents.tell(&story(&number.to_string(), "a@hot.de", number, Cause::Loop));
        }
        let ids = ids(&incidents);
        assert_eq!((ids.len(), ids[0], ids[999]), (1000, "4000", "4999"));
        assert_eq!(incidents.count(), 5000);
    }

    #[test]
    fn the_nearest_ones_are_kept_if_a_time_is_asked_about() {
        let mut incidents = Incidents::new(Some(Around { at: at(2500) }));
        for number in 0..5000 {
            incidents.tell(&story(&number.to_string(), "a@hot.de", number, Cause::Loop));
        }
        let ids = ids(&incidents);
        // A bounce leaves three seconds after its mail failed, and is what counts before the time.
        assert!(ids.contains(&"2500") && ids.contains(&"2001") && ids.contains(&"2996"));
        assert!(!ids.contains(&"1990") && !ids.contains(&"3010"));
        assert_eq!(ids.len(), 1000);
    }

    #[test]
    fn each_kind_has_room_of_its_own() {
        let mut incidents = Incidents::new(Some(Around { at: at(0) }));
        let private = Cause::Private("10.0.0.1".parse().unwrap());
        incidents.tell(&story("suspect", "a@adulto.com", 400, private));
        incidents.tell(&story("looped", "a@hot.de", 500, Cause::Loop));
        for number in 0..3000 {
            let id = number.to_string();
            incidents.tell(&story(&id, "a@gmail.example", 0, Cause::Other));
        }
        let ids = ids(&incidents);
        assert_eq!(ids.len(), 1002);
        assert_eq!((ids[1000], ids[1001]), ("suspect", "looped"));
    }

    #[test]
    fn one_mail_to_many_leaves_room_for_others() {
        let mut incidents = Incidents::new(Some(Around { at: at(0) }));
        incidents.tell(&story("alone", "a@hot.de", 500, Cause::Loop));
        for id in ["1", "2"] {
            let mut mail = story(id, "a@beer.com", 0, Cause::Loop);
            mail.failures = vec![mail.failures[0].clone(); 1000];
            incidents.tell(&mail);
        }
        let ids = ids(&incidents);
        assert_eq!((ids.len(), ids[20]), (21, "alone"));
        let shown = incidents.shown();
        let more: Vec<usize> = shown.into_iter().map(|one| one.more).collect();
        assert_eq!((more[0], more[1], more[10], more[20]), (990, 0, 990, 0));
        assert_eq!(incidents.count(), 2001);
    }

    #[test]
    fn other_bounces_are_kept_only_if_a_time_is_asked_about() {
        let other = story("1", "a@gmail.example", 0, Cause::Other);
        let mut never_left = other.clone();
        never_left.bounce = None;
        for (around, expected) in [(None, 0), (Some(Around { at: at(0) }), 1)] {
            let mut incidents = Incidents::new(around);
            incidents.tell(&other);
            incidents.tell(&never_left);
            assert_eq!(incidents.shown().len(), expected);
        }
    }

    #[test]
    fn a_bounce_of_mail_that_was_tried_for_long_is_kept_at_the_time_when_it_left() {
        let mut expired = story("expired", "a@gmail.example", 50, Cause::Other);
        expired.failures.clear();
        let mut incidents = Incidents::new(Some(Around { at: at(53) }));
        incidents.tell(&expired);
        for number in 0..100 {
            incidents.tell(&story(&number.to_string(), "a@hot.de", number, Cause::Loop));
        }
        let ids = ids(&incidents);
        assert_eq!((ids[52], ids[53], ids[54]), ("52", "expired", "53"));
    }
}
