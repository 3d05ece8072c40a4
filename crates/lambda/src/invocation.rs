//! One invocation: the ports over AWS, the job, and what came of it.

use std::future::Future;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, anyhow};
use provost_aws::LiveEstate;
use provost_aws::dynamo::DynamoStore;
use provost_aws::guard::Sink;
use provost_core::catalog::Catalog;
use provost_core::config_rule::RuleEvent;
use provost_core::job::collect::{self, Types, Wanted};
use provost_core::job::{Execution, JobError, Order, Runner, Work, scan};
use provost_core::model::{Digest, Run, RunStatus, Statistics};
use provost_core::port::{Clock as _, Locks, Metric, Metrics, NoProgress, Unit};
use provost_core::waiver::WaiverFile;
use serde_json::{Value, json};
use tracing::{error, info, warn};

use crate::answer;
use crate::clock::{OneId, TokioClock};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::order::{Asked, Wish};
use crate::places::Places;
use crate::publishing::share_of_scan;
use crate::time_left::TimeLeft;

/// What a job looks at that is not told: everything within reach. With the job's name, the name of its lock.
const SCOPE: &str = "all";

/// What all invocations of a process share.
pub(crate) struct Function {
    pub(crate) environment: Environment,
    pub(crate) catalog: Catalog,
}

/// A job that is asked for, with what it needs of the catalog.
enum Job {
    CollectIamUsers,
    Scan { rules: Box<Catalog>, waivers: WaiverFile },
}

impl Function {
    /// Reads what does not change. Nothing is asked of AWS yet.
    pub(crate) fn start(environment: Environment) -> Result<Self, Failure> {
        let function = Self { environment, catalog: load()? };
        // A rule there is not is better known now than with the first event.
        function
            .only(&function.environment.rules)
            .map_err(|failure| Failure::configuration(&anyhow!("`PROVOST_RULES`: {}", failure.message())))?;
        Ok(function)
    }

    /// Answers one event. `function` is the ARN it was invoked by.
    pub(crate) async fn handle(
        &self,
        event: Value,
        deadline_ms: u64,
        function: String,
    ) -> Result<Value, Failure> {
        let left = TimeLeft::until(deadline_ms, SystemTime::now());
        let answered = if RuleEvent::is_one(&event) {
            self.config_rule(&event, left, &function).await
        } else {
            match Asked::of_event(&event, self.environment.job) {
                Ok(Asked { wish: Wish::Report, .. }) => self.report(left).await,
                Ok(asked) => self.run(&asked, left).await,
                Err(failure) => Err(failure),
            }
        };
        if let Err(failure) = &answered {
            error!(error = failure.message(), kind = failure.kind(), "The invocation failed.");
        }
        answered
    }

    fn say_what_starts(&self, asked: &Asked, table: &str, left: TimeLeft) {
        let Environment { metrics, reach, most_calls, .. } = &self.environment;
        info!(
            job = asked.wish.job().as_str(),
            deadline_ms = millis(left.job),
            catalog = %self.catalog.digest,
            version = env!("CARGO_PKG_VERSION"),
            table,
            rules = asked.rules.join(","),
            retention_days = self.environment.retention_days(),
            evidence = self.environment.evidence_in_words(),
            metrics = metrics.as_deref().unwrap_or("none"),
            org = reach.org,
            accounts = reach.accounts.len(),
            regions = reach.regions.len(),
            role = reach.role.as_deref().unwrap_or("none"),
            has_external_id = reach.external_id.is_some(),
            most_calls = most_calls.map_or_else(|| "any".to_owned(), |most| most.to_string()),
            "Invocation started."
        );
    }

    /// The catalog with these rules alone; with all of them if none is named.
    pub(crate) fn only(&self, rules: &[String]) -> Result<Catalog, Failure> {
        let mut catalog = load()?;
        if !rules.is_empty() {
            let idle = |pattern| format!("there is no posture rule `{pattern}`; `provost rules` lists them");
            catalog.select(rules).map_err(|pattern| Failure::order(idle(pattern)))?;
        }
        Ok(catalog)
    }

    async fn run(&self, asked: &Asked, left: TimeLeft) -> Result<Value, Failure> {
        let began = Instant::now();
        let environment = &self.environment;
        let table = match asked.wish {
            Wish::CollectIamUsers => environment.table(),
            Wish::Scan | Wish::Report | Wish::ConfigRule => environment.history(),
        };
        let table = table.map_err(|error| Failure::configuration(&error))?;
        let rules = if asked.rules.is_empty() { &environment.rules } else { &asked.rules };
        self.say_what_starts(&Asked { wish: asked.wish, rules: rules.clone() }, table, left);
        let id = OneId::new();
        let publishes = asked.wish == Wish::Scan && environment.publishing.is_configured();
        let mut sinks = if publishes { environment.publishing.sinks() } else { Vec::new() };
        sinks.push(Sink::Table(table.to_owned()));
        let places = Places::connect(environment, sinks).await;
        let (job, store) = match asked.wish {
            Wish::CollectIamUsers => (Job::CollectIamUsers, places.inventory(table)),
            Wish::Scan | Wish::Report | Wish::ConfigRule => {
                let rules = Box::new(self.only(rules)?);
                let waivers = places.waivers(&environment.waivers).await?;
                (Job::Scan { rules, waivers }, places.beside_history(table))
            }
        };
        let runner = Runner {
            clock: &TokioClock,
            ids: &id,
            locks: &store,
            runs: &store,
            metrics: places.metrics.as_ref(),
            retention: None,
        };
        let order = Order {
            job: asked.wish.job(),
            scope: scope(&job, rules),
            // A run that was killed is not completed: what it saw is no longer what there is.
            input: Digest::of_parts([environment.input().to_string().as_bytes(), id.0.as_bytes()]),
            catalog: self.catalog.digest,
            deadline: if publishes { share_of_scan(left.job) } else { left.job },
        };
        let run = runner
            .run(order.clone(), async |execution| self.work(execution, &job, &places, &store, table).await);
        match in_time(left.job, run).await {
            Some(Ok(finished)) => {
                say_what_was_done(&finished.run, began.elapsed());
                let mut answer = answer::finished(asked.wish, &finished.run, began.elapsed());
                if let Job::Scan { waivers, .. } = &job
                    && publishes
                {
                    let left = TimeLeft { job: left.job.saturating_sub(began.elapsed()), ..left };
                    let published =
                        self.publish_after(&places, &store, table, waivers, (finished.run, left)).await;
                    answer::add(&mut answer, json!({ "published": published }));
                }
                Ok(answer)
            }
            Some(Err(JobError::Locked { holder, until, .. })) => {
                info!(owner = holder.as_str(), expires = until.as_str(), "Another execution holds the lock.");
                Ok(answer::locked(asked.wish, &holder, &until))
            }
            Some(Err(error)) => Err(Failure::job(&error)),
            None => {
                cut_short(&store, places.metrics.as_ref(), &order, &id, left).await;
                Ok(answer::cut_short(asked.wish, &id.0, began.elapsed()))
            }
        }
    }

    async fn work(
        &self,
        execution: &Execution<'_>,
        job: &Job,
        places: &Places,
        store: &DynamoStore,
        table: &str,
    ) -> Result<(Work, ()), JobError> {
        let retention = self.environment.retention;
        let archive = places.archive.as_ref();
        // In CloudTrail, the sessions in other accounts bear the name of the run.
        let estate = |reach| LiveEstate::new(places.reader.clone(), reach).for_execution(execution);
        let work = match job {
            Job::CollectIamUsers => {
                let ports = collect::Ports {
                    estate: &estate(self.environment.reach_of_users()),
                    archive,
                    resources: None,
                    users: store,
                    progress: &NoProgress,
                };
                let wanted = Wanted { catalog: &self.catalog, types: Types::IamUsers, retention };
                collect::collect(execution, &ports, &wanted).await?.0
            }
            Job::Scan { rules, waivers } => {
                let ports = scan::Ports {
                    estate: &estate(self.environment.reach.clone()),
                    archive,
                    evaluations: &places.history(table),
                    progress: &NoProgress,
                };
                scan::scan(execution, &ports, rules, waivers, retention).await?.0
            }
        };
        Ok((work, ()))
    }
}

fn load() -> Result<Catalog, Failure> {
    let catalog = provost_catalog::load(&[], &[]).context("the catalog");
    catalog.map_err(|error| Failure::configuration(&error))
}

/// What a run looks at. Scans of other rules may be under way at the same time.
fn scope(job: &Job, rules: &[String]) -> String {
    match job {
        Job::CollectIamUsers => SCOPE.to_owned(),
        Job::Scan { .. } if rules.is_empty() => SCOPE.to_owned(),
        Job::Scan { .. } => {
            let mut rules = rules.to_vec();
            rules.sort_unstable();
            rules.dedup();
            rules.join(",")
        }
    }
}

/// Gives back the lock of a run that did not end in time, and says in numbers that it did not. The run itself stays
/// open: the next invocation records it as abandoned and makes one of its own.
pub(crate) async fn cut_short(
    locks: &dyn Locks,
    metrics: &dyn Metrics,
    order: &Order,
    id: &OneId,
    left: TimeLeft,
) {
    warn!(
        owner = id.0.as_str(),
        duration_ms = millis(left.job),
        "Time ran out in the middle of a read; the next invocation begins anew."
    );
    let lock = format!("{}/{}", order.job.lock(), order.scope);
    let last = async {
        if let Err(error) = locks.release(&lock, &id.0).await {
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
        let numbers =
            [number("success", 0.0, Unit::Count), number("duration", left.job.as_secs_f64(), Unit::Seconds)];
        if let Err(error) = metrics.publish(&run, &numbers).await {
            warn!(error = %error, "Metrics could not be published.");
        }
    };
    // The answer itself needs a moment too.
    if in_time(left.reserve.mul_f32(0.8), last).await.is_none() {
        warn!("Time ran out before the run was wound up; its lock goes stale by itself.");
    }
}

/// What a future gives within this time. After it, the future is dropped where it waits.
pub(crate) async fn in_time<T>(time: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(time, work).await.ok()
}

fn say_what_was_done(run: &Run, took: Duration) {
    let statistics = &run.statistics;
    let get = |name: &str| statistics.get(name);
    // Each kind of job has its own numbers; those of the others are not there, and not zero.
    let count = |name: &str| statistics.counts.get(name).copied();
    info!(
        job = run.job.as_str(),
        execution_id = run.execution_id.as_str(),
        status = run.status.as_str(),
        duration_ms = millis(took),
        users_scanned = count("users"),
        records_written = count("written"),
        resources = count("resources"),
        evaluations = count("evaluations"),
        compliant = count("compliant"),
        non_compliant = count("non_compliant"),
        unknown = count("unknown"),
        not_applicable = count("not_applicable"),
        waived = count("waived"),
        errors = get("errors"),
        skipped = statistics.skipped_total(),
        left_out = statistics.left_out.len(),
        remaining = statistics.remaining.as_deref().unwrap_or("nothing"),
        "Invocation finished."
    );
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
