//! [`Outbox`] over the inventory table: a message waits in the list of what is not sent, and beside it its id is
//! remembered, which also stays when it was sent.

use async_trait::async_trait;
use jiff::Timestamp;
use provost_awsapi::{Error, ErrorKind};
use provost_core::model::rfc3339_nanos;
use provost_core::port::{Outbox, Outgoing, PortResult, Told};
use serde_json::{Value, json};

use super::DynamoStore;
use super::attributes::{TTL, WHOLE, read, text, ttl, whole};
use super::backoff::Patience;
use super::keys;
use super::runs::is_in_the_way;
use super::table::{Find, Key};

/// The partition of what is not sent yet.
const PENDING: &str = "#pending";

/// The sort key of an id that is known.
const KNOWN: &str = "message";

/// The sort key of what was told about a scope.
const TOLD: &str = "told";

#[async_trait]
impl Outbox for DynamoStore {
    async fn add(&self, messages: &[Outgoing], expires_at: Timestamp) -> PortResult<()> {
        for message in messages {
            let mut known = self.table.key(&known(&message.message.id), KNOWN);
            known.insert(TTL.to_owned(), ttl(expires_at));
            let mut waiting = self.table.key(PENDING, &place(message));
            waiting.insert("execution_id".to_owned(), text(&message.execution_id));
            waiting.insert("subject".to_owned(), text(&message.message.subject));
            waiting.insert(WHOLE.to_owned(), whole(message)?);
            let condition = format!("attribute_not_exists({})", self.table.layout.partition);
            let steps = json!([
                { "Put": { "TableName": self.table.name, "Item": known, "ConditionExpression": condition } },
                { "Put": { "TableName": self.table.name, "Item": waiting } },
            ]);
            match self.transact(steps).await {
                Err(error) if is_known(&error.kind) => {}
                added => added.map_err(|error| self.table.failed("keep a message", &error))?,
            }
        }
        Ok(())
    }

    async fn pending(&self) -> PortResult<Vec<Outgoing>> {
        let items = self.table.find("read messages", Find::all(PENDING)).await?;
        items
            .iter()
            .map(|item| {
                let named = || self.table.doing(&format!("the message `{}`", self.table.sort_of(item)));
                read(item, Outgoing::SCHEMA, named)
            })
            .collect()
    }

    async fn sent(&self, message: &Outgoing) -> PortResult<()> {
        let key = self.table.key(PENDING, &place(message));
        let deleted =
            self.table.call("DeleteItem", json!({ "TableName": self.table.name, "Key": key })).await;
        deleted.map(drop).map_err(|error| self.table.failed("note that a message was sent", &error))
    }

    async fn known(&self, ids: &[String]) -> PortResult<Vec<String>> {
        let keys: Vec<Key> = ids.iter().map(|id| (known(id), KNOWN.to_owned())).collect();
        let found = self.table.get_all("read which messages are known", &keys).await?;
        let found: Vec<Key> = found.iter().filter_map(|item| self.table.key_of(item)).collect();
        let pairs = ids.iter().zip(&keys);
        Ok(pairs.filter(|(_, key)| found.contains(key)).map(|(id, _)| id.clone()).collect())
    }

    async fn put_told(&self, scope: &str, told: &Told) -> PortResult<()> {
        let mut item = self.table.key(&keys::ours("told", scope), TOLD);
        item.insert(WHOLE.to_owned(), whole(told)?);
        self.table.put("keep what was told", &item).await
    }

    async fn told(&self, scope: &str) -> PortResult<Option<Told>> {
        let item = self.table.get("read what was told", &keys::ours("told", scope), TOLD).await?;
        let named = || self.table.doing(&format!("what was told about `{scope}`"));
        item.map(|item| read(&item, Told::SCHEMA, named)).transpose()
    }
}

impl DynamoStore {
    /// Both or none of two writes, tried again while another transaction is in the way.
    async fn transact(&self, steps: Value) -> Result<(), Error> {
        let input = json!({ "TransactItems": steps });
        let patience = Patience::default();
        let mut tries = 0;
        loop {
            let error = match self.table.call("TransactWriteItems", input.clone()).await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            tries += 1;
            if !is_in_the_way(&error.kind) || !patience.wait(tries, self.table.clock.as_ref()).await {
                return Err(error);
            }
        }
    }
}

/// The partition of an id that is known.
fn known(id: &str) -> String {
    keys::ours("message", id)
}

/// Where a message waits, in the order of the list.
fn place(message: &Outgoing) -> String {
    keys::sort(format!("{}#{}", rfc3339_nanos(message.found_at), message.message.id))
}

/// Whether a transaction was given up because the id is known.
fn is_known(kind: &ErrorKind) -> bool {
    let ErrorKind::Service { code, message, fields, .. } = kind else { return false };
    if code != "TransactionCanceledException" {
        return false;
    }
    match fields.get("CancellationReasons").and_then(Value::as_array) {
        Some(reasons) => reasons.first().and_then(|reason| reason.get("Code")?.as_str()) == Some(NOT_MET),
        None => message.contains(NOT_MET),
    }
}

/// How the reasons of a transaction call a condition that does not hold.
const NOT_MET: &str = "ConditionalCheckFailed";
