//! `provost policy test`.

use std::io::Write as _;
use std::path::Path;

use provost_core::policy::{Files, Suite, SuiteReport};
use provost_core::render::{write_junit, write_suite};
use serde_json::json;

use super::{format_of, named, read, refuse};
use crate::cli::{Format, TestArgs};
use crate::exit::Exit;
use crate::output::{Stdout, style};

pub(super) fn test(args: &TestArgs) -> anyhow::Result<Exit> {
    let format = format_of(args.format, &[Format::Table, Format::Json, Format::Junit])?;
    let mut output = Stdout::new();
    let mut reports = Vec::new();
    let mut refused = Vec::new();
    let mut exit = Exit::done();
    for path in &args.files {
        match judged(path) {
            Ok(report) => {
                let holds = report.failed == 0 && (!args.strict || report.not_needed.is_empty());
                exit = exit.and(Exit::answered(holds)).and(Exit::complete(report.unknown == 0));
                if format == Format::Table {
                    if !reports.is_empty() {
                        writeln!(output)?;
                    }
                    write_suite(&mut output, style(), &report, args.strict)?;
                }
                reports.push(report);
            }
            Err(problem) => {
                refused.push(refuse(path, &problem));
                exit = exit.and(Exit::could_not_run());
            }
        }
    }
    match format {
        Format::Json => {
            let refused: Vec<_> =
                refused.iter().map(|(file, problem)| json!({"file": file, "error": problem})).collect();
            let all = json!({"files": reports, "not_run": refused, "strict": args.strict});
            serde_json::to_writer_pretty(&mut output, &all)?;
            writeln!(output)?;
        }
        Format::Junit => write_junit(&mut output, &reports, &refused, args.strict)?,
        _ => {}
    }
    output.flush()?;
    Ok(exit)
}

/// Runs a file's cases. The policies it names are found beside it.
fn judged(path: &Path) -> anyhow::Result<SuiteReport> {
    let text = read(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut beside = |name: &str| read(&folder.join(name)).map_err(|error| format!("{error:#}"));
    let suite = Suite::read(&named(path), &text, &mut Files::new(&mut beside))
        .map_err(|error| anyhow::anyhow!("`{}`: {error}", path.display()))?;
    Ok(suite.run())
}
