//! `provost collect`: facts into the store.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use provost_core::job::{self, Finished};
use provost_core::model::{Digest, JobName};
use provost_core::port::EstateScope;
use provost_local::RecordedEstate;
use serde_json::json;

use crate::app::App;
use crate::cli::{CollectArgs, Format, Global};
use crate::exit::Exit;
use crate::output::Stdout;

pub(crate) fn collect(global: &Global, args: &CollectArgs) -> anyhow::Result<Exit> {
    let app = App::open(global)?;
    let finished = start(&app, &estate_of(&app, args.estate.as_ref())?)?;
    let mut output = Stdout::new();
    let statistics = &finished.run.statistics;
    if matches!(global.format, Some(Format::Json | Format::Ndjson)) {
        writeln!(output, "{}", json!({"run": finished.run}))?;
    } else {
        writeln!(
            output,
            "Read {} resources and {} IAM users from {} places; {} parts could not be read.",
            statistics.get("resources"),
            statistics.get("users"),
            statistics.covered.len(),
            statistics.get("unread"),
        )?;
        for (reason, count) in &statistics.skipped {
            writeln!(output, "  {count:>6}  {reason}")?;
        }
        for left_out in &statistics.left_out {
            writeln!(output, "  left out: {} ({})", left_out.what, left_out.why)?;
        }
        if let Some(remaining) = &statistics.remaining {
            writeln!(
                output,
                "Time ran out; what remains: {remaining}. A longer --deadline reads all of it."
            )?;
        }
        writeln!(output, "Next: provost assess")?;
    }
    Ok(Exit::complete(finished.is_complete()))
}

/// The estate to read: as given, else as configured.
pub(crate) fn estate_of(app: &App, given: Option<&PathBuf>) -> anyhow::Result<PathBuf> {
    let path = given.or(app.config.estate.as_ref());
    path.cloned().context(
        "no estate to read: give --estate DIR, or `estate:` in provost.yaml \
         (docs/guides/record-an-estate.md shows how to record one)",
    )
}

/// Runs the job.
pub(crate) fn start(app: &App, path: &Path) -> anyhow::Result<Finished<EstateScope>> {
    let estate = RecordedEstate::open(path)?;
    let name = path.display().to_string();
    let input = Digest::of(name.as_bytes());
    let ports = job::collect::Ports {
        estate: &estate,
        archive: &app.archive,
        resources: &app.store,
        users: &app.store,
        progress: &app.progress,
    };
    let finished = app.run(JobName::Collect, "all", input, async |execution| {
        job::collect::collect(execution, &ports, &app.catalog, app.config.retention).await
    })?;
    Ok(finished)
}
