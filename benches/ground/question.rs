//! One query, to see whether a daemon answers, and rightly.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use super::Outcome;

/// Longer than an answer takes that a daemon has not had to look up.
const PATIENCE: Duration = Duration::from_millis(500);

/// A query's identifier, flags (recursion desired) and counts (one question).
const HEAD: [u8; 12] = [0x62, 0x6d, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];

/// An A record in class IN.
const A_IN: [u8; 4] = [0, 1, 0, 1];

/// What an answer's head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The response code: 0 is NOERROR, 3 NXDOMAIN.
    pub(crate) code: u8,
    /// How many records answer the question.
    pub(crate) answers: u8,
}

/// Asks for the name's address.
pub(crate) fn ask(server: SocketAddr, name: &str) -> Outcome<Reply> {
    let socket = UdpSocket::bind(("127.0.0.1", 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(server)?;
    socket.send(&query(name)?)?;
    let mut packet = [0; 4096];
    let size = socket.recv(&mut packet)?;
    match packet.get(..size) {
        Some([_, _, _, flags, _, _, _, answers, ..]) => Ok(Reply {
            code: flags & 0x0f,
            answers: *answers,
        }),
        _ => Err("an answer that is too short".into()),
    }
}

/// The query for it.
pub(crate) fn query(name: &str) -> Outcome<Vec<u8>> {
    let mut packet = HEAD.to_vec();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        packet.push(u8::try_from(label.len())?);
        packet.extend(label.as_bytes());
    }
    packet.push(0);
    packet.extend(A_IN);
    Ok(packet)
}
