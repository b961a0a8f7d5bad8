//! What is still to happen, in order of time.

use std::collections::BTreeMap;

use super::truth::Mark;

/// Microseconds since 1970.
pub(super) type Micros = u64;

pub(super) const MILLISECOND: Micros = 1000;
pub(super) const SECOND: Micros = 1000 * MILLISECOND;

/// A line as a program says it, without stamp and host.
pub(super) struct Line {
    /// The program, or nothing if the program writes the log itself.
    pub(super) program: &'static str,
    pub(super) pid: u32,
    pub(super) text: String,
    /// What it means for the truth.
    pub(super) mark: Option<Box<Mark>>,
    /// Whether it may be spoilt: the truth does not depend on it.
    pub(super) is_expendable: bool,
}

/// What happens.
pub(super) enum Event {
    Line(Line),
    /// A mail has left the queue, and its file is free.
    Free(u32),
    /// Somebody comes.
    Arrival,
}

/// What is still to happen, in order of time; at the same time, in the order in which it was planned.
#[derive(Default)]
pub(super) struct Agenda {
    waiting: BTreeMap<(Micros, u64), Event>,
    planned: u64,
}

impl Agenda {
    pub(super) fn plan(&mut self, at: Micros, event: Event) {
        self.planned += 1;
        self.waiting.insert((at, self.planned), event);
    }

    pub(super) fn next(&mut self) -> Option<(Micros, Event)> {
        let ((at, _), event) = self.waiting.pop_first()?;
        Some((at, event))
    }
}
