//! The other clients: several queries at once on a TCP connection, many of them on one, and now and then a client that
//! hangs up without waiting.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::ground::Outcome;
use super::load::Load;
use super::pressure::pace::Pace;
use super::pressure::packet::{A, Message, framed, query, take_message};
use super::tally::Transport;

/// Far longer than an answer may take; then all are lost that are missing.
const PATIENCE: Duration = Duration::from_secs(5);

/// Queries that leave together.
const TOGETHER: u16 = 8;

/// Of the times that queries leave, after so many the client comes back with another connection.
const TIMES: u32 = 50;

const ANSWER_OCTETS: usize = 4096;

/// Asks at a pace for so long.
pub(crate) fn run(load: &Load<'_>, pace: u32, time: Duration) -> Outcome<()> {
    let mut stream = connect(load)?;
    for nth in Pace::start((pace / u32::from(TOGETHER)).max(1), time)? {
        let is_last = nth % TIMES == TIMES - 1;
        let is_kept = ask(load, &mut stream, is_last)?;
        if !is_kept || is_last {
            stream = connect(load)?;
        }
    }
    Ok(())
}

fn connect(load: &Load<'_>) -> Outcome<TcpStream> {
    let stream = TcpStream::connect(load.server)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Sends some queries, and waits for all answers unless this client hangs up; false if the connection broke.
fn ask(load: &Load<'_>, stream: &mut TcpStream, hangs_up: bool) -> Outcome<bool> {
    let mut random = rand::rng();
    let season = load.calendar.now();
    let asked: HashMap<u16, String> = (0..TOGETHER)
        .map(|id| (id, load.names.next(&mut random)))
        .collect();
    let queries = asked.iter().map(|(id, name)| framed(&query(*id, name, A)));
    let at = Instant::now();
    stream.write_all(&queries.flatten().collect::<Vec<u8>>())?;
    if hangs_up {
        return Ok(true);
    }
    let mut missing = asked;
    let (mut waiting, mut part) = (Vec::new(), [0; ANSWER_OCTETS]);
    while !missing.is_empty() {
        let Ok(length @ 1..) = stream.read(&mut part) else {
            break;
        };
        waiting.extend(part.get(..length).unwrap_or_default());
        while let Some(packet) = take_message(&mut waiting) {
            let Some(message) = Message::read(&packet) else {
                continue;
            };
            if let Some(name) = missing.remove(&message.id()) {
                let seasons = (season, load.calendar.now());
                load.tally
                    .answered(message, &name, Transport::Tcp, seasons, at.elapsed());
            }
        }
    }
    for name in missing.values() {
        let seasons = (season, load.calendar.now());
        load.tally.lost(name, Transport::Tcp, seasons);
    }
    Ok(missing.is_empty())
}
