//! The tables, and how older stores become current ones.

use std::path::Path;

use provost_core::port::{PortError, PortResult};
use rusqlite::{Connection, TransactionBehavior};

use crate::unavailable;

/// Each step takes a store from one version to the next. Steps are never changed once released.
const STEPS: [&str; 4] = [
    "
CREATE TABLE resources (
    id            TEXT NOT NULL,
    account       TEXT NOT NULL,
    execution_id  TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    digest        TEXT NOT NULL,
    item          TEXT NOT NULL,
    PRIMARY KEY (id, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    user_name      TEXT NOT NULL,
    scan_timestamp TEXT NOT NULL,
    account        TEXT NOT NULL,
    expires_at     INTEGER NOT NULL,
    item           TEXT NOT NULL,
    PRIMARY KEY (user_name, scan_timestamp)
) STRICT, WITHOUT ROWID;

CREATE TABLE scans (
    account        TEXT NOT NULL PRIMARY KEY,
    scan_timestamp TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE evaluations (
    resource_id          TEXT NOT NULL,
    evaluation_timestamp TEXT NOT NULL,
    account              TEXT NOT NULL,
    execution_id         TEXT NOT NULL,
    rule                 TEXT NOT NULL,
    verdict              TEXT NOT NULL,
    expires_at           INTEGER NOT NULL,
    item                 TEXT NOT NULL,
    PRIMARY KEY (resource_id, evaluation_timestamp, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX evaluations_by_execution ON evaluations (execution_id, resource_id, rule, account);
CREATE INDEX evaluations_by_expiry ON evaluations (expires_at);

CREATE TABLE violations (
    id         TEXT NOT NULL PRIMARY KEY,
    event_time TEXT NOT NULL,
    seen_by    TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    item       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX violations_by_time ON violations (event_time, id);

CREATE TABLE waivers (
    id   TEXT NOT NULL PRIMARY KEY,
    item TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    execution_id TEXT NOT NULL PRIMARY KEY,
    job          TEXT NOT NULL,
    scope        TEXT NOT NULL,
    status       TEXT NOT NULL,
    started_at   INTEGER NOT NULL,
    item         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE locks (
    name       TEXT NOT NULL PRIMARY KEY,
    holder     TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (
    digest     TEXT NOT NULL PRIMARY KEY,
    subject    TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
",
    // Violations say why they are there (schema 2 of the item). Older ones stay as they are, and a build that
    // does not know the member refuses the store instead of dropping it.
    "",
    // What changed since the last scan: the one before it is remembered. Users have schema 2 from here on.
    "
ALTER TABLE scans ADD COLUMN complete INTEGER NOT NULL DEFAULT 0;
ALTER TABLE scans ADD COLUMN previous_timestamp TEXT;
ALTER TABLE scans ADD COLUMN previous_complete INTEGER NOT NULL DEFAULT 0;
CREATE INDEX users_by_scan ON users (account, scan_timestamp, user_name);
",
    // Messages to people until they are sent, and what has been told. What was sent keeps its id alone.
    "
CREATE TABLE outbox (
    id         TEXT NOT NULL PRIMARY KEY,
    found_at   TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    item       TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE told (
    scope TEXT NOT NULL PRIMARY KEY,
    item  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
",
];

/// Brings a store to the current version. A newer one is refused.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> PortResult<()> {
    let fail = |error: rusqlite::Error| unavailable("migrate the store", path, &error);
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    // The version is read under the write lock: two processes may open a new store at once.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(fail)?;
    if found > known {
        return Err(PortError::Newer { what: format!("the store `{}`", path.display()), found, known });
    }
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        transaction.execute_batch(step).map_err(fail)?;
    }
    if found < known {
        transaction.pragma_update(None, "user_version", known).map_err(fail)?;
    }
    transaction.commit().map_err(fail)
}
