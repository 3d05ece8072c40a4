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

/// The least that is left of a column that gives way, and of the last.
const LEAST: usize = 12;
const LEAST_OF_LAST: usize = 20;

/// Rows of text in aligned columns. The last column takes what is left of the width.
#[derive(Debug)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    flexible: Vec<usize>,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(columns: &[&str]) -> Self {
        let header = columns.iter().map(|&column| column.to_owned()).collect();
        Self { header, rows: Vec::new(), flexible: Vec::new() }
    }

    /// Lets these columns, by position, give way where the table is wider than the terminal.
    #[must_use]
    pub fn flexible(mut self, columns: &[usize]) -> Self {
        columns.clone_into(&mut self.flexible);
        self
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
        let mut widths: Vec<usize> = (0..columns).map(width).collect();
        if let Some(total) = style.width {
            self.give_way(&mut widths, total);
        }
        self.write_row(output, &self.header, &widths, style, true)?;
        self.rows.iter().try_for_each(|row| self.write_row(output, row, &widths, style, false))
    }

    /// Takes from the widest flexible column until the table fits or nothing is left to give.
    fn give_way(&self, widths: &mut [usize], total: usize) {
        let Some((last, others)) = widths.split_last_mut() else { return };
        let needed = |others: &[usize]| {
            others.iter().map(|width| width + 2).sum::<usize>() + (*last).min(LEAST_OF_LAST)
        };
        while needed(others) > total {
            let flexible = self.flexible.iter().copied();
            let widest = flexible.filter_map(|column| Some((*others.get(column)?, column))).max();
            let Some((_, column)) = widest.filter(|(width, _)| *width > LEAST) else { return };
            if let Some(width) = others.get_mut(column) {
                *width -= 1;
            }
        }
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
            let room = match style.width {
                Some(total) if is_last => total.saturating_sub(used).max(LEAST_OF_LAST),
                Some(_) => *width,
                None => usize::MAX,
            };
            let text = shortened(cell, room);
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
    fn flexible_columns_give_way_and_no_further_than_they_can_be_read() {
        let text = |total: usize| {
            let mut table = Table::new(&["ACCOUNT", "USER", "STALE", "CHANGE"]).flexible(&[1, 2]);
            table.row(["1".repeat(12), "u".repeat(30), "s".repeat(20), "same".to_owned()]);
            let mut output = Vec::new();
            table.write(&mut output, Style { colour: false, width: Some(total) }).unwrap();
            String::from_utf8(output).unwrap().lines().last().unwrap().to_owned()
        };
        assert_eq!(text(200), format!("{}  {}  {}  same", "1".repeat(12), "u".repeat(30), "s".repeat(20)));
        assert_eq!(text(66), format!("{}  {}…  {}  same", "1".repeat(12), "u".repeat(21), "s".repeat(20)));
        assert_eq!(text(10), format!("{}  {}…  {}…  same", "1".repeat(12), "u".repeat(11), "s".repeat(11)));
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
