//! A rule of AWS Config in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::config_rule::{Compliance, RuleResult};
use crate::port::{PortResult, RuleResults};

/// Keeps what it is answered as Config does, for one rule.
#[derive(Debug, Default)]
pub struct MemoryRuleResults {
    standing: Mutex<BTreeMap<(String, String), RuleResult>>,
    answers: Mutex<usize>,
}

impl MemoryRuleResults {
    /// What stands, in order of type and id; what does not apply stands not.
    #[must_use]
    pub fn standing(&self) -> Vec<RuleResult> {
        lock(&self.standing).values().cloned().collect()
    }

    /// How often it was answered.
    #[must_use]
    pub fn answers(&self) -> usize {
        *lock(&self.answers)
    }
}

#[async_trait]
impl RuleResults for MemoryRuleResults {
    async fn put(&self, results: &[RuleResult]) -> PortResult<Vec<RuleResult>> {
        *lock(&self.answers) += 1;
        let mut standing = lock(&self.standing);
        for result in results {
            let key = (result.resource_type.clone(), result.resource_id.clone());
            if standing.get(&key).is_some_and(|known| known.at > result.at) {
                continue;
            }
            match result.compliance {
                Compliance::NotApplicable => standing.remove(&key),
                Compliance::Compliant | Compliance::NonCompliant => standing.insert(key, result.clone()),
            };
        }
        Ok(Vec::new())
    }

    async fn known(&self, _rule: &str) -> PortResult<Vec<(String, String)>> {
        Ok(lock(&self.standing).keys().cloned().collect())
    }
}
