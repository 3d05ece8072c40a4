//! [`Users`] over SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::model::{AccountId, IamUser};
use provost_core::port::{Page, PortResult, Scan, Scanned, Unwritten, Users};

use super::{SqliteStore, item, json, one_more, refer};

#[async_trait]
impl Users for SqliteStore {
    async fn put(&self, users: &[IamUser], expires_at: Timestamp) -> PortResult<Vec<Unwritten>> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT OR REPLACE INTO users (user_name, scan_timestamp, account, expires_at, item)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for user in users {
                let expiry = expires_at.as_millisecond();
                statement.execute((
                    &user.user_name,
                    &user.scan_timestamp,
                    user.account.as_str(),
                    expiry,
                    json(user)?,
                ))?;
                refer(
                    transaction,
                    user.evidence.iter().map(|digest| (digest, user.arn.as_str())),
                    Some(expires_at),
                )?;
            }
            Ok(Vec::new())
        })
    }

    async fn scanned(&self, account: &AccountId, scan_timestamp: &str, complete: bool) -> PortResult<()> {
        self.write(|transaction| {
            // On the right of SET, columns are as they were before.
            transaction.execute(
                "INSERT INTO scans (account, scan_timestamp, complete) VALUES (?1, ?2, ?3)
                 ON CONFLICT (account) DO UPDATE
                 SET previous_timestamp = iif(excluded.scan_timestamp > scan_timestamp,
                                              scan_timestamp, previous_timestamp),
                     previous_complete = iif(excluded.scan_timestamp > scan_timestamp,
                                             complete, previous_complete),
                     scan_timestamp = excluded.scan_timestamp, complete = excluded.complete
                 WHERE excluded.scan_timestamp >= scan_timestamp",
                (account.as_str(), scan_timestamp, complete),
            )?;
            Ok(())
        })
    }

    async fn latest(&self, after: Option<&str>, limit: usize) -> PortResult<Page<IamUser>> {
        let sql = "SELECT user_name, item FROM users AS user
                   WHERE user_name > ?1 AND scan_timestamp =
                     (SELECT scan.scan_timestamp FROM scans AS scan WHERE scan.account = user.account)
                   ORDER BY user_name LIMIT ?2";
        let rows = self.rows(sql, (after.unwrap_or_default(), one_more(limit)), |row| {
            Ok((row.get(0)?, item(row, "item")?))
        })?;
        Ok(Self::page(rows, limit))
    }

    async fn scans(&self) -> PortResult<Vec<Scan>> {
        let sql = "SELECT account, scan_timestamp, complete, previous_timestamp, previous_complete
                   FROM scans ORDER BY account";
        self.rows(sql, [], |row| {
            let account = AccountId::parse(row.get_ref(0)?.as_str()?).map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
            })?;
            let latest = Scanned { timestamp: row.get(1)?, complete: row.get(2)? };
            let previous: Option<String> = row.get(3)?;
            let complete = row.get(4)?;
            let previous = previous.map(|timestamp| Scanned { timestamp, complete });
            Ok(Scan { account, latest, previous })
        })
    }

    async fn of_scan(
        &self,
        account: &AccountId,
        scan_timestamp: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<IamUser>> {
        let sql = "SELECT user_name, item FROM users
                   WHERE account = ?1 AND scan_timestamp = ?2 AND user_name > ?3
                   ORDER BY user_name LIMIT ?4";
        let values = (account.as_str(), scan_timestamp, after.unwrap_or_default(), one_more(limit));
        let rows = self.rows(sql, values, |row| Ok((row.get(0)?, item(row, "item")?)))?;
        Ok(Self::page(rows, limit))
    }

    async fn history(&self, user_name: &str) -> PortResult<Vec<IamUser>> {
        let sql = "SELECT item FROM users WHERE user_name = ?1 ORDER BY scan_timestamp";
        self.rows(sql, [user_name], |row| item(row, "item"))
    }
}
