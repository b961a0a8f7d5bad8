//! Looks at the canaries from time to time, and says in the log what they show.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::oracle::lookup::Lookup;
use crate::oracle::{Oracle, Sight};
use crate::verdict::Domain;

/// After a look, at least so long until the next one, whatever happens.
const PAUSE: Duration = Duration::from_secs(60);

/// Looks now, after each such time, and whenever more hosts than usual have no address; never without
/// a time.
pub(super) async fn watch<L: Lookup>(
    oracle: Arc<Oracle<L>>,
    canaries: Vec<Domain>,
    every: Option<Duration>,
) {
    let Some(every) = every else {
        return pending().await;
    };
    let names: Vec<&str> = canaries.iter().map(Domain::as_str).collect();
    let names = names.join(", ");
    let mut before = Sight::Clear;
    loop {
        let looked_at = Instant::now();
        let sight = oracle.look_for(&canaries).await;
        match (&before, &sight) {
            (_, Sight::Blind) => tracing::warn!(
                "the upstream has no reserved address for any of {names}: if it strips such addresses, \
                 nothing is listed; 'bogusmx doctor' tells"
            ),
            (_, Sight::Unknown(failure)) => {
                tracing::info!(
                    "whether the upstream strips reserved addresses is unknown: {failure}"
                );
            }
            (Sight::Clear, Sight::Clear) => {}
            (Sight::Blind | Sight::Unknown(_), Sight::Clear) => {
                tracing::info!("the upstream hands on reserved addresses");
            }
        }
        before = sight;
        sleep_until(looked_at + PAUSE.min(every)).await;
        tokio::select! {
            () = sleep_until(looked_at + every) => {}
            () = oracle.sight_jumped() => {}
        }
    }
}
