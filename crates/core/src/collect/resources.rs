//! All resources of one type in one account.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::follow::take;
use super::reader::{CallOutcome, Reader, reason_of};
use super::resource_type::{ListCall, ResourceType, Scope};
use crate::model::{AccountId, Arn, Digest, GLOBAL_REGION, PLACEHOLDER, Resource, Unread, UnreadReason};
use crate::port::{AccountScope, Call, PortResult};

/// What collecting a type gave.
#[derive(Debug, Default)]
pub struct Listed {
    /// The resources, placeholders for what could not be listed among them.
    pub resources: Vec<Resource>,
    /// Calls whose answer was there but damaged: the input, not the estate, is at fault.
    pub damaged: u64,
    /// Resources left to the account of the run that owns them.
    pub elsewhere: u64,
}

/// Reads all resources of one type in one account.
///
/// # Errors
/// When the estate itself or the archive cannot be used. A call that AWS refused is no error: what it
/// would have told is unread.
pub async fn collect_type(
    reader: &Reader<'_>,
    resource_type: &ResourceType,
    scope: &AccountScope,
    owners: &[AccountId],
    seen_at: Timestamp,
) -> PortResult<Listed> {
    let global = [GLOBAL_REGION.to_owned()];
    let regions: &[String] = match resource_type.scope {
        Scope::Global => &global,
        Scope::Regional => &scope.regions,
    };
    let partition = partition_of(&scope.regions);
    let mut listed = Listed::default();
    let mut by_id: BTreeMap<String, Resource> = BTreeMap::new();
    for region in regions {
        let place = Place { account: &scope.account, region, partition, resource_type, seen_at };
        for resource in place.collect(reader, &mut listed.damaged).await? {
            if resource_type.cross_account && belongs_elsewhere(&resource.id, &scope.account, owners) {
                listed.elsewhere += 1;
                continue;
            }
            // Some lists show a resource in several regions (trails do): keep the view that tells most.
            match by_id.get(&resource.id) {
                Some(known) if known.unread.len() <= resource.unread.len() => {}
                Some(_) | None => {
                    by_id.insert(resource.id.clone(), resource);
                }
            }
        }
    }
    let manifest = reader.close_manifest(scope.account.as_str(), &resource_type.name).await?;
    listed.resources = by_id.into_values().collect();
    for resource in &mut listed.resources {
        resource.evidence.push(manifest);
    }
    Ok(listed)
}

/// Whether the ARN names another account that this run reads too.
fn belongs_elsewhere(id: &str, account: &AccountId, owners: &[AccountId]) -> bool {
    Arn::parse(id).is_ok_and(|arn| {
        arn.account != account.as_str() && owners.iter().any(|owner| owner.as_str() == arn.account)
    })
}

fn partition_of(regions: &[String]) -> &'static str {
    match regions.first().map(String::as_str) {
        Some(region) if region.starts_with("cn-") => "aws-cn",
        Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
        Some(_) | None => "aws",
    }
}

/// One account and region, for one type.
pub(super) struct Place<'p> {
    account: &'p AccountId,
    pub(super) region: &'p str,
    partition: &'static str,
    pub(super) resource_type: &'p ResourceType,
    seen_at: Timestamp,
}

/// An item on its way to a resource.
#[derive(Default)]
pub(super) struct Item {
    pub(super) document: Map<String, Value>,
    pub(super) unread: Vec<Unread>,
    pub(super) evidence: Vec<Digest>,
}

/// An item as a list shows it.
struct Listing {
    /// The number of its page.
    page: usize,
    document: Map<String, Value>,
    /// It stands there twice, and not alike.
    conflicting: bool,
}

/// The items of a list by key.
type Items = BTreeMap<String, Listing>;

impl Place<'_> {
    async fn collect(&self, reader: &Reader<'_>, damaged: &mut u64) -> PortResult<Vec<Resource>> {
        let (items, missing, pages) =
            if self.resource_type.single { self.single(reader).await? } else { self.list(reader).await? };
        *damaged += missing.iter().filter(|unread| is_damage(unread.reason)).count() as u64;
        let placeholder = missing.into_iter().next().map(|unread| self.unlisted(unread, &pages));
        let mut resources: Vec<Resource> = placeholder.into_iter().collect();
        if !items.is_empty() {
            self.ask_ahead(reader).await?;
        }
        let completed = items.into_iter().map(|item| self.complete(reader, item));
        let mut completed = stream::iter(completed).buffered(reader.at_once());
        let mut seen = BTreeSet::new();
        while let Some(item) = completed.try_next().await? {
            *damaged += item.unread.iter().filter(|unread| is_damage(unread.reason)).count() as u64;
            let id = self.arn(&item.document).and_then(|id| self.check(id, &mut seen));
            resources.push(match id {
                Ok(id) => self.resource(id, item),
                Err(detail) => {
                    *damaged += 1;
                    let call = self.list_call_name();
                    let reason = UnreadReason::Unparsable;
                    self.unlisted(Unread { path: String::new(), call, reason, detail }, &pages)
                }
            });
        }
        Ok(resources)
    }

    fn resource(&self, id: String, item: Item) -> Resource {
        Resource {
            resource_type: self.resource_type.name.clone(),
            id,
            account: self.account.clone(),
            region: self.region.to_owned(),
            document: Value::Object(item.document),
            unread: item.unread,
            evidence: item.evidence,
            seen_at: self.seen_at,
        }
    }

    /// Refuses an ARN that this list has shown already, or that is another account's: an answer that was
    /// saved in the wrong folder would else be judged as this account's.
    fn check(&self, id: String, seen: &mut BTreeSet<String>) -> Result<String, String> {
        let owner = Arn::parse(&id).map(|arn| arn.account).unwrap_or_default();
        if !self.resource_type.cross_account && !owner.is_empty() && owner != self.account.as_str() {
            return Err(format!("an item is of account {owner}"));
        }
        if seen.insert(id.clone()) { Ok(id) } else { Err("two items have the same ARN".to_owned()) }
    }

    /// The stand-in for everything that was not seen here, with the answers that did not show it.
    fn unlisted(&self, unread: Unread, pages: &[Digest]) -> Resource {
        let id = format!("{PLACEHOLDER}{}/{}/{}", self.account, self.region, self.resource_type.name);
        self.resource(id, Item { unread: vec![unread], evidence: pages.to_vec(), ..Item::default() })
    }

    fn list_call_name(&self) -> String {
        self.resource_type
            .list
            .first()
            .map(|call| format!("{} {}", call.service, call.operation))
            .unwrap_or_default()
    }

    /// A call about no single thing.
    pub(super) fn call(
        &self,
        region: &str,
        service: &str,
        operation: &str,
        with: &Map<String, Value>,
    ) -> Call {
        Call {
            account: self.account.clone(),
            region: region.to_owned(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            subject: None,
            input: with.iter().map(|(name, value)| (name.clone(), self.filled(value))).collect(),
        }
    }

    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => text
                .replace("{account}", self.account.as_str())
                .replace("{region}", self.region)
                .replace("{partition}", self.partition)
                .into(),
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.filled(value))).collect()
            }
            other => other.clone(),
        }
    }

    async fn single(&self, reader: &Reader<'_>) -> PortResult<(Vec<Item>, Vec<Unread>, Vec<Digest>)> {
        let Some(list) = self.resource_type.list.first() else {
            return Ok((Vec::new(), Vec::new(), Vec::new()));
        };
        let call = self.call(self.region, &list.service, &list.operation, &list.with);
        let fetched = reader.fetch(&call).await?;
        let mut item = Item { evidence: fetched.evidence.clone(), ..Item::default() };
        match take(&fetched.outcome, list.take.as_deref(), &list.not_set, false) {
            Ok(Some(Value::Object(document))) => item.document = document,
            Ok(None) => {}
            Ok(Some(_)) => item.unread.push(unparsable(&call, "the answer is not an object")),
            Err((reason, detail)) => item.unread.push(unread("", &call, reason, detail)),
        }
        let pages = item.evidence.clone();
        Ok((vec![item], Vec::new(), pages))
    }

    /// The items of all list calls merged by key; why the population may not be complete, which is empty when
    /// at least one list was read to its end; and the answers.
    async fn list(&self, reader: &Reader<'_>) -> PortResult<(Vec<Item>, Vec<Unread>, Vec<Digest>)> {
        let key = self.resource_type.key.as_deref().unwrap_or_default();
        let mut merged: BTreeMap<String, Item> = BTreeMap::new();
        let mut incomplete = Vec::new();
        let mut complete = false;
        let mut lists = Vec::new();
        let mut pages = Vec::new();
        for list in &self.resource_type.list {
            let call = self.call(self.region, &list.service, &list.operation, &list.with);
            let fetched = reader.fetch(&call).await?;
            pages.extend(fetched.evidence.iter().copied());
            let (items, problem) = items_of(&fetched.outcome, list, &call, key);
            complete |= problem.is_none();
            incomplete.extend(problem.clone());
            let names: BTreeSet<String> = items.keys().cloned().collect();
            for (name, Listing { page, document, conflicting }) in items {
                let item = merged.entry(name).or_default();
                if conflicting {
                    item.unread.push(unparsable(&call, &format!("two items have the same `{key}`")));
                }
                for (member, value) in document {
                    item.document.entry(member).or_insert(value);
                }
                item.evidence.extend(fetched.evidence.get(page));
            }
            lists.push((list, call, names, problem));
        }
        for (list, call, names, problem) in &lists {
            for (_, item) in merged.iter_mut().filter(|(name, _)| !names.contains(*name)) {
                for member in &list.gives {
                    let why = problem.clone().unwrap_or_else(|| {
                        unread("", call, UnreadReason::NotRecorded, "the answer does not have it".to_owned())
                    });
                    item.unread.push(Unread { path: member.clone(), ..why });
                }
            }
        }
        if complete {
            incomplete.clear();
        }
        Ok((merged.into_values().collect(), incomplete, pages))
    }

    /// Fills the ARN template; `Err` says which member is missing.
    fn arn(&self, document: &Map<String, Value>) -> Result<String, String> {
        let mut arn = String::new();
        let mut rest = self.resource_type.arn.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(|| rest.to_owned())?;
            arn.push_str(before);
            match name {
                "partition" => arn.push_str(self.partition),
                "region" => arn.push_str(self.region),
                "account" => arn.push_str(self.account.as_str()),
                member => arn.push_str(
                    &text_member(document, member).ok_or_else(|| format!("an item has no `{member}`"))?,
                ),
            }
            rest = after;
        }
        arn.push_str(rest);
        Ok(arn)
    }
}

fn is_damage(reason: UnreadReason) -> bool {
    match reason {
        UnreadReason::Unparsable | UnreadReason::Truncated => true,
        UnreadReason::AccessDenied
        | UnreadReason::Throttled
        | UnreadReason::NotRecorded
        | UnreadReason::Failed => false,
    }
}

pub(super) fn unread(path: &str, call: &Call, reason: UnreadReason, detail: String) -> Unread {
    Unread { path: path.to_owned(), call: call.name(), reason, detail }
}

pub(super) fn unparsable(call: &Call, detail: &str) -> Unread {
    unread("", call, UnreadReason::Unparsable, detail.to_owned())
}

pub(super) fn text_member(document: &Map<String, Value>, member: &str) -> Option<String> {
    document.get(member).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The items of a list answer by key, with the number of the page each is from, and why they are not all:
/// `None` when they are.
fn items_of(outcome: &CallOutcome, list: &ListCall, call: &Call, key: &str) -> (Items, Option<Unread>) {
    let mut items = Items::new();
    let (pages, cut) = match outcome {
        CallOutcome::Response(pages, cut) => (pages, cut),
        CallOutcome::Empty => return (items, Some(unparsable(call, "the answer is empty"))),
        CallOutcome::Code(code, why) => {
            let detail = why.as_ref().unwrap_or(code).clone();
            return (items, Some(unread("", call, reason_of(code), detail)));
        }
        CallOutcome::Unread(reason, detail) => {
            return (items, Some(unread("", call, *reason, detail.clone())));
        }
    };
    let mut problem = None;
    for (number, page) in pages.iter().enumerate() {
        match elements(page, list.items.as_deref().unwrap_or_default()) {
            Ok(found) => {
                for value in found {
                    let named = value.as_object().and_then(|item| Some((text_member(item, key)?, item)));
                    let Some((name, item)) = named else {
                        problem = Some(unparsable(call, &format!("an item has no `{key}`")));
                        continue;
                    };
                    if let Some(known) = items.get_mut(&name) {
                        // Which of the two is true nobody can say.
                        known.conflicting |= known.document != *item;
                        if known.conflicting {
                            problem = Some(unparsable(call, &format!("two items have the same `{key}`")));
                        }
                        continue;
                    }
                    items.insert(name, Listing { page: number, document: item.clone(), conflicting: false });
                }
            }
            Err(member) => {
                let reason = if list.filtered { UnreadReason::NotRecorded } else { UnreadReason::Unparsable };
                problem = Some(unread("", call, reason, format!("the answer has no list `{member}`")));
            }
        }
    }
    if let Some((reason, detail)) = cut {
        problem = Some(unread("", call, *reason, detail.clone()));
    } else if pages.last().is_some_and(is_truncated) {
        problem = Some(unread("", call, UnreadReason::Truncated, String::new()));
    }
    (items, problem)
}

/// The elements at a path such as `Reservations[].Instances[]`; `Err` names the list that is not there.
fn elements<'v>(page: &'v Value, path: &str) -> Result<Vec<&'v Value>, String> {
    let mut found = vec![page];
    for step in path.split('.') {
        let member = step.strip_suffix("[]").unwrap_or(step);
        let mut next = Vec::new();
        for value in found {
            next.extend(value.get(member).and_then(Value::as_array).ok_or(member)?);
        }
        found = next;
    }
    Ok(found)
}

/// Whether a list says of itself that it goes on: in so many words, or by naming where.
pub(super) fn is_truncated(response: &Value) -> bool {
    const TOKENS: [&str; 6] =
        ["NextToken", "nextToken", "Marker", "NextMarker", "ContinuationToken", "NextContinuationToken"];
    let says_so = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
    let names_where = |value: &Value| !value.is_null() && value.as_str() != Some("");
    response.get("IsTruncated").is_some_and(says_so)
        || TOKENS.iter().filter_map(|token| response.get(*token)).any(names_where)
}
