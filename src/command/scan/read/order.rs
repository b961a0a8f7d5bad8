//! In which order logs are read: oldest first, however they were given.

use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::new_year::{First, Span, in_order};
use super::source::{Kind, STDIN, Source};

/// Octets of a log's text in which the time of its first line is looked for, and of its last.
const BEGIN: u64 = 64 << 10;

/// Finds the time of the first line that has one, given text and when the file was written to last.
pub(crate) type FirstStamp<'a> = &'a dyn Fn(&[u8], Option<Timestamp>) -> Option<First>;

/// Where a log stands in the order. Logs of one place stay as they were given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Its first line has this time.
    At(Timestamp),
    /// No line has a time, or it cannot be read: nothing depends on when that is.
    NoTime,
    /// Standard input, or another pipe. To look into it would be to wait for it, and what comes from it may be happening now.
    Pipe,
}

/// The files, each once, oldest first; behind them those without any time, and pipes last.
pub(crate) fn oldest_first(files: &[PathBuf], first_stamp: FirstStamp<'_>) -> Vec<PathBuf> {
    let mut seen = HashSet::new();
    let mut is_new = |file: &PathBuf| match metadata(file) {
        Ok(metadata) => seen.insert((metadata.dev(), metadata.ino())),
        // That it cannot be read is said as often as it was given.
        Err(_) => true,
    };
    let files = files.iter().filter(|file| is_new(file));
    let begun = files.map(|file| (span_of(file, first_stamp), file));
    let (begun, not): (Vec<_>, Vec<_>) = begun.partition(|(first, _)| first.is_some());
    let spans: Vec<Span> = begun.iter().filter_map(|(span, _)| *span).collect();
    let times = in_order(&spans).into_iter().map(Place::At);
    let mut placed: Vec<(Place, &PathBuf)> =
        times.zip(begun.iter().map(|(_, file)| *file)).collect();
    placed.extend(not.iter().map(|(_, file)| match is_pipe(file) {
        true => (Place::Pipe, *file),
        false => (Place::NoTime, *file),
    }));
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, file)| file.clone()).collect()
}

/// When a file begins, by its first lines. It is closed again: there may be more of them than may be open at a time.
fn span_of(file: &Path, first_stamp: FirstStamp<'_>) -> Option<Span> {
    let begin = match is_pipe(file) {
        true => None,
        false => Begin::of(file),
    }?;
    let first = first_stamp(&begin.text, begin.modified)?;
    let last = match first {
        // To find the end of an archive is to unpack it.
        First::OfYear(_) if begin.kind == Kind::Plain => last_of(file, first_stamp),
        First::OfYear(_) | First::At(_) => None,
    };
    Some((first, last))
}

/// The time of the last line that has one.
fn last_of(file: &Path, first_stamp: FirstStamp<'_>) -> Option<Timestamp> {
    let mut file = File::open(file).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BEGIN)))
        .ok()?;
    let mut text = Vec::new();
    file.take(BEGIN).read_to_end(&mut text).ok()?;
    let mut lines = text.rsplit(|octet| *octet == b'\n');
    lines
        .find_map(|line| first_stamp(line, None))
        .map(First::at)
}

/// Which of these files grows: the plain one that began last, where one that is empty begins when it was written to last,
/// as it was emptied then. If there is none, the last pipe.
pub(crate) fn growing(files: &[PathBuf], first_stamp: FirstStamp<'_>) -> Option<usize> {
    let began = |file: &Path| {
        let begin = Begin::of(file).filter(|begin| begin.kind == Kind::Plain)?;
        match begin.text.is_empty() {
            true => begin.modified,
            false => first_stamp(&begin.text, begin.modified).map(First::at),
        }
    };
    let logs = files.iter().enumerate();
    let logs = logs.filter(|(_, file)| !is_pipe(file));
    let newest = logs.filter_map(|(index, file)| Some((began(file)?, index)));
    let newest = newest.max().map(|(_, index)| index);
    newest.or_else(|| files.iter().rposition(|file| is_pipe(file)))
}

/// Whether it is a pipe, or to be read like one: standard input that is a file has a position, which is shared by all who
/// read it.
pub(crate) fn is_pipe(file: &Path) -> bool {
    match metadata(file) {
        Ok(metadata) => file.as_os_str() == STDIN || !metadata.is_file() && !metadata.is_dir(),
        Err(_) => false,
    }
}

/// What a file begins with.
struct Begin {
    kind: Kind,
    modified: Option<Timestamp>,
    text: Vec<u8>,
}

impl Begin {
    fn of(file: &Path) -> Option<Self> {
        let source = Source::open(file, &Arc::default()).ok()?;
        let (kind, modified) = (source.kind(), source.modified());
        let mut text = Vec::new();
        // An error is told when it is read to its end.
        let _is_whole = source.take(BEGIN).read_to_end(&mut text).is_ok();
        Some(Self {
            kind,
            modified,
            text,
        })
    }
}

/// What kind of file it is, and which.
fn metadata(file: &Path) -> io::Result<Metadata> {
    if file.as_os_str() == STDIN {
        let stdin = io::stdin().as_fd().try_clone_to_owned()?;
        return File::from(stdin).metadata();
    }
    fs::metadata(file)
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, Write as _, pipe};
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::symlink;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tempfile::TempDir;

    use super::*;

    /// Reads lines that are seconds.
    fn seconds(text: &[u8], _modified: Option<Timestamp>) -> Option<First> {
        let text = std::str::from_utf8(text).ok()?;
        let second = text.lines().find_map(|line| line.parse().ok())?;
        Timestamp::from_second(second).ok().map(First::At)
    }

    /// A folder with logs in it.
    struct Logs(TempDir);

    impl Logs {
        fn new(logs: &[(&str, &str)]) -> Self {
            let logs_in = Self(TempDir::new().unwrap());
            for (name, text) in logs {
                fs::write(logs_in.path(name), text).unwrap();
            }
            logs_in
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        #[track_caller]
        fn check(&self, given: &[&str], expected: &[&str]) {
            let given: Vec<PathBuf> = given.iter().map(|name| self.path(name)).collect();
            let expected: Vec<PathBuf> = expected.iter().map(|name| self.path(name)).collect();
            assert_eq!(oldest_first(&given, &seconds), expected);
        }
    }

    fn pipe_path(pipe: &PipeReader) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", pipe.as_raw_fd()))
    }

    #[test]
    fn the_oldest_is_first() {
        let logs = Logs::new(&[
            ("a", "30\n"),
            ("b", "no time\n10\n"),
            ("c", "20\n"),
            ("d", "20\n"),
        ]);
        logs.check(&["a", "b", "c", "d"], &["b", "c", "d", "a"]);
        logs.check(&["d", "c", "b", "a"], &["b", "d", "c", "a"]);
        logs.check(&[], &[]);
    }

    #[test]
    fn archives_are_looked_into_as_far_as_they_go() {
        let logs = Logs::new(&[("a", "30\n")]);
        let mut archive = GzEncoder::new(Vec::new(), Compression::fast());
        archive
            .write_all("20\n".repeat(100_000).as_bytes())
            .unwrap();
        let archive = archive.finish().unwrap();
        fs::write(logs.path("whole"), &archive).unwrap();
        fs::write(logs.path("broken"), &archive[..archive.len() / 2]).unwrap();
        logs.check(&["a", "broken", "whole"], &["broken", "whole", "a"]);
    }

    #[test]
    fn what_has_no_time_comes_behind_in_the_order_given() {
        let logs = Logs::new(&[
            ("empty", ""),
            ("a", "30\n"),
            ("text", "no time\n"),
            ("b", "20\n"),
        ]);
        fs::create_dir(logs.path("folder")).unwrap();
        let given = ["text", "none", "a", "folder", "empty", "b", "none"];
        logs.check(
            &given,
            &["b", "a", "text", "none", "folder", "empty", "none"],
        );
    }

    #[test]
    fn pipes_are_last_and_nobody_waits_for_them() {
        let logs = Logs::new(&[("a", "30\n"), ("empty", "")]);
        let (reader, writer) = pipe().unwrap();
        let pipe = pipe_path(&reader);
        let given = [pipe.clone(), logs.path("empty"), logs.path("a")];
        let expected = [logs.path("a"), logs.path("empty"), pipe];
        assert_eq!(oldest_first(&given, &seconds), expected);
        drop(writer);
    }

    #[test]
    fn the_plain_log_that_began_last_grows() {
        let logs = Logs::new(&[
            ("old", "10\n"),
            ("new", "30\n"),
            ("text", "no time\n"),
            ("emptied", ""),
        ]);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(b"40\n").unwrap();
        fs::write(logs.path("packed"), packed.finish().unwrap()).unwrap();
        let (reader, _writer) = pipe().unwrap();
        fs::create_dir(logs.path("folder")).unwrap();
        let grows = |given: &[&str]| {
            let mut files: Vec<PathBuf> = given.iter().map(|name| logs.path(name)).collect();
            files.push(pipe_path(&reader));
            let index = growing(&files, &seconds)?;
            given.get(index).map(|name| (*name).to_owned())
        };
        let emptied_at = |second| {
            let file = File::options().write(true).open(logs.path("emptied"));
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(second);
            file.unwrap().set_modified(time).unwrap();
        };
        let all = ["new", "old", "emptied", "text", "none", "packed", "folder"];
        emptied_at(31);
        assert_eq!(grows(&all).as_deref(), Some("emptied"));
        emptied_at(29);
        assert_eq!(grows(&all).as_deref(), Some("new"));
        // That is the pipe.
        let others = ["text", "none", "packed", "folder"];
        assert_eq!(grows(&others), None);
        let others = others.map(|name| logs.path(name));
        assert_eq!(growing(&others, &seconds), None);
    }

    #[test]
    fn a_file_is_read_once_whatever_it_is_called() {
        let logs = Logs::new(&[("a", "30\n"), ("b", "20\n"), ("same", "20\n")]);
        symlink(logs.path("a"), logs.path("symbolic")).unwrap();
        fs::hard_link(logs.path("a"), logs.path("hard")).unwrap();
        logs.check(
            &["hard", "b", "symbolic", "a", "b", "same"],
            &["b", "same", "hard"],
        );
    }

    #[test]
    fn the_time_of_writing_is_told() {
        let logs = Logs::new(&[("a", ""), ("b", "")]);
        let time = |seconds| std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        for (name, seconds) in [("a", 20), ("b", 10)] {
            let file = File::options().write(true).open(logs.path(name)).unwrap();
            file.set_modified(time(seconds)).unwrap();
        }
        let files = [logs.path("a"), logs.path("b")];
        let order = oldest_first(&files, &|_, modified| modified.map(First::At));
        assert_eq!(order, [logs.path("b"), logs.path("a")]);
    }
}
