//! A detection rule that matched an event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Action, Digest, RuleStamp, Severity, WaiverNote};

/// A detection rule that matched a CloudTrail event. Recorded once, however often the event is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The version of this shape.
    pub schema: u32,
    /// Derived from rule and event.
    pub id: Digest,
    /// Which rule.
    #[serde(flatten)]
    pub rule: RuleStamp,
    /// The rule's title.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// What the rule asks for.
    pub action: Action,
    /// `done`, or `attempted` when the call failed.
    pub outcome: Outcome,
    /// CloudTrail's `eventID`, or the record's digest where it has none.
    pub event_id: String,
    /// For example `CreateAccessKey`.
    pub event_name: Option<String>,
    /// For example `iam.amazonaws.com`.
    pub event_source: Option<String>,
    /// RFC 3339, as recorded.
    pub event_time: Option<String>,
    /// The error code of an attempt.
    pub error_code: Option<String>,
    /// The account the event happened in.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The ARN of who acted, or the service, or the principal id.
    pub principal: Option<String>,
    /// Where from.
    pub source_ip: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// Which file, and where in it.
    pub source: EventSourcePosition,
    /// The digest of the event as archived.
    pub evidence: Digest,
    /// Why, where the rule asked what a policy means: the fields that speak for the match, by their names
    /// without `iam.`. Violations of schema 1 have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, Value>,
    /// Who suppressed it and why, if anybody did. It stays visible and counted.
    pub suppressed: Option<WaiverNote>,
}

/// Whether the call did what it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It happened.
    Done,
    /// The call failed (`errorCode` is present). Counted apart, never remediated.
    Attempted,
}

impl Outcome {
    /// The lower-case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Attempted => "attempted",
        }
    }
}

/// Where an event was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSourcePosition {
    /// The file as the user named it, `-` for standard input.
    pub file: String,
    /// Byte offset of the record in the decompressed text.
    pub position: u64,
    /// Ordinal of the record in the file, from 1.
    pub record: u64,
}

impl Violation {
    /// The id of a rule's match of an event. AWS calls event ids unique; account and time are part of it so
    /// that a record which borrows another one's id does not vanish behind it.
    #[must_use]
    pub fn id_of(rule: &str, event_id: &str, account: Option<&str>, time: Option<&str>) -> Digest {
        let parts = [rule, event_id, account.unwrap_or_default(), time.unwrap_or_default()];
        Digest::of_parts(parts.map(str::as_bytes))
    }

    /// Whether a suppression in force covers it.
    #[must_use]
    pub fn is_suppressed(&self) -> bool {
        self.suppressed.as_ref().is_some_and(|note| !note.expired)
    }

    /// The current shape: since 2 it says why, in [`Violation::facts`].
    pub const SCHEMA: u32 = 2;
}
