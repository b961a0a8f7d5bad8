//! The one place that reads the clock.

// The wall clock is read once, so that what is remembered keeps its age beyond a restart.
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A clock that never goes back while the program runs, and stands still in tests that say so.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    started_at: Moment,
}

/// A point in time, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Milliseconds since the beginning of 1970.
    pub unix_ms: u64,
}

impl Clock {
    /// A clock that goes on from the wall clock's time.
    pub fn start() -> Self {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        // A wall clock before 1970 is wrong by so much that any other time is as good.
        let unix_ms = milliseconds(wall.unwrap_or_default());
        Self {
            started: Instant::now(),
            started_at: Moment { unix_ms },
        }
    }

    /// The time.
    pub fn now(&self) -> Moment {
        let passed = milliseconds(self.started.elapsed());
        Moment {
            unix_ms: self.started_at.unix_ms.saturating_add(passed),
        }
    }
}

impl Moment {
    /// The time that has passed since `earlier`; none if that is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.unix_ms.saturating_sub(earlier.unix_ms))
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
