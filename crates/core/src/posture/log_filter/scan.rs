//! The text of a pattern, read from left to right.

use super::LogFilterError;

/// A place in the text.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    rest: &'a str,
    /// How many characters were read.
    read: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, read: 0 }
    }

    pub(super) fn syntax(&self, expected: &'static str) -> LogFilterError {
        LogFilterError::Syntax { at: self.read + 1, expected }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let mut letters = self.rest.chars();
        let letter = letters.next()?;
        self.rest = letters.as_str();
        self.read += 1;
        Some(letter)
    }

    pub(super) fn skip_space(&mut self) {
        self.while_is(char::is_whitespace);
    }

    /// Reads these characters if they come next.
    pub(super) fn take(&mut self, wanted: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(wanted) else { return false };
        self.rest = rest;
        self.read += wanted.chars().count();
        true
    }

    /// Reads this word if it comes next and ends there.
    pub(super) fn take_word(&mut self, wanted: &str) -> bool {
        let ends = |rest: &str| !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        self.rest.strip_prefix(wanted).is_some_and(ends) && self.take(wanted)
    }

    pub(super) fn expect(&mut self, wanted: &str, expected: &'static str) -> Result<(), LogFilterError> {
        if self.take(wanted) { Ok(()) } else { Err(self.syntax(expected)) }
    }

    /// Reads as long as `is` says so.
    pub(super) fn while_is(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|letter: char| !is(letter)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        self.read += taken.chars().count();
        taken
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}
