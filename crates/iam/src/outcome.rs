//! What is answered: allowed or denied, by which statements, or why nobody can say.

use crate::layers::Layer;

/// The answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Allowed, whatever is not known.
    Allow,
    /// Nothing allows it.
    ImplicitDeny,
    /// A Deny statement applies.
    ExplicitDeny,
    /// It depends on what is not known.
    Undetermined,
}

impl Outcome {
    /// `allow`, `implicit_deny`, `explicit_deny` or `undetermined`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::ImplicitDeny => "implicit_deny",
            Self::ExplicitDeny => "explicit_deny",
            Self::Undetermined => "undetermined",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The answer without its reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub outcome: Outcome,
    /// The layer that blocked, for the two denies.
    pub blocked_by: Option<Layer>,
}

/// One statement of one policy of one layer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementRef {
    /// The layer.
    pub layer: Layer,
    /// Which policy of the layer, from 0.
    pub policy: usize,
    /// Which statement of the policy, from 0.
    pub statement: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
}

/// The answer with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub outcome: Outcome,
    /// The layer that blocked, for the two denies.
    pub blocked_by: Option<Layer>,
    /// The statements that decided: the Deny statements that apply, or the Allow statements that apply.
    pub deciding: Vec<StatementRef>,
    /// What is not known and could change an undetermined answer.
    pub unknown: Vec<Unknown>,
}

/// Something that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The statement it is in, unless it is a whole layer or the request itself.
    pub statement: Option<StatementRef>,
    /// Why nobody can say.
    pub reason: String,
}
