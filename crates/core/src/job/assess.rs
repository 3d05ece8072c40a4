//! Assess: judge resources against posture rules.

use std::time::Duration;

use tracing::warn;

use super::collect::expiry;
use super::{Execution, JobError, Work};
use crate::catalog::Catalog;
use crate::model::{Counts, Digest, Evaluation, Resource, Severity, Statistics, Verdict};
use crate::port::{Evaluations, Progress, Resources, Waivers};
use crate::posture::{Assessor, Judgement};
use crate::waiver::WaiverFile;

/// How many resources are judged between two looks at the clock.
const PAGE: usize = 500;

/// What assessing needs.
pub struct Ports<'a> {
    /// The facts.
    pub resources: &'a dyn Resources,
    /// The history.
    pub evaluations: &'a dyn Evaluations,
    /// Who accepted what.
    pub waivers: &'a dyn Waivers,
    /// How far it is.
    pub progress: &'a dyn Progress,
}

/// What assessing found.
#[derive(Debug, Default)]
pub struct Assessment {
    /// How many of each verdict.
    pub counts: Counts,
    /// The severity of the worst Fail that no waiver in force covers.
    pub worst: Option<Severity>,
}

/// The digest of everything besides the catalog that decides an assessment.
///
/// # Errors
/// When the store cannot be read.
pub async fn input(
    resources: &dyn Resources,
    catalog: &Catalog,
    waivers: &WaiverFile,
) -> Result<Digest, JobError> {
    let (_, facts) = resources.fingerprint().await?;
    let parameters: Vec<_> = catalog.posture.iter().map(|rule| (&rule.stamp.id, &rule.parameters)).collect();
    let settings = serde_json::to_string(&(facts, parameters, waivers)).unwrap_or_default();
    Ok(Digest::of(settings.as_bytes()))
}

/// Judges every resource in the store against every rule of its type.
///
/// # Errors
/// When a store fails.
pub async fn assess(
    execution: &Execution<'_>,
    ports: &Ports<'_>,
    catalog: &Catalog,
    waivers: &WaiverFile,
    retention: Duration,
) -> Result<(Work, Assessment), JobError> {
    for entry in waivers.expired(execution.started_at) {
        warn!(waiver = entry.id.as_str(), owner = entry.owner.as_str(), expires = %entry.expires, "A waiver has expired.");
    }
    ports.waivers.put(&waivers.waivers).await?;
    let (total, _) = ports.resources.fingerprint().await?;
    let mut assessor = Assessor::new(&catalog.posture);
    let mut statistics =
        Statistics { left_out: catalog.left_out().into_iter().collect(), ..Statistics::default() };
    for name in
        ["resources", "evaluations", "compliant", "non_compliant", "unknown", "not_applicable", "waived"]
    {
        statistics.count(name, 0);
    }
    let mut assessment = Assessment::default();
    let mut after: Option<String> = None;
    let mut seen = 0;
    ports.progress.begin("Judging resources", Some(total));
    loop {
        if execution.is_out_of_time() {
            statistics.remaining = Some(format!("{} of {total} resources", total.saturating_sub(seen)));
            break;
        }
        let page = ports.resources.page(after.as_deref(), PAGE).await?;
        let mut evaluations = Vec::new();
        for resource in &page.items {
            let judgements = assessor.judge(resource);
            if judgements.is_empty() {
                statistics.skip("no rule speaks of this resource type");
            }
            for judgement in judgements {
                let evaluation = evaluation(execution, resource, &judgement, waivers);
                assessment.counts.add(&judgement.verdict, evaluation.is_waived());
                if judgement.verdict == Verdict::Fail && !evaluation.is_waived() {
                    assessment.worst = assessment.worst.max(Some(evaluation.severity));
                }
                evaluations.push(evaluation);
            }
        }
        ports.evaluations.put(&evaluations, expiry(execution.started_at, retention)).await?;
        seen += page.items.len() as u64;
        ports.progress.advance(page.items.len() as u64);
        statistics.count("resources", page.items.len() as u64);
        statistics.count("evaluations", evaluations.len() as u64);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    ports.progress.end();
    let Counts { compliant, non_compliant, unknown, not_applicable, waived } = assessment.counts;
    for (name, count) in [
        ("compliant", compliant),
        ("non_compliant", non_compliant),
        ("unknown", unknown),
        ("not_applicable", not_applicable),
        ("waived", waived),
    ] {
        statistics.count(name, count);
    }
    Ok((Work { complete: statistics.remaining.is_none(), statistics }, assessment))
}

pub(super) fn evaluation(
    execution: &Execution<'_>,
    resource: &Resource,
    judgement: &Judgement<'_>,
    waivers: &WaiverFile,
) -> Evaluation {
    let rule = judgement.rule;
    let waiver = match judgement.verdict {
        Verdict::Fail => {
            waivers.for_finding(&rule.stamp.id, &resource.id, &resource.account, execution.started_at)
        }
        Verdict::Pass | Verdict::NotApplicable | Verdict::Unknown(_) => None,
    };
    Evaluation {
        schema: Evaluation::SCHEMA,
        resource_id: resource.id.clone(),
        evaluation_timestamp: Evaluation::timestamp_key(execution.started_at, &rule.stamp.id),
        resource_type: resource.resource_type.clone(),
        account: resource.account.clone(),
        region: resource.region.clone(),
        rule: rule.stamp.clone(),
        severity: rule.severity,
        verdict: judgement.verdict.as_str().to_owned(),
        reason: judgement.reason(),
        evidence: resource.evidence.clone(),
        waiver,
        execution_id: execution.id.clone(),
    }
}
