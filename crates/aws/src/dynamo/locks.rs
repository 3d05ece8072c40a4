//! [`Locks`] as conditional writes: DynamoDB lets exactly one of several writers through.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use provost_awsapi::ErrorKind;
use provost_core::model::rfc3339_nanos;
use provost_core::port::{Acquired, Lock, Locks, PortError, PortResult};
use serde_json::{Value, json};

use super::DynamoStore;
use super::attributes::{Item, TTL, text, text_of, ttl};
use super::keys;
use super::table::NOT_MET;

/// The sort key of every lock.
const SORT: &str = "lock";

/// How long after its expiry DynamoDB may remove a lock. It goes by its own clock: were it ahead of ours, a lock
/// that still holds would be gone.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How often a lock that turns out to be free after all is tried again.
const MOST_TRIES: u32 = 5;

/// Free, ours, or stale. A lock that does not say when it ends never holds anybody up.
const FREE: &str = "attribute_not_exists(#partition) OR #holder = :holder \
                    OR attribute_not_exists(#expires) OR #expires <= :now";

#[async_trait]
impl Locks for DynamoStore {
    async fn acquire(&self, wanted: &Lock, now: Timestamp) -> PortResult<Acquired> {
        let what = "take the lock";
        let partition = keys::ours("lock", &wanted.name);
        let mut item = self.table.key(&partition, SORT);
        item.insert("execution_id".to_owned(), text(&wanted.holder));
        item.insert("locked_at".to_owned(), text(&rfc3339_nanos(now)));
        item.insert("expires_at".to_owned(), text(&rfc3339_nanos(wanted.expires_at)));
        item.insert(TTL.to_owned(), ttl(wanted.expires_at.saturating_add(KEPT).unwrap_or(Timestamp::MAX)));
        let input = json!({
            "TableName": self.table.name,
            "Item": item,
            "ConditionExpression": FREE,
            "ExpressionAttributeNames": {
                "#partition": self.table.layout.partition,
                "#holder": "execution_id",
                "#expires": "expires_at",
            },
            "ExpressionAttributeValues": {
                ":holder": text(&wanted.holder),
                ":now": text(&rfc3339_nanos(now)),
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        for _ in 0..MOST_TRIES {
            let error = match self.table.call("PutItem", input.clone()).await {
                Ok(_) => return Ok(Acquired::Yes),
                Err(error) if error.code() == Some(NOT_MET) => error,
                Err(error) => return Err(self.table.failed(what, &error)),
            };
            let held = match shown(&error.kind) {
                Some(item) => Some(item),
                None => self.table.get(what, &partition, SORT).await?,
            };
            let held = held.map(|item| self.held(&wanted.name, &item)).transpose()?;
            match held {
                Some(held) if held.holder != wanted.holder && held.expires_at > now => {
                    return Ok(Acquired::Held(held));
                }
                // It was given back or went stale in between.
                Some(_) | None => {}
            }
        }
        let why = format!("the lock `{}` was found held and then free {MOST_TRIES} times", wanted.name);
        Err(PortError::Unavailable { what: self.table.doing(what), why })
    }

    async fn release(&self, name: &str, holder: &str) -> PortResult<()> {
        let input = json!({
            "TableName": self.table.name,
            "Key": self.table.key(&keys::ours("lock", name), SORT),
            "ConditionExpression": "#holder = :holder",
            "ExpressionAttributeNames": { "#holder": "execution_id" },
            "ExpressionAttributeValues": { ":holder": text(holder) },
        });
        match self.table.call("DeleteItem", input).await {
            Ok(_) => Ok(()),
            // It is gone, or somebody else's by now.
            Err(error) if error.code() == Some(NOT_MET) => Ok(()),
            Err(error) => Err(self.table.failed("give the lock back", &error)),
        }
    }
}

impl DynamoStore {
    fn held(&self, name: &str, item: &Item) -> PortResult<Lock> {
        let damaged = |why: &str| PortError::Damaged {
            what: self.table.doing(&format!("the lock `{name}`")),
            why: format!("{why}; remove the item `{}` if nothing is running", keys::ours("lock", name)),
        };
        let holder = text_of(item, "execution_id").ok_or_else(|| damaged("it names no holder"))?;
        let expires_at = text_of(item, "expires_at").and_then(|time| time.parse().ok());
        let expires_at = expires_at.ok_or_else(|| damaged("it does not say when it ends"))?;
        Ok(Lock { name: name.to_owned(), holder: holder.to_owned(), expires_at })
    }
}

/// The item that stands in the way, where DynamoDB shows it.
fn shown(kind: &ErrorKind) -> Option<Item> {
    match kind {
        ErrorKind::Service { fields, .. } => {
            fields.get("Item").and_then(Value::as_object).filter(|item| !item.is_empty()).cloned()
        }
        _ => None,
    }
}
