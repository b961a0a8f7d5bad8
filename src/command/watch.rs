//! Notices that files have changed.
//!
//! They are looked at from time to time, which works wherever a file can be read: over NFS, and where a
//! folder is replaced whole. A change counts once the files look the same twice, so that a file is not
//! read while it is being written.

use std::fs;
use std::future::pending;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Files that are watched.
pub(super) struct Watch {
    files: Vec<PathBuf>,
    /// None if nobody wants to know.
    looks: Option<Interval>,
    sight: Sight,
}

/// What a file looks like without being read: where it is, how long, and the times of its last changes;
/// none if it is not there.
type Stamp = Option<[i128; 7]>;

/// What the files looked like.
#[derive(Debug, PartialEq, Eq)]
struct Sight {
    /// When they were read last.
    read: Vec<Stamp>,
    /// At the last look, if that was something else.
    changing: Option<Vec<Stamp>>,
}

impl Watch {
    /// Watches files as they are now, with a look after each such time; never without one.
    pub(super) fn new(files: Vec<PathBuf>, every: Option<Duration>) -> Self {
        let looks = every.filter(|_| !files.is_empty()).map(|every| {
            let mut looks = interval(every);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            looks
        });
        Self {
            sight: Sight::of(stamps(&files)),
            files,
            looks,
        }
    }

    /// Ends when a file has changed since it was read.
    pub(super) async fn changed(&mut self) {
        let Some(looks) = &mut self.looks else {
            return pending().await;
        };
        loop {
            looks.tick().await;
            let now = look(&self.files).await;
            if now.is_some_and(|now| self.sight.has_changed(now)) {
                return;
            }
        }
    }

    /// Takes the files as they are now for read.
    pub(super) async fn forget_changes(&mut self) {
        if let Some(now) = look(&self.files).await {
            self.sight = Sight::of(now);
        }
    }
}

/// What the files look like. A file server that is gone takes its time; the runtime's threads have none
/// for it.
async fn look(files: &[PathBuf]) -> Option<Vec<Stamp>> {
    let files = files.to_vec();
    spawn_blocking(move || stamps(&files)).await.ok()
}

impl Sight {
    fn of(read: Vec<Stamp>) -> Self {
        Self {
            read,
            changing: None,
        }
    }

    /// Whether the files have changed and look the same as at the last look.
    fn has_changed(&mut self, now: Vec<Stamp>) -> bool {
        if now == self.read {
            self.changing = None;
            return false;
        }
        if self.changing.as_ref() == Some(&now) {
            *self = Self::of(now);
            return true;
        }
        self.changing = Some(now);
        false
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |file: &PathBuf| {
        let seen = fs::metadata(file).ok()?;
        // The last two tell of new permissions, and of a copy that keeps the time of its original.
        Some([
            seen.dev().into(),
            seen.ino().into(),
            seen.size().into(),
            seen.mtime().into(),
            seen.mtime_nsec().into(),
            seen.ctime().into(),
            seen.ctime_nsec().into(),
        ])
    };
    files.iter().map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(size: i128) -> Vec<Stamp> {
        vec![Some([1, 1, size, 0, 0, 0, 0]), None]
    }

    #[test]
    fn a_change_counts_once_and_when_it_is_over() {
        let mut sight = Sight::of(stamp(1));
        let looks = [1, 2, 3, 3, 3, 4, 3, 4, 4];
        let changed = looks.map(|size| sight.has_changed(stamp(size)));
        let expected = [false, false, false, true, false, false, false, false, true];
        assert_eq!(changed, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_written_again_or_removed_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("names");
        fs::write(&file, "hot.de").unwrap();
        let mut watch = Watch::new(vec![file.clone()], Some(Duration::from_secs(5)));
        fs::write(&file, "hot.de\nmhx.com").unwrap();
        watch.changed().await;
        fs::remove_file(&file).unwrap();
        watch.changed().await;
        fs::write(&file, "hot.de").unwrap();
        watch.forget_changes().await;
        let quiet = tokio::time::timeout(Duration::from_secs(60), watch.changed()).await;
        assert!(quiet.is_err());
    }
}
