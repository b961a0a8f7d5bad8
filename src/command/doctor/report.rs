//! What the doctor says: one line for each thing looked at, one more for what to do.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::json;

use crate::command::print::{BAD, FAINT, GOOD, UNSURE};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// What kind of thing it is; part of the interface.
    pub(super) check: &'static str,
    /// How it is.
    pub(super) state: State,
    /// What was seen, and where.
    pub(super) seen: String,
    /// What to do about it.
    pub(super) mend: Option<String>,
}

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be.
    Fine,
    /// It works, but not always or not for all.
    Doubtful,
    /// Mail that should be refused is not, or the other way round.
    Broken,
    /// It cannot be seen from here.
    Unknown,
}

impl Finding {
    pub(super) fn fine(check: &'static str, seen: impl Into<String>) -> Self {
        Self::new(check, State::Fine, seen, None)
    }

    pub(super) fn unknown(check: &'static str, seen: impl Into<String>) -> Self {
        Self::new(check, State::Unknown, seen, None)
    }

    pub(super) fn doubtful(
        check: &'static str,
        seen: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::new(check, State::Doubtful, seen, Some(mend.into()))
    }

    pub(super) fn broken(
        check: &'static str,
        seen: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::new(check, State::Broken, seen, Some(mend.into()))
    }

    fn new(
        check: &'static str,
        state: State,
        seen: impl Into<String>,
        mend: Option<String>,
    ) -> Self {
        Self {
            check,
            state,
            seen: seen.into(),
            mend,
        }
    }

    /// As it counts for somebody who is asked only while another fails: a doubt, at most.
    pub(super) fn softened(mut self) -> Self {
        if self.state == State::Broken {
            self.state = State::Doubtful;
        }
        self
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let (style, word) = self.state.shown();
        let mut text = format!(
            "{style}{word:<4}{style:#}  {:<8}  {}\n",
            self.check, self.seen
        );
        if let Some(mend) = &self.mend {
            // Writing to a String does not fail.
            let _infallible = writeln!(text, "{:16}mend: {mend}", "");
        }
        text
    }

    /// For programs: one object on one line.
    pub(super) fn json(&self) -> String {
        let (_, word) = self.state.shown();
        let object = json!({
            "check": self.check,
            "state": word,
            "seen": self.seen,
            "mend": self.mend,
        });
        format!("{object}\n")
    }
}

impl State {
    fn shown(self) -> (Style, &'static str) {
        match self {
            Self::Fine => (GOOD, "ok"),
            Self::Doubtful => (UNSURE, "warn"),
            Self::Broken => (BAD, "fail"),
            Self::Unknown => (FAINT, "skip"),
        }
    }
}
