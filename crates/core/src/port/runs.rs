//! The record of every run.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Page, PortResult};
use crate::model::{JobName, Run};

/// Every run. Runs are small and are kept for good.
#[async_trait]
pub trait Runs: Send + Sync {
    /// Keeps a run under its execution id; the same id is replaced.
    async fn put(&self, run: &Run) -> PortResult<()>;

    /// A run by its execution id.
    async fn get(&self, execution_id: &str) -> PortResult<Option<Run>>;

    /// The runs of a job on a scope that are still `running`, oldest first.
    async fn unfinished(&self, job: JobName, scope: &str) -> PortResult<Vec<Run>>;

    /// The run of a job that began last among those that ended `done` or `incomplete`.
    async fn latest(&self, job: JobName) -> PortResult<Option<Run>>;

    /// The runs of a job that ended `done` or `incomplete` and began at a time or before it, newest first.
    async fn ended(
        &self,
        job: JobName,
        until: Timestamp,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Run>>;
}
