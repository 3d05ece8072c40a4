//! What a change of a document gains and loses, in words.

use std::io::Write;

use super::{example, paragraph};
use crate::policy::{Difference, Direction};
use crate::render::Style;
use crate::render::table::printable;

/// How many examples of each direction are told in words.
const SHOWN: usize = 10;

/// Writes a difference.
///
/// # Errors
/// When the output cannot be written.
pub fn write_difference(output: &mut dyn Write, style: Style, report: &Difference) -> std::io::Result<()> {
    let gained = match report.gained.answer {
        "no" => style.paint("pass", "no new access"),
        "unknown" => style.paint("unknown", "nobody can say whether there is new access"),
        _ => style.paint("fail", "new access"),
    };
    writeln!(output, "{gained}: {}, compared with {}", printable(&report.new), printable(&report.old))?;
    direction(
        output,
        style,
        "Gained",
        "was denied before: now open to whoever has it elsewhere",
        &report.gained,
    )?;
    direction(output, style, "Lost", "is denied now", &report.lost)
}

fn direction(
    output: &mut dyn Write,
    style: Style,
    name: &str,
    lifted: &str,
    direction: &Direction,
) -> std::io::Result<()> {
    if direction.answer == "no" {
        return writeln!(output, "\n{}: nothing", style.paint("heading", name));
    }
    writeln!(output, "\n{}", style.paint("heading", name))?;
    if let Some(reason) = &direction.reason {
        paragraph(output, style, "  unknown: ", 4, reason)?;
    }
    for access in direction.access.iter().take(SHOWN) {
        let how = if access.lifted { format!(" ({lifted})") } else { String::new() };
        paragraph(output, style, "  ", 4, &format!("{}{how}", access.action))?;
        if !access.conditions.is_empty() {
            paragraph(output, style, "    if ", 6, &access.conditions.join(" and "))?;
        }
        if let Some(witness) = &access.witness {
            example(output, style, 4, witness)?;
        }
    }
    match direction.access.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        hidden if direction.more => {
            writeln!(output, "  and more than {hidden} others; --format json has more")
        }
        hidden => writeln!(output, "  and {hidden} more; --format json has them all"),
    }
}
