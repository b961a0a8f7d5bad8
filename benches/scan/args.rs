//! What can be chosen on the command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use super::generator::{Dialect, Stamps};
use super::kind::Kind;

/// Measures how long it takes to read a mail log, next to zgrep, and checks what was found in it.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// How long the log is, before it is compressed.
    #[arg(long, default_value_t = 1_000_000_000)]
    pub(crate) octets: u64,

    /// How often each program reads each file.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// Another seed gives another log.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,

    /// Who wrote the log.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) log: Writer,

    /// How the files are compressed.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["plain", "gz"])]
    pub(crate) kinds: Vec<Kind>,

    /// Leaves the files there, together with what is in them, instead of in a folder that goes.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) keep: Option<PathBuf>,

    /// Another build to run.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_bogusmx"))]
    pub(crate) bogusmx: PathBuf,

    /// Writes the table there as well.
    #[arg(long)]
    pub(crate) markdown: Option<PathBuf>,

    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Who wrote the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Writer {
    /// Postfix, with times as syslog writes them of old, and queue ids that come again.
    #[default]
    Postfix,
    /// Postfix, with times to the microsecond, and long queue ids.
    Modern,
    /// Exim, its main log.
    Exim,
}

impl Writer {
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::Postfix => Dialect::Postfix {
                stamps: Stamps::Traditional,
                long_ids: false,
            },
            Self::Modern => Dialect::Postfix {
                stamps: Stamps::Rfc3339,
                long_ids: true,
            },
            Self::Exim => Dialect::Exim,
        }
    }
}
