//! CSV that spreadsheets open rightly and safely: UTF-8 with a byte order mark, CRLF (RFC 4180), and no
//! cell that a spreadsheet would take for a formula.

use std::collections::BTreeMap;
use std::io::Write;

use ::csv::{Terminator, WriterBuilder};
use serde_json::Value;

use crate::model::{Evaluation, Violation};

/// Writes rows.
pub struct CsvWriter<W: Write> {
    inner: ::csv::Writer<W>,
}

impl<W: Write> CsvWriter<W> {
    /// Writes the byte order mark and the header.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(mut output: W, columns: &[&str]) -> std::io::Result<Self> {
        output.write_all("\u{feff}".as_bytes())?;
        let mut inner = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(output);
        inner.write_record(columns)?;
        Ok(Self { inner })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// When the output cannot be written, or the row has another number of cells than the header.
    pub fn row(&mut self, cells: &[String]) -> std::io::Result<()> {
        Ok(self.inner.write_record(cells.iter().map(|cell| safe(cell)))?)
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// A cell that begins like a formula gets an apostrophe, as OWASP advises against CSV injection.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
fn safe(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn or_empty(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

/// The columns of [`evaluation_row`].
#[must_use]
pub fn evaluation_columns() -> [&'static str; 14] {
    [
        "resource_id",
        "resource_type",
        "account",
        "region",
        "rule",
        "severity",
        "verdict",
        "reason",
        "evaluated_at",
        "waiver_owner",
        "waiver_reason",
        "waiver_expires",
        "evidence",
        "execution_id",
    ]
}

/// A finding as cells.
#[must_use]
pub fn evaluation_row(evaluation: &Evaluation) -> [String; 14] {
    let waiver = evaluation.waiver.as_ref();
    let evaluated_at = evaluation.evaluation_timestamp.split('#').next().unwrap_or_default();
    let evidence: Vec<String> = evaluation.evidence.iter().map(ToString::to_string).collect();
    [
        evaluation.resource_id.clone(),
        evaluation.resource_type.clone(),
        evaluation.account.to_string(),
        evaluation.region.clone(),
        evaluation.rule.id.clone(),
        evaluation.severity.to_string(),
        evaluation.verdict.clone(),
        or_empty(evaluation.reason.as_ref()),
        evaluated_at.to_owned(),
        or_empty(waiver.map(|waiver| &waiver.owner)),
        or_empty(waiver.map(|waiver| &waiver.reason)),
        or_empty(waiver.map(|waiver| &waiver.expires)),
        evidence.join(" "),
        evaluation.execution_id.clone(),
    ]
}

/// The columns of [`violation_row`].
#[must_use]
pub fn violation_columns() -> [&'static str; 19] {
    [
        "event_time",
        "rule",
        "severity",
        "action",
        "outcome",
        "event_name",
        "event_source",
        "account",
        "region",
        "principal",
        "source_ip",
        "error_code",
        "event_id",
        "file",
        "position",
        "suppressed_by",
        "suppressed_reason",
        "facts",
        "evidence",
    ]
}

/// A violation as cells.
#[must_use]
pub fn violation_row(violation: &Violation) -> [String; 19] {
    let suppressed = violation.suppressed.as_ref();
    [
        or_empty(violation.event_time.as_ref()),
        violation.rule.id.clone(),
        violation.severity.to_string(),
        violation.action.as_str().to_owned(),
        violation.outcome.as_str().to_owned(),
        or_empty(violation.event_name.as_ref()),
        or_empty(violation.event_source.as_ref()),
        or_empty(violation.account.as_ref()),
        or_empty(violation.region.as_ref()),
        or_empty(violation.principal.as_ref()),
        or_empty(violation.source_ip.as_ref()),
        or_empty(violation.error_code.as_ref()),
        violation.event_id.clone(),
        violation.source.file.clone(),
        violation.source.position.to_string(),
        or_empty(suppressed.map(|note| &note.owner)),
        or_empty(suppressed.map(|note| &note.reason)),
        facts_line(&violation.facts),
        violation.evidence.to_string(),
    ]
}

/// Facts on one line: `grants_admin: yes; accounts: 444455556666, unknown`.
fn facts_line(facts: &BTreeMap<String, Value>) -> String {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fact = |(name, value): (&String, &Value)| match value {
        Value::Array(items) => format!("{name}: {}", items.iter().map(word).collect::<Vec<_>>().join(", ")),
        single => format!("{name}: {}", word(single)),
    };
    facts.iter().map(fact).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_rightly_and_runs_nothing() {
        let mut output = Vec::new();
        let mut writer = CsvWriter::new(&mut output, &["a", "b"]).unwrap();
        writer.row(&["=HYPERLINK(\"http://x\")".to_owned(), "a,b".to_owned()]).unwrap();
        for cell in ["+1", "-1", "@x", "\tx"] {
            writer.row(&[cell.to_owned(), "plain = text".to_owned()]).unwrap();
        }
        writer.finish().unwrap();
        let text = String::from_utf8(output).unwrap();
        assert_eq!(
            text,
            "\u{feff}a,b\r\n\"'=HYPERLINK(\"\"http://x\"\")\",\"a,b\"\r\n'+1,plain = text\r\n'-1,plain = text\r\n\
             '@x,plain = text\r\n'\tx,plain = text\r\n"
        );
    }
}
