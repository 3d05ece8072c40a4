//! The permit of a remediation: exactly the calls of one plan, each once, for whoever has seen the plan.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use provost_awsapi::Call;
use provost_core::model::Digest;

use super::reads::{Answer, answer};
use crate::actions::{Operations, Unmapped};

/// Lets the calls of one confirmed plan pass, each exactly as it was planned and exactly once.
///
/// It cannot be had by accident: it is made from the digest of the plan, which a person or a standing order has
/// to have seen first ([`RemediationPermit::digest`], shown by the dry run). It cannot be copied, covers no call
/// that is not in the plan to the letter, and is worth nothing once they are made.
pub struct RemediationPermit {
    left: Mutex<Vec<Call>>,
}

/// Why there is no permit for a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPermitted {
    /// The plan has no calls.
    #[error("the plan has no calls")]
    Empty,
    /// What was confirmed is another plan, or this one before it changed.
    #[error("the plan has the digest {found}, and what was confirmed is {confirmed}: look at it again")]
    Changed {
        /// The digest of these calls.
        found: Digest,
        /// The digest that was confirmed.
        confirmed: Digest,
    },
    /// A call of the plan would answer with a secret.
    #[error("`{service}:{operation}` would answer with a secret ({what}); no plan may do that")]
    Secret {
        /// The service of the call.
        service: String,
        /// Its operation.
        operation: String,
        /// What the answer would hold.
        what: &'static str,
    },
    /// It is not known what a call of the plan needs.
    #[error("`{service}:{operation}` cannot be part of a plan: {why}")]
    Unknown {
        /// The service of the call.
        service: String,
        /// Its operation.
        operation: String,
        /// Why nobody knows.
        why: Unmapped,
    },
}

impl RemediationPermit {
    /// The digest of a plan's calls, in their order, with everything they say.
    #[must_use]
    pub fn digest(calls: &[Call]) -> Digest {
        let list: Vec<serde_json::Value> = calls
            .iter()
            .map(|call| serde_json::json!([call.service, call.operation, call.region, call.input]))
            .collect();
        // Maps are sorted, so the same calls are the same bytes.
        Digest::of(serde_json::Value::Array(list).to_string().as_bytes())
    }

    /// The permit for a plan, given the digest somebody confirmed.
    ///
    /// # Errors
    /// The plan is empty or another one, or has calls that no plan may have.
    pub fn confirmed(calls: Vec<Call>, confirmed: &Digest) -> Result<Self, NotPermitted> {
        if calls.is_empty() {
            return Err(NotPermitted::Empty);
        }
        let found = Self::digest(&calls);
        if found != *confirmed {
            return Err(NotPermitted::Changed { found, confirmed: *confirmed });
        }
        for call in &calls {
            let (service, operation) = (call.service.clone(), call.operation.clone());
            if let Answer::Secret(what) = answer(&service, &operation, &call.input) {
                return Err(NotPermitted::Secret { service, operation, what });
            }
            if let Err(why) = Operations::embedded().actions(&service, &operation) {
                return Err(NotPermitted::Unknown { service, operation, why });
            }
        }
        Ok(Self { left: Mutex::new(calls) })
    }

    /// How many calls have not been made yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether the call is one that is left; it is not any more then.
    pub(super) fn spend(&self, call: &Call) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        match left.iter().position(|planned| planned == call) {
            Some(index) => {
                left.remove(index);
                true
            }
            None => false,
        }
    }
}

impl fmt::Debug for RemediationPermit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RemediationPermit").field("left", &self.left()).finish_non_exhaustive()
    }
}
