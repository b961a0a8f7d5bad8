//! The server: what all its programs share.

use std::collections::BTreeMap;

use super::agenda::{Agenda, Event, Line, MILLISECOND, Micros, SECOND};
use super::dice::Dice;
use super::queue::Queue;
use super::truth::Mark;
use super::world::World;
use super::{Dialect, Plan};

/// Of 100 mails on average, how many come in each hour of the day.
const HOURS: [u32; 24] = [
    45, 35, 30, 30, 35, 45, 60, 85, 130, 160, 165, 160, 140, 150, 160, 155, 150, 135, 115, 105,
    100, 95, 75, 60,
];

/// The server: what all its programs share.
pub(super) struct House {
    pub(super) dice: Dice,
    pub(super) world: World,
    pub(super) agenda: Agenda,
    pub(super) queue: Queue,
    processes: BTreeMap<&'static str, Vec<u32>>,
    next_pid: u32,
    mails: u64,
    mails_per_loop: u32,
    per_second: f64,
}

impl House {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut dice = Dice::new(plan.seed);
        let are_long = matches!(plan.dialect, Dialect::Postfix { long_ids: true, .. });
        Self {
            world: World::new(&mut dice),
            dice,
            agenda: Agenda::default(),
            queue: Queue::new(are_long),
            processes: BTreeMap::new(),
            next_pid: 15_000,
            mails: 0,
            mails_per_loop: plan.mails_per_loop,
            per_second: plan.per_second,
        }
    }

    /// Plans when the next one comes.
    pub(super) fn plan_arrival(&mut self, now: Micros) {
        let hour = usize::try_from(now / (3600 * SECOND) % 24).unwrap_or_default();
        let busy = HOURS.get(hour).copied().unwrap_or(100);
        let wait = self.dice.wait(self.per_second * f64::from(busy) / 100.0);
        self.agenda.plan(now + wait, Event::Arrival);
    }

    /// A number of its own for a mail.
    pub(super) fn number_mail(&mut self) -> u64 {
        self.mails += 1;
        self.mails
    }

    pub(super) fn is_loop_due(&mut self) -> bool {
        self.dice.one_in(self.mails_per_loop)
    }

    /// One of a program's processes. They end after a while and others follow.
    pub(super) fn pid(&mut self, program: &'static str) -> u32 {
        let crowd = match program {
            "postfix/qmgr" | "postfix/anvil" | "postfix/scache" | "opendkim" | "dovecot"
            | "postfix/postscreen" | "postfix/dnsblog" => 1,
            "postfix/smtpd" | "postfix/smtp" => 24,
            "postfix/submission/smtpd" | "postfix/cleanup" => 8,
            _ => 4,
        };
        let place = self.dice.place(crowd);
        let is_old = crowd > 1 && self.dice.one_in(60);
        let processes = self.processes.entry(program).or_default();
        if let Some(pid) = processes.get(place)
            && !is_old
        {
            return *pid;
        }
        let next = self.fork();
        let processes = self.processes.entry(program).or_default();
        match processes.get_mut(place) {
            Some(pid) => *pid = next,
            None => processes.push(next),
        }
        next
    }

    /// A new process.
    pub(super) fn fork(&mut self) -> u32 {
        self.next_pid += 1 + self.dice.below(7);
        if self.next_pid > 32_767 {
            self.next_pid = 600;
        }
        self.next_pid
    }

    /// Has a program say a line that the truth does not depend on.
    pub(super) fn say(&mut self, at: Micros, program: &'static str, text: String) {
        let pid = self.pid(program);
        self.say_as(at, (program, pid), text);
    }

    /// The same, if it has to be a certain process.
    pub(super) fn say_as(&mut self, at: Micros, (program, pid): (&'static str, u32), text: String) {
        let is_expendable = true;
        self.plan_line(
            at,
            Line {
                program,
                pid,
                text,
                mark: None,
                is_expendable,
            },
        );
    }

    /// Has a program say a line that must be there, for what it means or because another that does needs it.
    pub(super) fn say_for_sure(
        &mut self,
        at: Micros,
        (program, pid): (&'static str, u32),
        text: String,
        mark: Option<Mark>,
    ) {
        let (mark, is_expendable) = (mark.map(Box::new), false);
        self.plan_line(
            at,
            Line {
                program,
                pid,
                text,
                mark,
                is_expendable,
            },
        );
    }

    fn plan_line(&mut self, at: Micros, line: Line) {
        self.agenda.plan(at, Event::Line(line));
    }

    /// How long a mail is: most are short, a few are not.
    pub(super) fn size(&mut self) -> u64 {
        let most = 1 << self.dice.below(18);
        600 + self.dice.between(0, most)
    }

    /// A short while.
    pub(super) fn milliseconds(&mut self, least: u64, most: u64) -> Micros {
        self.dice.between(least * MILLISECOND, most * MILLISECOND)
    }
}
