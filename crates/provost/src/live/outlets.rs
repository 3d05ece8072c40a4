//! Where alerts, reports and findings go on AWS: a topic, a bucket and Security Hub, and a client that writes there
//! and nowhere else.

use anyhow::Context as _;
use provost_aws::guard::{Home, Sink};
use provost_aws::names::Names;
use provost_aws::s3_reports::{Encryption, ReportsBucket, S3Reports};
use provost_aws::security_hub::SecurityHub;
use provost_aws::sns::SnsNotifier;
use provost_aws::{Access, connect, home};
use tokio::runtime::Runtime;

use crate::config::Config;

/// The topic, the bucket and the hub of the configuration.
pub(crate) struct Outlets {
    runtime: Runtime,
    pub(crate) notifier: Option<SnsNotifier>,
    pub(crate) reports: Option<S3Reports>,
    pub(crate) hub: Option<SecurityHub>,
}

impl Outlets {
    /// Opens what the configuration names on AWS; `None` when it names nothing there. A topic that is named and
    /// not by its ARN is looked for in the account of the credentials, unless nothing is to be asked.
    pub(crate) fn open(config: &Config, ask_nothing: bool) -> anyhow::Result<Option<Self>> {
        let (topic, bucket) = (topic_of(config)?, bucket_of(config)?);
        if topic.is_none() && bucket.is_none() && config.security_hub.is_none() {
            return Ok(None);
        }
        let runtime = super::runtime()?;
        let connected = |sinks: Vec<Sink>| {
            let access = Access {
                profile: config.aws.profile.clone(),
                region: config.aws.region.clone(),
                models: config.aws.models.clone(),
                sinks,
                ..Access::default()
            };
            runtime.block_on(connect(access))
        };
        let topic = match topic {
            Some(topic) if !topic.starts_with("arn:") && !ask_nothing => {
                let home =
                    runtime.block_on(home(&connected(Vec::new()))).context("the topic under `alerts:`")?;
                Some(topic_arn(&topic, &home))
            }
            topic => topic,
        };
        let mut sinks: Vec<Sink> = topic.iter().cloned().map(Sink::Topic).collect();
        sinks.extend(bucket.iter().map(|place| {
            let prefix = format!("{}compliance-reports/", place.prefix);
            Sink::Objects { bucket: place.bucket.clone(), prefix }
        }));
        sinks.extend(config.security_hub.is_some().then_some(Sink::Findings));
        let client = connected(sinks);
        let hub = config.security_hub.as_ref().map(|_| {
            let (role, external_id) = (config.aws.role.clone(), config.aws.external_id.clone());
            SecurityHub::new(client.clone()).with_role(role, external_id)
        });
        let notifier = topic.map(|topic| SnsNotifier::new(client.clone(), topic));
        let reports = bucket.map(|place| S3Reports::new(client, place));
        Ok(Some(Self { notifier, reports, hub, runtime }))
    }

    /// Does something that waits for AWS.
    pub(crate) fn with<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = self.runtime.enter();
        work()
    }
}

/// The ARN of a topic that is named or given by it.
pub(crate) fn topic_arn(topic: &str, home: &Home) -> String {
    if topic.starts_with("arn:") {
        return topic.to_owned();
    }
    format!("arn:{}:sns:{}:{}:{topic}", home.partition, home.region, home.account)
}

/// The topic of the configuration, by name or ARN; `None` when nobody is told, or by a file.
pub(crate) fn topic_of(config: &Config) -> anyhow::Result<Option<String>> {
    let Some(alerts) = &config.alerts else { return Ok(None) };
    match (&alerts.topic, &alerts.folder) {
        (Some(topic), _) => Ok(Some(topic.clone())),
        (None, Some(_)) => Ok(None),
        (None, None) => Ok(names(config)?.map(|names| names.alerts_topic())),
    }
}

/// The bucket of the configuration; `None` when reports go nowhere, or to a folder.
pub(crate) fn bucket_of(config: &Config) -> anyhow::Result<Option<ReportsBucket>> {
    let Some(reports) = &config.reports else { return Ok(None) };
    let bucket = match (&reports.bucket, &reports.folder) {
        (Some(bucket), _) => bucket.clone(),
        (None, Some(_)) => return Ok(None),
        (None, None) => match names(config)? {
            Some(names) => names.reports_bucket(),
            None => return Ok(None),
        },
    };
    let mut prefix = reports.prefix.clone();
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    let encryption = match reports.encryption.as_deref() {
        None => Encryption::OfBucket,
        Some("AES256") => Encryption::S3,
        Some(key) => Encryption::Kms(key.to_owned()),
    };
    Ok(Some(ReportsBucket { bucket, prefix, owner: reports.bucket_owner.clone(), encryption }))
}

fn names(config: &Config) -> anyhow::Result<Option<Names>> {
    let suffix = config.environment_suffix.as_deref();
    suffix.map(Names::of).transpose().context("configuration: `environment_suffix`")
}
