//! What a condition key may be so that some tests hold and others do not.
//!
//! Each family of operators is solved in its own way: texts and ARNs as languages, numbers, dates and
//! addresses by the few values at which an answer can change. Whatever is found is checked by asking the
//! tests themselves, so a solution is always right; that there is none is only said where the way is complete.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::can::Budget;
use crate::can::language::{Found, Glob, Variables, find};
use crate::condition::family::Family;
use crate::condition::{Asks, Quantifier, Test};
use crate::pattern::Keys;
use crate::request::Known;
use crate::truth::Truth;

/// How many comparisons the search for one value may take.
const MOST_COMPARISONS: usize = 1_000_000;

/// A test, and whether it is wanted to hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Literal<'test> {
    pub(crate) test: &'test Test,
    pub(crate) holds: bool,
}

impl Literal<'_> {
    fn is_met(&self, known: &Known, keys: &impl Keys) -> bool {
        self.test.holds_for(known, keys) == Truth::from(self.holds)
    }
}

/// What comes of looking for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Solved {
    /// This does it.
    Known(Known),
    /// Nothing does.
    Nothing,
    /// Nobody can say.
    Unclear,
}

/// One demand on a single value: in the family's set, or outside of it.
#[derive(Clone, Copy)]
struct Demand<'test> {
    family: &'test Family,
    inside: bool,
}

/// Finds what a key may be. All literals are about that key.
pub(crate) fn solve(literals: &[Literal], may_be_absent: bool, keys: &impl Keys, budget: &Budget) -> Solved {
    let met = |known: &Known| literals.iter().all(|literal| literal.is_met(known, keys));
    let mut single = Vec::new();
    let mut every = Vec::new();
    let mut some = Vec::new();
    let mut exact = true;
    for literal in literals {
        match &literal.test.asks {
            Asks::Nothing => exact = false,
            Asks::Absent(wanted) => exact &= wanted.iter().all(Option::is_some),
            Asks::Compare { quantifier, negated, family, .. } => {
                let demand = Demand { family, inside: literal.holds != *negated };
                match (quantifier, literal.holds) {
                    (Quantifier::One, _) => single.push(demand),
                    (Quantifier::All, true) | (Quantifier::Any, false) => every.push(demand),
                    (Quantifier::All, false) | (Quantifier::Any, true) => some.push(demand),
                }
            }
        }
    }
    let mut values = Vec::new();
    if !single.is_empty() || some.is_empty() {
        let all: Vec<Demand> = single.iter().chain(&every).chain(&some).copied().collect();
        match value(&all, !every.is_empty() || !some.is_empty(), keys, budget) {
            Value::Is(text) => values.push(text),
            Value::Nothing => {}
            Value::Unclear => exact = false,
        }
    } else {
        for one in &some {
            let all: Vec<Demand> = every.iter().chain([one]).copied().collect();
            match value(&all, true, keys, budget) {
                Value::Is(text) => values.push(text),
                Value::Nothing => {
                    values.clear();
                    break;
                }
                Value::Unclear => {
                    exact = false;
                    values.clear();
                    break;
                }
            }
        }
    }
    if !values.is_empty() {
        let known = Known::Values(values);
        if met(&known) {
            return Solved::Known(known);
        }
        // Only `Null` can stand against values that everything else wants.
        let present_is_barred = literals
            .iter()
            .any(|literal| matches!(literal.test.asks, Asks::Absent(_)) && !literal.is_met(&known, keys));
        exact &= present_is_barred;
    }
    if may_be_absent && met(&Known::Absent) {
        return Solved::Known(Known::Absent);
    }
    if exact { Solved::Nothing } else { Solved::Unclear }
}

enum Value {
    Is(String),
    Nothing,
    Unclear,
}

/// A single value that meets all demands.
fn value(demands: &[Demand], not_empty: bool, keys: &impl Keys, budget: &Budget) -> Value {
    let meets = |text: &str| {
        demands.iter().all(|demand| demand.family.matches(text, keys) == Truth::from(demand.inside))
    };
    let textual = |demand: &Demand| matches!(demand.family, Family::Text { .. } | Family::Arn { .. });
    let values: usize = demands.iter().map(|demand| demand.family.len()).sum();
    let mut samples = samples(demands);
    let comparisons = samples.len().saturating_mul(values).min(MOST_COMPARISONS);
    if !budget.spend(comparisons) {
        return Value::Unclear;
    }
    let all_tried = samples.len().saturating_mul(values) <= MOST_COMPARISONS;
    if !all_tried {
        samples.truncate((MOST_COMPARISONS / values.max(1)).max(1));
    }
    if let Some(text) = samples.into_iter().find(|text| (!not_empty || !text.is_empty()) && meets(text)) {
        return Value::Is(text);
    }
    if demands.iter().all(textual) {
        return textual_value(demands, not_empty, keys, budget, &meets);
    }
    let kinds = [
        demands.iter().all(|it| matches!(it.family, Family::Number(..))),
        demands.iter().all(|it| matches!(it.family, Family::Date(..))),
        demands.iter().all(|it| matches!(it.family, Family::Boolean(_))),
        demands.iter().all(|it| matches!(it.family, Family::Binary(_))),
        demands.iter().all(|it| matches!(it.family, Family::Address(_))),
    ];
    // The samples of one family are complete; those of several together need not be.
    if all_tried && kinds.contains(&true) && demands.iter().all(|demand| readable(demand.family)) {
        Value::Nothing
    } else {
        Value::Unclear
    }
}

fn textual_value(
    demands: &[Demand],
    not_empty: bool,
    keys: &impl Keys,
    budget: &Budget,
    meets: &dyn Fn(&str) -> bool,
) -> Value {
    let mut groups = Vec::new();
    let mut unwanted = Vec::new();
    let mut exact = true;
    for demand in demands {
        let globs: Vec<Option<Glob>> = match demand.family {
            Family::Text { patterns, .. } => {
                patterns.iter().map(|pattern| Glob::of(pattern, Variables::Valued(keys))).collect()
            }
            Family::Arn { patterns, .. } => {
                groups.push(vec![Glob::any_arn()]);
                patterns.iter().map(|pattern| Glob::of_arn(pattern, Variables::Valued(keys))).collect()
            }
            _ => return Value::Unclear,
        };
        exact &= globs.iter().all(Option::is_some);
        let globs = globs.into_iter().flatten();
        if demand.inside {
            groups.push(globs.collect());
        } else {
            unwanted.extend(globs);
        }
    }
    groups.push(vec![Glob::not_empty()]);
    let mut found = find(&groups, &unwanted, budget);
    if found == Found::Nothing && !not_empty {
        groups.pop();
        found = find(&groups, &unwanted, budget);
    }
    match found {
        Found::Text(text) if meets(&text) => Value::Is(text),
        Found::Nothing if exact => Value::Nothing,
        Found::Text(_) | Found::Nothing | Found::TooMuch => Value::Unclear,
    }
}

fn readable(family: &Family) -> bool {
    match family {
        Family::Number(_, values) | Family::Date(_, values) => values.iter().all(Option::is_some),
        Family::Boolean(values) => values.iter().all(Option::is_some),
        Family::Address(values) => values.iter().all(Option::is_some),
        Family::Binary(values) => values.iter().all(Option::is_some),
        Family::Text { .. } | Family::Arn { .. } => true,
    }
}

/// Values worth trying: where the answer of one of the families can change, and an ordinary one.
fn samples(demands: &[Demand]) -> Vec<String> {
    let mut samples = Vec::new();
    let mut numbers: Vec<f64> = Vec::new();
    for demand in demands {
        match demand.family {
            Family::Text { patterns, .. } => {
                samples.extend(patterns.iter().filter_map(|it| it.exact().map(str::to_owned)));
                samples.push("example".to_owned());
            }
            Family::Arn { .. } => samples.push("arn:aws:s3:::example".to_owned()),
            Family::Number(_, values) | Family::Date(_, values) => {
                numbers.extend(values.iter().flatten().filter(|value| value.is_finite()));
                if values.is_empty() {
                    numbers.push(0.0);
                }
            }
            Family::Boolean(_) => samples.extend(["true".to_owned(), "false".to_owned()]),
            Family::Binary(values) => {
                samples.extend(values.iter().flatten().map(|value| value.to_string()));
                // Longer than any of them, so equal to none.
                let longest = values.iter().flatten().map(|value| value.len()).max().unwrap_or(0);
                samples.push("A".repeat((longest / 4 + 1) * 4));
            }
            Family::Address(values) => {
                samples.push(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)).to_string());
                for network in values.iter().flatten() {
                    let (first, behind) = network.ends();
                    samples.push(first.to_string());
                    samples.extend(behind.map(|address| address.to_string()));
                }
                samples.push(IpAddr::V4(Ipv4Addr::UNSPECIFIED).to_string());
                samples.push(IpAddr::V6(Ipv6Addr::UNSPECIFIED).to_string());
            }
        }
    }
    numbers.sort_by(f64::total_cmp);
    let between = numbers.windows(2).filter_map(|pair| match pair {
        [low, high] => Some(low + (high - low) / 2.0),
        _ => None,
    });
    let edges = [numbers.first().map(|low| low - 1.0), numbers.last().map(|high| high + 1.0)];
    let all = numbers.iter().copied().chain(between).chain(edges.into_iter().flatten());
    samples.extend(all.collect::<Vec<_>>().into_iter().flat_map(|number| {
        let whole = number.floor();
        [number.to_string(), whole.to_string(), (whole + 1.0).to_string()]
    }));
    samples
}
