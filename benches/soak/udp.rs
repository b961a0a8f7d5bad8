//! Most clients: each asks once in a while over UDP, from an address of its own.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::ground::Outcome;
use super::load::Load;
use super::pressure::crowd::Crowd;
use super::pressure::daemon::client;
use super::pressure::pace::Pace;
use super::pressure::packet::{A, Message, query};
use super::season::Season;
use super::tally::Transport;

/// Far longer than an answer may take; then it is lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// Clients, so many that none of them spends its budget of new domains.
const CLIENTS: u16 = 200;

/// A query on its way.
struct Asked {
    name: String,
    at: Instant,
    season: Season,
}

/// By the query's id.
type Underway = Mutex<HashMap<u16, Asked>>;

/// Asks at a pace for so long, then waits for the last answers.
pub(crate) fn run(load: &Load<'_>, pace: u32, time: Duration) -> Outcome<()> {
    let crowd = Crowd::open(load.server)?;
    let underway = Underway::default();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let receiver = scope.spawn(|| {
            let received = receive(load, &crowd, &underway, &is_over);
            received.map_err(|error| error.to_string())
        });
        let sent = send(load, &crowd, &underway, pace, time);
        thread::sleep(PATIENCE);
        is_over.store(true, Ordering::Relaxed);
        receiver
            .join()
            .map_err(|_panicked| "the receiver panicked")??;
        forget(load, &underway, Duration::ZERO);
        sent
    })
}

fn send(
    load: &Load<'_>,
    crowd: &Crowd,
    underway: &Underway,
    pace: u32,
    time: Duration,
) -> Outcome<()> {
    let mut random = rand::rng();
    for nth in Pace::start(pace, time)? {
        let id = u16::try_from(nth % 0x1_0000)?;
        let name = load.names.next(&mut random);
        let packet = query(id, &name, A);
        let asked = Asked {
            name,
            at: Instant::now(),
            season: load.calendar.now(),
        };
        if let Some(before) = underway.lock().insert(id, asked) {
            lose(load, &before);
        }
        crowd.send(client(fastrand::u16(..CLIENTS)), &packet)?;
        if nth % pace == 0 {
            forget(load, underway, PATIENCE);
        }
    }
    Ok(())
}

fn receive(
    load: &Load<'_>,
    crowd: &Crowd,
    underway: &Underway,
    is_over: &AtomicBool,
) -> Outcome<()> {
    while !is_over.load(Ordering::Relaxed) {
        let Some(received) = crowd.receive()? else {
            continue;
        };
        let Some(message) = Message::read(&received.octets) else {
            continue;
        };
        if let Some(asked) = underway.lock().remove(&message.id()) {
            let seasons = (asked.season, load.calendar.now());
            let took = asked.at.elapsed();
            load.tally
                .answered(message, &asked.name, Transport::Udp, seasons, took);
        }
    }
    Ok(())
}

/// Gives up on what has been asked longer ago than this.
fn forget(load: &Load<'_>, underway: &Underway, age: Duration) {
    underway.lock().retain(|_, asked| {
        let is_waited_for = asked.at.elapsed() < age;
        if !is_waited_for {
            lose(load, asked);
        }
        is_waited_for
    });
}

fn lose(load: &Load<'_>, asked: &Asked) {
    let seasons = (asked.season, load.calendar.now());
    load.tally.lost(&asked.name, Transport::Udp, seasons);
}
