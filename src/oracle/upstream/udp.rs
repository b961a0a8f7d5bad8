//! One question over UDP, with what keeps forged answers out: a port and an id that nobody can
//! foresee, for each question anew (RFC 5452), and the case of its letters (`case`).
//!
//! Two evaluations that ask the same question at one time ask it each for itself: so a forged answer
//! that gets through spoils one of them and not both.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_net::NetError;
use hickory_proto::op::{DnsResponse, Message, Query};
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::stats::UpstreamStats;

/// How long a datagram is waited for before it is sent again; then twice as long, and so on.
pub(super) const REPEAT: Duration = Duration::from_millis(400);

/// The largest answer: more than we say that we take.
const ANSWER_OCTETS_MAX: usize = 4096;

/// Random ports that are tried before the system is asked for one.
const PORTS_TRIED: usize = 10;

/// What came for a question.
pub(super) enum Heard {
    /// Its answer.
    Answer(DnsResponse),
    /// Something that may be its answer or forged: only TCP can tell.
    Doubt,
}

/// Asks `server`, and waits for its answer no longer than `patience`. With `keeps_case`, the answer
/// must have the question octet for octet.
pub(super) async fn ask(
    server: SocketAddr,
    query: &Message,
    keeps_case: bool,
    patience: Duration,
    stats: &UpstreamStats,
) -> Result<Heard, NetError> {
    let octets = query.to_vec()?;
    let socket = UdpSocket::from_std(open(server)?.into())?;
    let deadline = Instant::now() + patience;
    let mut pause = REPEAT;
    loop {
        // There is room for one datagram: to wait until the runtime has found that out is dear.
        SockRef::from(&socket).send(&octets)?;
        let until = deadline.min(Instant::now() + pause);
        match timeout_at(until, receive(&socket, query, keeps_case, stats)).await {
            Ok(heard) => return heard,
            Err(_elapsed) if until == deadline => return Err(NetError::Timeout),
            Err(_elapsed) => pause *= 2,
        }
    }
}

/// The first datagram that may be the answer. Those that cannot be are forged: nobody else has had
/// this port since the last question on it was answered.
async fn receive(
    socket: &UdpSocket,
    query: &Message,
    keeps_case: bool,
    stats: &UpstreamStats,
) -> Result<Heard, NetError> {
    loop {
        socket.readable().await?;
        let datagram = match take(socket) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            outcome => outcome?,
        };
        if datagram.starts_with(&query.metadata.id.to_be_bytes()) {
            match read(&datagram) {
                None => return Ok(Heard::Doubt),
                Some(answer) if is_to(query, &answer) => {
                    return Ok(if keeps_case && !has_case_of(query, &answer.queries) {
                        Heard::Doubt
                    } else {
                        Heard::Answer(answer)
                    });
                }
                Some(_other) => {}
            }
        }
        stats.forged.count();
    }
}

/// Reads a response from end to end. Octets behind its last record are records that it does not count:
/// without them it would say that there are none.
pub(super) fn read(datagram: &[u8]) -> Option<DnsResponse> {
    let mut decoder = BinDecoder::new(datagram);
    let message = Message::read(&mut decoder).ok()?;
    let is_whole = decoder.is_empty();
    let response = DnsResponse::from_message(message).ok();
    response.filter(|_| is_whole)
}

/// Whether it answers this very question, case left aside (RFC 5452, section 9.1).
pub(super) fn is_to(query: &Message, answer: &Message) -> bool {
    answer.metadata.op_code == query.metadata.op_code && answer.queries == query.queries
}

/// Whether these questions are written as in the query, octet for octet.
pub(super) fn has_case_of(query: &Message, echoed: &[Query]) -> bool {
    let pairs = query.queries.iter().zip(echoed);
    let mut names = pairs.map(|(asked, echo)| (asked.name(), echo.name()));
    names.all(|(asked, echo)| asked.eq_case(echo))
}

/// Takes one datagram. The buffer lives only here: a query that waits has none.
fn take(socket: &UdpSocket) -> io::Result<Vec<u8>> {
    let mut buffer = [0; ANSWER_OCTETS_MAX];
    let length = socket.try_recv(&mut buffer)?;
    Ok(buffer.get(..length).unwrap_or_default().to_vec())
}

/// A socket that hears `server` and nobody else, and hears at once that the server's port is closed.
fn open(server: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(server),
        Type::DGRAM.nonblocking(),
        Some(Protocol::UDP),
    )?;
    bind(&socket, server)?;
    socket.connect(&server.into())?;
    Ok(socket)
}

/// Binds to a random port out of the whole range, as RFC 6056 has it; the system's own range is half
/// as large.
fn bind(socket: &Socket, server: SocketAddr) -> io::Result<()> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    for _ in 0..PORTS_TRIED {
        let port = rand::random_range(1024..=u16::MAX);
        match socket.bind(&SocketAddr::new(any, port).into()) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
            outcome => return outcome,
        }
    }
    socket.bind(&SocketAddr::new(any, 0).into())
}
