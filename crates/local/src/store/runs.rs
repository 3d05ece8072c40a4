//! [`Runs`] over SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::model::{JobName, Run};
use provost_core::port::{Page, PortError, PortResult, Runs};

use super::{SqliteStore, item, json, one_more};

impl SqliteStore {
    fn runs(&self, sql: &str, params: impl rusqlite::Params) -> PortResult<Vec<Run>> {
        let runs: Vec<Run> = self.rows(sql, params, |row| item(row, "item"))?;
        match runs.iter().find(|run| run.schema > Run::SCHEMA) {
            Some(newer) => Err(PortError::Newer {
                what: format!("run {}", newer.execution_id),
                found: newer.schema,
                known: Run::SCHEMA,
            }),
            None => Ok(runs),
        }
    }
}

#[async_trait]
impl Runs for SqliteStore {
    async fn put(&self, run: &Run) -> PortResult<()> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO runs (execution_id, job, scope, status, started_at, item)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (
                    &run.execution_id,
                    run.job.as_str(),
                    &run.scope,
                    run.status.as_str(),
                    run.started_at.as_microsecond(),
                    json(run)?,
                ),
            )?;
            Ok(())
        })
    }

    async fn get(&self, execution_id: &str) -> PortResult<Option<Run>> {
        Ok(self.runs("SELECT item FROM runs WHERE execution_id = ?1", [execution_id])?.pop())
    }

    async fn unfinished(&self, job: JobName, scope: &str) -> PortResult<Vec<Run>> {
        let sql =
            "SELECT item FROM runs WHERE job = ?1 AND scope = ?2 AND status = 'running' ORDER BY started_at";
        self.runs(sql, (job.as_str(), scope))
    }

    async fn latest(&self, job: JobName) -> PortResult<Option<Run>> {
        let sql = "SELECT item FROM runs WHERE job = ?1 AND status IN ('done', 'incomplete')
                   ORDER BY started_at DESC LIMIT 1";
        Ok(self.runs(sql, [job.as_str()])?.pop())
    }

    async fn ended(
        &self,
        job: JobName,
        until: Timestamp,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Run>> {
        // The cursor is the id of the last run; what it is after stands in its row.
        let sql =
            "SELECT item FROM runs WHERE job = ?1 AND status IN ('done', 'incomplete') AND started_at <= ?2
                   AND (?3 IS NULL OR (started_at, execution_id) <
                        (SELECT started_at, execution_id FROM runs WHERE execution_id = ?3))
                   ORDER BY started_at DESC, execution_id DESC LIMIT ?4";
        let mut runs = self.runs(sql, (job.as_str(), until.as_microsecond(), after, one_more(limit)))?;
        let more = runs.len() > limit;
        runs.truncate(limit);
        let next = runs.last().filter(|_| more).map(|run| run.execution_id.clone());
        Ok(Page { items: runs, next })
    }
}
