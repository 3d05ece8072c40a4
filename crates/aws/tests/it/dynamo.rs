//! The stores on DynamoDB: their contracts on the emulator, and what they do about what it never does.

mod emulated;
mod lock_races;
mod outbox;
mod partial_writes;
mod reading;
mod runs;

use std::sync::Arc;

use jiff::Timestamp;
use provost_aws::dynamo::{DynamoEvaluations, DynamoStore};
use provost_core::model::IamUser;
use provost_core::port::memory::FixedClock;
use provost_testbed::FaultServer;
use serde_json::{Value, json};

use crate::local_client::client;

/// The account everybody here belongs to.
const ACCOUNT: &str = "111122223333";

/// The scan everybody here was seen by.
const SCAN: &str = "2026-11-22T00:00:00.000000000Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn far() -> Timestamp {
    at("2100-01-01T00:00:00Z")
}

/// A clock on which waiting takes no time.
fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at(at("2026-11-22T00:00:00Z")))
}

/// A store in the table `inventory` of this server.
fn store(server: &FaultServer) -> DynamoStore {
    DynamoStore::new(client(&server.url()), "inventory", clock())
}

/// A history in the table `history` of this server.
fn history(server: &FaultServer) -> DynamoEvaluations {
    DynamoEvaluations::new(client(&server.url()), "history", clock())
}

fn user_of(account: &str, name: &str, scan: &str) -> IamUser {
    serde_json::from_value(json!({
        "schema": IamUser::SCHEMA,
        "user_name": format!("{account}/{name}"),
        "scan_timestamp": scan,
        "name": name,
        "account": account,
        "user_id": "AIDAEXAMPLE",
        "arn": format!("arn:aws:iam::{account}:user/{name}"),
        "create_date": "2020-01-01T00:00:00Z",
        "password_last_used": "no-password",
        "console_access": false,
        "mfa": null,
        "access_keys": [{ "active": true, "last_rotated": null, "last_used": null }],
        "groups": ["staff"],
        "attached_policies": null,
        "inline_policies": [],
        "tags": { "secret-of-the-user": "content" },
        "evidence": [],
    }))
    .unwrap()
}

fn user(name: &str) -> IamUser {
    user_of(ACCOUNT, name, SCAN)
}

/// `user-000`, `user-001`, ...
fn users(count: usize) -> Vec<IamUser> {
    (0..count).map(|number| user(&format!("user-{number:03}"))).collect()
}

/// The items a `BatchWriteItem` request puts into a table.
fn batch(request: &Value, table: &str) -> Vec<Value> {
    let requests = request["RequestItems"][table].as_array().unwrap();
    requests.iter().map(|request| request["PutRequest"]["Item"].clone()).collect()
}

/// The answer of `BatchWriteItem` that leaves these items unprocessed. It names the table by its ARN, as it may.
fn left_over(items: &[Value]) -> Value {
    let items: Vec<Value> = items.iter().map(|item| json!({ "PutRequest": { "Item": item } })).collect();
    if items.is_empty() {
        return json!({ "UnprocessedItems": {} });
    }
    let table = "arn:aws:dynamodb:eu-central-1:111122223333:table/inventory";
    json!({ "UnprocessedItems": { table: items } })
}
