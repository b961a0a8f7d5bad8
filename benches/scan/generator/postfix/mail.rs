//! A mail in the queue.

use super::super::agenda::{Event, Micros, SECOND};
use super::super::house::House;
use super::super::truth::Mark;

/// A mail in the queue.
pub(super) struct Mail {
    pub(super) number: u64,
    pub(super) id: String,
    file: u32,
    pub(super) sender: String,
    pub(super) size: u64,
    pub(super) recipients: usize,
    /// When it arrived.
    pub(super) since: Micros,
    /// When its next line comes.
    pub(super) at: Micros,
    /// Whether the truth depends on its lines.
    pub(super) matters: bool,
}

/// What Postfix says of a recipient.
pub(super) struct Report<'a> {
    pub(super) program: &'static str,
    /// `to=<...>`, perhaps with `orig_to=<...>`.
    pub(super) to: &'a str,
    pub(super) relay: &'a str,
    pub(super) dsn: &'a str,
    pub(super) status: &'a str,
    pub(super) text: &'a str,
}

impl Mail {
    pub(super) fn new(house: &mut House, at: Micros, sender: &str, matters: bool) -> Self {
        let (file, id) = house.queue.take(at);
        Self {
            number: house.number_mail(),
            id,
            file,
            sender: sender.to_owned(),
            size: house.size(),
            recipients: 1,
            since: at,
            at,
            matters,
        }
    }

    /// Has a program say something of it.
    pub(super) fn say(&self, house: &mut House, program: &'static str, words: &str) {
        let pid = house.pid(program);
        self.say_as(house, (program, pid), words);
    }

    pub(super) fn say_as(&self, house: &mut House, who: (&'static str, u32), words: &str) {
        let text = format!("{}: {words}", self.id);
        if self.matters {
            house.say_for_sure(self.at, who, text, None);
        } else {
            house.say_as(self.at, who, text);
        }
    }

    /// A while passes.
    pub(super) fn wait(&mut self, house: &mut House, least_ms: u64, most_ms: u64) {
        self.at += house.milliseconds(least_ms, most_ms);
    }

    /// The queue manager takes it up.
    pub(super) fn activate(&self, house: &mut House) {
        let Self {
            sender,
            size,
            recipients,
            ..
        } = self;
        let words = format!("from=<{sender}>, size={size}, nrcpt={recipients} (queue active)");
        self.say(house, "postfix/qmgr", &words);
    }

    /// Something has become of a recipient.
    pub(super) fn report(&mut self, house: &mut House, report: &Report<'_>, mark: Option<Mark>) {
        let Report {
            program,
            to,
            relay,
            dsn,
            status,
            text,
        } = report;
        let delay = self.delay(house);
        let id = &self.id;
        let text =
            format!("{id}: {to}, relay={relay}, {delay}, dsn={dsn}, status={status} ({text})");
        let who = (*program, house.pid(program));
        if self.matters {
            house.say_for_sure(self.at, who, text, mark);
        } else {
            house.say_as(self.at, who, text);
        }
        self.wait(house, 0, 3);
    }

    /// How long it took: before the queue manager, in the queue, for the connection, for the mail itself.
    fn delay(&self, house: &mut House) -> String {
        let total = (self.at - self.since) / (SECOND / 100);
        let before = total.min(house.dice.between(2, 9));
        let connection = house.dice.between(0, total - before);
        let (active, mail) = match total > 30_000 {
            true => (total - before - connection, 0),
            false => (0, total - before - connection),
        };
        let [total, before, active, connection, mail] =
            [total, before, active, connection, mail].map(hundredths);
        format!("delay={total}, delays={before}/{active}/{connection}/{mail}")
    }

    /// It is done with.
    pub(super) fn remove(mut self, house: &mut House) {
        self.wait(house, 0, 2);
        self.say(house, "postfix/qmgr", "removed");
        house.agenda.plan(self.at, Event::Free(self.file));
    }

    /// An administrator has had enough of it.
    pub(super) fn delete(self, house: &mut House) {
        self.say(house, "postfix/postsuper", "removed");
        house.agenda.plan(self.at, Event::Free(self.file));
    }
}

/// With two digits that count, as Postfix prints it.
fn hundredths(number: u64) -> String {
    let (whole, part) = (number / 100, number % 100);
    match (whole, part) {
        (10.., _) | (_, 0) => whole.to_string(),
        (1.., _) if part / 10 == 0 => whole.to_string(),
        (1.., _) => format!("{whole}.{}", part / 10),
        (0, _) if part % 10 == 0 => format!("0.{}", part / 10),
        (0, _) => format!("0.{part:02}"),
    }
}
