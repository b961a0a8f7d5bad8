//! Whether a server sends questions back as they were written, down to the case of their letters.
//!
//! Where it does, each question is written in a case of its own, and an answer that has it otherwise is
//! forged: one bit for each letter that a forger must guess beside port and id (0x20,
//! draft-vixie-dnsext-dns0x20-00).

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How long a server that changes case is believed whatever the case. It may be another program by
/// then; and to find that out costs two queries.
const FORGIVEN: Duration = Duration::from_secs(60 * 60);

/// What is known of one server; at first, that it keeps case.
#[derive(Debug, Default)]
pub(super) struct Case {
    changed_at: Mutex<Option<Instant>>,
}

impl Case {
    /// Whether an answer must have the question's case.
    pub(super) fn is_kept(&self) -> bool {
        self.changed_at
            .lock()
            .is_none_or(|changed_at| changed_at.elapsed() >= FORGIVEN)
    }

    /// Notes that the server changes case, which it has said over TCP.
    pub(super) fn is_changed(&self) {
        *self.changed_at.lock() = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_changes_case_is_tried_again_after_an_hour() {
        let case = Case::default();
        assert!(case.is_kept());
        case.is_changed();
        tokio::time::advance(FORGIVEN - Duration::from_secs(1)).await;
        assert!(!case.is_kept());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(case.is_kept());
    }
}
