//! Every port in memory: for tests, and for whoever wants Provost's answers without keeping them.

mod archive;
mod clock;
mod findings;
mod metrics;
mod notifier;
mod outbox;
mod rule_results;
mod store;

pub use archive::MemoryArchive;
pub use clock::{CountingIds, FixedClock};
pub use findings::MemoryFindingHub;
pub use metrics::MemoryMetrics;
pub use notifier::{MemoryNotifier, MemoryReports};
pub use rule_results::MemoryRuleResults;
pub use store::MemoryStore;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A lock nobody can poison for good: the state is only ever replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
