//! What the policies of IAM users add up to: their own, those of their groups, and their boundary.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use provost_iam::Policy;
use provost_iam::can::Answer;
use provost_iam::facts::{PathFound, Powers};
use provost_iam::managed::{self, Managed};
use provost_iam::principal::Principal;
use serde_json::{Value, json};

use super::resource_type::Derived;

use crate::model::{Access, Digest, Judged, Resource, Unread, UnreadReason};

const GROUP: &str = "AWS::IAM::Group";
const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";

/// The groups and managed policies of one account, for the users that have them.
#[derive(Debug, Default)]
pub struct AccessBook {
    groups: HashMap<String, Held>,
    managed: HashMap<String, Document>,
    /// Of users with the same policies, one is asked about. Not where a policy depends on who holds it.
    known: Mutex<HashMap<Digest, Access>>,
}

/// A document as it was collected.
type Document = Arc<Value>;

/// What a user or group holds itself, or why that is not known.
type Held = Result<Vec<Source>, String>;

/// A policy somebody holds.
#[derive(Debug, Clone)]
enum Source {
    /// It stands there.
    Inline(Document),
    /// It has this ARN.
    Managed(String),
}

/// The policies of a user.
#[derive(Debug, Default)]
struct Policies {
    documents: Vec<Document>,
    /// AWS's own that were not collected: what they open by themselves is known all the same.
    published: Vec<&'static Managed>,
    boundary: Option<Document>,
}

/// Puts what a user may do into its document, or what is not known of it among the unread. Without a book nobody
/// asked for what it takes to know.
pub fn derive_access(user: &mut Resource, book: Option<&AccessBook>) {
    if user.is_placeholder() {
        return;
    }
    let path = Derived::Access.member();
    let unread = |path: String, reason, detail: &str| Unread {
        path,
        call: "iam get-account-authorization-details".to_owned(),
        reason,
        detail: detail.to_owned(),
    };
    let Some(book) = book else {
        user.unread.push(unread(path.to_owned(), UnreadReason::NotAsked, ""));
        return;
    };
    let access = book.access(user);
    if let Some(why) = &access.unknown {
        user.unread.push(unread(path.to_owned(), UnreadReason::Undecided, why));
    } else if access.administrator == Judged::Unknown {
        let path = format!("{path}.Administrator");
        user.unread.push(unread(path, UnreadReason::Undecided, "whether the user is an administrator"));
    } else if !access.undecided.is_empty() {
        let why = access.undecided.join(", ");
        user.unread.push(unread(format!("{path}.Escalations"), UnreadReason::Undecided, &why));
    }
    if let Value::Object(document) = &mut user.document {
        let found = json!({
            "Administrator": access.administrator.as_str(), "Escalations": access.escalations,
        });
        document.insert(path.to_owned(), found);
    }
}

impl AccessBook {
    /// The resource types it learns from.
    pub const TYPES: [&str; 2] = [GROUP, MANAGED_POLICY];

    /// Notes a group or a managed policy.
    pub fn add(&mut self, resource: &Resource) {
        if resource.is_placeholder() {
            return;
        }
        let text = |member: &str| resource.document.get(member).and_then(Value::as_str);
        match resource.resource_type.as_str() {
            GROUP => {
                if let Some(name) = text("GroupName") {
                    let held = held(resource, "GroupPolicyList");
                    self.groups.insert(name.to_ascii_lowercase(), held);
                }
            }
            MANAGED_POLICY => {
                if let (Some(arn), Some(document)) = (text("Arn"), default_version(&resource.document)) {
                    self.managed.insert(arn.to_owned(), Arc::new(document.clone()));
                }
            }
            _ => {}
        }
    }

    /// What a user may do. What could not be read of its policies is unknown, never nothing.
    #[must_use]
    pub fn access(&self, user: &Resource) -> Access {
        match self.policies(user) {
            Ok(held) => {
                let access = self.judge(&user.id, &held.documents, held.boundary.as_ref());
                with_published(access, &held)
            }
            Err(why) => Access { unknown: Some(why), ..Access::default() },
        }
    }

    fn policies(&self, user: &Resource) -> Result<Policies, String> {
        let mut sources = held(user, "UserPolicyList")?;
        is_read(user, "GroupList")?;
        let groups = user.document.get("GroupList").and_then(Value::as_array).into_iter().flatten();
        for group in groups.filter_map(Value::as_str) {
            match self.groups.get(&group.to_ascii_lowercase()) {
                Some(held) => sources.extend(held.clone()?),
                None => return Err(format!("the group `{group}` was not read")),
            }
        }
        let mut found = Policies::default();
        for source in sources {
            match source {
                Source::Inline(document) => found.documents.push(document),
                Source::Managed(arn) => match (self.managed.get(&arn), managed::by_arn(&arn)) {
                    (Some(document), _) => found.documents.push(Arc::clone(document)),
                    (None, Some(published)) => found.published.push(published),
                    (None, None) => return Err(not_read(&arn)),
                },
            }
        }
        is_read(user, "PermissionsBoundary")?;
        let boundary = user.document.pointer("/PermissionsBoundary/PermissionsBoundaryArn");
        if let Some(arn) = boundary.and_then(Value::as_str) {
            found.boundary = Some(Arc::clone(self.managed.get(arn).ok_or_else(|| not_read(arn))?));
        }
        Ok(found)
    }

    fn judge(&self, arn: &str, documents: &[Document], boundary: Option<&Document>) -> Access {
        let mut texts: Vec<String> = documents.iter().map(|document| document.to_string()).collect();
        texts.sort_unstable();
        texts.dedup();
        let limit = boundary.map(|document| document.to_string());
        let all = texts.iter().chain(&limit);
        let depends_on_holder = all.clone().any(|text| names_its_holder(text));
        let partition = arn.split(':').nth(1).unwrap_or_default();
        let digest = Digest::of_parts(
            [partition.as_bytes(), limit.as_deref().unwrap_or("-").as_bytes()]
                .into_iter()
                .chain(texts.iter().map(String::as_bytes)),
        );
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(access) = known.get(&digest).filter(|_| !depends_on_holder) {
            return access.clone();
        }
        let access = powers(arn, documents, boundary);
        if !depends_on_holder {
            known.insert(digest, access.clone());
        }
        access
    }
}

/// Adds what AWS's own policies open by themselves, where their documents were not collected.
///
/// Of several policies together only a yes can be told, and only where none of them denies anything.
fn with_published(mut access: Access, held: &Policies) -> Access {
    let Some(first) = held.published.first() else { return access };
    let alone = held.documents.is_empty() && held.published.len() == 1 && held.boundary.is_none();
    let is_named_for_denying =
        |policy: &&Managed| ["Deny", "Quarantine"].iter().any(|word| policy.arn.contains(word));
    let may_deny = held.boundary.is_some()
        || held.documents.iter().any(|document| document.to_string().contains("Deny"))
        || held.published.iter().any(is_named_for_denying);
    if may_deny && !alone {
        return Access { unknown: Some(not_read(&first.arn)), ..Access::default() };
    }
    for published in &held.published {
        let judged = match published.grants_admin.as_str() {
            "yes" => Judged::Yes,
            "yes_if" => Judged::YesIf,
            "no" => Judged::No,
            _ => Judged::Unknown,
        };
        access.administrator = match (access.administrator, judged) {
            (Judged::Yes, _) | (_, Judged::Yes) => Judged::Yes,
            (Judged::YesIf, _) | (_, Judged::YesIf) => Judged::YesIf,
            (Judged::Unknown, _) | (_, Judged::Unknown) => Judged::Unknown,
            (Judged::No, Judged::No) => Judged::No,
        };
        access.escalations.extend(published.escalation.iter().cloned());
        access.undecided.extend(published.undecided.iter().cloned());
    }
    for ids in [&mut access.escalations, &mut access.undecided] {
        ids.sort_unstable();
        ids.dedup();
    }
    // Two policies can open together what neither opens alone.
    if !alone && access.administrator != Judged::Yes {
        if access.administrator == Judged::No {
            access.administrator = Judged::Unknown;
        }
        access.unknown = Some(not_read(&first.arn));
    }
    access
}

fn not_read(arn: &str) -> String {
    format!("the policy `{arn}` was not read")
}

fn powers(arn: &str, documents: &[Document], boundary: Option<&Document>) -> Access {
    let unknown = |why: String| Access { unknown: Some(why), ..Access::default() };
    let Ok(caller) = Principal::parse(arn) else {
        return unknown("its ARN is not that of a user".to_owned());
    };
    let parse = |document: &Document| {
        let policy = match document.as_ref() {
            Value::String(text) => Policy::parse(text),
            other => Policy::from_value(other),
        };
        policy.map_err(|error| format!("a policy cannot be parsed: {error}"))
    };
    let policies: Result<Vec<Policy>, String> = documents.iter().map(parse).collect();
    let boundary = boundary.map(parse).transpose();
    let (policies, boundary) = match (policies, boundary) {
        (Ok(policies), Ok(boundary)) => (policies, boundary.map(|policy| vec![policy])),
        (Err(why), _) | (_, Err(why)) => return unknown(why),
    };
    let powers = Powers::of(&caller, policies, boundary);
    let ids = |paths: &[PathFound]| paths.iter().map(|found| found.path.id.clone()).collect();
    let (administrator, unknown) = match powers.administrator {
        Answer::Yes(_) => (Judged::Yes, None),
        Answer::YesIf(..) => (Judged::YesIf, None),
        Answer::No => (Judged::No, None),
        Answer::Unknown(why) => (Judged::Unknown, Some(why)),
    };
    Access {
        administrator,
        escalations: ids(&powers.escalations.escalation),
        undecided: ids(&powers.escalations.undecided),
        unknown,
    }
}

/// What a user or group holds by itself.
fn held(resource: &Resource, inline: &str) -> Held {
    is_read(resource, inline)?;
    is_read(resource, "AttachedManagedPolicies")?;
    let list = |name: &str| resource.document.get(name).and_then(Value::as_array).into_iter().flatten();
    let mut sources = Vec::new();
    for policy in list(inline) {
        let document = policy.get("PolicyDocument").ok_or("an inline policy has no document")?;
        sources.push(Source::Inline(Arc::new(document.clone())));
    }
    for policy in list("AttachedManagedPolicies") {
        let arn = policy.get("PolicyArn").and_then(Value::as_str).ok_or("an attached policy has no ARN")?;
        sources.push(Source::Managed(arn.to_owned()));
    }
    Ok(sources)
}

fn is_read(resource: &Resource, path: &str) -> Result<(), String> {
    match resource.unread.iter().find(|unread| unread.touches(path)) {
        Some(unread) => Err(unread.to_string()),
        None => Ok(()),
    }
}

fn default_version(document: &Value) -> Option<&Value> {
    let versions = document.get("PolicyVersionList")?.as_array()?;
    let default = document.get("DefaultVersionId");
    let is_default = |version: &&Value| {
        version.get("IsDefaultVersion") == Some(&Value::Bool(true))
            || default.is_some() && version.get("VersionId") == default
    };
    versions.iter().find(is_default)?.get("Document")
}

/// Whether what a document allows may depend on who holds it.
fn names_its_holder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["${", "aws:username", "aws:userid", "aws:principal", ":iam:", "arn:*"]
        .iter()
        .any(|mark| lower.contains(mark))
}
