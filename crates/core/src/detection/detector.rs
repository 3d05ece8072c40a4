//! All rules against one record at a time.

use rsigma_eval::{JsonEvent, evaluate_rule};
use serde_json::Value;

use super::index::{Candidates, Index};
use super::rule::DetectionRule;
use crate::events::Record;

/// The rules and their index. Shared by all threads; each keeps its own [`Candidates`].
#[derive(Debug)]
pub struct Detector {
    rules: Vec<DetectionRule>,
    index: Index,
}

/// A record that at least one rule matched.
#[derive(Debug)]
pub struct Matched<'d> {
    /// The whole record.
    pub event: Value,
    /// The rules, in the order of their ids.
    pub rules: Vec<&'d DetectionRule>,
}

impl Detector {
    /// Indexes the rules, in order of id.
    #[must_use]
    pub fn new(mut rules: Vec<DetectionRule>) -> Self {
        rules.sort_by(|left, right| left.stamp.id.cmp(&right.stamp.id));
        let index = Index::new(&rules);
        Self { rules, index }
    }

    /// The rules, in order of id.
    #[must_use]
    pub fn rules(&self) -> &[DetectionRule] {
        &self.rules
    }

    /// Judges one record. Only when a rule could match is the record's document built.
    ///
    /// # Errors
    /// When the record's text, already checked to be JSON, cannot become a document (nested too deep).
    pub fn judge(
        &self,
        record: &Record<'_>,
        memory: &mut Candidates,
    ) -> Result<Option<Matched<'_>>, serde_json::Error> {
        let candidates = self.index.candidates(&record.probe, memory);
        if candidates.is_empty() {
            return Ok(None);
        }
        let event: Value = serde_json::from_slice(record.text)?;
        let view = JsonEvent::borrow(&event);
        let candidates = candidates.iter().filter_map(|&position| self.rules.get(position));
        let rules: Vec<_> =
            candidates.filter(|rule| evaluate_rule(&rule.compiled, &view).is_some()).collect();
        Ok((!rules.is_empty()).then_some(Matched { event, rules }))
    }

    /// Judges a document against every rule without the index: the plain path that the index must equal.
    #[must_use]
    pub fn judge_plainly(&self, event: &Value) -> Vec<&DetectionRule> {
        let view = JsonEvent::borrow(event);
        self.rules.iter().filter(|rule| evaluate_rule(&rule.compiled, &view).is_some()).collect()
    }
}
