//! What a value is compared with: text with `*`, regular expressions, numbers.

use regex::bytes::{Regex, RegexBuilder};
use serde_json::Value;

use super::LogFilterError;

/// Bound on a compiled regular expression. Patterns have at most 1024 characters, repetitions multiply them.
const REGEX_BYTES: usize = 1 << 20;

/// Text in which `*` stands for any run of characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextPattern {
    /// What stands between the stars; one part means there is none.
    parts: Vec<String>,
}

impl TextPattern {
    pub(super) fn new(text: &str) -> Self {
        Self { parts: text.split('*').map(str::to_owned).collect() }
    }

    /// `=`. Text equals text. `*` alone, with which people ask whether there is a value, holds of numbers and
    /// booleans too.
    pub(super) fn equals(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.covers(text),
            Value::Number(_) | Value::Bool(_) => self.is_star(),
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        }
    }

    /// `!=`. Observed (2026-09-30, `test-metric-filter`): holds of a number and of empty text, not of null.
    /// Of a number that reads as the pattern does, AWS says nothing, so neither `=` nor `!=` holds.
    pub(super) fn differs(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => !self.covers(text),
            Value::Number(number) => !self.covers(&number.to_string()),
            Value::Bool(value) => !self.covers(if *value { "true" } else { "false" }),
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        }
    }

    fn is_star(&self) -> bool {
        self.parts.len() > 1 && self.parts.iter().all(String::is_empty)
    }

    fn covers(&self, text: &str) -> bool {
        let Some((first, rest)) = self.parts.split_first() else { return false };
        let Some((last, middle)) = rest.split_last() else { return text == first };
        let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
        // The first place that fits is the best one: it leaves most for those behind it.
        for part in middle {
            let Some((_, behind)) = text.split_once(part.as_str()) else { return false };
            text = behind;
        }
        text.ends_with(last.as_str())
    }
}

/// `%...%`, found anywhere in a text.
#[derive(Debug, Clone)]
pub(super) struct RegexPattern(Regex);

impl RegexPattern {
    /// # Errors
    /// When it has what AWS does not document or what engines disagree about.
    pub(super) fn new(text: &str) -> Result<Self, LogFilterError> {
        check_regex(text)?;
        // ASCII alone, as AWS documents; bytes, since `.` without Unicode may end inside of a character.
        RegexBuilder::new(text)
            .unicode(false)
            .size_limit(REGEX_BYTES)
            .dfa_size_limit(REGEX_BYTES)
            .build()
            .map(Self)
            .map_err(|_| LogFilterError::Unsupported("a regular expression of another dialect"))
    }

    /// Whether it is found; `None` where the value is no text.
    pub(super) fn is_in(&self, value: &Value) -> Option<bool> {
        value.as_str().map(|text| self.0.is_match(text.as_bytes()))
    }
}

/// Lets through what AWS documents and every engine reads alike.
fn check_regex(text: &str) -> Result<(), LogFilterError> {
    let unsupported = |what| Err(LogFilterError::Unsupported(what));
    let (mut in_class, mut class_is_new) = (false, false);
    let mut previous = None;
    let mut letters = text.chars();
    if text.is_empty() {
        return unsupported("an empty regular expression");
    }
    while let Some(letter) = letters.next() {
        let was_new = std::mem::take(&mut class_is_new);
        match letter {
            '\\' => match letters.next() {
                Some('d' | 'D' | 's' | 'S' | 'w' | 'W') => {}
                Some('x') if [letters.next(), letters.next()].into_iter().all(is_hex) => {}
                Some(escaped) if escaped.is_ascii_punctuation() => {}
                _ => return unsupported("an escape in a regular expression that AWS does not document"),
            },
            '[' if in_class => return unsupported("a class within a class in a regular expression"),
            '[' => (in_class, class_is_new) = (true, true),
            // `[]a]` and `[^]a]` are read in different ways.
            ']' if was_new => return unsupported("an empty class in a regular expression"),
            ']' => in_class = false,
            '^' if in_class && was_new => class_is_new = true,
            '-' if in_class && previous == Some('-') => {
                return unsupported("`--` in a class of a regular expression");
            }
            '*' | '+' | '?' | '{' if !in_class && matches!(previous, Some('*' | '+' | '?' | '}')) => {
                return unsupported("a repetition of a repetition in a regular expression");
            }
            letter if letter.is_ascii_alphanumeric() || " :_#=@/;,-^$?{}|*+.".contains(letter) => {}
            _ => return unsupported("a character in a regular expression that AWS does not document"),
        }
        // What was escaped is no operator.
        previous = (letter != '\\').then_some(letter);
    }
    Ok(())
}

fn is_hex(letter: Option<char>) -> bool {
    letter.is_some_and(|letter| letter.is_ascii_hexdigit())
}

/// A comparison with a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NumberPattern {
    pub(super) order: Order,
    pub(super) number: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl NumberPattern {
    /// Of numbers alone; AWS does not say when text counts as one.
    fn compare(&self, value: f64) -> bool {
        match self.order {
            // A pattern says what somebody typed, so what is equal is written alike.
            #[expect(clippy::float_cmp, reason = "both were read from decimal text by the same rules")]
            Order::Equal => value == self.number,
            #[expect(clippy::float_cmp, reason = "both were read from decimal text by the same rules")]
            Order::Unequal => value != self.number,
            Order::Less => value < self.number,
            Order::LessOrEqual => value <= self.number,
            Order::Greater => value > self.number,
            Order::GreaterOrEqual => value >= self.number,
        }
    }

    pub(super) fn holds(&self, value: &Value) -> bool {
        value.as_f64().is_some_and(|value| self.compare(value))
    }

    pub(super) fn is_unequal(&self) -> bool {
        self.order == Order::Unequal
    }
}
