//! Remarks on the document as a whole, and on which elements its statements have.

use std::collections::HashMap;

use super::{Desk, rules, shown, texts};
use crate::document::{Effect, Matching, Policy, Principals, Statement};
use crate::facts::Kind;

/// How large a document may be, white space left out, and where
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>, looked up 2026-11-22).
const QUOTAS: [(usize, &str); 4] = [
    (2_048, "the inline policies of a user"),
    (5_120, "the inline policies of a group"),
    (6_144, "a managed policy"),
    (10_240, "the inline policies of a role"),
];

pub(super) fn look(policy: &Policy, kind: Kind, desk: &mut Desk) {
    match policy.version.as_deref() {
        None => desk.say(
            rules::MISSING_VERSION,
            "without a `Version` AWS takes `2008-10-17`, which has no variables; write `2012-10-17`"
                .to_owned(),
        ),
        Some("2012-10-17" | "2008-10-17") => {}
        Some(other) => desk.say(
            rules::UNKNOWN_VERSION,
            format!("{} is no version of the policy language; the newest is `2012-10-17`", shown(other)),
        ),
    }
    if policy.statements.is_empty() {
        let message = "the document has no statements and says nothing";
        desk.say(rules::EMPTY_STATEMENT_LIST, message.to_owned());
    }
    if kind == Kind::Identity {
        let length = length(policy);
        let exceeded: Vec<String> = QUOTAS
            .iter()
            .filter(|(quota, _)| length > *quota)
            .map(|(quota, place)| format!("{place} ({quota})"))
            .collect();
        if !exceeded.is_empty() {
            let message = format!(
                "it has at least {length} characters without white space, too many for {}",
                exceeded.join(", ")
            );
            desk.say(rules::TOO_LARGE, message);
        }
    }
    sids(policy, kind, desk);
}

fn sids(policy: &Policy, kind: Kind, desk: &mut Desk) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (index, statement) in policy.statements.iter().enumerate() {
        let Some(sid) = statement.sid.as_deref().filter(|sid| !sid.is_empty()) else { continue };
        desk.statement = Some(index);
        match seen.get(sid) {
            Some(first) => desk.say(
                rules::DUPLICATE_SID,
                format!("the `Sid` {} is that of `Statement[{first}]` already", shown(sid)),
            ),
            None => {
                seen.insert(sid, index);
            }
        }
        if kind == Kind::Identity && !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let message = format!("the `Sid` {} may have letters and digits only", shown(sid));
            desk.say(rules::SID_CHARSET, message);
        }
    }
    desk.statement = None;
}

/// Which elements a statement has and lacks.
pub(super) fn elements(statement: &Statement, kind: Kind, desk: &mut Desk) {
    let Statement { principals, resources, .. } = statement;
    let problem = match (kind, principals.is_some(), resources.is_some()) {
        (Kind::Identity, true, _) => "a policy of a caller names no principal: it is about whoever has it",
        (Kind::Identity, false, false) => "it names no resource",
        (Kind::Resource | Kind::Trust, false, _) => "it names no principal",
        (Kind::Trust, true, true) => "a trust policy names no resource: it is about its own role",
        (Kind::Identity | Kind::Resource, _, true) | (Kind::Resource | Kind::Trust, true, false) => return,
    };
    desk.say(rules::MISPLACED_ELEMENT, problem.to_owned());
}

/// How long the document is at least: without white space, and without the lists around single texts.
fn length(policy: &Policy) -> usize {
    let members = [("Version", &policy.version), ("Id", &policy.id)];
    let mut total = 2;
    for (name, value) in members {
        total += value.as_ref().map_or(0, |value| name.len() + 4 + text(value));
    }
    total += "\"Statement\":".len();
    let statements: usize = policy.statements.iter().map(|it| statement(it) + 1).sum();
    // One statement needs no list around it, and no comma behind it.
    total + if policy.statements.len() == 1 { statements - 1 } else { statements + 1 }
}

fn statement(statement: &Statement) -> usize {
    let named =
        |plain: &str, all_but: bool, value: usize| plain.len() + if all_but { 3 } else { 0 } + 4 + value;
    let all_but = |element: &Matching<Vec<String>>| matches!(element, Matching::AllBut(_));
    let effect = match statement.effect {
        Effect::Allow => r#"{"Effect":"Allow"}"#.len(),
        Effect::Deny => r#"{"Effect":"Deny"}"#.len(),
    };
    let mut total = effect + named("Action", all_but(&statement.actions), list(texts(&statement.actions)));
    total += statement.sid.as_ref().map_or(0, |sid| named("Sid", false, text(sid)));
    total += statement.resources.as_ref().map_or(0, |it| named("Resource", all_but(it), list(texts(it))));
    total += statement.principals.as_ref().map_or(0, |element| {
        let (not, principals) = match element {
            Matching::Only(principals) => (false, principals),
            Matching::AllBut(principals) => (true, principals),
        };
        named(
            "Principal",
            not,
            match principals {
                Principals::Everyone => 3,
                Principals::Listed(pairs) => {
                    1 + pairs.iter().map(|(_, value)| text(value) + 1).sum::<usize>()
                }
            },
        )
    });
    let mut operator = "";
    for condition in &statement.conditions {
        if operator != condition.operator {
            operator = &condition.operator;
            total += operator.len() + 6;
        }
        total += text(&condition.key) + 2 + list(&condition.values);
    }
    total + if statement.conditions.is_empty() { 0 } else { named("Condition", false, 2) }
}

fn list(texts: &[String]) -> usize {
    match texts {
        [single] => text(single),
        many => 2 + many.iter().map(|it| text(it) + 1).sum::<usize>().saturating_sub(1),
    }
}

fn text(text: &str) -> usize {
    let written = |character: char| usize::from(!character.is_whitespace());
    2 + text.chars().map(written).sum::<usize>()
}
