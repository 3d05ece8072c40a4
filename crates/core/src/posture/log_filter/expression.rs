//! Conditions on an event and how they are combined.

use serde_json::Value;

use super::comparison::{NumberPattern, RegexPattern, TextPattern};
use super::selector::Selector;

/// What must hold of an event.
#[derive(Debug, Clone)]
pub(super) enum Expression {
    /// One of them.
    Any(Vec<Self>),
    /// All of them.
    All(Vec<Self>),
    Condition(Selector, Test),
}

/// What must hold of a value.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Text(Equality, TextPattern),
    Regex(Equality, RegexPattern),
    Number(NumberPattern),
    IsNull,
    Is(bool),
    Exists,
    NotExists,
}

/// `=` or `!=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Equality {
    Equal,
    Unequal,
}

impl Expression {
    pub(super) fn holds(&self, event: &Value) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.holds(event)),
            Self::All(parts) => parts.iter().all(|part| part.holds(event)),
            // Observed: a comparison with what is not there is false, `!=` too.
            Self::Condition(selector, Test::NotExists) => selector.values(event).is_empty(),
            Self::Condition(selector, test) => selector.values(event).into_iter().any(|it| test.holds(it)),
        }
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Text(Equality::Equal, pattern) => pattern.equals(value),
            Self::Text(Equality::Unequal, pattern) => pattern.differs(value),
            Self::Regex(equality, pattern) => {
                pattern.is_in(value).is_some_and(|found| found == (*equality == Equality::Equal))
            }
            Self::Number(pattern) => pattern.holds(value),
            Self::IsNull => value.is_null(),
            Self::Is(wanted) => value.as_bool() == Some(*wanted),
            Self::Exists => true,
            Self::NotExists => false,
        }
    }

    /// Whether AWS says what it means where a selector chooses many values.
    pub(super) fn is_clear_of_many(&self) -> bool {
        match self {
            Self::Text(equality, _) | Self::Regex(equality, _) => *equality == Equality::Equal,
            Self::Number(pattern) => !pattern.is_unequal(),
            Self::IsNull | Self::Is(_) | Self::Exists | Self::NotExists => false,
        }
    }
}
