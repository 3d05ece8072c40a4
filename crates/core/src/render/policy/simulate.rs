//! How a request is decided, in words.

use std::io::Write;

use super::paragraph;
use crate::policy::{Simulation, StatementPlace, UnknownReport};
use crate::render::Style;

/// Writes a simulation.
///
/// # Errors
/// When the output cannot be written.
pub fn write_simulation(output: &mut dyn Write, style: Style, report: &Simulation) -> std::io::Result<()> {
    let word = match report.decision {
        "allow" => "pass",
        "undetermined" => "unknown",
        _ => "fail",
    };
    write!(output, "{}", style.paint(word, report.decision))?;
    if let Some(layer) = &report.blocked_by {
        write!(output, " by {layer}")?;
        if let Some(level) = &report.level {
            write!(output, " ({})", crate::render::table::printable(level))?;
        }
    }
    writeln!(output)?;
    paragraph(output, style, "  ", 4, &report.request.to_string())?;
    if report.decision == "implicit_deny" {
        let layer = report.blocked_by.as_deref().unwrap_or("no layer");
        let why = if layer == "rule" {
            "AWS refuses it whatever the policies say".to_owned()
        } else {
            format!("no statement of {layer} allows it")
        };
        paragraph(output, style, "  ", 4, &why)?;
    }
    deciding(output, style, &report.deciding, 2)?;
    unknown(output, style, &report.unknown, 2)?;
    for assumed in &report.assumed {
        paragraph(output, style, "  assumed: ", 4, assumed)?;
    }
    if !report.not_given.is_empty() {
        paragraph(output, style, "  taken not to exist: ", 4, &report.not_given.join(", "))?;
    }
    for note in &report.notes {
        paragraph(output, style, "  note: ", 4, note)?;
    }
    Ok(())
}

pub(super) fn deciding(
    output: &mut dyn Write,
    style: Style,
    statements: &[StatementPlace],
    indent: usize,
) -> std::io::Result<()> {
    for statement in statements {
        paragraph(output, style, &format!("{:indent$}decided by: ", ""), indent + 4, &statement.to_string())?;
    }
    Ok(())
}

pub(super) fn unknown(
    output: &mut dyn Write,
    style: Style,
    unknown: &[UnknownReport],
    indent: usize,
) -> std::io::Result<()> {
    for it in unknown {
        let text = match &it.statement {
            Some(statement) => format!("{} ({statement})", it.reason),
            None => it.reason.clone(),
        };
        paragraph(output, style, &format!("{:indent$}unknown: ", ""), indent + 4, &text)?;
    }
    Ok(())
}
