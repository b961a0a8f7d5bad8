//! How many new domains one client may ask for.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;

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

/// The buckets of all clients.
pub(super) struct Budgets {
    quota: Quota,
    buckets: Cache<IpAddr, Arc<DefaultDirectRateLimiter>>,
}

impl Budgets {
    pub(super) fn new(budget: ClientBudget) -> Self {
        Self {
            quota: Quota::per_second(budget.per_second).allow_burst(budget.burst),
            buckets: Cache::new(CLIENTS_MAX),
        }
    }

    /// Takes one token; false if the client has none left.
    pub(super) fn spend(&self, client: IpAddr) -> bool {
        let full = || Arc::new(RateLimiter::direct(self.quota));
        self.buckets.get_with(client, full).check().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_a_bucket_of_its_own() {
        let one = NonZeroU32::MIN;
        let budgets = Budgets::new(ClientBudget {
            per_second: one,
            burst: one,
        });
        let (first, second) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        assert!(budgets.spend(first));
        assert!(!budgets.spend(first));
        assert!(budgets.spend(second));
    }
}
