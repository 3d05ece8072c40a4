//! Findings for a hub, and what is remembered of what it took.

use async_trait::async_trait;
use serde_json::Value;
use tracing::warn;

use super::{MOST_PARTIAL, Ports, Published, Wanted};
use crate::job::JobError;
use crate::job::findings::{Choice, HandedOver, hand_over};
use crate::model::{Run, RunStatus, Statistics};
use crate::port::{FindingHub, Imported, PortResult, Told};
use crate::render::RuleTexts;

/// How many reasons are named why findings were not taken.
const MOST_REASONS: usize = 10;

/// Hands over the findings of an assessment. A hub that does not take them all is a problem, no failure.
///
/// # Errors
/// When the store fails.
pub(super) async fn import(
    ports: &Ports<'_>,
    hub: &dyn FindingHub,
    wanted: &Wanted<'_>,
    run: &Run,
    statistics: &mut Statistics,
    published: &mut Published,
) -> Result<(), JobError> {
    let told = remembered(ports, run).await?;
    let handed = match hand(ports, hub, wanted, run, &told).await {
        Ok(handed) => Some(handed),
        Err(error) => {
            warn!(error = %error, "Findings could not be handed over.");
            published.problems.push(format!("the findings: {error}"));
            None
        }
    };
    let is_whole = handed.as_ref().is_some_and(HandedOver::is_complete) && run.status == RunStatus::Done;
    let told = if is_whole {
        Told { complete: Some(run.execution_id.clone()), partial: Vec::new(), ..told }
    } else {
        // Some of its findings may stand in the hub, and end later.
        let mut partial = told.partial;
        partial.retain(|known| *known != run.execution_id);
        partial.push(run.execution_id.clone());
        let surplus = partial.len().saturating_sub(MOST_PARTIAL);
        partial.drain(..surplus);
        Told { partial, ..told }
    };
    ports.outbox.put_told(&scope(run), &told).await?;
    if let Some(handed) = handed {
        statistics.count("findings", handed.open.taken);
        statistics.count("findings_ended", handed.ended.taken);
        statistics.count("findings_refused", handed.open.refused() + handed.ended.refused());
        let reasons: Vec<String> = handed.not_taken().map(ToString::to_string).collect();
        let more = reasons.len().saturating_sub(MOST_REASONS);
        published.problems.extend(reasons.into_iter().take(MOST_REASONS));
        if more > 0 {
            published.problems.push(format!("findings were not taken for {more} more reasons"));
        }
        published.findings = Some(handed);
    }
    Ok(())
}

/// What handing over would do now. Nothing is sent and nothing remembered.
///
/// # Errors
/// When the store fails, or nothing was assessed yet.
pub async fn preview_findings(
    ports: &Ports<'_>,
    wanted: &Wanted<'_>,
) -> Result<Option<HandedOver>, JobError> {
    let Some(hub) = ports.hub else { return Ok(None) };
    let run = super::latest(ports.runs).await?;
    let told = remembered(ports, &run).await?;
    hand(ports, &Counting(hub), wanted, &run, &told).await.map(Some)
}

async fn hand(
    ports: &Ports<'_>,
    hub: &dyn FindingHub,
    wanted: &Wanted<'_>,
    run: &Run,
    told: &Told,
) -> Result<HandedOver, JobError> {
    let mut before = Vec::new();
    for id in told.complete.iter().chain(&told.partial) {
        before.extend(ports.runs.get(id).await?);
    }
    let rules = RuleTexts::of(&wanted.catalog.posture);
    let choice = Choice { which: wanted.which, rules: &rules, unselected: &wanted.catalog.unselected };
    hand_over(ports.runs, ports.evaluations, hub, choice, run, &before).await
}

/// The assessments whose findings may stand in the hub: the last that was taken as a whole, and those since.
async fn remembered(ports: &Ports<'_>, run: &Run) -> Result<Told, JobError> {
    let told = ports.outbox.told(&scope(run)).await?;
    Ok(told.unwrap_or(Told { schema: Told::SCHEMA, complete: None, partial: Vec::new() }))
}

/// A name that is no scope of runs: what the hub took is remembered beside what people were told.
fn scope(run: &Run) -> String {
    format!("findings {}", run.scope)
}

/// A hub that takes everything and keeps nothing, with the home of another.
struct Counting<'a>(&'a dyn FindingHub);

#[async_trait]
impl FindingHub for Counting<'_> {
    fn place(&self) -> String {
        self.0.place()
    }

    fn home_region(&self) -> Option<&str> {
        self.0.home_region()
    }

    async fn import(&self, findings: Vec<Value>) -> PortResult<Imported> {
        Ok(Imported { taken: findings.len() as u64, not_taken: Vec::new() })
    }
}
