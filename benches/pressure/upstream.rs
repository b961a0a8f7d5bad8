//! The name server that the daemon asks: it works every answer out from the name, so that there is no end of names, and
//! their verdicts are known. It fails in chosen ways.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::RcvBufForce;
use parking_lot::Mutex;

use super::super::ground::Outcome;
use super::names::MailDomain;
use super::packet::{Manner, Message, NOERROR, SERVFAIL, framed, take_message};

/// Between two looks at what is wanted now.
const TICK: Duration = Duration::from_millis(20);

/// Queries that wait to be read, in octets: what is dropped is to be dropped on purpose.
const QUEUE_OCTETS: usize = 16 << 20;

/// What [`Fault::Late`] adds.
const LATE: Duration = Duration::from_millis(300);

const QUERY_OCTETS: usize = 4096;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    /// Every second query is not heard.
    Loss,
    /// Every answer takes 300 ms more.
    Late,
    /// Every answer is SERVFAIL.
    Servfail,
    /// Every answer over UDP is truncated, so that all ask over TCP.
    Truncated,
    /// No query is heard.
    Silent,
    /// There is nobody: its ports are closed.
    Closed,
}

impl Fault {
    /// All that are faults.
    pub(crate) const ALL: [Self; 6] = [
        Self::Loss,
        Self::Late,
        Self::Servfail,
        Self::Truncated,
        Self::Silent,
        Self::Closed,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Loss => "half of the queries lost",
            Self::Late => "300 ms late",
            Self::Servfail => "SERVFAIL",
            Self::Truncated => "truncated, so TCP",
            Self::Silent => "silent",
            Self::Closed => "ports closed",
        }
    }
}

/// What its threads share.
struct Shared {
    address: SocketAddr,
    delay: Duration,
    fault: Mutex<Fault>,
    is_over: AtomicBool,
}

/// Answers until it is dropped.
pub(crate) struct Upstream {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// An answer that is to leave later.
struct Later {
    due: Instant,
    octets: Vec<u8>,
    client: SocketAddr,
    socket: Arc<UdpSocket>,
}

impl Upstream {
    /// At an address; every answer takes `delay`.
    pub(crate) fn start(address: SocketAddr, delay: Duration) -> Outcome<Self> {
        let shared = Arc::new(Shared {
            address,
            delay,
            fault: Mutex::new(Fault::Nothing),
            is_over: AtomicBool::default(),
        });
        // Bound before anybody asks.
        let (udp, tcp) = (udp(address)?, tcp(address)?);
        let (later, latecomers) = mpsc::channel();
        let (datagrams, connections) = (Arc::clone(&shared), Arc::clone(&shared));
        Ok(Self {
            shared,
            threads: vec![
                thread::spawn(move || serve_udp(&datagrams, udp, &later)),
                thread::spawn(move || serve_tcp(&connections, tcp)),
                thread::spawn(move || send_later(&latecomers)),
            ],
        })
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.shared.fault.lock() = fault;
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

impl Shared {
    fn fault(&self) -> Fault {
        *self.fault.lock()
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Waits while its ports are to be closed, then opens one of them again.
    fn open<S>(&self, open: fn(SocketAddr) -> io::Result<S>) -> Option<S> {
        while !self.is_over() {
            if self.fault() != Fault::Closed
                && let Ok(socket) = open(self.address)
            {
                return Some(socket);
            }
            thread::sleep(TICK);
        }
        None
    }

    /// The answer to a query, and when it is to leave; `nth` counts the queries.
    fn answer(&self, query: &[u8], nth: u64, is_tcp: bool) -> Option<(Vec<u8>, Duration)> {
        let fault = self.fault();
        let is_heard = match fault {
            Fault::Silent | Fault::Closed => false,
            Fault::Loss => nth.is_multiple_of(2),
            Fault::Nothing | Fault::Late | Fault::Servfail | Fault::Truncated => true,
        };
        let message = Message::read(query).filter(|_| is_heard)?;
        let name = message.name();
        let found = MailDomain::read(&name);
        let manner = Manner {
            code: if fault == Fault::Servfail {
                SERVFAIL
            } else {
                NOERROR
            },
            is_truncated: fault == Fault::Truncated && !is_tcp,
        };
        let records = match found {
            Some((host, domain)) if manner.code == NOERROR && !manner.is_truncated => {
                domain.records(host, message.qtype())
            }
            _ => &[],
        };
        let domain = found.map(|(_, domain)| domain);
        let more = if fault == Fault::Late {
            LATE
        } else {
            Duration::ZERO
        };
        Some((message.respond(manner, records, domain), self.delay + more))
    }
}

fn udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    setsockopt(&socket, RcvBufForce, &QUEUE_OCTETS)?;
    socket.set_read_timeout(Some(TICK))?;
    Ok(socket)
}

fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn serve_udp(shared: &Shared, first: UdpSocket, later: &Sender<Later>) {
    let mut socket = Some(first);
    let mut query = [0; QUERY_OCTETS];
    let mut nth = 0;
    while let Some(open) = socket.take().or_else(|| shared.open(udp)) {
        let open = Arc::new(open);
        while !shared.is_over() && shared.fault() != Fault::Closed {
            // Over time, and then there may be something else to do.
            let Ok((length, client)) = open.recv_from(&mut query) else {
                continue;
            };
            nth += 1;
            let query = query.get(..length).unwrap_or_default();
            let Some((octets, delay)) = shared.answer(query, nth, false) else {
                continue;
            };
            if delay.is_zero() {
                // What gets lost is asked for again.
                drop(open.send_to(&octets, client));
                continue;
            }
            let due = Instant::now() + delay;
            let socket = Arc::clone(&open);
            drop(later.send(Later {
                due,
                octets,
                client,
                socket,
            }));
        }
    }
}

/// Sends each answer when it is due. They come in that order, but for a moment when the delay changes.
fn send_later(latecomers: &Receiver<Later>) {
    for later in latecomers {
        thread::sleep(later.due.saturating_duration_since(Instant::now()));
        drop(later.socket.send_to(&later.octets, later.client));
    }
}

fn serve_tcp(shared: &Arc<Shared>, first: TcpListener) {
    let mut listener = Some(first);
    while let Some(open) = listener.take().or_else(|| shared.open(tcp)) {
        while !shared.is_over() && shared.fault() != Fault::Closed {
            match open.accept() {
                Ok((stream, _client)) => {
                    let shared = Arc::clone(shared);
                    // It ends with the connection, or with everything.
                    thread::spawn(move || drop(converse(&shared, stream)));
                }
                Err(_nobody) => thread::sleep(TICK),
            }
        }
    }
}

/// Answers on a connection, one query after the other.
fn converse(shared: &Shared, mut stream: TcpStream) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(TICK))?;
    stream.set_nodelay(true)?;
    let (mut waiting, mut nth) = (Vec::new(), 0);
    let mut part = [0; QUERY_OCTETS];
    while !shared.is_over() && shared.fault() != Fault::Closed {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(length) => waiting.extend(part.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        while let Some(query) = take_message(&mut waiting) {
            nth += 1;
            if let Some((octets, delay)) = shared.answer(&query, nth, true) {
                thread::sleep(delay);
                stream.write_all(&framed(&octets))?;
            }
        }
    }
    Ok(())
}
