//! What keeps an answer from being read, and where in it.

use std::fmt;

/// Something in an answer that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Damage {
    path: String,
    why: String,
}

impl Damage {
    /// `why` never repeats what the answer holds.
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { path: String::new(), why: why.into() }
    }

    /// The same, one level further out.
    pub(super) fn inside(mut self, outer: &str) -> Self {
        if !self.path.is_empty() && !self.path.starts_with('[') {
            self.path.insert(0, '.');
        }
        self.path.insert_str(0, outer);
        self
    }

    /// The same, in an element of a list.
    pub(super) fn at(self, index: usize) -> Self {
        self.inside(&format!("[{index}]"))
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            formatter.write_str(&self.why)
        } else {
            write!(formatter, "`{}`: {}", self.path, self.why)
        }
    }
}

/// Why an answer with the status of success gave no output.
#[derive(Debug)]
pub(super) enum Fault {
    /// It cannot be read.
    Damage(Damage),
    /// It holds an error.
    Error,
}

impl From<Damage> for Fault {
    fn from(damage: Damage) -> Self {
        Self::Damage(damage)
    }
}
