//! One table: finding, getting and putting items, and what its errors mean.

use std::sync::Arc;

use provost_awsapi::{Call, Client, Error};
use provost_core::port::{Clock, PortError, PortResult};
use serde_json::{Map, Value, json};

use super::attributes::{Item, text, text_of};
use super::backoff::Patience;

/// The code of a condition that does not hold.
pub(super) const NOT_MET: &str = "ConditionalCheckFailedException";

/// How many keys one `BatchGetItem` takes.
const GET_AT_ONCE: usize = 100;

/// How many items one `Query` asks for at most. DynamoDB ends a page at 1 MB anyway.
const FIND_AT_ONCE: usize = 1000;

/// The names of a table's keys. Both are text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The partition key.
    pub(super) partition: &'static str,
    /// The sort key.
    pub(super) sort: &'static str,
}

/// A table and the way to it.
pub(super) struct Table {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) layout: &'static Layout,
    pub(super) clock: Arc<dyn Clock>,
}

/// The key of an item.
pub(super) type Key = (String, String);

/// Which items of a partition, in order of their sort key.
pub(super) struct Find<'a> {
    /// The partition.
    pub(super) partition: &'a str,
    /// Only those after this sort key (before it, if `newest_first`).
    pub(super) after: Option<&'a str>,
    /// From the end.
    pub(super) newest_first: bool,
    /// At most so many.
    pub(super) most: usize,
}

impl<'a> Find<'a> {
    /// All items of a partition.
    pub(super) fn all(partition: &'a str) -> Self {
        Self { partition, after: None, newest_first: false, most: usize::MAX }
    }
}

impl Table {
    pub(super) fn new(client: Client, name: String, layout: &'static Layout, clock: Arc<dyn Clock>) -> Self {
        Self { client, name, layout, clock }
    }

    /// One operation.
    pub(super) async fn call(&self, operation: &str, input: Value) -> Result<Value, Error> {
        let reply = self.client.call(&Call::new("dynamodb", operation, input)).await?;
        Ok(reply.value)
    }

    /// The key attributes of a key.
    pub(super) fn key(&self, partition: &str, sort: &str) -> Item {
        let Layout { partition: partition_name, sort: sort_name } = self.layout;
        [((*partition_name).to_owned(), text(partition)), ((*sort_name).to_owned(), text(sort))]
            .into_iter()
            .collect()
    }

    /// The key of an item.
    pub(super) fn key_of(&self, item: &Item) -> Option<Key> {
        let attribute = |name| text_of(item, name).map(str::to_owned);
        Some((attribute(self.layout.partition)?, attribute(self.layout.sort)?))
    }

    /// The sort key of an item that was read.
    pub(super) fn sort_of<'i>(&self, item: &'i Item) -> &'i str {
        text_of(item, self.layout.sort).unwrap_or_default()
    }

    /// Puts one item, replacing the one of the same key.
    pub(super) async fn put(&self, what: &str, item: &Item) -> PortResult<()> {
        let put = self.call("PutItem", json!({ "TableName": self.name, "Item": item })).await;
        put.map(drop).map_err(|error| self.failed(what, &error))
    }

    /// One item as it is now.
    pub(super) async fn get(&self, what: &str, partition: &str, sort: &str) -> PortResult<Option<Item>> {
        let key = self.key(partition, sort);
        let input = json!({ "TableName": self.name, "Key": key, "ConsistentRead": true });
        let mut found = self.call("GetItem", input).await.map_err(|error| self.failed(what, &error))?;
        match found.get_mut("Item").map(Value::take) {
            Some(Value::Object(item)) if !item.is_empty() => Ok(Some(item)),
            Some(_) | None => Ok(None),
        }
    }

    /// Items of a partition as they are now.
    pub(super) async fn find(&self, what: &str, find: Find<'_>) -> PortResult<Vec<Item>> {
        let mut names = Map::from_iter([("#partition".to_owned(), Value::from(self.layout.partition))]);
        let mut values = Map::from_iter([(":partition".to_owned(), text(find.partition))]);
        let mut condition = "#partition = :partition".to_owned();
        if let Some(after) = find.after {
            names.insert("#sort".to_owned(), Value::from(self.layout.sort));
            values.insert(":after".to_owned(), text(after));
            condition.push_str(if find.newest_first { " AND #sort < :after" } else { " AND #sort > :after" });
        }
        let mut input = json!({
            "TableName": self.name,
            "ConsistentRead": true,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": !find.newest_first,
        });
        let mut found: Vec<Item> = Vec::new();
        while found.len() < find.most {
            set(&mut input, "Limit", Value::from((find.most - found.len()).min(FIND_AT_ONCE)));
            let mut page =
                self.call("Query", input.clone()).await.map_err(|error| self.failed(what, &error))?;
            found.extend(objects(page.get_mut("Items")));
            match page.get_mut("LastEvaluatedKey").map(Value::take) {
                Some(Value::Object(key)) if !key.is_empty() => {
                    let next = Value::Object(key);
                    if input.get("ExclusiveStartKey") == Some(&next) {
                        let why = "DynamoDB gives the same page again and again".to_owned();
                        return Err(PortError::Unavailable { what: self.doing(what), why });
                    }
                    set(&mut input, "ExclusiveStartKey", next);
                }
                Some(_) | None => break,
            }
        }
        found.truncate(find.most);
        Ok(found)
    }

    /// Items by their keys, each once, as they are now. Those that are not there are left out.
    pub(super) async fn get_all(&self, what: &str, keys: &[Key]) -> PortResult<Vec<Item>> {
        let mut found = Vec::with_capacity(keys.len());
        for batch in keys.chunks(GET_AT_ONCE) {
            let patience = Patience::default();
            let mut tries = 0;
            let keys: Vec<Item> = batch.iter().map(|(partition, sort)| self.key(partition, sort)).collect();
            let mut wanted = json!({ "Keys": keys, "ConsistentRead": true });
            loop {
                let items = Map::from_iter([(self.name.clone(), wanted.clone())]);
                let input = json!({ "RequestItems": items });
                let mut got =
                    self.call("BatchGetItem", input).await.map_err(|error| self.failed(what, &error))?;
                let before = found.len();
                found.extend(objects(got.get_mut("Responses").and_then(only)));
                wanted = match got.get_mut("UnprocessedKeys").and_then(only).map(Value::take) {
                    Some(left) if !left.is_null() => left,
                    Some(_) | None => break,
                };
                // Consistency is asked for again: what comes back need not say it.
                set(&mut wanted, "ConsistentRead", Value::Bool(true));
                tries = if found.len() > before { 1 } else { tries + 1 };
                if !patience.wait(tries, self.clock.as_ref()).await {
                    let why = "DynamoDB is too busy to give all items".to_owned();
                    return Err(PortError::Unavailable { what: self.doing(what), why });
                }
            }
        }
        Ok(found)
    }

    /// Why something cannot be done with this table, and what to do about it.
    pub(super) fn failed(&self, what: &str, error: &Error) -> PortError {
        let Layout { partition, sort } = self.layout;
        let keys = format!("partition key `{partition}` (S) and sort key `{sort}` (S)");
        let why = if error.code() == Some("ResourceNotFoundException") {
            let region = error.region.as_deref().or(self.client.region()).unwrap_or("this region");
            format!("it does not exist in {region}; create it with {keys}, or name the right table")
        } else if is_other_layout(error) {
            format!("{error}; the table needs {keys}")
        } else {
            error.to_string()
        };
        PortError::Unavailable { what: self.doing(what), why }
    }

    /// What was tried, and with which table.
    pub(super) fn doing(&self, what: &str) -> String {
        format!("{what} (table `{}`)", self.name)
    }
}

/// Whether the request was refused for what it says.
pub(super) fn is_refused(error: &Error) -> bool {
    matches!(error.code(), Some("ValidationException" | "ItemCollectionSizeLimitExceededException"))
}

/// Whether it was refused because the table has other keys: then every item would be.
pub(super) fn is_other_layout(error: &Error) -> bool {
    let message = error.message().to_ascii_lowercase();
    let about_keys = ["does not match the schema", "missing the key", "required keys"];
    is_refused(error) && about_keys.iter().any(|words| message.contains(words))
}

/// Sets a member of an input.
pub(super) fn set(input: &mut Value, name: &str, value: Value) {
    if let Some(input) = input.as_object_mut() {
        input.insert(name.to_owned(), value);
    }
}

/// What an answer says of the one table that was asked. It may name a table otherwise than it was asked.
pub(super) fn only(tables: &mut Value) -> Option<&mut Value> {
    tables.as_object_mut()?.values_mut().next()
}

/// The objects of a list, if it is there.
fn objects(list: Option<&mut Value>) -> Vec<Item> {
    let list = list.and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    list.into_iter()
        .filter_map(|item| match item {
            Value::Object(item) => Some(item),
            _ => None,
        })
        .collect()
}
