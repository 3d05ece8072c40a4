//! Conditions (2.4).

use std::cmp::Ordering;

use super::text::{Reading, characters, glob, part_by_part, parts, plain};
use super::truth::Truth;
use super::value::{binary, boolean, moment, number, within};
use crate::document::Condition;
use crate::request::Known;

/// How one value of the request is compared with one of the policy.
#[derive(Debug, Clone, Copy)]
enum Comparison {
    Exact,
    CaseFolded,
    Like,
    Number(fn(Ordering) -> bool),
    Date(fn(Ordering) -> bool),
    Bool,
    Binary,
    Address,
    Arn,
}

/// A set operator.
#[derive(Debug, Clone, Copy)]
enum Set {
    ForAllValues,
    ForAnyValue,
}

/// An operator as read.
enum Operator {
    Null,
    Compare { set: Option<Set>, comparison: Comparison, negated: bool, if_exists: bool },
}

/// Whether a condition holds.
pub(super) fn holds(condition: &Condition, reading: Reading<'_>) -> Truth {
    let Some(operator) = operator(&condition.operator) else { return Truth::Unknown };
    let values = match reading.key(&condition.key) {
        Known::Unknown => return Truth::Unknown,
        Known::Absent => &[][..],
        Known::Values(values) => values.as_slice(),
    };
    let Operator::Compare { set, comparison, negated, if_exists } = operator else {
        let absent = values.is_empty();
        return Truth::any(condition.values.iter().map(|wanted| match boolean(wanted) {
            Some(wanted) => Truth::from(wanted == absent),
            None => Truth::Unknown,
        }));
    };
    let absent = values.is_empty() || set.is_some() && values.iter().all(String::is_empty);
    if absent {
        return match set {
            _ if if_exists => Truth::True,
            Some(Set::ForAllValues) => Truth::True,
            Some(Set::ForAnyValue) => Truth::False,
            None => Truth::from(negated),
        };
    }
    let passes = |value: &String| {
        let one_of =
            condition.values.iter().map(|wanted| compare(comparison, wanted, value, reading, negated));
        Truth::any(one_of).negate_if(negated)
    };
    match (set, values) {
        (Some(Set::ForAllValues), values) => Truth::all(values.iter().map(passes)),
        (Some(Set::ForAnyValue), values) => Truth::any(values.iter().map(passes)),
        (None, [value]) => passes(value),
        (None, _) => Truth::Unknown,
    }
}

/// Reads an operator: optional set, name, optional `IfExists`. `Null` takes neither.
fn operator(text: &str) -> Option<Operator> {
    let text = text.to_ascii_lowercase();
    if text == "null" {
        return Some(Operator::Null);
    }
    let (set, name) = if let Some(name) = text.strip_prefix("forallvalues:") {
        (Some(Set::ForAllValues), name)
    } else if let Some(name) = text.strip_prefix("foranyvalue:") {
        (Some(Set::ForAnyValue), name)
    } else {
        (None, text.as_str())
    };
    let (name, if_exists) = match name.strip_suffix("ifexists") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let (comparison, negated) = match name {
        "stringequals" => (Comparison::Exact, false),
        "stringnotequals" => (Comparison::Exact, true),
        "stringequalsignorecase" => (Comparison::CaseFolded, false),
        "stringnotequalsignorecase" => (Comparison::CaseFolded, true),
        "stringlike" => (Comparison::Like, false),
        "stringnotlike" => (Comparison::Like, true),
        "numericequals" => (Comparison::Number(Ordering::is_eq), false),
        "numericnotequals" => (Comparison::Number(Ordering::is_eq), true),
        "numericlessthan" => (Comparison::Number(Ordering::is_lt), false),
        "numericlessthanequals" => (Comparison::Number(Ordering::is_le), false),
        "numericgreaterthan" => (Comparison::Number(Ordering::is_gt), false),
        "numericgreaterthanequals" => (Comparison::Number(Ordering::is_ge), false),
        "dateequals" => (Comparison::Date(Ordering::is_eq), false),
        "datenotequals" => (Comparison::Date(Ordering::is_eq), true),
        "datelessthan" => (Comparison::Date(Ordering::is_lt), false),
        "datelessthanequals" => (Comparison::Date(Ordering::is_le), false),
        "dategreaterthan" => (Comparison::Date(Ordering::is_gt), false),
        "dategreaterthanequals" => (Comparison::Date(Ordering::is_ge), false),
        "bool" => (Comparison::Bool, false),
        "binaryequals" => (Comparison::Binary, false),
        "ipaddress" => (Comparison::Address, false),
        "notipaddress" => (Comparison::Address, true),
        "arnequals" | "arnlike" => (Comparison::Arn, false),
        "arnnotequals" | "arnnotlike" => (Comparison::Arn, true),
        _ => return None,
    };
    Some(Operator::Compare { set, comparison, negated, if_exists })
}

/// Compares one value with one text of the policy; what cannot be read makes it unknown. Negation comes
/// later: it matters here only to what a variable without a value counts as (2.5).
fn compare(comparison: Comparison, wanted: &str, value: &str, reading: Reading<'_>, negated: bool) -> Truth {
    let answer: Option<bool> = match comparison {
        Comparison::Exact | Comparison::CaseFolded | Comparison::Like | Comparison::Arn => {
            let (tokens, gap) = reading.tokens(wanted);
            let is_arn = matches!(comparison, Comparison::Arn);
            if is_arn && value.splitn(6, ':').count() < 6 {
                return Truth::Unknown;
            }
            if let Some(gap) = gap {
                return reading.gap(gap, negated);
            }
            Some(match comparison {
                Comparison::Exact => plain(&tokens) == value,
                Comparison::CaseFolded => plain(&tokens).eq_ignore_ascii_case(value),
                Comparison::Like => glob(&tokens, &characters(value)),
                // A pattern of fewer than six parts.
                _ if parts(&tokens).len() < 6 => glob(&tokens, &characters(value)),
                _ => part_by_part(&tokens, value),
            })
        }
        // None of the values below can hold a variable: such a text cannot be read.
        Comparison::Number(order) => {
            both(number, value, wanted).and_then(|(value, wanted)| value.partial_cmp(&wanted)).map(order)
        }
        Comparison::Date(order) => {
            both(moment, value, wanted).and_then(|(value, wanted)| value.partial_cmp(&wanted)).map(order)
        }
        Comparison::Bool => both(boolean, value, wanted).map(|(value, wanted)| value == wanted),
        Comparison::Binary => both(binary, value, wanted).map(|(value, wanted)| value == wanted),
        Comparison::Address => within(wanted, value),
    };
    answer.map_or(Truth::Unknown, Truth::from)
}

/// Both texts, read the same way.
fn both<'t, T>(read: impl Fn(&'t str) -> Option<T>, value: &'t str, wanted: &'t str) -> Option<(T, T)> {
    Some((read(value)?, read(wanted)?))
}
