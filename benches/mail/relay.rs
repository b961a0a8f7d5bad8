//! Puts a name server far away: hands queries on, and gives the answers back some time later.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

use super::ground::Outcome;

/// Longer than the name server takes.
const PATIENCE: Duration = Duration::from_secs(2);

/// The largest message.
const OCTETS: usize = 4096;

/// Relays until it is dropped.
pub(crate) struct Relay {
    _runtime: Runtime,
}

impl Relay {
    /// From `near` to `far`, which takes `delay` from there.
    pub(crate) fn start(near: SocketAddr, far: SocketAddr, delay: Duration) -> Outcome<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let socket = Arc::new(runtime.block_on(UdpSocket::bind(near))?);
        runtime.spawn(async move {
            let mut packet = vec![0; OCTETS];
            while let Ok((size, client)) = socket.recv_from(&mut packet).await {
                let query = packet.get(..size).unwrap_or_default().to_vec();
                let socket = Arc::clone(&socket);
                tokio::spawn(async move {
                    // What gets lost is asked for again.
                    if let Ok(answer) = hand_on(&query, far, delay).await {
                        drop(socket.send_to(&answer, client).await);
                    }
                });
            }
        });
        Ok(Self { _runtime: runtime })
    }
}

async fn hand_on(query: &[u8], far: SocketAddr, delay: Duration) -> io::Result<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(far).await?;
    sleep(delay).await;
    socket.send(query).await?;
    let mut answer = vec![0; OCTETS];
    let size = timeout(PATIENCE, socket.recv(&mut answer)).await??;
    answer.truncate(size);
    Ok(answer)
}
