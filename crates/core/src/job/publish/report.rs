//! The aggregated report, a page of verdicts in memory at a time.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;

use super::{Ports, Wanted};
use crate::filter::Filter;
use crate::job::report::summary_of;
use crate::job::{Execution, JobError};
use crate::model::{JobName, LeftOut, Run};
use crate::port::{ReportWriter, Reports};
use crate::render::PostureJson;
use crate::waiver::WaiversDue;

/// How many verdicts are read at a time.
const PAGE: usize = 1000;

/// The key of an assessment's report: `compliance-reports/2026/11/22/report-20261122T060000.000Z.json`. Its time is
/// the assessment's, so publishing again replaces the same object.
#[must_use]
pub fn key_of(run: &Run) -> String {
    let at = run.started_at.to_zoned(TimeZone::UTC);
    at.strftime("compliance-reports/%Y/%m/%d/report-%Y%m%dT%H%M%S.%3fZ.json").to_string()
}

/// Writes the report and returns where it is.
pub(super) async fn write(
    execution: &Execution<'_>,
    ports: &Ports<'_>,
    wanted: &Wanted<'_>,
    reports: &dyn Reports,
    run: &Run,
) -> Result<String, JobError> {
    let key = key_of(run);
    let mut writer = reports.begin(&key).await?;
    match fill(execution, ports, wanted, run, writer.as_mut()).await {
        Ok(()) => writer.finish().await?,
        Err(error) => {
            writer.abandon().await;
            return Err(error);
        }
    }
    Ok(reports.link(&key))
}

async fn fill(
    execution: &Execution<'_>,
    ports: &Ports<'_>,
    wanted: &Wanted<'_>,
    run: &Run,
    writer: &mut dyn ReportWriter,
) -> Result<(), JobError> {
    let due = WaiversDue::new(wanted.waivers, run.started_at);
    let summary = summary_of(ports.evaluations, run.clone(), Filter::default(), due).await?;
    let Scope { covered, left_out, is_complete } = scope(ports, run).await?;
    // The same assessment gives the same report, whenever it is written.
    let made_at = run.finished_at.unwrap_or(run.started_at);
    let buffer = Buffer::default();
    let mut json = PostureJson::new(buffer.clone(), &summary, (&covered, &left_out), is_complete, made_at)
        .map_err(rendering)?;
    let mut after: Option<String> = None;
    loop {
        if execution.is_out_of_time() {
            let why = "time ran out; a longer --deadline writes all of it".to_owned();
            return Err(JobError::Input(why));
        }
        let page = ports.evaluations.of_execution(&run.execution_id, after.as_deref(), PAGE).await?;
        for evaluation in &page.items {
            json.evaluation(evaluation).map_err(rendering)?;
        }
        writer.write(&buffer.take()).await?;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    json.finish().map_err(rendering)?;
    writer.write(&buffer.take()).await?;
    Ok(())
}

/// What an assessment could speak of at all.
struct Scope {
    /// The accounts and regions that were looked at.
    covered: Vec<String>,
    /// What is known to exist and was not looked at or not judged.
    left_out: Vec<LeftOut>,
    /// Whether nothing stopped before its end.
    is_complete: bool,
}

async fn scope(ports: &Ports<'_>, assessed: &Run) -> Result<Scope, JobError> {
    let own = assessed.read_by_itself();
    let collected = if own { None } else { ports.runs.latest(JobName::Collect).await? };
    let (covered, mut left_out) = collected
        .as_ref()
        .or(own.then_some(assessed))
        .map(|run| (run.statistics.covered.clone(), run.statistics.left_out.clone()))
        .unwrap_or_default();
    // Such as rules that were not selected.
    for one in &assessed.statistics.left_out {
        if !left_out.contains(one) {
            left_out.push(one.clone());
        }
    }
    let mut is_complete = true;
    for run in collected.iter().chain([assessed]) {
        if let Some(remaining) = &run.statistics.remaining {
            let why = format!("{} stopped at its deadline", run.job);
            left_out.push(LeftOut { what: remaining.clone(), why });
            is_complete = false;
        }
    }
    Ok(Scope { covered, left_out, is_complete })
}

/// What was rendered and not handed on yet.
#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is the argument of map_err")]
fn rendering(error: std::io::Error) -> JobError {
    JobError::Input(format!("writing the report: {error}"))
}
