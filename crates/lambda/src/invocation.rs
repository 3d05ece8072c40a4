//! One invocation: the ports over AWS, the job, and what came of it.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use provost_aws::cloudwatch::CloudWatchMetrics;
use provost_aws::dynamo::DynamoStore;
use provost_aws::guard::Sink;
use provost_aws::s3_archive::S3Archive;
use provost_aws::{Access, LiveEstate, connect};
use provost_core::catalog::Catalog;
use provost_core::job::collect::{Ports, Types, Wanted, collect};
use provost_core::job::{JobError, Order, Runner};
use provost_core::model::{Digest, Run, RunStatus, Statistics};
use provost_core::port::{Archive, Clock as _, Locks, Metric, Metrics, NoProgress, Unit};
use serde_json::Value;
use tracing::{error, info, warn};

use crate::answer;
use crate::clock::{OneId, TokioClock};
use crate::environment::{Environment, Evidence};
use crate::failure::Failure;
use crate::order::Wish;
use crate::switched_off::{NoArchive, NoMetrics};
use crate::time_left::TimeLeft;

/// What a job looks at: everything within reach. With the job's name, the name of its lock.
const SCOPE: &str = "all";

/// What all invocations of a process share.
pub(crate) struct Function {
    environment: Environment,
    catalog: Catalog,
}

/// What one invocation reads, and where it writes.
struct Places {
    store: DynamoStore,
    archive: Box<dyn Archive>,
    metrics: Box<dyn Metrics>,
    estate: LiveEstate,
}

impl Function {
    /// Reads what does not change. Nothing is asked of AWS yet.
    pub(crate) fn start(environment: Environment) -> Result<Self, Failure> {
        let catalog = provost_catalog::load(&[], &[]).context("the catalog");
        let catalog = catalog.map_err(|error| Failure::configuration(&error))?;
        Ok(Self { environment, catalog })
    }

    /// Answers one event.
    pub(crate) async fn handle(&self, event: Value, deadline_ms: u64) -> Result<Value, Failure> {
        let left = TimeLeft::until(deadline_ms, SystemTime::now());
        let wish = Wish::of_event(&event, self.environment.job);
        let answered = match wish {
            Ok(wish) => {
                self.say_what_starts(wish, left);
                self.run(wish, left).await
            }
            Err(failure) => Err(failure),
        };
        if let Err(failure) = &answered {
            error!(error = failure.message(), kind = failure.kind(), "The invocation failed.");
        }
        answered
    }

    fn say_what_starts(&self, wish: Wish, left: TimeLeft) {
        let Environment { table, evidence, metrics, reach, most_calls, .. } = &self.environment;
        let evidence = match evidence {
            Some(evidence) => format!("s3://{}/{}", evidence.bucket, evidence.prefix),
            None => "not kept: EVIDENCE_BUCKET is not set".to_owned(),
        };
        info!(
            job = wish.job().as_str(),
            deadline_ms = millis(left.job),
            catalog = %self.catalog.digest,
            version = env!("CARGO_PKG_VERSION"),
            table,
            retention_days = self.environment.retention_days(),
            evidence,
            metrics = metrics.as_deref().unwrap_or("none"),
            org = reach.org,
            accounts = reach.accounts.len(),
            role = reach.role.as_deref().unwrap_or("none"),
            has_external_id = reach.external_id.is_some(),
            most_calls = most_calls.map_or_else(|| "any".to_owned(), |most| most.to_string()),
            "Invocation started."
        );
    }

    async fn run(&self, wish: Wish, left: TimeLeft) -> Result<Value, Failure> {
        let began = Instant::now();
        let id = OneId::new();
        let places = self.places().await;
        let runner = Runner {
            clock: &TokioClock,
            ids: &id,
            locks: &places.store,
            runs: &places.store,
            metrics: places.metrics.as_ref(),
            retention: None,
        };
        let order = Order {
            job: wish.job(),
            scope: SCOPE.to_owned(),
            // A run that was killed is not completed: what it saw is no longer what there is.
            input: Digest::of_parts([self.environment.input().to_string().as_bytes(), id.0.as_bytes()]),
            catalog: self.catalog.digest,
            deadline: left.job,
        };
        let run = runner.run(order.clone(), async |execution| {
            // In CloudTrail, the sessions in other accounts bear the name of the run.
            let estate = places.estate.for_execution(execution);
            let ports = Ports {
                estate: &estate,
                archive: places.archive.as_ref(),
                resources: None,
                users: &places.store,
                progress: &NoProgress,
            };
            let retention = self.environment.retention;
            match wish {
                Wish::CollectIamUsers => {
                    let wanted = Wanted { catalog: &self.catalog, types: Types::IamUsers, retention };
                    collect(execution, &ports, &wanted).await
                }
            }
        });
        match in_time(left.job, run).await {
            Some(Ok(finished)) => {
                say_what_was_done(&finished.run, began.elapsed());
                Ok(answer::finished(wish, &finished.run, began.elapsed()))
            }
            Some(Err(JobError::Locked { holder, until, .. })) => {
                info!(owner = holder.as_str(), expires = until.as_str(), "Another execution holds the lock.");
                Ok(answer::locked(wish, &holder, &until))
            }
            Some(Err(error)) => Err(Failure::job(&error)),
            None => {
                places.cut_short(&order, &id, left).await;
                Ok(answer::cut_short(wish, &id.0, began.elapsed()))
            }
        }
    }

    /// Connects, each invocation anew: a budget of calls is for one of them. There are two clients, so that what
    /// reads can write nothing, and a budget that is spent holds up no record of what was read.
    async fn places(&self) -> Places {
        let Environment { table, evidence, metrics, reach, most_calls, .. } = &self.environment;
        let reader = connect(Access { most_calls: *most_calls, ..Access::default() }).await;
        let mut sinks = vec![Sink::Table(table.clone())];
        if let Some(Evidence { bucket, prefix }) = evidence.clone() {
            sinks.push(Sink::Objects { bucket, prefix });
        }
        sinks.extend(metrics.iter().cloned().map(Sink::Namespace));
        let writer = connect(Access { sinks, ..Access::default() }).await;
        let clock = Arc::new(TokioClock);
        let archive: Box<dyn Archive> = match evidence {
            Some(Evidence { bucket, prefix }) => {
                Box::new(S3Archive::new(writer.clone(), bucket.as_str(), prefix.as_str(), clock.clone()))
            }
            None => Box::new(NoArchive),
        };
        let metrics: Box<dyn Metrics> = match metrics {
            Some(namespace) => Box::new(CloudWatchMetrics::new(writer.clone(), namespace.as_str())),
            None => Box::new(NoMetrics),
        };
        let store = DynamoStore::new(writer, table.as_str(), clock);
        Places { store, archive, metrics, estate: LiveEstate::new(reader, reach.clone()) }
    }
}

impl Places {
    /// Gives back the lock of a run that did not end in time, and says in numbers that it did not. The run
    /// itself stays open: the next invocation records it as abandoned and makes a scan of its own.
    async fn cut_short(&self, order: &Order, id: &OneId, left: TimeLeft) {
        warn!(
            owner = id.0.as_str(),
            duration_ms = millis(left.job),
            "Time ran out in the middle of a read; the next invocation makes a new scan."
        );
        let lock = format!("{}/{}", order.job.lock(), order.scope);
        let last = async {
            if let Err(error) = self.store.release(&lock, &id.0).await {
                warn!(error = %error, "The lock could not be given back; it goes stale by itself.");
            }
            let now = TokioClock.now();
            let run = Run {
                schema: Run::SCHEMA,
                execution_id: id.0.clone(),
                job: order.job,
                scope: order.scope.clone(),
                input: order.input,
                catalog: order.catalog,
                started_at: now,
                finished_at: Some(now),
                status: RunStatus::Running,
                attempts: 1,
                statistics: Statistics::default(),
            };
            let number = |name: &str, value, unit| Metric { name: name.to_owned(), value, unit };
            let numbers = [
                number("success", 0.0, Unit::Count),
                number("duration", left.job.as_secs_f64(), Unit::Seconds),
            ];
            if let Err(error) = self.metrics.publish(&run, &numbers).await {
                warn!(error = %error, "Metrics could not be published.");
            }
        };
        // The answer itself needs a moment too.
        if in_time(left.reserve.mul_f32(0.8), last).await.is_none() {
            warn!("Time ran out before the run was wound up; its lock goes stale by itself.");
        }
    }
}

/// What a future gives within this time. After it, the future is dropped where it waits.
async fn in_time<T>(time: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(time, work).await.ok()
}

fn say_what_was_done(run: &Run, took: Duration) {
    let statistics = &run.statistics;
    info!(
        job = run.job.as_str(),
        execution_id = run.execution_id.as_str(),
        status = run.status.as_str(),
        duration_ms = millis(took),
        users_scanned = statistics.get("users"),
        records_written = statistics.get("written"),
        errors = statistics.get("errors"),
        skipped = statistics.skipped_total(),
        left_out = statistics.left_out.len(),
        remaining = statistics.remaining.as_deref().unwrap_or("nothing"),
        "Invocation finished."
    );
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
