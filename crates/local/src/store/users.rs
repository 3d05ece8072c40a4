//! [`Users`] over SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::model::{AccountId, IamUser};
use provost_core::port::{Page, PortResult, Users};

use super::{SqliteStore, item, json, one_more, refer};

#[async_trait]
impl Users for SqliteStore {
    async fn put(&self, users: &[IamUser], expires_at: Timestamp) -> PortResult<()> {
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
            Ok(())
        })
    }

    async fn scanned(&self, account: &AccountId, scan_timestamp: &str) -> PortResult<()> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO scans (account, scan_timestamp) VALUES (?1, ?2)
                 ON CONFLICT (account) DO UPDATE SET scan_timestamp = max(scan_timestamp, excluded.scan_timestamp)",
                (account.as_str(), scan_timestamp),
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

    async fn history(&self, user_name: &str) -> PortResult<Vec<IamUser>> {
        let sql = "SELECT item FROM users WHERE user_name = ?1 ORDER BY scan_timestamp";
        self.rows(sql, [user_name], |row| item(row, "item"))
    }
}
