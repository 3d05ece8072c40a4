//! What detection found.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Page, PortResult};
use crate::model::Violation;

/// What recording a violation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Nobody had recorded it before.
    New,
    /// Somebody else had; `seen_by` has seen it now.
    Again,
    /// `seen_by` itself had: the event was delivered twice.
    Duplicate,
}

/// Every violation, once, until its retention ends.
#[async_trait]
pub trait Violations: Send + Sync {
    /// Records violations under their id and says for each what that changed, as `seen_by` has it. All of
    /// a call or none.
    async fn record(
        &self,
        seen_by: &str,
        violations: &[Violation],
        expires_at: Timestamp,
    ) -> PortResult<Vec<Recorded>>;

    /// Violations in order of event time, then id.
    async fn page(&self, after: Option<&str>, limit: usize) -> PortResult<Page<Violation>>;
}
