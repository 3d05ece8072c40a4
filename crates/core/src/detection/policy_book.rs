//! The policies Provost has collected: what a new version is held against, and what an ARN stands for.
//!
//! It is filled from the store before events are judged and never from the events, so an answer depends
//! neither on the order of events nor on the number of threads. A version that was collected after an event
//! tells nothing about what was there before it, so every question names the event's time.

use std::collections::HashMap;

use jiff::Timestamp;
use provost_iam::Policy;
use serde_json::Value;

use super::policy_events::NO_POLICY;
use crate::model::Resource;

/// What can hold an inline policy or a boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// A user.
    User,
    /// A role.
    Role,
    /// A group.
    Group,
}

impl Holder {
    /// The member of a request that names it.
    pub(super) fn named_by(self) -> &'static str {
        match self {
            Self::User => "userName",
            Self::Role => "roleName",
            Self::Group => "groupName",
        }
    }
}

/// The policies that were collected.
#[derive(Debug, Default)]
pub struct PolicyBook {
    managed: HashMap<String, Managed>,
    holders: HashMap<(Holder, String, String), Held>,
    buckets: HashMap<String, (Timestamp, Text)>,
}

/// A managed policy of a customer.
#[derive(Debug)]
struct Managed {
    seen_at: Timestamp,
    /// When it was made, and when its default version last changed.
    created: Option<Timestamp>,
    updated: Option<Timestamp>,
    default: Option<String>,
    versions: HashMap<String, Text>,
}

/// What a user, role or group holds. `None`: that could not be read.
#[derive(Debug)]
struct Held {
    seen_at: Timestamp,
    inline: Option<HashMap<String, Text>>,
    trust: Option<Text>,
    /// The ARN of the boundary, if there is one.
    boundary: Option<Option<String>>,
}

/// A document as it was collected.
#[derive(Debug)]
struct Text(Value);

impl Text {
    fn policy(&self) -> Option<Policy> {
        match &self.0 {
            Value::String(text) => Policy::parse(text).ok(),
            other => Policy::from_value(other).ok(),
        }
    }
}

/// What was there before.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Earlier {
    /// This document; one that says nothing if there was none.
    Document(Policy),
    /// Nothing limited what was allowed.
    NoLimit,
    /// Nobody knows.
    Unknown,
}

impl From<Option<Policy>> for Earlier {
    fn from(found: Option<Policy>) -> Self {
        found.map_or(Self::Unknown, Self::Document)
    }
}

impl PolicyBook {
    /// What policies are taken from: the resource types, and the paths of their documents.
    pub const READS: [(&str, &str); 5] = [
        ("AWS::IAM::User", ""),
        ("AWS::IAM::Role", ""),
        ("AWS::IAM::Group", ""),
        ("AWS::IAM::ManagedPolicy", ""),
        ("AWS::S3::Bucket", "Policy"),
    ];

    /// Notes the policies of a resource, if it is one that has any.
    pub fn add(&mut self, resource: &Resource) {
        if resource.is_placeholder() {
            return;
        }
        let document = &resource.document;
        match resource.resource_type.as_str() {
            "AWS::IAM::User" => self.add_holder(Holder::User, resource, "UserName", Some("UserPolicyList")),
            "AWS::IAM::Role" => self.add_holder(Holder::Role, resource, "RoleName", Some("RolePolicyList")),
            "AWS::IAM::Group" => {
                self.add_holder(Holder::Group, resource, "GroupName", Some("GroupPolicyList"))
            }
            "AWS::IAM::ManagedPolicy" => self.add_managed(resource),
            "AWS::S3::Bucket" => {
                if let (Some(name), Some(policy)) = (text(document, "Name"), document.get("Policy")) {
                    self.buckets.insert(name, (resource.seen_at, Text(policy.clone())));
                }
            }
            _ => {}
        }
    }

    fn add_holder(&mut self, holder: Holder, resource: &Resource, name: &str, list: Option<&str>) {
        let document = &resource.document;
        let Some(name) = text(document, name) else { return };
        let read = |path: &str| !resource.unread.iter().any(|unread| unread.touches(path));
        let inline = list.filter(|list| read(list)).map(|list| {
            let policies =
                document.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let policies = policies.iter().filter_map(|policy| {
                let document = policy.get("PolicyDocument").cloned().unwrap_or_default();
                Some((text(policy, "PolicyName")?.to_ascii_lowercase(), Text(document)))
            });
            policies.collect()
        });
        let trust = document.get("AssumeRolePolicyDocument").cloned().map(Text);
        let boundary = read("PermissionsBoundary")
            .then(|| document.get("PermissionsBoundary").and_then(|it| text(it, "PermissionsBoundaryArn")));
        let key = (holder, resource.account.to_string(), name.to_ascii_lowercase());
        self.holders.insert(key, Held { seen_at: resource.seen_at, inline, trust, boundary });
    }

    fn add_managed(&mut self, resource: &Resource) {
        let document = &resource.document;
        let time = |name: &str| text(document, name).and_then(|time| time.parse().ok());
        let versions = document.get("PolicyVersionList").and_then(Value::as_array);
        let versions = versions.map(Vec::as_slice).unwrap_or_default().iter().filter_map(|version| {
            Some((text(version, "VersionId")?, Text(version.get("Document")?.clone())))
        });
        let managed = Managed {
            seen_at: resource.seen_at,
            created: time("CreateDate"),
            updated: time("UpdateDate"),
            default: text(document, "DefaultVersionId"),
            versions: versions.collect(),
        };
        self.managed.insert(text(document, "Arn").unwrap_or_else(|| resource.id.clone()), managed);
    }

    /// What an ARN stood for at a time: the version that is named, else the default one. Versions never change,
    /// so one that was collected later still tells; which one was the default may have changed since.
    pub(super) fn named(&self, arn: &str, version: Option<&str>, time: Option<Timestamp>) -> Option<Policy> {
        let managed = self.managed.get(arn)?;
        let since = if version.is_some() { managed.created } else { managed.updated.or(managed.created) };
        if since? > time? {
            return None;
        }
        managed.versions.get(version.or(managed.default.as_deref())?)?.policy()
    }

    /// The default version of a managed policy that an event is about to replace.
    pub(super) fn default_version(&self, arn: &str, time: Option<Timestamp>) -> Earlier {
        let managed = self.managed.get(arn).filter(|managed| is_before(managed.seen_at, time));
        managed.and_then(|it| it.versions.get(it.default.as_deref()?)?.policy()).into()
    }

    /// The inline policy of this name.
    pub(super) fn inline(&self, holder: &Who<'_>, policy: &str) -> Earlier {
        match self.held(holder).and_then(|held| held.inline.as_ref()) {
            Some(policies) => match policies.get(&policy.to_ascii_lowercase()) {
                Some(text) => text.policy().into(),
                None => Earlier::Document(NO_POLICY),
            },
            None => Earlier::Unknown,
        }
    }

    /// The trust policy of a role.
    pub(super) fn trust(&self, role: &Who<'_>) -> Earlier {
        self.held(role).and_then(|held| held.trust.as_ref()?.policy()).into()
    }

    /// The boundary of a user or role.
    pub(super) fn boundary(&self, holder: &Who<'_>) -> Earlier {
        match self.held(holder).and_then(|held| held.boundary.as_ref()) {
            Some(Some(arn)) => self.default_version(arn, holder.time),
            Some(None) => Earlier::NoLimit,
            None => Earlier::Unknown,
        }
    }

    /// The policy of a bucket. One without is not told from one whose policy was not collected.
    pub(super) fn bucket(&self, name: &str, time: Option<Timestamp>) -> Earlier {
        let known = self.buckets.get(name).filter(|(seen_at, _)| is_before(*seen_at, time));
        known.and_then(|(_, text)| text.policy()).into()
    }

    fn held(&self, who: &Who<'_>) -> Option<&Held> {
        let key = (who.holder, who.account.to_owned(), who.name.to_ascii_lowercase());
        self.holders.get(&key).filter(|held| is_before(held.seen_at, who.time))
    }
}

/// A user, role or group, at the time of an event.
pub(super) struct Who<'a> {
    pub(super) holder: Holder,
    pub(super) account: &'a str,
    pub(super) name: &'a str,
    pub(super) time: Option<Timestamp>,
}

fn is_before(seen_at: Timestamp, time: Option<Timestamp>) -> bool {
    time.is_some_and(|time| seen_at <= time)
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}
