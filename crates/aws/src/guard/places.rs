//! Which tables, buckets, queues and the like a call would use, read from its input.
//!
//! Only operations listed here can be admitted for a place; of them, everything that names a place is looked at.

use std::fmt;

use serde_json::Value;

use super::members::{keys, list, member, text};

/// Something that a call uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'i> {
    /// A DynamoDB table, by name or ARN.
    Table(&'i str),
    /// An object of a bucket, or, with what the keys begin with, several.
    Objects { bucket: &'i str, key: &'i str },
    /// An SQS queue, by URL.
    Queue(&'i str),
    /// An SNS topic, by ARN.
    Topic(&'i str),
    /// An event bus, by name or ARN.
    Bus(&'i str),
    /// A namespace of CloudWatch metrics.
    Namespace(&'i str),
    /// The verdicts of AWS Config's custom rules.
    Evaluations,
    /// Findings of Provost's in Security Hub.
    Findings,
    /// A log group, by name or ARN.
    LogGroup(&'i str),
    /// A secret, by name or ARN.
    Secret(&'i str),
}

/// What a call does with the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Puts something there, or removes it.
    Write,
    /// Reads what is kept there.
    Read,
    /// Takes messages, which removes them.
    Take,
}

/// What kind of place an operation uses, and for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    operation: &'static str,
    pub(super) purpose: Use,
    pub(super) kind: Kind,
}

/// A kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    Objects,
    Queue,
    Topic,
    Bus,
    Namespace,
    Evaluations,
    Findings,
    LogGroup,
    Secret,
}

const DEMANDS: &[(&str, Kind, Use, &[&str])] = &[
    ("dynamodb", Kind::Table, Use::Read, &["BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems"]),
    (
        "dynamodb",
        Kind::Table,
        Use::Write,
        &["BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"],
    ),
    (
        "s3",
        Kind::Objects,
        Use::Read,
        &[
            "GetObject",
            "GetObjectAttributes",
            "HeadObject",
            "ListObjectVersions",
            "ListObjects",
            "ListObjectsV2",
        ],
    ),
    (
        "s3",
        Kind::Objects,
        Use::Write,
        &[
            "AbortMultipartUpload",
            "CompleteMultipartUpload",
            "CreateMultipartUpload",
            "DeleteObject",
            "DeleteObjects",
            "PutObject",
            "UploadPart",
        ],
    ),
    ("sqs", Kind::Queue, Use::Write, &["SendMessage", "SendMessageBatch"]),
    (
        "sqs",
        Kind::Queue,
        Use::Take,
        &[
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "DeleteMessageBatch",
            "ReceiveMessage",
        ],
    ),
    ("sns", Kind::Topic, Use::Write, &["Publish", "PublishBatch"]),
    ("events", Kind::Bus, Use::Write, &["PutEvents"]),
    ("cloudwatch", Kind::Namespace, Use::Write, &["PutMetricData"]),
    ("config", Kind::Evaluations, Use::Write, &["PutEvaluations"]),
    ("securityhub", Kind::Findings, Use::Write, &["BatchImportFindings"]),
    ("logs", Kind::LogGroup, Use::Read, &["FilterLogEvents", "GetLogEvents"]),
    ("secretsmanager", Kind::Secret, Use::Read, &["GetSecretValue"]),
];

/// What would let others in, or lift a retention; evidence is never written so.
const NOT_WITH_OBJECTS: [&str; 8] = [
    "ACL",
    "BypassGovernanceRetention",
    "GrantFullControl",
    "GrantRead",
    "GrantReadACP",
    "GrantWrite",
    "GrantWriteACP",
    "WebsiteRedirectLocation",
];

/// What would write to an earlier version: what is overwritten or deleted must stay, and a second factor is never ours.
const NOT_WITH_OLD_VERSIONS: [&str; 2] = ["MFA", "VersionId"];

impl Demand {
    /// What an operation uses, if it is one that can be admitted for a place.
    pub(super) fn of(service: &str, operation: &str) -> Option<Self> {
        DEMANDS.iter().filter(|(of, ..)| *of == service).find_map(|(_, kind, purpose, operations)| {
            let operation = operations.iter().find(|known| **known == operation)?;
            Some(Self { operation, purpose: *purpose, kind: *kind })
        })
    }

    /// Everything the input names that is such a place, never nothing.
    ///
    /// # Errors
    /// The input names none, or is not understood as a whole.
    pub(super) fn places<'i>(&self, input: &'i Value) -> Result<Vec<Place<'i>>, String> {
        match self.kind {
            Kind::Table => tables(self.operation, input),
            Kind::Objects => objects(self, input),
            Kind::Queue => Ok(vec![Place::Queue(text(input, "QueueUrl")?)]),
            Kind::Topic => topic(input),
            Kind::Bus => buses(input),
            Kind::Namespace => Ok(vec![Place::Namespace(text(input, "Namespace")?)]),
            Kind::Evaluations => Ok(vec![Place::Evaluations]),
            Kind::Findings => findings(input),
            Kind::LogGroup => log_groups(input),
            Kind::Secret => Ok(vec![Place::Secret(text(input, "SecretId")?)]),
        }
    }
}

fn tables<'i>(operation: &str, input: &'i Value) -> Result<Vec<Place<'i>>, String> {
    let names = match operation {
        "BatchGetItem" | "BatchWriteItem" => keys(input, "RequestItems")?,
        "TransactGetItems" | "TransactWriteItems" => {
            let mut names = Vec::new();
            for item in list(input, "TransactItems")? {
                let parts = item.as_object().ok_or("its `TransactItems` are not objects")?;
                for part in parts.values() {
                    names.push(text(part, "TableName")?);
                }
            }
            names
        }
        _ => vec![text(input, "TableName")?],
    };
    if names.is_empty() {
        return Err("it names no table".to_owned());
    }
    Ok(names.into_iter().map(Place::Table).collect())
}

fn objects<'i>(demand: &Demand, input: &'i Value) -> Result<Vec<Place<'i>>, String> {
    let bucket = text(input, "Bucket")?;
    if let Some(name) = NOT_WITH_OBJECTS.iter().find(|name| !harmless(member(input, name))) {
        return Err(format!("its `{name}` would change who may do what with the object"));
    }
    if demand.purpose == Use::Write {
        latest_only(input)?;
    }
    let keys = match demand.operation {
        "ListObjects" | "ListObjectsV2" | "ListObjectVersions" => {
            // No prefix is every key.
            vec![if member(input, "Prefix").is_null() { "" } else { text(input, "Prefix")? }]
        }
        "DeleteObjects" => {
            let objects = list(member(input, "Delete"), "Objects")?;
            objects.iter().try_for_each(latest_only)?;
            objects.iter().map(|object| text(object, "Key")).collect::<Result<_, _>>()?
        }
        _ => vec![text(input, "Key")?],
    };
    Ok(keys.into_iter().map(|key| Place::Objects { bucket, key }).collect())
}

/// Deleting a version removes it for good; without one, S3 leaves a marker where versions are kept.
fn latest_only(input: &Value) -> Result<(), String> {
    match NOT_WITH_OLD_VERSIONS.iter().find(|name| !member(input, name).is_null()) {
        Some(name) => Err(format!("its `{name}` would change a version that has to stay")),
        None => Ok(()),
    }
}

fn harmless(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false)) || value == "private"
}

fn topic(input: &Value) -> Result<Vec<Place<'_>>, String> {
    // A message can also go to a telephone or to one device.
    match ["PhoneNumber", "TargetArn"].iter().find(|name| !member(input, name).is_null()) {
        Some(other) => Err(format!("it names a `{other}` instead of a topic")),
        None => Ok(vec![Place::Topic(text(input, "TopicArn")?)]),
    }
}

fn buses(input: &Value) -> Result<Vec<Place<'_>>, String> {
    if !member(input, "EndpointId").is_null() {
        return Err("it names a global endpoint instead of buses".to_owned());
    }
    let entries = list(input, "Entries")?.iter();
    let bus = |entry| {
        // Without a name it is the account's own bus, which every service of AWS writes to.
        if member(entry, "EventBusName").is_null() { Ok("default") } else { text(entry, "EventBusName") }
    };
    entries.map(|entry| bus(entry).map(Place::Bus)).collect()
}

/// Findings that are Provost's by their ids, of accounts' own products. Those of other tools under the same product,
/// and those of AWS and of partners, are not ours to change.
fn findings(input: &Value) -> Result<Vec<Place<'_>>, String> {
    for finding in list(input, "Findings")? {
        let (id, account) = (text(finding, "Id")?, text(finding, "AwsAccountId")?);
        if !id.starts_with("provost/") {
            return Err("one of its findings has the id of another tool".to_owned());
        }
        let product = format!("product/{account}/default");
        let parts: Vec<&str> = text(finding, "ProductArn")?.split(':').collect();
        let is_own = matches!(parts.as_slice(), ["arn", _, "securityhub", _, of, name]
            if *of == account && *name == product);
        if !is_own {
            return Err("one of its findings is not under the own product of its account".to_owned());
        }
    }
    Ok(vec![Place::Findings])
}

fn log_groups(input: &Value) -> Result<Vec<Place<'_>>, String> {
    if !matches!(member(input, "unmask"), Value::Null | Value::Bool(false)) {
        return Err("its `unmask` would show what a data protection policy hides".to_owned());
    }
    let names = ["logGroupName", "logGroupIdentifier"].into_iter();
    let names: Vec<&str> = names.filter(|name| !member(input, name).is_null()).collect();
    if names.is_empty() {
        return Err("it names no log group".to_owned());
    }
    names.into_iter().map(|name| text(input, name).map(Place::LogGroup)).collect()
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(name) => write!(formatter, "the table `{name}`"),
            Self::Objects { bucket, key } => write!(formatter, "`{key}` of the bucket `{bucket}`"),
            Self::Queue(url) => write!(formatter, "the queue `{url}`"),
            Self::Topic(arn) => write!(formatter, "the topic `{arn}`"),
            Self::Bus(name) => write!(formatter, "the event bus `{name}`"),
            Self::Namespace(name) => write!(formatter, "the metrics of `{name}`"),
            Self::Evaluations => formatter.write_str("the evaluations of AWS Config"),
            Self::Findings => formatter.write_str("findings of Provost in Security Hub"),
            Self::LogGroup(name) => write!(formatter, "the log group `{name}`"),
            Self::Secret(name) => write!(formatter, "the secret `{name}`"),
        }
    }
}
