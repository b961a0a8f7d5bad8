//! What signals make the daemon do.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::settings::Origin;
use super::zones;
use crate::front::dns::Dns;
use crate::front::zone::Zone;
use crate::oracle::Oracle;
use crate::oracle::upstream::Upstream;

/// What signals act on.
pub(super) struct Daemon {
    pub(super) origins: Vec<Origin>,
    pub(super) zones: Arc<[Zone]>,
    pub(super) oracle: Arc<Oracle<Upstream>>,
    pub(super) dns: Arc<Dns<Upstream>>,
}

/// SIGHUP reads the tables again, SIGUSR1 logs the counters, SIGTERM and SIGINT cancel `stop`.
///
/// # Errors
/// If a signal cannot be listened for.
pub(super) fn watch(daemon: Daemon, stop: CancellationToken) -> io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut report = signal(SignalKind::user_defined1())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = hangup.recv() => daemon.reload(),
                _ = report.recv() => daemon.report(),
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
            }
        }
        daemon.report();
        stop.cancel();
    });
    Ok(())
}

impl Daemon {
    fn reload(&self) {
        match zones::reload(&self.origins, &self.zones) {
            Ok(()) => tracing::info!("tables read again"),
            Err(error) => tracing::error!("the old tables stay in force: {error}"),
        }
    }

    /// Logs what has been counted since the start.
    fn report(&self) {
        let front = self.dns.stats().counters();
        let counters = front.into_iter().chain(self.oracle.stats().counters());
        let words: Vec<String> = counters
            .map(|(name, count)| format!("{name}={count}"))
            .collect();
        let remembered = self.oracle.remembered();
        tracing::info!(
            "counted: {} remembered_domains={remembered}",
            words.join(" ")
        );
    }
}
