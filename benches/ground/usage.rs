//! The processor time that a daemon has used, its child processes included.

use std::collections::VecDeque;
use std::fs;
use std::time::Duration;

use nix::time::ClockId;
use nix::unistd::{Pid, SysconfVar, sysconf};

use super::Outcome;

/// Processor time of a process and all below it, children that have ended included.
///
/// The kernel's clock of the process, which counts in nanoseconds, and threads that have ended as well; ended children
/// count in ticks.
pub(crate) fn processor_time(root: Pid) -> Outcome<Duration> {
    let mut total = Duration::ZERO;
    for pid in tree(root) {
        // One that ends meanwhile is in its parent's sum the next time.
        let Ok(clock) = ClockId::pid_cpu_clock_id(pid) else {
            continue;
        };
        total += Duration::from(clock.now()?) + ended_children(pid)?;
    }
    Ok(total)
}

/// The process and all below it.
pub(crate) fn tree(root: Pid) -> Vec<Pid> {
    let mut found = Vec::new();
    let mut left = VecDeque::from([root]);
    while let Some(pid) = left.pop_front() {
        found.push(pid);
        let threads = fs::read_dir(format!("/proc/{pid}/task"));
        for thread in threads.into_iter().flatten().flatten() {
            let text = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            let children = text.split_whitespace().filter_map(|pid| pid.parse().ok());
            left.extend(children.map(Pid::from_raw));
        }
    }
    found
}

/// Fields 16 and 17 of proc_pid_stat(5).
fn ended_children(pid: Pid) -> Outcome<Duration> {
    let Ok(text) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return Ok(Duration::ZERO);
    };
    // The second field, in parentheses, may have anything in it.
    let (_, fields) = text.rsplit_once(") ").ok_or("no parenthesis in stat")?;
    let times = fields.split(' ').skip(13).take(2);
    let ticks: u64 = times.map(|field| field.parse().unwrap_or(0)).sum();
    let per_second = sysconf(SysconfVar::CLK_TCK)?.unwrap_or(100);
    Ok(Duration::from_millis(
        ticks * 1000 / u64::try_from(per_second)?,
    ))
}
