//! Somebody on the path between the list and its resolver, who sees every question and puts answers of his own in the
//! place of those that he does not like.

use std::collections::HashSet;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, Query};
use hickory_proto::rr::{Record, RecordType};

use super::address;
use crate::support::packet::name;

/// What to do to the answer to a question.
pub(crate) type Lie = fn(&Query, &mut Message, &Truth);

/// The running liar. He stops when dropped.
pub(crate) struct Liar {
    address: SocketAddr,
    asked: Arc<Mutex<HashSet<Asked>>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A query as it came: one that is repeated has the same id, and the same case in its name.
type Asked = (u16, String);

/// Whom the liar himself asks.
pub(crate) struct Truth(SocketAddr);

impl Liar {
    /// Stands before `resolver`; over UDP only, which is enough for short answers.
    pub(crate) fn start(resolver: SocketAddr, lie: Lie) -> Self {
        let socket = UdpSocket::bind((address::loopback(), 0)).expect("a loopback port");
        let pause = Duration::from_millis(50);
        socket.set_read_timeout(Some(pause)).unwrap();
        let address = socket.local_addr().unwrap();
        let stopping = Arc::new(AtomicBool::new(false));
        let is_stopping = Arc::clone(&stopping);
        let asked = Arc::default();
        let noted: Arc<Mutex<HashSet<Asked>>> = Arc::clone(&asked);
        let thread = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !is_stopping.load(Ordering::Relaxed) {
                if let Ok((length, client)) = socket.recv_from(&mut buffer) {
                    let socket = socket.try_clone().expect("a socket can be cloned");
                    let query = Message::from_vec(&buffer[..length]).expect("the list's query");
                    let question = query.queries[0].to_string();
                    noted.lock().unwrap().insert((query.metadata.id, question));
                    thread::spawn(move || {
                        let answer = lied(&Truth(resolver), &query, lie);
                        drop(socket.send_to(&answer, client));
                    });
                }
            }
        });
        Self {
            address,
            asked,
            stopping,
            thread: Some(thread),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many queries there were, each counted once however often it was repeated.
    pub(crate) fn queries(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn lied(truth: &Truth, query: &Message, lie: Lie) -> Vec<u8> {
    let question = &query.queries[0];
    let mut answer = truth.ask(question);
    // He sees how the question is written.
    answer.queries.clone_from(&query.queries);
    answer.metadata.id = query.metadata.id;
    lie(question, &mut answer, truth);
    answer.to_vec().expect("a message that encodes")
}

impl Truth {
    /// What the resolver answers, with signatures.
    fn ask(&self, question: &Query) -> Message {
        let socket = UdpSocket::bind((address::loopback(), 0)).expect("a loopback port");
        let patience = Duration::from_secs(5);
        socket.set_read_timeout(Some(patience)).unwrap();
        let mut message = Message::query();
        message.add_query(question.clone());
        message.metadata.recursion_desired = true;
        let mut edns = Edns::new();
        edns.set_max_payload(4096);
        edns.set_dnssec_ok(true);
        message.edns = Some(edns);
        let mut buffer = [0; 4096];
        socket.send_to(&message.to_vec().unwrap(), self.0).unwrap();
        let length = socket.recv(&mut buffer).expect("the resolver's answer");
        Message::from_vec(&buffer[..length]).expect("a message")
    }

    /// The records that answer a question, with their signatures.
    pub(crate) fn answers(&self, owner: &str, rtype: RecordType) -> Vec<Record> {
        self.ask(&Query::query(name(owner), rtype)).answers
    }

    /// The records that deny a name, with their signatures.
    pub(crate) fn denial(&self, owner: &str, rtype: RecordType) -> Vec<Record> {
        self.ask(&Query::query(name(owner), rtype)).authorities
    }
}
