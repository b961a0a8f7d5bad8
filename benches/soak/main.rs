//! Whether the daemon stays right, and stays as it is, for as long as one likes.
//!
//! ```sh
//! cargo bench --bench soak -- --minutes 30
//! cargo bench --bench soak -- --minutes 10 --rate 2000 --serve-args=--no-fast-path
//! ```
//!
//! Clients ask for a million names, some of them very often (Zipf), and for some that nobody ever asked for, over UDP from
//! many addresses and over TCP. Records live for one to five minutes, so that names end and are looked up again, and there
//! is memory for a part of the names only. The upstream fails now and then, each time in another way; the daemon reads its
//! tables again now and then. Every answer is checked: the right verdict is known from the name. "Undecided" is right only
//! while the upstream fails, and soon after (see `season`).
//!
//! It ends with an error if an answer was wrong, a query was lost, an answer was undecided without a reason, or if memory,
//! threads, open files or tasks have grown (see `growth`), or the daemon has ended or panicked.
//!
//! It takes root, for an address and ports of its own.
//!
//! | file | what it does |
//! | --- | --- |
//! | `args` | what can be chosen |
//! | `names` | which names are asked for |
//! | `load`, `udp`, `tcp` | the clients |
//! | `season` | when the upstream fails, and how |
//! | `tally` | what came of all queries |
//! | `growth` | what the daemon holds, and whether it grows |

#![expect(clippy::print_stdout, reason = "the tables are what it is for")]
#![expect(clippy::print_stderr, reason = "a bench of minutes says where it is")]

#[path = "../ground/mod.rs"]
#[expect(dead_code, reason = "the other benches use the rest")]
mod ground;
#[path = "../pressure/mod.rs"]
#[expect(dead_code, reason = "the flood uses the rest")]
mod pressure;

mod args;
mod growth;
mod load;
mod names;
mod season;
mod tally;
mod tcp;
mod udp;

use std::fs;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser as _;
use nix::sys::signal::Signal;

use args::Args;
use ground::process::{Processors, processors};
use ground::{Outcome, address, folder};
use growth::Sample;
use load::Load;
use names::Names;
use pressure::daemon::{Daemon, Launch};
use pressure::upstream::Upstream;
use season::{Calendar, FAILURE_KEPT, Season};
use tally::Tally;

/// Between two looks at what is to be done.
const TICK: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Outcome<()> {
    let folder = folder()?;
    let upstream_address = address::name_server()?;
    let upstream = Upstream::start(upstream_address, Duration::ZERO)?;
    // Nothing is remembered in the beginning, so that thousands of names are new in the first seconds.
    let settings = format!(
        "cache_mib = {}\nundecided_max_ttl = \"{}s\"\nevaluations_per_second = 10000\n",
        args.cache_mib,
        FAILURE_KEPT.as_secs()
    );
    let daemon = Daemon::start(Launch {
        folder: folder.path(),
        on: &Processors::range(0, processors()? - 1),
        program: &args.bogusmx,
        flags: &args.serve_args,
        settings: &settings,
        upstream: upstream_address,
    })?;
    let (calendar, tally) = (Calendar::new(), Tally::default());
    let load = Load {
        server: daemon.server,
        names: Names::new(args.names, args.cold_percent)?,
        calendar: &calendar,
        tally: &tally,
    };
    let time = Duration::from_secs_f64(args.minutes * 60.0);
    let is_over = AtomicBool::new(false);
    let (calm, trouble) = (args.calm_seconds, args.fault_seconds);
    let [calm, trouble] = [calm, trouble].map(Duration::from_secs);
    let samples = thread::scope(|scope| {
        scope.spawn(|| calendar.turn(&upstream, calm, trouble, &is_over));
        let clients = scope.spawn(|| {
            let outcome = load.run(args, time);
            is_over.store(true, Ordering::Relaxed);
            outcome.map_err(|error| error.to_string())
        });
        let samples = watch(args, &daemon, &load, &is_over);
        is_over.store(true, Ordering::Relaxed);
        clients.join().map_err(|_panicked| "the load panicked")??;
        samples
    })?;
    report(args, &daemon, &tally, &samples)
}

/// Looks at the daemon again and again, and has it read its tables, until it is over.
fn watch(
    args: &Args,
    daemon: &Daemon,
    load: &Load<'_>,
    is_over: &AtomicBool,
) -> Outcome<Vec<Sample>> {
    let start = Instant::now();
    let [every, reload] = [args.sample_seconds, args.reload_seconds].map(Duration::from_secs);
    let (mut next_sample, mut next_reload) = (every, reload);
    let mut samples = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        thread::sleep(TICK);
        daemon.check_alive()?;
        let at = start.elapsed();
        if at >= next_reload {
            next_reload += reload;
            daemon.signal(Signal::SIGHUP)?;
        }
        if at >= next_sample {
            next_sample += every;
            let season = load.calendar.now();
            let sample = Sample::take(daemon, at, season == Season::Calm)?;
            let (mib, tasks) = (sample.condition.rss >> 20, sample.tasks);
            let (files, domains) = (sample.condition.descriptors, sample.remembered);
            let seconds = at.as_secs();
            let so_far = load.tally.line();
            eprintln!(
                "{seconds} s, {season:?}: {so_far}; {mib} MiB, {domains} domains, {files} files, {tasks} tasks"
            );
            samples.push(sample);
        }
    }
    Ok(samples)
}

fn report(args: &Args, daemon: &Daemon, tally: &Tally, samples: &[Sample]) -> Outcome<()> {
    let mut complaints = tally.complaints();
    complaints.extend(daemon.panics()?);
    let growth = growth::judge(samples)?;
    complaints.extend(growth.complaints);
    let text = format!("{}\n{}", tally.table(), growth.table);
    println!("{text}");
    eprintln!("{:?}", daemon.counters()?);
    if let Some(file) = &args.markdown {
        fs::write(file, text)?;
    }
    if complaints.is_empty() {
        return Ok(());
    }
    Err(complaints.join("\n").into())
}
