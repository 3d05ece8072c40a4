//! The cases of a test file, in words.

use std::io::Write;

use super::simulate::{deciding, unknown};
use super::{counted, example, goes_on, paragraph};
use crate::policy::{CaseReport, CaseResult, SuiteReport};
use crate::render::Style;
use crate::render::table::printable;

/// Writes a test report. With `strict`, statements no case needs are a failure.
///
/// # Errors
/// When the output cannot be written.
pub fn write_suite(
    output: &mut dyn Write,
    style: Style,
    report: &SuiteReport,
    strict: bool,
) -> std::io::Result<()> {
    writeln!(output, "{}", style.paint("heading", &printable(&report.file)))?;
    for case in &report.cases {
        one(output, style, case)?;
    }
    assumed(output, style, &report.cases)?;
    for note in &report.notes {
        paragraph(output, style, "  note     ", 11, note)?;
    }
    let word = if strict { style.paint("fail", "fail") } else { "note".to_owned() };
    for statement in &report.not_needed {
        write!(output, "  {word}     ")?;
        goes_on(output, style, 11, 11, &format!("no case needs {statement}"))?;
    }
    writeln!(
        output,
        "{}: {} passed, {} failed, {} unknown",
        counted(report.cases.len(), "case"),
        report.passed,
        report.failed,
        report.unknown
    )
}

fn one(output: &mut dyn Write, style: Style, case: &CaseReport) -> std::io::Result<()> {
    let word = match case.result {
        CaseResult::Pass => "pass",
        CaseResult::Fail => "fail",
        CaseResult::Unknown => "unknown",
    };
    write!(output, "  {}{:padding$}", style.paint(word, word), "", padding = 9 - word.len())?;
    goes_on(output, style, 11, 11, &format!("{}: {}", case.name, case.reason))?;
    if case.result != CaseResult::Pass {
        if let Some(line) = case.line {
            writeln!(output, "           line {line}")?;
        }
        if let Some(counterexample) = &case.counterexample {
            example(output, style, 11, &counterexample.request)?;
            if !counterexample.conditions.is_empty() {
                paragraph(output, style, "           if ", 15, &counterexample.conditions.join(" and "))?;
            }
            for statement in &counterexample.allowed_by {
                paragraph(output, style, "           allowed by: ", 15, &statement.to_string())?;
            }
        }
        unknown(output, style, &case.unknown, 11)?;
        deciding(output, style, &case.deciding, 11)?;
    }
    Ok(())
}

/// What was taken for granted, once for all cases it was taken for.
fn assumed(output: &mut dyn Write, style: Style, cases: &[CaseReport]) -> std::io::Result<()> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for assumed in cases.iter().flat_map(|case| &case.assumed) {
        match counts.iter_mut().find(|(known, _)| known == assumed) {
            Some((_, count)) => *count += 1,
            None => counts.push((assumed, 1)),
        }
    }
    for (text, count) in counts {
        paragraph(output, style, "  assumed  ", 11, &format!("in {}: {text}", counted(count, "case")))?;
    }
    Ok(())
}
