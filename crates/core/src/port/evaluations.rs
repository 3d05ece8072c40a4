//! The history of verdicts.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Page, PortResult};
use crate::model::Evaluation;

/// Every evaluation ever made, until its retention ends.
#[async_trait]
pub trait Evaluations: Send + Sync {
    /// Keeps evaluations under (`resource_id`, `evaluation_timestamp`) of an account. Writing one again replaces it, so
    /// a repeated run leaves no duplicates. All of a call is kept or none of it.
    async fn put(&self, evaluations: &[Evaluation], expires_at: Timestamp) -> PortResult<()>;

    /// The evaluations of one execution, ordered by resource, rule and account.
    async fn of_execution(
        &self,
        execution_id: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Evaluation>>;

    /// All evaluations of one resource, oldest first.
    async fn history(
        &self,
        resource_id: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Evaluation>>;
}
