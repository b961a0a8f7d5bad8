//! Work at a steady pace.

use std::thread;
use std::time::{Duration, Instant};

/// Between two looks at what is due. The system sleeps a little longer.
const TICK: Duration = Duration::from_micros(200);

/// Numbers from 0, so many a second, for so long; who is late catches up.
#[derive(Debug)]
pub(crate) struct Pace {
    start: Instant,
    per_second: u32,
    time: Duration,
    next: u32,
}

impl Pace {
    pub(crate) fn start(per_second: u32, time: Duration) -> Self {
        Self {
            start: Instant::now(),
            per_second,
            time,
            next: 0,
        }
    }
}

impl Iterator for Pace {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let due = Duration::from_secs_f64(f64::from(self.next) / f64::from(self.per_second));
        if due >= self.time {
            return None;
        }
        while self.start.elapsed() < due {
            thread::sleep(TICK.min(due.saturating_sub(self.start.elapsed())));
        }
        // Who cannot keep up ends in time all the same.
        if self.start.elapsed() > self.time {
            return None;
        }
        self.next += 1;
        Some(self.next - 1)
    }
}
