//! `bogusmx serve` as its users run it: with its default limits but for what a bench wants, its log and its counters.

use std::collections::HashMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::super::ground::process::{Process, Processors, plain};
use super::super::ground::{Outcome, address, usage};

/// The port of bogusmx; the address is one of its own.
const PORT: u16 = 5300;

/// No change of the user, after which the kernel would not end it with the bench.
const SETTINGS: &str = "user = \"root\"\nlog = \"info\"\n";

/// Longer than the daemon needs to write a line.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Without any work for so long, it has none.
const IDLE: Duration = Duration::from_millis(500);

/// Work in that time that is none: timers, the runtime's look around.
const IDLE_WORK: Duration = Duration::from_millis(5);

/// How it is to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Launch<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) on: &'a Processors,
    pub(crate) program: &'a Path,
    /// Flags of `bogusmx serve`.
    pub(crate) flags: &'a [String],
    /// Lines of its configuration.
    pub(crate) settings: &'a str,
    pub(crate) upstream: SocketAddr,
}

/// The daemon. It stops when dropped.
pub(crate) struct Daemon {
    process: Process,
    pub(crate) server: SocketAddrV4,
    log: PathBuf,
}

impl Daemon {
    pub(crate) fn start(launch: Launch<'_>) -> Outcome<Self> {
        let server = SocketAddrV4::new(address::loopback()?, PORT);
        let folder = launch.folder.join(format!("bogusmx-{}", server.ip()));
        fs::create_dir_all(&folder)?;
        let file = folder.join("bogusmx.toml");
        let (upstream, more) = (launch.upstream, launch.settings);
        let text =
            format!("listen = [\"{server}\"]\nupstream = [\"{upstream}\"]\n{SETTINGS}{more}");
        fs::write(&file, text)?;
        let mut args = vec!["serve", "--config", plain(&file)?];
        args.extend(launch.flags.iter().map(String::as_str));
        let mut process = Process::start("bogusmx", launch.on, launch.program, &args, &folder)?;
        let log = folder.join("bogusmx.out");
        process.wait_for("the ready line", || {
            let text = fs::read_to_string(&log).ok()?;
            text.contains("bogusmx ready on ").then_some(())
        })?;
        Ok(Self {
            process,
            server,
            log,
        })
    }

    pub(crate) fn pid(&self) -> Outcome<Pid> {
        self.process.pid()
    }

    pub(crate) fn signal(&self, signal: Signal) -> Outcome<()> {
        Ok(kill(self.pid()?, signal)?)
    }

    /// What it has counted since the start, by name.
    pub(crate) fn counters(&self) -> Outcome<HashMap<String, u64>> {
        let before = self.counted()?.len();
        self.signal(Signal::SIGUSR1)?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let lines = self.counted()?;
            if let Some(last) = lines.last().filter(|_| lines.len() > before) {
                let words = last.split_whitespace().filter_map(|it| it.split_once('='));
                let counters =
                    words.filter_map(|(name, count)| Some((name.to_owned(), count.parse().ok()?)));
                return Ok(counters.collect());
            }
            thread::sleep(PAUSE);
        }
        Err("bogusmx does not say what it has counted".into())
    }

    /// The whole lines with counters.
    fn counted(&self) -> Outcome<Vec<String>> {
        let text = fs::read_to_string(&self.log)?;
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let lines = whole.lines().filter(|line| line.contains("counted: "));
        Ok(lines.map(str::to_owned).collect())
    }

    /// What it has said of panics.
    pub(crate) fn panics(&self) -> Outcome<Vec<String>> {
        let text = fs::read_to_string(&self.log)?;
        let lines = text.lines().filter(|line| line.contains("panicked"));
        Ok(lines.map(str::to_owned).collect())
    }

    /// Waits until it has nothing to do.
    pub(crate) fn wait_until_idle(&self) -> Outcome<()> {
        let pid = self.pid()?;
        loop {
            let before = usage::processor_time(pid)?;
            thread::sleep(IDLE);
            if usage::processor_time(pid)?.saturating_sub(before) < IDLE_WORK {
                return Ok(());
            }
        }
    }

    /// Fails if it has ended.
    pub(crate) fn check_alive(&self) -> Outcome<()> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()?));
        match status {
            Ok(text) if !text.contains("State:\tZ") => Ok(()),
            _ => Err("bogusmx has ended".into()),
        }
    }
}

/// An address in 127.0.0.0/8 for each number below 65,536, beside those of daemons.
pub(crate) fn client(number: u16) -> Ipv4Addr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(127, 32, high, low)
}
