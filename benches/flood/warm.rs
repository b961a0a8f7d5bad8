//! The client whose names are remembered: asks at a steady pace, and notes how long each answer takes.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;

use super::ground::Outcome;
use super::ground::bogusmx::ZONE;
use super::pressure::crowd::Crowd;
use super::pressure::daemon::{Daemon, client};
use super::pressure::names::MailDomain;
use super::pressure::pace::Pace;
use super::pressure::packet::{A, Message, Said, query};
use super::pressure::quantiles::Latencies;

/// So long that no name ends during the bench.
const TTL: u32 = 86_400;

/// After this an answer is not waited for any more.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often all names are asked for until all are known.
const PASSES: u32 = 20;

/// Neighbours in time are no neighbours among the names.
const STRIDE: u32 = 7919;

/// What came of one period.
#[derive(Clone, Debug, Default)]
pub(crate) struct Warm {
    pub(crate) latencies: Latencies,
    pub(crate) asked: u32,
    pub(crate) right: u32,
    pub(crate) wrong: u32,
    pub(crate) undecided: u32,
}

impl Warm {
    /// Queries without an answer.
    pub(crate) fn lost(&self) -> u32 {
        self.asked - self.right - self.wrong - self.undecided
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.latencies.extend(&other.latencies);
        self.asked += other.asked;
        self.right += other.right;
        self.wrong += other.wrong;
        self.undecided += other.undecided;
    }

    fn count(&mut self, said: Said) {
        match said {
            Said::Right => self.right += 1,
            Said::Wrong => self.wrong += 1,
            Said::Undecided => self.undecided += 1,
        }
    }
}

/// Asks for the names until the daemon remembers all of them.
pub(crate) fn learn(daemon: &Daemon, names: u32) -> Outcome<()> {
    let mut last = Warm::default();
    for pass in 0..PASSES {
        last = ask(daemon, names, names, Duration::from_secs(2))?;
        // What the first pass has got is not proven to be kept.
        if pass > 0 && last.right == last.asked {
            return Ok(());
        }
    }
    Err(format!("bogusmx does not answer for all names: {last:?}").into())
}

/// Asks for the names, so many a second, for so long.
pub(crate) fn ask(daemon: &Daemon, names: u32, pace: u32, time: Duration) -> Outcome<Warm> {
    let crowd = Crowd::open(daemon.server)?;
    let sent = Mutex::new(HashMap::new());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let receiver = scope.spawn(|| receive(&crowd, &sent, &is_over));
        let asked = send(&crowd, &sent, names, pace, time);
        let end = Instant::now() + PATIENCE;
        while !sent.lock().is_empty() && Instant::now() < end {
            thread::sleep(Duration::from_millis(10));
        }
        is_over.store(true, Ordering::Relaxed);
        let warm = receiver
            .join()
            .map_err(|_panicked| "the receiver panicked")?;
        let mut warm = warm.map_err(|error| error.to_string())?;
        warm.asked = asked?;
        Ok(warm)
    })
}

/// When each query was sent, since 1970, by its id.
type Sent = Mutex<HashMap<u16, Duration>>;

fn send(crowd: &Crowd, sent: &Sent, names: u32, pace: u32, time: Duration) -> Outcome<u32> {
    let from: Ipv4Addr = client(0);
    let mut asked = 0;
    for nth in Pace::start(pace, time)? {
        let name = MailDomain::new(u64::from(nth.wrapping_mul(STRIDE) % names), TTL);
        // Ids come again after seconds, when nobody waits for the first any more.
        let id = u16::try_from(nth % 0x1_0000)?;
        let packet = query(id, &format!("{name}.{ZONE}"), A);
        let mut sent = sent.lock();
        let at = now()?;
        crowd.send(from, &packet)?;
        sent.insert(id, at);
        asked += 1;
    }
    Ok(asked)
}

fn receive(crowd: &Crowd, sent: &Sent, is_over: &AtomicBool) -> Result<Warm, String> {
    let mut warm = Warm::default();
    while !is_over.load(Ordering::Relaxed) {
        let received = crowd.receive().map_err(|error| error.to_string())?;
        let Some(received) = received else { continue };
        let Some(message) = Message::read(&received.octets) else {
            continue;
        };
        if let Some(at) = sent.lock().remove(&message.id()) {
            warm.latencies.push(received.at.saturating_sub(at));
            warm.count(message.said(ZONE));
        }
    }
    Ok(warm)
}

fn now() -> Outcome<Duration> {
    Ok(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?)
}
