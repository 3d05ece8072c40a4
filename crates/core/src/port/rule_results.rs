//! Where the verdicts of a custom rule of AWS Config go.

use async_trait::async_trait;

use super::PortResult;
use crate::config_rule::RuleResult;

/// The answer to one event of AWS Config. An adapter is made for an event and knows what Config knows it by.
#[async_trait]
pub trait RuleResults: Send + Sync {
    /// Answers, and returns the results that were not taken, also when they were sent again. Results of one
    /// resource replace each other: the one about the latest moment stays. An answer of no results says that the
    /// rule has run.
    async fn put(&self, results: &[RuleResult]) -> PortResult<Vec<RuleResult>>;

    /// Type and id of each resource the rule has a verdict on. What does not apply is none.
    async fn known(&self, rule: &str) -> PortResult<Vec<(String, String)>>;
}
