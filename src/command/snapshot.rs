//! Keeps what is remembered in a file, so that a restart does not forget it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, interval_at};

use super::settings::SnapshotFile;
use crate::oracle::Oracle;
use crate::oracle::upstream::Upstream;

/// Octets that are read or written at once.
const BUFFER_OCTETS: usize = 1 << 20;

/// Loads and saves an oracle's memory.
pub(super) struct Keeper {
    file: SnapshotFile,
    oracle: Arc<Oracle<Upstream>>,
    /// One at a time: what is half loaded must not be saved over the whole.
    turn: Mutex<()>,
}

impl Keeper {
    pub(super) fn new(file: SnapshotFile, oracle: Arc<Oracle<Upstream>>) -> Arc<Self> {
        Arc::new(Self {
            file,
            oracle,
            turn: Mutex::new(()),
        })
    }

    /// Loads the last snapshot, then saves one every now and then, for as long as it is polled.
    pub(super) async fn keep(self: &Arc<Self>) {
        let keeper = Arc::clone(self);
        // Which ends early only if it panicked; then there are no verdicts to lose.
        let _ended = spawn_blocking(move || keeper.load()).await;
        let mut times = interval_at(Instant::now() + self.file.interval, self.file.interval);
        loop {
            times.tick().await;
            self.save().await;
        }
    }

    fn load(&self) {
        let _turn = self.turn.lock();
        let path = self.file.path.display();
        match File::open(&self.file.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                tracing::info!("{path}: nothing is remembered from before");
            }
            Err(error) => tracing::warn!("{path}: the snapshot cannot be read: {error}"),
            Ok(file) => {
                let began = Instant::now();
                let reader = BufReader::with_capacity(BUFFER_OCTETS, file);
                match self.oracle.load(reader) {
                    Ok(count) => {
                        let took = began.elapsed();
                        tracing::info!("{path}: {count} domains remembered, in {took:.1?}");
                    }
                    Err(error) => tracing::warn!("{path}: the snapshot is ignored: {error}"),
                }
            }
        }
        // Better now than when there is something to lose.
        if let Err(error) = self.create() {
            tracing::warn!(
                "{}: snapshots cannot be written: {error}",
                self.fresh().display()
            );
        }
    }

    /// Saves a snapshot.
    pub(super) async fn save(self: &Arc<Self>) {
        let keeper = Arc::clone(self);
        let saved = spawn_blocking(move || keeper.write()).await;
        let path = self.file.path.display();
        match saved.unwrap_or_else(|panicked| Err(io::Error::other(panicked))) {
            Ok(count) => tracing::debug!("{path}: {count} domains saved"),
            Err(error) => tracing::warn!("{path}: the snapshot cannot be written: {error}"),
        }
    }

    /// Writes a new file, and puts it in the old one's place once it is whole and on disk.
    fn write(&self) -> io::Result<usize> {
        let _turn = self.turn.lock();
        let mut out = BufWriter::with_capacity(BUFFER_OCTETS, self.create()?);
        let count = self.oracle.save(&mut out)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(self.fresh(), &self.file.path)?;
        if let Some(folder) = self.file.path.parent().filter(|it| *it != Path::new("")) {
            File::open(folder)?.sync_all()?;
        }
        Ok(count)
    }

    /// Who asked about which domains is nobody else's business.
    fn create(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(self.fresh())
    }

    fn fresh(&self) -> PathBuf {
        let mut name = self.file.path.clone().into_os_string();
        name.push(".new");
        name.into()
    }
}
