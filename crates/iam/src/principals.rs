//! `Principal` and `NotPrincipal`: whom a statement means, and how a match grants.

use crate::caller::{Asked, Grant};
use crate::document::{Matching, Principals};
use crate::mutant::{self, Mutant};
use crate::pattern::Keys;
use crate::principal::{Principal, is_account};
use crate::request::Known;
use crate::truth::Truth;

/// Whom a statement means.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// `NotPrincipal`.
    pub(crate) all_but: bool,
    /// What is listed.
    pub(crate) entries: Box<[Entry]>,
    /// It stands in a Deny, and the caller has a permission boundary: AWS says that `NotPrincipal` then always
    /// denies users and roles, whatever it lists
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>).
    pub(crate) bounded: bool,
}

/// One entry of `Principal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// `*`
    Everyone,
    /// `{"Service": "*"}`
    EveryService,
    /// `{"Federated": "*"}`
    EveryFederated,
    /// An account, as twelve digits or as its root ARN.
    Account(Box<str>),
    /// The ARN of a user, a role or a session.
    Arn(Box<str>),
    /// The unique id of somebody who was deleted.
    UniqueId(Box<str>),
    /// A service.
    Service(Box<str>),
    /// A provider.
    Federated(Box<str>),
    /// A canonical user id, which stands for an account nobody can tell from it.
    Canonical,
    /// Something AWS would have refused.
    Odd,
}

impl Named {
    /// Compiles the element.
    pub(crate) fn new(element: &Matching<Principals>) -> Self {
        let (all_but, principals) = match element {
            Matching::Only(principals) => (false, principals),
            Matching::AllBut(principals) => (true, principals),
        };
        let entries = match principals {
            Principals::Everyone => Box::new([Entry::Everyone]) as Box<[Entry]>,
            Principals::Listed(pairs) => pairs.iter().map(|(kind, value)| Entry::new(kind, value)).collect(),
        };
        Self { all_but, entries, bounded: false }
    }

    /// What it would grant the caller, if the rest of the statement applies.
    pub(crate) fn grant(&self, asked: &Asked) -> Grant {
        if self.all_but {
            return Grant::direct(self.everyone_but(asked));
        }
        let mut grant = Grant::NONE;
        for entry in &self.entries {
            grant = grant.or(entry.grant(asked));
            if *entry == Entry::Everyone {
                break;
            }
        }
        grant
    }

    fn everyone_but(&self, asked: &Asked) -> Truth {
        let spared = mutant::on(Mutant::BoundedAreSpared);
        if self.bounded
            && !spared
            && matches!(asked.request.principal, Principal::User { .. } | Principal::Role { .. })
        {
            return Truth::True;
        }
        if self.entries.contains(&Entry::Everyone) {
            return Truth::False;
        }
        let mut listed = 0_usize;
        let mut open = self.entries.iter().any(|entry| entry.means_unknown(asked));
        let names = asked.names();
        for name in names.iter().flatten() {
            if self.entries.iter().any(|entry| entry.is(asked, name)) {
                listed += 1;
            }
        }
        let all = names.iter().flatten().count();
        if all > 0 && listed == all {
            return Truth::False;
        }
        if listed > 0 && mutant::on(Mutant::ListedInPartIsListed) {
            return Truth::False;
        }
        open |= listed > 0;
        if open { Truth::Unknown } else { Truth::True }
    }
}

impl Entry {
    fn new(kind: &str, value: &str) -> Self {
        match kind {
            "AWS" if value == "*" => Self::Everyone,
            "Service" if value == "*" => Self::EveryService,
            "Federated" if value == "*" => Self::EveryFederated,
            "Service" => Self::Service(value.into()),
            "Federated" => Self::Federated(value.into()),
            "CanonicalUser" => Self::Canonical,
            "AWS" if is_account(value) => Self::Account(value.into()),
            "AWS" if value.contains(['*', '?']) => Self::Odd,
            "AWS" if value.starts_with("arn:") => match value.splitn(6, ':').collect::<Vec<_>>().as_slice() {
                [_, _, "iam", "", account, "root"] if is_account(account) => Self::Account((*account).into()),
                [_, _, "iam" | "sts", "", account, _] if is_account(account) => Self::Arn(value.into()),
                _ => Self::Odd,
            },
            "AWS" if is_unique_id(value) => Self::UniqueId(value.into()),
            _ => Self::Odd,
        }
    }

    fn grant(&self, asked: &Asked) -> Grant {
        let caller = &asked.request.principal;
        match self {
            Self::Everyone if *caller == Principal::Anonymous && mutant::on(Mutant::AnonymousIsNobody) => {
                Grant::NONE
            }
            Self::Everyone => Grant::direct(Truth::True),
            Self::EveryService => Grant::direct(matches!(caller, Principal::Service { .. }).into()),
            Self::EveryFederated => Grant::direct(matches!(caller, Principal::Federated { .. }).into()),
            Self::Account(account) => {
                let is = Truth::from(caller.account() == Some(account));
                if matches!(caller, Principal::Root { .. }) { Grant::direct(is) } else { Grant::account(is) }
            }
            Self::Arn(arn) => match caller {
                Principal::User { arn: own, .. } => Grant::direct((**arn == **own).into()),
                Principal::Role { arn: role, .. } => {
                    if **arn == **role && !mutant::on(Mutant::SessionIsNotItsRole) {
                        Grant::through(Truth::True)
                    } else if asked.session_arn.as_deref() == Some(&**arn) {
                        Grant::direct(Truth::True)
                    } else {
                        Grant::direct(if self.means_unknown(asked) { Truth::Unknown } else { Truth::False })
                    }
                }
                Principal::FederatedUser { arn: own, issuer, .. } => {
                    if **arn == **own {
                        Grant::direct(Truth::True)
                    } else if issuer.as_deref() == Some(&**arn) {
                        Grant::through(Truth::True)
                    } else {
                        Grant::through(if self.means_unknown(asked) { Truth::Unknown } else { Truth::False })
                    }
                }
                _ => Grant::NONE,
            },
            Self::UniqueId(id) if id.starts_with("AROA") => Grant::through(unique(id, asked)),
            Self::UniqueId(id) => Grant::direct(unique(id, asked)),
            Self::Service(name) => match caller {
                Principal::Service { name: own } => Grant::direct(own.eq_ignore_ascii_case(name).into()),
                _ => Grant::NONE,
            },
            Self::Federated(provider) => match caller {
                Principal::Federated { provider: own } => Grant::direct((**provider == **own).into()),
                _ => Grant::NONE,
            },
            Self::Canonical if caller.account().is_some() => Grant::direct(Truth::Unknown),
            Self::Canonical => Grant::NONE,
            Self::Odd if mutant::on(Mutant::OddPrincipalIsNobody) => Grant::NONE,
            Self::Odd => Grant::direct(Truth::Unknown),
        }
    }

    /// Whether nobody can say if it means the caller.
    fn means_unknown(&self, asked: &Asked) -> bool {
        match (self, &asked.request.principal) {
            (Self::Arn(arn), Principal::Role { arn: role, account, session: None }) => {
                let name = role.rsplit('/').next().unwrap_or_default();
                let mut parts = arn.splitn(6, ':').skip(2);
                let same =
                    (parts.next(), parts.next(), parts.next()) == (Some("sts"), Some(""), Some(account));
                let session = parts.next().and_then(|resource| resource.strip_prefix("assumed-role/"));
                same && session.and_then(|text| text.split_once('/')).is_some_and(|(role, _)| role == name)
            }
            (Self::Arn(arn), Principal::FederatedUser { account, issuer: None, .. }) => {
                let mut parts = arn.splitn(6, ':').skip(2);
                let same =
                    (parts.next(), parts.next(), parts.next()) == (Some("iam"), Some(""), Some(account));
                same && parts.next().is_some_and(|resource| resource.starts_with("user/"))
            }
            (Self::UniqueId(id), _) => unique(id, asked) == Truth::Unknown,
            (Self::Canonical, caller) => caller.account().is_some(),
            (Self::Odd, _) => true,
            _ => false,
        }
    }

    /// Whether it is this name of the caller.
    fn is(&self, asked: &Asked, name: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Account(own) => **own == *name,
            Self::Arn(own) => **own == *name,
            Self::EveryService => matches!(asked.request.principal, Principal::Service { .. }),
            Self::EveryFederated => matches!(asked.request.principal, Principal::Federated { .. }),
            Self::Service(own) => {
                matches!(asked.request.principal, Principal::Service { .. }) && own.eq_ignore_ascii_case(name)
            }
            Self::Federated(own) => {
                matches!(asked.request.principal, Principal::Federated { .. }) && **own == *name
            }
            // It stands for the user or the role, not for their account or a session.
            Self::UniqueId(id) => match &asked.request.principal {
                Principal::Role { .. } if !id.starts_with("AROA") => {
                    asked.session_arn.as_deref() == Some(name) && unique(id, asked) == Truth::True
                }
                Principal::User { arn, .. } | Principal::Role { arn, .. } => {
                    arn == name && unique(id, asked) == Truth::True
                }
                _ => false,
            },
            Self::Canonical | Self::Odd => false,
        }
    }
}

/// Whether a unique id is the caller's, as far as `aws:userid` tells.
fn unique(id: &str, asked: &Asked) -> Truth {
    if !matches!(asked.request.principal, Principal::User { .. } | Principal::Role { .. }) {
        return Truth::False;
    }
    match asked.key("aws:userid") {
        Known::Unknown => Truth::Unknown,
        Known::Absent => Truth::False,
        Known::Values(values) => match values.as_slice() {
            [single] => Truth::from(single.split(':').next() == Some(id)),
            [] => Truth::False,
            _ => Truth::Unknown,
        },
    }
}

fn is_unique_id(text: &str) -> bool {
    text.len() >= 16
        && text.starts_with('A')
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
