//! The record of every run.

use async_trait::async_trait;

use super::PortResult;
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
}
