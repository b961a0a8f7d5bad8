//! Lets other threads have the processor.
//!
//! Where all processors are busy, the system has a thread that wakes up wait until the one that runs ends
//! its slice, unless the one that wakes up has had less than its share lately. The threads that read
//! queries have had more than that as soon as they turn a flood away, and a slice is several milliseconds:
//! an answer that takes ten microseconds would wait for a hundred look-ups. So whoever looks up gives way
//! after each step, some tens of microseconds. If nobody waits, that costs one short system call
//! (sched_yield(2)); it takes no privilege and no priority.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use pin_project_lite::pin_project;

pin_project! {
    /// A future that gives way to other threads after each step.
    pub(crate) struct GivingWay<F> {
        #[pin]
        future: F,
    }
}

/// The same future, which gives way to other threads after each step.
pub(crate) fn giving_way<F: Future>(future: F) -> GivingWay<F> {
    GivingWay { future }
}

/// Gives way to other threads, after a step that took as long as many answers.
pub(crate) fn give_way() {
    thread::yield_now();
}

impl<F: Future> Future for GivingWay<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let step = self.project().future.poll(context);
        give_way();
        step
    }
}
