//! One AWS thing, as the AWS CLI shows it, and what could not be read of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AccountId, Digest};

/// The region written for resources of global services.
pub const GLOBAL_REGION: &str = "global";

/// One AWS thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// For example `AWS::EC2::Instance`.
    pub resource_type: String,
    /// The ARN. For a list that could not be read (or not to its end), `unlisted/<account>/<region>/<type>`:
    /// it stands for everything we did not see there.
    pub id: String,
    /// The account it lives in.
    pub account: AccountId,
    /// The region, or `global`.
    pub region: String,
    /// The document in the shape the AWS CLI prints.
    pub document: Value,
    /// What could not be read of it.
    pub unread: Vec<Unread>,
    /// The pages it came from, and the manifest of the calls made for it.
    pub evidence: Vec<Digest>,
    /// When it was so: when the recording was made, or when the run that read it began.
    pub seen_at: Timestamp,
}

/// What the id of a placeholder begins with.
pub const PLACEHOLDER: &str = "unlisted/";

impl Resource {
    /// Whether it stands for what could not be listed.
    #[must_use]
    pub fn is_placeholder(&self) -> bool {
        self.id.starts_with(PLACEHOLDER)
    }
}

/// A part of a document that could not be read. It is not absent: we do not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unread {
    /// Dotted path in the document; empty for all of it.
    pub path: String,
    /// The call that would have told: `s3api get-bucket-encryption`.
    pub call: String,
    /// Why it did not.
    pub reason: UnreadReason,
    /// The error code, or where the answer could not be parsed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// Why something could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnreadReason {
    /// AWS refused the call.
    AccessDenied,
    /// AWS asked us to slow down until we gave up.
    Throttled,
    /// The recorded estate has neither an answer nor an error for this call.
    NotRecorded,
    /// No rule that was selected reads it, so the call was not made.
    NotAsked,
    /// All was read, and nobody can say what it comes to.
    Undecided,
    /// The answer is not what the call returns.
    Unparsable,
    /// The list says that it goes on, and the rest is not there.
    Truncated,
    /// Another error.
    Failed,
}

impl UnreadReason {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access denied",
            Self::Throttled => "throttled",
            Self::NotRecorded => "not recorded",
            Self::NotAsked => "not asked, since no selected rule reads it",
            Self::Undecided => "cannot be decided",
            Self::Unparsable => "unparsable",
            Self::Truncated => "list not complete",
            Self::Failed => "failed",
        }
    }
}

impl Unread {
    /// Whether a read of `path` would touch this: one is the other or lies inside it.
    #[must_use]
    pub fn touches(&self, path: &str) -> bool {
        touch(&self.path, path)
    }
}

/// Whether one of two dotted paths is the other or lies inside it. A path that ends with `[]` is the list alone:
/// which elements there are, not what is in them.
pub(crate) fn touch(left: &str, right: &str) -> bool {
    let inside = |outer: &str, inner: &str| {
        outer.is_empty()
            || inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    match (left.strip_suffix("[]"), right.strip_suffix("[]")) {
        (None, None) => inside(left, right) || inside(right, left),
        (None, Some(list)) => inside(left, list),
        (Some(list), None) => inside(right, list),
        (Some(left), Some(right)) => left == right,
    }
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.call, self.reason.as_str())?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_touches_itself_what_is_inside_and_what_is_around() {
        let check = |unread: &str, path: &str, expect: bool| {
            let unread = Unread {
                path: unread.to_owned(),
                call: String::new(),
                reason: UnreadReason::AccessDenied,
                detail: String::new(),
            };
            assert_eq!(unread.touches(path), expect, "{unread:?} {path}");
        };
        check("", "Tags", true);
        check("Tags", "", true);
        check("Tags", "Tags", true);
        check("Logging", "Logging.TargetBucket", true);
        check("Logging.TargetBucket", "Logging", true);
        check("Log", "Logging", false);
        check("Tags", "Logging", false);
        check("Trails", "Trails[]", true);
        check("", "Trails[]", true);
        check("Trails.Status", "Trails[]", false);
        check("Account", "Account.Trails[]", true);
        check("Trails2", "Trails[]", false);
    }
}
