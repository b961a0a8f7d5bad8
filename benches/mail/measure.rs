//! Cold and warm: recipients a second, and who used how much processor time for them.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use super::args::{Args, Way};
use super::domains;
use super::ground::process::Process;
use super::ground::{Outcome, usage};
use super::session::Session;
use super::site::Site;

/// Processor time of each daemon.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) postfix: Duration,
    pub(crate) unbound: Duration,
    pub(crate) bogusmx: Duration,
}

/// What came of one measurement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) recipients: u32,
    /// Taken though listed, or the other way.
    pub(crate) wrong: u32,
    elapsed: Duration,
    pub(crate) spent: Spent,
}

/// What one connection has done.
struct Done {
    recipients: u32,
    wrong: u32,
}

/// The domains that each connection asks about: its own ones, counted from 0.
#[derive(Clone, Copy)]
struct Task {
    way: Way,
    hosts: u8,
    /// Which connection, of how many.
    nth: u32,
    connections: u32,
    /// How many domains at most, and until when.
    count: u32,
    until: Instant,
}

/// Cold with domains that are new, then warm with the same.
pub(crate) fn both(args: &Args, site: &Site, way: Way, hosts: u8) -> Outcome<(Sample, Sample)> {
    let span = Duration::from_secs(args.seconds.into());
    let tasks = |counts: &[u32], until: Instant| -> Vec<Task> {
        let task = |(nth, count): (u32, &u32)| Task {
            way,
            hosts,
            nth,
            connections: args.connections,
            count: *count,
            until,
        };
        (0..).zip(counts).map(task).collect()
    };
    let connections = usize::try_from(args.connections)?;
    let new = vec![args.domains / args.connections; connections];
    let mut cold = Sample::default();
    let known = cold.add(site, &tasks(&new, Instant::now() + span))?;
    let mut warm = Sample::default();
    let end = Instant::now() + span;
    while Instant::now() < end {
        warm.add(site, &tasks(&known, end))?;
    }
    Ok((cold, warm))
}

impl Sample {
    /// Runs the tasks on connections of their own; gives how many domains each of them got through.
    fn add(&mut self, site: &Site, tasks: &[Task]) -> Outcome<Vec<u32>> {
        let sessions: Outcome<Vec<Session>> =
            tasks.iter().map(|_| Session::open(site.server)).collect();
        let mut sessions = sessions?;
        let before = Spent::by(site)?;
        let start = Instant::now();
        let done: Result<Vec<Done>, String> = thread::scope(|scope| {
            let threads: Vec<_> = tasks
                .iter()
                .zip(&mut sessions)
                .map(|(task, session)| {
                    scope.spawn(|| task.run(session).map_err(|error| error.to_string()))
                })
                .collect();
            let join = |thread: thread::ScopedJoinHandle<'_, Result<Done, String>>| {
                thread.join().unwrap_or_else(|_| Err("a panic".to_owned()))
            };
            threads.into_iter().map(join).collect()
        });
        let done = done?;
        self.elapsed += start.elapsed();
        // While the sessions are open, their smtpd processes are there to be looked at.
        self.spent.add(Spent::by(site)?.since(before));
        drop(sessions);
        self.recipients += done.iter().map(|done| done.recipients).sum::<u32>();
        self.wrong += done.iter().map(|done| done.wrong).sum::<u32>();
        Ok(done.iter().map(|done| done.recipients).collect())
    }

    /// Recipients a second.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(self.recipients) / self.elapsed.as_secs_f64()
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:.0}/s)", self.recipients, self.rate())
    }
}

impl Task {
    fn run(self, session: &mut Session) -> Outcome<Done> {
        let mut done = Done {
            recipients: 0,
            wrong: 0,
        };
        while done.recipients < self.count && Instant::now() < self.until {
            let number = done.recipients * self.connections + self.nth;
            let is_refused = session.refuses(&domains::domain(number, self.hosts))?;
            let is_listed = self.way != Way::None && domains::is_listed(number);
            done.recipients += 1;
            done.wrong += u32::from(is_refused != is_listed);
        }
        Ok(done)
    }
}

impl Spent {
    /// So far.
    fn by(site: &Site) -> Outcome<Self> {
        let time = |process: &Process| usage::processor_time(process.pid()?);
        Ok(Self {
            postfix: time(&site.postfix)?,
            unbound: time(&site.unbound)?,
            bogusmx: site.bogusmx.as_ref().map_or(Ok(Duration::ZERO), time)?,
        })
    }

    fn since(self, before: Self) -> Self {
        Self {
            postfix: self.postfix.saturating_sub(before.postfix),
            unbound: self.unbound.saturating_sub(before.unbound),
            bogusmx: self.bogusmx.saturating_sub(before.bogusmx),
        }
    }

    fn add(&mut self, more: Self) {
        self.postfix += more.postfix;
        self.unbound += more.unbound;
        self.bogusmx += more.bogusmx;
    }

    pub(crate) fn sum(self) -> Duration {
        self.postfix + self.unbound + self.bogusmx
    }
}
