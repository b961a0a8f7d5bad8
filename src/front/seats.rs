//! Who holds how many TCP connections.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

use super::nearby::client_network;

/// The part of all connections that one network may hold: one half, one at least.
const SHARE: usize = 2;

/// The part of all connections that those may hold together who are not answered but with REFUSED: one
/// eighth, one at least. There is no end of them.
const STRANGERS_SHARE: usize = 8;

/// The connections that may be open.
#[derive(Debug)]
pub(super) struct Seats {
    seats_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    by_strangers: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// A connection that may be open, until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    network: IpAddr,
    is_stranger: bool,
}

impl Seats {
    /// So many in all.
    pub(super) fn new(seats_max: usize) -> Arc<Self> {
        Arc::new(Self {
            seats_max,
            taken: Mutex::default(),
        })
    }

    /// One for this client; none if all are taken, or its network has its share of them, or those who
    /// are not allowed have theirs.
    pub(super) fn take(self: &Arc<Self>, client: IpAddr, is_allowed: bool) -> Option<Seat> {
        let (network, is_stranger) = (client_network(client), !is_allowed);
        let share = (self.seats_max / SHARE).max(1);
        let strangers = (self.seats_max / STRANGERS_SHARE).max(1);
        let mut taken = self.taken.lock();
        let held = taken.by_network.get(&network).copied().unwrap_or_default();
        if taken.in_all >= self.seats_max || held >= share {
            return None;
        }
        if is_stranger && taken.by_strangers >= strangers {
            return None;
        }
        taken.in_all += 1;
        taken.by_strangers += usize::from(is_stranger);
        taken.by_network.insert(network, held + 1);
        Some(Seat {
            seats: Arc::clone(self),
            network,
            is_stranger,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock();
        taken.in_all -= 1;
        taken.by_strangers -= usize::from(self.is_stranger);
        if let Entry::Occupied(mut held) = taken.by_network.entry(self.network) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_holds_half_at_most() {
        let seats = Seats::new(4);
        let take = |client: &str| seats.take(client.parse().unwrap(), true);
        let first = (take("192.0.2.1"), take("192.0.2.2"));
        assert!(first.0.is_some() && first.1.is_some());
        assert!(take("192.0.2.3").is_none());
        let others = [take("2001:db8::1"), take("198.51.100.1")];
        assert!(others.iter().all(Option::is_some));
        assert!(take("203.0.113.1").is_none(), "there are four");
        drop(first.0);
        let again = take("192.0.2.3");
        assert!(again.is_some());
        drop((first.1, others, again));
        assert_eq!(seats.taken.lock().in_all, 0);
        assert!(seats.taken.lock().by_network.is_empty());
    }

    #[test]
    fn one_seat_is_anybody_s() {
        let seats = Seats::new(1);
        let only = seats.take([192, 0, 2, 1].into(), true);
        assert!(only.is_some());
        assert!(seats.take([198, 51, 100, 1].into(), true).is_none());
    }

    #[test]
    fn strangers_from_wherever_leave_room_for_others() {
        let seats = Seats::new(16);
        let take = |nth: u8, is_allowed| seats.take([198, 51, nth, 1].into(), is_allowed);
        let strangers: Vec<Seat> = (0..16).filter_map(|nth| take(nth, false)).collect();
        assert_eq!(strangers.len(), 2);
        let others: Vec<Seat> = (0..16).filter_map(|nth| take(nth, true)).collect();
        assert_eq!(others.len(), 14);
        drop(strangers);
        assert!(take(0, false).is_some());
    }
}
