//! One mail's lines together: from all that happened, in order, to the stories of the mails that failed.

use std::hash::BuildHasher as _;
use std::num::NonZeroUsize;

use foldhash::quality::FixedState;
use jiff::Timestamp;
use lru::LruCache;

use super::calendar::Calendar;
use super::cause;
use super::event::{Arrival, Delivery, Event};
use super::known::Known;
use super::mail::Mail;
use super::plain::{self, plain};
use super::record::Record;
use super::story::{Cause, Failure, News, Status};
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
    /// Lines of failures that are known again when another file has them as well: at least so many of the last ones, and at
    /// most twice as many, some 25 octets each.
    pub known: NonZeroUsize,
}

/// The mails that are not over.
#[derive(Debug)]
pub struct Trail<'t> {
    table: &'t Table,
    limits: Limits,
    calendar: Calendar,
    open: LruCache<u64, Mail>,
    /// What the open ones take.
    octets: usize,
    known: Known,
    /// Lines of failures and of bounces that had been read before, in another file.
    pub repeated: u64,
    /// Recipients past the limit of one mail.
    pub failures_left_out: u64,
}

/// A queue id on a machine.
#[derive(Clone, Copy)]
struct Name<'n> {
    host: &'n [u8],
    id: &'n [u8],
    /// The hash of both, by which the open mails are found. Of a hundred thousand, two have the same by a chance of one in
    /// four thousand million.
    key: u64,
}

impl<'n> Name<'n> {
    fn new(host: &'n [u8], id: &'n [u8]) -> Self {
        let key = FixedState::with_seed(0).hash_one((host, id));
        Self { host, id, key }
    }

    /// Another mail's, on the same machine.
    fn other(self, id: &'n [u8]) -> Self {
        Self::new(self.host, id)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open: NonZeroUsize::MIN.saturating_add(99_999),
            octets: 16 << 20,
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
            // The limit is kept when a mail begins. A cache with a limit would have a table for as many at once, through
            // which the few that there are would be scattered.
            open: LruCache::unbounded(),
            octets: 0,
            known: Known::new(limits.known),
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
        let name = Name::new(record.host, record.id);
        self.take_in(name, at, &record.event, tell);
        while self.octets > self.limits.octets {
            self.conclude_oldest(tell);
        }
    }

    fn take_in<'r>(
        &mut self,
        name: Name<'r>,
        at: Option<Timestamp>,
        event: &Event<'r>,
        tell: &mut impl FnMut(News),
    ) {
        match event {
            Event::Arrived(arrival) => self.arrive(name, at, arrival, tell),
            Event::Sender(sender) => self.send(name, sender, tell),
            Event::Delivery(delivery) => self.deliver(name, at, delivery, tell),
            Event::Unreachable {
                name: host,
                address,
                text,
            } => {
                let cause = cause::of_unreachable(host, *address, self.table);
                let failures_max = self.limits.failures;
                let unreachable = &mut self.mail(name, tell).unreachable;
                if unreachable.len() < failures_max {
                    unreachable.push(((*text).into(), cause));
                    self.weigh(name.key);
                }
            }
            Event::Expired => self.mail(name, tell).expire(),
            Event::Bounced(bounce) => self.bounce(name, name.other(bounce), tell),
            Event::Removed => self.conclude(name.key, tell),
        }
    }

    /// Tells of all mails that are not over when the log ends.
    pub fn finish(&mut self, tell: &mut impl FnMut(News)) {
        while !self.open.is_empty() {
            self.conclude_oldest(tell);
        }
    }

    /// Begins with a mail of an id of which none is open.
    fn begin(&mut self, key: u64, mut mail: Mail, tell: &mut impl FnMut(News)) {
        if self.open.len() >= self.limits.open.get() {
            self.conclude_oldest(tell);
        }
        mail.weighed = mail.octets();
        self.octets += mail.weighed;
        self.open.put(key, mail);
    }

    /// A mail, which may have come in before the log begins.
    fn mail(&mut self, name: Name<'_>, tell: &mut impl FnMut(News)) -> &mut Mail {
        if !self.open.contains(&name.key) {
            self.begin(name.key, Mail::of(name.id), tell);
        }
        self.open.get_or_insert_mut(name.key, || Mail::of(name.id))
    }

    /// A new mail. The id may have been another one's, whose end is missing.
    fn arrive<'r>(
        &mut self,
        name: Name<'r>,
        at: Option<Timestamp>,
        arrival: &Arrival<'r>,
        tell: &mut impl FnMut(News),
    ) {
        let mut mail = Mail::new(name.id, at, arrival);
        if let Some(open) = self.open.get(&name.key) {
            if open.is(&mail) {
                return;
            }
            self.conclude(name.key, tell);
        }
        let before = arrival.before.map(|before| name.other(before));
        if let Some(before) = before.and_then(|before| self.open.get(&before.key)) {
            mail.goes_on_from(before);
        }
        self.begin(name.key, mail, tell);
        if let Some(of) = arrival.bounce_of.map(|of| name.other(of))
            // Else it only says that it takes longer.
            && self.mail(of, tell).may_have_bounced()
        {
            self.bounce(of, name, tell);
        }
    }

    /// A mail is in the queue. Another sender's is another mail.
    fn send(&mut self, name: Name<'_>, sender: &[u8], tell: &mut impl FnMut(News)) {
        let open = self.open.get(&name.key);
        match open.and_then(|mail| mail.sender.as_deref()) {
            // It is tried again.
            Some(known) if known == sender => return,
            Some(_) => self.conclude(name.key, tell),
            None => {}
        }
        self.mail(name, tell).sender = Some(sender.into());
        self.weigh(name.key);
    }

    fn deliver(
        &mut self,
        name: Name<'_>,
        at: Option<Timestamp>,
        delivery: &Delivery<'_>,
        tell: &mut impl FnMut(News),
    ) {
        let mail = self.open.get_mut(&name.key);
        let is_bounce = mail.as_deref().is_some_and(Mail::is_bounce);
        let cause = cause::of(delivery, self.table)
            .or_else(|| mail.as_deref().and_then(|mail| mail.unreachable(delivery)));
        if cause.is_none()
            && delivery.status == Status::Sent
            && let Some(mail) = mail
        {
            mail.reaches(delivery.recipient);
            self.weigh(name.key);
        }
        if cause.is_none() && !is_bounce {
            if delivery.status == Status::Deferred {
                self.mail(name, tell).is_tried = true;
            }
            return;
        }
        if self.is_known(name, at, delivery) {
            self.repeated += 1;
            return;
        }
        if is_bounce {
            let fate = cause::fate(delivery, self.table, at);
            self.mail(name, tell).ends(delivery.recipient, fate);
            self.weigh(name.key);
        }
        if let Some(cause) = cause {
            let failure = Failure {
                first_at: at,
                at,
                recipient: plain::address(delivery.recipient),
                cause,
                status: delivery.status,
                text: plain(delivery.text),
            };
            self.fail(name, failure, tell);
        }
    }

    /// A recipient has not been reached.
    fn fail(&mut self, name: Name<'_>, failure: Failure, tell: &mut impl FnMut(News)) {
        let failures_max = self.limits.failures;
        let mail = self.mail(name, tell);
        if mail.has_failed(&failure) {
            return self.weigh(name.key);
        }
        if mail.failures.len() == failures_max {
            self.failures_left_out += 1;
            return;
        }
        if failure.cause != Cause::Other {
            tell(News::Failed(mail.story(vec![failure.clone()])));
        }
        mail.fails(failure);
        self.weigh(name.key);
    }

    /// A mail has bounced: those recipients that it was given up for until now. From here on its bounce has the story, as
    /// the id of the mail may be another's before that is over.
    fn bounce(&mut self, name: Name<'_>, bounce: Name<'_>, tell: &mut impl FnMut(News)) {
        let mail = self.mail(name, tell);
        let failures = mail.take_given_up();
        let story = mail.story(failures);
        let origin = mail.origin.clone();
        self.weigh(name.key);
        if let Some(known) = self.open.peek(&bounce.key) {
            if known.is_about_all_of(&story) {
                return;
            }
            if known.about.is_some() || !known.may_be_bounce() {
                // The id has been used again.
                self.conclude(bounce.key, tell);
            }
        }
        let mail = self.mail(bounce, tell);
        mail.origin = origin;
        mail.about = Some(Box::new(story));
        self.weigh(bounce.key);
    }

    /// Whether the same has been said before: two files may have the same lines.
    fn is_known(&mut self, name: Name<'_>, at: Option<Timestamp>, delivery: &Delivery<'_>) -> bool {
        let Some(at) = at else {
            return false;
        };
        let Delivery {
            recipient,
            status,
            text,
            ..
        } = delivery;
        let said = (name.key, at, recipient, status, text);
        let hash = FixedState::with_seed(0).hash_one(said);
        self.known.put(hash)
    }

    /// Tells of a mail, and forgets it.
    fn conclude(&mut self, key: u64, tell: &mut impl FnMut(News)) {
        if let Some(mail) = self.open.pop(&key) {
            self.octets = self.octets.saturating_sub(mail.weighed);
            mail.tell(tell);
        }
    }

    /// Tells of the mail that nothing was said of for the longest time.
    fn conclude_oldest(&mut self, tell: &mut impl FnMut(News)) {
        if let Some((_, mail)) = self.open.pop_lru() {
            self.octets = self.octets.saturating_sub(mail.weighed);
            mail.tell(tell);
        } else {
            self.octets = 0;
        }
    }

    /// Whether what the open mails take is known, and there are no more than may be.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn is_weighed(&self) -> bool {
        let mails = self.open.iter().map(|(_, mail)| mail.octets());
        self.octets == mails.sum::<usize>() && self.open.len() <= self.limits.open.get()
    }

    /// Finds out what a mail takes now.
    fn weigh(&mut self, key: u64) {
        if let Some(mail) = self.open.peek_mut(&key) {
            let octets = mail.octets();
            self.octets = self.octets.saturating_sub(mail.weighed) + octets;
            mail.weighed = octets;
        }
    }
}
