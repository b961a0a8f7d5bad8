//! What other programs do on the processor that is being measured. They push the server out of the processor's caches,
//! and make its answers wait: with much of it, measure again.

use std::fs;
use std::time::Duration;

use nix::unistd::{SysconfVar, sysconf};

use super::ground::Outcome;

/// More of the time than this is worth a word.
const PERCENT_MAX: f64 = 5.0;

/// Time that processor 0 has spent on programs so far: the first three fields of its line in proc_stat(5).
pub(crate) fn busy() -> Outcome<Duration> {
    let text = fs::read_to_string("/proc/stat")?;
    let line = text.lines().find_map(|line| line.strip_prefix("cpu0 "));
    let fields = line.ok_or("no cpu0 in /proc/stat")?.split(' ').take(3);
    let ticks: u64 = fields.map(|field| field.parse().unwrap_or(0)).sum();
    let per_second = u64::try_from(sysconf(SysconfVar::CLK_TCK)?.unwrap_or(100))?;
    Ok(Duration::from_millis(ticks * 1000 / per_second))
}

/// What to say of it, if there was much: `busy` in all, of which `own` was the server's, in so many seconds.
pub(crate) fn remark(busy: Duration, own: Duration, seconds: f64) -> String {
    let percent = busy.saturating_sub(own).as_secs_f64() / seconds * 100.0;
    if percent > PERCENT_MAX {
        format!(" (others had {percent:.0} % of its processor)")
    } else {
        String::new()
    }
}
