//! A scan that goes on.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::desk::Said;
use crate::support::wait_until;

/// The scan, and what it has said so far. It is killed when dropped.
pub(super) struct Running {
    child: Child,
    out: Reading,
    err: Reading,
}

/// What comes out of a pipe.
struct Reading {
    text: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Running {
    pub(super) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let out = Reading::new(child.stdout.take().expect("a pipe"));
        let err = Reading::new(child.stderr.take().expect("a pipe"));
        Self { child, out, err }
    }

    /// What it reads, if that is a pipe.
    pub(super) fn input(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("a pipe")
    }

    /// What it has said so far.
    pub(super) fn out(&self) -> String {
        self.out.text()
    }

    pub(super) fn err(&self) -> String {
        self.err.text()
    }

    /// Waits until it has said this.
    #[track_caller]
    pub(super) fn says(&self, what: &str) {
        wait_until(&format!("'{what}' in {}", self.out()), || {
            self.out().contains(what)
        });
    }

    /// Asks it to end; what it has said until then, and after.
    pub(super) fn stop(self, signal: Signal) -> Said {
        let id = self.child.id().try_into().expect("a process id");
        kill(Pid::from_raw(id), signal).expect("a process of our own");
        self.end()
    }

    /// Asks it to end until it does. Signals that come at one time are one signal.
    pub(super) fn insist(self, signal: Signal) -> Said {
        let id = Pid::from_raw(self.child.id().try_into().expect("a process id"));
        // Who has not been waited for is there, ended or not.
        wait_until("the end of all it says", || {
            kill(id, signal).expect("a process of our own");
            self.out.reader.is_finished()
        });
        self.end()
    }

    /// Waits for it to end.
    pub(super) fn end(mut self) -> Said {
        let mut status = None;
        wait_until("the end of the scan", || {
            status = self.child.try_wait().expect("a child of our own");
            status.is_some()
        });
        for reading in [&self.out, &self.err] {
            wait_until("the end of what it says", || reading.reader.is_finished());
        }
        Said {
            status: status.and_then(|status| status.code()),
            out: self.out(),
            err: self.err(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended, as a rule.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Reading {
    fn new(pipe: impl Read + Send + 'static) -> Self {
        let text: Arc<Mutex<String>> = Arc::default();
        let reader = thread::spawn({
            let text = Arc::clone(&text);
            move || {
                let mut pipe = BufReader::new(pipe);
                let mut line = String::new();
                while pipe.read_line(&mut line).is_ok_and(|octets| octets > 0) {
                    text.lock().unwrap().push_str(&line);
                    line.clear();
                }
            }
        });
        Self { text, reader }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}
