//! How many answers over UDP the clients of one public network get: whoever forges their addresses
//! cannot have more than that sent to them.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter, clock};
use moka::sync::Cache;

use super::nearby::client_network;
use crate::oracle::clock::Clock;

/// Networks that are told apart at one time; the least active ones are forgotten past that, and begin
/// with a full bucket again. Each costs about half a kilobyte.
const NETWORKS_MAX: u64 = 16_384;

/// One token bucket.
type Bucket = RateLimiter<NotKeyed, InMemoryState, Clock, NoOpMiddleware<Duration>>;

/// The buckets of all networks, each of one second's answers.
pub(super) struct Rates {
    quota: Quota,
    clock: Clock,
    buckets: Cache<IpAddr, Arc<Bucket>>,
}

impl Rates {
    pub(super) fn new(per_second: NonZeroU32, clock: Clock) -> Self {
        Self {
            quota: Quota::per_second(per_second),
            clock,
            buckets: Cache::new(NETWORKS_MAX),
        }
    }

    /// Takes one answer for a client; false if its network has had its share.
    pub(super) fn spend(&self, client: IpAddr) -> bool {
        let full = || Arc::new(RateLimiter::direct_with_clock(self.quota, self.clock));
        let bucket = self.buckets.get_with(client_network(client), full);
        bucket.check().is_ok()
    }
}

/// Buckets fill by the same time as everything else.
impl clock::Clock for Clock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(Self::now(self).unix_ms)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_network_has_its_share_each_second() {
        let rates = Rates::new(NonZeroU32::new(200).unwrap(), Clock::start());
        let answered = |client: &str, queries: usize| {
            let client = client.parse().unwrap();
            (0..queries).filter(|_| rates.spend(client)).count()
        };
        assert_eq!(answered("198.51.100.1", 150), 150);
        assert_eq!(answered("198.51.100.2", 100), 50);
        assert_eq!(answered("198.51.101.1", 300), 200);
        assert_eq!(answered("2001:db8:0:ff::1", 150), 150);
        assert_eq!(answered("2001:db8:0:aa::1", 150), 50);
        assert_eq!(answered("2001:db8:0:100::1", 250), 200);
        advance(Duration::from_millis(100)).await;
        assert_eq!(answered("198.51.100.9", 150), 20);
        advance(Duration::from_secs(3600)).await;
        assert_eq!(answered("198.51.100.9", 300), 200);
    }
}
