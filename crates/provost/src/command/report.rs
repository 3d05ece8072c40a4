//! `provost report`: what the ledger holds, for people and programs.

mod access;
mod findings;
mod since;

use std::io::Write;

use anyhow::bail;
use jiff::Timestamp;
use pollster::block_on;
use provost_core::filter::Filter;
use provost_core::job::report::{PostureSummary, each_evaluation, each_violation, posture_summary_where};
use provost_core::model::{Evaluation, JobName, LeftOut, Run, Severity, Verdict};
use provost_core::port::{Clock as _, Runs};
use provost_core::render::{
    CsvWriter, HtmlReport, PostureJson, RuleNote, Table, counts_line, evaluation_columns, evaluation_row,
    left_out_lines, violation_columns, violation_row,
};
use provost_core::waiver::WaiversDue;
use provost_local::SystemClock;
use serde_json::json;
use tracing::warn;

use self::access::Review;
use super::detect::violations_table;
use crate::app::App;
use crate::cli::{Format, Global, ReportArgs, ReportKind};
use crate::exit::Exit;
use crate::output::{Stdout, style, write_file};

pub(crate) fn report(global: &Global, args: &ReportArgs) -> anyhow::Result<Exit> {
    let format = global.format.unwrap_or(Format::Table);
    #[cfg(feature = "aws")]
    if let Some(table) = &args.table {
        return of_table(global, args, table, format);
    }
    if args.kind != ReportKind::Posture && args.posture.is_given() {
        bail!("--since, --rule, --account, --severity, --region and --status are for `report posture`");
    }
    let app = App::open_existing(global)?;
    let write = |output: &mut dyn Write| match args.kind {
        ReportKind::Posture => match &args.posture.since {
            Some(when) => since::since(&app, format, &args.posture, (when, args.all), output),
            None => posture(&app, format, args, output),
        },
        ReportKind::Violations => violations(&app, format, output),
        ReportKind::Access if format == Format::Html => {
            html(&app, Parts { posture: false, violations: false, access: true }, output)
        }
        ReportKind::Access => Review::of(&app.store, Some(&app.store))?.write(format, output),
    };
    write_to(args, &write)
}

/// Writes where it was asked to.
fn write_to(args: &ReportArgs, write: &dyn Fn(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<Exit> {
    match &args.output {
        Some(path) => write_file(path, |output| write(output))?,
        None => {
            let mut output = Stdout::new();
            write(&mut output)?;
            output.flush()?;
        }
    }
    Ok(Exit::done())
}

/// The access review of a table on AWS.
#[cfg(feature = "aws")]
fn of_table(global: &Global, args: &ReportArgs, table: &str, format: Format) -> anyhow::Result<Exit> {
    if args.kind != ReportKind::Access {
        bail!("--table is for `report access`: the table holds IAM users");
    }
    let config = crate::config::Config::load(global)?;
    let users = crate::live::Table::open(&config.aws, args.profile.as_deref(), table)?;
    users.with(|store| {
        let latest = block_on(Runs::latest(store, JobName::CollectIamUsers))?;
        let review = Review::of_table(store, latest.as_ref())?;
        let (covered, left_out) =
            latest.map(|run| (run.statistics.covered, run.statistics.left_out)).unwrap_or_default();
        write_to(args, &|output| match format {
            Format::Html => {
                let catalog = crate::app::load_catalog(&config)?.digest;
                let now = SystemClock.now();
                let mut page = HtmlReport::new(output, "Provost report", now, &catalog, &covered, &left_out)?;
                review.items(&mut page)?;
                Ok(page.finish()?)
            }
            _ => review.write(format, output),
        })
    })
}

/// The parts a page can have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    pub(crate) posture: bool,
    pub(crate) violations: bool,
    pub(crate) access: bool,
}

/// The latest assessment in counts, of the verdicts a filter takes, with the waivers as they stand today.
pub(crate) fn summary(app: &App, filter: Filter) -> anyhow::Result<Option<PostureSummary>> {
    let due = WaiversDue::new(&app.waivers, SystemClock.now());
    Ok(block_on(posture_summary_where(&app.store, &app.store, filter, due))?)
}

/// A line for each waiver that has ended or soon will, after an assessment.
pub(crate) fn waiver_lines(app: &App) -> anyhow::Result<Vec<String>> {
    let due = WaiversDue::new(&app.waivers, SystemClock.now());
    if due.lines().is_empty() {
        return Ok(Vec::new());
    }
    Ok(summary(app, Filter::default())?.map(|summary| summary.due.lines()).unwrap_or_default())
}

/// Says in the log what a list has no place for: notes, and that a filter is on.
fn say_beside(notes: &[String], filter: Option<String>) {
    if let Some(words) = filter {
        warn!(reason = words, "A filter is on: not all verdicts are shown.");
    }
    for note in notes {
        warn!(reason = note, "What is to be known of this report.");
    }
}

/// The latest collection of everything; where there is none, that of IAM users.
fn collected(app: &App) -> anyhow::Result<Option<Run>> {
    let all = block_on(app.store.latest(JobName::Collect))?;
    Ok(if all.is_some() { all } else { block_on(app.store.latest(JobName::CollectIamUsers))? })
}

/// What the latest collection looked at, and everything known that no report here can speak of: what was
/// left out, what a run that stopped early did not reach, what of the events could not be read.
fn scope(app: &App) -> anyhow::Result<(Vec<String>, Vec<LeftOut>)> {
    let collected = collected(app)?;
    let (covered, mut left_out) = collected
        .as_ref()
        .map(|run| (run.statistics.covered.clone(), run.statistics.left_out.clone()))
        .unwrap_or_default();
    let assessed = block_on(app.store.latest(JobName::Assess))?;
    if let Some(assessed) = &assessed {
        let known = left_out.clone();
        left_out.extend(assessed.statistics.left_out.iter().filter(|it| !known.contains(it)).cloned());
    }
    let detected = block_on(app.store.latest(JobName::Detect))?;
    for run in [&collected, &assessed, &detected].into_iter().flatten() {
        if let Some(remaining) = &run.statistics.remaining {
            let why = format!("{} stopped at its deadline", run.job);
            left_out.push(LeftOut { what: remaining.clone(), why });
        }
    }
    let unreadable = detected.map_or(0, |run| run.statistics.get("unreadable"));
    if unreadable > 0 {
        let what = format!("{unreadable} parts of the events read last");
        left_out.push(LeftOut { what, why: "could not be read; the log of detect names each".to_owned() });
    }
    Ok((covered, left_out))
}

/// What is said where there is nothing to report on.
const NOTHING_ASSESSED: &str = "nothing was assessed yet: provost collect --estate DIR, then provost assess";

fn posture(app: &App, format: Format, args: &ReportArgs, output: &mut dyn Write) -> anyhow::Result<()> {
    let filter = args.posture.filter();
    let known = |id: &String| {
        app.catalog
            .posture
            .iter()
            .map(|rule| &rule.stamp.id)
            .chain(&app.catalog.unselected)
            .any(|it| it == id)
    };
    if let Some(unknown) = filter.rules.iter().find(|id| !known(id)) {
        bail!("there is no posture rule `{unknown}`; `provost rules` lists them");
    }
    if format == Format::Html {
        return page(app, Parts { posture: true, violations: false, access: false }, filter, output);
    }
    let Some(summary) = summary(app, filter.clone())? else { bail!(NOTHING_ASSESSED) };
    match format {
        Format::Json => findings_json(app, &summary, output)?,
        Format::Ndjson => {
            say_beside(&summary.due.lines(), filter.words());
            each_taken(app, &summary, &mut |evaluation| {
                serde_json::to_writer(&mut *output, evaluation)?;
                writeln!(output)
            })?;
        }
        Format::Csv => {
            say_beside(&summary.due.lines(), filter.words());
            let mut csv = CsvWriter::new(output, &evaluation_columns())?;
            each_taken(app, &summary, &mut |evaluation| csv.row(&evaluation_row(evaluation)))?;
            csv.finish()?;
        }
        Format::Table => posture_table(app, &summary, args.all, output)?,
        Format::Sarif | Format::Junit | Format::Asff | Format::Ocsf => {
            say_beside(&summary.due.lines(), filter.words());
            findings::write(app, &summary, format, output)?;
        }
        Format::Html => {}
    }
    Ok(())
}

/// Every verdict of an assessment that the filter of its summary takes.
fn each_taken(
    app: &App,
    summary: &PostureSummary,
    sink: &mut dyn FnMut(&Evaluation) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    block_on(each_evaluation(&app.store, &summary.run.execution_id, &mut |evaluation| {
        if summary.filter.takes(evaluation) { sink(evaluation) } else { Ok(()) }
    }))?;
    Ok(())
}

/// Whether no run behind an assessment stopped before its end.
fn is_complete(app: &App, summary: &PostureSummary) -> anyhow::Result<bool> {
    let runs = [collected(app)?, Some(summary.run.clone())];
    Ok(runs.into_iter().flatten().all(|run| run.statistics.remaining.is_none()))
}

/// The posture report in the structure of the specification.
pub(crate) fn findings_json(
    app: &App,
    summary: &PostureSummary,
    output: &mut dyn Write,
) -> anyhow::Result<()> {
    let (covered, left_out) = scope(app)?;
    let is_complete = is_complete(app, summary)?;
    let now = SystemClock.now();
    let mut json = PostureJson::new(output, summary, (&covered, &left_out), is_complete, now)?;
    each_taken(app, summary, &mut |evaluation| json.evaluation(evaluation))?;
    Ok(json.finish()?)
}

fn posture_table(
    app: &App,
    summary: &PostureSummary,
    all: bool,
    output: &mut dyn Write,
) -> anyhow::Result<()> {
    for line in summary.due.lines() {
        writeln!(output, "! {line}")?;
    }
    let filter = summary
        .filter
        .words()
        .map(|words| format!("Filter on: {words}. {} verdicts are left out.", summary.filtered_out));
    if let Some(line) = &filter {
        writeln!(output, "{line}")?;
    }
    let mut rows = Vec::new();
    each_taken(app, summary, &mut |evaluation| {
        let rank = match evaluation.verdict() {
            Verdict::Fail => 0,
            Verdict::Unknown(_) => 1,
            Verdict::Pass => 2,
            Verdict::NotApplicable => 3,
        };
        if all || rank < 2 {
            rows.push((rank, std::cmp::Reverse(evaluation.severity), evaluation.clone()));
        }
        Ok(())
    })?;
    rows.sort_by(|left, right| (left.0, left.1, &left.2.rule.id).cmp(&(right.0, right.1, &right.2.rule.id)));
    let mut table = Table::new(&["VERDICT", "SEVERITY", "RULE", "RESOURCE", "WHY"]);
    for (_, _, evaluation) in rows {
        let why = evaluation.reason.clone().unwrap_or_default();
        let why = match &evaluation.waiver {
            Some(note) if note.expired => {
                format!("[waiver of {} EXPIRED {}] {why}", note.owner, note.expires)
            }
            Some(note) => format!("[waived by {} until {}] {why}", note.owner, note.expires),
            None => why,
        };
        table.row([
            evaluation.verdict,
            evaluation.severity.to_string(),
            evaluation.rule.id,
            evaluation.resource_id,
            why,
        ]);
    }
    if !table.is_empty() {
        table.write(output, style())?;
        writeln!(output)?;
    }
    let filtered = if filter.is_some() { "of what the filter takes, " } else { "" };
    writeln!(output, "{filtered}{}", counts_line(&summary.counts))?;
    let expired = summary.due.expired().count();
    if expired > 0 {
        writeln!(
            output,
            "Waivers EXPIRED: {expired}, named at the top. Renew them, or fix what they were for."
        )?;
    }
    for line in left_out_lines(&scope(app)?.1) {
        writeln!(output, "{line}")?;
    }
    Ok(())
}

fn violations(app: &App, format: Format, output: &mut dyn Write) -> anyhow::Result<()> {
    match format {
        Format::Sarif | Format::Junit | Format::Asff | Format::Ocsf => {
            bail!("violations are printed as table, json, ndjson, csv or html")
        }
        Format::Html => html(app, Parts { posture: false, violations: true, access: false }, output)?,
        Format::Json => {
            write!(output, "{{\"schema\":1,\"violations\":[")?;
            let mut separator = "\n";
            block_on(each_violation(&app.store, &mut |violation| {
                write!(output, "{separator}")?;
                separator = ",\n";
                Ok(serde_json::to_writer(&mut *output, violation)?)
            }))?;
            writeln!(output, "\n]}}")?;
        }
        Format::Ndjson => violations_ndjson(app, output)?,
        Format::Csv => {
            let mut csv = CsvWriter::new(output, &violation_columns())?;
            block_on(each_violation(&app.store, &mut |violation| csv.row(&violation_row(violation))))?;
            csv.finish()?;
        }
        Format::Table => {
            let mut found = Vec::new();
            block_on(each_violation(&app.store, &mut |violation| {
                found.push(violation.clone());
                Ok(())
            }))?;
            if found.is_empty() {
                writeln!(output, "No violations are recorded. To look for some: provost detect PATH...")?;
            } else {
                violations_table(&found).write(output, style())?;
                let attempted =
                    found.iter().filter(|violation| violation.outcome.as_str() == "attempted").count();
                writeln!(
                    output,
                    "\n{} violations, of them {attempted} attempted (the call failed).",
                    found.len()
                )?;
            }
        }
    }
    Ok(())
}

/// One violation a line.
pub(crate) fn violations_ndjson(app: &App, output: &mut dyn Write) -> anyhow::Result<()> {
    block_on(each_violation(&app.store, &mut |violation| {
        serde_json::to_writer(&mut *output, violation)?;
        writeln!(output)
    }))?;
    Ok(())
}

/// IAM users for a spreadsheet.
pub(crate) fn users_csv(app: &App, output: &mut dyn Write) -> anyhow::Result<()> {
    Review::of(&app.store, Some(&app.store))?.write(Format::Csv, output)
}

/// The page with these parts.
pub(crate) fn html(app: &App, parts: Parts, output: &mut dyn Write) -> anyhow::Result<()> {
    page(app, parts, Filter::default(), output)
}

/// The page with these parts, of the verdicts a filter takes.
fn page(app: &App, parts: Parts, filter: Filter, output: &mut dyn Write) -> anyhow::Result<()> {
    let (covered, mut left_out) = scope(app)?;
    let review = Review::of(&app.store, Some(&app.store))?;
    left_out.extend(review.not_listed());
    let now: Timestamp = SystemClock.now();
    let title = match filter.words() {
        Some(words) => format!("Provost report (filter on: {words})"),
        None => "Provost report".to_owned(),
    };
    let summary = if parts.posture { summary(app, filter)? } else { None };
    let catalog = summary.as_ref().map_or(app.catalog.digest, |summary| summary.run.catalog);
    let mut page = HtmlReport::new(output, &title, now, &catalog, &covered, &left_out)?;
    if let Some(summary) = summary {
        let due = summary.due.lines();
        if !due.is_empty() {
            page.member("waivers_due", &json!(due))?;
        }
        let rules: Vec<RuleNote<'_>> = app.catalog.posture.iter().map(RuleNote::from).collect();
        page.posture(&summary, &rules)?;
        let mut is_first = true;
        each_taken(app, &summary, &mut |evaluation| {
            page.item(&HtmlReport::<Vec<u8>>::evaluation(evaluation), std::mem::take(&mut is_first))
        })?;
        page.end_posture()?;
    }
    // A part nobody looked for is left out, which the page says; an empty one would say there is nothing.
    if parts.violations && block_on(app.store.latest(JobName::Detect))?.is_some() {
        page.list("violations")?;
        let mut is_first = true;
        block_on(each_violation(&app.store, &mut |violation| {
            page.item(&HtmlReport::<Vec<u8>>::violation(violation), std::mem::take(&mut is_first))
        }))?;
        page.end_list()?;
    }
    if parts.access && collected(app)?.is_some() {
        review.items(&mut page)?;
    }
    Ok(page.finish()?)
}

/// One of the worst things found, for a person.
#[derive(Debug, Clone)]
pub(crate) struct Headline {
    pub(crate) severity: Severity,
    pub(crate) title: String,
    pub(crate) why: String,
}

/// The worst things the ledger holds, one per rule: what happened before what is misconfigured.
pub(crate) fn headlines(app: &App, how_many: usize) -> anyhow::Result<Vec<Headline>> {
    let mut found: Vec<(Severity, bool, String, Headline, u64)> = Vec::new();
    let mut offer = |is_event: bool, rule: &str, headline: Headline| match found
        .iter_mut()
        .find(|(_, event, id, _, _)| *event == is_event && id == rule)
    {
        Some((.., count)) => *count += 1,
        None => found.push((headline.severity, is_event, rule.to_owned(), headline, 1)),
    };
    block_on(each_violation(&app.store, &mut |violation| {
        if violation.outcome.as_str() == "done" && !violation.is_suppressed() {
            let who = violation.principal.as_deref().unwrap_or("somebody");
            let when = violation.event_time.as_deref().unwrap_or("an unknown time");
            let why = format!("{who} at {when}");
            offer(
                true,
                &violation.rule.id,
                Headline { severity: violation.severity, title: violation.title.clone(), why },
            );
        }
        Ok(())
    }))?;
    if let Some(summary) = summary(app, Filter::default())? {
        let title = |rule: &str| {
            let known = app.catalog.posture.iter().find(|known| known.stamp.id == rule);
            known.map_or_else(|| rule.to_owned(), |known| known.message.clone())
        };
        block_on(each_evaluation(&app.store, &summary.run.execution_id, &mut |evaluation| {
            if evaluation.verdict() == Verdict::Fail && !evaluation.is_waived() {
                let why = evaluation.resource_id.clone();
                let headline =
                    Headline { severity: evaluation.severity, title: title(&evaluation.rule.id), why };
                offer(false, &evaluation.rule.id, headline);
            }
            Ok(())
        }))?;
    }
    found.sort_by_key(|(severity, is_event, ..)| std::cmp::Reverse((*severity, *is_event)));
    let headline = |(.., mut headline, count): (Severity, bool, String, Headline, u64)| {
        if count > 1 {
            headline.why = format!("{}, and {} more", headline.why, count - 1);
        }
        headline
    };
    Ok(found.into_iter().take(how_many).map(headline).collect())
}
