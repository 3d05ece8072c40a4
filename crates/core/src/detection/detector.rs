//! All rules against one record at a time.

use rsigma_eval::evaluate_rule;
use serde_json::Value;

use super::index::{Candidates, Index};
use super::policy_book::PolicyBook;
use super::policy_facts::PolicyFacts;
use super::policy_view::View;
use super::rule::DetectionRule;
use crate::events::Record;

/// The rules and their index, and the policies that were collected. Shared by all threads; each keeps its own
/// [`Candidates`].
#[derive(Debug)]
pub struct Detector {
    rules: Vec<DetectionRule>,
    index: Index,
    policies: PolicyBook,
}

/// A record that at least one rule matched.
#[derive(Debug)]
pub struct Matched<'d> {
    /// The whole record.
    pub event: Value,
    /// The rules, in the order of their ids.
    pub rules: Vec<&'d DetectionRule>,
    /// What its policy means, if it has one and a rule asked.
    pub facts: Option<PolicyFacts>,
}

impl Detector {
    /// Indexes the rules, in order of id.
    #[must_use]
    pub fn new(mut rules: Vec<DetectionRule>) -> Self {
        rules.sort_by(|left, right| left.stamp.id.cmp(&right.stamp.id));
        let index = Index::new(&rules);
        Self { rules, index, policies: PolicyBook::default() }
    }

    /// The same rules, with policies to hold new versions against.
    #[must_use]
    pub fn with_policies(self, policies: PolicyBook) -> Self {
        Self { policies, ..self }
    }

    /// The rules, in order of id.
    #[must_use]
    pub fn rules(&self) -> &[DetectionRule] {
        &self.rules
    }

    /// Whether any rule asks what a policy means.
    #[must_use]
    pub fn asks_about_policies(&self) -> bool {
        self.rules.iter().any(|rule| rule.asks_about_policy)
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
        let candidates = candidates.iter().filter_map(|&position| self.rules.get(position));
        let (rules, facts) = self.matching(&event, candidates);
        Ok((!rules.is_empty()).then_some(Matched { event, rules, facts }))
    }

    /// Judges a document against every rule without the index: the plain path that the index must equal.
    #[must_use]
    pub fn judge_plainly(&self, event: &Value) -> Vec<&DetectionRule> {
        self.matching(event, self.rules.iter()).0
    }

    /// The rules among these that match. What the policy means is found out at most once, if one of them asks.
    fn matching<'d>(
        &'d self,
        event: &Value,
        rules: impl Iterator<Item = &'d DetectionRule> + Clone,
    ) -> (Vec<&'d DetectionRule>, Option<PolicyFacts>) {
        let asked = rules.clone().any(|rule| rule.asks_about_policy);
        let facts = if asked { PolicyFacts::of(event, &self.policies) } else { None };
        let view = View::new(event, facts.as_ref());
        let matching = rules.filter(|rule| evaluate_rule(&rule.compiled, &view).is_some()).collect();
        (matching, facts)
    }
}
