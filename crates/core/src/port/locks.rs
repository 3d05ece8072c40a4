//! One run of one job on one scope at a time.

use async_trait::async_trait;
use jiff::Timestamp;

use super::PortResult;

/// A lock somebody wants or holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// What is locked.
    pub name: String,
    /// The execution that holds it.
    pub holder: String,
    /// After this it is stale and anybody may take it.
    pub expires_at: Timestamp,
}

/// The answer to a wish for a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquired {
    /// It is ours.
    Yes,
    /// Somebody else's.
    Held(Lock),
}

/// Locks with an expiry that is compared here, never left to a store's cleanup.
#[async_trait]
pub trait Locks: Send + Sync {
    /// Takes the lock if it is free, ours already, or stale at `now` (`expires_at <= now`). Of several that
    /// try at once exactly one succeeds. An adapter that can tell that a holder is dead may treat its
    /// lock as stale earlier.
    async fn acquire(&self, lock: &Lock, now: Timestamp) -> PortResult<Acquired>;

    /// Gives the lock back. A lock that is not `holder`'s stays as it is.
    async fn release(&self, name: &str, holder: &str) -> PortResult<()>;
}
