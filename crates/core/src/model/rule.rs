//! What every rule has: a severity, an origin, a hash.

use serde::{Deserialize, Serialize};

use super::Digest;

/// How bad it is when the rule is right. Sigma's levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Informational,
    /// Tidy up some day.
    Low,
    /// Plan the fix.
    Medium,
    /// Fix this week.
    High,
    /// Fix now.
    Critical,
}

impl Severity {
    /// From least to most severe.
    pub const ALL: [Self; 5] = [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The lower-case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The severity of that lower-case name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a detection asks for when it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Keep it.
    Log,
    /// Keep it and tell people.
    Alert,
    /// Keep it, tell people and plan an undo. Never for an attempt that failed.
    Remediate,
}

impl Action {
    /// The lower-case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Alert => "alert",
            Self::Remediate => "remediate",
        }
    }

    /// The action of that lower-case name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Log, Self::Alert, Self::Remediate].into_iter().find(|action| action.as_str() == text)
    }
}

/// Where a rule came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Origin {
    /// Embedded in the binary.
    BuiltIn,
    /// A folder the user named.
    Folder(String),
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}

impl From<String> for Origin {
    fn from(text: String) -> Self {
        if text == "built-in" { Self::BuiltIn } else { Self::Folder(text) }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built-in"),
            Self::Folder(path) => f.write_str(path),
        }
    }
}

/// Which rule, exactly: its id, the hash of its text and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleStamp {
    /// The kebab-case id.
    #[serde(rename = "rule")]
    pub id: String,
    /// The digest of the rule file.
    #[serde(rename = "rule_hash")]
    pub hash: Digest,
    /// Built-in, or which folder.
    #[serde(rename = "rule_origin")]
    pub origin: Origin,
}

/// Lower-case letters, digits and single hyphens between them.
#[must_use]
pub fn is_kebab_case(id: &str) -> bool {
    !id.is_empty()
        && id.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_ordered_and_named() {
        assert!(Severity::Critical > Severity::High);
        for severity in Severity::ALL {
            assert_eq!(Severity::parse(severity.as_str()), Some(severity));
        }
        assert_eq!(Severity::parse("High"), None);
    }

    #[test]
    fn kebab_case() {
        assert!(is_kebab_case("s3-blocks-public-access"));
        for id in ["", "-a", "a-", "a--b", "A-b", "a_b", "a b"] {
            assert!(!is_kebab_case(id), "{id}");
        }
    }
}
