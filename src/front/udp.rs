//! Queries over UDP one by one: read, answered, and the next.

use std::io::ErrorKind;

use nix::sys::socket::MsgFlags;

use super::backlog::Backlog;
use super::datagram;
use super::dns::Toll;
use super::lane::Lane;
use crate::oracle::lookup::Lookup;

/// The longest datagram: what is cut would be answered as if its sender had made a mistake.
const QUERY_OCTETS_MAX: usize = 65_535;

impl<L: Lookup> Lane<L> {
    /// Answers until `stop`, on a thread of a runtime; what takes a look-up goes on in `tasks`.
    pub(super) fn serve_one_by_one(&self, backlog: &mut Backlog<'_, L>) {
        let mut buffer = vec![0; QUERY_OCTETS_MAX];
        while !self.stop.is_cancelled() {
            let flags = if backlog.is_empty() {
                MsgFlags::empty()
            } else {
                MsgFlags::MSG_DONTWAIT
            };
            match datagram::receive(&*self.socket, &mut buffer, flags) {
                Ok((length, ends)) => {
                    let packet = buffer.get(..length).unwrap_or_default();
                    backlog.take(packet.to_vec(), ends, Toll::Due);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => backlog.begin_one(),
                Err(error) => {
                    backlog.begin_all();
                    self.pause(&error);
                }
            }
        }
    }
}
