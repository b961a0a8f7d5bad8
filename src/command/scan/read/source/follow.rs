//! Reads a file that grows, and goes on with the next when the logs are rotated, as `tail -F` does.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::input::{Input, Stop};

/// How to wait for a file to grow.
pub(crate) struct Watch {
    /// Set when it is time to end.
    pub(crate) stop: Stop,
    /// Waits a moment.
    pub(crate) pause: Box<dyn FnMut() + Send>,
}

/// A file that may grow, be renamed and made anew, be emptied, or be away for a moment.
pub(super) struct Follow {
    path: PathBuf,
    input: Input,
    watch: Watch,
    /// Octets read of the file.
    position: u64,
    /// Whether what has been read ends in the middle of a line.
    is_in_line: bool,
}

/// What has become of a file that was read to its end.
enum Turn {
    /// It is as it was.
    None,
    /// It has been emptied, and perhaps written to since.
    Emptied,
    /// Another has taken its place, and has been written to.
    Replaced(File),
}

impl Follow {
    /// Follows the file at this path, from its beginning.
    pub(super) fn new(path: &Path, input: Input, watch: Watch) -> Self {
        Self {
            path: path.to_owned(),
            input,
            watch,
            position: 0,
            is_in_line: false,
        }
    }

    /// Whether there is nothing to be read now.
    pub(super) fn must_wait(&self) -> bool {
        let unread = || Ok::<_, io::Error>(self.input.file().metadata()?.len() != self.position);
        // An error shows when it is read.
        !unread().unwrap_or(true) && matches!(self.turn(), Ok(Turn::None))
    }

    /// Reads on where the file has grown, or has been replaced.
    fn read_now(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let octets = self.input.read(buffer)?;
        if let Some(last) = buffer.get(..octets).and_then(<[u8]>::last) {
            self.is_in_line = *last != b'\n';
            self.position += u64::try_from(octets).unwrap_or(0);
        }
        Ok(octets)
    }

    fn turn(&self) -> io::Result<Turn> {
        let own = self.input.file().metadata()?;
        if own.len() < self.position {
            return Ok(Turn::Emptied);
        }
        let there = match fs::metadata(&self.path) {
            // The new one comes in a moment.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Turn::None),
            there => there?,
        };
        // Who writes goes on with the old file until told of the new one.
        if is_same(&own, &there) || there.len() == 0 {
            return Ok(Turn::None);
        }
        match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Turn::None),
            file => Ok(Turn::Replaced(file?)),
        }
    }

    /// Reads what there is, and ends a line that will not be ended any more. Nothing if there is nothing.
    fn read_or_turn(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let octets = self.read_now(buffer)?;
        if octets > 0 {
            return Ok(octets);
        }
        match self.turn()? {
            Turn::None => return Ok(0),
            Turn::Emptied => {
                let mut file = self.input.file();
                file.seek(SeekFrom::Start(0))?;
            }
            Turn::Replaced(file) => {
                // The last lines may have come since it was looked at.
                let octets = self.read_now(buffer)?;
                if octets > 0 {
                    return Ok(octets);
                }
                self.input.replace(file);
            }
        }
        self.position = 0;
        if std::mem::take(&mut self.is_in_line)
            && let Some(first) = buffer.first_mut()
        {
            *first = b'\n';
            return Ok(1);
        }
        self.read_now(buffer)
    }
}

impl Read for Follow {
    /// Waits for the file to grow; zero octets when told to stop.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            let octets = self.read_or_turn(buffer)?;
            if octets > 0 {
                return Ok(octets);
            }
            if self.watch.stop.is_cancelled() {
                break;
            }
            (self.watch.pause)();
        }
        Ok(0)
    }
}

/// Whether both are one file.
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}
