//! How far the logs have been read, for people who wait.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar with octets and the time left where there are files and a terminal to draw on; a count, if one of them is a pipe.
/// What is followed has no end.
pub(crate) fn of(files: &[PathBuf], is_followed: bool) -> ProgressBar {
    if is_followed || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    // What cannot be read is said when it is.
    let lengths = files.iter().map(|file| match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => Some(metadata.len()),
        Ok(_) => None,
        Err(_) => (file.as_os_str() != "-").then_some(0),
    });
    let (bar, template) = match lengths.sum::<Option<u64>>() {
        Some(octets) => (
            ProgressBar::new(octets),
            "{wide_bar} {bytes} of {total_bytes}, {eta} left",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{spinner} {bytes} read, {elapsed}",
        ),
    };
    let style = ProgressStyle::with_template(template);
    style.map_or(ProgressBar::hidden(), |style| bar.with_style(style))
}
