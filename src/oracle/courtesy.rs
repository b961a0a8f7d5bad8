//! Who looks up lets those go first who answer.
//!
//! Where all processors are busy, the system has a thread that wakes up wait until the one that runs ends
//! its slice, unless the one that wakes up has had less than its share lately. The threads that read
//! queries have had more than that as soon as they turn a flood away, and a slice is several milliseconds:
//! an answer that takes ten microseconds would wait for a hundred look-ups. So whoever looks up gives way
//! after each step, some tens of microseconds, if a query waits to be read. If none does, it gives nothing
//! away: other programs would take it.

use std::fmt;
use std::io;
use std::net::UdpSocket;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

use parking_lot::RwLock;
use pin_project_lite::pin_project;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use smallvec::SmallVec;

/// Sockets that are looked at. Of more, it is others each time.
const SOCKETS_MAX: usize = 16;

/// The sockets at which queries arrive. Clones share them.
#[derive(Clone, Default)]
pub struct Courtesy(Arc<RwLock<Vec<Arc<UdpSocket>>>>);

pin_project! {
    /// A future that gives way after each step.
    pub(crate) struct Courteous<F> {
        courtesy: Courtesy,
        #[pin]
        future: F,
    }
}

impl Courtesy {
    /// Gives way to who reads queries here, too.
    pub(crate) fn know(&self, socket: Arc<UdpSocket>) {
        self.0.write().push(socket);
    }

    /// Forgets all of them.
    pub(crate) fn forget(&self) {
        self.0.write().clear();
    }

    /// The same future, which gives way after each step.
    pub(crate) fn of<F: Future>(&self, future: F) -> Courteous<F> {
        Courteous {
            courtesy: self.clone(),
            future,
        }
    }

    /// Whether a query waits to be read.
    fn query_waits(&self) -> io::Result<bool> {
        const NO_TIME: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let sockets = self.0.read();
        let first = match sockets.len() {
            0..=SOCKETS_MAX => 0,
            many => fastrand::usize(..many),
        };
        let mut looked_at: SmallVec<[PollFd<'_>; SOCKETS_MAX]> = sockets
            .iter()
            .cycle()
            .skip(first)
            .take(sockets.len().min(SOCKETS_MAX))
            .map(|socket| PollFd::new(socket, PollFlags::IN))
            .collect();
        Ok(poll(&mut looked_at, Some(&NO_TIME))? > 0)
    }
}

impl fmt::Debug for Courtesy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(&*self.0.read()).finish()
    }
}

impl<F: Future> Future for Courteous<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let step = this.future.poll(context);
        // Who cannot look goes on: to give way is no duty.
        if this.courtesy.query_waits().unwrap_or(false) {
            thread::yield_now();
        }
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_waits_is_seen() {
        let socket = || UdpSocket::bind("127.0.0.1:0").unwrap();
        let (quiet, asked) = (Arc::new(socket()), Arc::new(socket()));
        let courtesy = Courtesy::default();
        assert!(!courtesy.query_waits().unwrap());
        courtesy.know(quiet);
        courtesy.know(Arc::clone(&asked));
        assert!(!courtesy.query_waits().unwrap());
        socket()
            .send_to(b"who", asked.local_addr().unwrap())
            .unwrap();
        assert!(courtesy.query_waits().unwrap());
        asked.recv(&mut [0; 9]).unwrap();
        assert!(!courtesy.query_waits().unwrap());
    }

    #[tokio::test]
    async fn the_outcome_is_the_futures_own() {
        let steps = async {
            tokio::task::yield_now().await;
            7
        };
        assert_eq!(Courtesy::default().of(steps).await, 7);
    }
}
