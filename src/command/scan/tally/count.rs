//! What is counted of mail that came back.

use std::ops::AddAssign;

use jiff::Timestamp;

/// The domain of rows whose own one is not known any more.
pub(crate) const OTHERS: u32 = 0;

/// What is certain, and what counts only if the domain is listed today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Split<C> {
    pub(crate) certain: C,
    pub(crate) suspect: C,
}

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    first: i64,
    last: i64,
}

/// What is counted of a sender, an origin or an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Recipients that their mail did not reach.
    pub(crate) loops: u32,
    /// Bounces of such mail that left the house.
    pub(crate) backscatter: u32,
    /// When the mail failed.
    pub(crate) span: Span,
}

/// What is counted of a domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Census {
    /// Its recipients, and the bounces of mail to them, perhaps to those of other domains as well.
    pub(crate) count: Count,
    /// Recipients that were given up.
    pub(crate) bounced: u32,
    /// Recipients to be tried again.
    pub(crate) deferred: u32,
    /// Recipients whose mail was handed over, to the machine itself.
    pub(crate) sent: u32,
    /// Recipients whose mail looped.
    pub(crate) looped: u32,
    /// Recipients at an address where no mail server can be.
    pub(crate) reserved: u32,
    /// Recipients at a private address.
    pub(crate) private: u32,
    /// Recipients without any host.
    pub(crate) no_host: u32,
    /// Recipients whose mail did not come in over SMTP.
    pub(crate) local: u32,
    /// Recipients of mail without a sender: it was a bounce, of mail to somebody else.
    pub(crate) senderless: u32,
}

/// Bounces that left the house.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounces {
    /// All of them.
    pub(crate) left: u32,
    /// Those near the time that is asked about.
    pub(crate) near: u32,
}

/// The bounces of suspects in the same domains, of which there are several.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Group {
    /// What other rows name them by.
    pub(crate) id: u32,
    pub(crate) bounces: Bounces,
}

/// A row of the tally by domain.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Domain {
    /// What other rows name it by.
    pub(crate) id: u32,
    /// Its counts.
    pub(crate) split: Split<Census>,
    /// Bounces of suspects in this domain only.
    pub(crate) bounces: Bounces,
}

/// What can be counted together, and which is more.
pub(crate) trait Tallied: Default {
    fn add(&mut self, other: &Self);
    fn weight(&self) -> u64;
}

impl<C> Split<C> {
    pub(crate) fn half(&mut self, is_certain: bool) -> &mut C {
        match is_certain {
            true => &mut self.certain,
            false => &mut self.suspect,
        }
    }
}

impl<C: Tallied + Copy> Split<C> {
    /// What counts.
    pub(crate) fn counted(&self, is_listed: bool) -> C {
        let mut counted = self.certain;
        if is_listed {
            counted.add(&self.suspect);
        }
        counted
    }
}

impl Span {
    pub(crate) fn new(first: Option<Timestamp>, last: Option<Timestamp>) -> Self {
        let times = first.zip(last);
        times.map_or_else(Self::default, |(first, last)| Self {
            first: first.min(last).as_second(),
            last: last.max(first).as_second(),
        })
    }

    pub(crate) fn first(self) -> Option<Timestamp> {
        self.time(self.first)
    }

    pub(crate) fn last(self) -> Option<Timestamp> {
        self.time(self.last)
    }

    fn time(self, second: i64) -> Option<Timestamp> {
        let is_some = self.first <= self.last;
        is_some.then(|| Timestamp::from_second(second).ok())?
    }
}

impl Default for Span {
    /// Never.
    fn default() -> Self {
        Self {
            first: i64::MAX,
            last: i64::MIN,
        }
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

impl<C: Tallied> Tallied for Split<C> {
    fn add(&mut self, other: &Self) {
        self.certain.add(&other.certain);
        self.suspect.add(&other.suspect);
    }

    fn weight(&self) -> u64 {
        self.certain.weight().saturating_add(self.suspect.weight())
    }
}

impl Tallied for Count {
    fn add(&mut self, other: &Self) {
        more(&mut self.loops, other.loops);
        more(&mut self.backscatter, other.backscatter);
        self.span += other.span;
    }

    fn weight(&self) -> u64 {
        u64::from(self.loops).saturating_add(self.backscatter.into())
    }
}

impl Tallied for Census {
    fn add(&mut self, other: &Self) {
        self.count.add(&other.count);
        more(&mut self.bounced, other.bounced);
        more(&mut self.deferred, other.deferred);
        more(&mut self.sent, other.sent);
        more(&mut self.looped, other.looped);
        more(&mut self.reserved, other.reserved);
        more(&mut self.private, other.private);
        more(&mut self.no_host, other.no_host);
        more(&mut self.local, other.local);
        more(&mut self.senderless, other.senderless);
    }

    fn weight(&self) -> u64 {
        self.count.weight()
    }
}

impl Tallied for Bounces {
    fn add(&mut self, other: &Self) {
        more(&mut self.left, other.left);
        more(&mut self.near, other.near);
    }

    fn weight(&self) -> u64 {
        self.left.into()
    }
}

impl Tallied for Group {
    fn add(&mut self, other: &Self) {
        self.bounces.add(&other.bounces);
    }

    fn weight(&self) -> u64 {
        self.bounces.weight()
    }
}

impl Tallied for Domain {
    fn add(&mut self, other: &Self) {
        self.split.add(&other.split);
        self.bounces.add(&other.bounces);
    }

    fn weight(&self) -> u64 {
        self.split.weight()
    }
}

/// Counts on. At the end of the numbers it stays there.
pub(crate) fn more(counter: &mut u32, by: u32) {
    *counter = counter.saturating_add(by);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_knows_no_time_until_it_has_one() {
        let mut span = Span::default();
        assert_eq!((span.first(), span.last()), (None, None));
        span += Span::new(None, None);
        assert_eq!(span.first(), None);
        let at = |second| Timestamp::from_second(second).unwrap();
        span += Span::new(Some(at(7)), Some(at(9)));
        span += Span::new(Some(at(3)), Some(at(5)));
        assert_eq!((span.first(), span.last()), (Some(at(3)), Some(at(9))));
    }

    #[test]
    fn suspects_count_where_the_domain_is_listed() {
        let count = |loops| Count {
            loops,
            ..Count::default()
        };
        let split = Split {
            certain: count(2),
            suspect: count(3),
        };
        assert_eq!(split.counted(false), count(2));
        assert_eq!(split.counted(true), count(5));
    }
}
