//! Queries over TCP (RFC 7766): many on one connection, answered as their answers are ready.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dns::{Dns, Transport};
use super::seats::Seats;
use crate::oracle::lookup::Lookup;

/// Queries of one connection that wait for their answers; past it no more are read.
const PIPELINE_MAX: usize = 64;

/// How long to wait after `accept` failed, usually for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What TCP clients may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpLimits {
    /// Open connections; each costs a file descriptor and some kilobytes. One client's network may have
    /// half of them.
    pub connections_max: usize,
    /// How long a connection may stay without a whole query, and how long an answer may take to
    /// be read.
    pub idle: Duration,
}

/// What all connections of all listeners share.
pub(super) struct Connections<L> {
    pub(super) dns: Arc<Dns<L>>,
    pub(super) seats: Arc<Seats>,
    pub(super) idle: Duration,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

/// Accepts until `stop`; the answers in flight go on in the tasks.
pub(super) async fn serve<L: Lookup>(listener: TcpListener, shared: Arc<Connections<L>>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stop.cancelled() => return,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a TCP connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Closing at once tells the client to come back; keeping it waiting would not.
        let authority = shared.dns.authority();
        let is_allowed = authority.is_allowed(client.ip());
        let Some(seat) = shared.seats.take(client.ip(), is_allowed) else {
            authority.stats().tcp_full.count();
            continue;
        };
        let connection = Arc::clone(&shared);
        let conversation = async move {
            if let Err(error) = converse(stream, client, &connection).await {
                tracing::debug!(%client, %error, "a TCP connection broke off");
            }
            drop(seat);
        };
        // A client that asks for new names over TCP takes as much of the processor as a flood does.
        let courtesy = authority.oracle().courtesy();
        shared.tasks.spawn(courtesy.of(conversation));
    }
}

/// Reads queries and writes answers until the client closes, is idle too long, or we stop.
async fn converse<L: Lookup>(
    mut stream: TcpStream,
    client: SocketAddr,
    shared: &Connections<L>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (read_half, mut write_half) = stream.split();
    let codec = LengthDelimitedCodec::builder()
        .length_field_type::<u16>()
        .new_codec();
    let mut queries = FramedRead::new(read_half, codec);
    let mut answers = FuturesUnordered::new();
    let mut is_reading = true;
    while is_reading || !answers.is_empty() {
        tokio::select! {
            query = queries.next(), if is_reading && answers.len() < PIPELINE_MAX => match query {
                Some(query) => {
                    let query = query?.to_vec();
                    answers.push(shared.dns.respond(query, client, Transport::Tcp));
                }
                None => is_reading = false,
            },
            Some(answer) = answers.next() => {
                if let Some(answer) = answer {
                    timeout(shared.idle, write_half.write_all(&framed(&answer)?)).await??;
                }
            },
            () = sleep(shared.idle), if answers.is_empty() => return Ok(()),
            () = shared.stop.cancelled(), if is_reading => is_reading = false,
        }
    }
    Ok(())
}

/// The message behind its length (RFC 1035, section 4.2.2).
fn framed(message: &[u8]) -> io::Result<Vec<u8>> {
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes(), message].concat())
}
