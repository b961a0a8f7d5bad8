//! What signals make the daemon do.

use std::io;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::settings::Origin;
use super::watch::Watch;
use super::zones;
use crate::front::authority::Authority;
use crate::front::zone::Zone;
use crate::oracle::Oracle;
use crate::oracle::upstream::Upstream;

/// The signals, caught from now on: until [`Signals::watch`] they wait.
pub(super) struct Signals {
    hangup: Signal,
    report: Signal,
    terminate: Signal,
    interrupt: Signal,
}

/// What signals act on.
pub(super) struct Daemon {
    pub(super) origins: Vec<Origin>,
    pub(super) zones: Arc<[Zone]>,
    pub(super) oracle: Arc<Oracle<Upstream>>,
    pub(super) authority: Arc<Authority<Upstream>>,
}

impl Signals {
    /// Catches the signals. A daemon that is still starting does not die of a reload.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            report: signal(SignalKind::user_defined1())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// SIGHUP reads the tables and lists again, SIGUSR1 logs the counters, SIGTERM and SIGINT cancel `stop`.
    ///
    /// Changed `files` are read again by themselves.
    pub(super) fn watch(mut self, daemon: Daemon, files: Watch, stop: CancellationToken) {
        let daemon = Arc::new(daemon);
        let asked = Arc::new(Notify::new());
        // On its own, as a file that cannot be read, or not for long, must not keep it from stopping.
        tokio::spawn(Arc::clone(&daemon).keep_up(files, Arc::clone(&asked)));
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = self.hangup.recv() => asked.notify_one(),
                    _ = self.report.recv() => daemon.report(),
                    _ = self.terminate.recv() => break,
                    _ = self.interrupt.recv() => break,
                }
            }
            daemon.report();
            stop.cancel();
        });
    }
}

impl Daemon {
    /// Reads files again when they change or when that is `asked` for.
    async fn keep_up(self: Arc<Self>, mut files: Watch, asked: Arc<Notify>) {
        loop {
            tokio::select! {
                () = asked.notified() => files.forget_changes().await,
                () = files.changed() => {}
            }
            let daemon = Arc::clone(&self);
            // It says itself how it went; only a panic ends it otherwise, which has been reported.
            let _panicked = spawn_blocking(move || daemon.reload()).await;
        }
    }

    fn reload(&self) {
        match zones::reload(&self.origins, &self.zones) {
            Ok(()) => {
                tracing::info!("tables and lists read again");
                zones::announce(&self.origins, &self.zones);
            }
            Err(error) => tracing::error!("the old tables and lists stay in force: {error}"),
        }
    }

    /// Logs what has been counted since the start.
    fn report(&self) {
        let front = self.authority.stats().counters();
        let upstream = self.oracle.lookup().stats().counters();
        let counters = front.into_iter().chain(self.oracle.stats().counters());
        let counters = counters.chain(upstream);
        let words: Vec<String> = counters
            .map(|(name, count)| format!("{name}={count}"))
            .collect();
        let remembered = self.oracle.remembered();
        let tasks = Handle::current().metrics().num_alive_tasks();
        tracing::info!(
            "counted: {} remembered_domains={remembered} tasks={tasks}",
            words.join(" ")
        );
    }
}
