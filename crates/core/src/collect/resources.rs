//! All resources of one type in one account.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::credential_report::CredentialReport;
use super::reader::{CallOutcome, Fetched, Reader, reason_of};
use super::resource_type::{Decode, Follow, ListCall, Per, ResourceType, Scope};
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
    reader: &mut Reader<'_>,
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
struct Place<'p> {
    account: &'p AccountId,
    region: &'p str,
    partition: &'static str,
    resource_type: &'p ResourceType,
    seen_at: Timestamp,
}

/// An item on its way to a resource.
#[derive(Default)]
struct Item {
    document: Map<String, Value>,
    unread: Vec<Unread>,
    evidence: Vec<Digest>,
}

impl Place<'_> {
    async fn collect(&self, reader: &mut Reader<'_>, damaged: &mut u64) -> PortResult<Vec<Resource>> {
        let (items, missing, pages) =
            if self.resource_type.single { self.single(reader).await? } else { self.list(reader).await? };
        *damaged += missing.iter().filter(|unread| is_damage(unread.reason)).count() as u64;
        let placeholder = missing.into_iter().next().map(|unread| self.unlisted(unread, &pages));
        let mut resources: Vec<Resource> = placeholder.into_iter().collect();
        let mut seen = BTreeSet::new();
        for mut item in items {
            self.follow(reader, &mut item).await?;
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

    fn call(&self, region: &str, service: &str, operation: &str, subject: Option<String>) -> Call {
        Call {
            account: self.account.clone(),
            region: region.to_owned(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            subject,
        }
    }

    async fn single(&self, reader: &mut Reader<'_>) -> PortResult<(Vec<Item>, Vec<Unread>, Vec<Digest>)> {
        let Some(list) = self.resource_type.list.first() else {
            return Ok((Vec::new(), Vec::new(), Vec::new()));
        };
        let call = self.call(self.region, &list.service, &list.operation, None);
        let Fetched { outcome, evidence } = reader.fetch(&call).await?;
        let mut item = Item { evidence: evidence.into_iter().collect(), ..Item::default() };
        match take(outcome, list.take.as_deref(), &list.not_set, false) {
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
    async fn list(&self, reader: &mut Reader<'_>) -> PortResult<(Vec<Item>, Vec<Unread>, Vec<Digest>)> {
        let key = self.resource_type.key.as_deref().unwrap_or_default();
        let mut merged: BTreeMap<String, Item> = BTreeMap::new();
        let mut incomplete = Vec::new();
        let mut complete = false;
        let mut lists = Vec::new();
        let mut pages = Vec::new();
        for list in &self.resource_type.list {
            let call = self.call(self.region, &list.service, &list.operation, None);
            let fetched = reader.fetch(&call).await?;
            pages.extend(fetched.evidence);
            let (items, problem) = items_of(&fetched.outcome, list, &call, key);
            complete |= problem.is_none();
            incomplete.extend(problem.clone());
            for (name, document) in &items {
                let item = merged.entry(name.clone()).or_default();
                for (member, value) in document {
                    item.document.entry(member.clone()).or_insert_with(|| value.clone());
                }
                item.evidence.extend(fetched.evidence);
            }
            lists.push((list, call, items, problem));
        }
        for (list, call, items, problem) in &lists {
            for (_, item) in merged.iter_mut().filter(|(name, _)| !items.contains_key(*name)) {
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

    async fn follow(&self, reader: &mut Reader<'_>, item: &mut Item) -> PortResult<()> {
        for follow in &self.resource_type.follow {
            let (region, subject) = match &follow.per {
                Per::Account => (GLOBAL_REGION, None),
                Per::Region => (self.region, None),
                Per::Member(member) => (self.region, text_member(&item.document, member)),
            };
            let call = self.call(region, &follow.service, &follow.operation, subject);
            if matches!(follow.per, Per::Member(_)) && call.subject.is_none() {
                item.unread.push(Unread {
                    path: follow.into.clone(),
                    ..unparsable(&call, "the item has no name to ask by")
                });
                continue;
            }
            let Fetched { outcome, evidence } = reader.fetch(&call).await?;
            item.evidence.extend(evidence);
            let taken = take(outcome, follow.take.as_deref(), &follow.not_set, follow.empty_means_not_set);
            match taken.and_then(|value| decode(value, follow, &item.document)) {
                Ok(Some(value)) => {
                    item.document.insert(follow.into.clone(), value);
                }
                Ok(None) => {
                    item.document.remove(&follow.into);
                }
                Err((reason, detail)) => item.unread.push(unread(&follow.into, &call, reason, detail)),
            }
        }
        Ok(())
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

fn unread(path: &str, call: &Call, reason: UnreadReason, detail: String) -> Unread {
    Unread { path: path.to_owned(), call: call.name(), reason, detail }
}

fn unparsable(call: &Call, detail: &str) -> Unread {
    unread("", call, UnreadReason::Unparsable, detail.to_owned())
}

fn text_member(document: &Map<String, Value>, member: &str) -> Option<String> {
    document.get(member).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The value an answer gives, `None` where AWS says it is not set, or why it is not known.
fn take(
    outcome: CallOutcome,
    member: Option<&str>,
    not_set: &[String],
    empty_means_not_set: bool,
) -> Result<Option<Value>, (UnreadReason, String)> {
    match outcome {
        CallOutcome::Response(mut value) => {
            if is_truncated(&value) {
                return Err((UnreadReason::Truncated, String::new()));
            }
            match member {
                None => Ok(Some(value)),
                Some(member) => match value.get_mut(member).map(Value::take) {
                    Some(Value::Null) | None if empty_means_not_set => Ok(None),
                    Some(Value::Null) | None => {
                        Err((UnreadReason::Unparsable, format!("the answer has no `{member}`")))
                    }
                    taken => Ok(taken),
                },
            }
        }
        CallOutcome::Empty if empty_means_not_set => Ok(None),
        CallOutcome::Empty => Err((UnreadReason::Unparsable, "the answer is empty".to_owned())),
        CallOutcome::Code(code) if not_set.contains(&code) => Ok(None),
        CallOutcome::Code(code) => Err((reason_of(&code), code)),
        CallOutcome::Unread(reason, detail) => Err((reason, detail)),
    }
}

fn decode(
    value: Option<Value>,
    follow: &Follow,
    document: &Map<String, Value>,
) -> Result<Option<Value>, (UnreadReason, String)> {
    let (Some(value), Some(Decode::CredentialReport)) = (&value, follow.decode) else { return Ok(value) };
    let report = CredentialReport::decode(value).map_err(|detail| (UnreadReason::Unparsable, detail))?;
    let user = match (&follow.match_value, &follow.match_member) {
        (Some(fixed), _) => Some(fixed.clone()),
        (None, Some(member)) => text_member(document, member),
        (None, None) => None,
    };
    match user.as_deref().and_then(|user| report.row(user)) {
        Some(row) => Ok(Some(row.clone())),
        // A report may be four hours old: somebody newer is not in it, and that says nothing of them.
        None => {
            Err((UnreadReason::NotRecorded, format!("the report of {} has no row for it", report.generated)))
        }
    }
}

/// The items of a list answer by key, and why they are not all: `None` when they are.
fn items_of(
    outcome: &CallOutcome,
    list: &ListCall,
    call: &Call,
    key: &str,
) -> (BTreeMap<String, Map<String, Value>>, Option<Unread>) {
    let mut items = BTreeMap::new();
    let response = match outcome {
        CallOutcome::Response(response) => response,
        CallOutcome::Empty => return (items, Some(unparsable(call, "the answer is empty"))),
        CallOutcome::Code(code) => return (items, Some(unread("", call, reason_of(code), code.clone()))),
        CallOutcome::Unread(reason, detail) => {
            return (items, Some(unread("", call, *reason, detail.clone())));
        }
    };
    let mut found = vec![response];
    for step in list.items.as_deref().unwrap_or_default().split('.') {
        let member = step.strip_suffix("[]").unwrap_or(step);
        let mut next = Vec::new();
        for value in found {
            let Some(inner) = value.get(member).and_then(Value::as_array) else {
                return (items, Some(unparsable(call, &format!("the answer has no list `{member}`"))));
            };
            next.extend(inner);
        }
        found = next;
    }
    let mut problem = None;
    for value in found {
        match value.as_object().and_then(|item| Some((text_member(item, key)?, item))) {
            Some((name, item)) => {
                if items.insert(name, item.clone()).is_some_and(|other| other != *item) {
                    problem = Some(unparsable(call, &format!("two items have the same `{key}`")));
                }
            }
            None => problem = Some(unparsable(call, &format!("an item has no `{key}`"))),
        }
    }
    if is_truncated(response) {
        problem = Some(unread("", call, UnreadReason::Truncated, String::new()));
    }
    (items, problem)
}

/// Whether a list says of itself that it goes on: in so many words, or by naming where.
fn is_truncated(response: &Value) -> bool {
    const TOKENS: [&str; 6] =
        ["NextToken", "nextToken", "Marker", "NextMarker", "ContinuationToken", "NextContinuationToken"];
    let says_so = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
    let names_where = |value: &Value| !value.is_null() && value.as_str() != Some("");
    response.get("IsTruncated").is_some_and(says_so)
        || TOKENS.iter().filter_map(|token| response.get(*token)).any(names_where)
}
