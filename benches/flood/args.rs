//! What can be chosen on the command line.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Measures what a flood of new names does to the answers that are remembered.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Seconds of each period, quiet or flooded.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) seconds: u32,

    /// Quiet periods in each row, each followed by a flooded one.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// Names that are remembered.
    #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(u32).range(1..=4000))]
    pub(crate) names: u32,

    /// Queries a second for these.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) pace: u32,

    /// Queries a second for names that nobody has asked for.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) flood: u32,

    /// How the daemon reads queries, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["fast", "plain"])]
    pub(crate) paths: Vec<FrontPath>,

    /// Who floods, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["one", "many"])]
    pub(crate) from: Vec<From>,

    /// Milliseconds that the upstream takes to answer, separated by commas.
    #[arg(long, value_delimiter = ',', default_values = ["0", "500"])]
    pub(crate) delays: Vec<u64>,

    /// How many times as long a remembered answer may take in a flood, by the 99th percentile.
    #[arg(long, default_value_t = 3.0)]
    pub(crate) ratio_max: f64,

    /// Another build to measure.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_bogusmx"))]
    pub(crate) bogusmx: PathBuf,

    /// Writes the tables there as well.
    #[arg(long)]
    pub(crate) markdown: Option<PathBuf>,

    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// How the daemon reads queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FrontPath {
    /// In batches.
    Fast,
    /// One by one.
    Plain,
}

/// Who floods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum From {
    /// One client, whose budget is soon spent.
    One,
    /// More clients than the daemon tells apart, so that no budget is ever spent.
    Many,
}

/// What one row measures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) path: FrontPath,
    pub(crate) from: From,
    pub(crate) delay: Duration,
}

impl Args {
    /// All rows.
    pub(crate) fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for path in &self.paths {
            for delay in &self.delays {
                for from in &self.from {
                    cases.push(Case {
                        path: *path,
                        from: *from,
                        delay: Duration::from_millis(*delay),
                    });
                }
            }
        }
        cases
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self.path {
            FrontPath::Fast => "fast",
            FrontPath::Plain => "plain",
        };
        let from = match self.from {
            From::One => "one client",
            From::Many => "many clients",
        };
        write!(f, "{path}, {from}, {} ms", self.delay.as_millis())
    }
}
