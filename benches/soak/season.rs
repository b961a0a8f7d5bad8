//! When the upstream fails, how, and for how long that may be felt.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::pressure::upstream::{Fault, Upstream};

/// How long the daemon keeps a failure, as it is told to.
pub(crate) const FAILURE_KEPT: Duration = Duration::from_secs(10);

/// How long one evaluation takes at most, by default.
const EVALUATION: Duration = Duration::from_secs(10);

/// Until timers have fired and answers have come.
const SLACK: Duration = Duration::from_secs(2);

/// How long after a fault its failures may still be told: an evaluation that began in it may end that late, and what came
/// of it is kept that long.
pub(crate) const AFTERMATH: Duration =
    Duration::from_secs(FAILURE_KEPT.as_secs() + EVALUATION.as_secs() + SLACK.as_secs());

const TICK: Duration = Duration::from_millis(100);

/// How the upstream is, and lately was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Season {
    Calm,
    Fault(Fault),
    Aftermath(Fault),
}

/// What season it is.
pub(crate) struct Calendar(Mutex<Season>);

impl Calendar {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Season::Calm))
    }

    pub(crate) fn now(&self) -> Season {
        *self.0.lock()
    }

    /// Lets one fault follow the other, with calm between them, until it is over; ends in calm.
    pub(crate) fn turn(
        &self,
        upstream: &Upstream,
        calm: Duration,
        trouble: Duration,
        is_over: &AtomicBool,
    ) {
        let wait = |time: Duration| {
            let start = Instant::now();
            while start.elapsed() < time && !is_over.load(Ordering::Relaxed) {
                thread::sleep(TICK);
            }
        };
        for fault in Fault::ALL.into_iter().cycle() {
            wait(calm);
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            // What is asked from now on may fail, and not what has been asked before that.
            *self.0.lock() = Season::Fault(fault);
            upstream.set(fault);
            wait(trouble);
            upstream.set(Fault::Nothing);
            *self.0.lock() = Season::Aftermath(fault);
            wait(AFTERMATH);
            *self.0.lock() = Season::Calm;
        }
    }
}
