//! Queries over UDP, each in a task of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::datagram;
use super::dns::{Dns, Transport};
use crate::oracle::lookup::Lookup;

/// The longest datagram: what is cut would be answered as if its sender had made a mistake.
const QUERY_OCTETS_MAX: usize = 65_535;

/// How long to wait after receiving failed.
const RECEIVE_PAUSE: Duration = Duration::from_millis(10);

/// Receives until `stop`; the answers in flight go on in `tasks`.
///
/// # Errors
/// If the runtime does not take the socket.
pub(super) async fn serve<L: Lookup>(
    socket: std::net::UdpSocket,
    dns: Arc<Dns<L>>,
    tasks: TaskTracker,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let socket = Arc::new(UdpSocket::from_std(socket)?);
    let mut buffer = vec![0; QUERY_OCTETS_MAX];
    loop {
        let receive = || datagram::receive(&*socket, &mut buffer);
        let received = tokio::select! {
            received = socket.async_io(Interest::READABLE, receive) => received,
            () = stop.cancelled() => return Ok(()),
        };
        let (length, ends) = match received {
            Ok(received) => received,
            // A moment without memory, say. The pause keeps a lasting error from eating the CPU.
            Err(error) => {
                tracing::debug!(%error, "a UDP query could not be received");
                sleep(RECEIVE_PAUSE).await;
                continue;
            }
        };
        let packet = buffer.get(..length).unwrap_or_default().to_vec();
        let (socket, dns) = (Arc::clone(&socket), Arc::clone(&dns));
        tasks.spawn(async move {
            let response = dns.respond(packet, ends.client, Transport::Udp);
            let Some(response) = response.await else {
                return;
            };
            let reply = || datagram::reply(&*socket, &response, ends);
            if let Err(error) = socket.async_io(Interest::WRITABLE, reply).await {
                tracing::debug!(client = %ends.client, %error, "a UDP answer could not be sent");
            }
        });
    }
}
