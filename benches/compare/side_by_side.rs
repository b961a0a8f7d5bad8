//! The scene `servers`: all side by side, with names that they know.

use clap::ValueEnum as _;

use super::args::Args;
use super::bed::Bed;
use super::ground::Outcome;
use super::ground::figures::short;
use super::ground::table::Table;
use super::load::{Latency, Until};
use super::names;
use super::rival::{Kind, Rival};
use super::sample::{Sample, median};

/// Seconds of the load that latency is measured under: its lines are kept, one for each answer.
const PACED_SECONDS: u32 = 2;

/// What is known of a server in the end.
struct Figures {
    rival: Rival,
    full: Vec<Sample>,
    paced: Vec<Sample>,
}

/// Measures each server in turn, and all of them again; gives the table.
pub(crate) fn run(args: &Args) -> Outcome<String> {
    let bed = Bed::start(args, &names::mail_zones())?;
    let queries = bed.queries(args.names)?;
    let mut all = Vec::new();
    for kind in kinds(args) {
        eprintln!("{}: starts, and learns {} names", kind.title(), args.names);
        all.push(Figures {
            rival: kind.start(&bed, args.names)?,
            full: Vec::new(),
            paced: Vec::new(),
        });
    }
    for round in 1..=args.rounds {
        for figures in &mut all {
            let load = bed.load(figures.rival.server);
            let take = |until| Sample::take(&figures.rival.process, &load, &queries, until);
            let full = take(Until::Seconds(args.seconds))?;
            let paced = take(Until::Paced(PACED_SECONDS, args.pace))?;
            let title = figures.rival.kind.title();
            eprintln!(
                "round {round}: {title}: {:.2} us{}",
                full.cost(),
                full.remark
            );
            figures.full.push(full);
            figures.paced.push(paced);
        }
    }
    Ok(table(args, &all).to_string())
}

fn kinds(args: &Args) -> Vec<Kind> {
    let is_wanted = |kind: &Kind| args.only.is_empty() || args.only.contains(kind);
    let all = Kind::value_variants().iter().copied();
    all.filter(is_wanted).collect()
}

fn table(args: &Args, all: &[Figures]) -> Table {
    let pace = args.pace;
    let paced = format!("at {pace}/s, us");
    let mut table = Table::new(&[
        "server",
        "CPU/answer, us",
        "lowest-highest",
        "x rbldnsd",
        "x echo",
        &paced,
        "answers/s",
        "lost",
        "failed",
        "p50, us",
        "p99, us",
        "octets/name",
    ]);
    let cost_of = |kind| {
        let found = all.iter().find(|figures| figures.rival.kind == kind);
        found.map_or(f64::NAN, |figures| median(&figures.full, Sample::cost))
    };
    let (rbldnsd, echo) = (cost_of(Kind::Rbldnsd), cost_of(Kind::Echo));
    for Figures { rival, full, paced } in all {
        let cost = median(full, Sample::cost);
        let costs = || full.iter().map(Sample::cost);
        let (lowest, highest) = (
            costs().fold(f64::MAX, f64::min),
            costs().fold(0.0, f64::max),
        );
        let sum = |of: fn(&Sample) -> u32| full.iter().chain(paced).map(of).sum::<u32>();
        let latency = |of: fn(&Latency) -> f64| {
            median(paced, |sample| {
                sample.report.latency.as_ref().map_or(f64::NAN, of)
            })
        };
        table.push(vec![
            rival.kind.title().to_owned(),
            short(cost),
            format!("{}-{}", short(lowest), short(highest)),
            short(cost / rbldnsd),
            short(cost / echo),
            short(median(paced, Sample::cost)),
            short(median(full, |sample| sample.report.rate())),
            sum(|sample| sample.report.lost).to_string(),
            sum(|sample| sample.report.failed).to_string(),
            short(latency(|latency| latency.median)),
            short(latency(|latency| latency.percentile_99)),
            short(rival.octets_a_name.unwrap_or(f64::NAN)),
        ]);
    }
    table
}
