//! [`Outbox`] over SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::model::rfc3339_nanos;
use provost_core::port::{Outbox, Outgoing, PortError, PortResult, Told};
use rusqlite::OptionalExtension as _;

use super::{SqliteStore, item, json};

#[async_trait]
impl Outbox for SqliteStore {
    async fn add(&self, messages: &[Outgoing], expires_at: Timestamp) -> PortResult<()> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO outbox (id, found_at, expires_at, item) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO NOTHING",
            )?;
            for message in messages {
                statement.execute((
                    &message.message.id,
                    rfc3339_nanos(message.found_at),
                    expires_at.as_millisecond(),
                    json(message)?,
                ))?;
            }
            Ok(())
        })
    }

    async fn pending(&self) -> PortResult<Vec<Outgoing>> {
        let sql = "SELECT item FROM outbox WHERE item IS NOT NULL ORDER BY found_at, id";
        let pending: Vec<Outgoing> = self.rows(sql, (), |row| item(row, "item"))?;
        let newer = pending.iter().find(|message| message.schema > Outgoing::SCHEMA);
        match newer {
            Some(newer) => Err(PortError::Newer {
                what: format!("message {}", newer.message.id),
                found: newer.schema,
                known: Outgoing::SCHEMA,
            }),
            None => Ok(pending),
        }
    }

    async fn sent(&self, message: &Outgoing) -> PortResult<()> {
        self.write(|transaction| {
            transaction.execute("UPDATE outbox SET item = NULL WHERE id = ?1", [&message.message.id])?;
            Ok(())
        })
    }

    async fn known(&self, ids: &[String]) -> PortResult<Vec<String>> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached("SELECT 1 FROM outbox WHERE id = ?1")?;
            let mut known = Vec::new();
            for id in ids {
                if statement.exists([id])? {
                    known.push(id.clone());
                }
            }
            Ok(known)
        })
    }

    async fn put_told(&self, scope: &str, told: &Told) -> PortResult<()> {
        self.write(|transaction| {
            transaction
                .execute("INSERT OR REPLACE INTO told (scope, item) VALUES (?1, ?2)", (scope, json(told)?))?;
            Ok(())
        })
    }

    async fn told(&self, scope: &str) -> PortResult<Option<Told>> {
        let told: Option<Told> = self.write(|transaction| {
            let mut statement = transaction.prepare_cached("SELECT item FROM told WHERE scope = ?1")?;
            statement.query_row([scope], |row| item(row, "item")).optional()
        })?;
        match told {
            Some(newer) if newer.schema > Told::SCHEMA => Err(PortError::Newer {
                what: format!("what was told about `{scope}`"),
                found: newer.schema,
                known: Told::SCHEMA,
            }),
            told => Ok(told),
        }
    }
}
