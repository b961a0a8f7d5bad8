//! A socket for UDP with the thread that reads it, and what that thread needs.
//!
//! It is a thread of the system and no task: tasks wait behind all the looking up that is under way, and what
//! is remembered must not.

use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use nix::sys::socket::{MsgFlags, Shutdown, shutdown};
use tokio::runtime::Handle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::datagram::{self, Ends};
use super::dns::Dns;
use crate::oracle::courtesy::Courtesy;
use crate::oracle::lookup::Lookup;

/// How long to wait after receiving failed.
const RECEIVE_PAUSE: Duration = Duration::from_millis(10);

/// How often an answer is tried to be sent where there is no room for it, and how long to wait in between.
const SENDS_TRIED: usize = 100;
const SEND_PAUSE: Duration = Duration::from_millis(1);

/// The socket, and what its thread needs.
pub(super) struct Lane<L> {
    pub(super) socket: Arc<UdpSocket>,
    pub(super) dns: Arc<Dns<L>>,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

/// Wakes the threads that wait for datagrams, when it is dropped; until then, who looks up gives way to them.
pub(super) struct Waker {
    watched: Vec<Arc<UdpSocket>>,
    courtesy: Courtesy,
}

impl Waker {
    pub(super) fn new(courtesy: Courtesy) -> Self {
        Self {
            watched: Vec::new(),
            courtesy,
        }
    }

    /// Wakes who waits on this socket, too.
    pub(super) fn watch(&mut self, socket: UdpSocket) -> Arc<UdpSocket> {
        let socket = Arc::new(socket);
        self.courtesy.know(Arc::clone(&socket));
        self.watched.push(Arc::clone(&socket));
        socket
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        self.courtesy.forget();
        for socket in &self.watched {
            // Linux wakes who receives on a socket that is shut down, and calls it an error that
            // the socket is not connected.
            let _not_connected = shutdown(socket.as_raw_fd(), Shutdown::Read);
        }
    }
}

impl<L: Lookup> Lane<L> {
    /// Sends an answer when it is there.
    pub(super) fn send_later(&self, answer: BoxFuture<'static, Option<Vec<u8>>>, ends: Ends) {
        let socket = Arc::clone(&self.socket);
        let sending = async move {
            let Some(response) = answer.await else { return };
            let send = || datagram::reply(&socket, &response, ends, MsgFlags::MSG_DONTWAIT);
            for _ in 0..SENDS_TRIED {
                match send() {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(SEND_PAUSE).await,
                    outcome => return report(outcome, ends),
                }
            }
            report(send(), ends);
        };
        let courtesy = self.dns.authority().oracle().courtesy();
        self.tasks.spawn(courtesy.of(sending));
    }

    /// Sends an answer, and waits until there is room for it.
    pub(super) fn send(&self, response: &[u8], ends: Ends) {
        let outcome = datagram::reply(&self.socket, response, ends, MsgFlags::empty());
        report(outcome, ends);
    }

    /// Waits after receiving failed, for a moment without memory, say: a lasting error must not eat the CPU.
    pub(super) fn pause(&self, error: &io::Error) {
        if !self.stop.is_cancelled() {
            tracing::debug!(%error, "UDP queries could not be received");
            Handle::current().block_on(sleep(RECEIVE_PAUSE));
        }
    }
}

fn report(sent: io::Result<usize>, ends: Ends) {
    if let Err(error) = sent {
        tracing::debug!(client = %ends.client, %error, "a UDP answer could not be sent");
    }
}
