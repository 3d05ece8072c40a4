//! Numbers for whoever watches the jobs.

use async_trait::async_trait;

use super::PortResult;
use crate::model::Run;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
}

/// One number of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// For example `events` or `duration`.
    pub name: String,
    /// The number.
    pub value: f64,
    /// What it counts.
    pub unit: Unit,
}

/// Takes the numbers of a run when it ends. A failure here never fails the run.
#[async_trait]
pub trait Metrics: Send + Sync {
    /// Publishes all numbers of a run at once.
    async fn publish(&self, run: &Run, metrics: &[Metric]) -> PortResult<()>;
}
