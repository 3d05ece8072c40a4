//! The store on DynamoDB: users, scans, locks and runs in one table, the history of verdicts in another.
//!
//! The keys of the records people query are those of the specification: users by `user_name` and
//! `scan_timestamp` (and by the index `scan_timestamp-index`), verdicts by `resource_id` and
//! `evaluation_timestamp`. Beside them lie items of ours, whose partition begins with `#`, which neither an
//! IAM user name nor an account id can contain.
//!
//! The inventory table:
//!
//! | `user_name` | `scan_timestamp` | item |
//! | --- | --- | --- |
//! | `<account>/<name>` | the scan | a snapshot of the user: facts people filter by, and `item`, all of it |
//! | `#scan/<account>/<scan>` | digest of the names | `names` of users the scan saw, up to 1,000 of them |
//! | `#scans` | `<account>` | `latest` and `previous`: the last scans that are over, and whether `complete` |
//! | `#lock/<name>` | `lock` | `execution_id`, `locked_at`, `expires_at`: who holds the lock |
//! | `#run/<execution>` | `run` | the run |
//! | `#open/<job>/<scope>` | `<start>#<execution>` | the run, while it is `running` |
//! | `#ended/<job>` | `<start>#<execution>` | the run, once it is `done` or `incomplete` |
//! | `#pending` | `<found>#<message>` | a message to people that is not sent yet |
//! | `#message/<id>` | `message` | that the message is known, sent or not |
//! | `#told/<scope>` | `told` | the assessment that people have been told about |
//!
//! The history table:
//!
//! | `resource_id` | `evaluation_timestamp` | item |
//! | --- | --- | --- |
//! | the resource | `<time>#<rule>#<account>` | a verdict |
//! | `#execution/<execution>` | `<resource>⇥<rule>⇥<account>` | the same verdict, in the order of reports |
//! | `#call/<digest>` | `call` | the verdicts that bear this `call` are all there |
//!
//! Where there is a history and no inventory, `#lock/`, `#run/`, `#open/` and `#ended/` lie in the history.
//!
//! **Reads are strongly consistent.** A global index never is: it may lag behind the table for a moment or,
//! when it is throttled, for long, and a report made right after a scan would silently lose users. So
//! nothing here reads the index, which is there for people. Instead a scan lists the names of its users
//! (about one write more in a hundred), and a verdict is written a second time under its execution (what an
//! index would cost as well). All verdicts of an execution lie in one partition, which takes about a thousand
//! writes a second, as an index on the execution would.
//!
//! **Retention** is the attribute `ttl`, in seconds since 1970. DynamoDB removes items some time after it,
//! within days; until then they are still read. Locks do not wait for that: their expiry is compared here. Runs
//! (three items each at most, of a few kilobytes) and `#scans` have none and are kept for good, as in every store:
//! the last run of a job must be found however long ago it was.
//!
//! **Large items**: `item` is JSON text, or gzip of it as binary where it is long.

mod attributes;
mod backoff;
mod batch;
mod create;
mod evaluations;
mod keys;
mod locks;
mod outbox;
mod runs;
mod scans;
mod table;
mod users;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use provost_awsapi::Client;
use provost_core::port::Clock;

pub use create::{TableNames, create_tables};
use table::{Layout, Table};

/// The keys of the inventory table.
static INVENTORY: Layout = Layout { partition: "user_name", sort: "scan_timestamp" };

/// The keys of the history table.
static HISTORY: Layout = Layout { partition: "resource_id", sort: "evaluation_timestamp" };

/// Users, locks and runs in the inventory table.
pub struct DynamoStore {
    table: Table,
}

impl DynamoStore {
    /// The store in this table, which is first asked for when something is read or written. The clock is
    /// for waiting when DynamoDB is busy.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { table: Table::new(client, table.into(), &INVENTORY, clock) }
    }

    /// Locks and runs beside the verdicts, in a table with the keys of the history, so that whoever only judges
    /// needs one table. Users are kept by the keys of the inventory alone, and this is none.
    #[must_use]
    pub fn in_history(client: Client, table: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { table: Table::new(client, table.into(), &HISTORY, clock) }
    }
}

/// The history of verdicts in the history table.
pub struct DynamoEvaluations {
    table: Table,
    /// Calls known to be kept whole, so that they are looked up once. What is whole stays whole.
    whole: Mutex<HashSet<String>>,
}

impl DynamoEvaluations {
    /// The history in this table, which is first asked for when something is read or written. The clock is
    /// for waiting when DynamoDB is busy.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { table: Table::new(client, table.into(), &HISTORY, clock), whole: Mutex::default() }
    }
}

/// The operations the two stores call, as (service, operation). Making the tables is not among them.
#[must_use]
pub fn calls() -> Vec<(&'static str, &'static str)> {
    [
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    ]
    .map(|operation| ("dynamodb", operation))
    .into()
}
