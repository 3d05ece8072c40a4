//! Writing many items: 25 at once, what was not taken again, and what cannot be taken by itself.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use provost_awsapi::Error;
use provost_core::port::{PortError, PortResult};
use serde_json::{Map, Value, json};

use super::attributes::Item;
use super::backoff::Patience;
use super::table::{Key, Table, is_other_layout, is_refused};

/// How many items one `BatchWriteItem` takes.
const WRITE_AT_ONCE: usize = 25;

/// How many batches are under way side by side.
const SIDE_BY_SIDE: usize = 8;

/// An item that could not be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// Its key.
    pub(super) key: Key,
    /// What DynamoDB said. It holds nothing of the item.
    pub(super) why: String,
}

/// Items by their keys: a request must not name a key twice.
pub(super) type Items = BTreeMap<Key, Item>;

impl Table {
    /// Puts items; those that could not be written are returned, and do not stop the others.
    ///
    /// # Errors
    /// When none can be written at all: no such table, no permission, no credentials.
    pub(super) async fn write(&self, what: &str, items: Items) -> PortResult<Vec<Refused>> {
        let patience = Patience::default();
        let mut items = items.into_iter();
        let mut batches = Vec::new();
        loop {
            let batch: Items = items.by_ref().take(WRITE_AT_ONCE).collect();
            if batch.is_empty() {
                break;
            }
            batches.push(self.write_batch(what, batch, &patience));
        }
        let batches = stream::iter(batches).buffered(SIDE_BY_SIDE);
        let written: Vec<Vec<Refused>> = batches.try_collect().await?;
        Ok(written.into_iter().flatten().collect())
    }

    async fn write_batch(
        &self,
        what: &str,
        mut left: Items,
        patience: &Patience,
    ) -> PortResult<Vec<Refused>> {
        let mut tries = 0;
        loop {
            let requests: Vec<Value> =
                left.values().map(|item| json!({ "PutRequest": { "Item": item } })).collect();
            let requests = Map::from_iter([(self.name.clone(), Value::from(requests))]);
            let why = match self.call("BatchWriteItem", json!({ "RequestItems": requests })).await {
                Ok(reply) => {
                    let before = left.len();
                    let unprocessed = self.unprocessed(&reply, &left);
                    let why = match unprocessed {
                        Some(_) => "DynamoDB is too busy and left it unprocessed",
                        None => "DynamoDB's answer does not say which items it left unprocessed",
                    };
                    // Writing an item again changes nothing; taking one for written loses it.
                    left.retain(|key, _| unprocessed.as_ref().is_none_or(|keys| keys.contains(key)));
                    if left.is_empty() {
                        patience.succeeded();
                        return Ok(Vec::new());
                    }
                    if left.len() < before {
                        patience.succeeded();
                        tries = 0;
                    }
                    why.to_owned()
                }
                // One item that cannot be written spoils its batch.
                Err(error) if is_refused(&error) && !is_other_layout(&error) => {
                    return self.write_singly(what, left, patience).await;
                }
                Err(error) if error.is_retryable() => said(&error),
                Err(error) => return Err(self.failed(what, &error)),
            };
            tries += 1;
            if !patience.wait(tries, self.clock.as_ref()).await {
                return Ok(left.into_keys().map(|key| Refused { key, why: why.clone() }).collect());
            }
        }
    }

    async fn write_singly(&self, what: &str, items: Items, patience: &Patience) -> PortResult<Vec<Refused>> {
        let mut refused = Vec::new();
        'items: for (key, item) in items {
            let mut tries = 0;
            loop {
                match self.call("PutItem", json!({ "TableName": self.name, "Item": item })).await {
                    Ok(_) => {
                        patience.succeeded();
                        continue 'items;
                    }
                    Err(error) if is_refused(&error) && !is_other_layout(&error) => {
                        refused.push(Refused { key, why: said(&error) });
                        continue 'items;
                    }
                    Err(error) if error.is_retryable() => {
                        tries += 1;
                        if !patience.wait(tries, self.clock.as_ref()).await {
                            refused.push(Refused { key, why: said(&error) });
                            continue 'items;
                        }
                    }
                    Err(error) => return Err(self.failed(what, &error)),
                }
            }
        }
        Ok(refused)
    }

    /// Puts items all of which are needed.
    pub(super) async fn write_all(&self, what: &str, items: Items) -> PortResult<()> {
        match self.write(what, items).await?.into_iter().next() {
            None => Ok(()),
            Some(Refused { key: (partition, _), why }) => {
                Err(PortError::Unavailable { what: format!("{} `{partition}`", self.doing(what)), why })
            }
        }
    }

    /// The keys of the items a reply says were not written; nothing, if it names one that was not sent or that
    /// we cannot read: then any may be meant.
    fn unprocessed(&self, reply: &Value, sent: &Items) -> Option<BTreeSet<Key>> {
        let tables = match reply.get("UnprocessedItems") {
            None | Some(Value::Null) => return Some(BTreeSet::new()),
            Some(tables) => tables.as_object()?,
        };
        let mut keys = BTreeSet::new();
        for requests in tables.values() {
            for request in requests.as_array()? {
                let item = request.get("PutRequest")?.get("Item")?.as_object()?;
                keys.insert(self.key_of(item).filter(|key| sent.contains_key(key))?);
            }
        }
        Some(keys)
    }
}

/// AWS's words without the request's.
fn said(error: &Error) -> String {
    match error.code() {
        Some(code) => format!("{code}: {}", error.message()),
        None => error.message(),
    }
}
