//! What `check` is given: domains and mail addresses, typed or on standard input.

use std::fs::File;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::os::fd::AsFd as _;

use futures::stream::{self, Stream, StreamExt as _};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

/// Lines read ahead of their evaluation.
const LINES_AHEAD: usize = 256;

/// What stands for standard input.
const STDIN: &str = "-";

/// A domain to check, as it was given.
pub(super) struct Line {
    /// Octets of the input that it took.
    pub(super) octets: u64,
    /// The line without white space around it.
    pub(super) text: String,
}

/// All domains to check.
pub(super) struct Domains<'a> {
    given: &'a [String],
}

impl<'a> Domains<'a> {
    pub(super) fn new(given: &'a [String]) -> Self {
        Self { given }
    }

    /// The domains one by one; lines of standard input as they come, without empty ones and `#`
    /// comments.
    pub(super) fn lines(&self) -> impl Stream<Item = io::Result<Line>> {
        let typed = |text: &String| {
            if text == STDIN {
                stdin_lines().boxed()
            } else {
                stream::iter([Ok(Line {
                    octets: 0,
                    text: text.clone(),
                })])
                .boxed()
            }
        };
        stream::iter(self.given.iter().map(typed)).flatten()
    }

    /// A progress bar where there is a list to work off and a terminal to draw on: with the time
    /// left if the list is a file, else with a count.
    pub(super) fn progress(&self) -> ProgressBar {
        if !self.given.iter().any(|text| text == STDIN) || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let length = stdin_octets();
        let (bar, template) = match length {
            Some(octets) => (
                ProgressBar::new(octets),
                "{wide_bar} {percent}% {elapsed} of about {duration}",
            ),
            None => (
                ProgressBar::new_spinner(),
                "{spinner} {bytes} of domains read, {elapsed}",
            ),
        };
        let style = ProgressStyle::with_template(template);
        style.map_or(ProgressBar::hidden(), |style| bar.with_style(style))
    }
}

/// The length of standard input, if it is a file.
fn stdin_octets() -> Option<u64> {
    let file = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    let metadata = file.metadata().ok()?;
    metadata.is_file().then_some(metadata.len())
}

/// Reads standard input on a thread of its own: a pipe may be slow.
fn stdin_lines() -> impl Stream<Item = io::Result<Line>> {
    let (sender, mut receiver) = mpsc::channel(LINES_AHEAD);
    std::thread::spawn(move || {
        let mut octets = 0;
        for line in io::stdin().lock().split(b'\n') {
            let line = line.map(|line| {
                octets += u64::try_from(line.len()).unwrap_or(0) + 1;
                String::from_utf8_lossy(&line).trim().to_owned()
            });
            let line = match line {
                Ok(text) if text.is_empty() || text.starts_with('#') => continue,
                Ok(text) => Ok(Line {
                    octets: std::mem::take(&mut octets),
                    text,
                }),
                Err(error) => Err(error),
            };
            // Nobody reads on: standard output is closed.
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    stream::poll_fn(move |context| receiver.poll_recv(context))
}
