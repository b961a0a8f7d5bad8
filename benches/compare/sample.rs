//! One measurement: some load, and what the server used under it.

use std::path::Path;
use std::time::Duration;

use super::ground::process::Process;
use super::ground::{Outcome, figures, usage};
use super::load::{Load, Report, Until};
use super::others;

/// What the load says of the answers, and the processor time that they took.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) time: Duration,
    pub(crate) report: Report,
    /// Whether other programs were in the way; empty if not.
    pub(crate) remark: String,
}

impl Sample {
    /// Puts the load on the server.
    pub(crate) fn take(
        process: &Process,
        load: &Load,
        queries: &Path,
        until: Until,
    ) -> Outcome<Self> {
        let pid = process.pid()?;
        let (before, busy) = (usage::processor_time(pid)?, others::busy()?);
        let report = load.run(queries, until)?;
        let time = usage::processor_time(pid)?.saturating_sub(before);
        let busy = others::busy()?.saturating_sub(busy);
        Ok(Self {
            remark: others::remark(busy, time, report.seconds),
            time,
            report,
        })
    }

    /// Microseconds of processor time for one answer.
    pub(crate) fn cost(&self) -> f64 {
        figures::micros_each(self.time, self.report.answered)
    }
}

/// The median of something over all samples.
pub(crate) fn median(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    figures::median(samples.iter().map(of).collect())
}
