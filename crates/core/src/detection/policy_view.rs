//! A record as rules see it: with the facts about its policy beside it.

use std::borrow::Cow;

use rsigma_eval::{Event, EventValue, JsonEvent};
use serde_json::Value;

use super::policy_facts::{PREFIX, PolicyFacts};

/// A record and the facts. Members of the record itself never pass for facts.
pub(super) struct View<'e> {
    record: JsonEvent<'e>,
    facts: Option<&'e PolicyFacts>,
}

impl<'e> View<'e> {
    pub(super) fn new(event: &'e Value, facts: Option<&'e PolicyFacts>) -> Self {
        Self { record: JsonEvent::borrow(event), facts }
    }
}

impl Event for View<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        if path.starts_with(PREFIX) {
            self.facts?.get(path).map(EventValue::from)
        } else {
            self.record.get_field(path)
        }
    }

    fn any_string_value(&self, test: &dyn Fn(&str) -> bool) -> bool {
        self.record.any_string_value(test)
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        self.record.all_string_values()
    }

    fn visit_string_values(&self, visit: &mut dyn FnMut(&str)) {
        self.record.visit_string_values(visit);
    }

    fn to_json(&self) -> Value {
        self.record.to_json()
    }
}
