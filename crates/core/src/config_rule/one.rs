//! An estate in which there is one resource of a type: the one an event is about.
//!
//! AWS has a call that reads one resource for some types and none for others, and the catalog knows how a type is
//! listed. So the list is asked for, narrowed where its call can be, and of the answer only the resource is kept:
//! the follow-up calls are then made for it alone. Only that part of the answer becomes evidence.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::event::ChangedItem;
use crate::collect::{ListCall, ResourceType};
use crate::port::{Answer, AnswerPage, Call, Estate, EstateScope, PortResult};

/// Calls that take a filter, by which of its names they find one thing, and whether that is the name or the id. A
/// list call that is not among them is read whole.
const FILTERS: [(&str, &str, &str, By); 10] = [
    ("ec2", "describe-images", "image-id", By::Id),
    ("ec2", "describe-instances", "instance-id", By::Id),
    ("ec2", "describe-network-acls", "network-acl-id", By::Id),
    ("ec2", "describe-security-groups", "group-id", By::Id),
    ("ec2", "describe-snapshots", "snapshot-id", By::Id),
    ("ec2", "describe-subnets", "subnet-id", By::Id),
    ("ec2", "describe-volumes", "volume-id", By::Id),
    ("ec2", "describe-vpcs", "vpc-id", By::Id),
    ("rds", "describe-db-clusters", "db-cluster-id", By::Name),
    ("rds", "describe-db-instances", "db-instance-id", By::Name),
];

/// By what a filter finds a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Id,
    Name,
}

/// Another estate, in which the lists of one type show one resource.
pub struct OneResource<'e> {
    estate: &'e dyn Estate,
    resource_type: &'e ResourceType,
    item: &'e ChangedItem,
    /// Whether calls are narrowed that can be.
    narrow: bool,
}

impl<'e> OneResource<'e> {
    /// The estate with this resource alone. With `narrow`, AWS is asked for less where it can be; whoever finds
    /// nothing so has to look without it before taking the resource for gone.
    #[must_use]
    pub fn new(
        estate: &'e dyn Estate,
        resource_type: &'e ResourceType,
        item: &'e ChangedItem,
        narrow: bool,
    ) -> Self {
        Self { estate, resource_type, item, narrow }
    }

    /// Whether asking with `narrow` asks for less than without.
    #[must_use]
    pub fn can_narrow(resource_type: &ResourceType) -> bool {
        resource_type.list.iter().any(|list| filter_of(&list.service, &list.operation).is_some())
    }

    /// Where the items of a list stand in the answer to this call, if it is one of the type's lists. The list of what
    /// a type lives inside of stays whole: the event does not tell which of these it is in.
    fn items_of(&self, call: &Call) -> Option<&str> {
        let is_it = |list: &&ListCall| {
            let subject = match list.each {
                Some(_) => call.subject.is_some(),
                None => call.subject == list.mark,
            };
            subject && list.service == call.service && list.operation == call.operation
        };
        self.resource_type.list.iter().find(is_it)?.items.as_deref()
    }

    /// Adds the filter to a call that takes one.
    fn narrowed(&self, mut call: Call) -> Call {
        let Some((name, by)) = filter_of(&call.service, &call.operation).filter(|_| self.narrow) else {
            return call;
        };
        let value = match by {
            By::Id => Some(self.item.id.as_str()),
            By::Name => self.item.name.as_deref(),
        };
        if let Some(value) = value {
            let filter = json!({"Name": name, "Values": [value]});
            match call.input.entry("Filters").or_insert_with(|| json!([])) {
                Value::Array(filters) => filters.push(filter),
                other => *other = json!([filter]),
            }
        }
        call
    }

    fn keep(&self, response: &mut Value, items: &str) {
        let steps: Vec<&str> = items.split('.').map(|step| step.strip_suffix("[]").unwrap_or(step)).collect();
        retain(response, &steps, &|element| self.is_it(element));
    }

    /// Whether an element of a list is the resource: its key, or a member that is its id or its ARN, says so. What
    /// has neither is left to whoever reads it.
    pub(crate) fn is_it(&self, element: &Value) -> bool {
        let ChangedItem { id, arn, .. } = self.item;
        let members = match element {
            Value::String(text) => return self.item.is_called(text),
            Value::Object(members) => members,
            _ => return true,
        };
        let key = self.resource_type.key.as_deref().and_then(|key| members.get(key)?.as_str());
        key.is_none_or(|key| self.item.is_called(key))
            || members.values().filter_map(Value::as_str).any(|it| it == id || Some(it) == arn.as_deref())
    }
}

fn filter_of(service: &str, operation: &str) -> Option<(&'static str, By)> {
    let known = FILTERS.iter().find(|(of, named, _, _)| (*of, *named) == (service, operation));
    known.map(|(_, _, filter, by)| (*filter, *by))
}

/// Keeps the elements at a path that are wanted.
fn retain(value: &mut Value, steps: &[&str], is_wanted: &dyn Fn(&Value) -> bool) {
    let Some((first, rest)) = steps.split_first() else { return };
    match value.get_mut(*first) {
        Some(Value::Array(elements)) if rest.is_empty() => elements.retain(is_wanted),
        Some(Value::Array(elements)) => {
            elements.iter_mut().for_each(|element| retain(element, rest, is_wanted));
        }
        // A list may stand inside an object, as CloudFront has it.
        Some(inside) => retain(inside, rest, is_wanted),
        None => {}
    }
}

/// What the page was asked with, and that the rest of it was left out.
fn noted(input: Value, item: &ChangedItem) -> Value {
    let mut members = match input {
        Value::Object(members) => members,
        other => Map::from_iter([("input".to_owned(), other)]),
    };
    members.insert("#kept".to_owned(), Value::from(format!("what is about {}", item.id)));
    Value::Object(members)
}

#[async_trait]
impl Estate for OneResource<'_> {
    async fn scope(&self) -> PortResult<EstateScope> {
        self.estate.scope().await
    }

    async fn call(&self, call: &Call) -> PortResult<Answer> {
        let Some(items) = self.items_of(call) else { return self.estate.call(call).await };
        Ok(match self.estate.call(&self.narrowed(call.clone())).await? {
            Answer::Pages(pages, cut) => {
                let keep = |page: AnswerPage| {
                    let AnswerPage { input, request_id, mut response } = page;
                    self.keep(&mut response, items);
                    AnswerPage { input: noted(input, self.item), request_id, response }
                };
                Answer::Pages(pages.into_iter().map(keep).collect(), cut)
            }
            Answer::Response(bytes) => match serde_json::from_slice::<Value>(&bytes) {
                Ok(mut response) => {
                    self.keep(&mut response, items);
                    Answer::Response(response.to_string().into_bytes())
                }
                // Whoever reads it says what is wrong with it.
                Err(_) => Answer::Response(bytes),
            },
            other => other,
        })
    }

    fn at_once(&self) -> usize {
        self.estate.at_once()
    }
}

#[cfg(test)]
mod tests;
