//! The file that a page is written to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
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
pub(crate) struct PageFile<'f> {
    path: &'f Path,
    /// It was not there before, and nothing is in it yet.
    is_new: bool,
    /// A pipe, say, whose reader would take it for ended if it were closed before.
    stream: Option<File>,
}

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
        let stream = opened.map_err(|error| no_page(file, error))?;
        let is_file = stream.metadata().is_ok_and(|metadata| metadata.is_file());
        Ok(Self {
            path: file,
            is_new: place.is_none(),
            stream: (!is_file).then_some(stream),
        })
    }

    /// Writes the page.
    ///
    /// # Errors
    /// If it cannot be written, or not to its end.
    pub(crate) fn write(mut self, page: &str) -> Result<(), NoPage> {
        self.is_new = false;
        let written = match self.stream.as_ref() {
            Some(mut stream) => stream.write_all(page.as_bytes()),
            None => fs::write(self.path, page),
        };
        written.map_err(|error| no_page(self.path, error))
    }
}

/// What is empty would be taken for a report of nothing.
impl Drop for PageFile<'_> {
    fn drop(&mut self) {
        if self.is_new {
            // If it cannot be removed it stays, empty. A link that it is behind was there before.
            let _removed = fs::canonicalize(self.path).and_then(fs::remove_file);
        }
    }
}

fn no_page(file: &Path, error: io::Error) -> NoPage {
    NoPage::Write {
        file: file.to_owned(),
        error,
    }
}
