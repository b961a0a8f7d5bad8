//! What `scan` has found. As JSON it is documented in docs/scan.md, and only grows.

use jiff::Timestamp;
use serde::Serialize;

use super::around::Around;
use super::incident_row::IncidentRow;
use super::time::Local;
use super::verdicts::Said;
use crate::verdict::Policy;

/// What was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    pub(super) files: Vec<FileRead>,
    pub(super) lines: u64,
    pub(super) octets: u64,
    /// Lines that are no log line, or a cut one where it matters.
    pub(super) unparsable: u64,
    /// Lines about a failure or bounce that stood in another file already.
    pub(super) repeated: u64,
    /// The time of the first line that has one.
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
}

/// A file that was read, or was to be.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FileRead {
    pub(super) name: String,
    /// `plain`, `gz`, `xz`, `zst` or `bz2`.
    pub(super) kind: &'static str,
    pub(super) lines: u64,
    /// Octets after decompression.
    pub(super) octets: u64,
    /// Why it could not be read, or not to its end.
    pub(super) error: Option<String>,
}

/// All that is reported.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    pub(super) files: Vec<FileRead>,
    pub(super) lines: u64,
    pub(super) octets: u64,
    pub(super) unparsable: u64,
    pub(super) repeated: u64,
    pub(super) first: Option<Local>,
    pub(super) last: Option<Local>,
    pub(super) found: Found,
    pub(super) causes: Causes,
    pub(super) suspected: u64,
    pub(super) other_backscatter: u64,
    pub(super) domains: Vec<DomainRow>,
    pub(super) senders: Vec<SenderRow>,
    pub(super) origins: Vec<OriginRow>,
    pub(super) policies: Vec<PolicyRow>,
    pub(super) not_stopped: Vec<NotStopped>,
    pub(super) timeline: Vec<Hour>,
    pub(super) incidents: Vec<IncidentRow>,
    pub(super) incidents_left_out: u64,
    pub(super) left_out: LeftOut,
    /// The policy in force; none if nothing was looked up.
    #[serde(skip)]
    pub(super) policy: Option<Policy>,
    /// The time that was asked about.
    #[serde(skip)]
    pub(super) around: Option<(Around, Local)>,
}

/// The totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Found {
    pub(super) loops: u64,
    pub(super) bounced: u64,
    pub(super) deferred: u64,
    pub(super) sent: u64,
    pub(super) backscatter: u64,
    /// Mails, for people: one may have several recipients.
    #[serde(skip)]
    pub(super) mails: u64,
}

/// Why the mail did not get there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Causes {
    #[serde(rename = "loop")]
    pub(super) looped: u64,
    pub(super) reserved: u64,
    pub(super) private: u64,
    pub(super) no_host: u64,
}

/// What is counted of something, and when it was.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Counted {
    pub(super) loops: u64,
    pub(super) backscatter: u64,
    pub(super) first: Option<Local>,
    pub(super) last: Option<Local>,
}

/// A recipient domain.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DomainRow {
    pub(super) domain: String,
    #[serde(flatten)]
    pub(super) counted: Counted,
    /// Whether it counts only because it is listed today.
    pub(super) suspect: bool,
    #[serde(flatten)]
    pub(super) said: MaybeSaid,
}

/// A verdict, or that there is none.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum MaybeSaid {
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
pub(super) struct SenderRow {
    pub(super) sender: String,
    #[serde(flatten)]
    pub(super) counted: Counted,
}

/// Who brought such mail in.
#[derive(Clone, Debug, Serialize)]
pub(super) struct OriginRow {
    pub(super) kind: &'static str,
    pub(super) name: Option<String>,
    pub(super) client: Option<String>,
    #[serde(flatten)]
    pub(super) counted: Counted,
}

/// What a policy would have stopped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct PolicyRow {
    pub(super) policy: &'static str,
    pub(super) stopped: Option<u64>,
    pub(super) of: u64,
    pub(super) share: Option<f64>,
}

/// What would have passed, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct NotStopped {
    pub(super) why: String,
    pub(super) loops: u64,
    /// Some of the domains, those with most first.
    pub(super) domains: Vec<String>,
}

/// An hour with something in it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Hour {
    pub(super) from: Local,
    pub(super) loops: u64,
    pub(super) backscatter: u64,
}

/// Recipients in rows that were too rare to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct LeftOut {
    pub(super) domains: u64,
    pub(super) senders: u64,
    pub(super) origins: u64,
}

impl MaybeSaid {
    pub(super) fn new(said: Option<&Said>) -> Self {
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

    pub(super) fn get(&self) -> Option<&Said> {
        match self {
            Self::Said(said) => Some(said),
            Self::Nothing { .. } => None,
        }
    }
}
