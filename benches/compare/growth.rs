//! The scene `names`: cost and memory against the number of names, of bogusmx and rbldnsd.

use std::fs;

use super::args::Args;
use super::bed::Bed;
use super::chart::{Chart, Line};
use super::ground::Outcome;
use super::ground::figures::{grouped, short};
use super::ground::table::Table;
use super::load::Until;
use super::rival::Kind;
use super::sample::{Sample, median};
use super::{fill, memory, names};

/// How many names there may be.
const COUNTS: [u32; 4] = [10_000, 100_000, 1_000_000, 5_000_000];

/// One server with so many names.
struct Point {
    kind: Kind,
    names: u32,
    cost: f64,
    rate: f64,
    memory_octets: u64,
}

/// Measures both with more and more names; gives the table.
pub(crate) fn run(args: &Args) -> Outcome<String> {
    let bed = Bed::start(args, &names::mail_zones())?;
    let counts = COUNTS.into_iter().filter(|count| *count <= args.names_max);
    let mut points = Vec::new();
    let (on, snapshot) = (Bed::measured(), bed.folder.path().join("snapshot"));
    for count in counts {
        eprintln!("bogusmx: learns {count} names");
        fill::write_snapshot(&snapshot, count, names::domain)?;
        let launch = bed.launch(&on, Some(&snapshot))?;
        let mut process = launch.start()?;
        let loaded = format!("{count} domains remembered");
        process.wait_for("the snapshot", || launch.has_said(&loaded))?;
        let server = launch.server;
        bed.warm_up(server, count)?;
        let rbldnsd = Kind::Rbldnsd.start(&bed, count)?;
        let both = [
            (Kind::Bogusmx, &process, server),
            (Kind::Rbldnsd, &rbldnsd.process, rbldnsd.server),
        ];
        let mut samples = both.map(|_| Vec::new());
        for _ in 0..args.rounds {
            for ((kind, process, server), samples) in both.iter().zip(&mut samples) {
                let until = Until::Seconds(args.seconds);
                let queries = bed.queries(count)?;
                let sample = Sample::take(process, &bed.load(*server), &queries, until)?;
                let (title, cost) = (kind.title(), sample.cost());
                eprintln!("{count} names: {title}: {cost:.2} us{}", sample.remark);
                samples.push(sample);
            }
        }
        for ((kind, process, _), samples) in both.iter().zip(&samples) {
            let point = Point {
                kind: *kind,
                names: count,
                cost: median(samples, Sample::cost),
                rate: median(samples, |sample| sample.report.rate()),
                memory_octets: memory::octets(process.pid()?)?,
            };
            points.push(point);
        }
    }
    if let Some(file) = &args.svg {
        fs::write(file, chart(&points).to_string())?;
    }
    table(&points)
}

fn table(points: &[Point]) -> Outcome<String> {
    let mut table = Table::new(&[
        "server",
        "names",
        "CPU/answer, us",
        "answers/s",
        "memory, MiB",
    ]);
    for point in points {
        let mib = u32::try_from(point.memory_octets >> 20)?;
        table.push(vec![
            point.kind.title().to_owned(),
            grouped(f64::from(point.names)),
            short(point.cost),
            short(point.rate),
            grouped(f64::from(mib)),
        ]);
    }
    Ok(table.to_string())
}

fn chart(points: &[Point]) -> Chart {
    let line = |kind: Kind| Line {
        name: kind.title(),
        points: points
            .iter()
            .filter(|point| point.kind == kind)
            .map(|point| (f64::from(point.names), point.cost))
            .collect(),
    };
    Chart {
        title: "Processor time of a remembered answer",
        across: "names",
        upwards: "microseconds for an answer",
        is_logarithmic: true,
        lines: vec![line(Kind::Bogusmx), line(Kind::Rbldnsd)],
    }
}
