//! How much one client may have: new domains, answers to strangers. And all of them together.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter, clock};
use moka::sync::Cache;

use super::clock::Clock;

/// Clients that are told apart at one time; the least active ones are forgotten past that, and
/// begin with a full bucket again. Each costs about half a kilobyte.
const CLIENTS_MAX: u64 = 16_384;

/// What one client may spend: a token bucket. Only domains that must be looked up cost a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientBudget {
    /// New domains a second in the long run.
    pub per_second: NonZeroU32,
    /// New domains at once.
    pub burst: NonZeroU32,
}

type Bucket = RateLimiter<NotKeyed, InMemoryState, Clock, NoOpMiddleware<Duration>>;

/// A token bucket for each client.
pub(crate) struct Budgets {
    quota: Quota,
    clock: Clock,
    buckets: Cache<IpAddr, Arc<Bucket>>,
}

impl Budgets {
    /// Buckets that hold `burst` tokens, and get `per_second` again.
    pub(crate) fn new(per_second: NonZeroU32, burst: NonZeroU32, clock: Clock) -> Self {
        Self {
            quota: Quota::per_second(per_second).allow_burst(burst),
            clock,
            buckets: Cache::new(CLIENTS_MAX),
        }
    }

    /// Takes one token; false if the client has none left.
    pub(crate) fn spend(&self, client: IpAddr) -> bool {
        let full = || Arc::new(RateLimiter::direct_with_clock(self.quota, self.clock));
        self.buckets.get_with(client, full).check().is_ok()
    }
}

/// A token bucket for all clients together.
pub(crate) struct TotalBudget(Bucket);

impl TotalBudget {
    /// A bucket that holds the tokens of one second.
    pub(crate) fn new(per_second: NonZeroU32, clock: Clock) -> Self {
        let quota = Quota::per_second(per_second);
        Self(RateLimiter::direct_with_clock(quota, clock))
    }

    /// Takes one token; false if there is none left.
    pub(crate) fn spend(&self) -> bool {
        self.0.check().is_ok()
    }
}

/// Buckets fill by the same time as everything else goes by.
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
    async fn each_client_has_a_bucket_of_its_own_which_fills_with_time() {
        let number = |number| NonZeroU32::new(number).unwrap();
        let budgets = Budgets::new(number(200), number(300), Clock::start());
        let spent = |client: [u8; 4], tokens: usize| {
            let tokens = (0..tokens).filter(|_| budgets.spend(client.into()));
            tokens.count()
        };
        assert_eq!(spent([10, 0, 0, 1], 200), 200);
        assert_eq!(spent([10, 0, 0, 1], 200), 100);
        assert_eq!(spent([10, 0, 0, 2], 400), 300);
        advance(Duration::from_millis(100)).await;
        assert_eq!(spent([10, 0, 0, 1], 200), 20);
        advance(Duration::from_secs(3600)).await;
        assert_eq!(spent([10, 0, 0, 1], 400), 300);
    }

    #[tokio::test(start_paused = true)]
    async fn all_together_have_so_many_a_second() {
        let budget = TotalBudget::new(NonZeroU32::new(200).unwrap(), Clock::start());
        let spent = |tokens: usize| (0..tokens).filter(|_| budget.spend()).count();
        assert_eq!(spent(300), 200);
        advance(Duration::from_millis(500)).await;
        assert_eq!(spent(300), 100);
    }
}
