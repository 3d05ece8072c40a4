//! Metrics in memory.

use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::model::Run;
use crate::port::{Metric, Metrics, PortResult};

/// Remembers what was published: the execution and its numbers.
#[derive(Debug, Default)]
pub struct MemoryMetrics {
    published: Mutex<Vec<(String, Vec<Metric>)>>,
}

impl MemoryMetrics {
    /// Everything published so far, in order.
    #[must_use]
    pub fn published(&self) -> Vec<(String, Vec<Metric>)> {
        lock(&self.published).clone()
    }
}

#[async_trait]
impl Metrics for MemoryMetrics {
    async fn publish(&self, run: &Run, metrics: &[Metric]) -> PortResult<()> {
        lock(&self.published).push((run.execution_id.clone(), metrics.to_vec()));
        Ok(())
    }
}
