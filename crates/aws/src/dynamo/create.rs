//! Making the two tables, for tests and for a first try. A deployment makes its own.

use std::time::Duration;

use provost_awsapi::{Client, Error};
use provost_core::port::{Clock, PortError, PortResult};
use serde_json::{Value, json};

use super::attributes::TTL;
use super::table::Layout;
use super::{HISTORY, INVENTORY};

/// How long between two looks at a table that is being made.
const PAUSE: Duration = Duration::from_secs(1);

/// How many looks are taken: two minutes.
const MOST_LOOKS: u32 = 120;

/// The names of the two tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableNames {
    /// Users, scans, locks and runs.
    pub inventory: String,
    /// The history of verdicts.
    pub history: String,
}

/// Makes the two tables where they are not there yet, with their keys, the index of the inventory and their
/// `ttl`, paid by request, and waits until they can be used. A table that is there is taken as it is.
///
/// Needs `dynamodb:CreateTable`, `DescribeTable`, `DescribeTimeToLive` and `UpdateTimeToLive`, which nothing
/// else here does.
///
/// # Errors
/// When a table cannot be made or is not ready in two minutes.
pub async fn create_tables(client: &Client, names: &TableNames, clock: &dyn Clock) -> PortResult<()> {
    let index = json!([{
        "IndexName": "scan_timestamp-index",
        "KeySchema": [
            { "AttributeName": INVENTORY.sort, "KeyType": "HASH" },
            { "AttributeName": INVENTORY.partition, "KeyType": "RANGE" },
        ],
        "Projection": { "ProjectionType": "ALL" },
    }]);
    create(client, &names.inventory, &INVENTORY, Some(index), clock).await?;
    create(client, &names.history, &HISTORY, None, clock).await
}

async fn create(
    client: &Client,
    name: &str,
    layout: &Layout,
    indexes: Option<Value>,
    clock: &dyn Clock,
) -> PortResult<()> {
    let what = format!("make the table `{name}`");
    let failed = |error: Error| PortError::Unavailable { what: what.clone(), why: error.to_string() };
    let call = async |operation: &str, input: Value| {
        client.call(&provost_awsapi::Call::new("dynamodb", operation, input)).await.map(|reply| reply.value)
    };
    let mut input = json!({
        "TableName": name,
        "AttributeDefinitions": [
            { "AttributeName": layout.partition, "AttributeType": "S" },
            { "AttributeName": layout.sort, "AttributeType": "S" },
        ],
        "KeySchema": [
            { "AttributeName": layout.partition, "KeyType": "HASH" },
            { "AttributeName": layout.sort, "KeyType": "RANGE" },
        ],
        "BillingMode": "PAY_PER_REQUEST",
    });
    if let (Some(input), Some(indexes)) = (input.as_object_mut(), indexes) {
        input.insert("GlobalSecondaryIndexes".to_owned(), indexes);
    }
    match call("CreateTable", input).await {
        Err(error) if error.code() != Some("ResourceInUseException") => return Err(failed(error)),
        Ok(_) | Err(_) => {}
    }
    let table = json!({ "TableName": name });
    for look in 0.. {
        let described = call("DescribeTable", table.clone()).await.map_err(failed)?;
        if described.pointer("/Table/TableStatus").and_then(Value::as_str) == Some("ACTIVE") {
            break;
        }
        if look >= MOST_LOOKS {
            return Err(PortError::Unavailable { what, why: "it is not ready after two minutes".to_owned() });
        }
        clock.sleep(PAUSE).await;
    }
    let expiry = call("DescribeTimeToLive", table).await.map_err(failed)?;
    let expiry = expiry.pointer("/TimeToLiveDescription/TimeToLiveStatus").and_then(Value::as_str);
    if !matches!(expiry, Some("ENABLED" | "ENABLING")) {
        let enabled = json!({ "Enabled": true, "AttributeName": TTL });
        let input = json!({ "TableName": name, "TimeToLiveSpecification": enabled });
        call("UpdateTimeToLive", input).await.map_err(failed)?;
    }
    Ok(())
}
