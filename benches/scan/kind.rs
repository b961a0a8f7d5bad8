//! How a file is compressed, and with what people search such a file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use super::args::Writer;
use super::ground::Outcome;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Plain,
    Gz,
    Xz,
    Zst,
    Bz2,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gz => "gz",
            Self::Xz => "xz",
            Self::Zst => "zst",
            Self::Bz2 => "bz2",
        }
    }

    /// What searches such files.
    pub(crate) fn peer(self) -> &'static str {
        match self {
            Self::Plain | Self::Gz => "zgrep",
            Self::Xz => "xzgrep",
            Self::Zst => "zstdgrep",
            Self::Bz2 => "bzgrep",
        }
    }

    /// How many times as quick as that we promise to be, on such a log. Of the other kinds nothing is promised: there, nearly
    /// all of the time goes to decompression, for both. Nor is of Exim's logs, whose lines all have to be read.
    pub(crate) fn ratio_promised(self, log: Writer) -> Option<f64> {
        match (self, log) {
            (Self::Plain | Self::Gz, Writer::Postfix | Writer::Modern) => Some(2.0),
            (Self::Xz | Self::Zst | Self::Bz2, _) | (_, Writer::Exim) => None,
        }
    }

    /// Compresses the log with the program, and the level, that log rotation would take.
    pub(crate) fn compress(self, log: &Path) -> Outcome<PathBuf> {
        let (program, level) = match self {
            Self::Plain => return Ok(log.to_owned()),
            Self::Gz => ("gzip", "-6"),
            Self::Xz => ("xz", "-6"),
            Self::Zst => ("zstd", "-3"),
            Self::Bz2 => ("bzip2", "-9"),
        };
        let path = log.with_extension(format!("log.{}", self.name()));
        let status = Command::new(program)
            .args([level, "-c"])
            .stdin(File::open(log)?)
            .stdout(File::create(&path)?)
            .status()
            .map_err(|error| format!("{program} does not start: {error}; is it installed?"))?;
        match status.success() {
            true => Ok(path),
            false => Err(format!("{program}: {status}").into()),
        }
    }
}
