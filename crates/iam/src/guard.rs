//! Promises about policies, proved for every request: *these actions are never allowed, unless ...*.

use std::collections::BTreeSet;

use crate::actions::Catalogue;
use crate::can::actions::{pattern, representatives};
use crate::can::{Answer, Query, Requirement};
use crate::decide::Engine;
use crate::document::Condition;
use crate::facts::{SOME_ACCOUNT, consent, everyone_named, everything, role, user};
use crate::layers::Layers;
use crate::principal::{Principal, is_account};

/// Of how many callers a promise that names nobody is proved.
const MOST_CALLERS: usize = 96;

/// What is promised.
#[derive(Debug, Clone, Default)]
pub struct NeverAllows {
    /// The callers it is promised of; by default every user, every session of a role and, where there is neither
    /// a boundary nor a session policy, the root user of an account. Service-linked roles, which SCPs do not
    /// bind, and callers the policy of a resource names are not among them.
    pub principals: Vec<Principal>,
    /// Patterns of actions.
    pub actions: Vec<String>,
    /// Patterns of resources; by default every resource.
    pub resources: Vec<String>,
    /// Requests that meet all of these may be allowed.
    pub unless: Vec<Condition>,
    /// The account that owns the resources; by default the caller's own.
    pub owner: Option<String>,
}

/// Whether a promise holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Proof {
    /// No request breaks it.
    Holds {
        /// How many actions stood for all of them.
        actions: usize,
        /// How many kinds of callers it was proved of.
        callers: usize,
    },
    /// This request breaks it.
    Broken(Answer),
    /// Nobody can say, and why.
    Unknown(String),
}

impl NeverAllows {
    /// Proves the promise, or finds a request that breaks it.
    ///
    /// Where no identity policies are given, the caller's own are taken to allow everything: what is left to
    /// keep the promise are the other layers. Where no policy of the resource is given, keys and roles are taken
    /// to leave it to the policies of their account.
    #[must_use]
    pub fn prove(&self, layers: &Layers) -> Proof {
        let mut layers = layers.clone();
        let any_name = self.principals.is_empty();
        let anybody = if any_name { anybody(&layers, &self.unless) } else { Vec::new() };
        if anybody.len() > MOST_CALLERS {
            return Proof::Unknown(format!(
                "the policies single out {} callers and accounts, too many to look at all of them",
                anybody.len()
            ));
        }
        let principals = if any_name { &anybody } else { &self.principals };
        if layers.identity.is_empty() {
            layers.identity.push(everything());
        }
        if layers.resource.is_none() {
            let accounts: BTreeSet<String> =
                principals.iter().filter_map(|caller| caller.account().map(str::to_owned)).collect();
            layers.resource = Some(vec![consent(&accounts.into_iter().collect::<Vec<_>>())]);
        }
        let engine = Engine::new(&layers);
        for name in self.actions.iter().filter(|text| !text.contains(['*', '?'])) {
            if Catalogue::embedded().action(name).is_none() {
                return Proof::Unknown(format!(
                    "AWS has no action `{name}`, so there is nothing to prove of it"
                ));
            }
        }
        let chosen = representatives(engine.statements(), &self.actions, None, true);
        if chosen.cut {
            return Proof::Unknown(
                "the policies tell too many actions apart to look at all of them".to_owned(),
            );
        }
        if chosen.actions.is_empty() {
            let patterns = self.actions.join(", ");
            return Proof::Unknown(format!("no action matches {patterns}, so there is nothing to prove"));
        }
        // Some condition of `unless` is not met: one question for each.
        let broken: Vec<Vec<Requirement>> = if self.unless.is_empty() {
            vec![Vec::new()]
        } else {
            let unmet =
                |condition: &Condition| vec![Requirement { condition: condition.clone(), holds: false }];
            self.unless.iter().map(unmet).collect()
        };
        let mut worst = Answer::No;
        for principal in principals {
            for action in &chosen.actions {
                for assume in &broken {
                    let ordinary = any_name && is_ordinary(principal);
                    let query = Query {
                        resources: &self.resources,
                        owner: self.owner.as_deref(),
                        assume,
                        caller_is_given: !ordinary,
                        any_name: ordinary,
                        ..Query::new(principal, action)
                    };
                    let (answer, depends) = engine.can_noting(&query);
                    worst = worst.or(answer);
                    if depends {
                        let reason = "it depends on more of the caller than its name".to_owned();
                        worst = worst.or(Answer::Unknown(reason));
                    }
                    if matches!(worst, Answer::Yes(_)) {
                        return Proof::Broken(worst);
                    }
                }
            }
        }
        match worst {
            Answer::No => Proof::Holds { actions: chosen.actions.len(), callers: principals.len() },
            Answer::Unknown(reason) => Proof::Unknown(reason),
            broken @ (Answer::Yes(_) | Answer::YesIf(..)) => Proof::Broken(broken),
        }
    }

    /// Whether one of the patterns takes in an action.
    #[must_use]
    pub fn is_about(&self, action: &str) -> bool {
        let lower = action.to_ascii_lowercase();
        self.actions.iter().any(|text| pattern(text).matches_plain(&lower))
    }
}

/// Whom a promise is about that names nobody: users, role sessions and root users of whatever name, in an
/// ordinary account and in every account the policies single out.
fn anybody(layers: &Layers, unless: &[Condition]) -> Vec<Principal> {
    let levels = layers.scps.iter().chain(&layers.rcps).flat_map(|level| &level.policies);
    let single = [&layers.boundary, &layers.session, &layers.resource, &layers.endpoint];
    let policies = levels.chain(&layers.identity).chain(single.into_iter().flatten().flatten());
    let conditions = policies.flat_map(|policy| &policy.statements).flat_map(|it| &it.conditions);
    let mut accounts = BTreeSet::from([SOME_ACCOUNT.to_owned()]);
    for condition in conditions.chain(unless) {
        for value in &condition.values {
            let account = value.split(':').nth(4).unwrap_or(value);
            if is_account(account) {
                accounts.insert(account.to_owned());
            }
        }
    }
    // Identity policies, boundaries and session policies are about others than the root user; SCPs bind it.
    let limited = layers.boundary.is_some() || layers.session.is_some() || !layers.identity.is_empty();
    let root = |account: &String| Principal::Root { account: account.clone(), partition: "aws".to_owned() };
    let mut anybody: Vec<Principal> =
        accounts.iter().flat_map(|account| [user(account), role(account)]).collect();
    anybody.extend(accounts.iter().filter(|_| !limited).map(root));
    // Whoever the policy of the resource or the endpoint names is somebody of its own.
    let naming = [&layers.resource, &layers.endpoint].into_iter().flatten().flatten();
    let named = naming.flat_map(everyone_named).filter(|(kind, _)| kind == "AWS");
    let named = named.filter_map(|(_, value)| Principal::parse(&value).ok());
    anybody.extend(named.filter(|caller| caller.account().is_some()));
    anybody
}

/// Whether a caller stands for all of its kind, since nobody named it.
fn is_ordinary(caller: &Principal) -> bool {
    caller.principal_arn().is_some_and(|arn| arn.ends_with("/example"))
}
