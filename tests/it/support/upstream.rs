//! A scripted upstream resolver on a loopback port, UDP and TCP, that counts what it is asked.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hickory_proto::op::Message;
use hickory_proto::rr::{Name, RecordType};

use super::packet::name;
use super::reply::{Reply, reply};
use super::world::World;

/// Longer than any question takes to arrive; a test that gets here has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// The running upstream. It stops when dropped, and its port is closed then.
pub(crate) struct Upstream {
    address: SocketAddr,
    service: Arc<Service>,
    threads: Vec<JoinHandle<()>>,
}

/// One question that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) name: Name,
    /// The name in the case that it was asked in.
    pub(crate) written: String,
    pub(crate) record_type: RecordType,
    pub(crate) over_tcp: bool,
    pub(crate) at: Instant,
}

/// What the threads of one upstream have in common.
struct Service {
    world: RwLock<World>,
    asked: Mutex<Vec<Asked>>,
    arrived: Condvar,
    gate: Mutex<Gate>,
    connections: Mutex<Vec<TcpStream>>,
}

/// What `!held` waits for.
#[derive(Default)]
struct Gate {
    open: bool,
    closing: bool,
    waiting: Vec<Box<dyn FnOnce() + Send>>,
}

impl Upstream {
    /// Starts an upstream that knows this world.
    pub(crate) fn new(script: &str) -> Self {
        let (udp, tcp) = bind();
        let address = udp.local_addr().expect("a bound socket has an address");
        let service = Arc::new(Service {
            world: RwLock::new(World::read(script)),
            asked: Mutex::default(),
            arrived: Condvar::new(),
            gate: Mutex::default(),
            connections: Mutex::default(),
        });
        let threads = vec![
            thread::spawn({
                let service = Arc::clone(&service);
                move || service.serve_udp(&Arc::new(udp))
            }),
            thread::spawn({
                let service = Arc::clone(&service);
                move || service.serve_tcp(&tcp)
            }),
        ];
        Self {
            address,
            service,
            threads,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the world is this one.
    pub(crate) fn now_says(&self, script: &str) {
        *self.service.world.write().unwrap() = World::read(script);
    }

    /// Sends the answers that were held, and holds none from now on.
    pub(crate) fn release(&self) {
        let mut gate = self.service.gate.lock().unwrap();
        gate.open = true;
        for send in gate.waiting.drain(..) {
            send();
        }
    }

    /// How often this name was asked for with this type, over either transport.
    pub(crate) fn questions(&self, owner: &str, wanted: RecordType) -> usize {
        let owner = name(owner);
        let asked = self.service.asked.lock().unwrap();
        count(&asked, &owner, wanted)
    }

    /// How many questions there were in all.
    pub(crate) fn questions_in_all(&self) -> usize {
        self.service.asked.lock().unwrap().len()
    }

    /// Every question so far, in the order of arrival.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.service.asked.lock().unwrap().clone()
    }

    /// How many questions came over TCP.
    pub(crate) fn questions_over_tcp(&self) -> usize {
        let asked = self.service.asked.lock().unwrap();
        asked.iter().filter(|asked| asked.over_tcp).count()
    }

    /// Waits until this name was asked for with this type at least so often.
    pub(crate) fn wait_for_questions(&self, owner: &str, wanted: RecordType, times: usize) {
        let owner = name(owner);
        let asked = self.service.asked.lock().unwrap();
        let (asked, timeout) = self
            .service
            .arrived
            .wait_timeout_while(asked, PATIENCE, |asked| {
                count(asked, &owner, wanted) < times
            })
            .unwrap();
        assert!(
            !timeout.timed_out(),
            "{owner} {wanted} was not asked {times} times: {asked:#?}"
        );
    }

    /// Waits until so many names were asked for with this type: thousands of them take a while.
    pub(crate) fn wait_for_names(&self, wanted: RecordType, names: usize) {
        let asked = self.service.asked.lock().unwrap();
        // What was looked at is not looked at again, or the threads would do nothing else.
        let (mut seen, mut looked_at) = (HashSet::new(), 0);
        let too_few = |asked: &mut Vec<Asked>| {
            let new = asked[looked_at..].iter();
            let new = new.filter(|asked| asked.record_type == wanted);
            seen.extend(new.map(|asked| asked.name.clone()));
            looked_at = asked.len();
            seen.len() < names
        };
        let (_asked, timeout) = self
            .service
            .arrived
            .wait_timeout_while(asked, 6 * PATIENCE, too_few)
            .unwrap();
        assert!(!timeout.timed_out(), "{wanted} of {} names", seen.len());
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        {
            let mut gate = self.service.gate.lock().unwrap();
            gate.closing = true;
            gate.waiting.clear();
        }
        // Both threads block in their socket: one more arrival makes them look at the gate.
        if let Ok(knock) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) {
            drop(knock.send_to(&[], self.address));
        }
        drop(TcpStream::connect(self.address));
        for connection in self.service.connections.lock().unwrap().drain(..) {
            drop(connection.shutdown(std::net::Shutdown::Both));
        }
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

impl Service {
    fn serve_udp(self: &Arc<Self>, socket: &Arc<UdpSocket>) {
        let mut buffer = vec![0; 65_535];
        while let Ok((len, client)) = socket.recv_from(&mut buffer) {
            if self.closing() {
                return;
            }
            let reply = self.take(&buffer[..len], false);
            let socket = Arc::clone(socket);
            self.send(reply, move |message| {
                drop(socket.send_to(message, client));
            });
        }
    }

    fn serve_tcp(self: &Arc<Self>, listener: &TcpListener) {
        while let Ok((stream, _)) = listener.accept() {
            if self.closing() {
                return;
            }
            let handle = stream.try_clone().expect("a stream can be cloned");
            self.connections.lock().unwrap().push(handle);
            let service = Arc::clone(self);
            thread::spawn(move || service.serve_connection(stream));
        }
    }

    fn serve_connection(self: &Arc<Self>, mut stream: TcpStream) {
        let mut len = [0; 2];
        while stream.read_exact(&mut len).is_ok() {
            let mut message = vec![0; usize::from(u16::from_be_bytes(len))];
            if stream.read_exact(&mut message).is_err() {
                return;
            }
            let reply = self.take(&message, true);
            let Ok(mut writer) = stream.try_clone() else {
                return;
            };
            self.send(reply, move |message| {
                let len = u16::try_from(message.len()).expect("a message fits TCP");
                drop(writer.write_all(&[&len.to_be_bytes(), message].concat()));
            });
        }
    }

    /// Notes the question and makes the reply.
    fn take(&self, bytes: &[u8], over_tcp: bool) -> Reply {
        let Ok(message) = Message::from_vec(bytes) else {
            return Reply::default();
        };
        let world = self.world.read().unwrap();
        let reply = reply(&world, &message, over_tcp);
        let mut asked = self.asked.lock().unwrap();
        asked.extend(message.queries.iter().map(|query| Asked {
            name: query.name().to_lowercase(),
            written: query.name().to_ascii(),
            record_type: query.query_type(),
            over_tcp,
            at: Instant::now(),
        }));
        self.arrived.notify_all();
        reply
    }

    /// Sends at once, after the scripted delay, or when the gate opens.
    fn send(&self, reply: Reply, mut send: impl FnMut(&[u8]) + Send + 'static) {
        let mut send_all = move || {
            for message in &reply.messages {
                send(message);
            }
        };
        if !reply.delay.is_zero() {
            thread::spawn(move || {
                thread::sleep(reply.delay);
                send_all();
            });
            return;
        }
        let mut gate = self.gate.lock().unwrap();
        if reply.held && !gate.open {
            gate.waiting.push(Box::new(send_all));
        } else {
            drop(gate);
            send_all();
        }
    }

    fn closing(&self) -> bool {
        self.gate.lock().unwrap().closing
    }
}

fn count(asked: &[Asked], owner: &Name, wanted: RecordType) -> usize {
    let matching = asked
        .iter()
        .filter(|asked| asked.name == *owner && asked.record_type == wanted);
    matching.count()
}

/// A UDP and a TCP socket with the same port number, whichever is free.
fn bind() -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port");
        let address = udp.local_addr().expect("a bound socket has an address");
        if let Ok(tcp) = TcpListener::bind(address) {
            return (udp, tcp);
        }
    }
    panic!("no port is free for both UDP and TCP");
}
