//! Checks an input against the shape it must have, before anything is sent.
//!
//! AWS refuses most of this too, but later, and a member it does not know it may silently pass over.

use crate::model::{Kind, Ref, Service, Structure};
use crate::value::{decode, read_time, word};
use serde_json::{Map, Value};

/// An input that does not fit its operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{why}", place(.path))]
pub struct InputError {
    /// Where in the input, `Filters[0].Values`; empty for the input itself.
    pub path: String,
    /// What is wrong there. It names members and kinds of values, never a value.
    pub why: String,
}

impl InputError {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self { path: String::new(), why: why.into() }
    }

    /// The same, one level further out.
    pub(crate) fn inside(mut self, outer: &str) -> Self {
        if !self.path.is_empty() && !self.path.starts_with('[') {
            self.path.insert(0, '.');
        }
        self.path.insert_str(0, outer);
        self
    }
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("`{path}`: ") }
}

/// No shape of AWS's nests deeper, except those that contain themselves.
pub(crate) const DEEPEST: usize = 100;

/// Checks a value against the place it is meant for.
pub(crate) fn check(service: &Service, at: &Ref, value: &Value) -> Result<(), InputError> {
    Checker { service, null_elements: service.metadata().protocol.uses_json() }.value(at, value, 0)
}

struct Checker<'s> {
    service: &'s Service,
    /// Whether a list may hold `null`: JSON can say so, the other languages cannot.
    null_elements: bool,
}

impl Checker<'_> {
    fn value(&self, at: &Ref, value: &Value, depth: usize) -> Result<(), InputError> {
        if depth > DEEPEST {
            return Err(InputError::new(format!("is nested deeper than {DEEPEST} levels")));
        }
        if at.json_value {
            return shallow(value, depth);
        }
        let kind = self.service.kind(at);
        match (kind, value) {
            (Kind::Structure(structure), _) if structure.document => shallow(value, depth),
            (Kind::Structure(structure), Value::Object(members)) => self.structure(structure, members, depth),
            (Kind::List(element), Value::Array(elements)) => {
                for (index, value) in elements.iter().enumerate() {
                    self.element(element, value, depth)
                        .map_err(|error| error.inside(&format!("[{index}]")))?;
                }
                Ok(())
            }
            (Kind::Map(map), Value::Object(entries)) => {
                for (key, value) in entries {
                    self.element(&map.value, value, depth).map_err(|error| error.inside(key))?;
                }
                Ok(())
            }
            (Kind::String { .. }, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => Ok(()),
            (Kind::Float, Value::Number(_)) => Ok(()),
            (Kind::Float, Value::String(name))
                if matches!(name.as_str(), "NaN" | "Infinity" | "-Infinity") =>
            {
                Ok(())
            }
            (Kind::Integer, Value::Number(number)) if number.is_i64() => Ok(()),
            (Kind::Timestamp, Value::String(_) | Value::Number(_)) if read_time(value).is_some() => Ok(()),
            (Kind::Timestamp, Value::String(_)) => {
                Err(InputError::new("expected a time, such as 2026-11-22T10:00:00Z"))
            }
            (Kind::Blob, Value::String(text)) if decode(text).is_some() => Ok(()),
            (Kind::Blob, Value::String(_)) => Err(InputError::new("expected base64 text")),
            (kind, value) => Err(InputError::new(format!("expected {}, got {}", kind.word(), word(value)))),
        }
    }

    fn element(&self, at: &Ref, value: &Value, depth: usize) -> Result<(), InputError> {
        if value.is_null() && self.null_elements { Ok(()) } else { self.value(at, value, depth + 1) }
    }

    fn structure(
        &self,
        structure: &Structure,
        members: &Map<String, Value>,
        depth: usize,
    ) -> Result<(), InputError> {
        for (name, value) in members {
            let Some(member) = structure.member(name) else {
                return Err(InputError::new(unknown(structure, name)).inside(name));
            };
            if !value.is_null() {
                self.value(&member.at, value, depth + 1).map_err(|error| error.inside(name))?;
            }
        }
        let is_set = |name: &str| members.get(name).is_some_and(|value| !value.is_null());
        for member in &structure.members {
            if member.required && !member.at.idempotency_token && !is_set(&member.name) {
                return Err(InputError::new("is required").inside(&member.name));
            }
        }
        if structure.union {
            let set = members.values().filter(|value| !value.is_null()).count();
            if set != 1 {
                return Err(InputError::new(format!("exactly one member must be set, {set} are")));
            }
        }
        Ok(())
    }
}

/// Any JSON is right; only its depth counts.
fn shallow(value: &Value, depth: usize) -> Result<(), InputError> {
    if depth > DEEPEST {
        return Err(InputError::new(format!("is nested deeper than {DEEPEST} levels")));
    }
    match value {
        Value::Array(elements) => elements.iter().try_for_each(|element| shallow(element, depth + 1)),
        Value::Object(entries) => entries.values().try_for_each(|entry| shallow(entry, depth + 1)),
        _ => Ok(()),
    }
}

fn unknown(structure: &Structure, name: &str) -> String {
    let names = structure.members.iter().map(|member| member.name.as_ref());
    match nearest(name, names) {
        Some(near) => format!("is not a member; did you mean `{near}`?"),
        None if structure.members.is_empty() => "is not a member; there are none".to_owned(),
        None => "is not a member".to_owned(),
    }
}

/// The name that resembles this one most, if one resembles it enough: a third of its letters may differ.
pub(crate) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let wanted: Vec<char> = name.chars().take(LONGEST_NAME).flat_map(char::to_lowercase).collect();
    names
        .map(|candidate| {
            let letters: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
            (distance(&wanted, &letters), candidate)
        })
        .min()
        .filter(|(distance, _)| *distance <= wanted.len().div_ceil(3))
        .map(|(_, candidate)| candidate)
}

/// Longer than any name of AWS's; what is longer resembles nothing.
const LONGEST_NAME: usize = 128;

/// How many letters must be put in, left out or changed to make one word the other.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in (1..).zip(one) {
        let mut diagonal = std::mem::replace(row.first_mut().unwrap_or(&mut 0), line);
        let mut left = line;
        for (cell, against) in row.iter_mut().skip(1).zip(other) {
            let changed = diagonal + usize::from(letter != against);
            diagonal = *cell;
            *cell = changed.min(diagonal + 1).min(left + 1);
            left = *cell;
        }
    }
    row.last().copied().unwrap_or_default()
}
