//! What is known of a mail that is not over.

use jiff::Timestamp;

use super::event::{Arrival, Delivery};
use super::plain::{self, plain};
use super::story::{Bounce, Cause, Failure, Fate, News, Origin, Status, Story};

/// A mail.
#[derive(Debug, Default)]
pub(super) struct Mail {
    id: Box<[u8]>,
    arrived: Option<Timestamp>,
    pub(super) origin: Brought,
    pub(super) sender: Option<Box<[u8]>>,
    /// The recipients that it has not reached, and not bounced for either.
    pub(super) failures: Vec<Failure>,
    /// The hosts that did not answer: what was said of each, and whether its address is to blame.
    pub(super) unreachable: Vec<(Box<[u8]>, Option<Cause>)>,
    /// Whether a recipient is tried again, for whatever reason.
    pub(super) is_tried: bool,
    /// If it is a bounce: what it is about.
    pub(super) about: Option<Box<Story>>,
    /// If it is a bounce: whom it is for, and what became of it.
    pub(super) last: Option<(Box<[u8]>, Fate)>,
    /// Octets that it took when it was looked at last.
    pub(super) weighed: usize,
}

/// Who brought it in.
#[derive(Clone, Debug, Default)]
pub(super) struct Brought {
    /// `host[address]`
    client: Option<Box<[u8]>>,
    account: Option<Box<[u8]>>,
    user: Option<Box<[u8]>>,
}

impl Mail {
    /// One of which only the queue id is known.
    pub(super) fn of(id: &[u8]) -> Self {
        Self {
            id: id.into(),
            ..Self::default()
        }
    }

    pub(super) fn new(id: &[u8], at: Option<Timestamp>, arrival: &Arrival<'_>) -> Self {
        // A client as Postfix writes it.
        let client = arrival.client.map(|name| match arrival.address {
            Some(address) => [name, b"[", address, b"]"].concat().into(),
            None => name.into(),
        });
        Self {
            arrived: at,
            origin: Brought {
                client,
                account: arrival.account.map(Into::into),
                user: arrival.user.map(Into::into),
            },
            sender: arrival.sender.map(Into::into),
            ..Self::of(id)
        }
    }

    /// About how many octets it takes, with its key.
    pub(super) fn octets(&self) -> usize {
        const MAIL: usize = size_of::<Mail>() + 96;
        let failures = |failures: &Vec<Failure>| -> usize {
            let texts = |failure: &Failure| 32 + failure.recipient.len() + failure.text.len();
            let texts: usize = failures.iter().map(texts).sum();
            texts + failures.capacity() * size_of::<Failure>()
        };
        let about = self.about.as_ref();
        let about = about.map_or(0, |story| {
            size_of::<Story>() + story_texts(story) + failures(&story.failures)
        });
        let last = self.last.as_ref();
        let last = last.map_or(0, |(recipient, fate)| recipient.len() + relay(fate).len());
        let unreachable = self.unreachable.iter();
        let unreachable: usize = unreachable.map(|(text, _)| 64 + text.len()).sum();
        let origin = &self.origin;
        let texts = [&origin.client, &origin.account, &origin.user, &self.sender];
        let texts: usize = texts.into_iter().flatten().map(|text| text.len() + 8).sum();
        MAIL + self.id.len() + texts + failures(&self.failures) + about + last + unreachable
    }

    /// Whether both are one mail: two files may have the same lines, and the first may have ended amid it.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.arrived.is_some() && self.arrived == other.arrived
    }

    /// Comes back from a filter, which does not say who had logged in, or is queued again.
    pub(super) fn goes_on_from(&mut self, before: &Self) {
        if self.origin.user.is_some() {
            self.origin.client.clone_from(&before.origin.client);
        }
        self.origin.account.clone_from(&before.origin.account);
        self.origin.user.clone_from(&before.origin.user);
    }

    /// A recipient that it had not reached, it has reached now.
    pub(super) fn reaches(&mut self, recipient: &[u8]) {
        if !self.failures.is_empty() {
            let recipient = plain::address(recipient);
            let waited = |failure: &Failure| failure.status == Status::Deferred;
            self.failures
                .retain(|failure| failure.recipient != recipient || !waited(failure));
        }
    }

    /// What became of it, if it is a bounce. It may be for several, and has left if it has for one.
    pub(super) fn ends(&mut self, recipient: &[u8], fate: Fate) {
        if !matches!(self.last, Some((_, Fate::Left { .. }))) {
            self.last = Some((recipient.into(), fate));
        }
    }

    /// Whether its deliveries tell what became of a bounce of our own. One of others has a client.
    pub(super) fn is_bounce(&self) -> bool {
        let is_null = self.sender.as_deref() == Some(b"");
        self.about.is_some() || (is_null && self.origin.client.is_none())
    }

    /// Whether it is known as the bounce of that mail, and nothing new has failed since: another file has the same line.
    pub(super) fn is_about_all_of(&self, story: &Story) -> bool {
        let about = self.about.as_ref();
        about.is_some_and(|about| about.id == story.id) && story.failures.is_empty()
    }

    /// Whether nothing speaks against its being a bounce.
    pub(super) fn may_be_bounce(&self) -> bool {
        self.sender.as_deref().is_none_or(<[u8]>::is_empty)
    }

    /// Whether what Exim made of it is a bounce: then a recipient has been given up, or the log begins later and has not
    /// said of any that it is to be tried again.
    pub(super) fn may_have_bounced(&self) -> bool {
        let is_given_up = |failure: &Failure| failure.status == Status::Bounced;
        let is_unknown = self.sender.is_none() && !self.is_tried && self.failures.is_empty();
        is_unknown || self.failures.iter().any(is_given_up)
    }

    /// Whether a delivery failed for the address of a host that did not answer. Where several did not, it is not said which
    /// of them was to take it, so all must have such an address.
    pub(super) fn unreachable(&self, delivery: &Delivery<'_>) -> Option<Cause> {
        let same = |(text, _): &&(Box<[u8]>, Option<Cause>)| **text == *delivery.text;
        let causes = self.unreachable.iter().filter(same);
        let causes: Option<Vec<Cause>> = causes.map(|(_, cause)| *cause).collect();
        let has_failed = delivery.status != Status::Sent;
        let causes = causes.filter(|_| has_failed)?;
        // A private address only makes it a suspect.
        let doubtful = |cause: &&Cause| matches!(cause, Cause::Private(_));
        causes.iter().find(doubtful).or(causes.last()).copied()
    }

    /// All that it still waits for is given up.
    pub(super) fn expire(&mut self) {
        for failure in &mut self.failures {
            if failure.status == Status::Deferred {
                failure.status = Status::Bounced;
            }
        }
    }

    /// One more recipient that it has not reached.
    pub(super) fn fails(&mut self, failure: Failure) {
        if self.failures.is_empty() {
            // Most mails have one. By itself a list would begin with room for four.
            self.failures.reserve_exact(1);
        }
        self.failures.push(failure);
    }

    /// Whether it has failed for the same recipient before: tried again, it has failed once.
    pub(super) fn has_failed(&mut self, failure: &Failure) -> bool {
        let same = |earlier: &&mut Failure| earlier.recipient == failure.recipient;
        let Some(earlier) = self.failures.iter_mut().find(same) else {
            return false;
        };
        // Given up in other words.
        let cause = if failure.cause == Cause::Other {
            earlier.cause
        } else {
            failure.cause
        };
        *earlier = Failure {
            cause,
            first_at: earlier.first_at.or(failure.first_at),
            ..failure.clone()
        };
        true
    }

    /// The recipients that it has been given up for.
    pub(super) fn take_given_up(&mut self) -> Vec<Failure> {
        let is_given_up = |failure: &mut Failure| failure.status == Status::Bounced;
        let mut given_up: Vec<Failure> = self.failures.extract_if(.., is_given_up).collect();
        // There may be room for more.
        given_up.shrink_to_fit();
        self.failures.shrink_to_fit();
        given_up
    }

    /// Tells of what it is about, if it is a bounce, and of the recipients that it has not reached itself.
    pub(super) fn tell(mut self, tell: &mut impl FnMut(News)) {
        if let Some(mut story) = self.about.take() {
            let last = self.last.as_ref();
            story.bounce = Some(Bounce {
                id: plain(&self.id),
                recipient: last.map(|(recipient, _)| plain::address(recipient)),
                fate: last.map_or(Fate::Unknown, |(_, fate)| fate.clone()),
            });
            tell(News::Over(*story));
        }
        let failures = std::mem::take(&mut self.failures);
        if !failures.is_empty() {
            tell(News::Over(self.story(failures)));
        }
    }

    /// Its story until now, for some recipients.
    pub(super) fn story(&self, failures: Vec<Failure>) -> Story {
        Story {
            id: plain(&self.id),
            origin: self.origin.told(),
            sender: self.sender.as_deref().map(plain::address),
            failures,
            bounce: None,
        }
    }
}

/// How many octets the texts of a story take, but for those of its failures; it has no bounce yet.
fn story_texts(story: &Story) -> usize {
    let origin = match &story.origin {
        Origin::Account { name, client } => name.len() + client.len(),
        Origin::Client(name) | Origin::Local(name) => name.len(),
        Origin::Unknown => 0,
    };
    let sender = story.sender.as_ref().map_or(0, String::len);
    story.id.len() + origin + sender
}

/// The mail server that took a bounce, if any did.
fn relay(fate: &Fate) -> &str {
    match fate {
        Fate::Left { relay, .. } | Fate::Inside { relay, .. } => relay,
        Fate::Unknown | Fate::Waiting | Fate::Local | Fate::Refused => "",
    }
}

impl Brought {
    fn told(&self) -> Origin {
        let client = self.client.as_deref().map(plain);
        match (&self.account, client, &self.user) {
            (Some(account), client, _) => Origin::Account {
                name: plain(account),
                client: client.unwrap_or_default(),
            },
            (None, Some(client), None) => Origin::Client(client),
            (None, _, Some(user)) if user.iter().all(u8::is_ascii_digit) => {
                Origin::Local(format!("uid {}", plain(user)))
            }
            (None, _, Some(user)) => Origin::Local(plain(user)),
            (None, None, None) => Origin::Unknown,
        }
    }
}
