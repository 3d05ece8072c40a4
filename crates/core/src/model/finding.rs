//! The verdict of a posture rule on a resource, as it is kept and reported.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AccountId, Digest, RuleStamp, SCHEMA, Severity, Verdict, rfc3339_nanos};

/// One verdict of one rule on one resource at one time. A finding is an evaluation; the history keeps all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The version of this shape.
    pub schema: u32,
    /// The ARN (history key).
    pub resource_id: String,
    /// `<RFC 3339>#<rule>` (history sort key), so that two rules never overwrite each other.
    pub evaluation_timestamp: String,
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// The account.
    pub account: AccountId,
    /// The region, or `global`.
    pub region: String,
    /// Which rule.
    #[serde(flatten)]
    pub rule: RuleStamp,
    /// How bad a Fail is.
    pub severity: Severity,
    /// `pass`, `fail`, `not_applicable` or `unknown`.
    pub verdict: String,
    /// What is wrong, or why it could not be told.
    pub reason: Option<String>,
    /// The digests it was judged from.
    pub evidence: Vec<Digest>,
    /// Who accepted this Fail, if anybody did.
    pub waiver: Option<WaiverNote>,
    /// The run that judged.
    pub execution_id: String,
}

/// The waiver as it stood when the finding was judged. It never changes the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaiverNote {
    /// The entry's id.
    pub id: String,
    /// Who accepts the risk.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day it holds (`YYYY-MM-DD`).
    pub expires: String,
    /// Whether that day has passed.
    pub expired: bool,
}

impl Evaluation {
    /// The sort key for a rule judged at a time.
    #[must_use]
    pub fn timestamp_key(at: Timestamp, rule: &str) -> String {
        format!("{}#{rule}", rfc3339_nanos(at))
    }

    /// The verdict as a type. A word this build does not know is `Unknown`.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.verdict.as_str() {
            "pass" => Verdict::Pass,
            "fail" => Verdict::Fail,
            "not_applicable" => Verdict::NotApplicable,
            _ => Verdict::Unknown(self.reason.clone().unwrap_or_default()),
        }
    }

    /// Whether a waiver in force covers it.
    #[must_use]
    pub fn is_waived(&self) -> bool {
        self.waiver.as_ref().is_some_and(|waiver| !waiver.expired)
    }

    /// The id of the finding: rule and subject, whatever the time.
    #[must_use]
    pub fn finding_id(&self) -> Digest {
        Digest::of_parts([self.rule.id.as_bytes(), self.resource_id.as_bytes()])
    }

    /// The current shape.
    pub const SCHEMA: u32 = SCHEMA;
}
