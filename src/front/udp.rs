//! Queries over UDP.

use std::io;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dns::{Dns, Transport};
use crate::oracle::lookup::Lookup;

/// The longest query that we take: one with every EDNS option there is stays far below.
const QUERY_OCTETS_MAX: usize = 4096;

/// Receives until `stop`; the answers in flight go on in `tasks`.
///
/// # Errors
/// If the socket fails for good.
pub(super) async fn serve<L: Lookup>(
    socket: Arc<UdpSocket>,
    dns: Arc<Dns<L>>,
    tasks: TaskTracker,
    stop: CancellationToken,
) -> io::Result<()> {
    let mut buffer = vec![0; QUERY_OCTETS_MAX];
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            () = stop.cancelled() => return Ok(()),
        };
        let (length, client) = match received {
            Ok(received) => received,
            // An ICMP message about an earlier answer, or a moment without buffers.
            Err(error) => {
                tracing::debug!(%error, "a UDP query could not be received");
                continue;
            }
        };
        let packet = buffer.get(..length).unwrap_or_default().to_vec();
        let (socket, dns) = (Arc::clone(&socket), Arc::clone(&dns));
        tasks.spawn(async move {
            if let Some(response) = dns.respond(packet, client, Transport::Udp).await
                && let Err(error) = socket.send_to(&response, client).await
            {
                tracing::debug!(%client, %error, "a UDP answer could not be sent");
            }
        });
    }
}
