//! The places the configuration names: where Provost writes, and what it reads although customers keep it there.

use super::places::{Demand, Kind, Place, Use};
use crate::permissions::Need;

/// A place that Provost writes to. It may read there as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sink {
    /// A DynamoDB table, by name or ARN.
    Table(String),
    /// The objects of a bucket whose keys begin with the prefix, taken letter by letter; empty means all.
    Objects {
        /// The bucket's name.
        bucket: String,
        /// What their keys begin with: `provost/`.
        prefix: String,
    },
    /// An SQS queue to send to, by its URL.
    Queue(String),
    /// An SNS topic, by its ARN.
    Topic(String),
    /// An event bus, by name or ARN. `default` is the account's own.
    Bus(String),
    /// A namespace of CloudWatch metrics. It has no ARN; policies name it in a condition.
    Namespace(String),
    /// The verdicts of AWS Config's custom rules, which AWS takes only for the rule it asked.
    Evaluations,
    /// Provost's findings in Security Hub, each under the own product of its account.
    Findings,
}

/// A place that Provost reads although what is kept there is not its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A DynamoDB table, by name or ARN.
    Table(String),
    /// The objects of a bucket whose keys begin with the prefix, such as a trail's.
    Objects {
        /// The bucket's name.
        bucket: String,
        /// What their keys begin with: `AWSLogs/`.
        prefix: String,
    },
    /// An SQS queue to take messages from, by its URL. A message that was handled is deleted.
    Queue(String),
    /// A log group, by name or ARN.
    LogGroup(String),
    /// A secret that a collector of databases is configured for, by name or ARN.
    Secret(String),
}

/// The account at home, where a place is that is not named by its ARN: `*` is any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// `eu-west-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
}

impl Default for Home {
    /// Any account and region of the partition `aws`.
    fn default() -> Self {
        Self { partition: "aws".to_owned(), region: "*".to_owned(), account: "*".to_owned() }
    }
}

impl Sink {
    /// Whether a place that a call names, asked in this region, is in it. A pair that is not listed is not.
    pub(super) fn holds(&self, place: &Place<'_>, region: Option<&str>) -> bool {
        match (self, place) {
            (Self::Table(ours), Place::Table(named)) => same(ours, named, "table/", region),
            (Self::Objects { bucket, prefix }, Place::Objects { bucket: of, key }) => {
                bucket == of && is_under(prefix, key)
            }
            (Self::Queue(ours), Place::Queue(named)) | (Self::Topic(ours), Place::Topic(named)) => {
                ours == named
            }
            (Self::Bus(ours), Place::Bus(named)) => same(ours, named, "event-bus/", region),
            (Self::Namespace(ours), Place::Namespace(named)) => ours == named,
            (Self::Evaluations, Place::Evaluations) | (Self::Findings, Place::Findings) => true,
            _ => false,
        }
    }

    /// What a permission has to name to permit these calls on this place, and nothing for calls it is not for.
    #[must_use]
    pub fn needs(&self, calls: &[(&str, &str)], home: &Home, because: &str) -> Vec<Need> {
        let (kind, resource) = match self {
            Self::Table(name) => (Kind::Table, arn(name, "dynamodb", "table/", home)),
            Self::Objects { bucket, prefix } => (Kind::Objects, object_arn(bucket, prefix, home)),
            Self::Queue(url) => (Kind::Queue, queue_arn(url, home)),
            Self::Topic(arn) => (Kind::Topic, arn.clone()),
            Self::Bus(name) => (Kind::Bus, arn(name, "events", "event-bus/", home)),
            Self::Namespace(_) => (Kind::Namespace, "*".to_owned()),
            Self::Evaluations => (Kind::Evaluations, "*".to_owned()),
            Self::Findings => (Kind::Findings, findings_arn(home)),
        };
        let needs = needs(calls, &[Use::Read, Use::Write], kind, &resource, because);
        match self {
            Self::Namespace(name) => {
                needs.into_iter().map(|need| need.only_if("cloudwatch:namespace", name)).collect()
            }
            _ => needs,
        }
    }
}

impl Source {
    /// Whether a place that a call names, asked in this region, is in it. A pair that is not listed is not.
    pub(super) fn holds(&self, place: &Place<'_>, region: Option<&str>) -> bool {
        match (self, place) {
            (Self::Table(ours), Place::Table(named)) => same(ours, named, "table/", region),
            (Self::Objects { bucket, prefix }, Place::Objects { bucket: of, key }) => {
                bucket == of && is_under(prefix, key)
            }
            (Self::Queue(ours), Place::Queue(named)) => ours == named,
            (Self::LogGroup(ours), Place::LogGroup(named)) => same(ours, named, "log-group:", region),
            (Self::Secret(ours), Place::Secret(named)) => ours == named,
            _ => false,
        }
    }

    /// What a permission has to name to permit these calls on this place, and nothing for calls it is not for.
    #[must_use]
    pub fn needs(&self, calls: &[(&str, &str)], home: &Home, because: &str) -> Vec<Need> {
        let (kind, resource) = match self {
            Self::Table(name) => (Kind::Table, arn(name, "dynamodb", "table/", home)),
            Self::Objects { bucket, prefix } => (Kind::Objects, object_arn(bucket, prefix, home)),
            Self::Queue(url) => (Kind::Queue, queue_arn(url, home)),
            // The streams of a group are what is read, and the ARN of a group does not cover them.
            Self::LogGroup(name) => {
                let group = arn(name, "logs", "log-group:", home);
                (Kind::LogGroup, format!("{}:*", group.strip_suffix(":*").unwrap_or(&group)))
            }
            // Six characters that AWS chose follow the name.
            Self::Secret(name) if name.starts_with("arn:") => (Kind::Secret, name.clone()),
            Self::Secret(name) => {
                (Kind::Secret, arn(&format!("{name}-??????"), "secretsmanager", "secret:", home))
            }
        };
        needs(calls, &[Use::Read, Use::Take], kind, &resource, because)
    }
}

/// The calls among these that are for such a place, each on this resource.
fn needs(calls: &[(&str, &str)], uses: &[Use], kind: Kind, resource: &str, because: &str) -> Vec<Need> {
    let fits = |(service, operation): &&(&str, &str)| {
        Demand::of(service, operation)
            .is_some_and(|demand| demand.kind == kind && uses.contains(&demand.purpose))
    };
    let calls = calls.iter().filter(fits);
    calls.map(|(service, operation)| Need::new(*service, *operation, because).on(resource)).collect()
}

/// Whether a key begins with the prefix and stays there. To S3 `.` and `..` are names like any other, but what
/// stands in front of it, or reads the objects as files, may follow them.
fn is_under(prefix: &str, key: &str) -> bool {
    key.starts_with(prefix) && (prefix.is_empty() || !key.split('/').any(|part| matches!(part, "." | "..")))
}

/// Whether a call that names a thing means ours. Either may be an ARN, whose last part begins as given.
///
/// Only a name is no proof that an ARN of any account is meant, so a name of ours holds no ARN.
fn same(ours: &str, named: &str, kind: &str, region: Option<&str>) -> bool {
    if named.is_empty() {
        return false;
    }
    let Some(parts) = ours.strip_prefix("arn:") else { return ours == named };
    let mut parts = parts.splitn(5, ':');
    let region_of_ours = parts.nth(2);
    let name_of_ours = parts.nth(1).and_then(|last| last.strip_prefix(kind));
    let name_of_ours = name_of_ours.map(|name| name.strip_suffix(":*").unwrap_or(name));
    let right_region = region.is_none() || region == region_of_ours;
    right_region && (ours == named || name_of_ours == Some(named))
}

fn arn(name: &str, service: &str, kind: &str, home: &Home) -> String {
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    format!("arn:{}:{service}:{}:{}:{kind}{name}", home.partition, home.region, home.account)
}

fn object_arn(bucket: &str, prefix: &str, home: &Home) -> String {
    format!("arn:{}:s3:::{bucket}/{prefix}*", home.partition)
}

/// Findings come under the name of a product: for one's own, `ACCOUNT/default`.
fn findings_arn(home: &Home) -> String {
    let Home { partition, region, account } = home;
    format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default")
}

/// `https://sqs.eu-west-1.amazonaws.com/123456789012/name`, with another host where the endpoint is configured.
fn queue_arn(url: &str, home: &Home) -> String {
    let mut parts = url.trim_end_matches('/').rsplit('/');
    let name = parts.next().unwrap_or_default();
    let digits = |text: &&str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let account = parts.next().filter(digits).unwrap_or(&home.account);
    let host = url.split_once("//").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let region = host.strip_prefix("sqs.").and_then(|rest| rest.split_once(".amazonaws.com"));
    let region = region.map_or(home.region.as_str(), |(region, _)| region);
    format!("arn:{}:sqs:{region}:{account}:{name}", home.partition)
}
