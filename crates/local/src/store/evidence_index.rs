//! [`EvidenceIndex`] over SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::model::Digest;
use provost_core::port::{EvidenceIndex, EvidenceReference, Page, PortResult};
use rusqlite::types::Type;

use super::{SqliteStore, one_more};

fn digest(text: &str) -> rusqlite::Result<Digest> {
    Digest::parse(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into()))
}

#[async_trait]
impl EvidenceIndex for SqliteStore {
    async fn page(&self, after: Option<&str>, limit: usize) -> PortResult<Page<EvidenceReference>> {
        let sql = "SELECT digest, subject FROM evidence WHERE digest > ?1 ORDER BY digest LIMIT ?2";
        let rows = self.rows(sql, (after.unwrap_or_default(), one_more(limit)), |row| {
            let text: String = row.get(0)?;
            let reference = EvidenceReference { digest: digest(&text)?, subject: row.get(1)? };
            Ok((text, reference))
        })?;
        Ok(Self::page(rows, limit))
    }

    async fn expire(&self, now: Timestamp) -> PortResult<Vec<Digest>> {
        let now = now.as_millisecond();
        self.write(|transaction| {
            for table in ["users", "evaluations", "violations"] {
                transaction.execute(&format!("DELETE FROM {table} WHERE expires_at <= ?1"), [now])?;
            }
            let sent = "DELETE FROM outbox WHERE expires_at <= ?1 AND item IS NULL";
            transaction.execute(sent, [now])?;
            // Evidence of resources that are still there is needed however old it is.
            let gone: Vec<String> = transaction
                .prepare(
                    "DELETE FROM evidence WHERE expires_at <= ?1 AND digest NOT IN
                       (SELECT each.value FROM resources, json_each(resources.item, '$.evidence') AS each)
                     RETURNING digest",
                )?
                .query_map([now], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            gone.iter().map(|text| digest(text)).collect()
        })
    }
}
