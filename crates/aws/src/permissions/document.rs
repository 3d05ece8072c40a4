//! The policy document: statements from rows, and documents no longer than AWS takes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Row;

/// The most characters AWS takes in a managed policy, white space not counted
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>, looked up 2026-11-22). A role can
/// have ten managed policies unless more were asked for.
pub const MOST_CHARACTERS: usize = 6144;

/// The length of `{"Statement":[],"Version":"2012-10-17"}`.
const EMPTY: usize = 39;

/// More than so many jobs are not listed in a `Sid`.
const MOST_NAMED: usize = 3;

/// The size of a document as AWS counts it: characters without white space.
#[must_use]
pub fn size(document: &Value) -> usize {
    document.to_string().chars().filter(|character| !character.is_whitespace()).count()
}

/// The statements: rows with the same resources, conditions and jobs together, each with a `Sid` of its own.
pub(super) fn statements(rows: &[Row]) -> Vec<Value> {
    // Reads stand before writes; inside of these, jobs keep together.
    type Key<'r> = (bool, &'r BTreeSet<String>, &'r [String], &'r [(String, String)]);
    let mut groups: BTreeMap<Key<'_>, Vec<&str>> = BTreeMap::new();
    for row in rows {
        let key = (!row.reads, &row.because, row.resources.as_slice(), row.conditions.as_slice());
        groups.entry(key).or_default().push(&row.action);
    }
    let mut taken = BTreeSet::new();
    groups
        .into_iter()
        .map(|((writes, because, resources, conditions), actions)| {
            let mut statement = Map::new();
            statement.insert("Sid".to_owned(), unique(&sid(writes, because), &mut taken).into());
            statement.insert("Effect".to_owned(), "Allow".into());
            statement.insert("Action".to_owned(), json!(actions));
            statement.insert("Resource".to_owned(), json!(resources));
            if !conditions.is_empty() {
                statement.insert("Condition".to_owned(), json!({ "StringEquals": values(conditions) }));
            }
            Value::Object(statement)
        })
        .collect()
}

/// Values by key; a key that is given twice may have either value.
fn values(conditions: &[(String, String)]) -> BTreeMap<&str, Vec<&str>> {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, value) in conditions {
        values.entry(key).or_default().push(value);
    }
    values
}

/// One document of all statements.
pub(super) fn whole(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// As few documents as come of filling one after the other, none longer than AWS takes it.
pub(super) fn split(statements: &[Value]) -> Vec<Value> {
    let mut documents = Vec::new();
    let (mut open, mut length) = (Vec::new(), EMPTY);
    for statement in statements.iter().flat_map(short) {
        let more = size(&statement) + usize::from(!open.is_empty());
        if length + more > MOST_CHARACTERS && !open.is_empty() {
            documents.push(whole(&std::mem::take(&mut open)));
            length = EMPTY;
        }
        length += size(&statement) + usize::from(!open.is_empty());
        open.push(statement);
    }
    if !open.is_empty() || documents.is_empty() {
        documents.push(whole(&open));
    }
    documents
}

/// A statement, or several with a part of its actions each where it is too long for one document.
fn short(statement: &Value) -> Vec<Value> {
    let actions = statement.get("Action").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if size(statement) + EMPTY <= MOST_CHARACTERS || actions.len() < 2 {
        return vec![statement.clone()];
    }
    let sid = statement.get("Sid").and_then(Value::as_str).unwrap_or_default();
    let (first, second) = actions.split_at(actions.len() / 2);
    let part = |letter: char, actions: &[Value]| {
        let mut part = statement.clone();
        if let Some(members) = part.as_object_mut() {
            members.insert("Sid".to_owned(), format!("{sid}{letter}").into());
            members.insert("Action".to_owned(), actions.into());
        }
        short(&part)
    };
    [part('A', first), part('B', second)].concat()
}

/// `ReadCollectIamUsers`: what the statement permits, and who needs it. AWS takes letters and digits.
fn sid(writes: bool, because: &BTreeSet<String>) -> String {
    let mut sid = String::from(if writes { "Write" } else { "Read" });
    for (index, job) in because.iter().take(MOST_NAMED).enumerate() {
        if index > 0 {
            sid.push_str("And");
        }
        for word in job.split(|character: char| !character.is_ascii_alphanumeric()) {
            let mut letters = word.chars();
            sid.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            sid.push_str(letters.as_str());
        }
    }
    if because.len() > MOST_NAMED {
        sid.push_str("AndMore");
    }
    sid
}

/// The name, with a number behind it where it is taken. No `Sid` may come twice.
fn unique(sid: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{sid}{number}"));
    let free = std::iter::once(sid.to_owned()).chain(numbered).find(|name| taken.insert(name.clone()));
    free.unwrap_or_else(|| sid.to_owned())
}
