//! `provost detect`: events against detection rules.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use pollster::block_on;
use provost_core::detection::Detector;
use provost_core::job::detect::{Detection, Settings};
use provost_core::job::{self, Finished};
use provost_core::model::{Digest, JobName, Violation};
use provost_core::port::Resources as _;
use provost_core::render::{CsvWriter, Table, violation_columns, violation_row};
use provost_local::FileInputs;
use serde_json::json;

use crate::app::App;
use crate::cli::{DetectArgs, Format, Global};
use crate::exit::Exit;
use crate::output::{Stdout, style};

/// How many violations the table shows.
const SHOWN: usize = 40;

pub(crate) fn detect(global: &Global, args: &DetectArgs) -> anyhow::Result<Exit> {
    let app = App::open(global)?;
    let paths = if args.paths.is_empty() { &app.config.events } else { &args.paths };
    if paths.is_empty() {
        bail!(
            "no events to read: name files or folders, - for standard input, or set `events:` in provost.yaml"
        );
    }
    let mut output = Stdout::new();
    let finished = match global.format {
        Some(Format::Json | Format::Ndjson) => start(&app, paths, args.threads, &mut |violation| {
            serde_json::to_writer(&mut output, violation)?;
            writeln!(output)
        })?,
        Some(Format::Csv) => {
            let mut csv = CsvWriter::new(&mut output, &violation_columns())?;
            let finished =
                start(&app, paths, args.threads, &mut |violation| csv.row(&violation_row(violation)))?;
            csv.finish()?;
            finished
        }
        Some(Format::Html | Format::Sarif | Format::Junit | Format::Asff | Format::Ocsf) => bail!(
            "detect prints table, json, ndjson or csv; for a page: provost report violations --format html"
        ),
        Some(Format::Table) | None => {
            let mut worst = Worst::default();
            let finished = start(&app, paths, args.threads, &mut |violation| {
                worst.offer(violation);
                Ok(())
            })?;
            summarize(&mut output, &finished, &worst)?;
            finished
        }
    };
    output.flush()?;
    Ok(exit(&app, &finished))
}

/// What the detection means for the exit code. A rule that could not be loaded found nothing, so what
/// was done was done in part.
pub(crate) fn exit(app: &App, finished: &Finished<Detection>) -> Exit {
    let all_loaded = app.catalog.not_loaded.iter().all(|refused| refused.is_other_source);
    Exit::complete(finished.is_complete() && all_loaded)
        .and(Exit::found(finished.output.worst(), app.config.fail_on))
}

/// Runs the job.
pub(crate) fn start(
    app: &App,
    paths: &[PathBuf],
    threads: Option<usize>,
    sink: &mut dyn FnMut(&Violation) -> std::io::Result<()>,
) -> anyhow::Result<Finished<Detection>> {
    let inputs = FileInputs::find(paths)?;
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    // Policies that were collected are what new ones are held against.
    let (_, collected) = block_on(app.store.fingerprint())?;
    let input = Digest::of(json!([names, app.waivers, collected.to_string()]).to_string().as_bytes());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let settings = Settings {
        detector: Detector::new(app.catalog.detections.clone()),
        secrets: Arc::new(app.catalog.secrets.clone()),
        suppressions: app.waivers.clone(),
        threads: threads.unwrap_or(cores),
        retention: app.config.retention,
        ignored_files: inputs.ignored(),
        rules_not_loaded: app.catalog.not_loaded.iter().filter(|refused| !refused.is_other_source).count()
            as u64,
    };
    let ports = job::detect::Ports {
        violations: &app.store,
        archive: &app.archive,
        waivers: &app.store,
        resources: &app.store,
        progress: &app.progress,
    };
    let scope = scope_of(&names);
    let finished = app.run(JobName::Detect, &scope, input, async |execution| {
        job::detect::detect(execution, &ports, Box::new(inputs), settings, sink).await
    })?;
    Ok(finished)
}

/// The inputs in words, as the lock's name: detections of different things may run at once.
fn scope_of(names: &[String]) -> String {
    match names {
        [first, _, _, ..] => {
            let digest = Digest::of(names.join("\n").as_bytes()).hex();
            let short: String = digest.chars().take(8).collect();
            format!("{first} and {} more ({short})", names.len() - 1)
        }
        few => few.join(" "),
    }
}

/// The most severe violations, a bounded number of them.
#[derive(Default)]
struct Worst {
    kept: Vec<Violation>,
}

impl Worst {
    fn offer(&mut self, violation: &Violation) {
        self.kept.push(violation.clone());
        if self.kept.len() >= 4 * SHOWN {
            self.cut();
        }
    }

    fn cut(&mut self) {
        // Stable, so that equals stay in the order they were found.
        self.kept.sort_by_key(|violation| {
            std::cmp::Reverse((violation.outcome.as_str() == "done", violation.severity))
        });
        self.kept.truncate(SHOWN);
    }

    fn sorted(&self) -> Vec<Violation> {
        let mut copy = Self { kept: self.kept.clone() };
        copy.cut();
        copy.kept
    }
}

fn summarize(output: &mut dyn Write, finished: &Finished<Detection>, worst: &Worst) -> std::io::Result<()> {
    let statistics = &finished.run.statistics;
    let shown = worst.sorted();
    if !shown.is_empty() {
        violations_table(&shown).write(output, style())?;
        writeln!(output)?;
    }
    let violations = statistics.get("violations");
    if violations > shown.len() as u64 {
        writeln!(output, "The {} most severe of {violations}. All: provost report violations", shown.len())?;
    }
    writeln!(
        output,
        "{} events in {} files: {violations} violations, of them {} attempted (the call failed) and {} suppressed.",
        statistics.get("events"),
        statistics.get("files"),
        statistics.get("attempted"),
        statistics.get("suppressed"),
    )?;
    for (reason, count) in &statistics.skipped {
        writeln!(output, "  skipped: {count} × {reason}")?;
    }
    if let Some(remaining) = &statistics.remaining {
        writeln!(output, "Time ran out; what remains: {remaining}. A longer --deadline reads all of it.")?;
    }
    Ok(())
}

/// Violations as rows for a terminal.
pub(crate) fn violations_table(violations: &[Violation]) -> Table {
    let mut table = Table::new(&["SEVERITY", "OUTCOME", "TIME", "ACCOUNT", "RULE", "WHO"]);
    for violation in violations {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let outcome = match &violation.suppressed {
            Some(note) if !note.expired => {
                format!("{} (suppressed by {})", violation.outcome.as_str(), note.owner)
            }
            Some(_) | None => violation.outcome.as_str().to_owned(),
        };
        table.row([
            violation.severity.to_string(),
            outcome,
            text(&violation.event_time),
            text(&violation.account),
            violation.rule.id.clone(),
            text(&violation.principal),
        ]);
    }
    table
}
