//! [`Runs`] over the inventory table: each run once by its id, and once in the list it belongs to.

use async_trait::async_trait;
use jiff::Timestamp;
use provost_awsapi::ErrorKind;
use provost_core::model::{JobName, Run, RunStatus, rfc3339_nanos};
use provost_core::port::{Page, PortResult, Runs};
use serde_json::{Value, json};

use super::DynamoStore;
use super::attributes::{Item, WHOLE, read, text, whole};
use super::backoff::Patience;
use super::keys;
use super::table::Find;

/// The sort key of every run under its own id.
const SORT: &str = "run";

/// The partition of the runs of a job on a scope that are still running.
fn open(job: JobName, scope: &str) -> String {
    keys::ours("open", &format!("{job}/{scope}"))
}

/// The partition of the runs of a job that ended `done` or `incomplete`.
fn ended(job: JobName) -> String {
    keys::ours("ended", job.as_str())
}

#[async_trait]
impl Runs for DynamoStore {
    /// One transaction, so that a run is never in the wrong list. The job, the scope and the start of a run
    /// never change; they say where in the lists it is.
    async fn put(&self, run: &Run) -> PortResult<()> {
        let start = keys::sort(format!("{}#{}", rfc3339_nanos(run.started_at), run.execution_id));
        let (is_open, is_ended) = match run.status {
            RunStatus::Running => (true, false),
            RunStatus::Done | RunStatus::Incomplete => (false, true),
            RunStatus::Failed | RunStatus::Abandoned => (false, false),
        };
        let whole = whole(run)?;
        let put = |partition: &str, sort: &str| {
            let mut item = self.table.key(partition, sort);
            item.insert("execution_id".to_owned(), text(&run.execution_id));
            item.insert("job".to_owned(), text(run.job.as_str()));
            item.insert("status".to_owned(), text(run.status.as_str()));
            item.insert(WHOLE.to_owned(), whole.clone());
            json!({ "Put": { "TableName": self.table.name, "Item": item } })
        };
        let delete = |partition: &str, sort: &str| {
            let key = self.table.key(partition, sort);
            json!({ "Delete": { "TableName": self.table.name, "Key": key } })
        };
        let list = |partition: &str, is_in: bool| match is_in {
            true => put(partition, &start),
            false => delete(partition, &start),
        };
        let steps = [
            put(&keys::ours("run", &run.execution_id), SORT),
            list(&open(run.job, &run.scope), is_open),
            list(&ended(run.job), is_ended),
        ];
        let input = json!({ "TransactItems": steps });
        let patience = Patience::default();
        let mut tries = 0;
        loop {
            let error = match self.table.call("TransactWriteItems", input.clone()).await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            tries += 1;
            let again = is_in_the_way(&error.kind) && patience.wait(tries, self.table.clock.as_ref()).await;
            if !again {
                return Err(self.table.failed("keep a run", &error));
            }
        }
    }

    async fn get(&self, execution_id: &str) -> PortResult<Option<Run>> {
        let item = self.table.get("read a run", &keys::ours("run", execution_id), SORT).await?;
        item.map(|item| self.run(&item)).transpose()
    }

    async fn unfinished(&self, job: JobName, scope: &str) -> PortResult<Vec<Run>> {
        let items = self.table.find("read unfinished runs", Find::all(&open(job, scope))).await?;
        items.iter().map(|item| self.run(item)).collect()
    }

    async fn latest(&self, job: JobName) -> PortResult<Option<Run>> {
        let partition = ended(job);
        let find = Find { newest_first: true, most: 1, ..Find::all(&partition) };
        let items = self.table.find("read the latest run", find).await?;
        items.first().map(|item| self.run(item)).transpose()
    }

    async fn ended(
        &self,
        job: JobName,
        until: Timestamp,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Run>> {
        let partition = ended(job);
        // `$` comes right behind the `#` that follows the time: every run that began then is before it.
        let bound = keys::sort(format!("{}$", rfc3339_nanos(until)));
        let most = limit.saturating_add(1);
        let find =
            Find { after: Some(after.unwrap_or(&bound)), newest_first: true, most, ..Find::all(&partition) };
        let mut items = self.table.find("read earlier runs", find).await?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|item| self.table.sort_of(item).to_owned());
        let items = items.iter().map(|item| self.run(item)).collect::<PortResult<_>>()?;
        Ok(Page { items, next })
    }
}

impl DynamoStore {
    fn run(&self, item: &Item) -> PortResult<Run> {
        read(item, Run::SCHEMA, || {
            let key = self.table.key_of(item).map(|(partition, _)| partition).unwrap_or_default();
            self.table.doing(&format!("the run `{key}`"))
        })
    }
}

/// Whether a transaction was given up only because another one, or too many others, were under way.
pub(super) fn is_in_the_way(kind: &ErrorKind) -> bool {
    let ErrorKind::Service { code, message, fields, .. } = kind else { return false };
    let passing = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    match code.as_str() {
        "TransactionConflictException" | "TransactionInProgressException" => true,
        "TransactionCanceledException" => {
            let reasons = fields.get("CancellationReasons").and_then(Value::as_array);
            let reasons = reasons.into_iter().flatten().filter_map(|reason| reason.get("Code")?.as_str());
            let mut real = reasons.filter(|code| *code != "None").peekable();
            match real.peek() {
                Some(_) => real.all(|code| passing.contains(&code)),
                None => passing.iter().any(|code| message.contains(code)),
            }
        }
        _ => false,
    }
}
