//! *Is there any request that these policies allow?*, the one symbolic question.
//!
//! A request is allowed if one Allow statement of each needed layer applies and no Deny statement does. So the
//! search takes such statements together, makes every Deny fail in one of the ways it can (its resource, one of
//! its conditions), and looks for a resource and a context that fit. Whatever it finds is decided by the
//! engine before it is believed: a yes always comes with a request that is allowed.

pub(crate) mod actions;
mod alternatives;
pub(crate) mod domain;
mod draft;
pub(crate) mod keys;
pub(crate) mod language;
mod search;

use std::cell::Cell;

pub use domain::can_be_about;

use crate::condition::Test;
use crate::decide::Engine;
use crate::document::Condition;
use crate::principal::Principal;
use crate::request::Request;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// Who would ask.
    pub principal: &'a Principal,
    /// One action, `service:Name`.
    pub action: &'a str,
    /// The resources that count, as patterns; if there are none, every resource the action can be about.
    pub resources: &'a [String],
    /// The account that owns the resource; by default the caller's own.
    pub owner: Option<&'a str>,
    /// What must hold of the request beside, or must not.
    pub assume: &'a [Requirement],
    /// The caller is a fact, so conditions about it are not reported.
    pub caller_is_given: bool,
    /// The caller stands for every user, or every role, of its account: it may have any name and path.
    pub any_name: bool,
    /// What this question may cost, together with others; by default a bound of its own.
    pub budget: Option<&'a Budget>,
}

/// How much work questions may take together, so that a document made to hurt is answered with unknown.
#[derive(Debug)]
pub struct Budget(Cell<u64>);

impl Budget {
    /// So many comparisons of a text with a pattern, roughly.
    #[must_use]
    pub const fn new(comparisons: u64) -> Self {
        Self(Cell::new(comparisons))
    }

    /// Takes from it; `false` if it is used up.
    pub(crate) fn spend(&self, comparisons: usize) -> bool {
        let left = self.0.get().saturating_sub(u64::try_from(comparisons).unwrap_or(u64::MAX));
        self.0.set(left);
        left > 0
    }
}

impl Default for Budget {
    /// Enough for every document AWS would take, several times over; about a second of work.
    fn default() -> Self {
        Self::new(20_000_000)
    }
}

impl<'a> Query<'a> {
    /// Whether somebody can do something to any resource.
    #[must_use]
    pub fn new(principal: &'a Principal, action: &'a str) -> Self {
        Self {
            principal,
            action,
            resources: &[],
            owner: None,
            assume: &[],
            caller_is_given: false,
            any_name: false,
            budget: None,
        }
    }
}

/// Whether there is such a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// There is, and no condition stands in the way. The request is one that is allowed.
    Yes(Box<Request>),
    /// There is, if these conditions are met; the request meets them.
    YesIf(Vec<Requirement>, Box<Request>),
    /// There is none.
    No,
    /// Nobody can say.
    Unknown(String),
}

impl Answer {
    /// `yes`, `yes_if`, `no` or `unknown`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Yes(_) => "yes",
            Self::YesIf(..) => "yes_if",
            Self::No => "no",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Whether there is such a request, with conditions or without.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        matches!(self, Self::Yes(_) | Self::YesIf(..))
    }

    /// The request that shows it.
    #[must_use]
    pub fn witness(&self) -> Option<&Request> {
        match self {
            Self::Yes(request) | Self::YesIf(_, request) => Some(request),
            Self::No | Self::Unknown(_) => None,
        }
    }

    /// The conditions it depends on.
    #[must_use]
    pub fn conditions(&self) -> &[Requirement] {
        match self {
            Self::YesIf(conditions, _) => conditions,
            Self::Yes(_) | Self::No | Self::Unknown(_) => &[],
        }
    }

    /// How much it says for there being such a request: unknown weighs more than no, and a plain yes most.
    fn weight(&self) -> (u8, usize) {
        match self {
            Self::No => (0, 0),
            Self::Unknown(_) => (1, 0),
            Self::YesIf(conditions, _) => (2, usize::MAX - conditions.len()),
            Self::Yes(_) => (3, 0),
        }
    }

    /// The one that says more for there being such a request.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    /// Both must be: the weaker of the two, with the conditions of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::YesIf(mut mine, request), Self::YesIf(theirs, _)) => {
                for requirement in theirs {
                    if !mine.contains(&requirement) {
                        mine.push(requirement);
                    }
                }
                Self::YesIf(mine, request)
            }
            (mine, theirs) => {
                if theirs.weight() < mine.weight() {
                    theirs
                } else {
                    mine
                }
            }
        }
    }
}

/// A condition that must be met, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The condition as the policy writes it.
    pub condition: Condition,
    /// Whether it must hold; if not, it belongs to a Deny that must not apply.
    pub holds: bool,
}

impl std::fmt::Display for Requirement {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Condition { operator, key, values } = &self.condition;
        let not = if self.holds { "" } else { "not " };
        write!(out, "{not}{operator} {key} {}", values.join(" | "))
    }
}

/// Keys whose value the caller chooses freely with each request, so that a condition on them keeps nobody out.
pub(crate) fn is_free(key: &str) -> bool {
    matches!(
        key,
        "aws:securetransport"
            | "aws:useragent"
            | "aws:referer"
            | "s3:tlsversion"
            | "s3:signatureversion"
            | "s3:authtype"
            | "s3:prefix"
            | "s3:delimiter"
            | "s3:max-keys"
    ) || key.starts_with("s3:x-amz-")
}

impl Engine {
    /// Whether there is any request, as asked, that the policies allow.
    #[must_use]
    pub fn can(&self, query: &Query) -> Answer {
        search::can(self, None, query).0
    }

    /// The same, and whether a no is only this caller's: a condition about the caller stood in the way.
    pub(crate) fn can_noting(&self, query: &Query) -> (Answer, bool) {
        search::can(self, None, query)
    }

    /// Whether there is any request, as asked, that these policies allow and the others do not.
    #[must_use]
    pub fn can_beyond(&self, other: &Engine, query: &Query) -> Answer {
        self.can_beyond_noting(other, query).0
    }

    /// The same, and whether a no is only this caller's.
    pub(crate) fn can_beyond_noting(&self, other: &Engine, query: &Query) -> (Answer, bool) {
        search::can(self, Some(other), query)
    }
}

/// Compiles conditions somebody asks for beside the policies. One that must not hold is read as in a Deny.
pub(crate) fn assumed(requirements: &[Requirement]) -> Vec<(Test, bool)> {
    let compile = |it: &Requirement| (Test::new(&it.condition, true, !it.holds), it.holds);
    requirements.iter().map(compile).collect()
}
