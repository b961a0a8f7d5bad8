//! Queries over UDP.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dns::{Dns, Transport};
use crate::oracle::lookup::Lookup;

/// The longest datagram: what is cut would be answered as if its sender had made a mistake.
const QUERY_OCTETS_MAX: usize = 65_535;

/// How long to wait after receiving failed.
const RECEIVE_PAUSE: Duration = Duration::from_millis(10);

/// Receives until `stop`; the answers in flight go on in `tasks`.
pub(super) async fn serve<L: Lookup>(
    socket: Arc<UdpSocket>,
    dns: Arc<Dns<L>>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    let mut buffer = vec![0; QUERY_OCTETS_MAX];
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            () = stop.cancelled() => return,
        };
        let (length, client) = match received {
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
            if let Some(response) = dns.respond(packet, client, Transport::Udp, None).await
                && let Err(error) = socket.send_to(&response, client).await
            {
                tracing::debug!(%client, %error, "a UDP answer could not be sent");
            }
        });
    }
}
