//! What changed between two assessments: for programs (JSON) and spreadsheets (CSV); for people in `table`.

mod table;

use std::collections::BTreeMap;
use std::io::Write;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub use self::table::SinceTable;

use crate::compare::{Changed, Difference, Seen, Tally};
use crate::model::{Counts, Evaluation, rfc3339};
use crate::owner::Owner;

/// Writes the comparison as JSON piece by piece: counts first, then one change after the other.
pub struct SinceJson<W: Write> {
    output: W,
    is_first: bool,
}

impl<W: Write> SinceJson<W> {
    /// Writes everything before the changes. `notes`: what must be known besides.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(
        mut output: W,
        difference: &Difference,
        notes: &[String],
        now: Timestamp,
    ) -> std::io::Result<Self> {
        let Difference { compared, wanted, summary, trend, trend_left_out, due, .. } = difference;
        let trend: Vec<Value> = trend
            .iter()
            .map(|point| {
                json!({
                    "assessed_at": rfc3339(point.run.started_at),
                    "execution_id": point.run.execution_id,
                    "status": point.run.status,
                    "counts": point.counts,
                    "compliance_percentage": point.counts.and_then(|counts| counts.compliance_percentage()),
                })
            })
            .collect();
        let parts = [
            ("schema", json!(crate::model::SCHEMA)),
            ("report_timestamp", json!(rfc3339(now))),
            ("before", side(&compared.before)),
            ("after", side(&compared.after)),
            ("filter", json!(wanted.filter.words())),
            ("filtered_out", json!(summary.filtered_out)),
            ("notes", json!(notes)),
            ("waivers", waivers_due(due)),
            ("summary", tally(&summary.all)),
            ("by_account", by(&summary.by_account)),
            ("by_rule", by(&summary.by_rule)),
            ("owner_tag", json!(wanted.owner_tag)),
            ("by_owner", by_owner(&summary.by_owner, &wanted.owner_tag)),
            ("trend", json!(trend)),
            ("trend_left_out", json!(trend_left_out)),
        ];
        writeln!(output, "{{")?;
        for (name, value) in parts {
            let value = serde_json::to_string_pretty(&value)?.replace('\n', "\n  ");
            writeln!(output, "  {}: {value},", json!(name))?;
        }
        write!(output, "  \"changes\": [")?;
        Ok(Self { output, is_first: true })
    }

    /// Writes one change.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn change(&mut self, changed: &Changed<'_>, owner: &Owner) -> std::io::Result<()> {
        let separator = if std::mem::take(&mut self.is_first) { "" } else { "," };
        write!(self.output, "{separator}\n    ")?;
        serde_json::to_writer(&mut self.output, &change_json(changed, owner))?;
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

/// One change for programs.
#[must_use]
pub fn change_json(changed: &Changed<'_>, owner: &Owner) -> Value {
    let latest = changed.latest;
    json!({
        "change": changed.change,
        "because": changed.because,
        "fails_anew": changed.fails_anew(),
        "rule_changed": changed.is_other_rule(),
        "resource_id": latest.resource_id,
        "resource_type": latest.resource_type,
        "account": latest.account,
        "region": latest.region,
        "rule": latest.rule.id,
        "severity": latest.severity,
        "owner": owner.name(),
        "before": changed.before.map(side_of_pair),
        "after": changed.after.map(side_of_pair),
    })
}

fn side_of_pair(evaluation: &Evaluation) -> Value {
    json!({
        "verdict": evaluation.verdict,
        "reason": evaluation.reason,
        "evidence": evaluation.evidence,
        "waiver": evaluation.waiver,
    })
}

/// The columns of [`change_row`].
#[must_use]
pub fn change_columns() -> [&'static str; 20] {
    [
        "change",
        "because",
        "fails_anew",
        "rule_changed",
        "severity",
        "rule",
        "resource_id",
        "resource_type",
        "account",
        "region",
        "owner",
        "verdict_before",
        "verdict_after",
        "reason",
        "waiver_id",
        "waiver_owner",
        "waiver_expires",
        "waiver_expired",
        "execution_before",
        "execution_after",
    ]
}

/// One change for a spreadsheet.
#[must_use]
pub fn change_row(changed: &Changed<'_>, owner: &Owner, difference: &Difference) -> [String; 20] {
    let latest = changed.latest;
    let word = |side: Option<&Evaluation>| side.map(|it| it.verdict.clone()).unwrap_or_default();
    let waiver = latest.waiver.as_ref();
    let because = changed.because.map(|because| because.as_str().to_owned());
    [
        changed.change.to_string(),
        because.unwrap_or_default(),
        changed.fails_anew().to_string(),
        changed.is_other_rule().to_string(),
        latest.severity.to_string(),
        latest.rule.id.clone(),
        latest.resource_id.clone(),
        latest.resource_type.clone(),
        latest.account.to_string(),
        latest.region.clone(),
        owner.name().unwrap_or_default().to_owned(),
        word(changed.before),
        word(changed.after),
        latest.reason.clone().unwrap_or_default(),
        waiver.map(|it| it.id.clone()).unwrap_or_default(),
        waiver.map(|it| it.owner.clone()).unwrap_or_default(),
        waiver.map(|it| it.expires.clone()).unwrap_or_default(),
        waiver.map(|it| it.expired.to_string()).unwrap_or_default(),
        difference.compared.before.run.execution_id.clone(),
        difference.compared.after.run.execution_id.clone(),
    ]
}

/// Waivers that have ended or soon will, for programs.
#[must_use]
pub fn waivers_due(due: &crate::waiver::WaiversDue) -> Value {
    json!({
        "expired": due.expired().collect::<Vec<_>>(),
        "expiring": due.expiring().collect::<Vec<_>>(),
    })
}

fn side(seen: &Seen) -> Value {
    json!({
        "execution_id": seen.run.execution_id,
        "assessed_at": rfc3339(seen.run.started_at),
        "status": seen.run.status,
        "complete": seen.is_whole(),
        "collected_at": seen.collection.as_ref().map(|run| rfc3339(run.started_at)),
        "catalog_digest": seen.run.catalog,
    })
}

fn tally(tally: &Tally) -> Value {
    let entries = tally.counted().map(|(change, count)| {
        let Counts { compliant, non_compliant, unknown, not_applicable, waived } = count.now;
        let value = json!({
            "total": count.total,
            "pass_now": compliant,
            "fail_now": non_compliant,
            "waived_now": waived,
            "unknown_now": unknown,
            "not_applicable_now": not_applicable,
        });
        (change.as_str().to_owned(), value)
    });
    Value::Object(entries.collect::<Map<_, _>>())
}

fn by(groups: &BTreeMap<String, Tally>) -> Value {
    Value::Object(groups.iter().map(|(name, group)| (name.clone(), tally(group))).collect::<Map<_, _>>())
}

/// A list: what is no owner has no name that a real one could not have.
fn by_owner(groups: &BTreeMap<Owner, Tally>, tag: &str) -> Value {
    let entry = |(owner, group): (&Owner, &Tally)| {
        let why = owner.name().is_none().then(|| owner.words(tag));
        json!({ "owner": owner.name(), "why_none": why, "changes": tally(group) })
    };
    Value::Array(groups.iter().map(entry).collect())
}
