//! Work at a steady pace.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{getpriority_process, setpriority_process};

/// Between two looks at what is due. The system sleeps a little longer.
const TICK: Duration = Duration::from_micros(200);

/// The priority of a thread that keeps a pace: one that waits for the processor catches up in a burst, which is
/// another load than the one that is wanted.
const PUNCTUAL: i32 = -10;

/// Numbers from 0, so many a second, for so long; who is late catches up. Its thread goes first as long as it lives.
#[derive(Debug)]
pub(crate) struct Pace {
    start: Instant,
    per_second: u32,
    time: Duration,
    next: u32,
    /// The priority that its thread had before.
    before: i32,
}

impl Pace {
    pub(crate) fn start(per_second: u32, time: Duration) -> io::Result<Self> {
        let before = getpriority_process(None)?;
        setpriority_process(None, PUNCTUAL)?;
        Ok(Self {
            start: Instant::now(),
            per_second,
            time,
            next: 0,
            before,
        })
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        if let Err(error) = setpriority_process(None, self.before) {
            eprintln!("a thread keeps its priority: {error}");
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
