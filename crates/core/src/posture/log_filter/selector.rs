//! Which values of an event a condition is about: `$.a.b[0]`, `$.['a.b']`, `$.list[*].id`.

use serde_json::Value;

/// A path from the event's root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selector(pub(super) Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    Element(usize),
    /// `[*]` or `.*`: every element of a list, every member of an object.
    Every,
}

impl Selector {
    /// The values; none where the path leads nowhere. `null` is a value.
    pub(super) fn values<'a>(&self, event: &'a Value) -> Vec<&'a Value> {
        let mut values = vec![event];
        for step in &self.0 {
            values = values.into_iter().flat_map(|value| step.of(value)).collect();
        }
        values
    }

    pub(super) fn wildcards(&self) -> usize {
        self.0.iter().filter(|step| **step == Step::Every).count()
    }
}

impl Step {
    fn of<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match (self, value) {
            (Self::Member(name), Value::Object(members)) => members.get(name).into_iter().collect(),
            (Self::Element(index), Value::Array(elements)) => elements.get(*index).into_iter().collect(),
            (Self::Every, Value::Array(elements)) => elements.iter().collect(),
            (Self::Every, Value::Object(members)) => members.values().collect(),
            _ => Vec::new(),
        }
    }
}
