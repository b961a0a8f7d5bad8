//! Binds the listeners, runs them, and stops them with their answers in flight sent.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use thiserror::Error;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dns::Dns;
use super::tcp::Connections;
pub use super::tcp::TcpLimits;
use super::{tcp, udp};
use crate::oracle::lookup::Lookup;

/// How often port 0 is tried until a port is free for both UDP and TCP.
const PORT_TRIES: usize = 16;

/// TCP connections that wait to be accepted.
const TCP_BACKLOG: i32 = 1024;

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
    udp: UdpSocket,
    tcp: TcpListener,
    address: SocketAddr,
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
    pub fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let mut tries = 1;
        loop {
            match Self::bind_once(address) {
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

    fn bind_once(address: SocketAddr) -> Result<Self, BindError> {
        let failed = |transport| {
            move |error| BindError {
                address,
                transport,
                error,
            }
        };
        let udp = socket(address, Type::DGRAM).map_err(failed("UDP"))?;
        let udp = UdpSocket::from_std(udp.into()).map_err(failed("UDP"))?;
        // Port 0 has become a real one.
        let address = udp.local_addr().map_err(failed("UDP"))?;
        let tcp = socket(address, Type::STREAM).map_err(failed("TCP"))?;
        tcp.listen(TCP_BACKLOG).map_err(failed("TCP"))?;
        let tcp = TcpListener::from_std(tcp.into()).map_err(failed("TCP"))?;
        Ok(Self { udp, tcp, address })
    }

    /// The address, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A bound socket. An IPv6 one takes IPv6 only, so that `[::]` and `0.0.0.0` go together.
fn socket(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    if kind == Type::STREAM {
        // Connections of the daemon before this one may still be closing.
        socket.set_reuse_address(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
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
        free: Arc::new(Semaphore::new(
            limits.connections_max.min(Semaphore::MAX_PERMITS),
        )),
        idle: limits.idle,
        tasks: tasks.clone(),
        stop: stop.clone(),
    });
    let mut loops = JoinSet::new();
    for Listener { udp, tcp, .. } in listeners {
        loops.spawn(udp::serve(
            Arc::new(udp),
            Arc::clone(&dns),
            tasks.clone(),
            stop.clone(),
        ));
        loops.spawn(tcp::serve(tcp, Arc::clone(&shared)));
    }
    while let Some(ended) = loops.join_next().await {
        ended.map_err(io::Error::other)?;
    }
    tasks.close();
    if timeout(drain, tasks.wait()).await.is_err() {
        tracing::warn!("stopped with {} answers unsent", tasks.len());
    }
    Ok(())
}
