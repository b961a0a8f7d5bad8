//! One row: quiet and flooded periods in turn, so that whatever else the machine does hits both.

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use super::args::{Args, Case, FrontPath};
use super::cold::{self, Cold};
use super::ground::figures::short;
use super::ground::process::Processors;
use super::ground::{Outcome, address, folder};
use super::pressure::condition::Condition;
use super::pressure::daemon::{Daemon, Launch};
use super::pressure::upstream::Upstream;
use super::warm::{self, Warm};

/// The flood is there before what it does to others is measured, and does not end before that.
const EDGE: Duration = Duration::from_millis(300);

/// What came of it.
pub(crate) struct Measured {
    pub(crate) case: Case,
    pub(crate) quiet: Warm,
    pub(crate) flooded: Warm,
    pub(crate) cold: Cold,
    pub(crate) flood_seconds: f64,
    /// Octets of memory that were resident, at most.
    pub(crate) rss_peak: u64,
    pub(crate) panics: Vec<String>,
    pub(crate) counters: HashMap<String, u64>,
}

impl Measured {
    /// How many times as long a remembered answer takes in a flood.
    pub(crate) fn ratio(&self) -> f64 {
        self.flooded.latencies.clone().micros(990) / self.quiet.latencies.clone().micros(990)
    }
}

/// Measures one row.
pub(crate) fn measure(args: &Args, case: Case) -> Outcome<Measured> {
    let folder = folder()?;
    let upstream_address = address::name_server()?;
    let upstream = Upstream::start(upstream_address, case.delay)?;
    let flags: &[String] = match case.path {
        FrontPath::Fast => &[],
        FrontPath::Plain => &["--no-fast-path".to_owned()],
    };
    let daemon = Daemon::start(Launch {
        folder: folder.path(),
        on: &Processors::range(0, 0),
        program: &args.bogusmx,
        flags,
        settings: "",
        upstream: upstream_address,
    })?;
    warm::learn(&daemon, args.names)?;
    let mut measured = Measured {
        case,
        quiet: Warm::default(),
        flooded: Warm::default(),
        cold: Cold::default(),
        flood_seconds: 0.0,
        rss_peak: 0,
        panics: Vec::new(),
        counters: HashMap::new(),
    };
    let time = Duration::from_secs(u64::from(args.seconds));
    for round in 1..=args.rounds {
        daemon.wait_until_idle()?;
        let mut quiet = warm::ask(&daemon, args.names, args.pace, time)?;
        let (mut flooded, cold) = both(args, case, &daemon, time)?;
        daemon.check_alive()?;
        let p99 = [&mut quiet, &mut flooded].map(|warm| short(warm.latencies.micros(990)));
        eprintln!(
            "{case}, round {round}: p99 {} us, flooded {} us",
            p99[0], p99[1]
        );
        measured.quiet.extend(&quiet);
        measured.flooded.extend(&flooded);
        measured.cold.extend(cold);
        measured.flood_seconds += (time + EDGE * 2).as_secs_f64();
    }
    measured.counters = daemon.counters()?;
    measured.rss_peak = Condition::of(daemon.pid()?)?.rss_peak;
    measured.panics = daemon.panics()?;
    drop(daemon);
    drop(upstream);
    Ok(measured)
}

/// What is remembered, asked for in the middle of a flood.
fn both(args: &Args, case: Case, daemon: &Daemon, time: Duration) -> Outcome<(Warm, Cold)> {
    thread::scope(|scope| {
        let flood = scope.spawn(|| {
            let cold = cold::flood(daemon, case.from, args.flood, time + EDGE * 2);
            cold.map_err(|error| error.to_string())
        });
        thread::sleep(EDGE);
        let warm = warm::ask(daemon, args.names, args.pace, time)?;
        let cold = flood.join().map_err(|_panicked| "the flood panicked")??;
        Ok((warm, cold))
    })
}
