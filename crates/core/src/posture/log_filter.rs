//! Filter patterns of CloudWatch Logs, read and evaluated: what would this metric filter have counted?
//!
//! CIS asks for metric filters that notice certain events. Whether one does is a question about its
//! meaning, not about its text: people order, quote and extend the patterns as they like. So the pattern
//! is asked about an event.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html> (2026-11-22).
//! Where AWS does not say what a pattern means, it is refused as [`LogFilterError::Unsupported`]; where it
//! does not say how values of different kinds compare, they do not match. So a match is one in AWS too.

mod comparison;
mod expression;
mod parse;
mod scan;
mod selector;

use serde_json::Value;

use self::expression::Expression;

/// The longest pattern AWS takes, in characters.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html>
const LONGEST: usize = 1024;

/// A filter pattern for JSON events.
#[derive(Debug, Clone)]
pub struct LogFilter(Meaning);

#[derive(Debug, Clone)]
enum Meaning {
    /// The empty pattern.
    Everything,
    Json(Expression),
}

/// Why a pattern cannot be evaluated. Neither says that the filter matches nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogFilterError {
    /// AWS may well take it; what it means of a JSON event is not documented, or not built here.
    #[error("the filter pattern has {0}, which is not evaluated here")]
    Unsupported(&'static str),
    /// Not of the documented form.
    #[error("the filter pattern is not understood at character {at}: {expected} expected")]
    Syntax {
        /// Where, counted from 1.
        at: usize,
        /// What could stand there.
        expected: &'static str,
    },
    /// Longer than AWS takes.
    #[error("the filter pattern is longer than the {LONGEST} characters AWS takes")]
    TooLong,
}

/// Reads a pattern. The empty one matches everything.
///
/// # Errors
/// [`LogFilterError`]: patterns for plain text (`ERROR -timeout`) and for columns (`[ip, user, ...]`) are
/// not evaluated here, nor is what AWS leaves open.
pub fn parse(pattern: &str) -> Result<LogFilter, LogFilterError> {
    if pattern.chars().count() > LONGEST {
        return Err(LogFilterError::TooLong);
    }
    let inner = pattern.trim();
    if inner.is_empty() {
        return Ok(LogFilter(Meaning::Everything));
    }
    if inner.starts_with('[') {
        return Err(LogFilterError::Unsupported("columns in place of JSON"));
    }
    if !inner.starts_with('{') {
        return Err(LogFilterError::Unsupported("terms of plain text in place of JSON"));
    }
    parse::pattern(pattern).map(|expression| LogFilter(Meaning::Json(expression)))
}

impl LogFilter {
    /// Whether the filter counts this event.
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        match &self.0 {
            Meaning::Everything => true,
            Meaning::Json(expression) => expression.holds(event),
        }
    }
}

#[cfg(test)]
mod tests;
