//! Tables for a terminal.

use std::io::Write;

use crate::model::{Counts, Severity};

/// How the terminal can be written to.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether colours are understood. Only true on a terminal.
    pub colour: bool,
    /// Its width in columns; `None`: do not cut.
    pub width: Option<usize>,
}

impl Style {
    /// A severity or verdict in its colour.
    #[must_use]
    pub fn paint(&self, word: &str, text: &str) -> String {
        let code = match word {
            "critical" => "1;31",
            "high" | "fail" => "31",
            "medium" | "unknown" | "attempted" => "33",
            "low" => "36",
            "pass" => "32",
            "heading" => "1",
            _ => "2",
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A severity, padded to the longest name.
    #[must_use]
    pub fn severity(&self, severity: Severity) -> String {
        self.paint(severity.as_str(), &format!("{severity:<8}"))
    }
}

/// Rows of text in aligned columns. The last column takes what is left of the width.
#[derive(Debug)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(columns: &[&str]) -> Self {
        Self { header: columns.iter().map(|&column| column.to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row. Control characters, which could rewrite the terminal, are escaped.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| printable(&cell)).collect());
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes it. Cells equal to a severity or verdict get its colour.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn write(&self, output: &mut dyn Write, style: Style) -> std::io::Result<()> {
        let columns = self.header.len();
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&self.header]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        self.write_row(output, &self.header, &widths, style, true)?;
        self.rows.iter().try_for_each(|row| self.write_row(output, row, &widths, style, false))
    }

    fn write_row(
        &self,
        output: &mut dyn Write,
        row: &[String],
        widths: &[usize],
        style: Style,
        heading: bool,
    ) -> std::io::Result<()> {
        let mut used = 0;
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let is_last = column + 1 == self.header.len();
            let room = style.width.filter(|_| is_last).map(|total| total.saturating_sub(used).max(20));
            let text = room.map_or_else(|| cell.clone(), |room| shortened(cell, room));
            let word = if heading { "heading" } else { cell.as_str() };
            let is_word = heading
                || ["pass", "fail", "unknown", "attempted"].contains(&word)
                || Severity::parse(word).is_some();
            let painted = if is_word { style.paint(word, &text) } else { text.clone() };
            let padding = if is_last { 0 } else { width.saturating_sub(text.chars().count()) + 2 };
            write!(output, "{painted}{:padding$}", "")?;
            used += width + 2;
        }
        writeln!(output)
    }
}

/// Text without control characters: they are escaped.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(
            |letter| {
                if letter.is_control() { letter.escape_debug().collect::<Vec<_>>() } else { vec![letter] }
            },
        )
        .collect()
}

fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// `62.8 % compliant: 161 of 256 judged passed, 78 failed (2 waived), 17 unknown; 34 not applicable`
#[must_use]
pub fn counts_line(counts: &Counts) -> String {
    let Counts { compliant, non_compliant, unknown, not_applicable, waived } = *counts;
    let waived = if waived > 0 { format!(" ({waived} waived)") } else { String::new() };
    let judged = counts.judged();
    let detail = format!(
        "{compliant} of {judged} passed, {non_compliant} failed{waived}, {unknown} unknown; {not_applicable} not applicable"
    );
    match counts.compliance_percentage() {
        Some(percentage) => format!("{percentage:.1} % compliant: {detail}"),
        None => detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(style: Style) -> String {
        let mut table = Table::new(&["SEVERITY", "RULE", "WHY"]);
        table.row(["high".to_owned(), "a".to_owned(), "x".repeat(40)]);
        table.row(["critical".to_owned(), "longer".to_owned(), "a\u{1b}[2Jb".to_owned()]);
        let mut output = Vec::new();
        table.write(&mut output, style).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn columns_line_up_and_nothing_controls_the_terminal() {
        let plain = text(Style { colour: false, width: Some(40) });
        assert_eq!(
            plain,
            "SEVERITY  RULE    WHY\nhigh      a       xxxxxxxxxxxxxxxxxxxxx…\ncritical  longer  a\\u{1b}[2Jb\n"
        );
        assert!(text(Style { colour: true, width: None }).contains("\u{1b}[1;31mcritical\u{1b}[0m"));
    }
}
