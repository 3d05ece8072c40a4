//! What follows a scan, or is asked for by itself: people are told what is new, and the report is handed on.

use std::time::{Duration, Instant};

use provost_aws::dynamo::DynamoStore;
use provost_aws::guard::Sink;
use provost_aws::s3_reports::S3Reports;
use provost_aws::sns::SnsNotifier;
use provost_core::job::findings::Which;
use provost_core::job::publish::{Ports, Wanted, publish, publish_run};
use provost_core::job::{JobError, Order, Runner};
use provost_core::model::{Digest, JobName, Run, Severity};
use provost_core::port::{NoProgress, Notifier, Reports};
use provost_core::waiver::WaiverFile;
use serde_json::{Value, json};
use tracing::{info, warn};

use crate::answer;
use crate::clock::{OneId, TokioClock};
use crate::environment::Publishing;
use crate::failure::Failure;
use crate::invocation::{Function, cut_short, in_time, millis};
use crate::order::Wish;
use crate::places::Places;
use crate::time_left::TimeLeft;

/// What it looks at: the latest assessment, whatever was assessed.
const SCOPE: &str = "all";

impl Publishing {
    /// The places it writes to.
    pub(crate) fn sinks(&self) -> Vec<Sink> {
        let topic = self.topic.iter().cloned().map(Sink::Topic);
        let reports = self.reports.iter().map(|place| Sink::Objects {
            bucket: place.bucket.clone(),
            prefix: format!("{}compliance-reports/", place.prefix),
        });
        topic.chain(reports).collect()
    }
}

impl Function {
    /// Publishes by itself: the job `report`.
    pub(crate) async fn report(&self, left: TimeLeft) -> Result<Value, Failure> {
        let began = Instant::now();
        let environment = &self.environment;
        let table = environment.history().map_err(|error| Failure::configuration(&error))?;
        if !environment.publishing.is_configured() {
            let why =
                "neither `REPORTS_BUCKET` nor `ALERTS_TOPIC_ARN` is set, so there is nowhere to report to";
            return Err(Failure::configuration(&anyhow::anyhow!(why)));
        }
        info!(
            job = JobName::Publish.as_str(),
            deadline_ms = millis(left.job),
            catalog = %self.catalog.digest,
            version = env!("CARGO_PKG_VERSION"),
            table,
            "Invocation started."
        );
        let mut sinks = environment.publishing.sinks();
        sinks.push(Sink::Table(table.to_owned()));
        let places = Places::connect(environment, sinks).await;
        let waivers = places.waivers(&environment.waivers).await?;
        let store = places.beside_history(table);
        let published = self.publish(&places, &store, table, &waivers, (None, left)).await?;
        let mut answer = json!({
            "job": Wish::Report.words(),
            "Duration": began.elapsed().as_secs_f64(),
            "Success": u8::from(published.get("status").is_some_and(|status| status == "done")),
        });
        answer::add(&mut answer, published);
        Ok(answer)
    }

    /// Publishes a scan that was just made. A failure is a part of the answer, where the scan before it stands by itself.
    pub(crate) async fn publish_after(
        &self,
        places: &Places,
        store: &DynamoStore,
        table: &str,
        waivers: &WaiverFile,
        (scan, left): (Run, TimeLeft),
    ) -> Value {
        match self.publish(places, store, table, waivers, (Some(scan), left)).await {
            Ok(published) => published,
            Err(failure) => {
                warn!(error = failure.message(), "The scan is kept, and could not be published.");
                answer::not_published(failure.message())
            }
        }
    }

    async fn publish(
        &self,
        places: &Places,
        store: &DynamoStore,
        table: &str,
        waivers: &WaiverFile,
        (scan, left): (Option<Run>, TimeLeft),
    ) -> Result<Value, Failure> {
        let began = Instant::now();
        let environment = &self.environment;
        let Publishing { topic, reports, from, details_url } = &environment.publishing;
        let notifier = topic.as_deref().map(|topic| SnsNotifier::new(places.writer.clone(), topic));
        let reports = reports.clone().map(|place| S3Reports::new(places.writer.clone(), place));
        let history = places.history(table);
        let id = OneId::new();
        let runner = Runner {
            clock: &TokioClock,
            ids: &id,
            locks: store,
            runs: store,
            metrics: places.metrics.as_ref(),
            retention: None,
        };
        let order = Order {
            job: JobName::Publish,
            scope: SCOPE.to_owned(),
            // What was sent is remembered in the outbox, so a run that was killed needs no other one to complete it.
            input: Digest::of(id.0.as_bytes()),
            catalog: self.catalog.digest,
            deadline: left.job,
        };
        let run = runner.run(order.clone(), async |execution| {
            let ports = Ports {
                runs: store,
                evaluations: &history,
                outbox: store,
                notifier: notifier.as_ref().map(|it| it as &dyn Notifier),
                reports: reports.as_ref().map(|it| it as &dyn Reports),
                // NOTE: findings go to Security Hub from the program alone.
                hub: None,
                progress: &NoProgress,
            };
            let wanted = Wanted {
                catalog: &self.catalog,
                waivers,
                from: from.unwrap_or(Severity::Informational),
                details_url: details_url.as_deref(),
                environment: environment.suffix.as_deref(),
                which: Which::Open,
                retention: environment.retention,
            };
            match scan {
                Some(scan) => publish_run(execution, &ports, &wanted, scan).await,
                None => publish(execution, &ports, &wanted).await,
            }
        });
        match in_time(left.job, run).await {
            Some(Ok(finished)) => {
                info!(
                    job = JobName::Publish.as_str(),
                    execution_id = finished.run.execution_id.as_str(),
                    status = finished.run.status.as_str(),
                    duration_ms = millis(began.elapsed()),
                    sent = finished.output.sent.len(),
                    waiting = finished.output.waiting.len(),
                    remaining = finished.output.problems.join("; "),
                    "Published."
                );
                Ok(answer::published(&finished.run, &finished.output))
            }
            Some(Err(JobError::Locked { holder, until, .. })) => {
                Ok(answer::locked(Wish::Report, &holder, &until))
            }
            Some(Err(error)) => Err(Failure::job(&error)),
            None => {
                cut_short(store, places.metrics.as_ref(), &order, &id, left).await;
                Ok(answer::cut_short(Wish::Report, &id.0, began.elapsed()))
            }
        }
    }
}

/// The part of an invocation's time that a scan leaves to publishing.
pub(crate) fn share_of_scan(time: Duration) -> Duration {
    time.mul_f32(0.85)
}
