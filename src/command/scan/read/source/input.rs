//! The octets of a file, as they are.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio_util::sync::CancellationToken;

use super::STDIN;
use super::kind::HEAD;

/// Set when all is to end that would go on for ever.
pub(crate) type Stop = CancellationToken;

/// How long one waits for a pipe before looking whether to stop.
const PATIENCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 250_000_000,
};

/// Not at all.
const NOW: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// An open file or pipe.
pub(super) struct Input {
    file: File,
    /// The first octets, which have been looked at already.
    head: Vec<u8>,
    progress: Arc<AtomicU64>,
    stop: Option<Stop>,
}

impl Input {
    /// Opens a file, or standard input for `-`. A pipe ends when told to stop, even while it is waited for.
    pub(super) fn open(
        path: &Path,
        progress: &Arc<AtomicU64>,
        stop: Option<Stop>,
    ) -> io::Result<Self> {
        let file = if path.as_os_str() == STDIN {
            File::from(io::stdin().as_fd().try_clone_to_owned()?)
        } else {
            File::open(path)?
        };
        Ok(Self {
            file,
            head: Vec::new(),
            progress: Arc::clone(progress),
            stop,
        })
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Goes on with another file.
    pub(super) fn replace(&mut self, file: File) {
        self.file = file;
        self.head.clear();
    }

    /// The first octets. They are read once more later.
    pub(super) fn head(&mut self) -> io::Result<&[u8]> {
        let mut head = Vec::with_capacity(HEAD);
        while head.len() < HEAD {
            let mut rest = [0; HEAD];
            let room = rest.get_mut(head.len()..).unwrap_or_default();
            match self.read(room)? {
                0 => break,
                octets => head.extend(room.iter().take(octets)),
            }
        }
        self.head = head;
        Ok(&self.head)
    }

    /// Whether nothing can be read now, of a pipe that one may wait for.
    pub(super) fn must_wait(&self) -> bool {
        self.stop.is_some() && self.head.is_empty() && !self.is_ready(&NOW)
    }

    /// Whether there is something within that time: an end or an error is something, too.
    fn is_ready(&self, within: &Timespec) -> bool {
        let mut polled = [PollFd::new(&self.file, PollFlags::IN)];
        !matches!(
            poll(&mut polled, Some(within)),
            Ok(0) | Err(rustix::io::Errno::INTR)
        )
    }

    /// Waits until there is something, or it is time to stop.
    fn is_stopped(&self) -> bool {
        let Some(stop) = &self.stop else {
            return false;
        };
        while !stop.is_cancelled() {
            if self.is_ready(&PATIENCE) {
                return false;
            }
        }
        true
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.head.is_empty() {
            let octets = self.head.as_slice().read(buffer)?;
            self.head.drain(..octets);
            return Ok(octets);
        }
        if self.is_stopped() {
            return Ok(0);
        }
        let octets = loop {
            match self.file.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        let count = u64::try_from(octets).unwrap_or(u64::MAX);
        self.progress.fetch_add(count, Ordering::Relaxed);
        Ok(octets)
    }
}
