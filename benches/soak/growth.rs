//! What the daemon holds, looked at again and again, and whether it grows.

use std::time::Duration;

use super::ground::Outcome;
use super::ground::figures::{grouped, median};
use super::ground::table::Table;
use super::pressure::condition::Condition;
use super::pressure::daemon::Daemon;

/// Of the whole time, this part is warm-up: the memory for names fills, and all kinds of faults have not been yet.
const WARM_UP: f64 = 0.25;

/// Memory has grown if its median in the last third is above that of the first third by more than a tenth and this.
const MEMORY_SLACK: f64 = 4.0 * 1024.0 * 1024.0;

/// What is counted has grown if its median is above by more than a quarter and this.
const COUNT_SLACK: f64 = 16.0;

/// One look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) at: Duration,
    /// Whether the upstream is well, and has been for some time. Otherwise work piles up, as it must.
    pub(crate) is_calm: bool,
    pub(crate) condition: Condition,
    /// Domains that are remembered.
    pub(crate) remembered: u64,
    /// Tasks of the runtime.
    pub(crate) tasks: u64,
}

impl Sample {
    pub(crate) fn take(daemon: &Daemon, at: Duration, is_calm: bool) -> Outcome<Self> {
        let counters = daemon.counters()?;
        let counter = |name: &str| counters.get(name).copied();
        Ok(Self {
            at,
            is_calm,
            condition: Condition::of(daemon.pid()?)?,
            remembered: counter("remembered_domains").ok_or("no count of domains")?,
            tasks: counter("tasks").ok_or("no count of tasks")?,
        })
    }
}

/// One thing that must not grow.
struct Measure {
    title: &'static str,
    of: fn(&Sample) -> f64,
    unit: f64,
    factor: f64,
    slack: f64,
}

const MIB: f64 = 1024.0 * 1024.0;

const MEASURES: [Measure; 5] = [
    Measure {
        title: "memory, MiB",
        of: |sample| number(sample.condition.rss),
        unit: MIB,
        factor: 1.1,
        slack: MEMORY_SLACK,
    },
    Measure::counted("threads", |sample| number(sample.condition.threads)),
    Measure::counted("open files", |sample| number(sample.condition.descriptors)),
    Measure::counted("sockets", |sample| number(sample.condition.sockets)),
    Measure::counted("tasks", |sample| number(sample.tasks)),
];

impl Measure {
    const fn counted(title: &'static str, of: fn(&Sample) -> f64) -> Self {
        Self {
            title,
            of,
            unit: 1.0,
            factor: 1.25,
            slack: COUNT_SLACK,
        }
    }
}

/// What the samples say.
pub(crate) struct Growth {
    pub(crate) table: Table,
    pub(crate) complaints: Vec<String>,
}

/// Compares the first third after the warm-up with the last one, by the samples that were taken in calm.
pub(crate) fn judge(samples: &[Sample]) -> Outcome<Growth> {
    let end = samples.last().ok_or("no sample")?.at;
    let begin = end.mul_f64(WARM_UP);
    let third = (end - begin) / 3;
    let within = |from: Duration, to: Duration| -> Vec<&Sample> {
        let calm = samples.iter().filter(|sample| sample.is_calm);
        calm.filter(|sample| from <= sample.at && sample.at <= to)
            .collect()
    };
    let (first, last) = (within(begin, begin + third), within(end - third, end));
    if first.is_empty() || last.is_empty() {
        return Err("too short for a sample in calm both early and late: more minutes".into());
    }
    let mut table = Table::new(&["", "first third", "last third", "at most", "grew"]);
    let mut complaints = Vec::new();
    for measure in MEASURES {
        let Measure {
            title, of, unit, ..
        } = measure;
        let middle = |samples: &[&Sample]| median(samples.iter().map(|it| of(it)).collect());
        let (early, late) = (middle(&first), middle(&last));
        let has_grown = late > early * measure.factor + measure.slack;
        let most = samples.iter().map(of).fold(0.0, f64::max);
        let figure = |value: f64| grouped(value / unit);
        table.push(vec![
            title.to_owned(),
            figure(early),
            figure(late),
            figure(most),
            if has_grown { "yes" } else { "no" }.to_owned(),
        ]);
        if has_grown {
            let (early, late) = (figure(early), figure(late));
            complaints.push(format!("{title} grew from {early} to {late}"));
        }
    }
    Ok(Growth { table, complaints })
}

/// Exact for all that is counted here.
fn number(count: u64) -> f64 {
    count.to_string().parse().unwrap_or(f64::NAN)
}
