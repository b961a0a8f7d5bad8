//! Answers that need no waiting, to one question or to a whole batch of them.
//!
//! What the questions of a batch have in common is done once for all of them: the time is read, the
//! rules are taken, the answers are counted. And memory is fetched for all of them at the same time:
//! whoever has several places each of them, approaches each of them, and only then has them answered.

use std::net::IpAddr;
use std::ptr;
use std::sync::Arc;

use arc_swap::Guard;
use smallvec::SmallVec;

use super::answer::Answer;
use super::authority::{Authority, Question, payer};
use super::cookie::{Presented, Returned};
use super::stats::Tally;
use super::zone::{Place, Settled, Zone, place};
use crate::oracle::clock::Moment;
use crate::oracle::lookup::Lookup;
use crate::oracle::{Sought, Source, Ticket};
use crate::verdict::Rules;
use crate::verdict::domain::NameBuffer;

/// Zones whose rules are taken without touching the heap.
const ZONES_USUAL: usize = 4;

/// One moment in which an authority answers out of what is remembered.
pub struct Sitting<'z, L: Lookup> {
    authority: &'z Authority<L>,
    now: Moment,
    /// In the order of the zones.
    rules: SmallVec<[Guard<Arc<Rules>>; ZONES_USUAL]>,
    tally: Tally,
    remembered: u64,
}

/// A question, and where its answer is to be found.
#[derive(Debug)]
pub struct Placed<'z, 'q> {
    qtype: u16,
    found: Found<'z, 'q>,
}

#[derive(Debug)]
enum Found<'z, 'q> {
    Settled(Settled<'z>),
    Mail(&'z Zone, Sought<'q>),
}

impl<'z, L: Lookup> Sitting<'z, L> {
    pub(super) fn begin(authority: &'z Authority<L>) -> Self {
        let zones = authority.zones();
        Self {
            authority,
            now: authority.oracle().clock().now(),
            rules: zones.iter().map(|zone| zone.rules.load()).collect(),
            tally: Tally::default(),
            remembered: 0,
        }
    }

    /// As [`Authority::is_allowed`].
    #[inline]
    pub fn is_allowed(&self, client: IpAddr) -> bool {
        self.authority.is_allowed(client)
    }

    /// As [`Authority::cookie`].
    #[inline]
    pub fn cookie(&self, presented: Presented, client: IpAddr) -> Returned {
        self.authority.cookie(presented, client, self.now)
    }

    /// As [`Authority::spend`].
    #[inline]
    pub fn spend(&self, client: IpAddr, cookie: Option<&Returned>) -> bool {
        self.authority.spend(client, cookie)
    }

    /// Hands `say` what is said to a client that is to come back over TCP.
    pub fn slip<S>(&mut self, say: impl FnOnce(&Answer<'_>) -> S) -> S {
        let answer = Answer::slip();
        self.tally.count(&answer);
        say(&answer)
    }

    /// Finds out where the answer is to be found; `buffer` is room for the name's text.
    #[inline]
    pub fn place<'q>(&self, question: Question<'_>, buffer: &'q mut NameBuffer) -> Placed<'z, 'q> {
        let found = match place(self.authority.zones(), question.name, buffer) {
            Place::Settled(settled) => Found::Settled(settled),
            Place::Mail(zone, domain) => Found::Mail(zone, self.authority.oracle().seek(domain)),
        };
        Placed {
            qtype: question.qtype,
            found,
        }
    }

    /// Has fetched what the answer is made of. It changes nothing else.
    #[inline]
    pub fn approach(&self, placed: &Placed<'_, '_>) {
        if let Found::Mail(_, sought) = placed.found {
            self.authority.oracle().approach(sought);
        }
    }

    /// Hands `say` the answer, if it needs no look-up.
    #[inline]
    pub fn answer<S>(
        &mut self,
        placed: &Placed<'z, '_>,
        say: impl FnOnce(&Answer<'_>) -> S,
    ) -> Option<S> {
        match placed.found {
            Found::Settled(settled) => {
                let answer = Answer::of_settled(settled, placed.qtype);
                self.tally.count(&answer);
                Some(say(&answer))
            }
            Found::Mail(zone, sought) => {
                let rules = rules_of(zone, self.authority.zones(), &self.rules)?;
                let oracle = self.authority.oracle();
                oracle.recall(sought, rules, self.now, |sentence| {
                    let answer = Answer::of_sentence(sentence, zone, placed.qtype);
                    self.tally.count(&answer);
                    self.remembered += u64::from(sentence.source != Source::Operator);
                    say(&answer)
                })
            }
        }
    }

    /// Has a client pay for the look-up that a question takes. In a flood nearly everybody is turned away, so
    /// that has to be cheap.
    ///
    /// # Errors
    /// What `say` makes of the answer, if there is no room for a look-up or the client may not have one.
    pub fn charge<S>(
        &mut self,
        placed: &Placed<'z, '_>,
        client: IpAddr,
        say: impl FnOnce(&Answer<'_>) -> S,
    ) -> Result<Option<Ticket>, S> {
        let Found::Mail(zone, sought) = placed.found else {
            return Ok(None);
        };
        if self.authority.is_full() {
            return Err(self.authority.turn_away(say));
        }
        let Some(rules) = rules_of(zone, self.authority.zones(), &self.rules) else {
            return Ok(None);
        };
        let oracle = self.authority.oracle();
        oracle.charge(sought, rules, payer(client), self.now, |sentence| {
            let answer = Answer::of_sentence(sentence, zone, placed.qtype);
            self.tally.count(&answer);
            say(&answer)
        })
    }
}

impl<L: Lookup> Drop for Sitting<'_, L> {
    fn drop(&mut self) {
        self.authority.stats().add(self.tally);
        let stats = self.authority.oracle().stats();
        stats.remembered.add(self.remembered);
    }
}

/// What a zone's verdicts are judged by; `rules` are in the order of the zones.
fn rules_of<'r>(
    zone: &Zone,
    zones: &[Zone],
    rules: &'r [Guard<Arc<Rules>>],
) -> Option<&'r Arc<Rules>> {
    let place = zones.iter().position(|other| ptr::eq(other, zone))?;
    rules.get(place).map(|rules| &**rules)
}
