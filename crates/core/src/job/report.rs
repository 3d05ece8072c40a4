//! Report: read what the ledger holds, in the form the renderers need.

use std::collections::BTreeMap;

use super::JobError;
use crate::filter::Filter;
use crate::model::{Counts, Evaluation, JobName, Run, Violation};
use crate::port::{Evaluations, Runs, Violations};
use crate::waiver::{WaiverFile, WaiversDue};

/// How many items are read at a time.
const PAGE: usize = 1000;

/// What the latest assessment says, in counts.
#[derive(Debug)]
pub struct PostureSummary {
    /// The run.
    pub run: Run,
    /// Distinct resources.
    pub resources: u64,
    /// All verdicts.
    pub counts: Counts,
    /// Verdicts by resource type.
    pub by_resource_type: BTreeMap<String, Counts>,
    /// Verdicts by rule.
    pub by_rule: BTreeMap<String, Counts>,
    /// Which verdicts all of this is about.
    pub filter: Filter,
    /// How many verdicts the filter left out.
    pub filtered_out: u64,
    /// Waivers that have ended or soon will, with their findings whatever the filter.
    pub due: WaiversDue,
}

/// The latest assessment in counts, `None` when nothing was assessed yet.
///
/// # Errors
/// When the store cannot be read.
pub async fn posture_summary(
    runs: &dyn Runs,
    evaluations: &dyn Evaluations,
) -> Result<Option<PostureSummary>, JobError> {
    let Some(run) = runs.latest(JobName::Assess).await? else { return Ok(None) };
    let due = WaiversDue::new(&WaiverFile::default(), run.started_at);
    posture_summary_where(runs, evaluations, Filter::default(), due).await
}

/// The latest assessment in counts, of the verdicts a filter takes; `due` are the waivers as they stand.
///
/// # Errors
/// When the store cannot be read.
pub async fn posture_summary_where(
    runs: &dyn Runs,
    evaluations: &dyn Evaluations,
    filter: Filter,
    due: WaiversDue,
) -> Result<Option<PostureSummary>, JobError> {
    let Some(run) = runs.latest(JobName::Assess).await? else { return Ok(None) };
    Ok(Some(summary_of(evaluations, run, filter, due).await?))
}

/// An assessment in counts, of the verdicts a filter takes; `due` are the waivers as they stand.
///
/// # Errors
/// When the store cannot be read.
pub async fn summary_of(
    evaluations: &dyn Evaluations,
    run: Run,
    filter: Filter,
    mut due: WaiversDue,
) -> Result<PostureSummary, JobError> {
    let mut resources = 0;
    let mut last_resource = String::new();
    let mut counts = Counts::default();
    let mut by_resource_type: BTreeMap<String, Counts> = BTreeMap::new();
    let mut by_rule: BTreeMap<String, Counts> = BTreeMap::new();
    let mut filtered_out = 0;
    each_evaluation(evaluations, &run.execution_id, &mut |evaluation| {
        due.add(evaluation);
        if !filter.takes(evaluation) {
            filtered_out += 1;
            return Ok(());
        }
        if evaluation.resource_id != last_resource {
            resources += 1;
            last_resource.clone_from(&evaluation.resource_id);
        }
        let (verdict, waived) = (evaluation.verdict(), evaluation.is_waived());
        counts.add(&verdict, waived);
        by_resource_type.entry(evaluation.resource_type.clone()).or_default().add(&verdict, waived);
        by_rule.entry(evaluation.rule.id.clone()).or_default().add(&verdict, waived);
        Ok(())
    })
    .await?;
    Ok(PostureSummary { run, resources, counts, by_resource_type, by_rule, filter, filtered_out, due })
}

/// Shows every evaluation of a run to `sink`, ordered by resource and rule, a page in memory at a time.
///
/// # Errors
/// When the store cannot be read, or `sink` fails.
pub async fn each_evaluation(
    evaluations: &dyn Evaluations,
    execution_id: &str,
    sink: &mut dyn FnMut(&Evaluation) -> std::io::Result<()>,
) -> Result<(), JobError> {
    let mut after: Option<String> = None;
    loop {
        let page = evaluations.of_execution(execution_id, after.as_deref(), PAGE).await?;
        page.items.iter().try_for_each(&mut *sink).map_err(output_failed)?;
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Shows every violation to `sink`, in order of event time.
///
/// # Errors
/// When the store cannot be read, or `sink` fails.
pub async fn each_violation(
    violations: &dyn Violations,
    sink: &mut dyn FnMut(&Violation) -> std::io::Result<()>,
) -> Result<(), JobError> {
    let mut after: Option<String> = None;
    loop {
        let page = violations.page(after.as_deref(), PAGE).await?;
        page.items.iter().try_for_each(&mut *sink).map_err(output_failed)?;
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is the argument of map_err")]
fn output_failed(error: std::io::Error) -> JobError {
    JobError::Input(format!("writing the report: {error}"))
}
