//! A policy document together with the lines its statements stand on.
//!
//! This is also where text becomes a policy: it is unwrapped, held to a size and a depth, searched for keys that
//! stand twice, and only then read. [`Policy::parse`] is this without the lines.

mod scan;

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use crate::decode::percent_decode;
use crate::document::{Policy, PolicyError};
use scan::Scan;

/// How often a document may be wrapped (URL-encoded, or a JSON string holding JSON) before we give up.
const MAX_WRAPPINGS: usize = 3;

/// The longest text that is read, in bytes: 16 MiB. AWS takes at most 20,480 characters for any policy it
/// stores; what is longer by orders is a mistake or an attack.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// How deep objects and lists may be nested. No policy needs more than six levels, and the JSON reader stops
/// one level further down.
pub const MAX_DEPTH: usize = 127;

/// A policy, and where its statements stand in the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The policy.
    pub policy: Policy,
    /// Whether the text was URL-encoded or JSON inside a JSON string. Lines are then those of the JSON that was
    /// inside, which is not the text somebody sees in the file.
    pub unwrapped: bool,
    lines: Vec<(usize, usize)>,
}

impl Located {
    /// Reads a document as [`Policy::parse`] does, and keeps the lines of its statements.
    ///
    /// # Errors
    /// [`PolicyError`] names the place in the document.
    pub fn new(text: &str) -> Result<Self, PolicyError> {
        if text.len() > MAX_BYTES {
            return Err(PolicyError::TooLong { bytes: text.len() });
        }
        let start = text.trim_start_matches('\u{feff}').trim_start();
        let mut before = text.get(..text.len() - start.len()).unwrap_or_default();
        let mut inner = Cow::Borrowed(start.trim_end());
        let mut unwrapped = false;
        for _ in 0..MAX_WRAPPINGS {
            if !inner.starts_with(['{', '"']) && inner.contains('%') {
                let decoded =
                    percent_decode(&inner).ok_or(PolicyError::Encoding("its bytes are not UTF-8"))?;
                inner = Cow::Owned(trimmed(decoded));
                (before, unwrapped) = ("", true);
            }
            let scan = Scan::new(&inner)
                .map_err(|offset| PolicyError::TooDeep { line: Lines::new(before, &inner).of(offset) })?;
            match serde_json::from_str::<Value>(&inner) {
                Ok(Value::String(text)) => {
                    inner = Cow::Owned(trimmed(text));
                    (before, unwrapped) = ("", true);
                }
                Ok(value) => {
                    let mut lines = Lines::new(before, &inner);
                    if let Some((path, offset)) = scan.twice {
                        return Err(PolicyError::Twice { path, line: lines.of(offset) });
                    }
                    let policy = Policy::from_value(&value)?;
                    let of = |Range { start, end }: Range<usize>| (lines.of(start), lines.of(end));
                    return Ok(Self {
                        policy,
                        unwrapped,
                        lines: scan.statements.into_iter().map(of).collect(),
                    });
                }
                Err(error) => {
                    let line = error.line().saturating_sub(1) + Lines::new(before, &inner).of(0);
                    return Err(PolicyError::NotJson { line, column: error.column() });
                }
            }
        }
        Err(PolicyError::Encoding("it is wrapped in strings too often"))
    }

    /// The line a statement begins on, from 1. A statement the policy does not have begins where the text does.
    #[must_use]
    pub fn line_of(&self, statement: usize) -> usize {
        self.lines.get(statement).map_or(1, |(first, _)| *first)
    }

    /// The line a statement ends on, from 1.
    #[must_use]
    pub fn end_line_of(&self, statement: usize) -> usize {
        self.lines.get(statement).map_or(1, |(_, last)| *last)
    }
}

fn trimmed(text: String) -> String {
    let inside = text.trim();
    if inside.len() == text.len() { text } else { inside.to_owned() }
}

/// Lines of places in a text, counted on from the last place that was asked for.
struct Lines<'text> {
    text: &'text [u8],
    offset: usize,
    line: usize,
}

impl<'text> Lines<'text> {
    /// Of a text that others come before.
    fn new(before: &str, text: &'text str) -> Self {
        Self { text: text.as_bytes(), offset: 0, line: 1 + line_feeds(before.as_bytes()) }
    }

    /// The line of a place, which must not be before the last one.
    fn of(&mut self, offset: usize) -> usize {
        if let Some(passed) = self.text.get(self.offset..offset) {
            self.line += line_feeds(passed);
            self.offset = offset;
        }
        self.line
    }
}

fn line_feeds(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}
