//! The scene `cold`: domains that bogusmx is asked about for the first time, with one exchanger each, so with three
//! questions to the name server: MX, A and AAAA. No two domains share anything.

use super::args::Args;
use super::bed::Bed;
use super::ground::Outcome;
use super::ground::figures::short;
use super::ground::table::Table;
use super::load::{Latency, Until};
use super::names;
use super::sample::{Sample, median};

/// How many domains are being looked up at a time. dnsperf itself pauses when there are fewer.
const UNDER_WAY: [u32; 3] = [16, 64, 256];

/// Domains of each measurement.
const DOMAINS: u32 = 10_000;

/// Measures with more and more domains in work; gives the table.
pub(crate) fn run(args: &Args) -> Outcome<String> {
    let bed = Bed::start(args, &[names::cold_zone(DOMAINS)?])?;
    let queries = bed.folder.path().join("cold");
    names::write_queries(&queries, 0..DOMAINS, names::cold_domain)?;
    let mut all = UNDER_WAY.map(|under_way| (under_way, Vec::new()));
    for round in 1..=args.rounds {
        for (under_way, samples) in &mut all {
            // A new one each time: it must not remember anything.
            let (process, server) = bed.bogusmx(&Bed::measured())?;
            let load = bed.load(server);
            let sample = Sample::take(&process, &load, &queries, Until::AllNoted(*under_way))?;
            let (cost, remark) = (sample.cost(), &sample.remark);
            eprintln!("round {round}: {under_way} under way: {cost:.1} us{remark}");
            samples.push(sample);
        }
    }
    let mut table = Table::new(&[
        "under way",
        "CPU/domain, us",
        "domains/s",
        "p50, us",
        "p99, us",
        "lost",
        "failed",
    ]);
    for (under_way, samples) in &all {
        let sum = |of: fn(&Sample) -> u32| samples.iter().map(of).sum::<u32>();
        let latency = |of: fn(&Latency) -> f64| {
            median(samples, |sample| {
                sample.report.latency.as_ref().map_or(f64::NAN, of)
            })
        };
        table.push(vec![
            under_way.to_string(),
            short(median(samples, Sample::cost)),
            short(median(samples, |sample| sample.report.rate())),
            short(latency(|latency| latency.median)),
            short(latency(|latency| latency.percentile_99)),
            sum(|sample| sample.report.lost).to_string(),
            sum(|sample| sample.report.failed).to_string(),
        ]);
    }
    Ok(table.to_string())
}
