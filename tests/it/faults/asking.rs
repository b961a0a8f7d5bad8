//! Asks for thousands of domains at a time, and compares what is said with what is right.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use hickory_proto::rr::RecordType;

use super::proxy::widen;
use super::world::Domain;
use crate::support::answer::Answer;
use crate::support::packet::Query;
use crate::support::question;

/// Questions under way at one time: many, as most of them wait.
const WINDOW: usize = 600;

/// Questions in one go, and the pause behind them: what finds room in a socket's buffer.
const VOLLEY: u16 = 50;
const PAUSE: Duration = Duration::from_millis(4);

/// After so long without an answer the question is sent again: the list answers all it gets, but a datagram may find a
/// buffer full on a busy machine.
const REPEAT: Duration = Duration::from_secs(4);

/// How many times.
const TRIES: usize = 5;

/// How it went.
#[derive(Debug, Default)]
pub(super) struct Tally<'d> {
    pub(super) right: usize,
    pub(super) undecided: Vec<&'d Domain>,
    /// Each with what was said.
    pub(super) wrong: Vec<(&'d Domain, String)>,
}

struct Asked<'d> {
    domain: &'d Domain,
    query: Query,
    sent: Instant,
    tries: usize,
}

/// Asks the list at `server` for each domain once.
pub(super) fn ask<'d>(server: SocketAddr, domains: &[&'d Domain]) -> Tally<'d> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.connect(server).expect("a loopback address");
    socket
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    widen(&socket);
    let send = |query: &Query| socket.send(&query.bytes()).expect("room for a datagram");
    let mut tally = Tally::default();
    let mut left = domains.iter().zip(0_u16..);
    let mut under_way: HashMap<u16, Asked<'d>> = HashMap::new();
    let mut buffer = [0; 4096];
    loop {
        while under_way.len() < WINDOW
            && let Some((domain, id)) = left.next()
        {
            let mut query = question(&domain.name, RecordType::A);
            query.id = id;
            send(&query);
            let asked = Asked {
                domain,
                query,
                sent: Instant::now(),
                tries: 1,
            };
            under_way.insert(id, asked);
            if id % VOLLEY == 0 {
                thread::sleep(PAUSE);
            }
        }
        if under_way.is_empty() {
            return tally;
        }
        let Ok(length) = socket.recv(&mut buffer) else {
            for asked in under_way.values_mut() {
                if asked.sent.elapsed() > REPEAT {
                    assert!(asked.tries < TRIES, "{}: no answer", asked.domain.name);
                    send(&asked.query);
                    asked.sent = Instant::now();
                    asked.tries += 1;
                }
            }
            continue;
        };
        let id = u16::from_be_bytes([buffer[0], buffer[1]]);
        // One that was sent twice may be answered twice.
        if let Some(Asked { domain, query, .. }) = under_way.remove(&id) {
            let answer = Answer::to(&query, buffer[..length].to_vec());
            tally.note(domain, answer.verdict());
        }
    }
}

impl<'d> Tally<'d> {
    fn note(&mut self, domain: &'d Domain, verdict: String) {
        match (verdict.as_str(), domain.is_listed) {
            ("undecided", _) => self.undecided.push(domain),
            ("listed 127.0.0.2", true) | ("not listed", false) => self.right += 1,
            _ => self.wrong.push((domain, verdict)),
        }
    }

    /// No domain got the other verdict. What was injected is said if one did.
    pub(super) fn assert_nothing_false(&self, injected: &str) {
        let some: Vec<_> = self.wrong.iter().take(10).collect();
        assert!(
            some.is_empty(),
            "{injected}: {} false verdicts: {some:#?}",
            self.wrong.len()
        );
    }
}
