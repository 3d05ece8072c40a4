//! What a new version of a document allows that the old one did not.

use std::collections::{BTreeSet, HashSet};

use crate::can::actions::{Representatives, representatives};
use crate::can::{Answer, Budget, Query};
use crate::decide::Engine;
use crate::document::{Effect, Matching, Policy, Statement};
use crate::facts::trust::{Gate, MOST_NAMED, accounts_named, everyone_named};
use crate::facts::{Holders, Kind, Setting, accounts, consent, everything, role, user};
use crate::layers::{Layers, Level};
use crate::principal::{Principal, is_account};

/// The difference between two versions, in one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Weakening {
    /// Whether the new version allows something the old one does not.
    pub answer: Answer,
    /// What, one example for each action looked at.
    pub gained: Vec<Gained>,
    /// More was gained than is listed.
    pub more: bool,
}

/// Something that is allowed now.
#[derive(Debug, Clone, PartialEq)]
pub struct Gained {
    /// The action.
    pub action: String,
    /// The request that shows it, and the conditions it depends on.
    pub answer: Answer,
    /// It was denied before, rather than not allowed: it is open to whoever has it from another policy.
    pub lifted: bool,
}

/// Finds what `new` allows that `old` does not, naming at most `most` examples; with `most` 0 it stops at the
/// first.
#[must_use]
pub fn weakening(old: &Policy, new: &Policy, setting: &Setting, most: usize) -> Weakening {
    let kind = setting.kind.unwrap_or_else(|| match (Kind::of(old), Kind::of(new)) {
        (Kind::Identity, other) => other,
        (one, _) => one,
    });
    let mut found = Weakening { answer: Answer::No, gained: Vec::new(), more: false };
    let both = [old, new];
    let Representatives { mut actions, mut cut } = about(&both);
    // Where the two say the same of an action, nothing of it is gained.
    let (said, says) = (Said::of(old), Said::of(new));
    actions.retain(|action| said.about(action) != says.about(action));
    let budget = Budget::default();
    match kind {
        Kind::Identity => {
            let mut accounts = accounts(new, setting);
            accounts.extend(self::accounts(old, setting));
            accounts.sort();
            accounts.dedup();
            let (before, after) = (Holders::of(old, &accounts), Holders::of(new, &accounts));
            cut |= before.more_accounts || after.more_accounts;
            let mut callers = after.callers;
            callers.extend(before.callers);
            callers.dedup();
            compare(
                &mut found,
                &before.engine,
                &after.engine,
                &callers,
                None,
                &actions,
                false,
                most,
                &budget,
            );
            // A document can also be a limit on what other policies allow.
            let limit = |policy: &Policy| {
                let denies =
                    policy.statements.iter().filter(|it| it.effect == Effect::Deny).cloned().collect();
                let denying = Policy { statements: denies, ..policy.clone() };
                let level = Level { name: String::new(), policies: vec![denying, everything()] };
                Engine::new(&Layers {
                    identity: vec![everything()],
                    scps: vec![level],
                    resource: Some(vec![consent(&accounts)]),
                    ..Layers::default()
                })
            };
            compare(&mut found, &limit(old), &limit(new), &callers, None, &actions, true, most, &budget);
        }
        Kind::Resource | Kind::Trust => {
            let text = format!("{old:?}{new:?}");
            let (before, after) = (Gate::of(old, setting), Gate::of(new, setting));
            let placeholder = |account: &String| !text.contains(account.as_str());
            let stranger =
                [&before.stranger, &after.stranger].into_iter().find(|it| placeholder(it)).cloned();
            let owner = if placeholder(&after.owner) { &before.owner } else { &after.owner };
            let mut callers = vec![Principal::Anonymous];
            let mut accounts: BTreeSet<String> = stranger.into_iter().collect();
            accounts.insert(owner.clone());
            for policy in both {
                accounts.extend(accounts_named(policy));
                for (kind, value) in everyone_named(policy) {
                    match (kind.as_str(), is_account(&value), Principal::parse(&value)) {
                        ("AWS", true, _) => {
                            accounts.insert(value);
                        }
                        ("AWS", false, Ok(Principal::Root { account, .. })) => {
                            accounts.insert(account);
                        }
                        ("AWS", false, Ok(caller)) => callers.push(caller),
                        ("Service", ..) => callers.push(Principal::Service { name: value }),
                        ("Federated", ..) => callers.push(Principal::Federated { provider: value }),
                        _ => {}
                    }
                }
            }
            callers.extend(accounts.iter().flat_map(|account| [user(account), role(account)]));
            callers.dedup();
            cut |= callers.len() > MOST_NAMED;
            callers.truncate(MOST_NAMED);
            compare(
                &mut found,
                &before.engine,
                &after.engine,
                &callers,
                Some(owner),
                &actions,
                false,
                most,
                &budget,
            );
        }
    }
    if cut {
        let reason = "the documents tell too many actions or callers apart to look at all of them".to_owned();
        found.answer = std::mem::replace(&mut found.answer, Answer::No).or(Answer::Unknown(reason));
    }
    found
}

#[expect(clippy::too_many_arguments, reason = "the two sides, who and what is asked, and how much is told")]
fn compare(
    found: &mut Weakening,
    old: &Engine,
    new: &Engine,
    callers: &[Principal],
    owner: Option<&str>,
    actions: &[String],
    lifted: bool,
    most: usize,
    budget: &Budget,
) {
    for action in actions {
        if most == 0 && found.answer.is_possible() {
            return;
        }
        if found.gained.iter().any(|gained| gained.action == *action) {
            continue;
        }
        let mut best = Answer::No;
        let mut another_caller = false;
        for caller in callers {
            let ordinary = caller.principal_arn().is_some_and(|arn| arn.ends_with("/example"));
            let query =
                Query { owner, budget: Some(budget), any_name: ordinary, ..Query::new(caller, action) };
            let (answer, depends) = new.can_beyond_noting(old, &query);
            best = best.or(answer);
            another_caller |= depends && ordinary;
            if matches!(best, Answer::Yes(_)) {
                break;
            }
        }
        if another_caller {
            best = best.or(Answer::Unknown("it depends on more of the caller than its name".to_owned()));
        }
        if best.is_possible() && most > 0 {
            if found.gained.len() < most {
                found.gained.push(Gained { action: action.clone(), answer: best.clone(), lifted });
            } else {
                found.more = true;
            }
        }
        found.answer = std::mem::replace(&mut found.answer, Answer::No).or(best);
    }
}

/// What a document says of an action.
struct Said<'a> {
    version: Option<&'a str>,
    statements: &'a [Statement],
    engine: Engine,
}

impl<'a> Said<'a> {
    fn of(policy: &'a Policy) -> Self {
        let engine = Engine::new(&Layers { identity: vec![policy.clone()], ..Layers::default() });
        Self { version: policy.version.as_deref(), statements: &policy.statements, engine }
    }

    /// The statements about an action, as far as they differ from others.
    fn about(&self, action: &str) -> (Option<&str>, Vec<String>) {
        let lower = action.to_ascii_lowercase();
        let compiled = self.engine.identity.statements.iter();
        let mut said: Vec<String> = compiled
            .zip(self.statements)
            .filter(|(compiled, _)| compiled.is_about(&lower))
            .map(|(_, it)| {
                format!("{:?} {:?} {:?} {:?}", it.effect, it.resources, it.principals, it.conditions)
            })
            .collect();
        said.sort();
        said.dedup();
        (self.version, said)
    }
}

/// The actions that stand for all that documents are about.
pub(super) fn about(policies: &[&Policy]) -> Representatives {
    let layers = Layers { identity: policies.iter().map(|it| (*it).clone()).collect(), ..Layers::default() };
    let engine = Engine::new(&layers);
    let mut patterns: Vec<String> = Vec::new();
    for statement in policies.iter().flat_map(|policy| &policy.statements) {
        match &statement.actions {
            Matching::Only(texts) => patterns.extend(texts.iter().cloned()),
            Matching::AllBut(_) => patterns.push("*".to_owned()),
        }
    }
    let services = services_of_resources(policies);
    let mut chosen = representatives(engine.statements(), &patterns, services.as_ref(), false);
    chosen.actions.retain(|action| {
        let lower = action.to_ascii_lowercase();
        engine.statements().any(|statement| statement.is_about(&lower))
    });
    chosen
}

/// The services whose resources documents name; `None` if they name all there are. Roles are assumed through
/// another service than their own.
fn services_of_resources(policies: &[&Policy]) -> Option<HashSet<String>> {
    let mut found = HashSet::new();
    for policy in policies {
        for statement in &policy.statements {
            match &statement.resources {
                Some(Matching::Only(texts)) => {
                    for text in texts {
                        let service = text.split(':').nth(2).filter(|it| !it.contains(['*', '?']))?;
                        found.insert(service.to_owned());
                    }
                }
                Some(Matching::AllBut(_)) => return None,
                None => {
                    found.insert("sts".to_owned());
                }
            }
        }
    }
    Some(found)
}
