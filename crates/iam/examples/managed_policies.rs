//! Derives what Provost knows of AWS-managed policies from their documents.
//!
//! Reads `{"arn", "name", "version", "updated", "document"}` a line, as `cargo xtask iam-data` writes them, and
//! prints the table that is embedded as `data/managed-policies.ndjson`.
#![expect(clippy::print_stdout, reason = "printing is what it does")]

use std::io::{BufRead, Error, stdin};

use provost_iam::Policy;
use provost_iam::facts::{Facts, Kind, PathFound, Setting};
use serde_json::{Value, json};

fn main() -> Result<(), Error> {
    let mut rows = Vec::new();
    for line in stdin().lock().lines() {
        let read: Value = serde_json::from_str(&line?)?;
        let text = |name: &str| read.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let document = read.get("document").cloned().unwrap_or_default();
        let policy = Policy::from_value(&document)
            .map_err(|error| Error::other(format!("{}: {error}", text("arn"))))?;
        let facts = Facts::of(&policy, &Setting { kind: Some(Kind::Identity), account: None });
        let ids = |found: &[PathFound]| found.iter().map(|it| it.path.id.as_str()).collect::<Vec<_>>();
        let updated: String = text("updated").chars().take(10).collect();
        let mut row = json!({
            "arn": text("arn"),
            "version": text("version"),
            "updated": updated,
            "grants_admin": facts.grants_admin.as_str(),
        });
        for (name, found) in [
            ("escalation", &facts.escalations.escalation),
            ("capabilities", &facts.escalations.capabilities),
            ("undecided", &facts.escalations.undecided),
        ] {
            if !found.is_empty() {
                row[name] = json!(ids(found));
            }
        }
        if facts.services.nearly_all {
            row["services_nearly_all"] = json!(true);
        }
        rows.push((text("arn"), row));
    }
    rows.sort_by(|left, right| left.0.cmp(&right.0));
    for (_, row) in rows {
        println!("{row}");
    }
    Ok(())
}
