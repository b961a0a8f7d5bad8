//! Queries that take a look-up, which begins when nobody waits for what is remembered.
//!
//! To begin one takes as long as many answers out of the memory. In a flood of new names, these would
//! wait behind all the new ones that came just before them. So a lane that reads keeps a backlog.

use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};

use super::datagram::Ends;
use super::dns::{Begun, Started, Toll, Transport, Waiting};
use super::lane::Lane;
use crate::oracle::lookup::Lookup;

/// Queries that wait; past it the oldest ones begin, whoever else waits. More of them would wait here
/// longer, and take some kilobytes each.
const BACKLOG_MAX: usize = 256;

/// Queries that are taken between two that begin, at most: those who wait here get on, however many others
/// keep coming one by one. Of those in batches, one begins after each batch.
const PASSED_BY_MAX: usize = 48;

/// The queries of one lane that wait, in the order in which they came.
pub(super) struct Backlog<'l, L> {
    lane: &'l Lane<L>,
    queries: VecDeque<(Waiting, Ends, Toll)>,
    /// Queries taken since one has begun.
    passed_by: usize,
}

impl<'l, L: Lookup> Backlog<'l, L> {
    pub(super) fn new(lane: &'l Lane<L>) -> Self {
        Self {
            lane,
            queries: VecDeque::new(),
            passed_by: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }

    /// Answers a query by the path of `front/dns` if that takes no look-up; else it waits here.
    pub(super) fn take(&mut self, packet: Vec<u8>, ends: Ends, toll: Toll) {
        match (self.lane.dns).begin(packet, ends.client, Transport::Udp, &toll) {
            Begun::Done(Some(response)) => self.lane.send(&response, ends),
            Begun::Done(None) => {}
            Begun::Waiting(query) => self.queries.push_back((query, ends, toll)),
        }
        self.passed_by += 1;
        if self.queries.len() > BACKLOG_MAX || self.passed_by > PASSED_BY_MAX {
            self.begin_one();
        }
    }

    /// Has the oldest query looked up, and its answer sent when it is there.
    pub(super) fn begin_one(&mut self) {
        self.passed_by = 0;
        let Some((query, ends, toll)) = self.queries.pop_front() else {
            return;
        };
        match self.lane.dns.start(query, &toll) {
            Started::Done(Some(response)) => self.lane.send(&response, ends),
            Started::Done(None) => {}
            Started::Waiting(answer) => self.lane.send_later(answer, ends),
        }
    }

    /// Has all of them looked up.
    pub(super) fn begin_all(&mut self) {
        while !self.is_empty() {
            self.begin_one();
        }
    }
}

impl<L: Lookup> Lane<L> {
    /// Has `read` read until `stop`, and what it has put off begun. Should it panic, which is a defect, the
    /// queries in hand are lost, and no others.
    pub(super) fn run(&self, read: impl Fn(&Self, &mut Backlog<'_, L>)) {
        let mut backlog = Backlog::new(self);
        while !self.stop.is_cancelled() {
            self.guard(|| read(self, &mut backlog));
        }
        while !backlog.is_empty() {
            self.guard(|| backlog.begin_one());
        }
    }

    fn guard(&self, step: impl FnOnce()) {
        // What is left behind is made anew, or holds at any time: counters, what is remembered, and the
        // backlog, which a query leaves before anything is done with it.
        if panic::catch_unwind(AssertUnwindSafe(step)).is_err() {
            self.dns.authority().stats().panics.count();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::front::fixture::{self, packet};

    const ORIGIN: &str = "bogusmx.local";

    #[tokio::test]
    async fn looking_up_begins_when_it_is_told_to_or_too_many_wait() {
        let lane = fixture::lane(fixture::dns());
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        let ends = Ends {
            client: client.local_addr().unwrap(),
            ours: None,
        };
        let begun = || lane.dns.authority().oracle().stats().evaluations.get();
        let mut backlog = Backlog::new(&lane);
        let mut packets = (0..).map(|nth| packet(&format!("d{nth}.de"), ORIGIN, 1, 0, &[]));
        let mut take = |backlog: &mut Backlog<'_, _>, count| {
            for packet in packets.by_ref().take(count) {
                backlog.take(packet, ends, Toll::Due);
            }
        };
        take(&mut backlog, PASSED_BY_MAX);
        assert_eq!(begun(), 0);
        take(&mut backlog, 1);
        assert_eq!(begun(), 1);
        backlog.begin_one();
        assert_eq!(begun(), 2);
        while backlog.queries.len() < BACKLOG_MAX {
            take(&mut backlog, 1);
        }
        let before = begun();
        take(&mut backlog, 2);
        assert_eq!(begun(), before + 2);
        // What takes no look-up is answered at once.
        backlog.take(packet("test", ORIGIN, 1, 0, &[]), ends, Toll::Due);
        client.set_nonblocking(true).unwrap();
        assert!(client.recv(&mut [0; 512]).is_ok());
        backlog.begin_all();
        assert_eq!(lane.tasks.len(), 32);
    }

    #[tokio::test]
    async fn what_was_put_off_is_begun_after_a_panic_and_at_the_end() {
        let (lane, reads) = (fixture::lane(fixture::dns()), AtomicUsize::new(0));
        let ends = Ends {
            client: lane.socket.local_addr().unwrap(),
            ours: None,
        };
        lane.run(|lane, backlog| {
            let query = |name| packet(name, ORIGIN, 1, 0, &[]);
            match reads.fetch_add(1, Ordering::Relaxed) {
                0 => {
                    backlog.take(query("a.de"), ends, Toll::Due);
                    panic!("as a test wants it");
                }
                _ => backlog.take(query("b.de"), ends, Toll::Due),
            }
            lane.stop.cancel();
        });
        let oracle = lane.dns.authority().oracle();
        assert_eq!(oracle.stats().evaluations.get(), 2);
        assert_eq!(lane.tasks.len(), 2);
    }

    #[test]
    fn a_panic_does_not_end_the_thread() {
        let lane = fixture::lane(fixture::dns());
        let reads = AtomicUsize::new(0);
        lane.run(|lane, _| match reads.fetch_add(1, Ordering::Relaxed) {
            0 => panic!("as a test wants it"),
            _ => lane.stop.cancel(),
        });
        assert_eq!(reads.into_inner(), 2);
        assert_eq!(lane.dns.authority().stats().panics.get(), 1);
    }
}
