//! The scene `memory`: what names take that are not listed and have one exchanger with one address, as nearly all have,
//! and what a restart costs.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::args::Args;
use super::bed::Bed;
use super::ground::Outcome;
use super::ground::bogusmx::ZONE;
use super::ground::figures::{grouped, short};
use super::ground::question::{self, Reply};
use super::ground::table::Table;
use super::{fill, memory, names};

/// Far more than a start takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two questions of a start; its figures are no finer.
const PAUSE: Duration = Duration::from_micros(500);

/// The names of the target for a restart.
const RESTART_NAMES: u32 = 1_000_000;

/// What is known of one start.
struct Row {
    names: u32,
    how: &'static str,
    octets: u64,
    times: Option<Times>,
}

/// From exec on, but for the last.
struct Times {
    first_answer: Duration,
    all_remembered: Duration,
    slowest_answer: Duration,
}

/// Learns names, restarts, and starts with more names than can be learnt in a short time; gives the table.
pub(crate) fn run(args: &Args) -> Outcome<String> {
    let bed = Bed::start(args, &names::mail_zones())?;
    let snapshot = bed.folder.path().join("snapshot");
    let (empty, learnt) = learn(&bed, &snapshot)?;
    let mut rows = vec![
        learnt,
        restart(&bed, &snapshot, args.names, "after a restart")?,
    ];
    for names in BTreeSet::from([RESTART_NAMES, args.names_max.max(RESTART_NAMES)]) {
        eprintln!("bogusmx: starts with {names} names");
        fill::write_snapshot(&snapshot, names, names::plain_domain)?;
        rows.push(restart(&bed, &snapshot, names, "from a snapshot")?);
    }
    table(empty, &rows)
}

/// Has names looked up; gives what memory it took before, and after. In the end the snapshot is written.
fn learn(bed: &Bed<'_>, snapshot: &Path) -> Outcome<(u64, Row)> {
    let count = bed.args.names;
    let on = Bed::measured();
    let launch = bed.launch(&on, Some(snapshot))?;
    let process = launch.start()?;
    let empty = memory::octets(process.pid()?)?;
    eprintln!("bogusmx: learns {count} names");
    let queries = bed.folder.path().join("plain");
    names::write_queries(&queries, 0..count, names::plain_domain)?;
    bed.warm_up_with(launch.server, &queries)?;
    let learnt = Row {
        names: count,
        how: "looked up",
        octets: memory::octets(process.pid()?)?,
        times: None,
    };
    Ok((empty, learnt))
}

/// Starts bogusmx, and asks it about new domains until it has the whole snapshot.
fn restart(bed: &Bed<'_>, snapshot: &Path, names: u32, how: &'static str) -> Outcome<Row> {
    let on = Bed::measured();
    let launch = bed.launch(&on, Some(snapshot))?;
    let began = Instant::now();
    let process = launch.start_without_waiting()?;
    let (mut first_answer, mut slowest_answer) = (None, Duration::ZERO);
    for number in 0.. {
        let asked = Instant::now();
        if is_listed(launch.server, number) {
            match first_answer {
                None => first_answer = Some(began.elapsed()),
                Some(_) => slowest_answer = slowest_answer.max(asked.elapsed()),
            }
        }
        let has_all = launch.has_said(&format!("{names} domains remembered"));
        if let (Some(first_answer), Some(())) = (first_answer, has_all) {
            let all_remembered = began.elapsed();
            let times = Times {
                first_answer,
                all_remembered,
                slowest_answer,
            };
            let octets = memory::octets(process.pid()?)?;
            return Ok(Row {
                names,
                how,
                octets,
                times: Some(times),
            });
        }
        if began.elapsed() > PATIENCE {
            break;
        }
        thread::sleep(PAUSE);
    }
    Err(format!("bogusmx has not read its {names} names").into())
}

/// Whether a domain that it has not been asked about before is.
fn is_listed(server: SocketAddr, number: u32) -> bool {
    let listed = Reply {
        code: 0,
        answers: 1,
    };
    let name = format!("{}.{ZONE}", names::domain(2 * number));
    question::ask(server, &name).is_ok_and(|reply| reply == listed)
}

fn table(empty: u64, rows: &[Row]) -> Outcome<String> {
    let mut table = Table::new(&[
        "how",
        "names",
        "octets/name",
        "memory, MiB",
        "first answer, ms",
        "all remembered, ms",
        "slowest answer meanwhile, ms",
    ]);
    for row in rows {
        let kib = u32::try_from(row.octets.saturating_sub(empty) >> 10)?;
        let names = f64::from(row.names);
        let time = |of: fn(&Times) -> Duration| {
            let time = row.times.as_ref().map(of);
            short(time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3))
        };
        table.push(vec![
            row.how.to_owned(),
            grouped(names),
            short(f64::from(kib) * 1024.0 / names),
            grouped(f64::from(u32::try_from(row.octets >> 20)?)),
            time(|times| times.first_answer),
            time(|times| times.all_remembered),
            time(|times| times.slowest_answer),
        ]);
    }
    Ok(table.to_string())
}
