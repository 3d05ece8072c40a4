//! [`Violations`] over SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::model::Violation;
use provost_core::port::{Page, PortError, PortResult, Recorded, Violations};
use rusqlite::OptionalExtension as _;

use super::{SqliteStore, columns, cursor, item, json, one_more, refer};

#[async_trait]
impl Violations for SqliteStore {
    async fn record(
        &self,
        seen_by: &str,
        violations: &[Violation],
        expires_at: Timestamp,
    ) -> PortResult<Vec<Recorded>> {
        if violations.is_empty() {
            return Ok(Vec::new());
        }
        self.write(|transaction| {
            let mut known = transaction.prepare_cached("SELECT seen_by FROM violations WHERE id = ?1")?;
            let mut put = transaction.prepare_cached(
                "INSERT OR REPLACE INTO violations (id, event_time, seen_by, expires_at, item)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            let mut recorded = Vec::with_capacity(violations.len());
            for violation in violations {
                let id = violation.id.to_string();
                let before: Option<String> = known.query_row([&id], |row| row.get(0)).optional()?;
                if before.as_deref() == Some(seen_by) {
                    recorded.push(Recorded::Duplicate);
                    continue;
                }
                recorded.push(if before.is_some() { Recorded::Again } else { Recorded::New });
                let time = violation.event_time.as_deref().unwrap_or_default();
                put.execute((id, time, seen_by, expires_at.as_millisecond(), json(violation)?))?;
            }
            let evidence =
                violations.iter().map(|violation| (&violation.evidence, violation.event_id.as_str()));
            refer(transaction, evidence, Some(expires_at))?;
            Ok(recorded)
        })
    }

    async fn page(&self, after: Option<&str>, limit: usize) -> PortResult<Page<Violation>> {
        let [time, id] = columns(after);
        let sql = "SELECT event_time, id, item FROM violations
                   WHERE (event_time, id) > (?1, ?2) ORDER BY event_time, id LIMIT ?3";
        let rows: Vec<(String, Violation)> =
            self.rows(sql, (time, id, one_more(limit)), |row| Ok((cursor::<2>(row)?, item(row, "item")?)))?;
        match rows.iter().find(|(_, violation)| violation.schema > Violation::SCHEMA) {
            Some((_, newer)) => Err(PortError::Newer {
                what: format!("violation {}", newer.id),
                found: newer.schema,
                known: Violation::SCHEMA,
            }),
            None => Ok(Self::page(rows, limit)),
        }
    }
}
