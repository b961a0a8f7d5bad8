//! The program that the benches are about: `bogusmx serve`.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use super::Outcome;
use super::process::{Process, Processors, plain};

/// The zone that it answers for, and all others that are measured.
pub(crate) const ZONE: &str = "bogusmx.local";

/// What a bench needs that a mail server does not: one client with new domains only, all of which stay in memory, and
/// no change of the user, after which the kernel would not end it with the bench.
const SETTINGS: &str = "user = \"root\"
log = \"warn\"
max_ttl = \"1day\"
client_evaluations_per_second = 10000000
client_evaluations_burst = 10000000
cache_mib = 16384
";

/// Starts `program` with `args` more than its configuration. It stops when dropped.
pub(crate) fn start(
    folder: &Path,
    on: &Processors,
    program: &Path,
    args: &[String],
    server: SocketAddr,
    upstream: SocketAddr,
) -> Outcome<Process> {
    let folder = folder.join("bogusmx");
    fs::create_dir_all(&folder)?;
    let file = folder.join("bogusmx.toml");
    // A thread for each processor, as the others have.
    let threads = on.count();
    let text = format!(
        "listen = [\"{server}\"]\nupstream = [\"{upstream}\"]\nudp_threads = {threads}\n{SETTINGS}"
    );
    fs::write(&file, text)?;
    let mut all = vec!["serve", "--config", plain(&file)?];
    all.extend(args.iter().map(String::as_str));
    let mut process = Process::start("bogusmx", on, program, &all, &folder)?;
    let output = folder.join("bogusmx.out");
    process.wait_for("the ready line", || {
        let text = fs::read_to_string(&output).ok()?;
        text.contains("bogusmx ready on ").then_some(())
    })?;
    Ok(process)
}
