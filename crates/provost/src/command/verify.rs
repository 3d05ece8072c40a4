//! `provost verify`: every finding's evidence is there and unchanged.

use std::io::Write as _;

use provost_core::job;
use provost_core::model::{Digest, JobName};
use serde_json::json;

use crate::app::App;
use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::output::Stdout;

pub(crate) fn verify(global: &Global) -> anyhow::Result<Exit> {
    let app = App::open_existing(global)?;
    let finished = app.run(JobName::Verify, "all", Digest::of(b""), async |execution| {
        job::verify::verify(execution, &app.store, &app.archive, &app.progress).await
    })?;
    let found = &finished.output;
    let mut output = Stdout::new();
    if matches!(global.format, Some(Format::Json | Format::Ndjson)) {
        writeln!(output, "{}", json!({"run": finished.run, "verification": found}))?;
    } else {
        for problem in &found.problems {
            writeln!(output, "{}  {}  {}", problem.state, problem.evidence, problem.subject)?;
        }
        writeln!(
            output,
            "{} pieces of evidence: {} intact, {} missing, {} changed.",
            found.referenced, found.intact, found.missing, found.changed
        )?;
    }
    // Evidence that is gone or changed is what this command exists to say: never 0.
    let sound = found.missing == 0 && found.changed == 0;
    Ok(if sound { Exit::complete(finished.is_complete()) } else { Exit::evidence_unsound() })
}
