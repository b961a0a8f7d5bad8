//! A log, wherever it is: a file, packed or not, or standard input.

mod follow;
mod input;
mod kind;
mod packed;
mod ranges;
mod syslog;
mod trouble;
mod unpack;

#[cfg(test)]
mod live;
#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;

use self::follow::Follow;
use self::input::Input;
use self::packed::Packed;
use self::syslog::Syslog;
use self::trouble::shell;

pub(crate) use self::follow::Watch;
pub(crate) use self::input::Stop;
pub(crate) use self::kind::Kind;
pub(crate) use self::ranges::Ranges;
pub(crate) use self::trouble::{SourceError, Trouble};

/// What stands for standard input.
pub(crate) const STDIN: &str = "-";

/// Text that comes from somewhere, perhaps at somebody's leisure.
pub(crate) trait Stream: Read + Send {
    /// Whether to read on would be to wait for something to happen, and what has come should not wait for that.
    fn must_wait(&mut self) -> bool {
        false
    }
}

impl<S: Stream + ?Sized> Stream for Box<S> {
    fn must_wait(&mut self) -> bool {
        (**self).must_wait()
    }
}

/// A log that is open. Reading it gives its text.
pub(crate) struct Source {
    name: String,
    kind: Kind,
    modified: Option<Timestamp>,
    text: Syslog<Text>,
    /// The same, where the whole of it is there.
    ranges: Option<Ranges>,
}

/// Where the text comes from.
enum Text {
    Plain(Input),
    Followed(Follow),
    Packed(Packed<Input>),
}

impl Source {
    /// Opens a file, or standard input for `-`. What is read of it, packed, is added to `progress`.
    ///
    /// # Errors
    /// If it cannot be read, or not by this program.
    pub(super) fn open(path: &Path, progress: &Arc<AtomicU64>) -> Result<Self, SourceError> {
        let input = Input::open(path, progress, None);
        let mut source = Self::start(path, input, |_, input| Text::Plain(input))?;
        if let Text::Plain(input) = source.text.inner()
            // Its position is shared by all who read it.
            && path.as_os_str() != STDIN
            && let Ok(metadata) = input.file().metadata()
            && metadata.is_file()
            && let Ok(file) = input.file().try_clone()
        {
            source.ranges = Ranges::new(file, metadata.len(), Arc::clone(progress));
        }
        Ok(source)
    }

    /// Opens a file or a pipe that is written to as things happen. Its text ends when told to stop; that of a packed file
    /// where the file ends.
    ///
    /// # Errors
    /// If it cannot be read, or not by this program.
    pub(super) fn watch(
        path: &Path,
        progress: &Arc<AtomicU64>,
        watch: Watch,
    ) -> Result<Self, SourceError> {
        let input = Input::open(path, progress, Some(watch.stop.clone()));
        let mut source = Self::start(path, input, |is_file, input| match is_file {
            true => Text::Followed(Follow::new(path, input, watch)),
            false => Text::Plain(input),
        })?;
        source.modified = None;
        Ok(source)
    }

    /// Looks what it is; `plain` reads it if it is not packed, and is told whether it is a file.
    fn start(
        path: &Path,
        input: io::Result<Input>,
        plain: impl FnOnce(bool, Input) -> Text,
    ) -> Result<Self, SourceError> {
        let name = path.display().to_string();
        let opened = input.map_err(Trouble::from).and_then(|mut input| {
            let metadata = input.file().metadata()?;
            let modified = metadata.modified().ok();
            let kind = Kind::of(input.head()?);
            let kind = kind.map_err(|command| Trouble::Foreign(shell(command, &name)))?;
            Ok(Self {
                name: name.clone(),
                kind,
                modified: modified.and_then(|time| Timestamp::try_from(time).ok()),
                text: Syslog::new(match kind {
                    Kind::Plain => plain(metadata.is_file(), input),
                    Kind::Packed(packing) => Text::Packed(Packed::new(packing, input)?),
                }),
                ranges: None,
            })
        });
        opened.map_err(|trouble| SourceError { name, trouble })
    }

    /// The file as it was given.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How it is packed.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Its ranges, if it is a plain file, which can be read in any order.
    pub(super) fn ranges(&mut self) -> Option<Ranges> {
        self.ranges.take()
    }

    /// When it was written to last; none if it may be written to now.
    pub(super) fn modified(&self) -> Option<Timestamp> {
        self.modified
    }
}

impl Read for Source {
    /// Reads text. An error is a [`SourceError`], and comes when all text before it has been read.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.text.read(buffer).map_err(|error| {
            let mut trouble = error.downcast().unwrap_or_else(Trouble::from);
            if let Trouble::TooLarge(command) = &mut trouble {
                *command = shell(command, &self.name);
            }
            let name = self.name.clone();
            io::Error::other(SourceError { name, trouble })
        })
    }
}

impl Stream for Source {
    fn must_wait(&mut self) -> bool {
        self.text.must_wait()
    }
}

impl Read for Text {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(buffer),
            Self::Followed(follow) => follow.read(buffer),
            Self::Packed(packed) => packed.text(buffer).map_err(io::Error::other),
        }
    }
}

impl Stream for Text {
    fn must_wait(&mut self) -> bool {
        match self {
            Self::Plain(input) => input.must_wait(),
            Self::Followed(follow) => follow.must_wait(),
            // What is inside cannot be told before it has been unpacked.
            Self::Packed(_) => false,
        }
    }
}
