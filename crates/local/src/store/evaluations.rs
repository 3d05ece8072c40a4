//! [`Evaluations`] over SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::model::Evaluation;
use provost_core::port::{Evaluations, Page, PortResult};

use super::{SqliteStore, columns, cursor, item, json, one_more, refer};

#[async_trait]
impl Evaluations for SqliteStore {
    async fn put(&self, evaluations: &[Evaluation], expires_at: Timestamp) -> PortResult<()> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT OR REPLACE INTO evaluations
                   (resource_id, evaluation_timestamp, account, execution_id, rule, verdict, expires_at, item)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            let mut last: &[_] = &[];
            for evaluation in evaluations {
                statement.execute((
                    &evaluation.resource_id,
                    &evaluation.evaluation_timestamp,
                    evaluation.account.as_str(),
                    &evaluation.execution_id,
                    &evaluation.rule.id,
                    &evaluation.verdict,
                    expires_at.as_millisecond(),
                    json(evaluation)?,
                ))?;
                // The rules that judged one resource share its evidence.
                if last != evaluation.evidence {
                    let subject = evaluation.resource_id.as_str();
                    refer(
                        transaction,
                        evaluation.evidence.iter().map(|digest| (digest, subject)),
                        Some(expires_at),
                    )?;
                    last = &evaluation.evidence;
                }
            }
            Ok(())
        })
    }

    async fn of_execution(
        &self,
        execution_id: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Evaluation>> {
        let [resource, rule, account] = columns(after);
        let sql = "SELECT resource_id, rule, account, item FROM evaluations
                   WHERE execution_id = ?1 AND (resource_id, rule, account) > (?2, ?3, ?4)
                   ORDER BY resource_id, rule, account LIMIT ?5";
        let rows = self.rows(sql, (execution_id, resource, rule, account, one_more(limit)), |row| {
            Ok((cursor::<3>(row)?, item(row, "item")?))
        })?;
        Ok(Self::page(rows, limit))
    }

    async fn history(
        &self,
        resource_id: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Evaluation>> {
        let [time, account] = columns(after);
        let sql = "SELECT evaluation_timestamp, account, item FROM evaluations
                   WHERE resource_id = ?1 AND (evaluation_timestamp, account) > (?2, ?3)
                   ORDER BY evaluation_timestamp, account LIMIT ?4";
        let rows = self.rows(sql, (resource_id, time, account, one_more(limit)), |row| {
            Ok((cursor::<2>(row)?, item(row, "item")?))
        })?;
        Ok(Self::page(rows, limit))
    }
}
