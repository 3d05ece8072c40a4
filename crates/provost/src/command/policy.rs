//! `provost policy`: questions asked of policies. Nothing is stored, and no configuration is read.

mod diff;
mod explain;
mod simulate;
mod test;

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use provost_core::policy::Document;
use tracing::error;

use crate::cli::{FailOn, Format, Global, PolicyCommand};
use crate::exit::Exit;

/// The longest file that is read.
const LONGEST: u64 = 64 * 1024 * 1024;

pub(crate) fn policy(global: &Global, command: &PolicyCommand) -> anyhow::Result<Exit> {
    match command {
        PolicyCommand::Explain(args) => explain::explain(args),
        other => {
            if let Some(FailOn::Severity(_) | FailOn::Policy(_)) = global.fail_on {
                bail!("--fail-on has no meaning here: the exit code is the answer");
            }
            match other {
                PolicyCommand::Simulate(args) => simulate::simulate(args),
                PolicyCommand::Diff(args) => diff::diff(args),
                PolicyCommand::Test(args) => test::test(args),
                PolicyCommand::Explain(args) => explain::explain(args),
            }
        }
    }
}

/// The text of a file, or of standard input.
fn read(path: &Path) -> anyhow::Result<String> {
    let named = || format!("`{}` cannot be read", path.display());
    let mut bytes = Vec::new();
    let count = if path == Path::new("-") {
        std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes)
    } else {
        let file = std::fs::File::open(path).with_context(named)?;
        file.take(LONGEST + 1).read_to_end(&mut bytes)
    };
    if count.with_context(named)? as u64 > LONGEST {
        bail!("`{}` is longer than 64 MiB", path.display());
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        anyhow::anyhow!("`{}`: line {line}: is not UTF-8", path.display())
    })
}

/// A policy document; the error names file, line and field.
fn document(path: &Path) -> anyhow::Result<Document> {
    let text = read(path)?;
    Document::read(&text).map_err(|error| anyhow::anyhow!("`{}`: {error}", path.display()))
}

/// The name of a file in reports.
fn named(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// Says that a file could not be read; the others still are.
fn refuse(path: &Path, problem: &anyhow::Error) -> (String, String) {
    let problem = format!("{problem:#}");
    error!(file = named(path).as_str(), error = problem.as_str(), "A file could not be read.");
    (named(path), problem)
}

/// Refuses a format given before the command, where any of them is taken.
fn format_of(given: Option<Format>, known: &[Format]) -> anyhow::Result<Format> {
    let format = given.unwrap_or(Format::Table);
    if !known.contains(&format) {
        bail!("this command does not print {format:?}; its --help says what it does");
    }
    Ok(format)
}
