//! The store: one SQLite file.
//!
//! Write-ahead logging, one writer, forward-only migrations, `STRICT` tables. Each call of a port is one
//! transaction, so a process killed at any moment leaves whole calls behind.

mod evaluations;
mod evidence_index;
mod locks;
mod outbox;
mod resources;
mod runs;
mod schema;
mod users;
mod violations;
mod waivers;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use provost_core::model::Digest;
use provost_core::port::{Page, PortError, PortResult};
use rusqlite::{Connection, Params, Row, Transaction, TransactionBehavior};

use crate::liveness::Liveness;
use crate::{private_file, private_folder, unavailable};

/// How long a statement waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(10);

/// All store ports over one SQLite file in a folder.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Mutex<Connection>,
    path: PathBuf,
    liveness: Liveness,
}

impl SqliteStore {
    /// Opens `provost.db` in this folder, making or migrating it if need be.
    ///
    /// # Errors
    /// When it cannot be opened, is no store, or was written by a newer Provost.
    pub fn open(folder: &Path) -> PortResult<Self> {
        private_folder(folder)?;
        let path = folder.join("provost.db");
        let fail = |error: rusqlite::Error| unavailable("open the store", &path, &error);
        private_file(&path)?;
        let mut connection = Connection::open(&path).map_err(fail)?;
        connection.busy_timeout(BUSY).map_err(fail)?;
        connection.pragma_update(None, "journal_mode", "wal").map_err(fail)?;
        connection.pragma_update(None, "synchronous", "normal").map_err(fail)?;
        schema::migrate(&mut connection, &path)?;
        let liveness = Liveness::open(&folder.join("locks"))?;
        Ok(Self { connection: Mutex::new(connection), path, liveness })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: &rusqlite::Error) -> PortError {
        match error {
            rusqlite::Error::FromSqlConversionFailure(..) => PortError::Damaged {
                what: format!("the store `{}`", self.path.display()),
                why: error.to_string(),
            },
            _ => unavailable("use the store", &self.path, error),
        }
    }

    /// One transaction: all of `work` or nothing.
    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> PortResult<T> {
        let mut connection = self.connection();
        let transact = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        let result: rusqlite::Result<T> = transact();
        result.map_err(|error| self.failed(&error))
    }

    fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> PortResult<Vec<T>> {
        let connection = self.connection();
        let query = || connection.prepare_cached(sql)?.query_map(params, read)?.collect();
        let result: rusqlite::Result<Vec<T>> = query();
        result.map_err(|error| self.failed(&error))
    }

    /// A page of items whose statement has been asked for one more than `limit`.
    fn page<T>(mut rows: Vec<(String, T)>, limit: usize) -> Page<T> {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(|(key, _)| key.clone()) } else { None };
        Page { items: rows.into_iter().map(|(_, item)| item).collect(), next }
    }
}

/// Reads a JSON column.
fn item<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let index = row.as_ref().column_index(column)?;
    let text = row.get_ref(index)?.as_str()?;
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, error.into())
    })
}

/// Writes a JSON column.
fn json<T: serde::Serialize>(item: &T) -> rusqlite::Result<String> {
    serde_json::to_string(item).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// Where a page ended, over several columns whose texts may hold anything.
fn cursor<const N: usize>(row: &Row<'_>) -> rusqlite::Result<String> {
    let mut columns = Vec::with_capacity(N);
    for column in 0..N {
        columns.push(row.get::<_, String>(column)?);
    }
    json(&columns)
}

/// The columns of a cursor; empty texts, which come before all others, where there is none.
fn columns<const N: usize>(after: Option<&str>) -> [String; N] {
    let columns: Option<Vec<String>> = after.and_then(|after| serde_json::from_str(after).ok());
    columns
        .and_then(|columns| columns.try_into().ok())
        .unwrap_or_else(|| std::array::from_fn(|_| String::new()))
}

/// `LIMIT` for a page and one more, to know whether it ends.
fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

/// Notes that something kept until `expires_at` was judged from this evidence.
fn refer<'d>(
    transaction: &Transaction<'_>,
    digests: impl IntoIterator<Item = (&'d Digest, &'d str)>,
    expires_at: Option<Timestamp>,
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO evidence (digest, subject, expires_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (digest) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)",
    )?;
    let expires_at = expires_at.map_or(0, Timestamp::as_millisecond);
    let mut last = None;
    for (digest, subject) in digests {
        // The rules that judged one resource share its evidence.
        if last != Some(digest) {
            statement.execute((digest.to_string(), subject, expires_at))?;
        }
        last = Some(digest);
    }
    Ok(())
}
