//! The program that the benches are about: `bogusmx serve`.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::Outcome;
use super::process::{Process, Processors, plain};

/// The zone that it answers for, and all others that are measured.
pub(crate) const ZONE: &str = "bogusmx.local";

/// What a bench needs that a mail server does not: one client with new domains only, all of which stay in memory, and
/// no change of the user, after which the kernel would not end it with the bench.
const SETTINGS: &str = "user = \"root\"
log = \"info\"
max_ttl = \"1day\"
evaluations_per_second = 10000000
client_evaluations_per_second = 10000000
client_evaluations_burst = 10000000
cache_mib = 16384
";

/// How `bogusmx serve` is to run.
#[derive(Clone, Copy)]
pub(crate) struct Launch<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) on: &'a Processors,
    pub(crate) program: &'a Path,
    /// More than its configuration has.
    pub(crate) args: &'a [String],
    pub(crate) server: SocketAddr,
    pub(crate) upstream: SocketAddr,
    /// What it remembers names in over a restart.
    pub(crate) snapshot: Option<&'a Path>,
}

impl Launch<'_> {
    /// Starts it. It stops when dropped.
    pub(crate) fn start(self) -> Outcome<Process> {
        let mut process = self.start_without_waiting()?;
        process.wait_for("the ready line", || self.has_said("bogusmx ready on "))?;
        Ok(process)
    }

    /// Starts it, and does not wait until it is ready.
    pub(crate) fn start_without_waiting(self) -> Outcome<Process> {
        let folder = self.folder();
        fs::create_dir_all(&folder)?;
        let file = folder.join("bogusmx.toml");
        fs::write(&file, self.settings()?)?;
        let mut all = vec!["serve", "--config", plain(&file)?];
        all.extend(self.args.iter().map(String::as_str));
        Process::start("bogusmx", self.on, self.program, &all, &folder)
    }

    /// Whether there is this in what it has said.
    pub(crate) fn has_said(self, what: &str) -> Option<()> {
        let text = fs::read_to_string(self.folder().join("bogusmx.out")).ok()?;
        text.contains(what).then_some(())
    }

    fn settings(self) -> Outcome<String> {
        let Self {
            server, upstream, ..
        } = self;
        // A thread for each processor, as the others have.
        let threads = self.on.count();
        let mut text = format!(
            "listen = [\"{server}\"]\nupstream = [\"{upstream}\"]\nudp_threads = {threads}\n{SETTINGS}"
        );
        if let Some(snapshot) = self.snapshot {
            writeln!(text, "snapshot = \"{}\"", plain(snapshot)?)?;
        }
        Ok(text)
    }

    fn folder(self) -> PathBuf {
        self.folder.join(format!("bogusmx-{}", self.server))
    }
}
