//! UDP without detours: what can be said at once is said by the thread that read the query, a whole
//! batch of datagrams with two system calls. Every other packet takes the path of `front/dns`.
//!
//! Leaving out this folder, as `--no-fast-path` does, changes what an answer costs, and nothing
//! else.

mod batch;
#[cfg(any(test, fuzzing))]
pub(crate) mod parity;
#[cfg(test)]
mod tests;
mod wire;

use std::net::IpAddr;
use std::os::fd::AsFd as _;

use arrayvec::ArrayVec;

use self::batch::{Batch, Queries};
use self::wire::Query;
use super::answer::Answer;
use super::backlog::Backlog;
use super::cookie::Returned;
use super::datagram::Ends;
use super::dns::Toll;
use super::lane::Lane;
use super::sitting::{Placed, Sitting};
use crate::oracle::lookup::Lookup;
use crate::verdict::domain::NameBuffer;

impl<L: Lookup> Lane<L> {
    /// Answers until `stop`, on a thread of a runtime; what it hands over goes on in `tasks`.
    pub(super) fn serve_in_batches(&self, backlog: &mut Backlog<'_, L>) {
        let mut batch = Batch::new();
        let mut names = vec![NameBuffer::new(); batch::SLOTS];
        while !self.stop.is_cancelled() {
            match batch.receive(self.socket.as_fd(), backlog.is_empty()) {
                Ok(()) => self.answer(&mut batch, &mut names, backlog),
                Err(error) => {
                    backlog.begin_all();
                    self.pause(&error);
                }
            }
            backlog.begin_one();
        }
    }

    fn answer(&self, batch: &mut Batch, names: &mut [NameBuffer], backlog: &mut Backlog<'_, L>) {
        let (queries, mut replies) = batch.open();
        if queries.len() == 0 {
            return;
        }
        let mut sitting = self.dns.authority().sitting();
        let read = |(index, name)| {
            let (packet, client) = (queries.octets(index)?, queries.client(index)?);
            Asked::read(packet, client.ip(), &sitting, name)
        };
        let asked = (0..queries.len()).zip(names).map(read);
        let asked: ArrayVec<Option<Asked<'_, '_>>, { batch::SLOTS }> = asked.collect();
        for asked in asked.iter().flatten() {
            asked.approach(&sitting);
        }
        let mut left: ArrayVec<Left, { batch::SLOTS }> = ArrayVec::new();
        for (index, asked) in asked.iter().enumerate() {
            let room = replies.room(index).unwrap_or_default();
            let asked = asked.as_ref();
            match asked.map(|asked| asked.answer(&mut sitting, room)) {
                Some(Ok(length)) => replies.put(index, length),
                Some(Err(toll)) => left.extend(Left::of(queries, index, toll)),
                None => left.extend(Left::of(queries, index, Toll::Due)),
            }
        }
        drop((asked, sitting));
        // What is remembered does not wait for what takes longer.
        batch.send(self.socket.as_fd());
        for Left { packet, ends, toll } in left {
            backlog.take(packet, ends, toll);
        }
    }
}

/// A packet that is left to the path of `front/dns`.
struct Left {
    packet: Vec<u8>,
    ends: Ends,
    toll: Toll,
}

impl Left {
    fn of(queries: Queries<'_>, index: usize, toll: Toll) -> Option<Self> {
        Some(Self {
            packet: queries.octets(index)?.to_vec(),
            ends: queries.ends(index)?,
            toll,
        })
    }
}

/// A plain query of a client that is allowed, and where its answer is to be found.
pub struct Asked<'z, 'q> {
    query: Query<'q>,
    client: IpAddr,
    /// The cookie that goes back.
    cookie: Option<Returned>,
    /// None if the client has had its share.
    placed: Option<Placed<'z, 'q>>,
}

impl<'z, 'q> Asked<'z, 'q> {
    /// Reads a packet, and counts it against its client's share; none if another path is to see to it.
    /// `name` is room for the name's text.
    pub fn read<L: Lookup>(
        packet: &'q [u8],
        client: IpAddr,
        sitting: &Sitting<'z, L>,
        name: &'q mut NameBuffer,
    ) -> Option<Self> {
        let query = wire::read(packet)?;
        if !sitting.is_allowed(client) {
            return None;
        }
        let presented = query.cookie();
        let cookie = presented.map(|presented| sitting.cookie(presented, client));
        let is_due = sitting.spend(client, cookie.as_ref());
        let placed = is_due.then(|| sitting.place(query.question(), name));
        Some(Self {
            query,
            client,
            cookie,
            placed,
        })
    }

    /// As [`Sitting::approach`].
    pub fn approach<L: Lookup>(&self, sitting: &Sitting<'z, L>) {
        if let Some(placed) = &self.placed {
            sitting.approach(placed);
        }
    }

    /// Writes the answer into `reply` and says how long it is, if it needs no look-up or if there is no
    /// room for one.
    ///
    /// # Errors
    /// If it takes a look-up, which the client has paid for, or more room.
    pub fn answer<L: Lookup>(
        &self,
        sitting: &mut Sitting<'z, L>,
        reply: &mut [u8],
    ) -> Result<usize, Toll> {
        let mut write = |answer: &Answer<'_>| self.query.write(answer, self.cookie.as_ref(), reply);
        let written = match &self.placed {
            None => sitting.slip(write),
            Some(placed) => match sitting.answer(placed, &mut write) {
                Some(written) => written,
                None => match sitting.charge(placed, self.client, write) {
                    Ok(ticket) => return Err(Toll::Paid(ticket)),
                    Err(written) => written,
                },
            },
        };
        written.ok_or(Toll::Paid(None))
    }
}
