//! Publish: tell people what an assessment found that they have not been told, and hand its report on.
//!
//! What has to be told is decided once, against the last assessment that people know about, and kept in an outbox;
//! only then it is sent. So what could not be sent is sent the next time, and what was sent is not sent again.

mod hub;
mod known;
mod message;
mod news;
mod report;

use std::time::Duration;

use tracing::{info, warn};

pub use hub::preview_findings;
pub use news::{Listed, News, RuleNews, Unseen};
pub use report::key_of;

use super::collect::expiry;
use super::findings::{HandedOver, Which};
use super::{Execution, JobError, Work};
use crate::catalog::Catalog;
use crate::model::{Digest, JobName, Run, RunStatus, Severity, Statistics};
use crate::port::{Evaluations, FindingHub, Notifier, Outbox, Outgoing, Progress, Reports, Runs, Told};
use crate::waiver::WaiverFile;

/// How many assessments that stopped early are remembered until a whole one comes.
const MOST_PARTIAL: usize = 8;

/// After so many failures in a row nothing more is tried: whoever denies three messages denies the next hundred.
const MOST_FAILURES: usize = 3;

/// What publishing needs.
pub struct Ports<'a> {
    /// The record of runs.
    pub runs: &'a dyn Runs,
    /// The history.
    pub evaluations: &'a dyn Evaluations,
    /// What is to be sent and what was.
    pub outbox: &'a dyn Outbox,
    /// Who tells people. `None`: nobody is told, and nothing counts as told.
    pub notifier: Option<&'a dyn Notifier>,
    /// Where the report goes. `None`: nowhere.
    pub reports: Option<&'a dyn Reports>,
    /// Where findings are looked at beside those of other tools. `None`: nowhere.
    pub hub: Option<&'a dyn FindingHub>,
    /// How far it is.
    pub progress: &'a dyn Progress,
}

/// What is published, and how.
pub struct Wanted<'a> {
    /// The rules, for their titles and what to do.
    pub catalog: &'a Catalog,
    /// Who accepted what.
    pub waivers: &'a WaiverFile,
    /// Rules below this severity tell nobody.
    pub from: Severity,
    /// Where people find details: an address the key of the report is added to. `None`: the report itself.
    pub details_url: Option<&'a str>,
    /// The environment, for whoever gets the messages of several: `dev`.
    pub environment: Option<&'a str>,
    /// Which findings go to the hub.
    pub which: Which,
    /// How long it is remembered that something was sent.
    pub retention: Duration,
}

/// What was published.
#[derive(Debug, Default)]
pub struct Published {
    /// The assessment it is about.
    pub assessment: String,
    /// The messages that were sent, in order: their subjects.
    pub sent: Vec<String>,
    /// The messages that still wait: their subjects.
    pub waiting: Vec<String>,
    /// Where the report is, if one was written.
    pub report: Option<String>,
    /// What became of findings, if there is a hub and it could be reached.
    pub findings: Option<HandedOver>,
    /// What did not work, a sentence each.
    pub problems: Vec<String>,
}

/// The digest of what decides what is published: of which assessment.
///
/// # Errors
/// When the store cannot be read, or nothing was assessed yet.
pub async fn input(runs: &dyn Runs) -> Result<Digest, JobError> {
    Ok(Digest::of(latest(runs).await?.execution_id.as_bytes()))
}

async fn latest(runs: &dyn Runs) -> Result<Run, JobError> {
    let nothing = "nothing was assessed yet, so there is nothing to publish; run provost assess first";
    runs.latest(JobName::Assess).await?.ok_or_else(|| JobError::Input(nothing.to_owned()))
}

/// Publishes the latest assessment: its report first, so that messages can point to it, then what is new in it,
/// and everything that could not be sent before. Whoever cannot be reached makes the run incomplete, no failure.
///
/// # Errors
/// When the store fails, or nothing was assessed yet.
pub async fn publish(
    execution: &Execution<'_>,
    ports: &Ports<'_>,
    wanted: &Wanted<'_>,
) -> Result<(Work, Published), JobError> {
    let run = latest(ports.runs).await?;
    publish_run(execution, ports, wanted, run).await
}

/// Publishes this assessment, for whoever has several scopes and just made one of them. What waits of the others is
/// sent as well.
///
/// # Errors
/// When the store fails.
pub async fn publish_run(
    execution: &Execution<'_>,
    ports: &Ports<'_>,
    wanted: &Wanted<'_>,
    run: Run,
) -> Result<(Work, Published), JobError> {
    let mut published = Published { assessment: run.execution_id.clone(), ..Published::default() };
    let mut statistics = Statistics::default();
    for name in ["messages", "sent", "waiting", "reports"] {
        statistics.count(name, 0);
    }
    ports.progress.begin("Publishing", None);
    if let Some(reports) = ports.reports {
        match report::write(execution, ports, wanted, reports, &run).await {
            Ok(link) => {
                statistics.count("reports", 1);
                published.report = Some(link);
            }
            Err(error) => {
                warn!(error = %error, "The report could not be published.");
                published.problems.push(format!("the report: {error}"));
            }
        }
    }
    if let Some(notifier) = ports.notifier {
        let details = details(wanted, ports, &run, published.report.is_some());
        let most_bytes = notifier.most_bytes();
        if let Some((told, news)) = news_of(ports, wanted, &run).await? {
            let messages = message::compose(&news, wanted, details.as_deref(), most_bytes);
            statistics.count("messages", messages.len() as u64);
            skipped(&news, wanted, &mut statistics);
            ports.outbox.add(&messages, expiry(execution.started_at, wanted.retention)).await?;
            ports.outbox.put_told(&run.scope, &told).await?;
        }
        send(execution, ports, notifier, &mut published).await?;
    }
    if let Some(hub) = ports.hub {
        hub::import(ports, hub, wanted, &run, &mut statistics, &mut published).await?;
    }
    ports.progress.end();
    statistics.count("sent", published.sent.len() as u64);
    statistics.count("waiting", published.waiting.len() as u64);
    if !published.problems.is_empty() {
        statistics.remaining = Some(published.problems.join("; "));
    }
    Ok((Work { complete: published.problems.is_empty(), statistics }, published))
}

/// What publishing would send now: what waits since earlier, then what is new. Nothing is kept and nothing sent.
///
/// # Errors
/// When the store fails, or nothing was assessed yet.
pub async fn preview(
    ports: &Ports<'_>,
    wanted: &Wanted<'_>,
    most_bytes: usize,
) -> Result<(Run, Vec<Outgoing>), JobError> {
    let run = latest(ports.runs).await?;
    let mut messages = ports.outbox.pending().await?;
    if let Some((_, news)) = news_of(ports, wanted, &run).await? {
        let details = details(wanted, ports, &run, ports.reports.is_some());
        let new = message::compose(&news, wanted, details.as_deref(), most_bytes);
        let ids: Vec<String> = new.iter().map(|outgoing| outgoing.message.id.clone()).collect();
        let known = ports.outbox.known(&ids).await?;
        messages.extend(new.into_iter().filter(|outgoing| !known.contains(&outgoing.message.id)));
    }
    Ok((run, messages))
}

/// Where a person finds more than a message says.
fn details(wanted: &Wanted<'_>, ports: &Ports<'_>, run: &Run, is_written: bool) -> Option<String> {
    let key = is_written.then(|| key_of(run));
    match (wanted.details_url, ports.reports, key) {
        (Some(url), _, Some(key)) => Some(format!("{}/{key}", url.trim_end_matches('/'))),
        (Some(url), _, None) => Some(url.to_owned()),
        (None, Some(reports), Some(key)) => Some(reports.link(&key)),
        (None, _, _) => None,
    }
}

/// What is new in an assessment, and what is told once that lies in the outbox. `None`: it was told already.
async fn news_of(
    ports: &Ports<'_>,
    wanted: &Wanted<'_>,
    run: &Run,
) -> Result<Option<(Told, News)>, JobError> {
    let told = ports.outbox.told(&run.scope).await?;
    let told = told.unwrap_or(Told { schema: Told::SCHEMA, complete: None, partial: Vec::new() });
    if told.complete.as_ref() == Some(&run.execution_id) || told.partial.contains(&run.execution_id) {
        return Ok(None);
    }
    let news = known::since(ports, &told, run, wanted.waivers).await?;
    let told = match run.status {
        // An assessment by some of the rules says nothing of the others: what people knew of them stays.
        RunStatus::Done if !Catalog::was_selected(run) => {
            Told { complete: Some(run.execution_id.clone()), partial: Vec::new(), ..told }
        }
        RunStatus::Done
        | RunStatus::Incomplete
        | RunStatus::Running
        | RunStatus::Failed
        | RunStatus::Abandoned => {
            let mut partial = told.partial;
            partial.push(run.execution_id.clone());
            let surplus = partial.len().saturating_sub(MOST_PARTIAL);
            partial.drain(..surplus);
            Told { partial, ..told }
        }
    };
    Ok(Some((told, news)))
}

/// Counts the rules that tell nobody.
fn skipped(news: &News, wanted: &Wanted<'_>, statistics: &mut Statistics) {
    for rule in news.rules.values().filter(|rule| rule.became > 0 && rule.severity < wanted.from) {
        info!(rule = rule.rule.id.as_str(), count = rule.became, "Below the severity people are told of.");
        statistics.skip("below the severity people are told of");
    }
}

/// Sends everything that waits, oldest first.
async fn send(
    execution: &Execution<'_>,
    ports: &Ports<'_>,
    notifier: &dyn Notifier,
    published: &mut Published,
) -> Result<(), JobError> {
    let mut failures = 0;
    let mut reason = None;
    for outgoing in ports.outbox.pending().await? {
        let subject = outgoing.message.subject.clone();
        if failures >= MOST_FAILURES || execution.is_out_of_time() {
            reason.get_or_insert_with(|| "time ran out".to_owned());
            published.waiting.push(subject);
            continue;
        }
        match notifier.notify(&outgoing.message).await {
            Ok(()) => {
                failures = 0;
                ports.outbox.sent(&outgoing).await?;
                published.sent.push(subject);
                ports.progress.advance(1);
            }
            Err(error) => {
                warn!(error = %error, "A message could not be sent; it waits for the next run.");
                failures += 1;
                reason.get_or_insert_with(|| error.to_string());
                published.waiting.push(subject);
            }
        }
    }
    if let Some(reason) = reason {
        let waiting = published.waiting.len();
        published.problems.push(format!("{waiting} messages wait for the next run: {reason}"));
    }
    Ok(())
}
