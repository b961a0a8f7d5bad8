//! Stands between the daemon and its upstream, over UDP and TCP, and does what mischief it is told.
//!
//! Over UDP all questions go on from one port, each under an id of the proxy's; the questions themselves are handed on
//! as they are.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::RcvBufForce;

use super::delivery::{Delivery, Letter, Postbag};
use super::fault::{Fault, Mischief, Parcel, Way};
use crate::daemons::address;

/// How often the threads look whether the port is to be closed.
const GLANCE: Duration = Duration::from_millis(20);

/// A proxy. Its port is closed when it is dropped.
pub(super) struct Proxy {
    address: SocketAddr,
    upstream: SocketAddr,
    mischief: Arc<Mutex<Mischief>>,
    open: Option<Open>,
}

/// What there is while the port is open.
struct Open {
    closing: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
}

/// Who asked, and under which id, by the id that the question went on with.
type Askers = Arc<Mutex<Vec<Option<(SocketAddr, [u8; 2])>>>>;

impl Proxy {
    /// In front of `upstream`, on an address of its own, and honest at first.
    pub(super) fn new(upstream: SocketAddr, seed: u64) -> Self {
        let mut proxy = Self {
            address: (address::loopback(), 53).into(),
            upstream,
            mischief: Arc::new(Mutex::new(Mischief::new(seed))),
            open: None,
        };
        proxy.open();
        proxy
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on these faults happen, with these probabilities.
    pub(super) fn inflict(&self, mix: &[(Fault, f64)]) {
        self.mischief.lock().unwrap().set(mix);
    }

    /// How many faults there were since then.
    pub(super) fn inflicted(&self) -> usize {
        self.mischief.lock().unwrap().inflicted()
    }

    /// Listens.
    pub(super) fn open(&mut self) {
        self.close();
        let udp = Arc::new(UdpSocket::bind(self.address).expect("the proxy's own address"));
        let tcp = TcpListener::bind(self.address).expect("the proxy's own address");
        tcp.set_nonblocking(true).unwrap();
        let onward = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        onward.connect(self.upstream).expect("a loopback address");
        let onward = Arc::new(onward);
        for socket in [&udp, &onward] {
            socket.set_read_timeout(Some(GLANCE)).unwrap();
            widen(socket);
        }
        let closing = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(Mutex::new(Vec::new()));
        let askers: Askers = Arc::new(Mutex::new(vec![None; 1 << 16]));
        let (delivery, postbag) = Delivery::new(Arc::clone(&udp));
        let mut threads = Vec::new();
        threads.push(thread::spawn(move || delivery.run()));
        threads.push(thread::spawn({
            let (closing, onward, askers) = (
                Arc::clone(&closing),
                Arc::clone(&onward),
                Arc::clone(&askers),
            );
            move || hand_on(&udp, &onward, &askers, &closing)
        }));
        threads.push(thread::spawn({
            let (closing, mischief) = (Arc::clone(&closing), Arc::clone(&self.mischief));
            move || hand_back(&onward, &askers, &mischief, &postbag, &closing)
        }));
        threads.push(thread::spawn({
            let (closing, mischief) = (Arc::clone(&closing), Arc::clone(&self.mischief));
            let (upstream, connections) = (self.upstream, Arc::clone(&connections));
            move || accept(&tcp, upstream, &mischief, &connections, &closing)
        }));
        self.open = Some(Open {
            closing,
            threads,
            connections,
        });
    }

    /// Closes the port, and all connections: who asks hears at once that nobody is there.
    pub(super) fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        open.closing.store(true, Ordering::Relaxed);
        for connection in open.connections.lock().unwrap().drain(..) {
            drop(connection.shutdown(Shutdown::Both));
        }
        for thread in open.threads {
            thread.join().expect("a thread of the proxy's");
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.close();
    }
}

/// Gives a socket room for thousands of datagrams, more than the system gives without being forced.
pub(super) fn widen(socket: &UdpSocket) {
    setsockopt(socket, RcvBufForce, &(1 << 23)).expect("the right: run the tests as root");
}

/// The next datagram, or none if the port is to be closed.
fn receive(
    socket: &UdpSocket,
    buffer: &mut [u8],
    closing: &AtomicBool,
) -> Option<(usize, SocketAddr)> {
    while !closing.load(Ordering::Relaxed) {
        // No datagram yet, or the news that an earlier one has not arrived.
        if let Ok(received) = socket.recv_from(buffer) {
            return Some(received);
        }
    }
    None
}

/// Questions on their way to the upstream.
fn hand_on(udp: &UdpSocket, onward: &UdpSocket, askers: &Askers, closing: &AtomicBool) {
    let mut buffer = [0; 4096];
    let mut id = 0_u16;
    while let Some((length, client)) = receive(udp, &mut buffer, closing) {
        let question = &mut buffer[..length];
        id = id.wrapping_add(1);
        askers.lock().unwrap()[usize::from(id)] = Some((client, [question[0], question[1]]));
        question[..2].copy_from_slice(&id.to_be_bytes());
        // An upstream that is gone loses it.
        drop(onward.send(question));
    }
}

/// Answers on their way back.
fn hand_back(
    onward: &UdpSocket,
    askers: &Askers,
    mischief: &Mutex<Mischief>,
    postbag: &Postbag,
    closing: &AtomicBool,
) {
    let mut buffer = [0; 4096];
    while let Some((length, _)) = receive(onward, &mut buffer, closing) {
        let answer = &mut buffer[..length];
        let id = usize::from(u16::from_be_bytes([answer[0], answer[1]]));
        let Some((client, id)) = askers.lock().unwrap()[id].take() else {
            continue;
        };
        answer[..2].copy_from_slice(&id);
        for parcel in mischief.lock().unwrap().meddle(answer, Way::Datagram) {
            drop(postbag.send(Letter::new(client, parcel)));
        }
    }
}

fn accept(
    listener: &TcpListener,
    upstream: SocketAddr,
    mischief: &Arc<Mutex<Mischief>>,
    connections: &Mutex<Vec<TcpStream>>,
    closing: &AtomicBool,
) {
    while !closing.load(Ordering::Relaxed) {
        let Ok((client, _)) = listener.accept() else {
            thread::sleep(GLANCE);
            continue;
        };
        client.set_nonblocking(false).unwrap();
        let Ok(server) = TcpStream::connect(upstream) else {
            continue;
        };
        let clone = |stream: &TcpStream| stream.try_clone().expect("an open stream");
        connections
            .lock()
            .unwrap()
            .extend([clone(&client), clone(&server)]);
        let (mut from, mut to) = (clone(&client), clone(&server));
        thread::spawn(move || {
            drop(io::copy(&mut from, &mut to));
            drop(to.shutdown(Shutdown::Both));
        });
        let mischief = Arc::clone(mischief);
        thread::spawn(move || {
            relay(&server, &client, &mischief);
            drop(client.shutdown(Shutdown::Both));
            drop(server.shutdown(Shutdown::Both));
        });
    }
}

/// Answers on their way back over one connection, which keeps their order and has no datagrams to damage.
fn relay(mut server: &TcpStream, mut client: &TcpStream, mischief: &Mutex<Mischief>) {
    let mut length = [0; 2];
    while server.read_exact(&mut length).is_ok() {
        let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
        if server.read_exact(&mut answer).is_err() {
            return;
        }
        let parcels = mischief.lock().unwrap().meddle(&answer, Way::Connection);
        for Parcel { message, .. } in parcels {
            let length = u16::try_from(message.len()).expect("an answer fits");
            let framed = [&length.to_be_bytes(), message.as_slice()].concat();
            if client.write_all(&framed).is_err() {
                return;
            }
        }
    }
}
