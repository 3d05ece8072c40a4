//! What changed between two assessments, for people: at most a hundred columns wide.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;

use crate::compare::{Because, Change, ChangeCount, Changed, Difference, Tally};
use crate::model::{Evaluation, RunStatus, Severity, Verdict, rfc3339};
use crate::render::table::{Style, Table, counts_line, printable};

/// How wide it is at most, also where nothing says how wide the terminal is.
const WIDTH: usize = 100;

/// How many rows of one kind of change are shown where not all are asked for.
const MOST_ROWS: usize = 20;

/// How many reasons of one kind of change are shown then.
const MOST_REASONS: usize = 5;

/// What rules and resources are cut to, in the middle: their ends tell them apart.
const RULE: usize = 35;
const RESOURCE: usize = 35;
const GROUP: usize = 36;

/// A row: how severe, rule, resource, what it was and is.
type Row = (Reverse<Severity>, String, String, String);

/// The changes as they come, and then the page.
#[derive(Debug, Default)]
pub struct SinceTable {
    rows: BTreeMap<Change, Vec<Row>>,
    because: BTreeMap<Change, BTreeMap<String, u64>>,
}

impl SinceTable {
    /// Takes one change.
    pub fn add(&mut self, changed: &Changed<'_>) {
        let latest = changed.latest;
        let mark = if changed.is_other_rule() { "*" } else { "" };
        let row = (
            Reverse(latest.severity),
            format!("{}{mark}", latest.rule.id),
            latest.resource_id.clone(),
            format!("{} > {}", state(changed.before), state(changed.after)),
        );
        self.rows.entry(changed.change).or_default().push(row);
        // Of what nobody can tell any more, the call that would have told.
        let unread = changed.after.filter(|_| changed.change == Change::Blind);
        let unread = unread.and_then(|after| after.reason.as_deref());
        if let Some(because) = changed.because.map(Because::as_str).or(unread) {
            *self.because.entry(changed.change).or_default().entry(because.to_owned()).or_default() += 1;
        }
    }

    /// Writes the page. `all`: every row.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn write(
        mut self,
        output: &mut dyn Write,
        difference: &Difference,
        notes: &[String],
        all: bool,
        style: Style,
    ) -> std::io::Result<()> {
        let style = Style { width: Some(style.width.unwrap_or(WIDTH).min(WIDTH)), ..style };
        head(output, difference, notes, style)?;
        for change in Change::ALL {
            let Some(mut rows) = self.rows.remove(&change) else { continue };
            rows.sort();
            let because = self.because.remove(&change).unwrap_or_default();
            section(output, change, &rows, &because, all, style)?;
        }
        groups(output, difference, style)?;
        trend(output, difference, style)
    }
}

/// A verdict in one word, as it counts.
fn state(side: Option<&Evaluation>) -> &'static str {
    match side.map(|evaluation| (evaluation.verdict(), evaluation.is_waived())) {
        None => "-",
        Some((Verdict::Fail, true)) => "waived",
        Some((Verdict::Fail, false)) => "fail",
        Some((Verdict::Pass, _)) => "pass",
        Some((Verdict::NotApplicable, _)) => "n/a",
        Some((Verdict::Unknown(_), _)) => "unknown",
    }
}

fn head(
    output: &mut dyn Write,
    difference: &Difference,
    notes: &[String],
    style: Style,
) -> std::io::Result<()> {
    let Difference { compared, wanted, summary, due, .. } = difference;
    for line in due.lines() {
        wrapped(output, "! ", &line)?;
    }
    for (name, seen) in [("From", &compared.before), ("to", &compared.after)] {
        let status = if seen.is_whole() { String::new() } else { ", IN PART".to_owned() };
        let run = &seen.run;
        writeln!(output, "{name:<4} {} (assessment {}{status})", rfc3339(run.started_at), run.execution_id)?;
    }
    if let Some(words) = wanted.filter.words() {
        let pairs: u64 = summary.all.counted().map(|(_, count)| count.total).sum();
        let line = format!(
            "Filter on: {words}. {} of {} pairs of rule and resource are left out.",
            summary.filtered_out,
            pairs + summary.filtered_out
        );
        wrapped(output, "", &line)?;
    }
    for note in notes {
        wrapped(output, "- ", note)?;
    }
    writeln!(output)?;
    if !summary.all.has_changes() {
        let same = summary.all.get(Change::Same).total;
        writeln!(output, "Nothing changed: {same} pairs of rule and resource are as they were.")?;
        return Ok(());
    }
    let mut table = Table::new(&["CHANGE", "PAIRS", "FAIL NOW", "MEANING"]);
    for change in Change::ALL {
        let ChangeCount { total, now } = summary.all.get(change);
        if total > 0 {
            let waived = if now.waived > 0 { format!(" ({} waived)", now.waived) } else { String::new() };
            let failing = format!("{}{waived}", now.non_compliant);
            table.row([spoken(change), total.to_string(), failing, change.meaning().to_owned()]);
        }
    }
    table.write(output, style)
}

/// `not judged now`
fn spoken(change: Change) -> String {
    change.as_str().replace('_', " ")
}

fn section(
    output: &mut dyn Write,
    change: Change,
    rows: &[Row],
    because: &BTreeMap<String, u64>,
    all: bool,
    style: Style,
) -> std::io::Result<()> {
    let heading = format!("{} ({}): {}", spoken(change).to_uppercase(), rows.len(), change.meaning());
    writeln!(output, "\n{}", style.paint("heading", &heading))?;
    let mut because: Vec<_> = because.iter().map(|(why, count)| (Reverse(*count), why)).collect();
    because.sort();
    let kinds = if all { because.len() } else { MOST_REASONS };
    for (Reverse(count), why) in because.iter().take(kinds) {
        wrapped(output, "  ", &format!("{count} because: {why}"))?;
    }
    if because.len() > kinds {
        writeln!(output, "  ... and {} more reasons", because.len() - kinds)?;
    }
    let shown = if all { rows.len() } else { MOST_ROWS };
    let mut table = Table::new(&["SEVERITY", "WAS > IS", "RULE", "RESOURCE"]);
    for (Reverse(severity), rule, resource, state) in rows.iter().take(shown) {
        let resource = middle(&without_partition(resource), RESOURCE);
        table.row([severity.to_string(), state.clone(), middle(rule, RULE), resource]);
    }
    table.write(output, style)?;
    let more = rows.len().saturating_sub(shown);
    if more > 0 {
        writeln!(output, "... and {more} more: --all shows them, --format json and csv have everything.")?;
    }
    Ok(())
}

/// The columns of the tables by account, rule and owner. What is alike for whoever reads a sum stands together.
const COLUMNS: [(&str, &[Change]); 9] = [
    ("WORSE", &[Change::Worse, Change::WaiverEnded]),
    ("BLIND", &[Change::Blind]),
    ("SEEN", &[Change::SeenAgain]),
    ("NEW", &[Change::New]),
    ("NOT JUDGED", &[Change::NotJudgedBefore, Change::NotJudgedNow]),
    ("GONE", &[Change::Gone]),
    ("OTHER", &[Change::NoLongerApplies, Change::NowApplies, Change::Waived]),
    ("BETTER", &[Change::Better]),
    ("SAME", &[Change::Same]),
];

fn groups(output: &mut dyn Write, difference: &Difference, style: Style) -> std::io::Result<()> {
    let Difference { summary, wanted, .. } = difference;
    let named = |groups: &BTreeMap<String, Tally>| {
        groups.iter().map(|(name, tally)| (name.clone(), tally.clone())).collect::<Vec<_>>()
    };
    group(output, "ACCOUNT", &named(&summary.by_account), style)?;
    group(output, "RULE", &named(&summary.by_rule), style)?;
    let owners: Vec<(String, Tally)> = summary
        .by_owner
        .iter()
        .map(|(owner, tally)| (owner.words(&wanted.owner_tag), tally.clone()))
        .collect();
    group(output, &format!("TAG {}", wanted.owner_tag), &owners, style)
}

fn group(
    output: &mut dyn Write,
    title: &str,
    groups: &[(String, Tally)],
    style: Style,
) -> std::io::Result<()> {
    let sum = |tally: &Tally, changes: &[Change]| -> u64 {
        changes.iter().map(|change| tally.get(*change).total).sum()
    };
    let changed: Vec<_> = groups.iter().filter(|(_, tally)| tally.has_changes()).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let columns: Vec<_> = COLUMNS
        .iter()
        .filter(|(_, changes)| changed.iter().any(|(_, tally)| sum(tally, changes) > 0))
        .collect();
    let header: Vec<&str> = std::iter::once(title).chain(columns.iter().map(|(name, _)| *name)).collect();
    let mut table = Table::new(&header);
    for (name, tally) in &changed {
        let cells = columns.iter().map(|(_, changes)| sum(tally, changes).to_string());
        table.row(std::iter::once(middle(name, GROUP)).chain(cells));
    }
    writeln!(output)?;
    table.write(output, style)?;
    let unchanged = groups.len() - changed.len();
    if unchanged > 0 {
        writeln!(output, "{unchanged} more, where nothing changed")?;
    }
    Ok(())
}

fn trend(output: &mut dyn Write, difference: &Difference, style: Style) -> std::io::Result<()> {
    writeln!(output, "\n{}", style.paint("heading", "TREND, oldest first"))?;
    if difference.trend_left_out > 0 {
        writeln!(output, "{} assessments behind the first are left out", difference.trend_left_out)?;
    }
    for point in &difference.trend {
        let at = rfc3339(point.run.started_at);
        let status = if point.run.status == RunStatus::Done { "" } else { "  INCOMPLETE" };
        let counts = point.counts.as_ref().map_or_else(|| "not kept any more".to_owned(), counts_line);
        wrapped(output, "", &format!("{at}  {counts}{status}"))?;
    }
    Ok(())
}

/// `…s3:::bucket`: what all ARNs of a partition have in common says nothing.
fn without_partition(resource: &str) -> String {
    let parts = resource.strip_prefix("arn:").and_then(|rest| rest.split_once(':'));
    parts.map_or_else(|| resource.to_owned(), |(_, rest)| format!("…{rest}"))
}

/// Text cut in the middle: the beginning says what it is, the end which.
fn middle(text: &str, room: usize) -> String {
    let text = printable(text);
    let length = text.chars().count();
    if length <= room {
        return text;
    }
    let head = (room.saturating_sub(1)) / 3;
    let tail = room.saturating_sub(1 + head);
    text.chars().take(head).chain(['…']).chain(text.chars().skip(length - tail)).collect()
}

/// A sentence, broken between words; what follows the first line is indented. Words are not broken.
fn wrapped(output: &mut dyn Write, mark: &str, text: &str) -> std::io::Result<()> {
    let mut line = mark.to_owned();
    let mut is_empty = true;
    for word in printable(text).split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(output, "{line}")?;
            line = "  ".to_owned();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    writeln!(output, "{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_in_the_middle_so_that_both_ends_tell() {
        let arn = "arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0123456789abcdef0";
        assert_eq!(middle(&without_partition(arn), RESOURCE), "…ec2:eu-cen…up/sg-0123456789abcdef0");
        assert_eq!(middle(&without_partition("arn:aws:s3:::a"), RESOURCE), "…s3:::a");
        assert_eq!(middle("unlisted/1/eu/x", RESOURCE), "unlisted/1/eu/x");
        assert_eq!(middle("ü".repeat(50).as_str(), 10).chars().count(), 10);
    }

    #[test]
    fn sentences_are_broken_between_words() {
        let mut output = Vec::new();
        wrapped(&mut output, "- ", &["word"; 30].join(" ")).unwrap();
        let text = String::from_utf8(output).unwrap();
        assert!(text.lines().count() == 2 && text.lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(text.matches("word").count(), 30);
    }
}
