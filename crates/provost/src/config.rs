//! `provost.yaml`: everything in it has a default, and the command line goes before it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use provost_core::model::{AccountId, Severity};
use serde::Deserialize;
use serde_json::Value;

use crate::cli::{Global, duration};

/// The file looked for in the current folder.
pub(crate) const FILE_NAME: &str = "provost.yaml";

const DEADLINE: Duration = Duration::from_secs(5 * 60);
const RETENTION_DAYS: u64 = 400;
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// What `provost init` writes.
pub(crate) const TEMPLATE: &str = "\
# Provost's configuration. Everything here is optional: what is commented out shows the default
# or an example. Paths are relative to this file. The command line goes before this file.
schema: 1

# Where facts, verdicts and evidence are kept. Only its owner can read it; back it up.
#store: .provost

# The recorded estate that `collect` and `run` read (docs/guides/record-an-estate.md).
#estate: estate

# The live estate that `collect` and `run` read where no recorded one is named. Credentials are found as the
# AWS CLI finds them: environment, profile, SSO, role of the machine.
#aws:
#  profile: audit
#  region: eu-central-1        # where global calls are made from
#  regions: [eu-central-1]     # look at these alone [default: all that are enabled]
#  org: true                   # all active accounts of the organization
#  accounts: ['111122223333']  # these accounts alone
#  role: ProvostReader         # the role to assume in each account
#  external_id: provost
#  max_calls: 100000           # stop asking after so many calls
#  models: models              # service models that go before the embedded ones

# CloudTrail files and folders for `detect` and `run`. Default: AWSLogs in the estate.
#events: [cloudtrail]

# Catalog folders that add to the built-in rules or override them by id,
# and folders of Sigma rules as the world publishes them.
#catalog: [my-catalog]
#rules: [sigma/rules/cloud/aws]

# Look at these posture rules alone, by id; * stands for any text. Nothing else is read for them.
#select: [s3-*, rds-backups]

# Who accepted which Fail or violation, why, and until when.
#waivers: waivers.yaml

# Parameters of posture rules.
#parameters:
#  ec2-required-tags:
#    required_tags: [Environment, Owner, CostCenter]

# How long verdicts, violations and snapshots are kept, with their evidence.
#retention_days: 400

# A job stops in order after this long; its lock is stale after twice that.
#deadline: 5m

# Exit with 1 when an unaccepted Fail or violation is at least this severe.
#fail_on: high

# How often `provost serve` starts a cycle.
#every: 6h

# Where `run` writes its reports.
#out: provost-report

# What Provost's own things on AWS are called: compliance-alerts-dev, compliance-reports-dev, ...
#environment_suffix: dev

# Who is told what became non-compliant (docs/guides/alerts-and-reports.md): one message a run and rule, to an SNS
# topic or, with `folder:`, as lines of alerts.ndjson there. Default of the topic: compliance-alerts-<suffix>.
#alerts:
#  topic: arn:aws:sns:eu-central-1:111122223333:compliance-alerts-dev
#  from: medium                # nobody is told of rules below this severity [default: all]
#  details_url: https://compliance.example.com   # what messages link to [default: the report]

# Where the report of each assessment is kept, under compliance-reports/YYYY/MM/DD/: a bucket or, with `folder:`, a
# folder. Default of the bucket: compliance-reports-<suffix>.
#reports:
#  bucket: compliance-reports-dev
#  prefix: team/
#  bucket_owner: '111122223333'   # in a bucket of another account nothing is put
#  encryption: AES256             # or the ARN of a KMS key [default: as the bucket says]

# Findings go to AWS Security Hub (docs/reference/finding-formats.md): fails and what could not be told, in the
# account and region of each; what ended is archived.
#security_hub:
#  all: true                      # passes as well
";

/// The file's shape.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    #[serde(default)]
    schema: Option<u32>,
    store: Option<PathBuf>,
    estate: Option<PathBuf>,
    aws: Option<AwsConfig>,
    #[serde(default)]
    events: Vec<PathBuf>,
    #[serde(default)]
    catalog: Vec<PathBuf>,
    #[serde(default)]
    rules: Vec<PathBuf>,
    #[serde(default)]
    select: Vec<String>,
    waivers: Option<PathBuf>,
    #[serde(default)]
    parameters: BTreeMap<String, BTreeMap<String, Value>>,
    retention_days: Option<u64>,
    deadline: Option<String>,
    fail_on: Option<Severity>,
    out: Option<PathBuf>,
    every: Option<String>,
    environment_suffix: Option<String>,
    alerts: Option<AlertsConfig>,
    reports: Option<ReportsConfig>,
    security_hub: Option<SecurityHubConfig>,
}

/// Which findings go to Security Hub.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecurityHubConfig {
    /// Passes, and what rules do not speak of, as well.
    #[serde(default)]
    pub(crate) all: bool,
}

/// Who is told what became non-compliant.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertsConfig {
    /// An SNS topic, by name or ARN.
    pub(crate) topic: Option<String>,
    /// A folder for `alerts.ndjson`, instead of a topic.
    pub(crate) folder: Option<PathBuf>,
    /// Rules below it tell nobody.
    pub(crate) from: Option<Severity>,
    /// What messages link to.
    pub(crate) details_url: Option<String>,
}

/// Where the report of each assessment is kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "a build without AWS knows folders alone"))]
pub(crate) struct ReportsConfig {
    pub(crate) bucket: Option<String>,
    #[serde(default)]
    pub(crate) prefix: String,
    pub(crate) bucket_owner: Option<AccountId>,
    /// `AES256`, or a KMS key.
    pub(crate) encryption: Option<String>,
    /// A folder, instead of a bucket.
    pub(crate) folder: Option<PathBuf>,
}

/// How far into AWS to look.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    not(feature = "aws"),
    expect(dead_code, reason = "a build without AWS reads the file all the same")
)]
pub(crate) struct AwsConfig {
    pub(crate) profile: Option<String>,
    pub(crate) region: Option<String>,
    #[serde(default)]
    pub(crate) regions: Vec<String>,
    #[serde(default)]
    pub(crate) org: bool,
    #[serde(default)]
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) role: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) max_calls: Option<u64>,
    pub(crate) models: Option<PathBuf>,
}

/// What is in force.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) store: PathBuf,
    pub(crate) estate: Option<PathBuf>,
    #[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "a build without AWS reads no live estate"))]
    pub(crate) aws: AwsConfig,
    /// Whether the file speaks of a live estate.
    pub(crate) aws_is_given: bool,
    pub(crate) events: Vec<PathBuf>,
    pub(crate) catalog: Vec<PathBuf>,
    pub(crate) rules: Vec<PathBuf>,
    /// Patterns of the posture rules that are looked at; none: all are.
    pub(crate) select: Vec<String>,
    pub(crate) waivers: Option<PathBuf>,
    pub(crate) parameters: BTreeMap<String, BTreeMap<String, Value>>,
    pub(crate) retention: Duration,
    pub(crate) deadline: Duration,
    pub(crate) fail_on: Option<Severity>,
    pub(crate) out: PathBuf,
    pub(crate) every: Option<Duration>,
    pub(crate) environment_suffix: Option<String>,
    /// `None`: nobody is told.
    pub(crate) alerts: Option<AlertsConfig>,
    /// `None`: no report is handed on.
    pub(crate) reports: Option<ReportsConfig>,
    /// `None`: findings go nowhere.
    pub(crate) security_hub: Option<SecurityHubConfig>,
}

impl Config {
    /// The file, if there is one, under the command line.
    pub(crate) fn load(global: &Global) -> anyhow::Result<Self> {
        let (file, base) = match &global.config {
            Some(path) => (read(path)?, folder_of(path)),
            None if Path::new(FILE_NAME).is_file() => (read(Path::new(FILE_NAME))?, PathBuf::new()),
            None => (ConfigFile::default(), PathBuf::new()),
        };
        let here = |path: PathBuf| base.join(path);
        let all = |paths: Vec<PathBuf>| paths.into_iter().map(here).collect::<Vec<_>>();
        let or = |given: &[PathBuf], configured: Vec<PathBuf>| {
            if given.is_empty() { all(configured) } else { given.to_vec() }
        };
        let deadline = match (global.deadline, &file.deadline) {
            (Some(given), _) => given,
            (None, Some(text)) => {
                duration(text).map_err(|wanted| anyhow!("deadline `{text}` is not {wanted}"))?
            }
            (None, None) => DEADLINE,
        };
        let every = file.every.as_ref().map(|text| {
            duration(text).map_err(|wanted| anyhow!("configuration: every `{text}` is not {wanted}"))
        });
        check_outlets(&file).context("configuration")?;
        let days = file.retention_days.unwrap_or(RETENTION_DAYS);
        Ok(Self {
            store: global
                .store
                .clone()
                .or_else(|| file.store.map(here))
                .unwrap_or_else(|| here(PathBuf::from(".provost"))),
            estate: file.estate.map(here),
            aws_is_given: file.aws.is_some(),
            aws: file.aws.map(|aws| AwsConfig { models: aws.models.map(here), ..aws }).unwrap_or_default(),
            events: all(file.events),
            catalog: or(&global.catalog, file.catalog),
            rules: or(&global.rules, file.rules),
            select: if global.select.is_empty() { file.select } else { global.select.clone() },
            waivers: global.waivers.clone().or_else(|| file.waivers.map(here)),
            parameters: file.parameters,
            retention: Duration::from_secs(days.saturating_mul(SECONDS_PER_DAY)),
            deadline,
            fail_on: global.severity().or(file.fail_on),
            out: here(file.out.unwrap_or_else(|| PathBuf::from("provost-report"))),
            every: every.transpose()?,
            environment_suffix: file.environment_suffix,
            alerts: file.alerts.map(|alerts| AlertsConfig { folder: alerts.folder.map(here), ..alerts }),
            reports: file
                .reports
                .map(|reports| ReportsConfig { folder: reports.folder.map(here), ..reports }),
            security_hub: file.security_hub,
        })
    }
}

/// Says what is wrong with where alerts and reports go before anything runs, not after an hour of reading.
fn check_outlets(file: &ConfigFile) -> anyhow::Result<()> {
    if file.alerts.as_ref().is_some_and(|alerts| alerts.topic.is_some() && alerts.folder.is_some()) {
        bail!("`alerts` has a topic and a folder; give one of them");
    }
    let Some(reports) = &file.reports else { return Ok(()) };
    if reports.bucket.is_some() && reports.folder.is_some() {
        bail!("`reports` has a bucket and a folder; give one of them");
    }
    if reports.prefix.starts_with('/') {
        bail!("`reports.prefix` = `{}`: keys of S3 do not begin with a slash", reports.prefix);
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<ConfigFile> {
    let named = || format!("configuration `{}`", path.display());
    let text = std::fs::read_to_string(path).with_context(named)?;
    let file: ConfigFile = parse(&text).with_context(named)?;
    let known = provost_core::model::SCHEMA;
    if let Some(found) = file.schema.filter(|found| *found > known) {
        return Err(anyhow!("it has schema {found}, this build knows up to {known}")).with_context(named);
    }
    Ok(file)
}

/// A file of nothing but comments is an empty configuration.
fn parse(text: &str) -> Result<ConfigFile, yaml_serde::Error> {
    let file: Option<ConfigFile> = yaml_serde::from_str(text)?;
    Ok(file.unwrap_or_default())
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_a_configuration_also_with_everything_switched_on() {
        assert_eq!(parse(TEMPLATE).unwrap().schema, Some(1));
        let all_on: String = TEMPLATE
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(setting) if !setting.starts_with(' ') || setting.starts_with("  ") => setting,
                _ => line,
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let file = parse(&all_on).unwrap();
        assert_eq!(file.retention_days, Some(RETENTION_DAYS));
        assert_eq!(duration(&file.deadline.unwrap()), Ok(DEADLINE));
        assert!(file.parameters.contains_key("ec2-required-tags"));
        assert!(file.alerts.unwrap().topic.is_some() && file.reports.unwrap().bucket.is_some());
        assert!(file.security_hub.unwrap().all);
        assert!(
            file.fail_on.is_some() && file.out.is_some() && file.waivers.is_some() && file.estate.is_some()
        );
    }

    #[test]
    fn an_alert_goes_to_one_place() {
        let check = |text: &str, expect: &str| {
            let error = check_outlets(&parse(text).unwrap()).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        };
        check("alerts: {topic: a, folder: b}", "give one of them");
        check("reports: {bucket: a, folder: b}", "give one of them");
        check("reports: {bucket: a, prefix: /b}", "slash");
        for fine in ["alerts: {}", "reports: {}", "alerts: {topic: a}\nreports: {folder: b}"] {
            check_outlets(&parse(fine).unwrap()).unwrap();
        }
    }

    #[test]
    fn mistakes_are_named_with_line_and_field() {
        let error = parse("schema: 1\nretentiondays: 3\n").unwrap_err().to_string();
        assert!(error.contains("retentiondays") && error.contains("line 2"), "{error}");
        let error = parse("fail_on: terrible\n").unwrap_err().to_string();
        assert!(error.contains("fail_on") || error.contains("terrible"), "{error}");
        assert!(parse("# nothing\n").is_ok());
    }
}
