//! Detect: judge CloudTrail events against detection rules.

mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use tracing::warn;

use super::collect::expiry;
use super::{Execution, JobError, Work};
use crate::detection::{Detector, PolicyBook};
use crate::model::{Outcome, Severity, Statistics, Violation};
use crate::port::{Archive, EventInputs, PortResult, Progress, Recorded, Resources, Violations, Waivers};
use crate::redact::Secrets;
use crate::waiver::WaiverFile;
use worker::{Batch, Found, Workers};

/// Under this reason the statistics count rules that could not be loaded.
pub const NOT_LOADED: &str = "rule could not be loaded";

/// How often the clock is looked at while an input is silent, as a pipe may be.
const LOOK_AT_CLOCK: Duration = Duration::from_millis(200);

/// Violations are kept so many at a time: a file and a transaction for each would cost more than finding them.
const KEPT_AT_ONCE: usize = 256;

/// How many resources are read at a time.
const RESOURCES_PER_PAGE: usize = 500;

/// What detecting needs.
pub struct Ports<'a> {
    /// Where violations go.
    pub violations: &'a dyn Violations,
    /// Where events go that were judged.
    pub archive: &'a dyn Archive,
    /// Who suppressed what.
    pub waivers: &'a dyn Waivers,
    /// What was collected: the policies that new versions are held against.
    pub resources: &'a dyn Resources,
    /// How far it is.
    pub progress: &'a dyn Progress,
}

/// What decides the judgement.
pub struct Settings {
    /// The rules.
    pub detector: Detector,
    /// What is secret in events.
    pub secrets: Arc<Secrets>,
    /// Accepted violations.
    pub suppressions: WaiverFile,
    /// How many threads read and judge.
    pub threads: usize,
    /// How long violations are kept.
    pub retention: Duration,
    /// Files in folders that are not event files, for the statistics.
    pub ignored_files: u64,
    /// Rules that could not be loaded, for the statistics.
    pub rules_not_loaded: u64,
}

/// What detecting found.
#[derive(Debug, Default)]
pub struct Detection {
    /// Violations that happened and that nobody suppressed, by severity.
    pub by_severity: std::collections::BTreeMap<Severity, u64>,
}

impl Detection {
    /// The severity of the worst of them.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.by_severity.keys().next_back().copied()
    }
}

/// Judges all events of all inputs, and shows each violation once to `sink`, in order of input and
/// position whatever the number of threads.
///
/// # Errors
/// When a store fails, or `sink` does.
pub async fn detect(
    execution: &Execution<'_>,
    ports: &Ports<'_>,
    inputs: Box<dyn EventInputs>,
    settings: Settings,
    sink: &mut dyn FnMut(&Violation) -> std::io::Result<()>,
) -> Result<(Work, Detection), JobError> {
    for entry in settings.suppressions.expired(execution.started_at) {
        warn!(waiver = entry.id.as_str(), owner = entry.owner.as_str(), expires = %entry.expires, "A suppression has expired.");
    }
    ports.waivers.put(&settings.suppressions.suppressions).await?;
    let total = inputs.total();
    ports.progress.begin("Judging events", total.map(|(_, bytes)| bytes));
    let stop = Arc::new(AtomicBool::new(false));
    let mut detector = settings.detector;
    if detector.asks_about_policies() {
        detector = detector.with_policies(collected_policies(ports.resources).await?);
    }
    let workers =
        Workers::start(inputs, detector, Arc::clone(&settings.secrets), settings.threads, Arc::clone(&stop));
    let mut ledger = Ledger {
        execution,
        ports,
        suppressions: &settings.suppressions,
        retention: settings.retention,
        statistics: Statistics::default(),
        detection: Detection::default(),
        attempt_id: execution.attempt_id(),
        found: Vec::new(),
        evidence: Vec::new(),
    };
    for name in
        ["files", "events", "bytes", "violations", "attempted", "suppressed", "duplicates", "unreadable"]
    {
        ledger.statistics.count(name, 0);
    }
    for (reason, count) in
        [("not an event file", settings.ignored_files), (NOT_LOADED, settings.rules_not_loaded)]
    {
        if count > 0 {
            ledger.statistics.skipped.insert(reason.to_owned(), count);
        }
    }
    let mut failed_to_list = None;
    'all: for (number, input) in (1..).zip(workers.inputs()) {
        let input = match input {
            Ok(input) => input,
            Err(error) => {
                failed_to_list = Some(error);
                break;
            }
        };
        let mut ended = false;
        loop {
            match input.batches.recv_timeout(LOOK_AT_CLOCK) {
                Ok(batch) => {
                    ended |= batch.is_last;
                    ledger.take(&input.name, batch, sink).await?;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if execution.is_out_of_time() {
                stop.store(true, Ordering::Relaxed);
                let files = total.map_or("the rest".to_owned(), |(files, _)| {
                    format!("{} of {files} files", files - number)
                });
                ledger.statistics.remaining = Some(format!("the rest of {}, and {files}", input.name));
                break 'all;
            }
        }
        if !ended {
            ledger.statistics.count("unreadable", 1);
            ledger.statistics.skip("judging ended early");
            warn!(
                file = input.name.as_str(),
                "Judging this input ended early; what was found before is kept."
            );
        }
        ledger.statistics.count("files", 1);
        ports.progress.advance(input.size.unwrap_or_default());
    }
    drop(workers);
    ledger.keep(sink).await?;
    ports.progress.end();
    if let Some(error) = failed_to_list {
        return Err(error.into());
    }
    let Ledger { statistics, detection, .. } = ledger;
    let complete = statistics.remaining.is_none() && statistics.get("unreadable") == 0;
    Ok((Work { statistics, complete }, detection))
}

/// The policies among what was collected. They are read before the first event, so that every event meets the
/// same ones.
async fn collected_policies(resources: &dyn Resources) -> PortResult<PolicyBook> {
    let mut policies = PolicyBook::default();
    let mut after: Option<String> = None;
    loop {
        let page = resources.page(after.as_deref(), RESOURCES_PER_PAGE).await?;
        page.items.iter().for_each(|resource| policies.add(resource));
        after = page.next;
        if after.is_none() {
            return Ok(policies);
        }
    }
}

/// Takes what the workers found to where it is kept.
struct Ledger<'a> {
    execution: &'a Execution<'a>,
    ports: &'a Ports<'a>,
    suppressions: &'a WaiverFile,
    retention: Duration,
    statistics: Statistics,
    detection: Detection,
    /// A process that completes a killed run shows what that one had recorded: it is no duplicate.
    attempt_id: String,
    /// What was taken and is not kept yet, with its events.
    found: Vec<Found>,
    evidence: Vec<Vec<u8>>,
}

impl Ledger<'_> {
    async fn take(
        &mut self,
        file: &str,
        batch: Batch,
        sink: &mut dyn FnMut(&Violation) -> std::io::Result<()>,
    ) -> Result<(), JobError> {
        self.statistics.count("events", batch.events);
        self.statistics.count("bytes", batch.bytes);
        for _ in 0..batch.digest_files {
            self.statistics.skip("CloudTrail digest file");
        }
        for (offset, reason) in &batch.unreadable {
            self.statistics.count("unreadable", 1);
            self.statistics.skip("could not be read");
            warn!(file, offset, reason = reason.as_str(), "Part of an input could not be read.");
        }
        self.found.extend(batch.found);
        self.evidence.extend(batch.evidence);
        if self.found.len() >= KEPT_AT_ONCE { self.keep(sink).await } else { Ok(()) }
    }

    /// Keeps what was taken so far. The evidence is there before the violations that refer to it.
    async fn keep(
        &mut self,
        sink: &mut dyn FnMut(&Violation) -> std::io::Result<()>,
    ) -> Result<(), JobError> {
        self.ports.archive.put_all(&std::mem::take(&mut self.evidence)).await?;
        let mut violations = Vec::with_capacity(self.found.len());
        for Found { mut violation, facts } in std::mem::take(&mut self.found) {
            violation.suppressed =
                self.suppressions.for_violation(&violation.rule.id, &facts, self.execution.started_at);
            violations.push(violation);
        }
        let expires_at = expiry(self.execution.started_at, self.retention);
        let recorded = self.ports.violations.record(&self.attempt_id, &violations, expires_at).await?;
        for (violation, recorded) in violations.iter().zip(recorded) {
            match recorded {
                Recorded::Duplicate => self.statistics.count("duplicates", 1),
                Recorded::New | Recorded::Again => {
                    self.count(violation);
                    sink(violation)
                        .map_err(|error| JobError::Input(format!("writing the output: {error}")))?;
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, violation: &Violation) {
        self.statistics.count("violations", 1);
        let suppressed = violation.is_suppressed();
        if suppressed {
            self.statistics.count("suppressed", 1);
        }
        match violation.outcome {
            Outcome::Attempted => self.statistics.count("attempted", 1),
            Outcome::Done if !suppressed => {
                *self.detection.by_severity.entry(violation.severity).or_default() += 1;
            }
            Outcome::Done => {}
        }
    }
}
