//! Who a statement speaks of (2.3), and by which kind of grant (3).

use super::text::Reading;
use super::truth::Truth;
use crate::document::{Effect, Matching, Principals};
use crate::principal::{Principal, is_account};
use crate::request::Known;

/// The kinds of grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Direct,
    Through,
    Account,
}

/// Of which kinds something grants. `or` of the three is whether it matches at all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grants {
    pub(super) direct: Truth,
    pub(super) through: Truth,
    pub(super) account: Truth,
}

impl Grants {
    pub(super) const NONE: Self = Self::all(Truth::False);

    pub(super) const fn all(truth: Truth) -> Self {
        Self { direct: truth, through: truth, account: truth }
    }

    pub(super) fn direct(truth: Truth) -> Self {
        Self { direct: truth, ..Self::NONE }
    }

    fn of(kind: Kind, truth: Truth) -> Self {
        match kind {
            Kind::Direct => Self { direct: truth, ..Self::NONE },
            Kind::Through => Self { through: truth, ..Self::NONE },
            Kind::Account => Self { account: truth, ..Self::NONE },
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self {
            direct: self.direct.or(other.direct),
            through: self.through.or(other.through),
            account: self.account.or(other.account),
        }
    }

    pub(super) fn and(self, truth: Truth) -> Self {
        Self {
            direct: self.direct.and(truth),
            through: self.through.and(truth),
            account: self.account.and(truth),
        }
    }

    /// `R` of section 3.
    pub(super) fn any(self) -> Truth {
        self.direct.or(self.through).or(self.account)
    }
}

/// One of the caller's names, and the kind of grant it gives when an entry matches it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name(Kind, String);

/// The table of names (2.3). An account comes first.
fn names(principal: &Principal) -> Vec<Name> {
    let name = |kind, text: &String| Name(kind, text.clone());
    match principal {
        Principal::Root { account, .. } => vec![name(Kind::Direct, account)],
        Principal::User { arn, account } => vec![name(Kind::Account, account), name(Kind::Direct, arn)],
        Principal::Role { arn, account, .. } => {
            let session = principal.session_arn().map(|session| Name(Kind::Direct, session));
            [name(Kind::Account, account), name(Kind::Through, arn)].into_iter().chain(session).collect()
        }
        Principal::FederatedUser { arn, account, issuer } => {
            let issuer = issuer.as_ref().map(|issuer| name(Kind::Through, issuer));
            [name(Kind::Account, account), name(Kind::Direct, arn)].into_iter().chain(issuer).collect()
        }
        Principal::Federated { provider } => vec![name(Kind::Direct, provider)],
        Principal::Service { name: service } => vec![name(Kind::Direct, service)],
        Principal::Anonymous => Vec::new(),
    }
}

/// What an entry says of the caller.
enum Entry {
    Nobody,
    /// All of its names.
    Everyone,
    /// This one.
    Lists(Name),
    /// Nobody can say; the kind it would be.
    Unknown(Kind),
}

/// Whether the principal element matches, and how it grants. `bounded`: whether the caller is a user or role
/// session that has a permission boundary.
pub(super) fn matches(
    element: &Matching<Principals>,
    principal: &Principal,
    reading: Reading<'_>,
    bounded: bool,
) -> Grants {
    let entries = |listed: &Principals| match listed {
        Principals::Everyone => vec![Entry::Everyone],
        Principals::Listed(pairs) => {
            pairs.iter().map(|(kind, value)| entry(kind, value, principal, reading)).collect()
        }
    };
    match element {
        Matching::Only(listed) => entries(listed).into_iter().fold(Grants::NONE, |grants, entry| {
            grants.or(match entry {
                Entry::Nobody => Grants::NONE,
                Entry::Everyone => Grants::direct(Truth::True),
                Entry::Lists(Name(kind, _)) => Grants::of(kind, Truth::True),
                Entry::Unknown(kind) => Grants::of(kind, Truth::Unknown),
            })
        }),
        // Whatever it lists.
        Matching::AllBut(_) if bounded && reading.effect == Effect::Deny => Grants::direct(Truth::True),
        Matching::AllBut(listed) => {
            let mut left = names(principal);
            let (mut everyone, mut some, mut unknown) = (false, false, false);
            for entry in entries(listed) {
                match entry {
                    Entry::Nobody => {}
                    Entry::Everyone => everyone = true,
                    Entry::Lists(name) => {
                        some = true;
                        left.retain(|other| other.1 != name.1);
                    }
                    Entry::Unknown(_) => unknown = true,
                }
            }
            Grants::direct(if everyone || some && left.is_empty() {
                Truth::False
            } else if some || unknown {
                Truth::Unknown
            } else {
                Truth::True
            })
        }
    }
}

/// Reads one entry, `{kind: value}`.
fn entry(kind: &str, value: &str, principal: &Principal, reading: Reading<'_>) -> Entry {
    let everyone_if = |certain: bool| if certain { Entry::Everyone } else { Entry::Nobody };
    match (kind, principal) {
        ("AWS", _) => aws_entry(value, principal, reading),
        // These callers have one name, so that who matches it matches everyone there is to match.
        ("Service", Principal::Service { name }) => {
            everyone_if(value == "*" || value.eq_ignore_ascii_case(name))
        }
        ("Federated", Principal::Federated { provider }) => everyone_if(value == "*" || value == provider),
        ("Service" | "Federated", _) => Entry::Nobody,
        ("CanonicalUser", _) if principal.account().is_none() => Entry::Nobody,
        _ => Entry::Unknown(Kind::Direct),
    }
}

/// Reads one entry of the kind `AWS`.
fn aws_entry(value: &str, principal: &Principal, reading: Reading<'_>) -> Entry {
    let names = names(principal);
    let lists = |found: Option<&Name>| found.map_or(Entry::Nobody, |name| Entry::Lists(name.clone()));
    if value == "*" {
        return Entry::Everyone;
    }
    if value.contains(['*', '?']) {
        return Entry::Unknown(Kind::Direct);
    }
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    let account = match parts.as_slice() {
        ["arn", _, "iam", "", account, "root"] if is_account(account) => Some(*account),
        _ => Some(value).filter(|value| is_account(value)),
    };
    // The ARNs that can be a caller's: other texts AWS refuses.
    let is_arn = matches!(parts.as_slice(), ["arn", _, "iam" | "sts", "", owner, _] if is_account(owner));
    if account.is_none() && !is_arn && !is_unique_id(value) {
        return Entry::Unknown(Kind::Direct);
    }
    // All of these are accounts and what belongs to one.
    if principal.account().is_none() {
        return Entry::Nobody;
    }
    if let Some(account) = account {
        return lists(names.first().filter(|_| principal.account() == Some(account)));
    }
    if is_unique_id(value) {
        return unique_id(value, principal, reading);
    }
    match (parts.as_slice(), principal) {
        // Some session of this very role.
        (_, Principal::Role { arn, account, session: None })
            if Principal::Role {
                arn: arn.clone(),
                account: account.clone(),
                session: Some(String::new()),
            }
            .session_arn()
            .is_some_and(|any_session| value.starts_with(&any_session)) =>
        {
            Entry::Unknown(Kind::Direct)
        }
        // Some user of the account, and the federated user comes from one of them.
        (["arn", _, "iam", "", owner, user], Principal::FederatedUser { account, issuer: None, .. })
            if owner == account && user.starts_with("user/") =>
        {
            Entry::Unknown(Kind::Through)
        }
        _ => lists(names.iter().find(|name| name.1 == value)),
    }
}

/// A unique id stands for somebody deleted, or for the user or role session whose id it is: one that begins
/// with `AROA` names the role, any other the caller itself.
fn unique_id(value: &str, principal: &Principal, reading: Reading<'_>) -> Entry {
    let is_roles = value.starts_with("AROA");
    let named = match principal {
        Principal::User { arn, .. } => arn.clone(),
        Principal::Role { arn, .. } if is_roles => arn.clone(),
        // A session whose name is not given has no name of its own to be listed by.
        Principal::Role { .. } => principal.session_arn().unwrap_or_default(),
        Principal::Root { .. }
        | Principal::FederatedUser { .. }
        | Principal::Federated { .. }
        | Principal::Service { .. }
        | Principal::Anonymous => return Entry::Nobody,
    };
    let kind = if is_roles { Kind::Through } else { Kind::Direct };
    match reading.key("aws:userid") {
        Known::Absent => Entry::Nobody,
        Known::Unknown => Entry::Unknown(kind),
        Known::Values(ids) => match ids.as_slice() {
            [] => Entry::Nobody,
            [id] if id.split(':').next() == Some(value) => Entry::Lists(Name(kind, named)),
            [_] => Entry::Nobody,
            _ => Entry::Unknown(kind),
        },
    }
}

/// `AIDA...`, `AROA...`: sixteen characters or more, upper-case letters and digits, beginning with `A`.
fn is_unique_id(text: &str) -> bool {
    let id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    text.len() >= 16 && text.starts_with('A') && text.bytes().all(id)
}
