//! One mail's lines together: from all that happened, in order, to the stories of the mails that failed.

use std::hash::BuildHasher as _;
use std::mem;
use std::num::NonZeroUsize;

use foldhash::quality::FixedState;
use jiff::Timestamp;
use lru::LruCache;

use super::calendar::Calendar;
use super::cause;
use super::event::{Arrival, Delivery, Event};
use super::plain::plain;
use super::record::Record;
use super::story::{Bounce, Cause, Failure, Fate, Origin, Status, Story};
use crate::verdict::Table;

/// How much is kept of mails that are not over.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Mails that may be open at one time. Of those past the limit, the one that nothing was said of for the longest time
    /// is told as far as it is known.
    pub open: NonZeroUsize,
    /// Octets that they may take together, the same: some 600 for each mail, and 200 for each recipient that it failed to
    /// reach. Who sends mail chooses how long both are.
    pub octets: usize,
    /// Recipients that one mail may have failed to reach. The rest is only counted.
    pub failures: usize,
    /// Lines of failures that are known again when another file has them as well, 60 octets each.
    pub known: NonZeroUsize,
}

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A mail has failed for where its recipient's mail exchanger is. What becomes of it is told later.
    Failed(Story),
    /// A mail that failed is over, and so is its bounce.
    Over(Story),
}

/// The mails that are not over.
#[derive(Debug)]
pub struct Trail<'t> {
    table: &'t Table,
    limits: Limits,
    calendar: Calendar,
    open: LruCache<Key, Mail>,
    /// What the open ones take.
    octets: usize,
    known: LruCache<u64, ()>,
    /// Lines of failures and of bounces that had been read before, in another file.
    pub repeated: u64,
    /// Recipients past the limit of one mail.
    pub failures_left_out: u64,
}

/// What it takes to find a mail, and to know its failure again: its key, three times, and places in two lists.
const PLACE_OCTETS: usize = 300;

/// A mail: the machine's name, and the queue id on it.
type Key = (Box<[u8]>, Box<[u8]>);

/// What is known of a mail.
#[derive(Debug, Default)]
struct Mail {
    arrived: Option<Timestamp>,
    client: Option<Box<[u8]>>,
    account: Option<Box<[u8]>>,
    user: Option<Box<[u8]>>,
    sender: Option<Box<[u8]>>,
    failures: Vec<Failure>,
    /// The hosts that did not answer: what was said of each, and whether its address is to blame.
    unreachable: Vec<(Box<[u8]>, Option<Cause>)>,
    /// Its bounce.
    bounce: Option<Box<[u8]>>,
    /// If it is a bounce, the mail that it is of.
    bounce_of: Option<Box<[u8]>>,
    /// If it is a bounce: whom it is for, and what became of it.
    last: Option<(Box<[u8]>, Fate)>,
    is_over: bool,
    /// What is counted of what it takes.
    octets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open: NonZeroUsize::MIN.saturating_add(99_999),
            octets: 24 << 20,
            failures: 1000,
            known: NonZeroUsize::MIN.saturating_add(99_999),
        }
    }
}

impl<'t> Trail<'t> {
    /// A trail without any mails; addresses are reserved as the table says.
    pub fn new(table: &'t Table, calendar: Calendar, limits: Limits) -> Self {
        Self {
            table,
            limits,
            calendar,
            open: LruCache::new(limits.open),
            octets: 0,
            known: LruCache::new(limits.known),
            repeated: 0,
            failures_left_out: 0,
        }
    }

    /// The calendar by which it reads times.
    pub fn calendar(&mut self) -> &mut Calendar {
        &mut self.calendar
    }

    /// Goes on with what happened next.
    pub fn follow(&mut self, record: &Record<'_>, tell: &mut impl FnMut(News)) {
        let at = self.calendar.read(record.stamp);
        let key: Key = (record.host.into(), record.id.into());
        self.happen(key.clone(), at, record, tell);
        self.weigh(&key, tell);
    }

    fn happen(
        &mut self,
        key: Key,
        at: Option<Timestamp>,
        record: &Record<'_>,
        tell: &mut impl FnMut(News),
    ) {
        match &record.event {
            Event::Arrived(arrival) => self.arrive(key, at, arrival, tell),
            Event::Sender(sender) => {
                let mail = self.mail(key, tell);
                if mail.sender.is_none() {
                    mail.sender = Some((*sender).into());
                }
            }
            Event::Delivery(delivery) => self.deliver(key, at, delivery, tell),
            Event::Unreachable {
                name,
                address,
                text,
            } => {
                let cause = cause::of_unreachable(name, *address, self.table);
                let failures_max = self.limits.failures;
                let unreachable = &mut self.mail(key, tell).unreachable;
                if unreachable.len() < failures_max {
                    unreachable.push(((*text).into(), cause));
                }
            }
            Event::Expired => self.mail(key, tell).expire(),
            Event::Bounced(bounce) => {
                let (host, id) = key.clone();
                self.mail(key, tell).bounce = Some((*bounce).into());
                self.mail((host, (*bounce).into()), tell).bounce_of = Some(id);
            }
            Event::Removed => self.remove(&key, tell),
        }
    }

    /// Counts what a mail takes now, and makes room.
    fn weigh(&mut self, key: &Key, tell: &mut impl FnMut(News)) {
        if let Some(mail) = self.open.peek_mut(key) {
            let weight = mail.weight();
            let before = mem::replace(&mut mail.octets, weight);
            self.octets = self.octets.saturating_sub(before).saturating_add(weight);
        }
        while self.octets > self.limits.octets
            && let Some((key, old)) = self.open.pop_lru()
        {
            self.tell(&key, old, tell);
        }
    }

    /// Tells of all mails that are not over when the log ends.
    pub fn finish(&mut self, tell: &mut impl FnMut(News)) {
        let mails = self.open.iter().rev();
        let first = mails.filter(|(_, mail)| mail.bounce_of.is_none());
        // A mail tells of its bounce, so that goes after it.
        let keys: Vec<Key> = first.map(|(key, _)| key.clone()).collect();
        for key in keys {
            self.conclude(&key, tell);
        }
        while let Some((key, mail)) = self.open.pop_lru() {
            self.tell(&key, mail, tell);
        }
    }

    /// A new mail. The id may have been another one's, whose end is missing.
    fn arrive(
        &mut self,
        key: Key,
        at: Option<Timestamp>,
        arrival: &Arrival<'_>,
        tell: &mut impl FnMut(News),
    ) {
        let (host, id) = key.clone();
        let mut mail = Mail::new(at, arrival);
        if self.open.get(&key).is_some_and(|open| open.is(&mail)) {
            return;
        }
        let before = arrival.before.map(|before| (host.clone(), before.into()));
        if let Some(before) = before.and_then(|before| self.open.get(&before)) {
            // A filter does not say who had logged in.
            mail.account.clone_from(&before.account);
            mail.user.clone_from(&before.user);
        }
        if let Some(of) = arrival.bounce_of {
            let of = self.mail((host, of.into()), tell);
            match of.may_have_bounced() {
                true => of.bounce = Some(id),
                // It only says that it takes longer.
                false => mail.bounce_of = None,
            }
        }
        if let Some((key, old)) = self.open.push(key, mail) {
            self.tell(&key, old, tell);
        }
    }

    /// A mail by its key, which may have come in before the log begins.
    fn mail(&mut self, key: Key, tell: &mut impl FnMut(News)) -> &mut Mail {
        if !self.open.contains(&key)
            && self.open.len() == self.limits.open.get()
            && let Some((key, old)) = self.open.pop_lru()
        {
            self.tell(&key, old, tell);
        }
        self.open.get_or_insert_mut(key, Mail::default)
    }

    fn deliver(
        &mut self,
        key: Key,
        at: Option<Timestamp>,
        delivery: &Delivery<'_>,
        tell: &mut impl FnMut(News),
    ) {
        let mail = self.open.get(&key);
        let is_bounce = mail.is_some_and(Mail::is_bounce);
        let cause = cause::of(delivery, self.table)
            .or_else(|| mail.and_then(|mail| mail.unreachable(delivery)));
        if cause.is_none() && !is_bounce {
            return;
        }
        if self.is_known(&key, at, delivery) {
            self.repeated += 1;
            return;
        }
        let (table, failures_max) = (self.table, self.limits.failures);
        let id = key.1.clone();
        let mail = self.mail(key, tell);
        if is_bounce {
            let fate = cause::fate(delivery, table, at);
            mail.last = Some((delivery.recipient.into(), fate));
        }
        let Some(cause) = cause else {
            return;
        };
        let failure = Failure {
            at,
            recipient: plain(delivery.recipient),
            cause,
            status: delivery.status,
            text: plain(delivery.text),
        };
        if mail.has_failed(&failure) {
            return;
        }
        if mail.failures.len() == failures_max {
            self.failures_left_out += 1;
            return;
        }
        if mail.failures.is_empty() {
            // Most mails fail once, and room for four is three too many.
            mail.failures.reserve_exact(1);
        }
        mail.failures.push(failure.clone());
        if cause != Cause::Other {
            let failures = vec![failure];
            tell(News::Failed(mail.story(&id, failures, None)));
        }
    }

    /// Whether the same has been said before: two files may have the same lines.
    fn is_known(&mut self, key: &Key, at: Option<Timestamp>, delivery: &Delivery<'_>) -> bool {
        let Some(at) = at else {
            return false;
        };
        let said = (key, at, delivery.recipient, delivery.text);
        let hash = FixedState::with_seed(0).hash_one(said);
        self.known.put(hash, ()).is_some()
    }

    /// A mail is over. If it failed, its bounce is waited for.
    fn remove(&mut self, key: &Key, tell: &mut impl FnMut(News)) {
        let Some(mail) = self.open.get_mut(key) else {
            return;
        };
        mail.is_over = true;
        let sibling = |id: &Option<Box<[u8]>>| id.clone().map(|id| (key.0.clone(), id));
        let (bounce, of) = (sibling(&mail.bounce), sibling(&mail.bounce_of));
        let is_over = |other: &Option<Key>| {
            let other = other.as_ref().and_then(|other| self.open.peek(other));
            other.is_none_or(|other| other.is_over)
        };
        if !is_over(&bounce) || !is_over(&of) {
            return;
        }
        // Two that belong together go together.
        let first = of.filter(|of| self.open.contains(of));
        let key = first.unwrap_or_else(|| key.clone());
        let bounce = self.open.peek(&key).and_then(|mail| mail.bounce.clone());
        self.conclude(&key, tell);
        if let Some(bounce) = bounce {
            self.conclude(&(key.0, bounce), tell);
        }
    }

    /// Tells of a mail, and forgets it. Its bounce stays, and may itself fail.
    fn conclude(&mut self, key: &Key, tell: &mut impl FnMut(News)) {
        let Some(mail) = self.open.pop(key) else {
            return;
        };
        let bounce = mail.bounce.clone().map(|bounce| (key.0.clone(), bounce));
        if let Some(bounce) = bounce.and_then(|bounce| self.open.peek_mut(&bounce)) {
            bounce.brought_by(&mail);
        }
        self.tell(key, mail, tell);
    }

    /// Tells of a mail, if it failed.
    fn tell(&mut self, key: &Key, mut mail: Mail, tell: &mut impl FnMut(News)) {
        self.octets = self.octets.saturating_sub(mail.octets);
        if mail.failures.is_empty() && mail.bounce.is_none() {
            return;
        }
        let bounce = mail.bounce.as_ref().map(|id| {
            let bounce = self.open.peek(&(key.0.clone(), id.clone()));
            let last = bounce.and_then(|bounce| bounce.last.as_ref());
            Bounce {
                id: plain(id),
                recipient: last.map(|(recipient, _)| plain(recipient)),
                fate: last.map_or(Fate::Unknown, |(_, fate)| fate.clone()),
            }
        });
        let failures = mem::take(&mut mail.failures);
        tell(News::Over(mail.story(&key.1, failures, bounce)));
    }
}

impl Mail {
    fn new(at: Option<Timestamp>, arrival: &Arrival<'_>) -> Self {
        // A client as Postfix writes it: `host[address]`.
        let client = arrival.client.map(|name| match arrival.address {
            Some(address) => [name, b"[", address, b"]"].concat().into(),
            None => name.into(),
        });
        Self {
            arrived: at,
            client,
            account: arrival.account.map(Into::into),
            user: arrival.user.map(Into::into),
            sender: arrival.sender.map(Into::into),
            bounce_of: arrival.bounce_of.map(Into::into),
            ..Self::default()
        }
    }

    /// Octets that it takes.
    fn weight(&self) -> usize {
        let failures = self.failures.iter();
        let failures = failures.map(|failure| failure.recipient.len() + failure.text.len());
        let unreachable = self.unreachable.iter();
        let unreachable = unreachable.map(|one| size_of_val(one) + one.0.len());
        let texts = [&self.client, &self.account, &self.user, &self.sender];
        let texts = texts.into_iter().flatten().map(|text| text.len());
        let texts = failures.chain(unreachable).chain(texts).sum::<usize>();
        let room = self.failures.capacity() * size_of::<Failure>();
        size_of::<Self>() + PLACE_OCTETS + room + texts
    }

    /// Whether both are one mail: two files may have the same lines, and the first may have ended amid it.
    fn is(&self, other: &Self) -> bool {
        self.arrived.is_some() && self.arrived == other.arrived && self.client == other.client
    }

    /// Has a bounce come from whoever brought the mail in.
    fn brought_by(&mut self, mail: &Self) {
        self.client.clone_from(&mail.client);
        self.account.clone_from(&mail.account);
        self.user.clone_from(&mail.user);
    }

    /// Whether what Exim made of it is a bounce: then a recipient has been given up, or it began before the log does.
    fn may_have_bounced(&self) -> bool {
        let is_given_up = |failure: &Failure| failure.status == Status::Bounced;
        self.sender.is_none() || self.failures.iter().any(is_given_up)
    }

    /// Whether a delivery failed for the address of a host that did not answer. Where several did not, it is not said which
    /// of them was to take it, so all must have such an address.
    fn unreachable(&self, delivery: &Delivery<'_>) -> Option<Cause> {
        let same = |(text, _): &&(Box<[u8]>, Option<Cause>)| **text == *delivery.text;
        let causes = self
            .unreachable
            .iter()
            .filter(same)
            .map(|(_, cause)| *cause);
        let causes: Option<Vec<Cause>> = causes.collect();
        let has_failed = delivery.status != Status::Sent;
        // A private address only makes it a suspect.
        let doubtful = |cause: &&Cause| matches!(cause, Cause::Private(_));
        let causes = causes.filter(|_| has_failed)?;
        causes.iter().find(doubtful).or(causes.last()).copied()
    }

    /// Whether its deliveries tell what became of a bounce.
    fn is_bounce(&self) -> bool {
        self.bounce_of.is_some() || self.sender.as_deref() == Some(b"")
    }

    /// All that it still waits for is given up.
    fn expire(&mut self) {
        for failure in &mut self.failures {
            if failure.status == Status::Deferred {
                failure.status = Status::Bounced;
            }
        }
    }

    /// Whether it has failed for the same recipient before: tried again, it has failed once.
    fn has_failed(&mut self, failure: &Failure) -> bool {
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
            ..failure.clone()
        };
        true
    }

    fn story(&self, id: &[u8], failures: Vec<Failure>, bounce: Option<Bounce>) -> Story {
        Story {
            id: plain(id),
            origin: self.origin(),
            sender: self.sender.as_deref().map(plain),
            failures,
            bounce,
        }
    }

    fn origin(&self) -> Origin {
        let client = self.client.as_deref().map(plain);
        match (&self.account, client, &self.user) {
            (Some(account), client, _) => Origin::Account {
                name: plain(account),
                client: client.unwrap_or_default(),
            },
            (None, _, Some(user)) if user.iter().all(u8::is_ascii_digit) => {
                Origin::Local(format!("uid {}", plain(user)))
            }
            (None, _, Some(user)) => Origin::Local(plain(user)),
            (None, Some(client), None) => Origin::Client(client),
            (None, None, None) => Origin::Unknown,
        }
    }
}
