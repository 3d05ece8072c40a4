//! A request made ready to be asked about many times, and the kinds of grant a resource's policy can give.

use crate::decide::{closed_by_default, supports_rcps};
use crate::pattern::Keys;
use crate::principal::Principal;
use crate::request::{Context, Known, Request};
use crate::truth::Truth;

/// A request, made ready: the derived keys are there, texts are in the form the engine compares.
#[derive(Debug, Clone)]
pub struct Asked<'request> {
    pub(crate) request: &'request Request,
    /// In lower case.
    pub(crate) action: Box<str>,
    pub(crate) resource: &'request str,
    pub(crate) owner: Option<&'request str>,
    pub(crate) session_arn: Option<Box<str>>,
    pub(crate) supports_rcps: bool,
    /// Nobody reaches the resource without its own policy's consent.
    pub(crate) closed: bool,
    keys: Box<[(Box<str>, Known)]>,
    context: &'request Context,
}

impl<'request> Asked<'request> {
    /// Makes a request ready.
    #[must_use]
    pub fn new(request: &'request Request) -> Self {
        let full = request.full_context();
        let action = request.action.to_ascii_lowercase();
        Self {
            request,
            supports_rcps: supports_rcps(&action),
            closed: closed_by_default(&action, &request.resource),
            action: action.into(),
            resource: &request.resource,
            owner: request.owner(),
            session_arn: request.principal.session_arn().map(Into::into),
            // A context iterates in order, which the search below relies on.
            keys: full.iter().map(|(key, known)| (key.into(), known.clone())).collect(),
            context: &request.context,
        }
    }

    /// Whether a key is given, or follows from the caller or the resource.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.binary_search_by(|(known, _)| (**known).cmp(key)).is_ok()
    }

    /// The names `NotPrincipal` knows the caller by.
    pub(crate) fn names(&self) -> [Option<&str>; 3] {
        match &self.request.principal {
            Principal::Root { account, .. } => [Some(account), None, None],
            Principal::User { arn, account } => [Some(account), Some(arn), None],
            Principal::Role { arn, account, .. } => [Some(account), Some(arn), self.session_arn.as_deref()],
            Principal::FederatedUser { arn, account, issuer } => {
                [Some(account), Some(arn), issuer.as_deref()]
            }
            Principal::Federated { provider } => [Some(provider), None, None],
            Principal::Service { name } => [Some(name), None, None],
            Principal::Anonymous => [None, None, None],
        }
    }
}

impl Keys for Asked<'_> {
    fn key(&self, key: &str) -> &Known {
        match self.keys.binary_search_by(|(known, _)| (**known).cmp(key)) {
            Ok(place) => self.keys.get(place).map_or(&Known::Unknown, |(_, known)| known),
            Err(_) => self.context.unlisted(key),
        }
    }
}

/// What a statement of a resource's policy grants a caller, by how it names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant {
    /// By the caller's own name, or to everyone: needs nothing else in the same account.
    pub(crate) direct: Truth,
    /// By the name of the role or user the session comes from: boundary and session policies still limit it.
    pub(crate) through: Truth,
    /// By its account, which has to pass it on.
    pub(crate) account: Truth,
}

impl Grant {
    /// Nothing.
    pub(crate) const NONE: Self = Self { direct: Truth::False, through: Truth::False, account: Truth::False };

    /// A direct one.
    pub(crate) fn direct(direct: Truth) -> Self {
        Self { direct, ..Self::NONE }
    }

    /// One through the role or the user.
    pub(crate) fn through(through: Truth) -> Self {
        Self { through, ..Self::NONE }
    }

    /// One to the account.
    pub(crate) fn account(account: Truth) -> Self {
        Self { account, ..Self::NONE }
    }

    /// Both.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            direct: self.direct.or(other.direct),
            through: self.through.or(other.through),
            account: self.account.or(other.account),
        }
    }

    /// As far as the rest of the statement applies.
    pub(crate) fn limited_to(self, rest: Truth) -> Self {
        Self {
            direct: self.direct.and(rest),
            through: self.through.and(rest),
            account: self.account.and(rest),
        }
    }

    /// Whether there is any.
    pub(crate) fn any(self) -> Truth {
        self.direct.or(self.through).or(self.account)
    }
}
