//! Scan: read what posture rules need and judge it as it comes, keeping the verdicts and none of the resources.
//!
//! This is collecting and assessing in one pass, for where there is no store of resources: what was read of one
//! type in one account is judged before the next is read, so memory is bounded by the largest of these. Its run is
//! recorded as one of assess: whoever reports or publishes an assessment need not know how it was made.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tracing::warn;

use super::assess::{Assessment, evaluation};
use super::collect::{self, Types, Wanted, expiry};
use super::{Execution, JobError, Work};
use crate::catalog::Catalog;
use crate::model::{Counts, Digest, Evaluation, Resource, Severity, Statistics, Verdict};
use crate::port::memory::MemoryStore;
use crate::port::{Archive, Estate, Evaluations, Page, PortResult, Progress, Resources, Swept};
use crate::posture::Assessor;
use crate::waiver::WaiverFile;

/// How many resources are judged between two looks at the clock.
const CHUNK: usize = 500;

/// What scanning needs.
pub struct Ports<'a> {
    /// The source of facts.
    pub estate: &'a dyn Estate,
    /// Where pages go.
    pub archive: &'a dyn Archive,
    /// The history.
    pub evaluations: &'a dyn Evaluations,
    /// How far it is.
    pub progress: &'a dyn Progress,
}

/// Reads the types the catalog's posture rules speak of, and judges each resource against them.
///
/// `catalog` has the rules that are wanted and no others, see [`Catalog::select`]. Stops before the deadline and
/// says what remains; verdicts that were written stay, and each is whole.
///
/// # Errors
/// When the estate cannot be used at all, or a port fails.
pub async fn scan(
    execution: &Execution<'_>,
    ports: &Ports<'_>,
    catalog: &Catalog,
    waivers: &WaiverFile,
    retention: Duration,
) -> Result<(Work, Assessment), JobError> {
    for entry in waivers.expired(execution.started_at) {
        warn!(waiver = entry.id.as_str(), owner = entry.owner.as_str(), expires = %entry.expires, "A waiver has expired.");
    }
    let judge = Judge::new(execution, ports.evaluations, catalog, waivers, retention);
    let collecting = collect::Ports {
        estate: ports.estate,
        archive: ports.archive,
        resources: Some(&judge),
        // Of the types of rules no users are made.
        users: &MemoryStore::default(),
        progress: ports.progress,
    };
    let wanted = Wanted { catalog, types: Types::OfRules, retention };
    let (work, _) = collect::collect(execution, &collecting, &wanted).await?;
    let Work { complete, mut statistics } = work;
    // There are no snapshots of users, so there are no numbers of them.
    for name in ["users", "written"] {
        statistics.counts.remove(name);
    }
    let (assessment, judged, late) = judge.finish();
    statistics.add(judged);
    if late > 0 {
        let left = format!("{late} resources that were read and not judged");
        statistics.remaining = Some(match statistics.remaining.take() {
            Some(reads) => format!("{reads}, and {left}"),
            None => left,
        });
    }
    Ok((Work { complete: complete && late == 0, statistics }, assessment))
}

/// Judges what is put into it and keeps the verdicts. Of the resources nothing stays, so there are none to list.
struct Judge<'j> {
    execution: &'j Execution<'j>,
    evaluations: &'j dyn Evaluations,
    waivers: &'j WaiverFile,
    expires_at: Timestamp,
    state: Mutex<State<'j>>,
}

struct State<'j> {
    assessor: Assessor<'j>,
    assessment: Assessment,
    statistics: Statistics,
    /// What came when there was no time left to judge it.
    late: u64,
}

impl<'j> Judge<'j> {
    fn new(
        execution: &'j Execution<'j>,
        evaluations: &'j dyn Evaluations,
        catalog: &'j Catalog,
        waivers: &'j WaiverFile,
        retention: Duration,
    ) -> Self {
        let state = State {
            assessor: Assessor::new(&catalog.posture),
            assessment: Assessment::default(),
            statistics: Statistics::default(),
            late: 0,
        };
        let expires_at = expiry(execution.started_at, retention);
        Self { execution, evaluations, waivers, expires_at, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State<'j>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn judge(&self, resources: &[Resource]) -> Vec<Evaluation> {
        let mut state = self.state();
        let State { assessor, assessment, statistics, .. } = &mut *state;
        let mut evaluations = Vec::new();
        for resource in resources {
            for judgement in assessor.judge(resource) {
                let evaluation = evaluation(self.execution, resource, &judgement, self.waivers);
                count(assessment, &judgement.verdict, &evaluation);
                evaluations.push(evaluation);
            }
        }
        statistics.count("evaluations", evaluations.len() as u64);
        evaluations
    }

    /// What was found, its numbers, and how many resources nobody judged.
    fn finish(self) -> (Assessment, Statistics, u64) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let State { assessment, mut statistics, late, .. } = state;
        let Counts { compliant, non_compliant, unknown, not_applicable, waived } = assessment.counts;
        for (name, count) in [
            ("evaluations", 0),
            ("compliant", compliant),
            ("non_compliant", non_compliant),
            ("unknown", unknown),
            ("not_applicable", not_applicable),
            ("waived", waived),
        ] {
            statistics.count(name, count);
        }
        (assessment, statistics, late)
    }
}

fn count(assessment: &mut Assessment, verdict: &Verdict, evaluation: &Evaluation) {
    assessment.counts.add(verdict, evaluation.is_waived());
    if *verdict == Verdict::Fail && !evaluation.is_waived() {
        let worst: Option<Severity> = Some(evaluation.severity);
        assessment.worst = assessment.worst.max(worst);
    }
}

#[async_trait]
impl Resources for Judge<'_> {
    async fn put(&self, _execution_id: &str, resources: &[Resource]) -> PortResult<()> {
        for (number, chunk) in resources.chunks(CHUNK).enumerate() {
            if self.execution.is_out_of_time() {
                self.state().late += resources.len().saturating_sub(number * CHUNK) as u64;
                return Ok(());
            }
            let evaluations = self.judge(chunk);
            self.evaluations.put(&evaluations, self.expires_at).await?;
        }
        Ok(())
    }

    async fn sweep(&self, _: &str, _: &[Swept], _: &[&str]) -> PortResult<u64> {
        Ok(0)
    }

    async fn page(&self, _: Option<&str>, _: usize) -> PortResult<Page<Resource>> {
        Ok(Page::last(Vec::new()))
    }

    async fn fingerprint(&self) -> PortResult<(u64, Digest)> {
        Ok((0, Digest::of(b"")))
    }
}
