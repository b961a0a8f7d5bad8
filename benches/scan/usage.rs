//! What it costs to run a program.
//!
//! The kernel keeps the memory's peak of all children together, and counts what the child was before it became the
//! program. So a child of our own, which is small and does nothing else, starts the program and reports.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde::{Deserialize, Serialize};

use super::ground::Outcome;

/// The first argument of that child.
const WORD: &str = "start-and-report";

/// What it has cost to run a program, with all that it has started itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Usage {
    pub(crate) wall: Duration,
    pub(crate) processor: Duration,
    /// The most memory that one process had at one time, in octets.
    pub(crate) memory: u64,
    /// Nothing, if a signal has ended it.
    pub(crate) status: Option<i32>,
}

/// Runs a program with its output into a file.
pub(crate) fn run(program: &Path, args: &[&str], output: &Path) -> Outcome<Usage> {
    let child = Command::new(env::current_exe()?)
        .arg(WORD)
        .args([output, program])
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if !child.status.success() {
        return Err(format!("{} was not run", program.display()).into());
    }
    Ok(serde_json::from_slice(&child.stdout)?)
}

/// In that child: runs the program, and gives what is to be printed. Nothing, if this process is another.
pub(crate) fn report() -> Option<Outcome<String>> {
    let mut args = env::args_os().skip(1);
    args.next().filter(|word| word == WORD)?;
    Some(start_and_report(args))
}

fn start_and_report(mut args: impl Iterator<Item = OsString>) -> Outcome<String> {
    let output = File::create(args.next().ok_or("no output")?)?;
    let mut command = Command::new(args.next().ok_or("no program")?);
    command.args(args).stdin(Stdio::null()).stdout(output);
    let start = Instant::now();
    let status = command.status()?;
    let wall = start.elapsed();
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = (used.user_time() + used.system_time()).num_microseconds();
    let usage = Usage {
        wall,
        processor: Duration::from_micros(u64::try_from(micros)?),
        // The kernel counts in KiB.
        memory: u64::try_from(used.max_rss())? << 10,
        status: status.code(),
    };
    Ok(serde_json::to_string(&usage)?)
}
