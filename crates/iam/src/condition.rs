//! Conditions: one operator on one key, compiled once.
//!
//! What an operator does with an absent key, with many values and with a value it cannot read is written
//! here, once for all families; how one value is compared, in `condition/family.rs`.

pub(crate) mod family;
pub(crate) mod values;

use crate::document::Condition;
use crate::mutant::{self, Mutant};
use crate::pattern::Keys;
use crate::request::Known;
use crate::truth::Truth;
use family::Family;

/// One operator on one key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Test {
    /// The key, in lower case.
    pub(crate) key: Box<str>,
    /// What the operator asks.
    pub(crate) asks: Asks,
    /// The operator as the document writes it, for explanations.
    pub(crate) written: Box<Condition>,
}

/// What an operator asks of a key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Asks {
    /// `Null`: whether the key is absent. `None` where the value is neither `true` nor `false`.
    Absent(Box<[Option<bool>]>),
    /// Everything else.
    Compare {
        /// `ForAllValues`, `ForAnyValue` or neither.
        quantifier: Quantifier,
        /// Ends in `IfExists`.
        if_exists: bool,
        /// `...Not...`
        negated: bool,
        /// How one value is compared.
        family: Family,
    },
    /// An operator nobody documents.
    Nothing,
}

/// How the values of a request are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    /// Without a set operator: there is one value.
    One,
    /// `ForAllValues`
    All,
    /// `ForAnyValue`
    Any,
}

impl Test {
    /// Compiles a condition. `variables` says whether the document's version has them, `deny` whether the
    /// statement denies: a variable without a value weighs differently there.
    pub(crate) fn new(condition: &Condition, variables: bool, deny: bool) -> Self {
        Self {
            key: condition.key.to_ascii_lowercase().into_boxed_str(),
            asks: asks(condition, variables, deny),
            written: Box::new(condition.clone()),
        }
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, keys: &impl Keys) -> Truth {
        self.holds_for(keys.key(&self.key), keys)
    }

    /// Whether it holds when this is known of its key.
    pub(crate) fn holds_for(&self, known: &Known, keys: &impl Keys) -> Truth {
        let set = matches!(self.asks, Asks::Compare { quantifier: Quantifier::All | Quantifier::Any, .. });
        let values = match known {
            Known::Unknown => return Truth::Unknown,
            Known::Absent => &[],
            Known::Values(values) if set && values.iter().all(String::is_empty) => &[],
            Known::Values(values) => values.as_slice(),
        };
        match &self.asks {
            Asks::Nothing if mutant::on(Mutant::UnknownOperatorIsFalse) => Truth::False,
            Asks::Nothing => Truth::Unknown,
            Asks::Absent(wanted) => Truth::any(wanted.iter().map(|wanted| {
                wanted.map_or(Truth::Unknown, |absent| Truth::from(absent == values.is_empty()))
            })),
            Asks::Compare { quantifier, if_exists, negated, family } => {
                let one = |value: &String| {
                    let found = family.matches(value, keys).negated_if(*negated);
                    let unreadable = found == Truth::Unknown && mutant::on(Mutant::UnreadableIsFalse);
                    if unreadable { Truth::False } else { found }
                };
                match (quantifier, values) {
                    (_, []) if *if_exists && !mutant::on(Mutant::IfExistsIgnored) => Truth::True,
                    (Quantifier::All, []) if mutant::on(Mutant::ForAllValuesNeedsOne) => Truth::False,
                    (Quantifier::One, []) => {
                        Truth::from(*negated && !mutant::on(Mutant::AbsentIsNeverNegated))
                    }
                    (Quantifier::One, [value]) => one(value),
                    (Quantifier::One, values) if mutant::on(Mutant::SeveralValuesMatchAnyhow) => {
                        Truth::any(values.iter().map(one))
                    }
                    (Quantifier::One, _) => Truth::Unknown,
                    (Quantifier::Any, [_, ..]) if mutant::on(Mutant::ForAnyValueIsAll) => {
                        Truth::all(values.iter().map(one))
                    }
                    (Quantifier::All, values) => Truth::all(values.iter().map(one)),
                    (Quantifier::Any, values) => Truth::any(values.iter().map(one)),
                }
            }
        }
    }

    /// Why it is unknown, for people.
    pub(crate) fn why_unknown(&self, keys: &impl Keys) -> String {
        let Condition { operator, key, .. } = &*self.written;
        match (&self.asks, keys.key(&self.key)) {
            (Asks::Nothing, _) => format!("`{operator}` is no operator AWS documents"),
            (_, Known::Unknown) => format!("the value of `{key}` is not known"),
            (Asks::Compare { quantifier: Quantifier::One, .. }, Known::Values(values))
                if values.len() > 1 =>
            {
                format!("`{key}` has several values and `{operator}` is no set operator")
            }
            _ => {
                format!("`{operator}` on `{key}` has a value that cannot be read, or a variable without one")
            }
        }
    }
}

fn asks(condition: &Condition, variables: bool, deny: bool) -> Asks {
    let operator = condition.operator.to_ascii_lowercase();
    if operator == "null" {
        return Asks::Absent(condition.values.iter().map(|value| values::boolean(value)).collect());
    }
    let (quantifier, rest) = match operator.split_once(':') {
        None => (Quantifier::One, operator.as_str()),
        Some(("forallvalues", rest)) => (Quantifier::All, rest),
        Some(("foranyvalue", rest)) => (Quantifier::Any, rest),
        Some(_) => return Asks::Nothing,
    };
    let (name, if_exists) = match rest.strip_suffix("ifexists") {
        Some(name) => (name, true),
        None => (rest, false),
    };
    match Family::new(name, &condition.values, variables, deny) {
        Some((family, negated)) => Asks::Compare { quantifier, if_exists, negated, family },
        None => Asks::Nothing,
    }
}
