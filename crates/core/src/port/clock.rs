//! Time and randomness.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// The time, and waiting.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Returns after at least this long.
    async fn sleep(&self, duration: Duration);
}

/// New names.
pub trait Ids: Send + Sync {
    /// A name nobody ever got before: for executions and correlations.
    fn unique(&self) -> String;
}
