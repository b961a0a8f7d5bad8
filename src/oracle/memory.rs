//! What is remembered of each domain, bounded by octets.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use tokio::time::Instant;

use crate::verdict::{Domain, Evidence};

/// What moka itself costs for an entry, measured with a boxed name as key.
const ENTRY_OVERHEAD_OCTETS: usize = 385;

/// The evidence on many domains.
///
/// Entries do not expire here: how long one counts depends on the verdict, and so on the zone that
/// asks. The bound on octets makes room for new ones.
pub(super) struct Memory {
    entries: Cache<Domain, Arc<Entry>>,
}

/// What is remembered of one domain.
#[derive(Debug)]
pub(super) struct Entry {
    /// The last collection, whole or with failures.
    pub(super) finding: Finding,
    /// How many collections in a row had failures, this one included.
    pub(super) failures: u32,
    /// While they last: the last finding that had some, and knew an address all the same.
    last_partial: Option<Finding>,
    /// While they last: the last finding without any.
    last_whole: Option<Finding>,
}

/// Evidence, and when it was collected.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) evidence: Arc<Evidence>,
    pub(super) gathered_at: Instant,
}

impl Memory {
    /// A memory of at most `octets`, counting keys and the cache's own cost.
    pub(super) fn new(octets: u64) -> Self {
        let entries = Cache::builder()
            .max_capacity(octets)
            .weigher(|domain: &Domain, entry: &Arc<Entry>| {
                let octets = ENTRY_OVERHEAD_OCTETS + domain.as_str().len() + entry.weight();
                u32::try_from(octets).unwrap_or(u32::MAX)
            })
            .build();
        Self { entries }
    }

    pub(super) fn get(&self, domain: &Domain) -> Option<Arc<Entry>> {
        self.entries.get(domain)
    }

    /// Remembers a finished collection, and what went before it if it had failures.
    pub(super) fn store(&self, domain: &Domain, finding: Finding) -> Arc<Entry> {
        let previous = self.entries.get(domain);
        let entry = Arc::new(Entry::after(previous.as_deref(), finding));
        self.entries.insert(domain.clone(), Arc::clone(&entry));
        entry
    }

    /// How many domains are remembered, roughly.
    pub(super) fn len(&self) -> u64 {
        // Which moka counts when it gets to it.
        self.entries.run_pending_tasks();
        self.entries.entry_count()
    }
}

impl Entry {
    fn after(previous: Option<&Self>, finding: Finding) -> Self {
        if finding.evidence.first_failure().is_none() {
            return Self {
                finding,
                failures: 0,
                last_partial: None,
                last_whole: None,
            };
        }
        let (failures, last_partial, last_whole) = match previous {
            None => (0, None, None),
            Some(entry) if entry.failures == 0 => (0, None, Some(entry.finding.clone())),
            Some(entry) => {
                let knows = entry.finding.evidence.knows_an_address();
                let partial = if knows {
                    Some(&entry.finding)
                } else {
                    entry.last_partial.as_ref()
                };
                (entry.failures, partial.cloned(), entry.last_whole.clone())
            }
        };
        Self {
            finding,
            failures: failures.saturating_add(1),
            last_partial,
            last_whole,
        }
    }

    /// All findings that may still count, the newest first.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        std::iter::once(&self.finding)
            .chain(&self.last_partial)
            .chain(&self.last_whole)
    }

    fn weight(&self) -> usize {
        let evidence = self.findings().map(|finding| finding.evidence.weight());
        size_of::<Self>() + evidence.sum::<usize>()
    }
}

impl Finding {
    /// How long ago the evidence was collected.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.gathered_at)
    }
}
