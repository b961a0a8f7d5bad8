//! NSD: the name server that everything is looked up at, and one of those that are measured.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use super::process::{Process, Processors, installed, plain};
use super::{Outcome, question};

/// A zone and the records in it.
pub(crate) struct Zone {
    /// Without the dot at the end, but for the root, which is the dot.
    pub(crate) name: String,
    /// The master file, without SOA and NS.
    pub(crate) records: String,
}

impl Zone {
    /// How long everything stays in the caches: past the end of any bench.
    const SECONDS: &'static str = "86400";

    /// The whole master file.
    fn text(&self) -> String {
        let seconds = Self::SECONDS;
        let dot = if self.name == "." { "" } else { "." };
        let origin = format!("{}{dot}", self.name);
        format!(
            "$ORIGIN {origin}\n$TTL {seconds}\n\
             @ SOA ns{dot}{origin} hostmaster{dot}{origin} 1 3600 600 {seconds} {seconds}\n\
             @ NS ns{dot}{origin}\n{}",
            self.records
        )
    }
}

/// Serves the zones at `server`, by one process. It stops when dropped.
pub(crate) fn start(
    folder: &Path,
    name: &str,
    on: &Processors,
    server: SocketAddr,
    zones: &[Zone],
) -> Outcome<Process> {
    let folder = folder.join(name);
    fs::create_dir_all(&folder)?;
    let mut text = config(&folder, server);
    for (nth, zone) in zones.iter().enumerate() {
        fs::write(folder.join(format!("{nth}.zone")), zone.text())?;
        let name = &zone.name;
        writeln!(
            text,
            "zone:\n  name: \"{name}\"\n  zonefile: \"{nth}.zone\""
        )?;
    }
    let file = folder.join("nsd.conf");
    fs::write(&file, text)?;
    let program = installed("nsd", "nsd")?;
    let mut process = Process::start(name, on, &program, &["-d", "-c", plain(&file)?], &folder)?;
    let any = zones.last().map_or(".", |zone| &zone.name);
    process.wait_for("an answer", || {
        question::ask(server, any)
            .ok()
            .filter(|reply| reply.code == 0)
    })?;
    Ok(process)
}

/// Without a limit on the answers to one client, of which there is but one.
fn config(folder: &Path, server: SocketAddr) -> String {
    let folder = folder.display();
    let (address, port) = (server.ip(), server.port());
    format!(
        "server:\n\
         \x20 ip-address: {address}@{port}\n\
         \x20 username: \"\"\n\
         \x20 zonesdir: \"{folder}\"\n\
         \x20 database: \"\"\n\
         \x20 pidfile: \"\"\n\
         \x20 xfrdfile: \"{folder}/xfrd.state\"\n\
         \x20 zonelistfile: \"{folder}/zone.list\"\n\
         \x20 server-count: 1\n\
         \x20 rrl-ratelimit: 0\n\
         remote-control:\n\
         \x20 control-enable: no\n"
    )
}
