//! dnsperf: the load, and what it says about the answers.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use super::ground::process::{Processors, installed, pinned, plain};
use super::ground::{Outcome, figures};

/// Where queries go, and how they come.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) server: SocketAddr,
    pub(crate) from: Processors,
    pub(crate) edns: bool,
    /// Clients with sockets of their own, which the kernel spreads over the sockets of the server.
    pub(crate) clients: u32,
}

/// When it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// After so many seconds, as fast as answers come.
    Seconds(u32),
    /// After so many seconds, at so many queries a second; latencies are noted.
    Paced(u32, u32),
    /// When each name has been asked for, with at most so many on the way.
    All(u32),
    /// The same; latencies are noted.
    AllNoted(u32),
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) answered: u32,
    pub(crate) lost: u32,
    /// Answers other than NOERROR and NXDOMAIN.
    pub(crate) failed: u32,
    pub(crate) seconds: f64,
    /// If it was noted.
    pub(crate) latency: Option<Latency>,
}

/// What half of the answers took at most, and all but a hundredth of them, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    pub(crate) median: f64,
    pub(crate) percentile_99: f64,
}

impl Load {
    /// Asks for the names in the file.
    pub(crate) fn run(&self, queries: &Path, until: Until) -> Outcome<Report> {
        let mut args = vec![
            "-s".to_owned(),
            self.server.ip().to_string(),
            "-p".to_owned(),
            self.server.port().to_string(),
            "-d".to_owned(),
            plain(queries)?.to_owned(),
            "-c".to_owned(),
            self.clients.to_string(),
        ];
        if self.edns {
            args.push("-e".to_owned());
        }
        let mut more = |flags: &[(&str, u32)]| {
            for (flag, value) in flags {
                args.extend([(*flag).to_owned(), value.to_string()]);
            }
        };
        match until {
            Until::Seconds(seconds) => more(&[("-l", seconds)]),
            Until::Paced(seconds, rate) => more(&[("-l", seconds), ("-Q", rate)]),
            Until::All(under_way) | Until::AllNoted(under_way) => {
                more(&[("-n", 1), ("-q", under_way)]);
            }
        }
        let is_verbose = matches!(until, Until::Paced(..) | Until::AllNoted(_));
        if is_verbose {
            args.push("-v".to_owned());
        }
        let output = pinned(&self.from, &installed("dnsperf", "dnsperf")?)?
            .args(args)
            .stdin(Stdio::null())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("dnsperf: {}: {said}", output.status).into());
        }
        let mut report = report(&text)?;
        report.latency = is_verbose.then(|| latency(&text));
        Ok(report)
    }
}

impl Report {
    /// Queries a second that got an answer.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(self.answered) / self.seconds
    }

    /// Whether every query got an answer that is not an error.
    pub(crate) fn is_clean(&self) -> bool {
        self.answered > 0 && self.lost == 0 && self.failed == 0
    }
}

fn report(text: &str) -> Outcome<Report> {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
        let value = line.map(|line| line.trim_start_matches(':').trim());
        value.ok_or_else(|| format!("dnsperf: no '{name}' in:\n{text}"))
    };
    let number = |name: &str| -> Outcome<u32> {
        let first = field(name)?.split(' ').next().unwrap_or_default();
        Ok(first.parse()?)
    };
    let answered = number("Queries completed")?;
    let codes = field("Response codes").unwrap_or_default();
    let good = codes.split(", ").filter_map(|code| {
        let (name, count) = code.split_once(' ')?;
        let count = count.split(' ').next()?.parse::<u32>().ok()?;
        ["NOERROR", "NXDOMAIN"].contains(&name).then_some(count)
    });
    Ok(Report {
        answered,
        lost: number("Queries lost")?,
        failed: answered.saturating_sub(good.sum()),
        seconds: field("Run time (s)")?.parse()?,
        latency: None,
    })
}

/// From the line of each answer: `> NOERROR name A 0.000123`.
fn latency(text: &str) -> Latency {
    let lines = text.lines().filter(|line| line.starts_with("> "));
    let last = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    let mut all: Vec<f64> = last.map(|seconds| seconds * 1e6).collect();
    all.sort_by(f64::total_cmp);
    let percentile_99 = all.get(all.len() * 99 / 100).copied();
    Latency {
        median: figures::median(all),
        percentile_99: percentile_99.unwrap_or(f64::NAN),
    }
}
