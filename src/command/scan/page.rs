//! The file that a page is written to.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why there will be no page.
#[derive(Debug, Error)]
pub(crate) enum NoPage {
    #[error("{}: the report cannot be written: {error}", file.display())]
    Write { file: PathBuf, error: io::Error },
    #[error("--html {}: that is a log to be read; name another file", .0.display())]
    Log(PathBuf),
}

/// A file that can be written to.
pub(crate) struct PageFile<'f>(&'f Path);

impl<'f> PageFile<'f> {
    /// Finds out whether the file can be written to before logs are read for long; an earlier report stays until then.
    ///
    /// # Errors
    /// If it cannot, or is one of the logs.
    pub(crate) fn open(file: &'f Path, logs: &[PathBuf]) -> Result<Self, NoPage> {
        let place = fs::canonicalize(file).ok();
        let is_place = |log: &PathBuf| fs::canonicalize(log).ok() == place;
        if place.is_some() && logs.iter().any(is_place) {
            return Err(NoPage::Log(file.to_owned()));
        }
        let opened = OpenOptions::new().append(true).create(true).open(file);
        opened.map_err(|error| no_page(file, error))?;
        Ok(Self(file))
    }

    /// Writes the page.
    ///
    /// # Errors
    /// If it cannot be written, or not to its end.
    pub(crate) fn write(&self, page: &str) -> Result<(), NoPage> {
        fs::write(self.0, page).map_err(|error| no_page(self.0, error))
    }
}

fn no_page(file: &Path, error: io::Error) -> NoPage {
    NoPage::Write {
        file: file.to_owned(),
        error,
    }
}
