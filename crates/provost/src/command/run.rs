//! `provost run`: the whole cycle, as configured.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use provost_core::filter::Filter;
use provost_core::job::detect::NOT_LOADED;
use provost_core::model::{Counts, Run, Severity};
use provost_local::RecordedEstate;
use serde_json::{Value, json};

use super::collect::{self, Source, source_of};
use super::report::{self, Parts};
use super::{assess, detect, publish, schedule};
use crate::app::App;
use crate::cli::{Format, Global, RunArgs};
use crate::exit::Exit;
use crate::output::{Stdout, write_file};
use crate::stop::Stop;

pub(crate) fn run(global: &Global, args: &RunArgs) -> anyhow::Result<Exit> {
    if let Some(every) = args.every {
        return schedule::repeat(global, args, every);
    }
    if args.times.is_some() {
        bail!("--times needs --every: how often?");
    }
    let cycle = once(global, args, &Stop::default())?;
    let mut output = Stdout::new();
    if matches!(global.format, Some(Format::Json | Format::Ndjson)) {
        writeln!(output, "{}", cycle.json())?;
    } else {
        summarize(&mut output, &cycle)?;
    }
    Ok(cycle.exit)
}

/// One cycle, of what the command line and the configuration name now.
pub(super) fn once(global: &Global, args: &RunArgs, stop: &Stop) -> anyhow::Result<Cycle> {
    let app = App::open(global)?.stopped_by(stop);
    let events = if args.events.is_empty() { app.config.events.clone() } else { args.events.clone() };
    let out = args.out.clone().unwrap_or_else(|| app.config.out.clone());
    let source = match source_of(&app, args.estate.as_ref(), &args.live) {
        // Events alone are a reason to run, without a look at any estate.
        Source::Live(live) if !events.is_empty() && !live.is_given() && !app.config.aws_is_given => None,
        source => Some(source),
    };
    cycle(&app, source, events, &out)
}

/// What a cycle did.
pub(crate) struct Cycle {
    pub(crate) exit: Exit,
    pub(crate) runs: Vec<Value>,
    pub(crate) counts: Option<Counts>,
    pub(crate) violations: Option<(u64, u64, u64)>,
    pub(crate) by_severity: Vec<(Severity, u64)>,
    pub(crate) files: Vec<PathBuf>,
    /// Why not everything was looked at, where it was not.
    pub(crate) in_part: Vec<String>,
    /// Whether somebody stopped it between two steps.
    pub(crate) stopped: bool,
    /// Waivers that have ended or soon will, a line each.
    pub(crate) waivers: Vec<String>,
    /// What was published, a line each.
    pub(crate) published: Vec<String>,
}

impl Cycle {
    /// Whether somebody asked to stop, which leaves this step and those behind it undone, and is said.
    fn is_stopped_before(&mut self, app: &App, step: &str) -> bool {
        self.stopped = app.stop.is_asked();
        if self.stopped {
            self.exit = self.exit.and(Exit::complete(false));
            self.in_part.push(format!("stopped by a signal before {step}"));
        }
        self.stopped
    }

    pub(super) fn json(&self) -> Value {
        json!({"runs": self.runs, "in_part": self.in_part, "waivers": self.waivers, "published": self.published, "counts": self.counts, "files": self.files,
            "compliance_percentage": self.counts.and_then(|counts| counts.compliance_percentage())})
    }
}

/// Collects and assesses the estate, detects in the events (else the estate's own), and reports on all of it.
pub(crate) fn cycle(
    app: &App,
    source: Option<Source<'_>>,
    events: Vec<PathBuf>,
    out: &Path,
) -> anyhow::Result<Cycle> {
    let mut cycle = Cycle {
        exit: Exit::done(),
        runs: Vec::new(),
        counts: None,
        violations: None,
        by_severity: Vec::new(),
        files: Vec::new(),
        in_part: Vec::new(),
        stopped: false,
        waivers: Vec::new(),
        published: Vec::new(),
    };
    let own_events = match &source {
        Some(Source::Recorded(path)) => RecordedEstate::open(path)?.cloudtrail(),
        #[cfg(feature = "aws")]
        Some(Source::Recording(..)) => None,
        Some(Source::Live(_)) | None => None,
    };
    let events = if events.is_empty() { own_events.into_iter().collect() } else { events };
    if let Some(source) = &source {
        let collected = collect::start(app, source, collect::all_of(&app.catalog)).context("collect")?;
        cycle.exit = cycle.exit.and(Exit::complete(collected.is_complete()));
        cycle.in_part.extend(why_in_part(&collected.run));
        cycle.runs.push(json!(collected.run));
        if cycle.is_stopped_before(app, "assess") {
            return Ok(cycle);
        }
        let assessed = assess::start(app).context("assess")?;
        cycle.exit = cycle.exit.and(assess::exit(app, &assessed));
        cycle.in_part.extend(why_in_part(&assessed.run));
        cycle.counts = Some(assessed.output.counts);
        cycle.waivers = report::waiver_lines(app)?;
        cycle.runs.push(json!(assessed.run));
    }
    if !events.is_empty() {
        if cycle.is_stopped_before(app, "detect") {
            return Ok(cycle);
        }
        let detected = detect::start(app, &events, None, &mut |_| Ok(())).context("detect")?;
        cycle.exit = cycle.exit.and(detect::exit(app, &detected));
        cycle.in_part.extend(why_in_part(&detected.run));
        let statistics = &detected.run.statistics;
        cycle.violations =
            Some((statistics.get("violations"), statistics.get("attempted"), statistics.get("suppressed")));
        cycle.by_severity =
            detected.output.by_severity.iter().rev().map(|(severity, count)| (*severity, *count)).collect();
        cycle.runs.push(json!(detected.run));
    }
    if !cycle.is_stopped_before(app, "report") {
        cycle.files = write_reports(app, out)?;
        if source.is_some() {
            publish::after(app, &mut cycle);
        }
    }
    Ok(cycle)
}

/// What a run did not look at, in words.
fn why_in_part(run: &Run) -> Vec<String> {
    let statistics = &run.statistics;
    let mut reasons: Vec<String> = statistics.remaining.iter().cloned().collect();
    for (count, what) in [
        (statistics.get("damaged"), "recorded answers are damaged; what they would have told is unknown"),
        (statistics.get("unreadable"), "parts of the events could not be read; the log names each"),
        (
            statistics.skipped.get(NOT_LOADED).copied().unwrap_or_default(),
            "rules could not be loaded; the log names each",
        ),
    ] {
        if count > 0 {
            reasons.push(format!("{count} {what}"));
        }
    }
    reasons.into_iter().map(|reason| format!("{}: {reason}", run.job)).collect()
}

/// Writes the four files.
fn write_reports(app: &App, out: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let page = out.join("report.html");
    let parts = Parts { posture: true, violations: true, access: true };
    write_file(&page, |output| report::html(app, parts, output))?;
    files.push(page);
    if let Some(summary) = report::summary(app, Filter::default())? {
        let findings = out.join("findings.json");
        write_file(&findings, |output| report::findings_json(app, &summary, output))?;
        files.push(findings);
    }
    let violations = out.join("violations.ndjson");
    write_file(&violations, |output| report::violations_ndjson(app, output))?;
    files.push(violations);
    let users = out.join("iam-users.csv");
    write_file(&users, |output| report::users_csv(app, output))?;
    files.push(users);
    Ok(files)
}

fn summarize(output: &mut Stdout, cycle: &Cycle) -> std::io::Result<()> {
    if let Some(counts) = &cycle.counts {
        writeln!(output, "Posture:    {}", provost_core::render::counts_line(counts))?;
    }
    if let Some((violations, attempted, suppressed)) = cycle.violations {
        writeln!(
            output,
            "Violations: {violations}, of them {attempted} attempted and {suppressed} suppressed"
        )?;
    }
    if cycle.violations.is_none() {
        writeln!(
            output,
            "Violations: not looked for. There were no CloudTrail files: give --events PATH, or `events:`"
        )?;
    }
    for line in &cycle.waivers {
        writeln!(output, "! {line}")?;
    }
    for file in &cycle.files {
        writeln!(output, "Wrote {}", file.display())?;
    }
    for line in &cycle.published {
        writeln!(output, "{line}")?;
    }
    for reason in &cycle.in_part {
        writeln!(output, "Done in part: {reason}")?;
    }
    Ok(())
}
