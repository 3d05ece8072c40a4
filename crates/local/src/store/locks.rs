//! [`Locks`] over SQLite, where the dead hold nothing.

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::port::{Acquired, Lock, Locks, PortResult};
use rusqlite::OptionalExtension as _;

use super::SqliteStore;

#[async_trait]
impl Locks for SqliteStore {
    async fn acquire(&self, wanted: &Lock, now: Timestamp) -> PortResult<Acquired> {
        // Shown to be alive before the lock is ours: nobody may find a living holder dead.
        self.liveness.begin(&wanted.name, &wanted.holder)?;
        let acquired = self.write(|transaction| {
            let held: Option<(String, String)> = transaction
                .query_row("SELECT holder, expires_at FROM locks WHERE name = ?1", [&wanted.name], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            if let Some((holder, expires_at)) = held {
                // An expiry that cannot be read never holds anybody up.
                let expires_at = expires_at.parse().unwrap_or(Timestamp::MIN);
                let free = holder == wanted.holder
                    || expires_at <= now
                    || self.liveness.is_dead(&wanted.name, &holder);
                if !free {
                    return Ok(Acquired::Held(Lock { name: wanted.name.clone(), holder, expires_at }));
                }
                if holder != wanted.holder {
                    self.liveness.bury(&wanted.name, &holder);
                }
            }
            transaction.execute(
                "INSERT OR REPLACE INTO locks (name, holder, expires_at) VALUES (?1, ?2, ?3)",
                (&wanted.name, &wanted.holder, wanted.expires_at.to_string()),
            )?;
            Ok(Acquired::Yes)
        })?;
        if acquired != Acquired::Yes {
            self.liveness.end(&wanted.name, &wanted.holder);
        }
        Ok(acquired)
    }

    async fn release(&self, name: &str, holder: &str) -> PortResult<()> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM locks WHERE name = ?1 AND holder = ?2", (name, holder))?;
            Ok(())
        })?;
        self.liveness.end(name, holder);
        Ok(())
    }
}
