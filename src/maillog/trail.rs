//! One mail's lines together: from all that happened, in order, to the stories of the mails that failed.

use std::hash::BuildHasher as _;
use std::num::NonZeroUsize;

use foldhash::quality::FixedState;
use jiff::Timestamp;
use lru::LruCache;

use super::calendar::Calendar;
use super::cause;
use super::event::{Arrival, Delivery, Event};
use super::mail::Mail;
use super::plain::plain;
use super::record::Record;
use super::story::{Cause, Failure, Story};
use crate::verdict::Table;

/// How much is kept of mails that are not over.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Mails that may be open at one time. Of those past the limit, the one that nothing was said of for the longest time is
    /// told as far as it is known.
    pub open: NonZeroUsize,
    /// Octets that they may take together: some 400 for each, and as much for each recipient not reached.
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

/// A mail: the machine's name, and the queue id on it.
type Key = (Box<[u8]>, Box<[u8]>);

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
        self.take_in(key.clone(), at, &record.event, tell);
        self.weigh(&key);
        while self.octets > self.limits.octets {
            self.conclude_oldest(tell);
        }
    }

    fn take_in(
        &mut self,
        key: Key,
        at: Option<Timestamp>,
        event: &Event<'_>,
        tell: &mut impl FnMut(News),
    ) {
        match event {
            Event::Arrived(arrival) => self.arrive(key, at, arrival, tell),
            Event::Sender(sender) => self.send(key, sender, tell),
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
            Event::Bounced(bounce) => self.bounce(&key, bounce, tell),
            Event::Removed => self.conclude(&key, tell),
        }
    }

    /// Tells of all mails that are not over when the log ends.
    pub fn finish(&mut self, tell: &mut impl FnMut(News)) {
        while !self.open.is_empty() {
            self.conclude_oldest(tell);
        }
    }

    /// A mail by its key, which may have come in before the log begins.
    fn mail(&mut self, key: Key, tell: &mut impl FnMut(News)) -> &mut Mail {
        if !self.open.contains(&key) && self.open.len() == self.limits.open.get() {
            self.conclude_oldest(tell);
        }
        self.open.get_or_insert_mut(key, Mail::default)
    }

    /// A new mail. The id may have been another one's, whose end is missing.
    fn arrive(
        &mut self,
        key: Key,
        at: Option<Timestamp>,
        arrival: &Arrival<'_>,
        tell: &mut impl FnMut(News),
    ) {
        let mut mail = Mail::new(at, arrival);
        if self.open.get(&key).is_some_and(|open| open.is(&mail)) {
            return;
        }
        self.conclude(&key, tell);
        let host = &key.0;
        let before = arrival.before.map(|before| (host.clone(), before.into()));
        if let Some(before) = before.and_then(|before| self.open.get(&before)) {
            mail.goes_on_from(before);
        }
        let of: Option<Key> = arrival.bounce_of.map(|of| (host.clone(), of.into()));
        let id = key.1.clone();
        *self.mail(key, tell) = mail;
        if let Some(of) = of
            // Else it only says that it takes longer.
            && self.mail(of.clone(), tell).may_have_bounced()
        {
            self.bounce(&of, &id, tell);
        }
    }

    /// A mail is in the queue. Another sender's is another mail.
    fn send(&mut self, key: Key, sender: &[u8], tell: &mut impl FnMut(News)) {
        let known = self.open.peek(&key).and_then(|mail| mail.sender.as_deref());
        if known.is_some_and(|known| known != sender) {
            self.conclude(&key, tell);
        }
        self.mail(key, tell).sender = Some(sender.into());
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
        if is_bounce {
            let fate = cause::fate(delivery, self.table, at);
            let mail = self.mail(key.clone(), tell);
            mail.last = Some((delivery.recipient.into(), fate));
        }
        if let Some(cause) = cause {
            let failure = Failure {
                at,
                recipient: plain(delivery.recipient),
                cause,
                status: delivery.status,
                text: plain(delivery.text),
            };
            self.fail(key, failure, tell);
        }
    }

    /// A recipient has not been reached.
    fn fail(&mut self, key: Key, failure: Failure, tell: &mut impl FnMut(News)) {
        let failures_max = self.limits.failures;
        let id = key.1.clone();
        let mail = self.mail(key, tell);
        if mail.has_failed(&failure) {
            return;
        }
        if mail.failures.len() == failures_max {
            self.failures_left_out += 1;
            return;
        }
        mail.failures.push(failure.clone());
        if failure.cause != Cause::Other {
            tell(News::Failed(mail.story(&id, vec![failure])));
        }
    }

    /// A mail has bounced: those recipients that it was given up for until now. From here on its bounce has the story, as
    /// the id of the mail may be another's before that is over.
    fn bounce(&mut self, key: &Key, id: &[u8], tell: &mut impl FnMut(News)) {
        let mail = self.mail(key.clone(), tell);
        let failures = mail.take_given_up();
        let story = mail.story(&key.1, failures);
        let origin = mail.origin.clone();
        let bounce: Key = (key.0.clone(), id.into());
        if let Some(known) = self.open.peek(&bounce) {
            if known.is_about_all_of(&story) {
                return;
            }
            if known.about.is_some() || !known.may_be_bounce() {
                // The id has been used again.
                self.conclude(&bounce, tell);
            }
        }
        let mail = self.mail(bounce.clone(), tell);
        mail.origin = origin;
        mail.about = Some(Box::new(story));
        self.weigh(&bounce);
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

    /// Tells of a mail, and forgets it.
    fn conclude(&mut self, key: &Key, tell: &mut impl FnMut(News)) {
        if let Some(mail) = self.open.pop(key) {
            self.octets = self.octets.saturating_sub(mail.weighed);
            mail.tell(&key.1, tell);
        }
    }

    /// Tells of the mail that nothing was said of for the longest time.
    fn conclude_oldest(&mut self, tell: &mut impl FnMut(News)) {
        match self.open.peek_lru() {
            Some((key, _)) => {
                let key = key.clone();
                self.conclude(&key, tell);
            }
            None => self.octets = 0,
        }
    }

    /// Finds out what a mail takes now.
    fn weigh(&mut self, key: &Key) {
        if let Some(mail) = self.open.peek_mut(key) {
            let octets = mail.octets();
            self.octets = self.octets.saturating_sub(mail.weighed) + octets;
            mail.weighed = octets;
        }
    }
}
