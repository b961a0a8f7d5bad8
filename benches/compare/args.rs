//! What can be chosen on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use super::rival::Kind;
use super::stores::Store;

/// Measures bogusmx beside other DNS servers.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// What to measure.
    #[arg(long, value_enum, default_value = "servers")]
    pub(crate) scene: Scene,

    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u32,

    /// Measurements of each server, of which the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// How many names there are; half of them are listed.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..))]
    pub(crate) names: u32,

    /// The most names of the scenes `names` and `memory`.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) names_max: u32,

    /// Servers to measure, separated by commas; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) only: Vec<Kind>,

    /// Queries a second while latency is measured.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) pace: u32,

    /// Queries without EDNS, which resolvers do not send.
    #[arg(long)]
    pub(crate) no_edns: bool,

    /// Another build to measure as bogusmx.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_bogusmx"))]
    pub(crate) bogusmx: PathBuf,

    /// More flags of `bogusmx serve`, separated by spaces.
    #[arg(long, value_delimiter = ' ', allow_hyphen_values = true)]
    pub(crate) serve_args: Vec<String>,

    /// Writes the table there as well.
    #[arg(long)]
    pub(crate) markdown: Option<PathBuf>,

    /// Draws the scene `names` or `threads` there.
    #[arg(long)]
    pub(crate) svg: Option<PathBuf>,

    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,

    /// Is the echo server, at this address.
    #[arg(long, hide = true)]
    pub(crate) echo: Option<SocketAddr>,

    /// Fills this store, and says by how many octets this process has grown.
    #[arg(long, hide = true, value_enum)]
    pub(crate) store: Option<Store>,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Scene {
    /// All servers side by side, with names that they know.
    Servers,
    /// Cost and memory against the number of names.
    Names,
    /// Cost against the number of processors.
    Threads,
    /// Domains that bogusmx is asked about for the first time.
    Cold,
    /// Memory of a name, and restarts.
    Memory,
    /// Memory of a name in other stores.
    Stores,
}
