//! What a flood of new names does to the answers that are remembered.
//!
//! ```sh
//! cargo bench --bench flood
//! cargo bench --bench flood -- --paths fast --from many --delays 0 --rounds 2
//! ```
//!
//! One client asks for names that the daemon remembers, at a steady pace, and notes how long each answer takes: from just
//! before it is sent until the kernel has the answer. Meanwhile another client, or thousands of them, ask for 20,000 new
//! names a second in every second period. The daemon has the limits that it has by default, and processor 0; everything
//! else has processor 1. It ends with an error if a promise is broken: see `verdict`.
//!
//! The upstream is part of the bench. It works each answer out from the name, in a few microseconds, which is harsher than
//! a name server or a resolver would be: more domains get looked up, and take the daemon's processor from what is
//! remembered. The other harsh kind is one that answers after half a second: all places are taken for a long time.
//!
//! It takes root, for addresses and ports of their own, and two processors.
//!
//! | file | what it does |
//! | --- | --- |
//! | `args` | what can be chosen |
//! | `case` | one row of the tables |
//! | `warm` | the client whose names are remembered |
//! | `cold` | the flood |
//! | `bound` | how much memory the limits add up to |

#![expect(clippy::print_stdout, reason = "the tables are what it is for")]
#![expect(clippy::print_stderr, reason = "a bench of minutes says where it is")]

#[path = "../ground/mod.rs"]
#[expect(dead_code, reason = "the other benches use the rest")]
mod ground;
#[path = "../pressure/mod.rs"]
#[expect(dead_code, reason = "the soak uses the rest")]
mod pressure;

mod args;
mod bound;
mod case;
mod cold;
mod warm;

use std::fs;
use std::process::ExitCode;

use clap::Parser as _;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

use args::{Args, From};
use case::Measured;
use ground::Outcome;
use ground::figures::{grouped, short};
use ground::process::processors;
use ground::table::Table;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("flood: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Outcome<()> {
    if processors()? < 2 {
        return Err("two processors at least: one for the daemon, one for the load".into());
    }
    let mut beside = CpuSet::new();
    beside.set(1)?;
    sched_setaffinity(Pid::from_raw(0), &beside)?;
    let bound = bound::octets()?;
    let mut all = Vec::new();
    for case in args.cases() {
        all.push(case::measure(args, case)?);
    }
    let text = format!("{}\n{}", remembered(&mut all), new(&all, bound)?);
    println!("{text}");
    for measured in &all {
        eprintln!("{}: {:?}", measured.case, measured.counters);
    }
    if let Some(file) = &args.markdown {
        fs::write(file, text)?;
    }
    let per_second = f64::from(u32::try_from(bound::default("evaluations_per_second")?)?);
    let broken: Vec<String> = all
        .iter()
        .flat_map(|it| verdict(args, it, bound, per_second))
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    Err(broken.join("\n").into())
}

/// The promises that were not kept.
fn verdict(args: &Args, measured: &Measured, bound: u64, per_second: f64) -> Vec<String> {
    let Measured { quiet, flooded, .. } = measured;
    // More clients than budgets, and an upstream that answers at once: only the budget of all is in the way, which is
    // full when a period begins.
    let is_free = measured.case.from == From::Many && measured.case.delay.is_zero();
    let permitted = per_second * (measured.flood_seconds + f64::from(args.rounds));
    let verdicts = f64::from(measured.cold.verdicts);
    let warm_failed = |warm: &warm::Warm| warm.lost() + warm.wrong + warm.undecided;
    let promises = [
        (
            measured.ratio() < args.ratio_max,
            "a remembered answer takes too long in a flood",
        ),
        (
            warm_failed(quiet) + warm_failed(flooded) == 0,
            "a remembered name got no answer, or a wrong one",
        ),
        (measured.cold.wrong == 0, "a new name got a wrong answer"),
        (
            !is_free || verdicts >= 0.9 * permitted,
            "fewer new names got their verdict than may",
        ),
        (
            verdicts <= 1.02 * permitted,
            "more new names got their verdict than may",
        ),
        (measured.cold.lost() == 0, "a new name got no answer"),
        (
            measured.rss_peak < bound,
            "more memory than the limits add up to",
        ),
        (measured.panics.is_empty(), "a panic"),
    ];
    let broken = promises.into_iter().filter(|(is_kept, _)| !is_kept);
    broken
        .map(|(_, what)| format!("{}: {what}", measured.case))
        .collect()
}

fn remembered(all: &mut [Measured]) -> Table {
    let mut table = Table::new(&[
        "path, flood, upstream",
        "quiet p50, us",
        "p99",
        "p99.9",
        "flooded p50, us",
        "p99",
        "p99.9",
        "p99 x quiet",
        "asked",
        "lost",
        "failed",
    ]);
    for measured in all {
        let ratio = measured.ratio();
        let Measured { quiet, flooded, .. } = measured;
        let mut row = vec![measured.case.to_string()];
        for warm in [&mut *quiet, &mut *flooded] {
            row.extend([500, 990, 999].map(|part| short(warm.latencies.micros(part))));
        }
        let sum = |of: fn(&warm::Warm) -> u32| (of(quiet) + of(flooded)).to_string();
        row.extend([
            short(ratio),
            sum(|warm| warm.asked),
            sum(warm::Warm::lost),
            sum(|warm| warm.wrong + warm.undecided),
        ]);
        table.push(row);
    }
    table
}

fn new(all: &[Measured], bound: u64) -> Outcome<Table> {
    let mut table = Table::new(&[
        "path, flood, upstream",
        "new names/s",
        "verdict, %",
        "SERVFAIL, %",
        "nothing, %",
        "wrong",
        "memory at most, MiB",
        "bound, MiB",
        "panics",
    ]);
    for measured in all {
        let cold = measured.cold;
        let percent = |count: u32| short(100.0 * f64::from(count) / f64::from(cold.asked));
        let mib = |octets: u64| Outcome::Ok(f64::from(u32::try_from(octets >> 20)?));
        table.push(vec![
            measured.case.to_string(),
            grouped(f64::from(cold.asked) / measured.flood_seconds),
            percent(cold.verdicts),
            percent(cold.undecided),
            percent(cold.lost()),
            cold.wrong.to_string(),
            grouped(mib(measured.rss_peak)?),
            grouped(mib(bound)?),
            measured.panics.len().to_string(),
        ]);
    }
    Ok(table)
}
