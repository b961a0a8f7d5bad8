//! Queries over UDP one by one: read, answered, and the next.

use super::datagram::{self, Ends};
use super::dns::{Started, Toll, Transport};
use super::lane::Lane;
use crate::oracle::lookup::Lookup;

/// The longest datagram: what is cut would be answered as if its sender had made a mistake.
const QUERY_OCTETS_MAX: usize = 65_535;

impl<L: Lookup> Lane<L> {
    /// Answers until `stop`, on a thread of a runtime; what takes a look-up goes on in `tasks`.
    pub(super) fn serve_one_by_one(&self) {
        let mut buffer = vec![0; QUERY_OCTETS_MAX];
        while !self.stop.is_cancelled() {
            match datagram::receive(&*self.socket, &mut buffer) {
                Ok((length, ends)) => {
                    let packet = buffer.get(..length).unwrap_or_default();
                    self.answer_one(packet.to_vec(), ends);
                }
                Err(error) => self.pause(&error),
            }
        }
    }

    fn answer_one(&self, packet: Vec<u8>, ends: Ends) {
        match self
            .dns
            .start(packet, ends.client, Transport::Udp, Toll::Due)
        {
            Started::Done(Some(response)) => self.send(&response, ends),
            Started::Done(None) => {}
            Started::Waiting(answer) => self.send_later(answer, ends),
        }
    }
}
