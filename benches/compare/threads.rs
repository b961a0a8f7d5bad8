//! The scene `threads`: cost against the number of processors that bogusmx has, and with them threads.
//!
//! The load has the other processors. When there are none left it shares those of the server, and answers a second say
//! how the two get along; what counts then is answers for each second of the server's own processor time. If that stays
//! the same, the threads do not hinder each other.

use std::fs;

use super::args::Args;
use super::bed::Bed;
use super::chart::{Chart, Line};
use super::ground::Outcome;
use super::ground::figures::short;
use super::ground::process::{Processors, processors};
use super::ground::table::Table;
use super::load::{Load, Until};
use super::names;
use super::sample::{Sample, median};

/// Enough for every socket of the server to get its part.
const CLIENTS: u32 = 16;

/// The server with so many processors.
struct Point {
    threads: usize,
    from: Processors,
    samples: Vec<Sample>,
}

/// Measures with one processor, two, four and so on; gives the table.
pub(crate) fn run(args: &Args) -> Outcome<String> {
    let bed = Bed::start(args, &names::mail_zones())?;
    let queries = bed.queries(args.names)?;
    let last = processors()? - 1;
    let mut points = Vec::new();
    let mut threads = 1;
    while threads <= last + 1 {
        let on = Processors::range(0, threads - 1);
        let first = if threads <= last { threads } else { 0 };
        let from = Processors::range(first, last);
        let (process, server) = bed.bogusmx(&on)?;
        eprintln!("{threads} threads: learns {} names", args.names);
        bed.warm_up(server, args.names)?;
        let load = Load {
            from: from.clone(),
            clients: CLIENTS,
            ..bed.load(server)
        };
        let mut samples = Vec::new();
        for _ in 0..args.rounds {
            let until = Until::Seconds(args.seconds);
            samples.push(Sample::take(&process, &load, &queries, until)?);
        }
        points.push(Point {
            threads,
            from,
            samples,
        });
        threads *= 2;
    }
    if let Some(file) = &args.svg {
        fs::write(file, chart(&points)?.to_string())?;
    }
    Ok(table(&points))
}

fn table(points: &[Point]) -> String {
    let mut table = Table::new(&[
        "threads",
        "load on CPU",
        "CPU/answer, us",
        "answers per CPU second",
        "CPUs in use",
        "answers/s",
        "lost",
    ]);
    for Point {
        threads,
        from,
        samples,
    } in points
    {
        let cost = median(samples, Sample::cost);
        let lost: u32 = samples.iter().map(|sample| sample.report.lost).sum();
        table.push(vec![
            threads.to_string(),
            from.to_string(),
            short(cost),
            short(1e6 / cost),
            short(median(samples, Sample::processors)),
            short(median(samples, |sample| sample.report.rate())),
            lost.to_string(),
        ]);
    }
    table.to_string()
}

fn chart(points: &[Point]) -> Outcome<Chart> {
    let mut line = Vec::new();
    for point in points {
        let threads = f64::from(u32::try_from(point.threads)?);
        line.push((threads, median(&point.samples, Sample::cost)));
    }
    Ok(Chart {
        title: "Processor time of a remembered answer",
        across: "threads",
        upwards: "microseconds for an answer",
        is_logarithmic: false,
        lines: vec![Line {
            name: "bogusmx",
            points: line,
        }],
    })
}
