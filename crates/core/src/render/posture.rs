//! The posture report as JSON, in the structure the compliance scanner's specification gives.

use std::collections::BTreeMap;
use std::io::Write;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::waivers_due;
use crate::job::report::PostureSummary;
use crate::model::{Counts, Evaluation, LeftOut, rfc3339};

/// Writes the report piece by piece: counts first, then one evaluation after the other.
pub struct PostureJson<W: Write> {
    output: W,
    is_first: bool,
}

impl<W: Write> PostureJson<W> {
    /// Writes everything before the evaluations. `covered` and `left_out`: the accounts and regions that were
    /// looked at, and what was not; `is_complete`: no run behind it stopped before its end.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(
        mut output: W,
        summary: &PostureSummary,
        (covered, left_out): (&[String], &[LeftOut]),
        is_complete: bool,
        now: Timestamp,
    ) -> std::io::Result<Self> {
        writeln!(output, "{{")?;
        let parts = [
            ("schema", json!(crate::model::SCHEMA)),
            ("report_timestamp", json!(rfc3339(now))),
            ("assessed_at", json!(rfc3339(summary.run.started_at))),
            ("execution_id", json!(summary.run.execution_id)),
            ("catalog_digest", json!(summary.run.catalog)),
            ("complete", json!(is_complete)),
            ("covered", json!(covered)),
            ("left_out", json!(left_out)),
            ("filter", json!(summary.filter.words())),
            ("filtered_out", json!(summary.filtered_out)),
            ("waivers", waivers_due(&summary.due)),
            ("summary", posture_summary(summary)),
            ("by_resource_type", by(&summary.by_resource_type)),
            ("by_rule", by(&summary.by_rule)),
        ];
        for (name, value) in parts {
            writeln!(output, "  {}: {},", json!(name), indented(&value))?;
        }
        write!(output, "  \"evaluations\": [")?;
        Ok(Self { output, is_first: true })
    }

    /// Writes one evaluation.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn evaluation(&mut self, evaluation: &Evaluation) -> std::io::Result<()> {
        let separator = if std::mem::take(&mut self.is_first) { "" } else { "," };
        write!(self.output, "{separator}\n    ")?;
        serde_json::to_writer(&mut self.output, evaluation)?;
        Ok(())
    }

    /// Writes the end.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> std::io::Result<()> {
        let end = if self.is_first { "" } else { "\n  " };
        writeln!(self.output, "{end}]\n}}")?;
        self.output.flush()
    }
}

/// The `summary` object: the specification's members, and `unknown`, `not_applicable`, `waived` beside them.
pub(super) fn posture_summary(summary: &PostureSummary) -> Value {
    let Counts { compliant, non_compliant, unknown, not_applicable, waived } = summary.counts;
    json!({
        "total_resources": summary.resources,
        "total_evaluations": summary.counts.total(),
        "compliant": compliant,
        "non_compliant": non_compliant,
        "unknown": unknown,
        "not_applicable": not_applicable,
        "waived": waived,
        "compliance_percentage": summary.counts.compliance_percentage(),
    })
}

fn by(counts: &BTreeMap<String, Counts>) -> Value {
    let entry = |counts: &Counts| {
        json!({
            "total": counts.total(),
            "compliant": counts.compliant,
            "non_compliant": counts.non_compliant,
            "unknown": counts.unknown,
            "not_applicable": counts.not_applicable,
            "waived": counts.waived,
        })
    };
    Value::Object(counts.iter().map(|(name, counts)| (name.clone(), entry(counts))).collect::<Map<_, _>>())
}

fn indented(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default().replace('\n', "\n  ")
}
