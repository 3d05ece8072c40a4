//! `provost policy explain`.

use std::io::Write as _;

use anyhow::bail;
use provost_core::policy::{Explanation, Kind};
use provost_core::render::{write_explanation, write_sarif};
use serde::Serialize;

use super::{document, format_of, named, refuse};
use crate::cli::{ExplainArgs, FailOn, Format, Stops};
use crate::exit::Exit;
use crate::output::{Stdout, style};

/// A file, as JSON.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Explained(Box<Explanation>),
    Refused { file: String, error: String },
}

pub(super) fn explain(args: &ExplainArgs) -> anyhow::Result<Exit> {
    let format = format_of(args.format, &[Format::Table, Format::Json, Format::Sarif])?;
    let stops: &[Stops] = match &args.fail_on {
        None => &[],
        Some(FailOn::Policy(stops)) => stops,
        Some(FailOn::Severity(_)) => {
            bail!("--fail-on of policy explain takes admin, escalation, public, cross_account, lint-error")
        }
    };
    let kind = args.about.kind.map(Kind::from);
    let mut output = Stdout::new();
    let mut refused = Vec::new();
    let mut reports = Vec::new();
    let mut all: Vec<Entry> = Vec::new();
    let mut exit = Exit::done();
    for path in &args.files {
        let report = match document(path) {
            Ok(document) => Explanation::of(&named(path), &document, kind, args.about.account.as_deref()),
            Err(problem) => {
                let (file, problem) = refuse(path, &problem);
                all.push(Entry::Refused { file: file.clone(), error: problem.clone() });
                refused.push((file, problem));
                exit = exit.and(Exit::could_not_run());
                continue;
            }
        };
        for stop in stops {
            exit = exit.and(match report.answers(stop.question) {
                Some(found) => Exit::answered(!found),
                None => Exit::complete(false),
            });
        }
        match format {
            Format::Json => all.push(Entry::Explained(Box::new(report))),
            Format::Sarif => reports.push(report),
            _ => {
                if !reports.is_empty() {
                    writeln!(output)?;
                }
                write_explanation(&mut output, style(), &report)?;
                reports.push(report);
            }
        }
    }
    match (format, all.as_slice()) {
        (Format::Json, [single]) => write_json(&mut output, single)?,
        (Format::Json, all) => write_json(&mut output, all)?,
        (Format::Sarif, _) => write_sarif(&mut output, env!("CARGO_PKG_VERSION"), &reports, &refused)?,
        _ => {}
    }
    output.flush()?;
    Ok(exit)
}

/// Writes JSON over many lines, as one reads it.
fn write_json<T: Serialize + ?Sized>(output: &mut Stdout, value: &T) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *output, value)?;
    Ok(writeln!(output)?)
}
