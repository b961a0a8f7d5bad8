//! Memory, threads and open files of a process (proc_pid_status(5)).

use std::fs;

use nix::unistd::Pid;

use super::super::ground::Outcome;

/// What a process holds at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Condition {
    /// Memory that is resident, in octets.
    pub(crate) rss: u64,
    /// The most that has been since the start.
    pub(crate) rss_peak: u64,
    pub(crate) threads: u64,
    /// Open file descriptors, sockets among them.
    pub(crate) descriptors: u64,
    pub(crate) sockets: u64,
}

impl Condition {
    pub(crate) fn of(pid: Pid) -> Outcome<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let field = |name: &str| -> Outcome<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let value = line.ok_or_else(|| format!("no {name} in status"))?;
            Ok(value.trim().trim_end_matches(" kB").parse()?)
        };
        let (mut descriptors, mut sockets) = (0, 0);
        for entry in fs::read_dir(format!("/proc/{pid}/fd"))? {
            descriptors += 1;
            // One that is closed meanwhile is no socket any more.
            let target = fs::read_link(entry?.path()).unwrap_or_default();
            sockets += u64::from(target.to_string_lossy().starts_with("socket:"));
        }
        Ok(Self {
            rss: field("VmRSS:")? << 10,
            rss_peak: field("VmHWM:")? << 10,
            threads: field("Threads:")?,
            descriptors,
            sockets,
        })
    }
}
