//! What every job gets and none writes again: an execution id, a lock, a deadline, log lines, metrics,
//! and a record of the run that a killed process's successor completes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tracing::{Instrument as _, info, info_span, warn};

use crate::model::{Digest, JobName, Run, RunStatus, Statistics, rfc3339};
use crate::port::{
    Acquired, Archive, Clock, EvidenceIndex, Ids, Lock, Locks, Metric, Metrics, PortError, Runs, Unit,
};

/// How long before the deadline a job stops, to have time to record what it did.
const MARGIN: Duration = Duration::from_secs(2);

/// Runs jobs.
pub struct Runner<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// Execution ids.
    pub ids: &'a dyn Ids,
    /// So that two runs of one job on one scope never overlap.
    pub locks: &'a dyn Locks,
    /// The record of runs.
    pub runs: &'a dyn Runs,
    /// Numbers for whoever watches.
    pub metrics: &'a dyn Metrics,
    /// What has expired, and where the evidence lies that goes with it. `None`: the store and the archive
    /// forget by themselves, as tables and buckets of AWS do.
    pub retention: Option<(&'a dyn EvidenceIndex, &'a dyn Archive)>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which verb.
    pub job: JobName,
    /// What it looks at, in words; with the verb, the name of the lock.
    pub scope: String,
    /// The digest of everything that decides the result besides the catalog.
    pub input: Digest,
    /// The digest of the catalog.
    pub catalog: Digest,
    /// How long it may take. A lock is stale after twice that.
    pub deadline: Duration,
}

/// A run under way, as its job sees it.
pub struct Execution<'a> {
    /// The execution id.
    pub id: String,
    /// The time everything the run writes bears. Not the current time when a killed run is completed.
    pub started_at: Timestamp,
    attempt: u32,
    clock: &'a dyn Clock,
    stop_at: Timestamp,
}

impl Execution<'_> {
    /// This process's part of the run: another one for each process that works on it.
    #[must_use]
    pub fn attempt_id(&self) -> String {
        format!("{}#{}", self.id, self.attempt)
    }

    /// How long it is until the job should stop.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        let left = Duration::try_from(self.stop_at.duration_since(self.clock.now())).unwrap_or_default();
        if self.clock.is_up() { Duration::ZERO } else { left }
    }

    /// Whether the job should stop now, in order, and say what remains: at its deadline, or because somebody asked
    /// the process to end.
    #[must_use]
    pub fn is_out_of_time(&self) -> bool {
        self.clock.is_up() || self.clock.now() >= self.stop_at
    }
}

/// What a job did.
#[derive(Debug, Default)]
pub struct Work {
    /// The counts.
    pub statistics: Statistics,
    /// Whether everything it was given was looked at and readable.
    pub complete: bool,
}

/// A run that ended in order, completely or not.
#[derive(Debug)]
pub struct Finished<T> {
    /// Its record.
    pub run: Run,
    /// What the job returned beside its statistics.
    pub output: T,
}

impl<T> Finished<T> {
    /// Whether everything was looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.run.status == RunStatus::Done
    }
}

/// Why a job could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Another run has the lock.
    #[error(
        "another {job} of `{scope}` is running (execution {holder}); \
         wait for it, or until {until} when its lock goes stale"
    )]
    Locked {
        /// Which verb.
        job: JobName,
        /// On what.
        scope: String,
        /// Whose.
        holder: String,
        /// RFC 3339.
        until: String,
    },
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// What it was given makes no sense.
    #[error("{0}")]
    Input(String),
}

impl Runner<'_> {
    /// Runs `work` as a job.
    ///
    /// A run of the same job, scope, input and catalog that was killed is completed under its own id and
    /// time, so that writing again what it had written changes nothing.
    ///
    /// # Errors
    /// [`JobError`]: nothing was done, or the run is recorded as failed.
    pub async fn run<T>(
        &self,
        order: Order,
        work: impl AsyncFnOnce(&Execution<'_>) -> Result<(Work, T), JobError>,
    ) -> Result<Finished<T>, JobError> {
        let began = self.clock.now();
        let holder = self.ids.unique();
        let lock = Lock {
            name: format!("{}/{}", order.job.lock(), order.scope),
            holder: holder.clone(),
            expires_at: after(began, order.deadline.saturating_mul(2)),
        };
        if let Acquired::Held(held) = self.locks.acquire(&lock, began).await? {
            let until = rfc3339(held.expires_at);
            return Err(JobError::Locked { job: order.job, scope: order.scope, holder: held.holder, until });
        }
        let span = info_span!("job", job = order.job.as_str(), execution_id = holder.as_str());
        let result = self.run_locked(order, holder.clone(), began, work).instrument(span).await;
        let released = self.locks.release(&lock.name, &holder).await;
        let finished = result?;
        released?;
        Ok(finished)
    }

    async fn run_locked<T>(
        &self,
        order: Order,
        holder: String,
        began: Timestamp,
        work: impl AsyncFnOnce(&Execution<'_>) -> Result<(Work, T), JobError>,
    ) -> Result<Finished<T>, JobError> {
        self.forget_expired(began).await?;
        let mut run = self.open(&order, holder, began).await?;
        info!(
            run = run.execution_id.as_str(),
            scope = run.scope.as_str(),
            input = %run.input,
            catalog = %run.catalog,
            deadline_ms = millis(order.deadline),
            attempt = run.attempts,
            "Job started."
        );
        let stop_at = after(began, order.deadline.saturating_sub(MARGIN.min(order.deadline / 10)));
        let execution = Execution {
            id: run.execution_id.clone(),
            started_at: run.started_at,
            attempt: run.attempts,
            clock: self.clock,
            stop_at,
        };
        let result = work(&execution).await;
        let ended = self.clock.now();
        run.finished_at = Some(ended);
        let output = match result {
            Ok((work, output)) => {
                run.status = if work.complete { RunStatus::Done } else { RunStatus::Incomplete };
                run.statistics = work.statistics;
                Ok(output)
            }
            Err(error) => {
                run.status = RunStatus::Failed;
                Err(error)
            }
        };
        self.runs.put(&run).await?;
        let duration = Duration::try_from(ended.duration_since(began)).unwrap_or_default();
        self.publish(&run, duration).await;
        let statistics = serde_json::to_string(&run.statistics).unwrap_or_default();
        let status = run.status.as_str();
        match &output {
            Ok(_) => info!(status, duration_ms = millis(duration), statistics, "Job finished."),
            Err(error) => warn!(status, duration_ms = millis(duration), error = %error, "Job failed."),
        }
        Ok(Finished { run, output: output? })
    }

    /// A new run, or the killed one this completes. We hold the lock, so what is still open was killed.
    async fn open(&self, order: &Order, holder: String, began: Timestamp) -> Result<Run, JobError> {
        let mut resumed = None;
        for mut run in self.runs.unfinished(order.job, &order.scope).await? {
            // An old one is not completed: what it began was a look at another day. Nor is one whose lock
            // went stale while its process may still live.
            let is_recent = began < after(run.started_at, order.deadline.saturating_mul(2));
            let same = run.input == order.input && run.catalog == order.catalog;
            if same && is_recent && resumed.is_none() {
                run.attempts += 1;
                resumed = Some(run);
            } else {
                run.status = RunStatus::Abandoned;
                run.finished_at = Some(began);
                warn!(
                    run = run.execution_id.as_str(),
                    "A killed run is abandoned: it is old, or its input has changed since."
                );
                self.runs.put(&run).await?;
            }
        }
        let run = resumed.unwrap_or_else(|| Run {
            schema: Run::SCHEMA,
            execution_id: holder,
            job: order.job,
            scope: order.scope.clone(),
            input: order.input,
            catalog: order.catalog,
            started_at: began,
            finished_at: None,
            status: RunStatus::Running,
            attempts: 1,
            statistics: Statistics::default(),
        });
        self.runs.put(&run).await?;
        Ok(run)
    }

    async fn forget_expired(&self, now: Timestamp) -> Result<(), JobError> {
        let Some((index, archive)) = self.retention else { return Ok(()) };
        let forgotten = index.expire(now).await?;
        for digest in &forgotten {
            archive.remove(digest).await?;
        }
        if !forgotten.is_empty() {
            info!(count = forgotten.len(), "Evidence whose retention has ended was removed.");
        }
        Ok(())
    }

    async fn publish(&self, run: &Run, duration: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "a metric is a float; counts are far below 2^52")]
        let count =
            |name: &str, value: u64| Metric { name: name.to_owned(), value: value as f64, unit: Unit::Count };
        let mut metrics: Vec<Metric> =
            run.statistics.counts.iter().map(|(name, value)| count(name, *value)).collect();
        metrics.push(count("skipped", run.statistics.skipped_total()));
        metrics.push(count("success", u64::from(run.status == RunStatus::Done)));
        metrics.push(Metric {
            name: "duration".to_owned(),
            value: duration.as_secs_f64(),
            unit: Unit::Seconds,
        });
        if let Err(error) = self.metrics.publish(run, &metrics).await {
            warn!(error = %error, "Metrics could not be published.");
        }
    }
}

fn after(time: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration).ok().and_then(|by| time.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
