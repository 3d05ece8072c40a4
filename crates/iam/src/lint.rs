//! What is odd about a policy document: names that do not exist, values nobody can read, statements that do
//! nothing, and ways of writing that give more than they seem to.
//!
//! What a document *means* is told by [`crate::facts`]; this is about whether it means what it says. Every
//! remark has an id that never changes, and `docs/reference/policy-lint.md` explains each. The work is bounded
//! whatever the document is; where the bound is met, a remark says so.

mod actions;
mod conditions;
mod document;
mod grants;
mod keys;
mod nearest;
mod never;
mod principals;
mod resources;
mod rules;
mod variables;

use std::collections::HashMap;

use crate::document::{Matching, Policy, Statement};
use crate::facts::Kind;

pub use rules::{RULES, Rule};

/// How many remarks of one kind are made on one statement before the rest is only counted.
const MOST_ALIKE: usize = 10;

/// What is longer, or has more wildcards, is not compared with other patterns. ARNs people write have a hundred
/// characters and two wildcards.
const LONGEST_COMPARED: usize = 300;
const MOST_WILDCARDS: usize = 8;

/// How much of a name or a value is repeated in a message.
const SHOWN: usize = 100;

/// Something odd about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Which rule it comes from.
    pub id: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// Which statement it is about, from 0; `None` for the document.
    pub statement: Option<usize>,
    /// What is odd and, where there is one, the way out.
    pub message: String,
}

/// How much a remark weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant, or more than was meant.
    Warning,
    /// AWS refuses it, or it can never do what it says.
    Error,
}

impl Severity {
    /// `error`, `warning` or `note`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Looks a document over. Remarks on the document come first, then those on its statements in order.
#[must_use]
pub fn lint(policy: &Policy, kind: Kind) -> Vec<Remark> {
    let mut desk = Desk::default();
    document::look(policy, kind, &mut desk);
    for (index, statement) in policy.statements.iter().enumerate() {
        desk.statement = Some(index);
        document::elements(statement, kind, &mut desk);
        principals::look(statement, &mut desk);
        grants::look(statement, kind, &mut desk);
        let services = actions::look(statement, &mut desk);
        resources::look(statement, has_variables(policy), &mut desk);
        variables::look(statement, has_variables(policy), &mut desk);
        conditions::look(statement, has_variables(policy), &services, &mut desk);
    }
    never::look(policy, &mut desk);
    desk.finish()
}

/// Whether `${...}` is a variable in this document.
fn has_variables(policy: &Policy) -> bool {
    policy.version.as_deref() == Some("2012-10-17")
}

/// What is listed, in the plain form or the negated one.
fn texts(element: &Matching<Vec<String>>) -> &[String] {
    match element {
        Matching::Only(texts) | Matching::AllBut(texts) => texts,
    }
}

/// What a statement's `Resource` or `NotResource` lists.
fn resources_of(statement: &Statement) -> &[String] {
    statement.resources.as_ref().map_or(&[], texts)
}

/// Whether a text is nothing but `*`.
fn is_star(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'*')
}

/// Whether a text is short and simple enough to be compared with other patterns.
fn is_plain(text: &str) -> bool {
    text.len() <= LONGEST_COMPARED && text.bytes().filter(|byte| *byte == b'*').count() <= MOST_WILDCARDS
}

/// A name or a value as messages repeat it.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => format!("`{text}`"),
        Some((end, _)) => format!("`{}...`", text.get(..end).unwrap_or_default()),
    }
}

/// Where remarks are gathered, and how much work may still be done.
struct Desk {
    remarks: Vec<Remark>,
    /// The statement that is looked at.
    statement: Option<usize>,
    /// How many remarks of a rule a statement has.
    alike: HashMap<(&'static str, Option<usize>), usize>,
    /// How many comparisons are left.
    comparisons: usize,
    /// How many names may still be searched for one that is like them.
    searches: usize,
    /// Whether a pattern takes in any action, by pattern.
    matching: HashMap<String, bool>,
    gave_up: bool,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            remarks: Vec::new(),
            statement: None,
            alike: HashMap::new(),
            comparisons: 1_000_000,
            searches: 100,
            matching: HashMap::new(),
            gave_up: false,
        }
    }
}

impl Desk {
    /// Makes a remark on the statement that is looked at.
    fn say(&mut self, rule: Rule, message: String) {
        let count = self.alike.entry((rule.id, self.statement)).or_default();
        *count += 1;
        if *count <= MOST_ALIKE {
            let Rule { id, severity, .. } = rule;
            self.remarks.push(Remark { id, severity, statement: self.statement, message });
        }
    }

    /// Takes so many comparisons from what is left. When there are not so many, what they were for is left out.
    fn may_compare(&mut self, count: usize) -> bool {
        match self.comparisons.checked_sub(count) {
            Some(left) => self.comparisons = left,
            None => self.gave_up = true,
        }
        !self.gave_up
    }

    /// `; did you mean ...?` for a name that does not exist.
    fn suggestion<'name>(&mut self, name: &str, known: impl Iterator<Item = &'name str>) -> String {
        let Some(left) = self.searches.checked_sub(1) else { return String::new() };
        self.searches = left;
        nearest::nearest(name, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
    }

    fn finish(mut self) -> Vec<Remark> {
        let mut more: Vec<Remark> = Vec::new();
        for ((id, statement), count) in &self.alike {
            let first = self.remarks.iter().find(|it| it.id == *id).map(|it| it.severity);
            if let (Some(severity), Some(rest @ 1..)) = (first, count.checked_sub(MOST_ALIKE)) {
                let message = format!("{rest} more of the same in this place");
                more.push(Remark { id, severity, statement: *statement, message });
            }
        }
        self.remarks.extend(more);
        if self.gave_up {
            self.statement = None;
            let message = "the document is so large or so repetitive that not everything was looked at";
            self.say(rules::NOT_EVERYTHING, message.to_owned());
        }
        let order = |id: &str| RULES.iter().position(|rule| rule.id == id);
        // Stable, so remarks of one rule stay in the order of what they are about.
        self.remarks.sort_by_key(|it| (it.statement, order(it.id)));
        self.remarks
    }
}
