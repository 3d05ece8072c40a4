//! `provost assess`: resources against posture rules.

use std::io::Write as _;

use anyhow::bail;
use pollster::block_on;
use provost_core::job::assess::Assessment;
use provost_core::job::{self, Finished};
use provost_core::model::JobName;
use provost_core::port::Runs as _;
use provost_core::render::counts_line;
use serde_json::json;

use super::report::waiver_lines;
use crate::app::App;
use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::output::Stdout;

pub(crate) fn assess(global: &Global) -> anyhow::Result<Exit> {
    let app = App::open(global)?;
    let collected = [JobName::Collect, JobName::CollectIamUsers].map(|job| block_on(app.store.latest(job)));
    if collected.into_iter().collect::<Result<Vec<_>, _>>()?.iter().all(Option::is_none) {
        bail!(
            "there is nothing to assess: nothing was collected into `{}` yet; provost collect does",
            app.config.store.display()
        );
    }
    let finished = start(&app)?;
    let mut output = Stdout::new();
    let statistics = &finished.run.statistics;
    if matches!(global.format, Some(Format::Json | Format::Ndjson)) {
        let percentage = finished.output.counts.compliance_percentage();
        writeln!(output, "{}", json!({"run": finished.run, "compliance_percentage": percentage}))?;
    } else if statistics.get("resources") == 0 {
        writeln!(output, "There is nothing to assess. Collect first: provost collect")?;
    } else {
        writeln!(output, "{}", counts_line(&finished.output.counts))?;
        for left_out in &statistics.left_out {
            writeln!(output, "Left out: {} ({})", left_out.what, left_out.why)?;
        }
        if let Some(remaining) = &statistics.remaining {
            writeln!(output, "Time ran out; what remains: {remaining}.")?;
        }
        for line in waiver_lines(&app)? {
            writeln!(output, "! {line}")?;
        }
        writeln!(output, "Next: provost report posture")?;
    }
    Ok(exit(&app, &finished))
}

/// What the assessment means for the exit code.
pub(crate) fn exit(app: &App, finished: &Finished<Assessment>) -> Exit {
    Exit::complete(finished.is_complete()).and(Exit::found(finished.output.worst, app.config.fail_on))
}

/// Runs the job.
pub(crate) fn start(app: &App) -> anyhow::Result<Finished<Assessment>> {
    let input = block_on(job::assess::input(&app.store, &app.catalog, &app.waivers))?;
    let ports = job::assess::Ports {
        resources: &app.store,
        evaluations: &app.store,
        waivers: &app.store,
        progress: &app.progress,
    };
    let finished = app.run(JobName::Assess, "all", input, async |execution| {
        job::assess::assess(execution, &ports, &app.catalog, &app.waivers, app.config.retention).await
    })?;
    Ok(finished)
}
