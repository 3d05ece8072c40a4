//! [`Resources`] over SQLite.

use std::collections::BTreeMap;

use async_trait::async_trait;
use provost_core::model::{Digest, PLACEHOLDER, Resource};
use provost_core::port::{Page, PortResult, Resources, Swept};

use super::{SqliteStore, columns, cursor, item, json, one_more, refer};

impl SqliteStore {
    /// How many resources of each type there are; what stands for a list that could not be read is none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn census(&self) -> PortResult<BTreeMap<String, u64>> {
        let sql = "SELECT resource_type, count(*) FROM resources WHERE id NOT LIKE ?1 || '%' GROUP BY resource_type";
        let rows =
            self.rows(sql, (PLACEHOLDER,), |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(rows.into_iter().collect())
    }
}

#[async_trait]
impl Resources for SqliteStore {
    async fn put(&self, execution_id: &str, resources: &[Resource]) -> PortResult<()> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT OR REPLACE INTO resources (id, execution_id, account, resource_type, digest, item)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for resource in resources {
                let text = json(resource)?;
                let digest = Digest::of(text.as_bytes()).to_string();
                let (account, kind) = (resource.account.as_str(), &resource.resource_type);
                statement.execute((&resource.id, execution_id, account, kind, digest, text))?;
                refer(
                    transaction,
                    resource.evidence.iter().map(|digest| (digest, resource.id.as_str())),
                    None,
                )?;
            }
            Ok(())
        })
    }

    async fn sweep(&self, execution_id: &str, places: &[Swept], types: &[&str]) -> PortResult<u64> {
        self.write(|transaction| {
            // The region stands in the item: a column of its own would serve this alone.
            let mut statement = transaction.prepare_cached(
                "DELETE FROM resources WHERE account = ?1 AND execution_id <> ?2
                 AND (?3 = '[]' OR resource_type IN (SELECT value FROM json_each(?3)))
                 AND (?4 IS NULL OR item ->> '$.region' IN (SELECT value FROM json_each(?4)))",
            )?;
            let types = json(&types)?;
            let mut gone = 0;
            for place in places {
                let regions = place.regions.as_ref().map(json).transpose()?;
                gone += statement.execute((place.account.as_str(), execution_id, &types, regions))? as u64;
            }
            Ok(gone)
        })
    }

    async fn page(&self, after: Option<&str>, limit: usize) -> PortResult<Page<Resource>> {
        let [id, account] = columns(after);
        let sql = "SELECT id, account, item FROM resources WHERE (id, account) > (?1, ?2)
                   ORDER BY id, account LIMIT ?3";
        let rows = self
            .rows(sql, (id, account, one_more(limit)), |row| Ok((cursor::<2>(row)?, item(row, "item")?)))?;
        Ok(Self::page(rows, limit))
    }

    async fn fingerprint(&self) -> PortResult<(u64, Digest)> {
        let connection = self.connection();
        // Row by row: an estate may be large.
        let query = || {
            let mut statement =
                connection.prepare_cached("SELECT digest FROM resources ORDER BY id, account")?;
            let (mut count, mut failed) = (0, None);
            let rows = statement.query_map((), |row| row.get::<_, String>(0))?;
            let digest = Digest::of_parts(rows.map_while(|row| {
                count += 1;
                row.map_err(|error| failed = Some(error)).ok()
            }));
            failed.map_or(Ok((count, digest)), Err)
        };
        query().map_err(|error| self.failed(&error))
    }
}
