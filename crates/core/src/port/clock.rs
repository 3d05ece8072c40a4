//! Time and randomness.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// The time, and waiting.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Whether time is up whatever the hour: somebody asked the process to end. Jobs then stop in order, as at their
    /// deadline.
    fn is_up(&self) -> bool {
        false
    }

    /// Returns after at least this long.
    async fn sleep(&self, duration: Duration);
}

/// New names.
pub trait Ids: Send + Sync {
    /// A name nobody ever got before: for executions and correlations.
    fn unique(&self) -> String;
}
