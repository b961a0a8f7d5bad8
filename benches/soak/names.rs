//! Which names are asked for: some very often, most hardly ever, and a few that nobody ever asked for.

use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::ThreadRng;
use rand_distr::{Distribution as _, Zipf};

use super::ground::Outcome;
use super::ground::bogusmx::ZONE;
use super::pressure::names::MailDomain;

/// As often as the first name, the n-th one is asked for divided by n to this.
const EXPONENT: f64 = 1.0;

/// Seconds that records live: the shortest is the daemon's own least one, so that names end and are looked up again.
const TTLS: [u32; 5] = [60, 90, 120, 180, 300];

/// The names that are asked for again and again, and the next one that never was.
pub(crate) struct Names {
    zipf: Zipf<f64>,
    cold_percent: u32,
    /// Above all that are asked for again.
    next: AtomicU64,
}

impl Names {
    pub(crate) fn new(count: u32, cold_percent: u32) -> Outcome<Self> {
        Ok(Self {
            zipf: Zipf::new(f64::from(count), EXPONENT)?,
            cold_percent,
            next: AtomicU64::new(u64::from(count) + 1),
        })
    }

    /// The next name in the list's zone.
    pub(crate) fn next(&self, random: &mut ThreadRng) -> String {
        let number = if fastrand::u32(..100) < self.cold_percent {
            self.next.fetch_add(1, Ordering::Relaxed)
        } else {
            rank(self.zipf.sample(random))
        };
        let ttl = TTLS.get(usize::try_from(number).unwrap_or_default() / 100 % TTLS.len());
        let domain = MailDomain::new(number, ttl.copied().unwrap_or(60));
        format!("{domain}.{ZONE}")
    }
}

/// The rank is a whole number, of which the most frequent is 1.
fn rank(sample: f64) -> u64 {
    format!("{sample:.0}").parse().unwrap_or(1)
}
