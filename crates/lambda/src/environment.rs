//! The function's configuration: its environment variables, read once.
//!
//! A variable that is set and empty is as good as not set, because consoles and templates cannot leave one out.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use provost_aws::Reach;
use provost_aws::cloudwatch::CloudWatchMetrics;
use provost_aws::s3_reports::ReportsBucket;
use provost_core::model::{AccountId, Digest, Severity};
use provost_core::waiver::WaiverFile;
use tracing::Level;

use crate::order::Wish;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;
const RETENTION_DAYS: u64 = 400;
/// A hundred years: a longer wish is a slip of the keyboard.
const MOST_DAYS: u64 = 36_500;

/// The variables that begin with `PROVOST_`. Any other one of that kind is misspelt.
const OURS: [&str; 9] = [
    "PROVOST_JOB",
    "PROVOST_RULES",
    "PROVOST_WAIVERS",
    "PROVOST_ORG",
    "PROVOST_ACCOUNTS",
    "PROVOST_REGIONS",
    "PROVOST_ROLE",
    "PROVOST_EXTERNAL_ID",
    "PROVOST_MAX_CALLS",
];

/// What the name of the history begins with where only the suffix of the environment is given.
const HISTORY: &str = "compliance-history-";

/// What is in force.
#[derive(Debug)]
pub(crate) struct Environment {
    /// The DynamoDB table of users, their locks and runs. A function that collects has one.
    pub(crate) table: Option<String>,
    /// The DynamoDB table of verdicts, and of the locks and runs of scans. A function that scans has one.
    pub(crate) history: Option<String>,
    /// What names of this environment end with: `dev`.
    pub(crate) suffix: Option<String>,
    /// The posture rules of a scan that names none. None: all.
    pub(crate) rules: Vec<String>,
    /// Who accepted what.
    pub(crate) waivers: Waivers,
    /// How long snapshots of users, and verdicts, are kept.
    pub(crate) retention: Duration,
    /// Lines below it are not logged.
    pub(crate) log_level: Level,
    /// Where the raw pages go. `None`: they are not kept.
    pub(crate) evidence: Option<Evidence>,
    /// The namespace of the metrics. `None`: none are published.
    pub(crate) metrics: Option<String>,
    /// Who is told what a scan found, and where its report goes.
    pub(crate) publishing: Publishing,
    /// The job of an event that names none.
    pub(crate) job: Wish,
    /// Which accounts are looked at.
    pub(crate) reach: Reach,
    /// How many calls an invocation may make. `None`: as many as it needs.
    pub(crate) most_calls: Option<u64>,
}

/// A place for evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// The bucket's name.
    pub(crate) bucket: String,
    /// What the keys begin with: empty, or it ends with `/`.
    pub(crate) prefix: String,
}

/// Who is told, and where reports go: nobody and nowhere, unless it is configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Publishing {
    /// The ARN of the SNS topic.
    pub(crate) topic: Option<String>,
    /// The bucket of reports.
    pub(crate) reports: Option<ReportsBucket>,
    /// Rules below it tell nobody.
    pub(crate) from: Option<Severity>,
    /// Where people find details: an address the key of the report is added to.
    pub(crate) details_url: Option<String>,
}

impl Publishing {
    /// Whether there is anybody to tell or anywhere to write.
    pub(crate) fn is_configured(&self) -> bool {
        self.topic.is_some() || self.reports.is_some()
    }
}

/// Where waivers are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Waivers {
    /// In the environment itself; there may be none.
    Here(WaiverFile),
    /// In an object, which is read for each invocation.
    Object {
        /// The bucket's name.
        bucket: String,
        /// Its key.
        key: String,
    },
}

impl Environment {
    /// Reads the environment of this process.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self::of(std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect())
    }

    fn of(mut variables: BTreeMap<String, String>) -> anyhow::Result<Self> {
        if let Some(unknown) =
            variables.keys().find(|name| name.starts_with("PROVOST_") && !OURS.contains(&name.as_str()))
        {
            bail!("`{unknown}` means nothing; of that kind there are {}", OURS.join(", "));
        }
        let mut take = |name: &str| {
            let value = variables.remove(name)?;
            let value = value.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let table = take("DYNAMODB_TABLE_NAME");
        let suffix = take("ENVIRONMENT_SUFFIX");
        let history = match take("HISTORY_TABLE_NAME") {
            Some(none) if none == "none" => None,
            Some(name) => Some(name),
            None => suffix.as_ref().map(|suffix| format!("{HISTORY}{suffix}")),
        };
        let days = match take("RETENTION_DAYS") {
            Some(text) => {
                number(&text, 1..=MOST_DAYS).with_context(|| format!("`RETENTION_DAYS` = `{text}`"))?
            }
            None => RETENTION_DAYS,
        };
        let log_level = match take("LOG_LEVEL") {
            Some(text) => level(&text).with_context(|| format!("`LOG_LEVEL` = `{text}`"))?,
            None => Level::INFO,
        };
        let metrics = match take("METRICS_NAMESPACE") {
            Some(none) if none == "none" => None,
            Some(aws) if aws.starts_with("AWS/") => {
                bail!(
                    "`METRICS_NAMESPACE` = `{aws}`: CloudWatch keeps names that begin with `AWS/` to itself"
                )
            }
            Some(name) => Some(name),
            None => Some(CloudWatchMetrics::NAMESPACE.to_owned()),
        };
        let job = match take("PROVOST_JOB") {
            Some(text) => Wish::parse(&text).map_err(|why| anyhow!("`PROVOST_JOB`: {why}"))?,
            None => Wish::CollectIamUsers,
        };
        let most_calls = match take("PROVOST_MAX_CALLS") {
            Some(text) => {
                Some(number(&text, 1..=u64::MAX).with_context(|| format!("`PROVOST_MAX_CALLS` = `{text}`"))?)
            }
            None => None,
        };
        let evidence = evidence(take("EVIDENCE_BUCKET"), take("EVIDENCE_PREFIX"))?;
        let rules = list(take("PROVOST_RULES"));
        let waivers = waivers(take("PROVOST_WAIVERS"))?;
        match job {
            Wish::CollectIamUsers => needed(table.as_deref(), TABLE).map(drop)?,
            Wish::Scan | Wish::Report => needed(history.as_deref(), HISTORY_TABLE).map(drop)?,
            Wish::ConfigRule => {}
        }
        Ok(Self {
            table,
            history,
            suffix,
            rules,
            waivers,
            retention: Duration::from_secs(days.saturating_mul(SECONDS_PER_DAY)),
            log_level,
            evidence,
            metrics,
            publishing: publishing(&mut take)?,
            job,
            reach: reach(take)?,
            most_calls,
        })
    }

    /// The table of users.
    pub(crate) fn table(&self) -> anyhow::Result<&str> {
        needed(self.table.as_deref(), TABLE)
    }

    /// The table of verdicts.
    pub(crate) fn history(&self) -> anyhow::Result<&str> {
        needed(self.history.as_deref(), HISTORY_TABLE)
    }

    /// Where evidence is kept, for people.
    pub(crate) fn evidence_in_words(&self) -> String {
        match &self.evidence {
            Some(Evidence { bucket, prefix }) => format!("s3://{bucket}/{prefix}"),
            None => "not kept: EVIDENCE_BUCKET is not set".to_owned(),
        }
    }

    /// What IAM users are looked for in: IAM is global, so nobody needs to know which regions are enabled.
    pub(crate) fn reach_of_users(&self) -> Reach {
        Reach { global_only: true, regions: Vec::new(), ..self.reach.clone() }
    }

    /// How long snapshots of users are kept, in days.
    pub(crate) fn retention_days(&self) -> u64 {
        self.retention.as_secs() / SECONDS_PER_DAY
    }

    /// The digest of what decides what a run finds.
    pub(crate) fn input(&self) -> Digest {
        let Reach { org, accounts, role, external_id: _, regions, global_only: _ } = &self.reach;
        Digest::of(
            format!("live org={org} accounts={accounts:?} role={role:?} regions={regions:?}").as_bytes(),
        )
    }
}

/// A variable some jobs need, and what it names.
type Variable = (&'static str, &'static str);

const TABLE: Variable = ("DYNAMODB_TABLE_NAME", "users are written to");
const HISTORY_TABLE: Variable = ("HISTORY_TABLE_NAME", "verdicts are written to");

fn needed(value: Option<&str>, (variable, what): Variable) -> anyhow::Result<&str> {
    value.with_context(|| format!("`{variable}` is not set; it names the table that {what}"))
}

/// What stands between commas.
fn list(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

fn publishing(mut take: impl FnMut(&str) -> Option<String>) -> anyhow::Result<Publishing> {
    let topic = take("ALERTS_TOPIC_ARN");
    if let Some(name) = topic.as_deref().filter(|topic| !topic.starts_with("arn:")) {
        bail!(
            "`ALERTS_TOPIC_ARN` = `{name}`: it is not like arn:aws:sns:eu-west-1:111122223333:compliance-alerts-dev"
        );
    }
    let from = match take("ALERTS_FROM") {
        Some(text) => {
            let why = "it is none of informational, low, medium, high, critical";
            Some(Severity::parse(&text).with_context(|| format!("`ALERTS_FROM` = `{text}`: {why}"))?)
        }
        None => None,
    };
    let (bucket, prefix) = (take("REPORTS_BUCKET"), take("REPORTS_PREFIX"));
    ensure!(
        bucket.is_some() || prefix.is_none(),
        "`REPORTS_PREFIX` is set and `REPORTS_BUCKET`, in which it would be, is not"
    );
    let mut prefix = prefix.unwrap_or_default();
    ensure!(!prefix.starts_with('/'), "`REPORTS_PREFIX` = `{prefix}`: keys of S3 do not begin with a slash");
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    let reports = bucket.map(|bucket| ReportsBucket { bucket, prefix, ..ReportsBucket::default() });
    Ok(Publishing { topic, reports, from, details_url: take("DETAILS_URL") })
}

fn waivers(text: Option<String>) -> anyhow::Result<Waivers> {
    let Some(text) = text else { return Ok(Waivers::Here(WaiverFile::default())) };
    if let Some(place) = text.strip_prefix("s3://") {
        let (bucket, key) = place.split_once('/').unwrap_or((place, ""));
        ensure!(
            !bucket.is_empty() && !key.is_empty(),
            "`PROVOST_WAIVERS` = `{text}`: it is not like s3://bucket/waivers.yaml"
        );
        return Ok(Waivers::Object { bucket: bucket.to_owned(), key: key.to_owned() });
    }
    let file = WaiverFile::parse(&text)
        .context("`PROVOST_WAIVERS`, which is neither s3://bucket/key nor waivers")?;
    Ok(Waivers::Here(file))
}

fn evidence(bucket: Option<String>, prefix: Option<String>) -> anyhow::Result<Option<Evidence>> {
    let Some(bucket) = bucket else {
        ensure!(
            prefix.is_none(),
            "`EVIDENCE_PREFIX` is set and `EVIDENCE_BUCKET`, in which it would be, is not"
        );
        return Ok(None);
    };
    let mut prefix = prefix.unwrap_or_default();
    ensure!(!prefix.starts_with('/'), "`EVIDENCE_PREFIX` = `{prefix}`: keys of S3 do not begin with a slash");
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    Ok(Some(Evidence { bucket, prefix }))
}

fn reach(mut take: impl FnMut(&str) -> Option<String>) -> anyhow::Result<Reach> {
    let org = match take("PROVOST_ORG").as_deref() {
        Some("true") => true,
        Some("false") | None => false,
        Some(other) => bail!("`PROVOST_ORG` = `{other}` is neither `true` nor `false`"),
    };
    let accounts = list(take("PROVOST_ACCOUNTS"));
    let accounts = accounts.iter().map(|id| AccountId::parse(id));
    let accounts = accounts.collect::<Result<Vec<_>, _>>().context("`PROVOST_ACCOUNTS`")?;
    let regions = list(take("PROVOST_REGIONS"));
    let role = take("PROVOST_ROLE");
    if let Some(arn) = role.as_deref().filter(|role| role.starts_with("arn:")) {
        bail!("`PROVOST_ROLE` = `{arn}`: each account has a role of that name, so it is a name and no ARN");
    }
    ensure!(
        role.is_some() || !org && accounts.is_empty(),
        "`PROVOST_ROLE` is not set; it names the role to assume in the other accounts that `PROVOST_ORG` or \
         `PROVOST_ACCOUNTS` ask for"
    );
    let external_id = take("PROVOST_EXTERNAL_ID");
    ensure!(
        role.is_some() || external_id.is_none(),
        "`PROVOST_EXTERNAL_ID` is set and `PROVOST_ROLE`, whose trust policy would ask for it, is not"
    );
    Ok(Reach { org, accounts, role, external_id, regions, global_only: false })
}

fn number(text: &str, range: std::ops::RangeInclusive<u64>) -> anyhow::Result<u64> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.with_context(|| match (*range.start(), *range.end()) {
        (least, u64::MAX) => format!("it is not a whole number from {least} on"),
        (least, most) => format!("it is not a whole number from {least} to {most}"),
    })
}

fn level(text: &str) -> anyhow::Result<Level> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "error" | "critical" => Level::ERROR,
        "warn" | "warning" => Level::WARN,
        "info" => Level::INFO,
        "debug" => Level::DEBUG,
        "trace" => Level::TRACE,
        _ => bail!("it is none of error, warn, info, debug, trace"),
    })
}

#[cfg(test)]
mod tests;
