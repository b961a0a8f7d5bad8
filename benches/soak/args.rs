//! What can be chosen on the command line.

use std::path::PathBuf;

use clap::Parser;

/// Runs the daemon under a mixed load, with an upstream that fails now and then, and checks every answer.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// How long.
    #[arg(long, default_value_t = 10.0, value_parser = minutes)]
    pub(crate) minutes: f64,

    /// Queries a second.
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(100..=10_000))]
    pub(crate) rate: u32,

    /// Names that are asked for again and again, the few more often than the many.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) names: u32,

    /// Of a hundred queries over UDP, how many are for a name that was never asked for.
    #[arg(long, default_value_t = 2)]
    pub(crate) cold_percent: u32,

    /// Of a hundred queries, how many come over TCP.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub(crate) tcp_percent: u32,

    /// The daemon's memory for names, far too small for all of them.
    #[arg(long, default_value_t = 16)]
    pub(crate) cache_mib: u32,

    /// Seconds of each fault.
    #[arg(long, default_value_t = 15)]
    pub(crate) fault_seconds: u64,

    /// Seconds without a fault between two, its aftermath not counted.
    #[arg(long, default_value_t = 20)]
    pub(crate) calm_seconds: u64,

    /// Seconds between two looks at the daemon.
    #[arg(long, default_value_t = 5)]
    pub(crate) sample_seconds: u64,

    /// Seconds between two SIGHUPs.
    #[arg(long, default_value_t = 30)]
    pub(crate) reload_seconds: u64,

    /// More flags of `bogusmx serve`, separated by spaces.
    #[arg(long, value_delimiter = ' ', allow_hyphen_values = true)]
    pub(crate) serve_args: Vec<String>,

    /// Another build to run.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_bogusmx"))]
    pub(crate) bogusmx: PathBuf,

    /// Writes the tables there as well.
    #[arg(long)]
    pub(crate) markdown: Option<PathBuf>,

    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes: f64 = text.parse().map_err(|_error| "a number of minutes")?;
    if minutes > 0.0 {
        Ok(minutes)
    } else {
        Err("more than none".to_owned())
    }
}
