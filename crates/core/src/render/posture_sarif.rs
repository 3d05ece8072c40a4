//! Findings as SARIF 2.1.0, which code hosts and their dashboards take.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

use super::finding::{found, stable_id};
use super::sarif::SCHEMA;
use crate::model::{Evaluation, LeftOut, Severity, Verdict};
use crate::posture::PostureRule;

/// Writes one run piece by piece: the rules first, then one result after the other.
pub struct PostureSarif<W: Write> {
    output: W,
    is_first: bool,
    rules: BTreeMap<String, usize>,
}

impl<W: Write> PostureSarif<W> {
    /// Writes everything before the results. `is_complete`: no run behind it stopped before its end.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(
        mut output: W,
        rules: &[PostureRule],
        left_out: &[LeftOut],
        is_complete: bool,
    ) -> std::io::Result<Self> {
        let driver = json!({
            "name": "provost",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules.iter().map(descriptor).collect::<Vec<_>>(),
        });
        let notifications: Vec<Value> = left_out
            .iter()
            .map(|it| json!({"level": "warning", "message": {"text": format!("left out: {} ({})", it.what, it.why)}}))
            .collect();
        let invocations =
            json!([{"executionSuccessful": is_complete, "toolExecutionNotifications": notifications}]);
        write!(
            output,
            "{{\"$schema\":{},\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{},\"columnKind\":\"utf16CodeUnits\",\
             \"invocations\":{invocations},\"results\":[",
            json!(SCHEMA),
            json!({"driver": driver}),
        )?;
        let rules = rules.iter().enumerate().map(|(index, rule)| (rule.stamp.id.clone(), index)).collect();
        Ok(Self { output, is_first: true, rules })
    }

    /// Writes one result.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn evaluation(&mut self, evaluation: &Evaluation) -> std::io::Result<()> {
        let separator = if std::mem::take(&mut self.is_first) { "" } else { "," };
        writeln!(self.output, "{separator}")?;
        let index = self.rules.get(&evaluation.rule.id);
        Ok(serde_json::to_writer(&mut self.output, &result(evaluation, index.copied()))?)
    }

    /// Writes the end.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> std::io::Result<()> {
        writeln!(self.output, "\n]}}]}}")?;
        self.output.flush()
    }
}

fn descriptor(rule: &PostureRule) -> Value {
    let mut descriptor = json!({
        "id": rule.stamp.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.description},
        "help": {"text": rule.remediation},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"security-severity": score(rule.severity), "frameworks": rule.frameworks},
    });
    if let (Some(page), Some(members)) = (rule.references.first(), descriptor.as_object_mut()) {
        members.insert("helpUri".to_owned(), json!(page));
    }
    descriptor
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational | Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

/// The number by which code hosts sort: 9 and more is critical, 7 high, 4 medium.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "0.0",
        Severity::Low => "3.0",
        Severity::Medium => "5.0",
        Severity::High => "8.0",
        Severity::Critical => "9.5",
    }
}

fn result(evaluation: &Evaluation, index: Option<usize>) -> Value {
    // Only a failing result has a level. `open` is SARIF's word for too little information to decide.
    let (kind, level) = match evaluation.verdict() {
        Verdict::Fail => ("fail", level(evaluation.severity)),
        Verdict::Unknown(_) => ("open", "none"),
        Verdict::Pass => ("pass", "none"),
        Verdict::NotApplicable => ("notApplicable", "none"),
    };
    let mut result = json!({
        "ruleId": evaluation.rule.id,
        "kind": kind,
        "level": level,
        "message": {"text": found(evaluation)},
        "locations": [{"logicalLocations": [{
            "fullyQualifiedName": evaluation.resource_id,
            "kind": "resource",
        }]}],
        "partialFingerprints": {"provostFinding/v1": stable_id(evaluation)},
        "properties": {
            "account": evaluation.account,
            "region": evaluation.region,
            "resource_type": evaluation.resource_type,
            "severity": evaluation.severity,
            "verdict": evaluation.verdict().as_str(),
            "evidence": evaluation.evidence,
            "waiver": evaluation.waiver,
        },
    });
    if let Some(members) = result.as_object_mut() {
        if let Some(index) = index {
            members.insert("ruleIndex".to_owned(), json!(index));
        }
        if let Some(waiver) = evaluation.waiver.as_ref().filter(|waiver| !waiver.expired) {
            let why = format!("{} ({}, until {})", waiver.reason, waiver.owner, waiver.expires);
            let accepted = json!([{"kind": "external", "status": "accepted", "justification": why}]);
            members.insert("suppressions".to_owned(), accepted);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::super::finding::samples;
    use super::*;

    #[test]
    fn what_is_unknown_is_open_and_what_is_waived_is_suppressed() {
        let left_out = [LeftOut { what: "eu-west-2".to_owned(), why: "not asked for".to_owned() }];
        let mut output = Vec::new();
        let mut sarif = PostureSarif::new(&mut output, &samples::rules(), &left_out, false).unwrap();
        samples::all().iter().for_each(|it| sarif.evaluation(it).unwrap());
        sarif.finish().unwrap();
        let report: Value = serde_json::from_slice(&output).unwrap();
        let results = report["runs"][0]["results"].as_array().unwrap();
        let kinds: Vec<&str> = results.iter().map(|it| it["kind"].as_str().unwrap()).collect();
        let expect = ["fail", "fail", "fail", "open", "pass", "notApplicable", "fail", "open", "open"];
        assert_eq!(kinds, expect);
        let suppressed: Vec<bool> = results.iter().map(|it| it.get("suppressions").is_some()).collect();
        assert_eq!(suppressed.iter().filter(|it| **it).count(), 1);
        assert!(suppressed[1]);
        // A rule that is not in the catalog any more has no description to point to.
        assert_eq!((results[0]["ruleIndex"].as_u64(), results[6].get("ruleIndex")), (Some(0), None));
        assert_eq!(report["runs"][0]["invocations"][0]["executionSuccessful"], false);
        let mut empty = Vec::new();
        PostureSarif::new(&mut empty, &[], &[], true).unwrap().finish().unwrap();
        assert!(serde_json::from_slice::<Value>(&empty).is_ok());
    }
}
