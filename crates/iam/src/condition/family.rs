//! The families of operators: how one value of a request is compared with the values of a policy.

use crate::condition::values::{self, Network};
use crate::mutant::{self, Mutant};
use crate::pattern::{ArnPattern, Keys, Pattern, Syntax, parts};
use crate::statement::Place;
use crate::truth::Truth;

/// A family of operators with the policy's values, read once. `None` stands for a value that cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Family {
    /// Texts.
    Text {
        /// Where it stands.
        place: Place,
        /// The values.
        patterns: Box<[Pattern]>,
    },
    /// ARNs.
    Arn {
        /// Where it stands.
        place: Place,
        /// The values.
        patterns: Box<[ArnPattern]>,
    },
    /// Numbers.
    Number(Order, Box<[Option<f64>]>),
    /// Dates, as seconds since 1970.
    Date(Order, Box<[Option<f64>]>),
    /// Booleans.
    Boolean(Box<[Option<bool>]>),
    /// Base64 without its padding.
    Binary(Box<[Option<Box<str>>]>),
    /// Addresses.
    Address(Box<[Option<Network>]>),
}

/// How numbers and dates are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Order {
    fn compare(self, left: f64, right: f64) -> bool {
        match self {
            // Both sides were read from decimal texts; equal texts of numbers are equal numbers.
            Self::Equal => left.total_cmp(&right).is_eq() || left == right,
            Self::Less => left < right,
            Self::LessOrEqual if mutant::on(Mutant::LessOrEqualIsLess) => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

impl Family {
    /// The family an operator belongs to, and whether it is the negated one. The name is in lower case and
    /// without prefix and suffix.
    pub(crate) fn new(name: &str, texts: &[String], variables: bool, deny: bool) -> Option<(Self, bool)> {
        let negated = matches!(
            name,
            "stringnotequals"
                | "stringnotequalsignorecase"
                | "stringnotlike"
                | "numericnotequals"
                | "datenotequals"
                | "notipaddress"
                | "arnnotequals"
                | "arnnotlike"
        );
        let place = Place { denies: deny, negated };
        let text = |wildcards: bool, fold: bool| {
            let compile = |text: &String| Pattern::new(text, Syntax { wildcards, variables, fold });
            Self::Text { place, patterns: texts.iter().map(compile).collect() }
        };
        let order = |order: &str| {
            Some(match order {
                "equals" | "notequals" => Order::Equal,
                "lessthan" => Order::Less,
                "lessthanequals" => Order::LessOrEqual,
                "greaterthan" => Order::Greater,
                "greaterthanequals" => Order::GreaterOrEqual,
                _ => return None,
            })
        };
        let family = match name {
            "stringequals" | "stringnotequals" => text(false, mutant::on(Mutant::CaseFolded)),
            "stringequalsignorecase" | "stringnotequalsignorecase" => text(false, true),
            "stringlike" | "stringnotlike" => text(true, false),
            "arnequals" | "arnlike" | "arnnotequals" | "arnnotlike" => Self::Arn {
                place,
                patterns: texts.iter().map(|text| ArnPattern::new(text, variables)).collect(),
            },
            "bool" => Self::Boolean(texts.iter().map(|text| values::boolean(text)).collect()),
            "binaryequals" => {
                Self::Binary(texts.iter().map(|text| values::base64(text).map(Into::into)).collect())
            }
            "ipaddress" | "notipaddress" => {
                Self::Address(texts.iter().map(|text| Network::read(text)).collect())
            }
            _ => {
                if let Some(rest) = name.strip_prefix("numeric") {
                    Self::Number(order(rest)?, texts.iter().map(|text| values::number(text)).collect())
                } else {
                    let rest = name.strip_prefix("date")?;
                    Self::Date(order(rest)?, texts.iter().map(|text| values::date(text)).collect())
                }
            }
        };
        Some((family, negated))
    }

    /// How many values the policy lists.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text { patterns, .. } => patterns.len(),
            Self::Arn { patterns, .. } => patterns.len(),
            Self::Number(_, values) | Self::Date(_, values) => values.len(),
            Self::Boolean(values) => values.len(),
            Self::Binary(values) => values.len(),
            Self::Address(values) => values.len(),
        }
    }

    /// Whether a value matches one of the policy's.
    pub(crate) fn matches(&self, value: &str, keys: &impl Keys) -> Truth {
        match self {
            Self::Text { place, patterns } => {
                Truth::any(patterns.iter().map(|pattern| place.weigh(pattern.matches(value, keys))))
            }
            Self::Arn { place, patterns } => {
                let Some(split) = parts(value) else {
                    return if patterns.is_empty() { Truth::False } else { Truth::Unknown };
                };
                let one = |pattern: &ArnPattern| place.weigh(pattern.matches(value, Some(&split), keys));
                Truth::any(patterns.iter().map(one))
            }
            Self::Number(order, wanted) => ordered(*order, values::number(value), wanted),
            Self::Date(order, wanted) => ordered(*order, values::date(value), wanted),
            Self::Boolean(wanted) => {
                let value = values::boolean(value);
                Truth::any(wanted.iter().map(|wanted| match (value, wanted) {
                    (Some(value), Some(wanted)) => Truth::from(value == *wanted),
                    _ => Truth::Unknown,
                }))
            }
            Self::Binary(wanted) => {
                let value = values::base64(value);
                Truth::any(wanted.iter().map(|wanted| match (value, wanted) {
                    (Some(value), Some(wanted)) => Truth::from(value == &**wanted),
                    _ => Truth::Unknown,
                }))
            }
            Self::Address(wanted) => {
                let value = value.parse().ok();
                Truth::any(wanted.iter().map(|wanted| match (value, wanted) {
                    (Some(value), Some(wanted)) => Truth::from(wanted.contains(value)),
                    _ => Truth::Unknown,
                }))
            }
        }
    }
}

fn ordered(order: Order, value: Option<f64>, wanted: &[Option<f64>]) -> Truth {
    Truth::any(wanted.iter().map(|wanted| match (value, wanted) {
        (Some(value), Some(wanted)) => Truth::from(order.compare(value, *wanted)),
        _ => Truth::Unknown,
    }))
}
