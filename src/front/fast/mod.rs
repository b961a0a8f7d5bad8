//! UDP without detours: what can be said at once is said by the thread that read the query, a whole
//! batch of datagrams with two system calls. Every other packet takes the path of `front/dns`.
//!
//! Leaving out this folder, as `--no-fast-path` does, changes what an answer costs, and nothing
//! else.

mod batch;
#[cfg(test)]
mod tests;
mod wire;

use std::net::{IpAddr, UdpSocket};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::sync::Arc;
use std::time::Duration;

use arrayvec::ArrayVec;
use nix::sys::socket::{Shutdown, shutdown};
use tokio::runtime::Handle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::batch::{Batch, Slot};
use super::answer::Answer;
use super::authority::Authority;
use super::datagram;
use super::dns::{Dns, Transport};
use crate::oracle::clock::Moment;
use crate::oracle::lookup::Lookup;

/// How long to wait after receiving failed.
const RECEIVE_PAUSE: Duration = Duration::from_millis(10);

/// One of the sockets that share a port, and what its thread needs.
pub(super) struct Lane<L> {
    pub(super) socket: Arc<UdpSocket>,
    pub(super) dns: Arc<Dns<L>>,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

/// Wakes the threads that wait for datagrams, when it is dropped.
#[derive(Default)]
pub(super) struct Waker {
    watched: Vec<Arc<UdpSocket>>,
}

impl Waker {
    /// Wakes who waits on this socket, too.
    pub(super) fn watch(&mut self, socket: UdpSocket) -> Arc<UdpSocket> {
        let socket = Arc::new(socket);
        self.watched.push(Arc::clone(&socket));
        socket
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        for socket in &self.watched {
            // Linux wakes who receives on a socket that is shut down, and calls it an error that
            // the socket is not connected.
            let _not_connected = shutdown(socket.as_raw_fd(), Shutdown::Read);
        }
    }
}

impl<L: Lookup> Lane<L> {
    /// Answers until `stop`, on a thread of a runtime; what it hands over goes on in `tasks`.
    pub(super) fn serve(&self) {
        let mut batch = Batch::new();
        while !self.stop.is_cancelled() {
            match batch.receive(self.socket.as_fd()) {
                Ok(count) => self.answer(&mut batch, count),
                // A moment without memory, say. The pause keeps a lasting error from eating the CPU.
                Err(error) => {
                    tracing::debug!(%error, "UDP queries could not be received");
                    Handle::current().block_on(sleep(RECEIVE_PAUSE));
                }
            }
        }
    }

    fn answer(&self, batch: &mut Batch, count: usize) {
        let now = self.dns.authority().clock().now();
        if count > 1 {
            self.look_ahead(batch, count);
        }
        for index in 0..count {
            let Some(Slot {
                query,
                client,
                reply,
            }) = batch.slot(index)
            else {
                continue;
            };
            match answer_at_once(self.dns.authority(), query, client.ip(), now, reply) {
                Some(length) => batch.reply(index, length),
                None => self.hand_over(batch, index),
            }
        }
        batch.send(self.socket.as_fd());
    }

    /// Has the memory for all answers fetched at the same time.
    fn look_ahead(&self, batch: &mut Batch, count: usize) {
        let authority = self.dns.authority();
        let look = |index| {
            let query = wire::read(batch.slot(index)?.query)?;
            authority.look_ahead(query.question())
        };
        let ahead: ArrayVec<u64, { batch::SLOTS }> = (0..count).filter_map(look).collect();
        for ahead in ahead {
            authority.look_ahead_further(ahead);
        }
    }

    /// Leaves a query to the path of `front/dns`, if there is a place among those who wait.
    fn hand_over(&self, batch: &mut Batch, index: usize) {
        let Some(admission) = self.dns.authority().admit() else {
            let written = batch.slot(index).and_then(|slot| {
                let response = self.dns.turn_away(slot.query)?;
                let octets = slot.reply.get_mut(..response.len())?;
                octets.copy_from_slice(&response);
                Some(response.len())
            });
            if let Some(length) = written {
                batch.reply(index, length);
            }
            return;
        };
        let Some(ends) = batch.ends(index) else {
            return;
        };
        let Some(Slot { query, .. }) = batch.slot(index) else {
            return;
        };
        let packet = query.to_vec();
        let (socket, dns) = (Arc::clone(&self.socket), Arc::clone(&self.dns));
        self.tasks.spawn(async move {
            let response = dns.respond(packet, ends.client, Transport::Udp, Some(admission));
            if let Some(response) = response.await
                && let Err(error) = datagram::reply(&socket, &response, ends)
            {
                tracing::debug!(client = %ends.client, %error, "a UDP answer could not be sent");
            }
        });
    }
}

/// Writes the answer to a query into `reply`, and says how long it is: if the query is a plain one,
/// its client is allowed, and the answer needs no look-up.
pub fn answer_at_once<L: Lookup>(
    authority: &Authority<L>,
    packet: &[u8],
    client: IpAddr,
    now: Moment,
    reply: &mut [u8],
) -> Option<usize> {
    let query = wire::read(packet)?;
    if !authority.is_allowed(client) {
        return None;
    }
    let say = |answer: &Answer<'_>| query.write(answer, reply);
    authority.answer_at_once(query.question(), now, say)?
}
