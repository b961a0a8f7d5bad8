//! How long it takes to find out what a mail log tells, next to a mere search of it; and whether it is right.
//!
//! ```sh
//! cargo bench --bench scan -- --octets 1000000000
//! cargo bench --bench scan -- --octets 200000000 --kinds plain,gz,xz,zst,bz2 --log exim
//! ```
//!
//! A log is made up as a busy mail server would write it (see `generator`), and what is in it is known. Then, in turn and
//! with the file in the page cache, `zgrep` looks for the phrase that a person would look for, and `bogusmx scan` reads all
//! of it. `zgrep` gets `-a`: the log has some broken lines in it, and without that it would take the log for a binary file
//! and stop at the first match.
//!
//! It ends with an error if a figure of the report is wrong, if zgrep is not at least twice as slow (on Postfix's logs,
//! plain and gz), or if the scan ever needs 100 MB of memory.
//!
//! | file | what it does |
//! | --- | --- |
//! | `args` | what can be chosen |
//! | `generator` | makes up logs, and tells what is in them |
//! | `kind` | compresses them |
//! | `usage` | runs a program, and measures it |
//! | `duel` | has both programs read a file, in turn |
//! | `check` | compares the report with the truth |

#![expect(clippy::print_stdout, reason = "the table is what it is for")]
#![expect(clippy::print_stderr, reason = "a bench of minutes says where it is")]

#[expect(dead_code, unused_imports, reason = "the tests use the rest")]
mod generator;
#[path = "../ground/mod.rs"]
#[expect(dead_code, reason = "the other benches use the rest")]
mod ground;

mod args;
mod check;
mod duel;
mod kind;
mod usage;

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;

use args::Args;
use duel::Duel;
use generator::{Plan, Truth};
use ground::table::Table;
use ground::{Outcome, folder};

fn main() -> ExitCode {
    let outcome = match usage::report() {
        Some(report) => report.map(|report| println!("{report}")),
        None => run(&Args::parse()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scan: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Outcome<()> {
    let temporary = folder()?;
    let folder = args.keep.as_deref().unwrap_or(temporary.path());
    fs::create_dir_all(folder)?;
    let (log, truth) = write(args, folder)?;
    let mut table = Table::new(&[
        "log",
        "MB",
        "grep, s",
        "median",
        "bogusmx, s",
        "median",
        "times as quick",
        "grep CPU, s",
        "bogusmx CPU, s",
        "MB/s",
        "peak, MB",
    ]);
    let mut complaints = Vec::new();
    for kind in &args.kinds {
        let file = kind.compress(&log)?;
        eprintln!("{}: compressed", kind.name());
        let duel = Duel::fight(args, *kind, &file, &truth)?;
        table.push(duel.row(&file, &truth)?);
        complaints.extend(duel.complaints());
    }
    println!("{table}");
    if let Some(file) = &args.markdown {
        fs::write(file, table.to_string())?;
    }
    match complaints.as_slice() {
        [] => Ok(()),
        complaints => Err(complaints.join("\n").into()),
    }
}

/// Writes the log, and beside it what is in it.
fn write(args: &Args, folder: &Path) -> Outcome<(PathBuf, Truth)> {
    let plan = Plan {
        dialect: args.log.dialect(),
        ..Plan::new(args.seed, args.octets)
    };
    let path = folder.join("mail.log");
    let mut file = BufWriter::new(File::create(&path)?);
    let truth = generator::write(&plan, &mut file)?;
    file.flush()?;
    let text = serde_json::to_string_pretty(&truth)?;
    fs::write(folder.join("truth.json"), text)?;
    let Truth {
        lines,
        octets,
        loops,
        backscatter,
        ..
    } = &truth;
    eprintln!("{octets} octets, {lines} lines, {loops} loops, {backscatter} times backscatter");
    Ok((path, truth))
}
