//! Remarks on conditions: their operators, keys and values.

use super::actions::Services;
use super::keys::{Keys, is_of_a_provider};
use super::{Desk, rules, shown};
use crate::condition::family::Family;
use crate::condition::{Asks, Quantifier, Test};
use crate::document::{Condition, Effect, Statement};

/// Every operator, without prefix and suffix.
const OPERATORS: [&str; 27] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnNotEquals",
    "ArnLike",
    "ArnNotLike",
    "Null",
];

pub(super) fn look(statement: &Statement, variables: bool, services: &Services, desk: &mut Desk) {
    for condition in &statement.conditions {
        let test = Test::new(condition, variables, statement.effect == Effect::Deny);
        match &test.asks {
            Asks::Nothing => {
                let name = condition.operator.rsplit(':').next().unwrap_or_default();
                let suggestion = desk.suggestion(name, OPERATORS.into_iter());
                let message = format!("AWS has no operator {}{suggestion}", shown(&condition.operator));
                desk.say(rules::UNKNOWN_OPERATOR, message);
            }
            Asks::Absent(wanted) => {
                unreadable(condition, wanted.iter().map(Option::is_some), "`true` or `false`", desk);
            }
            Asks::Compare { quantifier, family, .. } => {
                values(condition, family, desk);
                sets(statement, condition, *quantifier, desk);
            }
        }
        key(condition, services, desk);
    }
}

/// Values the operator cannot read.
fn values(condition: &Condition, family: &Family, desk: &mut Desk) {
    match family {
        Family::Text { .. } => {}
        Family::Number(_, read) => {
            unreadable(condition, read.iter().map(Option::is_some), "a decimal number", desk);
        }
        Family::Date(_, read) => {
            let wanted = "a date like `2026-11-22T00:00:00Z`, or seconds since 1970";
            unreadable(condition, read.iter().map(Option::is_some), wanted, desk);
        }
        Family::Boolean(read) => {
            unreadable(condition, read.iter().map(Option::is_some), "`true` or `false`", desk);
        }
        Family::Address(read) => {
            let wanted = "an IP address or a range like `203.0.113.0/24`";
            unreadable(condition, read.iter().map(Option::is_some), wanted, desk);
        }
        Family::Binary(_) => {
            let is_base64 = |text: &String| {
                let digits = text.trim_end_matches('=');
                digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
            };
            unreadable(condition, condition.values.iter().map(is_base64), "base64", desk);
        }
        Family::Arn { .. } => {
            let may_be = |text: &String| text.starts_with("arn:") || text.contains(['*', '?', '$']);
            unreadable(condition, condition.values.iter().map(may_be), "an ARN", desk);
        }
    }
}

fn unreadable(condition: &Condition, readable: impl Iterator<Item = bool>, wanted: &str, desk: &mut Desk) {
    for (value, readable) in condition.values.iter().zip(readable) {
        if !readable {
            let message = format!(
                "{} is not {wanted}, which {} compares with",
                shown(value),
                shown(&condition.operator)
            );
            desk.say(rules::UNREADABLE_VALUE, message);
        }
    }
}

/// Operators for several values, and keys that have them.
fn sets(statement: &Statement, condition: &Condition, quantifier: Quantifier, desk: &mut Desk) {
    let Condition { operator, key, .. } = condition;
    let multivalued = Keys::all().get(key).and_then(|key| key.multivalued);
    match (quantifier, multivalued) {
        (Quantifier::One, Some(true)) => desk.say(
            rules::SET_MISSING,
            format!(
                "a request can have several values of {}; write `ForAnyValue:{operator}` or \
                 `ForAllValues:{operator}` to say how many must match",
                shown(key)
            ),
        ),
        (Quantifier::All | Quantifier::Any, Some(false)) => desk.say(
            rules::SET_ON_SINGLE,
            format!(
                "a request has one value of {} at most, and {} is for several",
                shown(key),
                shown(operator)
            ),
        ),
        (Quantifier::One, _) | (_, Some(true) | None) => {}
    }
    let is_asked_for = |it: &Condition| {
        it.operator.eq_ignore_ascii_case("null")
            && it.key.eq_ignore_ascii_case(key)
            && it.values.iter().all(|value| value.eq_ignore_ascii_case("false"))
    };
    if quantifier == Quantifier::All
        && statement.effect == Effect::Allow
        && !statement.conditions.iter().any(is_asked_for)
    {
        desk.say(
            rules::FOR_ALL_VALUES,
            format!(
                "{} holds for a request without {}; ask for the key by `\"Null\": {{{}: \"false\"}}`",
                shown(operator),
                shown(key),
                shown(key).replace('`', "\"")
            ),
        );
    }
}

/// Keys that no request for these actions has.
fn key(condition: &Condition, services: &Services, desk: &mut Desk) {
    let name = &condition.key;
    if is_of_a_provider(name) {
        return;
    }
    let Some(key) = Keys::all().get(name) else {
        let suggestion = desk.suggestion(name, Keys::all().names());
        desk.say(rules::UNKNOWN_KEY, format!("AWS has no condition key {}{suggestion}", shown(name)));
        return;
    };
    let Services::Some(named) = services else { return };
    if key.global || named.is_empty() || named.iter().any(|service| key.services.contains(service)) {
        return;
    }
    let owners: Vec<&str> = key.services.iter().take(3).copied().collect();
    let message = format!(
        "{} is a key of `{}`, and no action here is of that service",
        shown(name),
        owners.join("`, `")
    );
    desk.say(rules::UNKNOWN_KEY, message);
}
