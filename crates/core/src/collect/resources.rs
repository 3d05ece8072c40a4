//! All resources of one type in one account.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::listing::Population;
use super::reader::Reader;
use super::resource_type::{ResourceType, Scope};
use super::template::Spot;
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

impl Place<'_> {
    async fn collect(&self, reader: &Reader<'_>, damaged: &mut u64) -> PortResult<Vec<Resource>> {
        let Population { items, missing, pages } =
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

    pub(super) fn spot(&self) -> Spot<'_> {
        Spot { account: self.account.as_str(), region: self.region, partition: self.partition }
    }

    /// A call about no single thing. What stands in braces is filled in from the document; `Err` names the member
    /// that it does not have.
    pub(super) fn call(
        &self,
        region: &str,
        of: (&str, &str),
        with: &Map<String, Value>,
        document: &Map<String, Value>,
    ) -> Result<Call, String> {
        let input = self.spot().members(with, document)?;
        Ok(Call { input, ..self.bare_call(region, of) })
    }

    /// A call without input.
    pub(super) fn bare_call(&self, region: &str, (service, operation): (&str, &str)) -> Call {
        Call {
            account: self.account.clone(),
            region: region.to_owned(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            subject: None,
            input: Map::new(),
        }
    }

    /// Fills the ARN template; `Err` says which member is missing.
    fn arn(&self, document: &Map<String, Value>) -> Result<String, String> {
        let filled = self.spot().text(&self.resource_type.arn, document);
        filled.map_err(|member| format!("an item has no `{member}`"))
    }
}

fn is_damage(reason: UnreadReason) -> bool {
    match reason {
        UnreadReason::Unparsable | UnreadReason::Truncated => true,
        UnreadReason::AccessDenied
        | UnreadReason::Throttled
        | UnreadReason::NotRecorded
        | UnreadReason::NotAsked
        | UnreadReason::Undecided
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
