//! One log as several files, as they are after a while of rotation.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Plan, Truth, write};

/// Writes the log as so many files about equally long, cut at a line's end and so amid many mails: `mail.log.2`,
/// `mail.log.1`, `mail.log`. The oldest comes first.
///
/// # Errors
///
/// If one cannot be written.
pub(crate) fn write_rotated(
    plan: &Plan,
    folder: &Path,
    count: u32,
) -> io::Result<(Vec<PathBuf>, Truth)> {
    let mut files = Files {
        folder,
        left: count.max(1),
        octets_each: plan.octets / u64::from(count.max(1)),
        octets: 0,
        current: None,
        paths: Vec::new(),
    };
    let truth = write(plan, &mut files)?;
    files.flush()?;
    Ok((files.paths, truth))
}

struct Files<'a> {
    folder: &'a Path,
    /// Files that have not been begun.
    left: u32,
    octets_each: u64,
    /// What is in the current one.
    octets: u64,
    current: Option<BufWriter<File>>,
    paths: Vec<PathBuf>,
}

impl Files<'_> {
    fn begin(&mut self) -> io::Result<BufWriter<File>> {
        self.flush()?;
        self.left -= 1;
        self.octets = 0;
        let name = match self.left {
            0 => "mail.log".to_owned(),
            nth => format!("mail.log.{nth}"),
        };
        let path = self.folder.join(name);
        let file = BufWriter::new(File::create(&path)?);
        self.paths.push(path);
        Ok(file)
    }
}

impl Write for Files<'_> {
    /// Takes a whole line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let is_full = self.octets >= self.octets_each && self.left > 0;
        let mut file = match self.current.take() {
            Some(file) if !is_full => file,
            full => {
                self.current = full;
                self.begin()?
            }
        };
        file.write_all(line)?;
        self.octets += u64::try_from(line.len()).unwrap_or(u64::MAX);
        self.current = Some(file);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.current.as_mut().map_or(Ok(()), Write::flush)
    }
}
