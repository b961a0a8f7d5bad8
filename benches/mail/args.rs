//! What can be chosen on the command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measures what it costs Postfix to ask about recipients.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 3)]
    pub(crate) seconds: u32,

    /// Measurements of each way, of which the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// Domains for each number of MX hosts. When all have been asked about, a measurement ends early.
    #[arg(long, default_value_t = 40_000)]
    pub(crate) domains: u32,

    /// SMTP connections at a time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=40))]
    pub(crate) connections: u32,

    /// MX hosts of a domain, separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 5], value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(crate) hosts: Vec<u8>,

    /// Milliseconds that the name server takes for each answer, separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = [0, 20])]
    pub(crate) delays: Vec<u32>,

    /// Ways to measure, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Way::None, Way::Table, Way::Forwarded, Way::Direct])]
    pub(crate) ways: Vec<Way>,

    /// Another build to measure as bogusmx.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_bogusmx"))]
    pub(crate) bogusmx: PathBuf,

    /// More flags of `bogusmx serve`, separated by spaces.
    #[arg(long, value_delimiter = ' ', allow_hyphen_values = true)]
    pub(crate) serve_args: Vec<String>,

    /// Writes the table there as well.
    #[arg(long)]
    pub(crate) markdown: Option<PathBuf>,

    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// How Postfix finds out about a recipient's domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// Not at all.
    None,
    /// By itself, with a table.
    Table,
    /// From the list, through the resolver.
    Forwarded,
    /// From the list, which it takes for the resolver.
    Direct,
}

impl Way {
    /// As the table names it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::None => "no check",
            Self::Table => "cidr table",
            Self::Forwarded => "list through Unbound",
            Self::Direct => "list directly",
        }
    }

    /// Whether there is a list.
    pub(crate) fn has_list(self) -> bool {
        matches!(self, Self::Forwarded | Self::Direct)
    }
}
