//! What is said about policies, as text for a terminal.

mod difference;
mod explain;
mod simulate;
mod suite;

pub use difference::write_difference;
pub use explain::write_explanation;
pub use simulate::write_simulation;
pub use suite::write_suite;

use std::io::Write;

use super::Style;
use super::table::printable;
use crate::policy::Witness;

/// The width of running text where the terminal does not say.
const WIDTH: usize = 100;

/// Writes text with every line after the first indented, broken between words. Whatever comes from a policy
/// may hold control characters, which could rewrite the terminal; they are escaped.
fn paragraph(
    output: &mut dyn Write,
    style: Style,
    first: &str,
    rest: usize,
    text: &str,
) -> std::io::Result<()> {
    write!(output, "{first}")?;
    goes_on(output, style, first.chars().count(), rest, text)
}

/// The same, on a line of which so many columns are used.
fn goes_on(
    output: &mut dyn Write,
    style: Style,
    mut used: usize,
    rest: usize,
    text: &str,
) -> std::io::Result<()> {
    let width = style.width.unwrap_or(WIDTH).clamp(40, WIDTH);
    let mut fresh = true;
    for word in printable(text).split(' ') {
        let length = word.chars().count();
        if !fresh && used + 1 + length > width {
            write!(output, "\n{:rest$}", "")?;
            used = rest;
            fresh = true;
        }
        if !fresh {
            write!(output, " ")?;
            used += 1;
        }
        write!(output, "{word}")?;
        used += length;
        fresh = false;
    }
    writeln!(output)
}

/// Writes `for example` and a request.
fn example(output: &mut dyn Write, style: Style, indent: usize, witness: &Witness) -> std::io::Result<()> {
    let first = format!("{:indent$}for example: ", "");
    paragraph(output, style, &first, indent + 4, &witness.to_string())
}

/// `1 statement`, `2 statements`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
