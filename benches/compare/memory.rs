//! What a daemon has in memory.

use std::fs;

use nix::unistd::Pid;

use super::ground::Outcome;
use super::ground::usage::tree;

/// Memory of a process and all below it, in octets; what several share counts once.
pub(crate) fn octets(root: Pid) -> Outcome<u64> {
    let mut total = 0;
    for pid in tree(root) {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kib: u64 = kib.ok_or("no Pss in smaps_rollup")?.trim().parse()?;
        total += kib * 1024;
    }
    Ok(total)
}
