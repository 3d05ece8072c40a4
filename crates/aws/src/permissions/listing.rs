//! The ledger for people: each action with where it is permitted, the calls that need it, and who makes them.

use std::collections::BTreeSet;
use std::fmt;

use super::document::{MOST_CHARACTERS, size};
use super::{Permissions, Row};

impl fmt::Display for Permissions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reads = self.rows().iter().filter(|row| row.reads).count();
        writeln!(formatter, "actions that read: {reads}, that write: {}", self.rows().len() - reads)?;
        for row in self.rows() {
            self::row(formatter, row)?;
        }
        if !self.left_out().is_empty() {
            writeln!(formatter, "\nnot permitted, although asked for:")?;
            for left_out in self.left_out() {
                writeln!(formatter, "  {} ({}): {}", left_out.call, left_out.because, left_out.why)?;
            }
        }
        let length = size(&self.policy());
        if length > MOST_CHARACTERS {
            writeln!(
                formatter,
                "\nthe policy has {length} characters, and AWS takes {MOST_CHARACTERS} in a managed policy: attach \
                 all {} documents",
                self.documents().len()
            )?;
        }
        Ok(())
    }
}

fn row(formatter: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
    writeln!(formatter, "\n{}", row.action)?;
    for resource in row.resources.iter().filter(|resource| *resource != "*") {
        writeln!(formatter, "  on       {resource}")?;
    }
    for (key, value) in &row.conditions {
        writeln!(formatter, "  only if  {key} is {value}")?;
    }
    writeln!(formatter, "  calls    {}", joined(&row.calls))?;
    writeln!(formatter, "  why      {}", joined(&row.because))
}

fn joined(texts: &BTreeSet<String>) -> String {
    texts.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
