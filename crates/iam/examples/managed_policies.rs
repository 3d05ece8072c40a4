//! Derives what Provost knows of AWS-managed policies from their documents.
//!
//! Reads `{"arn", "name", "version", "updated", "document"}` a line, as `cargo xtask iam-data` writes them, and
//! prints the table that is embedded as `data/managed-policies.ndjson`.
#![expect(clippy::print_stdout, reason = "printing is what it does")]

use std::io::{BufRead, Error, stdin};

use provost_iam::Policy;
use provost_iam::facts::{Facts, Kind, PathFound, Setting};
use serde_json::{Map, Value, json};

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
        let found = [
            ("escalation", &facts.escalations.escalation),
            ("capabilities", &facts.escalations.capabilities),
            ("undecided", &facts.escalations.undecided),
        ];
        let lists = found.into_iter().filter(|(_, found)| !found.is_empty());
        let mut row: Map<String, Value> =
            lists.map(|(name, found)| (name.to_owned(), json!(ids(found)))).collect();
        row.insert("arn".to_owned(), json!(text("arn")));
        row.insert("version".to_owned(), json!(text("version")));
        row.insert("updated".to_owned(), json!(updated));
        row.insert("grants_admin".to_owned(), json!(facts.grants_admin.as_str()));
        if facts.services.nearly_all {
            row.insert("services_nearly_all".to_owned(), json!(true));
        }
        rows.push((text("arn"), Value::Object(row)));
    }
    rows.sort_by(|left, right| left.0.cmp(&right.0));
    for (_, row) in rows {
        println!("{row}");
    }
    Ok(())
}
