//! `provost publish`: people are told what is new, and the report is handed on.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use pollster::block_on;
use provost_core::job::Finished;
use provost_core::job::findings::{HandedOver, Which};
use provost_core::job::publish::{self, Ports, Published, Wanted, key_of};
use provost_core::model::{JobName, Severity};
use serde_json::{Value, json};

use super::run::Cycle;
use crate::app::App;
use crate::cli::{Format, Global, PublishArgs};
use crate::exit::Exit;
use crate::outlets::{Outlets, is_configured};
use crate::output::Stdout;

/// What a message may have in a dry run where nobody would be told.
const MOST_BYTES: usize = 100_000;

pub(crate) fn publish(global: &Global, args: &PublishArgs) -> anyhow::Result<Exit> {
    let app = App::open_existing(global)?;
    if !is_configured(&app.config) {
        bail!(
            "nothing says where to publish: set `alerts:`, `reports:` or `security_hub:` in provost.yaml \
             (docs/guides/alerts-and-reports.md shows how)"
        );
    }
    let is_json = matches!(global.format, Some(Format::Json | Format::Ndjson));
    if args.dry_run {
        return dry_run(&app, is_json);
    }
    let finished = start(&app)?;
    let mut output = Stdout::new();
    let published = &finished.output;
    if is_json {
        let Published { assessment, sent, waiting, report, findings, problems } = published;
        writeln!(
            output,
            "{}",
            json!({"run": finished.run, "assessment": assessment, "sent": sent, "waiting": waiting,
                "report": report, "findings": findings.as_ref().map(counts), "problems": problems})
        )?;
    } else {
        for line in lines(published) {
            writeln!(output, "{line}")?;
        }
        if published.sent.is_empty() && published.waiting.is_empty() && app.config.alerts.is_some() {
            writeln!(output, "Nothing is new: nobody was told anything.")?;
        }
        for problem in &published.problems {
            writeln!(output, "Done in part: {problem}")?;
        }
    }
    Ok(Exit::complete(finished.is_complete()))
}

/// Publishes after a cycle, where that is configured. Whatever goes wrong leaves the rest of the cycle as it is,
/// and makes it done in part.
pub(crate) fn after(app: &App, cycle: &mut Cycle) {
    if !is_configured(&app.config) {
        return;
    }
    match start(app) {
        Ok(finished) => {
            cycle.exit = cycle.exit.and(Exit::complete(finished.is_complete()));
            cycle.published = lines(&finished.output);
            let problems = finished.output.problems.iter();
            cycle.in_part.extend(problems.map(|problem| format!("publish: {problem}")));
            cycle.runs.push(json!(finished.run));
        }
        Err(error) => {
            cycle.exit = cycle.exit.and(Exit::complete(false));
            cycle.in_part.push(format!("publish: {error:#}; provost publish tries again"));
        }
    }
}

/// What was done, for people.
fn lines(published: &Published) -> Vec<String> {
    let report = published.report.iter().map(|link| format!("Report:     {link}"));
    let sent = published.sent.iter().map(|subject| format!("Told:       {subject}"));
    let waiting = published.waiting.iter().map(|subject| format!("Not sent:   {subject}"));
    let findings = published.findings.iter().map(|handed| format!("Findings:   {}", words(handed)));
    report.chain(sent).chain(waiting).chain(findings).collect()
}

/// What became of findings, for people.
fn words(handed: &HandedOver) -> String {
    let refused = handed.open.refused() + handed.ended.refused();
    let refused = if refused > 0 { format!(", {refused} not taken") } else { String::new() };
    format!("{} in Security Hub, {} archived{refused}", handed.open.taken, handed.ended.taken)
}

/// The same for programs.
fn counts(handed: &HandedOver) -> Value {
    json!({"taken": handed.open.taken, "archived": handed.ended.taken, "left_out": handed.left_out,
        "not_taken": handed.open.refused() + handed.ended.refused()})
}

/// Runs the job.
fn start(app: &App) -> anyhow::Result<Finished<Published>> {
    let outlets = Outlets::open(&app.config, false).context("open where alerts and reports go")?;
    let input = block_on(publish::input(&app.store))?;
    outlets.with(|outlets| {
        let (ports, wanted) = (ports(app, outlets), wanted(app));
        let finished = app.run(JobName::Publish, "all", input, async |execution| {
            publish::publish(execution, &ports, &wanted).await
        })?;
        Ok(finished)
    })
}

fn ports<'a>(app: &'a App, outlets: &'a Outlets) -> Ports<'a> {
    Ports {
        runs: &app.store,
        evaluations: &app.store,
        outbox: &app.store,
        notifier: outlets.notifier(),
        reports: outlets.reports(),
        hub: outlets.hub(),
        progress: &app.progress,
    }
}

fn wanted(app: &App) -> Wanted<'_> {
    let alerts = app.config.alerts.as_ref();
    Wanted {
        catalog: &app.catalog,
        waivers: &app.waivers,
        from: alerts.and_then(|alerts| alerts.from).unwrap_or(Severity::Informational),
        details_url: alerts.and_then(|alerts| alerts.details_url.as_deref()),
        environment: app.config.environment_suffix.as_deref(),
        which: match &app.config.security_hub {
            Some(hub) if hub.all => Which::All,
            Some(_) | None => Which::Open,
        },
        retention: app.config.retention,
    }
}

/// Prints what would be sent.
fn dry_run(app: &App, is_json: bool) -> anyhow::Result<Exit> {
    let outlets = Outlets::open(&app.config, true).context("open where alerts and reports go")?;
    let (run, messages) = outlets.with(|outlets| {
        let most_bytes = outlets.notifier().map_or(MOST_BYTES, |notifier| notifier.most_bytes());
        block_on(publish::preview(&ports(app, outlets), &wanted(app), most_bytes))
    })?;
    let findings =
        outlets.with(|outlets| block_on(publish::preview_findings(&ports(app, outlets), &wanted(app))))?;
    let to = outlets.notifier().map(|notifier| notifier.place());
    let report = outlets.reports().map(|reports| reports.link(&key_of(&run)));
    let mut output = Stdout::new();
    if is_json {
        let messages: Vec<_> = messages.iter().map(|outgoing| &outgoing.message).collect();
        writeln!(
            output,
            "{}",
            json!({"schema": 1, "assessment": run.execution_id, "to": to, "messages": messages, "report": report,
                "findings": findings.as_ref().map(counts)})
        )?;
        return Ok(Exit::done());
    }
    if let Some(to) = to {
        writeln!(output, "{} messages would go to {to}.", messages.len())?;
        for outgoing in &messages {
            writeln!(output, "\n=== {}\n\n{}", outgoing.message.subject, outgoing.message.text)?;
        }
    }
    if let Some(report) = report {
        writeln!(output, "The report would be {report}.")?;
    }
    if let Some(handed) = findings {
        let (open, ended) = (handed.open.taken, handed.ended.taken);
        writeln!(output, "{open} findings would go to Security Hub, and {ended} be archived there.")?;
    }
    writeln!(output, "Nothing was sent, and nothing was written.")?;
    Ok(Exit::done())
}
