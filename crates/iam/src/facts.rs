//! What a policy document means: the questions people ask of one, answered by evaluating it.

mod paths;
mod services;
mod trust;
mod weakening;

use std::collections::BTreeSet;

use crate::can::{Answer, Budget, Query, Requirement};
use crate::decide::Engine;
use crate::document::{Condition, Effect, Matching, Policy, Principals, Statement};
use crate::layers::Layers;
use crate::principal::{Principal, is_account};

pub use paths::{Escalations, PathFound};
pub use services::{PassRole, WholeServices};
pub(crate) use trust::everyone_named;
pub use trust::{Federation, Trust, Trusted};
pub use weakening::{Gained, Weakening, weakening};

/// An account that stands for the caller's own where nobody says which it is; AWS uses it in its examples.
pub(crate) const SOME_ACCOUNT: &str = "111122223333";

/// What kind of document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Attached to users, groups and roles; boundaries, session policies and SCPs read the same.
    Identity,
    /// Attached to a resource.
    Resource,
    /// Who may assume a role.
    Trust,
}

impl Kind {
    /// The kind a document must be: one that names principals is attached to a resource, and one that names
    /// no resources beside is about who may assume a role.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let named = policy.statements.iter().any(|statement| statement.principals.is_some());
        let resources = policy.statements.iter().any(|statement| statement.resources.is_some());
        match (named, resources) {
            (false, _) => Self::Identity,
            (true, true) => Self::Resource,
            (true, false) => Self::Trust,
        }
    }

    /// `identity`, `resource` or `trust`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::Trust => "trust",
        }
    }
}

/// What is known of a document beside its text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Setting<'a> {
    /// What kind of document it is; by default [`Kind::of`] tells.
    pub kind: Option<Kind>,
    /// The account it stands in, twelve digits.
    pub account: Option<&'a str>,
}

/// What a policy document means.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// What it was taken for.
    pub kind: Kind,
    /// Whether it makes an administrator: everything is allowed, or whoever holds it can allow itself
    /// everything. A Deny that does not prevent the latter changes nothing.
    pub grants_admin: Answer,
    /// The privilege-escalation paths it opens.
    pub escalations: Escalations,
    /// Whether it lets in principals of other accounts, and which.
    pub trust: Trust,
    /// Whether it lets in anybody.
    pub public: Answer,
    /// Providers it trusts without saying which of their identities.
    pub federation: Federation,
    /// Services it grants as a whole.
    pub services: WholeServices,
    /// The roles it allows to pass.
    pub pass_role: PassRole,
}

impl Facts {
    /// Finds out what a document means.
    #[must_use]
    pub fn of(policy: &Policy, setting: &Setting) -> Self {
        let kind = setting.kind.unwrap_or_else(|| Kind::of(policy));
        let (escalations, grants_admin, services, pass_role) = match kind {
            Kind::Identity => {
                let holders = Holders::of(policy, &accounts(policy, setting));
                let (escalations, admin) = paths::find(&holders);
                (escalations, admin, services::whole(policy), services::pass_role(policy, &holders))
            }
            Kind::Resource | Kind::Trust => {
                (Escalations::default(), Answer::No, WholeServices::default(), PassRole::none())
            }
        };
        let (trust, public, federation) = match kind {
            Kind::Identity => (Trust::none(), Answer::No, Federation::none()),
            Kind::Resource | Kind::Trust => trust::find(policy, setting),
        };
        Self { kind, grants_admin, escalations, trust, public, federation, services, pass_role }
    }
}

/// What somebody's policies come to, taken together.
#[derive(Debug, Clone, PartialEq)]
pub struct Powers {
    /// Whether everything is allowed, or they can allow themselves everything.
    pub administrator: Answer,
    /// The privilege-escalation paths that are open.
    pub escalations: Escalations,
}

impl Powers {
    /// Finds out what a caller's policies come to, within a boundary if there is one. Policies of resources,
    /// service control policies and sessions are not looked at.
    #[must_use]
    pub fn of(caller: &Principal, policies: Vec<Policy>, boundary: Option<Vec<Policy>>) -> Self {
        let account = caller.account().unwrap_or(SOME_ACCOUNT).to_owned();
        let layers = Layers {
            identity: policies,
            boundary,
            resource: Some(vec![consent(&[account])]),
            ..Layers::default()
        };
        let holders = Holders {
            engine: Engine::new(&layers),
            callers: vec![caller.clone()],
            is_given: true,
            more_accounts: false,
            budget: Budget::default(),
        };
        let (escalations, administrator) = paths::find(&holders);
        Self { administrator, escalations }
    }
}

/// A document as the only policy of somebody, and who that could be.
pub(crate) struct Holders {
    pub(crate) engine: Engine,
    /// Users and sessions of roles, in each account the document could be about.
    pub(crate) callers: Vec<Principal>,
    /// It is known who holds it; else the callers are examples.
    pub(crate) is_given: bool,
    /// It names more accounts than were looked at.
    pub(crate) more_accounts: bool,
    /// What all questions about it may cost together.
    pub(crate) budget: Budget,
}

/// How many of the accounts a document names its holder is looked for in.
const MOST_ACCOUNTS: usize = 16;

impl Holders {
    fn of(policy: &Policy, accounts: &[String]) -> Self {
        let layers = Layers {
            identity: vec![policy.clone()],
            resource: Some(vec![consent(accounts)]),
            ..Layers::default()
        };
        let engine = Engine::new(&layers);
        let mut callers: Vec<Principal> = Vec::new();
        for condition in policy.statements.iter().flat_map(|statement| &statement.conditions) {
            let key = condition.key.to_ascii_lowercase();
            if key == "aws:principalarn" {
                let values = condition.values.iter();
                callers.extend(values.flat_map(|value| accounts.iter().filter_map(|it| example(value, it))));
            }
        }
        for partition in partitions(policy) {
            for account in accounts.iter().take(MOST_ACCOUNTS) {
                callers.extend([user(account), role(account)].map(|caller| in_partition(caller, &partition)));
            }
        }
        callers.dedup();
        let more_accounts = accounts.len() > MOST_ACCOUNTS;
        Self { engine, callers, is_given: false, more_accounts, budget: Budget::default() }
    }

    /// The best answer of all callers. A no that another caller could turn is unknown.
    pub(crate) fn ask(&self, mut query: impl FnMut(&Principal) -> Option<(Answer, bool)>) -> Answer {
        let mut best = Answer::No;
        let mut depends_on_caller = self.more_accounts;
        for caller in &self.callers {
            if let Some((answer, depends)) = query(caller) {
                best = best.or(answer);
                depends_on_caller |= depends;
            }
            if matches!(best, Answer::Yes(_)) {
                break;
            }
        }
        match best {
            Answer::No if depends_on_caller => {
                Answer::Unknown("it depends on who holds the policy".to_owned())
            }
            best => best,
        }
    }
}

/// A caller that a pattern for `aws:PrincipalArn` takes in.
fn example(pattern: &str, account: &str) -> Option<Principal> {
    let mut parts: Vec<String> = pattern.splitn(6, ':').map(str::to_owned).collect();
    for (place, ordinary) in [(1, "aws"), (4, account)] {
        if let Some(part) = parts.get_mut(place).filter(|part| part.contains('*')) {
            ordinary.clone_into(part);
        }
    }
    Principal::parse(&parts.join(":").replace('*', "example").replace('?', "x")).ok()
}

/// The accounts a document could stand in: the one that is given, else those its resources name, else any.
fn accounts(policy: &Policy, setting: &Setting) -> Vec<String> {
    if let Some(account) = setting.account {
        return vec![account.to_owned()];
    }
    let mut found: BTreeSet<String> = BTreeSet::new();
    for statement in &policy.statements {
        let resources = match &statement.resources {
            Some(Matching::Only(texts) | Matching::AllBut(texts)) => texts.as_slice(),
            None => &[],
        };
        let accounts = resources.iter().filter_map(|text| text.split(':').nth(4));
        let conditions = statement.conditions.iter().filter(|condition| {
            ["aws:principalaccount", "aws:resourceaccount"].contains(&&*condition.key.to_ascii_lowercase())
        });
        let values = conditions.flat_map(|condition| condition.values.iter().map(String::as_str));
        found.extend(accounts.chain(values).filter(|text| is_account(text)).map(str::to_owned));
    }
    let mut found: Vec<String> = found.into_iter().collect();
    if found.is_empty() || setting.account.is_none() {
        found.push(SOME_ACCOUNT.to_owned());
    }
    found
}

/// The partitions a document's resources name; `aws` if they name none.
fn partitions(policy: &Policy) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for statement in &policy.statements {
        let Some(Matching::Only(texts) | Matching::AllBut(texts)) = &statement.resources else { continue };
        let named = texts.iter().filter_map(|text| text.strip_prefix("arn:")?.split(':').next());
        found.extend(named.filter(|it| !it.contains(['*', '?', '$'])).map(str::to_owned));
    }
    if found.is_empty() {
        found.insert("aws".to_owned());
    }
    found
}

fn in_partition(caller: Principal, partition: &str) -> Principal {
    let moved = |arn: String| arn.replacen("arn:aws:", &format!("arn:{partition}:"), 1);
    match caller {
        Principal::User { arn, account } => Principal::User { arn: moved(arn), account },
        Principal::Role { arn, account, session } => Principal::Role { arn: moved(arn), account, session },
        other => other,
    }
}

pub(crate) fn user(account: &str) -> Principal {
    Principal::User { arn: format!("arn:aws:iam::{account}:user/example"), account: account.to_owned() }
}

pub(crate) fn role(account: &str) -> Principal {
    Principal::Role {
        arn: format!("arn:aws:iam::{account}:role/example"),
        account: account.to_owned(),
        session: Some("session".to_owned()),
    }
}

/// Keys that are fixed to values.
pub(crate) fn fixed<'a>(keys: impl IntoIterator<Item = (&'a String, &'a String)>) -> Vec<Requirement> {
    keys.into_iter().map(|(key, value)| must("StringEquals", key, value)).collect()
}

/// A condition that must hold.
pub(crate) fn must(operator: &str, key: &str, value: &str) -> Requirement {
    let condition =
        Condition { operator: operator.to_owned(), key: key.to_owned(), values: vec![value.to_owned()] };
    Requirement { condition, holds: true }
}

/// A document that allows everything.
pub(crate) fn everything() -> Policy {
    allowing_everything(None)
}

/// What KMS keys and roles have to say for the policies of their accounts to count: it consents, and grants
/// nobody anything by itself.
pub(crate) fn consent(accounts: &[String]) -> Policy {
    let named = accounts.iter().map(|account| ("AWS".to_owned(), account.clone())).collect();
    allowing_everything(Some(Matching::Only(Principals::Listed(named))))
}

fn allowing_everything(principals: Option<Matching<Principals>>) -> Policy {
    let all = || vec!["*".to_owned()];
    let statement = Statement {
        sid: None,
        effect: Effect::Allow,
        actions: Matching::Only(all()),
        resources: Some(Matching::Only(all())),
        principals,
        conditions: Vec::new(),
    };
    Policy { version: Some("2012-10-17".to_owned()), id: None, statements: vec![statement] }
}

/// A question about a caller with what a step fixes.
pub(crate) fn query<'a>(
    principal: &'a Principal,
    action: &'a str,
    resources: &'a [String],
    assume: &'a [Requirement],
    budget: &'a Budget,
) -> Query<'a> {
    Query { resources, assume, budget: Some(budget), ..Query::new(principal, action) }
}
