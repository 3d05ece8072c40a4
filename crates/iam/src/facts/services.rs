//! Services a document grants as a whole, and the roles it allows to pass.

use crate::actions::Catalogue;
use crate::can::Answer;
use crate::decide::Engine;
use crate::document::{Effect, Matching, Policy};
use crate::facts::{Holders, query};
use crate::layers::Layers;

/// Services a document grants as a whole: every action, on every resource, or all but one in ten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WholeServices {
    /// Every service there is, or nearly: at least nine in ten.
    pub nearly_all: bool,
    /// Their prefixes, in order.
    pub services: Vec<&'static str>,
    /// The document lists too many actions to hold each action of AWS against them; nobody can say.
    pub too_large: bool,
}

/// How many patterns of actions each action of AWS is held against.
const MOST_PATTERNS: usize = 5_000;

/// The roles a document allows to pass to services.
#[derive(Debug, Clone, PartialEq)]
pub struct PassRole {
    /// Whether it allows it at all.
    pub answer: Answer,
    /// On what, as the document writes it; `all but` marks a `NotResource`.
    pub resources: Vec<String>,
}

impl PassRole {
    pub(super) fn none() -> Self {
        Self { answer: Answer::No, resources: Vec::new() }
    }
}

/// Finds the services granted as a whole. Conditions are not granted through: a statement with one counts not.
pub(super) fn whole(policy: &Policy) -> WholeServices {
    let everywhere: Vec<_> = policy
        .statements
        .iter()
        .filter(|statement| {
            let all = match &statement.resources {
                Some(Matching::Only(texts)) => {
                    texts.iter().any(|text| !text.is_empty() && text.bytes().all(|byte| byte == b'*'))
                }
                Some(Matching::AllBut(texts)) => {
                    !texts.iter().any(|text| text.bytes().all(|byte| byte == b'*'))
                }
                None => false,
            };
            statement.effect == Effect::Deny || all && statement.conditions.is_empty()
        })
        .cloned()
        .collect();
    let allowing = everywhere.iter().filter(|statement| statement.effect == Effect::Allow);
    let mut prefixes: Vec<String> = Vec::new();
    let mut any = false;
    for statement in allowing {
        match &statement.actions {
            Matching::AllBut(_) => any = true,
            Matching::Only(texts) => {
                for text in texts {
                    let (prefix, name) = text.split_once(':').unwrap_or((text, "*"));
                    any |= prefix.contains(['*', '?']);
                    if name.contains('*') || texts.len() > 20 {
                        prefixes.push(prefix.to_owned());
                    }
                }
            }
        }
    }
    if !any && prefixes.is_empty() {
        return WholeServices::default();
    }
    let size: usize = everywhere
        .iter()
        .map(|statement| match &statement.actions {
            Matching::Only(texts) | Matching::AllBut(texts) => texts.len(),
        })
        .sum();
    if size > MOST_PATTERNS {
        return WholeServices { too_large: true, ..WholeServices::default() };
    }
    let only = Policy { statements: everywhere, ..policy.clone() };
    let engine = Engine::new(&Layers { identity: vec![only], ..Layers::default() });
    let catalogue = Catalogue::embedded();
    let granted = |service: crate::actions::Service<'static>| {
        let actions = service.actions();
        let all = actions.len();
        let granted = actions.filter(|action| engine.identity.grants_everywhere(action.name())).count();
        (granted * 10 >= all * 9 && granted > 0).then_some(service.prefix)
    };
    let services: Vec<&'static str> = if any {
        catalogue.services().filter_map(granted).collect()
    } else {
        let mut known: Vec<_> = prefixes.iter().filter_map(|prefix| catalogue.service(prefix)).collect();
        known.sort_by_key(|service| service.prefix);
        known.dedup_by_key(|service| service.prefix);
        known.into_iter().filter_map(granted).collect()
    };
    WholeServices {
        too_large: false,
        nearly_all: services.len() * 10 >= catalogue.services().len() * 9,
        services,
    }
}

/// Finds the roles that may be passed.
pub(super) fn pass_role(policy: &Policy, holders: &Holders) -> PassRole {
    const ACTION: &str = "iam:PassRole";
    if !holders.engine.identity.mentions(ACTION) {
        return PassRole::none();
    }
    let answer = holders
        .ask(|caller| Some(holders.engine.can_noting(&query(caller, ACTION, &[], &[], &holders.budget))));
    let mut resources = Vec::new();
    if answer != Answer::No {
        for compiled in &holders.engine.identity.statements {
            let Some(statement) = policy.statements.get(compiled.index) else { continue };
            if compiled.denies || !compiled.is_about(&ACTION.to_ascii_lowercase()) {
                continue;
            }
            match &statement.resources {
                Some(Matching::Only(texts)) => resources.extend(texts.iter().cloned()),
                Some(Matching::AllBut(texts)) => resources.push(format!("all but {}", texts.join(", "))),
                None => {}
            }
        }
    }
    PassRole { answer, resources }
}
