//! `bogusmx scan`: from a mail log to the reason and the remedy.

mod advice;
mod around;
mod bins;
mod build;
mod chart;
mod columns;
mod count;
mod csv;
#[cfg(test)]
mod fixture;
mod html;
mod incident_row;
mod incidents;
mod json;
mod report;
mod rows;
mod table;
mod tally;
mod time;
mod trail;
mod verdicts;
mod words;

use super::args::ScanArgs;
use super::{CommandError, Ending};

/// Reads the logs and reports.
pub(super) async fn run(args: &ScanArgs) -> Result<Ending, CommandError> {
    let _ = args;
    Ok(Ending::Success)
}
