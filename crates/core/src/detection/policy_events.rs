//! Which CloudTrail events carry or name a policy, and where in the event it stands.
//!
//! One row for each call, as data. Where a service says the same thing in a shape of its own, the row has a
//! reader from [`shapes`]. Session policies, endpoint policies and the policies of AWS IoT are left out: the
//! first two only narrow, and the last is another language.

mod shapes;

use provost_iam::Policy;
use provost_iam::facts::Kind;
use serde_json::Value;

use super::policy_book::Holder;
use shapes::{bus_permission, layer_permission, patched_api, queue_permission, topic_attribute};
use shapes::{function_permission, topic_permission};

/// What a policy is for, which decides how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// It grants to users, groups, roles or permission sets.
    Identity,
    /// It says who may use a resource.
    Resource,
    /// It says who may assume a role.
    Trust,
    /// It limits a user or role.
    Boundary,
    /// It limits the accounts of an organization.
    Organization,
}

impl About {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::Trust => "trust",
            Self::Boundary => "boundary",
            Self::Organization => "organization",
        }
    }

    /// How the engine is to read it.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Identity | Self::Boundary | Self::Organization => Kind::Identity,
            Self::Resource => Kind::Resource,
            Self::Trust => Kind::Trust,
        }
    }
}

/// What the policy takes the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replaces {
    /// Nothing: the call makes something new.
    Nothing,
    /// Nothing: it is added beside what is there.
    Beside,
    /// The inline policy of the same name.
    Inline(Holder),
    /// Who could assume the role before.
    Trust,
    /// The boundary.
    Boundary(Holder),
    /// The default version of a managed policy.
    DefaultVersion,
    /// The policy of the bucket.
    Bucket,
    /// Something Provost does not collect.
    NotCollected,
}

/// What an event has to say of a policy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Carried {
    pub(super) about: About,
    pub(super) replaces: Replaces,
    pub(super) what: What,
    /// The document counts in other accounts than the event's.
    pub(super) elsewhere: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// It carries the document.
    Document(Policy),
    /// It names a managed policy, and perhaps which version.
    Named { arn: String, version: Option<String> },
    /// It left it out, or what is there cannot be read.
    Unreadable,
}

/// What a reader found in the request.
enum Found {
    /// The request is about something else.
    Nothing,
    /// What the event says of the policy.
    It(What),
}

impl Found {
    const UNREADABLE: Self = Self::It(What::Unreadable);
}

/// A call.
struct Row {
    /// The event source without `.amazonaws.com`; `*` for every service.
    source: &'static str,
    /// The event name; one that ends with `*` takes in the API versions some services write behind it.
    name: &'static str,
    about: About,
    replaces: Replaces,
    carries: Carries,
}

enum Carries {
    /// A document in the first of these members of the request that has one. It is always there.
    Always(&'static [&'static str]),
    /// The same, but most calls have none; an empty one takes a policy away.
    Maybe(&'static [&'static str]),
    /// The ARN of a managed policy in this member, and its version in that one.
    Names(&'static str, Option<&'static str>),
    /// A policy by a name that means another one in each account.
    NamesElsewhere,
    /// Whatever the reader makes of the request.
    Read(fn(&Value) -> Found),
}

const fn row(
    source: &'static str,
    name: &'static str,
    about: About,
    replaces: Replaces,
    carries: Carries,
) -> Row {
    Row { source, name, about, replaces, carries }
}

/// The policy of a resource that Provost does not collect.
const fn resource(source: &'static str, name: &'static str, carries: Carries) -> Row {
    row(source, name, About::Resource, Replaces::NotCollected, carries)
}

/// The policy of a resource that is made with it.
const fn made(source: &'static str, name: &'static str, carries: Carries) -> Row {
    row(source, name, About::Resource, Replaces::Nothing, carries)
}

/// A statement added to the policy of a resource.
const fn added(source: &'static str, name: &'static str, read: fn(&Value) -> Found) -> Row {
    row(source, name, About::Resource, Replaces::Beside, Carries::Read(read))
}

use About::{Boundary, Identity, Organization, Resource, Trust};
use Carries::{Always, Maybe, Names, NamesElsewhere, Read};
use Holder::{Group, Role, User};
use Replaces::{Beside, DefaultVersion, Inline, NotCollected, Nothing};

/// Members that hold a document, in the names services give them.
const ANY_MEMBER: &[&str] =
    &["policy", "resourcePolicy", "policyDocument", "policyInJson", "policyText", "content", "Policy"];

const ROWS: &[Row] = &[
    row("iam", "PutUserPolicy", Identity, Inline(User), Always(&["policyDocument"])),
    row("iam", "PutRolePolicy", Identity, Inline(Role), Always(&["policyDocument"])),
    row("iam", "PutGroupPolicy", Identity, Inline(Group), Always(&["policyDocument"])),
    row("iam", "CreatePolicy", Identity, Nothing, Always(&["policyDocument"])),
    row("iam", "CreatePolicyVersion", Identity, DefaultVersion, Always(&["policyDocument"])),
    row("iam", "SetDefaultPolicyVersion", Identity, DefaultVersion, Names("policyArn", Some("versionId"))),
    row("iam", "AttachUserPolicy", Identity, Beside, Names("policyArn", None)),
    row("iam", "AttachRolePolicy", Identity, Beside, Names("policyArn", None)),
    row("iam", "AttachGroupPolicy", Identity, Beside, Names("policyArn", None)),
    row("iam", "CreateRole", Trust, Nothing, Always(&["assumeRolePolicyDocument"])),
    row("iam", "UpdateAssumeRolePolicy", Trust, Replaces::Trust, Always(&["policyDocument"])),
    row(
        "iam",
        "PutUserPermissionsBoundary",
        Boundary,
        Replaces::Boundary(User),
        Names("permissionsBoundary", None),
    ),
    row(
        "iam",
        "PutRolePermissionsBoundary",
        Boundary,
        Replaces::Boundary(Role),
        Names("permissionsBoundary", None),
    ),
    row("sso", "PutInlinePolicyToPermissionSet", Identity, NotCollected, Always(&["inlinePolicy"])),
    row("sso", "AttachManagedPolicyToPermissionSet", Identity, Beside, Names("managedPolicyArn", None)),
    row("sso", "AttachCustomerManagedPolicyReferenceToPermissionSet", Identity, Beside, NamesElsewhere),
    row(
        "sso",
        "PutPermissionsBoundaryToPermissionSet",
        Boundary,
        NotCollected,
        Names("permissionsBoundary/managedPolicyArn", None),
    ),
    row("organizations", "CreatePolicy", Organization, Nothing, Always(&["content"])),
    row("organizations", "UpdatePolicy", Organization, NotCollected, Maybe(&["content"])),
    row("s3", "PutBucketPolicy", Resource, Replaces::Bucket, Always(&["bucketPolicy", "policy"])),
    resource(
        "s3",
        "PutAccessPointPolicy*",
        Always(&[
            "policy",
            "Policy",
            "PutAccessPointPolicyRequest/Policy",
            "putAccessPointPolicyRequest/policy",
        ]),
    ),
    resource("s3express", "PutBucketPolicy", Always(&["bucketPolicy", "policy"])),
    resource("s3tables", "PutTableBucketPolicy", Always(ANY_MEMBER)),
    resource("s3tables", "PutTablePolicy", Always(ANY_MEMBER)),
    resource("kms", "PutKeyPolicy", Always(&["policy"])),
    made("kms", "CreateKey", Maybe(&["policy"])),
    made("kms", "ReplicateKey", Maybe(&["policy"])),
    resource("sqs", "SetQueueAttributes", Maybe(&["attributes/Policy", "attributes/policy"])),
    made("sqs", "CreateQueue", Maybe(&["attributes/Policy", "attributes/policy"])),
    added("sqs", "AddPermission", queue_permission),
    resource("sns", "SetTopicAttributes", Read(topic_attribute)),
    made("sns", "CreateTopic", Maybe(&["attributes/Policy", "attributes/policy"])),
    added("sns", "AddPermission", topic_permission),
    added("lambda", "AddPermission*", function_permission),
    added("lambda", "AddLayerVersionPermission*", layer_permission),
    added("events", "PutPermission", bus_permission),
    made("events", "CreateEventBus", Maybe(&["policy"])),
    resource("ecr", "SetRepositoryPolicy", Always(&["policyText"])),
    resource("ecr", "PutRegistryPolicy", Always(&["policyText"])),
    resource("ecr-public", "SetRepositoryPolicy", Always(&["policyText"])),
    resource("backup", "PutBackupVaultAccessPolicy", Always(&["policy"])),
    resource("glacier", "SetVaultAccessPolicy", Always(&["policy/policy", "policy"])),
    resource("elasticfilesystem", "PutFileSystemPolicy", Always(&["policy"])),
    resource("es", "UpdateElasticsearchDomainConfig", Maybe(&["accessPolicies"])),
    resource("es", "UpdateDomainConfig", Maybe(&["accessPolicies"])),
    made("es", "CreateElasticsearchDomain", Maybe(&["accessPolicies"])),
    made("es", "CreateDomain", Maybe(&["accessPolicies"])),
    resource("logs", "PutDestinationPolicy", Always(&["accessPolicy"])),
    resource("apigateway", "UpdateRestApi", Read(patched_api)),
    made("apigateway", "CreateRestApi", Maybe(&["createRestApiInput/policy", "policy"])),
    resource("codeartifact", "PutDomainPermissionsPolicy", Always(&["policyDocument"])),
    resource("codeartifact", "PutRepositoryPermissionsPolicy", Always(&["policyDocument"])),
    made("dynamodb", "CreateTable", Maybe(&["resourcePolicy"])),
    resource("acm-pca", "PutPolicy", Always(&["policy"])),
    resource("ses", "PutIdentityPolicy", Always(&["policy"])),
    resource("ses", "CreateEmailIdentityPolicy", Always(&["policy"])),
    resource("ses", "UpdateEmailIdentityPolicy", Always(&["policy"])),
    resource("mediastore", "PutContainerPolicy", Always(&["policy"])),
    resource("vpc-lattice", "PutAuthPolicy", Always(&["policy"])),
    resource("rekognition", "PutProjectPolicy", Always(&["policyDocument"])),
    // Secrets Manager, DynamoDB, Kinesis, Glue, CloudWatch Logs, CodeBuild, Organizations and others.
    resource("*", "PutResourcePolicy*", Always(ANY_MEMBER)),
];

/// What an event says of a policy; nothing if it has nothing to do with one.
pub(super) fn carried(event: &Value) -> Option<Carried> {
    let source = event.get("eventSource")?.as_str()?;
    let name = event.get("eventName")?.as_str()?;
    let row = ROWS.iter().find(|row| row.is_for(source, name))?;
    if row.about == Organization && !is_about_access(event) {
        return None;
    }
    match row.read(event.get("requestParameters").unwrap_or(&Value::Null)) {
        Found::Nothing => None,
        Found::It(what) => {
            Some(Carried { about: row.about, replaces: row.replaces, what, elsewhere: row.source == "sso" })
        }
    }
}

impl Row {
    /// Sigma compares without regard to case, and so does this.
    fn is_for(&self, source: &str, name: &str) -> bool {
        let service = source.split('.').next().unwrap_or_default();
        let named = match self.name.strip_suffix('*') {
            Some(start) => name.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start)),
            None => name.eq_ignore_ascii_case(self.name),
        };
        named && (self.source == "*" || service.eq_ignore_ascii_case(self.source))
    }

    fn read(&self, request: &Value) -> Found {
        // Too large a request is left out, as an object that says so or as a text.
        let Some(members) = request.as_object().filter(|members| !members.contains_key("omitted")) else {
            return Found::UNREADABLE;
        };
        match &self.carries {
            Always(places) => match places.iter().find_map(|place| whole(at(request, place)?)) {
                Some(value) => Found::It(document(value)),
                None => Found::UNREADABLE,
            },
            Maybe(places) => match places.iter().find_map(|place| at(request, place)) {
                Some(value) => Found::It(whole(value).map_or_else(nothing_granted, document)),
                None => Found::Nothing,
            },
            Names(arn, version) => {
                let text = |place: &str| at(request, place).and_then(Value::as_str).map(str::to_owned);
                match text(arn) {
                    Some(arn) => Found::It(What::Named { arn, version: version.and_then(text) }),
                    None => Found::UNREADABLE,
                }
            }
            NamesElsewhere => Found::UNREADABLE,
            Read(read) => read(&Value::Object(members.clone())),
        }
    }
}

/// The member of a request at a path with slashes, unless it is null.
fn at<'v>(request: &'v Value, path: &str) -> Option<&'v Value> {
    let found = path.split('/').try_fold(request, |value, name| value.get(name));
    found.filter(|value| !value.is_null())
}

/// What holds something: S3 writes `policy: [""]` beside the real member, and a list of one is that one.
fn whole(value: &Value) -> Option<&Value> {
    match value {
        Value::String(text) => (!text.trim().is_empty()).then_some(value),
        Value::Array(items) => match items.as_slice() {
            [only] => whole(only),
            _ => None,
        },
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Some(value),
    }
}

/// Reads a document; what is no document is one that nobody can read.
fn document(value: &Value) -> What {
    let parsed = match value {
        Value::String(text) => Policy::parse(text).ok(),
        other => Policy::from_value(other).ok(),
    };
    parsed.map_or(What::Unreadable, What::Document)
}

/// What stands where an empty policy was written: it was taken away.
fn nothing_granted() -> What {
    What::Document(NO_POLICY)
}

/// The document that says nothing.
pub(super) const NO_POLICY: Policy = Policy { version: None, id: None, statements: Vec::new() };

/// Organizations has policies about other things, such as tags and backups. The answer says which it is, and
/// so does the request that makes one.
fn is_about_access(event: &Value) -> bool {
    let places = ["/requestParameters/type", "/responseElements/policy/policySummary/type"];
    let mut kinds = places.iter().filter_map(|place| event.pointer(place)?.as_str());
    kinds.all(|kind| matches!(kind, "SERVICE_CONTROL_POLICY" | "RESOURCE_CONTROL_POLICY"))
}

#[cfg(test)]
mod tests;
