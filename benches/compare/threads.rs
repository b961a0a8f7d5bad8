//! The scene `threads`: what more processors, and with them threads, are good for. bogusmx has them for itself, since its
//! queries are there before it begins (see `drain`).

use std::fs;
use std::net::SocketAddr;

use super::args::Args;
use super::bed::Bed;
use super::chart::{Chart, Line};
use super::drain::{Drained, drain};
use super::ground::Outcome;
use super::ground::figures::{median, micros_each, short};
use super::ground::process::{Process, Processors, processors};
use super::ground::table::Table;
use super::names;

/// How often the queues are emptied in a round. Each time they are filled from other ports, which the kernel spreads over
/// the threads in another way.
const TIMES: u32 = 20;

/// The server with so many processors.
struct Point {
    threads: u32,
    process: Process,
    server: SocketAddr,
    drained: Vec<Drained>,
}

/// Measures with one processor, two, four and so on, in turn; gives the table.
pub(crate) fn run(args: &Args) -> Outcome<String> {
    let bed = Bed::start(args, &names::mail_zones())?;
    let mut points = Vec::new();
    let mut threads = 1;
    while threads <= processors()? {
        let (process, server) = bed.bogusmx(&Processors::range(0, threads - 1))?;
        eprintln!("{threads} threads: learns {} names", args.names);
        bed.warm_up(server, args.names)?;
        points.push(Point {
            threads: u32::try_from(threads)?,
            process,
            server,
            drained: Vec::new(),
        });
        threads *= 2;
    }
    for _ in 0..args.rounds * TIMES {
        for point in &mut points {
            let drained = drain(&point.process, point.server, point.threads, args.names)?;
            point.drained.push(drained);
        }
    }
    if let Some(file) = &args.svg {
        fs::write(file, chart(&points).to_string())?;
    }
    Ok(table(&points))
}

impl Point {
    fn median(&self, of: fn(&Drained) -> f64) -> f64 {
        median(self.drained.iter().map(of).collect())
    }

    fn rate(&self) -> f64 {
        self.median(Drained::rate)
    }

    fn cost(&self) -> f64 {
        self.median(|drained| micros_each(drained.time, drained.answered))
    }
}

fn table(points: &[Point]) -> String {
    let mut table = Table::new(&[
        "threads",
        "answers/s",
        "x one thread",
        "CPU/answer, us",
        "answers",
        "lost",
    ]);
    let one = points.first().map_or(f64::NAN, Point::rate);
    for point in points {
        let sum = |of: fn(&Drained) -> u32| point.drained.iter().map(of).sum::<u32>();
        table.push(vec![
            point.threads.to_string(),
            short(point.rate()),
            short(point.rate() / one),
            short(point.cost()),
            short(f64::from(sum(|drained| drained.answered))),
            sum(|drained| drained.lost).to_string(),
        ]);
    }
    table.to_string()
}

fn chart(points: &[Point]) -> Chart {
    let cost = |point: &Point| (f64::from(point.threads), point.cost());
    Chart {
        title: "Processor time of a remembered answer",
        across: "threads",
        upwards: "microseconds for an answer",
        is_logarithmic: false,
        lines: vec![Line {
            name: "bogusmx",
            points: points.iter().map(cost).collect(),
        }],
    }
}
