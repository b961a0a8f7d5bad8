//! The flood: names that nobody has ever asked for, from one client or from thousands.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::args::From;
use super::ground::Outcome;
use super::ground::bogusmx::ZONE;
use super::pressure::crowd::Crowd;
use super::pressure::daemon::{Daemon, client};
use super::pressure::names::MailDomain;
use super::pressure::pace::Pace;
use super::pressure::packet::{A, Message, Said, query};

/// As long as the daemon may take to give up on a name, and some more.
const PATIENCE: Duration = Duration::from_secs(2);

/// As mail domains have it.
const TTL: u32 = 3600;

/// What came of one period.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cold {
    pub(crate) asked: u32,
    pub(crate) verdicts: u32,
    pub(crate) wrong: u32,
    pub(crate) undecided: u32,
}

impl Cold {
    /// Queries without an answer.
    pub(crate) fn lost(&self) -> u32 {
        self.asked
            .saturating_sub(self.verdicts + self.wrong + self.undecided)
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.asked += other.asked;
        self.verdicts += other.verdicts;
        self.wrong += other.wrong;
        self.undecided += other.undecided;
    }
}

/// Floods the daemon for so long, then waits for the last answers.
pub(crate) fn flood(daemon: &Daemon, from: From, pace: u32, time: Duration) -> Outcome<Cold> {
    let crowd = Crowd::open(daemon.server)?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let receiver = scope.spawn(|| receive(&crowd, &is_over));
        let asked = send(&crowd, from, pace, time);
        thread::sleep(PATIENCE);
        is_over.store(true, Ordering::Relaxed);
        let cold = receiver
            .join()
            .map_err(|_panicked| "the receiver panicked")?;
        let mut cold = cold.map_err(|error| error.to_string())?;
        cold.asked = asked?;
        Ok(cold)
    })
}

fn send(crowd: &Crowd, from: From, pace: u32, time: Duration) -> Outcome<u32> {
    let mut asked = 0;
    for nth in Pace::start(pace, time)? {
        let name = MailDomain::new(fastrand::u64(..), TTL);
        let id = u16::try_from(nth % 0x1_0000)?;
        // None of them is the client whose names are remembered.
        let from: Ipv4Addr = match from {
            From::One => client(1),
            From::Many => client(fastrand::u16(1..)),
        };
        crowd.send(from, &query(id, &format!("{name}.{ZONE}"), A))?;
        asked += 1;
    }
    Ok(asked)
}

fn receive(crowd: &Crowd, is_over: &AtomicBool) -> Result<Cold, String> {
    let mut cold = Cold::default();
    while !is_over.load(Ordering::Relaxed) {
        let received = crowd.receive().map_err(|error| error.to_string())?;
        let Some(received) = received else { continue };
        match Message::read(&received.octets).map(|message| message.said(ZONE)) {
            Some(Said::Right) => cold.verdicts += 1,
            Some(Said::Undecided) => cold.undecided += 1,
            Some(Said::Wrong) | None => cold.wrong += 1,
        }
    }
    Ok(cold)
}
