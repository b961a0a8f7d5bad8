//! `bogusmx scan`: from a mail log to the reason and the remedy.

mod chunks;
mod order;
mod source;

use super::args::ScanArgs;
use super::{CommandError, Ending};

/// Reads the logs and reports.
pub(super) async fn run(args: &ScanArgs) -> Result<Ending, CommandError> {
    let _ = args;
    Ok(Ending::Success)
}
