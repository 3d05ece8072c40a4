//! The policies a request is judged against, layer by layer.

use crate::document::Policy;

/// Where a policy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// A level of service control policies, the root being 0.
    Scp(usize),
    /// A level of resource control policies, the root being 0.
    Rcp(usize),
    /// The policy of the VPC endpoint the request goes through.
    Endpoint,
    /// The policy attached to the resource; for a role, who may assume it.
    Resource,
    /// The policies attached to the caller.
    Identity,
    /// The caller's permission boundary.
    Boundary,
    /// The policies given when the session was made.
    Session,
    /// No policy: an exception AWS documents.
    Rule,
}

impl std::fmt::Display for Layer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Scp(level) => return write!(out, "scp[{level}]"),
            Self::Rcp(level) => return write!(out, "rcp[{level}]"),
            Self::Endpoint => "endpoint",
            Self::Resource => "resource",
            Self::Identity => "identity",
            Self::Boundary => "boundary",
            Self::Session => "session",
            Self::Rule => "rule",
        })
    }
}

/// All policies that have a say in a request.
///
/// `None` says that the layer does not exist (no boundary, no session policies, ...). What exists but could
/// not be read belongs in `unread`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layers {
    /// Attached to the caller, its groups included.
    pub identity: Vec<Policy>,
    /// The caller's permission boundary.
    pub boundary: Option<Vec<Policy>>,
    /// Given when the session was made.
    pub session: Option<Vec<Policy>>,
    /// Attached to the resource.
    pub resource: Option<Vec<Policy>>,
    /// Service control policies on the caller's organization path, from the root down.
    pub scps: Vec<Level>,
    /// Resource control policies on the resource's organization path, from the root down.
    pub rcps: Vec<Level>,
    /// Of the VPC endpoint the request goes through.
    pub endpoint: Option<Vec<Policy>>,
    /// The organization's management account, twelve digits.
    pub management_account: Option<String>,
    /// Layers that exist and could not be read, each with the reason.
    pub unread: Vec<(Layer, String)>,
}

/// One level of an organization's path: the root, a unit or the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Level {
    /// What people call it.
    pub name: String,
    /// The policies attached there.
    pub policies: Vec<Policy>,
}
