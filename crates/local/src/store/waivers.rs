//! [`Waivers`] over SQLite.

use async_trait::async_trait;
use provost_core::port::{PortResult, Waivers};
use provost_core::waiver::Waiver;

use super::{SqliteStore, item, json};

#[async_trait]
impl Waivers for SqliteStore {
    async fn put(&self, waivers: &[Waiver]) -> PortResult<()> {
        self.write(|transaction| {
            let mut statement =
                transaction.prepare_cached("INSERT OR REPLACE INTO waivers (id, item) VALUES (?1, ?2)")?;
            for waiver in waivers {
                statement.execute((&waiver.id, json(waiver)?))?;
            }
            Ok(())
        })
    }

    async fn list(&self) -> PortResult<Vec<Waiver>> {
        self.rows("SELECT item FROM waivers ORDER BY id", (), |row| item(row, "item"))
    }
}
