//! Binds the listeners, runs them, and stops them with their answers in flight sent.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::RcvBufForce;
use socket2::{Domain, Socket, Type};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dns::Dns;
use super::lane::{Lane, Waker};
use super::seats::Seats;
use super::tcp::Connections;
pub use super::tcp::TcpLimits;
use super::{datagram, tcp};
use crate::oracle::lookup::Lookup;

/// How often port 0 is tried until a port is free for both UDP and TCP.
const PORT_TRIES: usize = 16;

/// TCP connections that wait to be accepted.
const TCP_BACKLOG: i32 = 1024;

/// Octets of queries that wait for us. The system may grant less.
const UDP_QUEUE_OCTETS: usize = 4 << 20;

/// Threads that read UDP queries, for all addresses together: half of those that the runtime keeps for
/// what blocks. A socket whose thread does not get one would leave its clients without an answer.
pub const UDP_THREADS_MAX: usize = 256;

/// How UDP queries are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UdpPath {
    /// In batches, on as many threads, each with a socket of its own; what is remembered is
    /// answered there.
    Fast {
        /// Threads for each address. Each takes some hundred kilobytes; more of them than there are
        /// processors wait for one another.
        threads: usize,
    },
    /// One by one, on one thread for each address.
    Plain,
}

/// An address that could not be bound.
#[derive(Debug, Error)]
#[error("cannot listen on {address} over {transport}: {error}{}", hint(error))]
pub struct BindError {
    address: SocketAddr,
    transport: &'static str,
    error: io::Error,
}

fn hint(error: &io::Error) -> &'static str {
    const HINTS: [(io::ErrorKind, &str); 3] = [
        (
            io::ErrorKind::AddrInUse,
            "; stop what has it, or choose another --listen",
        ),
        (
            io::ErrorKind::PermissionDenied,
            "; ports below 1024 need root or CAP_NET_BIND_SERVICE",
        ),
        (
            io::ErrorKind::AddrNotAvailable,
            "; this machine does not have that address",
        ),
    ];
    HINTS
        .iter()
        .find(|(kind, _)| *kind == error.kind())
        .map_or("", |(_, hint)| hint)
}

/// UDP and TCP on one address and port.
#[derive(Debug)]
pub struct Listener {
    udp: Vec<UdpSocket>,
    tcp: TcpListener,
    path: UdpPath,
    address: SocketAddr,
}

impl UdpPath {
    /// How many sockets each address takes.
    pub fn sockets(self) -> usize {
        match self {
            Self::Fast { threads } => threads,
            Self::Plain => 1,
        }
    }
}

impl BindError {
    /// Whether this machine does not have the address at all.
    pub fn is_absent(&self) -> bool {
        self.error.kind() == io::ErrorKind::AddrNotAvailable
            || self.error.raw_os_error() == Some(nix::libc::EAFNOSUPPORT)
    }
}

impl Listener {
    /// Binds both; port 0 takes a port that is free for both.
    ///
    /// # Errors
    /// [`BindError`] names the address.
    pub fn bind(address: SocketAddr, path: UdpPath) -> Result<Self, BindError> {
        let mut tries = 1;
        loop {
            match Self::bind_once(address, path) {
                Err(error)
                    if address.port() == 0
                        && error.error.kind() == io::ErrorKind::AddrInUse
                        && tries < PORT_TRIES =>
                {
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// TCP comes first: its port is nobody else's, while UDP sockets that share a port would share
    /// it with another daemon's as well.
    fn bind_once(address: SocketAddr, path: UdpPath) -> Result<Self, BindError> {
        let failed = |transport| {
            move |error| BindError {
                address,
                transport,
                error,
            }
        };
        let tcp = tcp_listener(address).map_err(failed("TCP"))?;
        // Port 0 has become a real one.
        let address = tcp.local_addr().map_err(failed("TCP"))?;
        let udp = (0..path.sockets()).map(|_| udp_socket(address, path));
        let udp = udp.collect::<io::Result<_>>().map_err(failed("UDP"))?;
        Ok(Self {
            udp,
            tcp,
            address,
            path,
        })
    }

    /// The address, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn tcp_listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(address, Type::STREAM)?;
    // Connections of the daemon before this one may still be closing.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(TCP_BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn udp_socket(address: SocketAddr, path: UdpPath) -> io::Result<UdpSocket> {
    let socket = socket(address, Type::DGRAM)?;
    // Root may pass the system's limit.
    if setsockopt(&socket, RcvBufForce, &UDP_QUEUE_OCTETS).is_err() {
        socket.set_recv_buffer_size(UDP_QUEUE_OCTETS)?;
    }
    match path {
        UdpPath::Fast { .. } => socket.set_reuse_port(true)?,
        UdpPath::Plain => {}
    }
    datagram::tell_our_address(&socket, address)?;
    datagram::forbid_fragments(&socket, address)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// A socket. An IPv6 one takes IPv6 only, so that `[::]` and `0.0.0.0` go together.
fn socket(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

/// Answers on all listeners until `stop`, then waits for the answers in flight, `drain` at most.
///
/// # Errors
/// If a listener's loop panicked.
pub async fn serve<L: Lookup>(
    listeners: Vec<Listener>,
    dns: Arc<Dns<L>>,
    limits: TcpLimits,
    stop: CancellationToken,
    drain: Duration,
) -> io::Result<()> {
    let tasks = TaskTracker::new();
    let shared = Arc::new(Connections {
        dns: Arc::clone(&dns),
        seats: Seats::new(limits.connections_max),
        idle: limits.idle,
        tasks: tasks.clone(),
        stop: stop.clone(),
    });
    let mut loops = JoinSet::new();
    let mut waker = Waker::new(dns.authority().oracle().courtesy().clone());
    for listener in listeners {
        let (tcp, shared) = (listener.tcp, Arc::clone(&shared));
        loops.spawn(tcp::serve(tcp, shared));
        for socket in listener.udp {
            let (dns, tasks, stop) = (Arc::clone(&dns), tasks.clone(), stop.clone());
            let lane = Lane {
                socket: waker.watch(socket),
                dns,
                tasks,
                stop,
            };
            loops.spawn_blocking(move || match listener.path {
                UdpPath::Plain => lane.run(Lane::serve_one_by_one),
                UdpPath::Fast { .. } => lane.run(Lane::serve_in_batches),
            });
        }
    }
    // However this future ends, the threads end with it.
    let stopping = stop.clone().drop_guard();
    let broken = tokio::select! {
        () = stop.cancelled() => None,
        broken = loops.join_next() => broken,
    };
    drop((stopping, waker));
    if let Some(outcome) = broken {
        outcome.map_err(io::Error::other)?;
    }
    while let Some(outcome) = loops.join_next().await {
        outcome.map_err(io::Error::other)?;
    }
    tasks.close();
    if timeout(drain, tasks.wait()).await.is_err() {
        tracing::warn!("stopped with {} answers unsent", tasks.len());
    }
    Ok(())
}
