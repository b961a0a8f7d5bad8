//! What `scan` has found. As JSON it is documented in docs/scan.md, and only grows.

pub(crate) mod build;
pub(crate) mod incident_row;
pub(crate) mod time;
pub(crate) mod verdicts;

use jiff::Timestamp;
use serde::Serialize;

use self::incident_row::IncidentRow;
use self::time::Local;
use self::verdicts::Said;
use crate::command::scan::tally::around::Around;
use crate::verdict::Policy;

/// What was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) files: Vec<FileRead>,
    pub(crate) lines: u64,
    pub(crate) octets: u64,
    /// Lines about a failure or bounce that have been read before.
    pub(crate) repeated: u64,
    /// Recipients of single mails with more than any has.
    pub(crate) failures_left_out: u64,
    /// The time of the first line that has one.
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
}

/// A file that was read, or was to be.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FileRead {
    pub(crate) name: String,
    /// `plain`, `gz`, `xz`, `zst` or `bz2`.
    pub(crate) kind: &'static str,
    pub(crate) lines: u64,
    /// Octets after decompression.
    pub(crate) octets: u64,
    /// Lines that are no log line, or a cut one where it matters.
    pub(crate) unparsable: u64,
    /// Why it could not be read, or not to its end.
    pub(crate) error: Option<String>,
}

/// All that is reported.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) files: Vec<FileRead>,
    pub(crate) lines: u64,
    pub(crate) octets: u64,
    pub(crate) unparsable: u64,
    pub(crate) repeated: u64,
    pub(crate) first: Option<Local>,
    pub(crate) last: Option<Local>,
    pub(crate) found: Found,
    pub(crate) causes: Causes,
    pub(crate) suspected: u64,
    pub(crate) other_backscatter: u64,
    pub(crate) domains: Vec<DomainRow>,
    pub(crate) senders: Vec<SenderRow>,
    pub(crate) origins: Vec<OriginRow>,
    pub(crate) policies: Vec<PolicyRow>,
    pub(crate) not_stopped: Vec<NotStopped>,
    pub(crate) timeline: Vec<Hour>,
    pub(crate) incidents: Vec<IncidentRow>,
    pub(crate) incidents_left_out: u64,
    pub(crate) left_out: LeftOut,
    /// The policy in force; none if nothing was looked up.
    #[serde(skip)]
    pub(crate) policy: Option<Policy>,
    #[serde(skip)]
    pub(crate) asked: Option<Asked>,
}

/// The time that was asked about.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) around: Around,
    pub(crate) time: Local,
    /// Bounces of what counts that left near it.
    pub(crate) counting: u64,
    /// Those for other reasons.
    pub(crate) others: u64,
}

/// The totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Found {
    pub(crate) loops: u64,
    pub(crate) bounced: u64,
    pub(crate) deferred: u64,
    pub(crate) sent: u64,
    pub(crate) backscatter: u64,
}

/// Why the mail did not get there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Causes {
    #[serde(rename = "loop")]
    pub(crate) looped: u64,
    pub(crate) reserved: u64,
    pub(crate) private: u64,
    pub(crate) no_host: u64,
}

/// What is counted of something, and when it was.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Counted {
    pub(crate) loops: u64,
    pub(crate) backscatter: u64,
    pub(crate) first: Option<Local>,
    pub(crate) last: Option<Local>,
}

/// A recipient domain.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DomainRow {
    pub(crate) domain: String,
    #[serde(flatten)]
    pub(crate) counted: Counted,
    /// Whether it counts only because it is listed today.
    pub(crate) suspect: bool,
    #[serde(flatten)]
    pub(crate) said: MaybeSaid,
}

/// A verdict, or that there is none.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum MaybeSaid {
    Said(Said),
    Nothing {
        verdict: (),
        reason: (),
        code: (),
        policies: (),
    },
}

/// A sender whose mail failed; forged, as a rule.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SenderRow {
    /// None if the log does not say.
    pub(crate) sender: Option<String>,
    #[serde(flatten)]
    pub(crate) counted: Counted,
}

/// Who brought such mail in.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OriginRow {
    pub(crate) kind: &'static str,
    pub(crate) name: Option<String>,
    pub(crate) client: Option<String>,
    #[serde(flatten)]
    pub(crate) counted: Counted,
}

/// What a policy would have stopped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct PolicyRow {
    pub(crate) policy: &'static str,
    pub(crate) stopped: Option<u64>,
    pub(crate) of: u64,
    pub(crate) share: Option<f64>,
}

/// What would have passed, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NotStopped {
    pub(crate) why: String,
    pub(crate) loops: u64,
    /// Some of the domains, those with most first.
    pub(crate) domains: Vec<String>,
}

/// An hour with something in it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Hour {
    pub(crate) from: Local,
    pub(crate) loops: u64,
    pub(crate) backscatter: u64,
}

/// What was too rare to be kept, or too much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct LeftOut {
    pub(crate) domains: u64,
    pub(crate) senders: u64,
    pub(crate) origins: u64,
    pub(crate) recipients: u64,
    /// Bounces of suspects in domains, or several of them, that were not kept. They are taken for others.
    pub(crate) bounces: u64,
}

/// A part of a whole in percent; it is 100 only if that is all.
pub(crate) fn percent(part: u64, whole: u64) -> Option<u64> {
    let rounded = part
        .saturating_mul(100)
        .saturating_add(whole / 2)
        .checked_div(whole)?;
    Some(match part < whole {
        true => rounded.min(99),
        false => rounded,
    })
}

impl MaybeSaid {
    pub(crate) fn new(said: Option<&Said>) -> Self {
        match said {
            Some(said) => Self::Said(said.clone()),
            None => Self::Nothing {
                verdict: (),
                reason: (),
                code: (),
                policies: (),
            },
        }
    }

    pub(crate) fn get(&self) -> Option<&Said> {
        match self {
            Self::Said(said) => Some(said),
            Self::Nothing { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_is_a_hundred_percent() {
        let check = |part, whole, expected| assert_eq!(percent(part, whole), expected);
        check(999, 1000, Some(99));
        check(1000, 1000, Some(100));
        check(1, 3, Some(33));
        check(2, 3, Some(67));
        check(0, 0, None);
    }
}
