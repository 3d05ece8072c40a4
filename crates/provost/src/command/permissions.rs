//! `provost permissions`: the least-privilege policy of the jobs.

use std::io::Write as _;

use provost_aws::Reach;
use provost_aws::guard::{Home, Sink};
use provost_aws::jobs::{
    needs_of_collecting, needs_of_config_rules, needs_of_object, needs_of_reports, needs_of_sink,
};
use provost_aws::permissions::{Need, Permissions};
use provost_core::catalog::Catalog;
use provost_core::job::collect::Types;
use serde_json::{Value, json};

use super::collect::all_of;
use crate::app::load_catalog;
use crate::cli::{Format, Global, PermissionsArgs, PermissionsJob};
use crate::config::Config;
use crate::exit::Exit;
use crate::live;
use crate::output::Stdout;

pub(crate) fn permissions(global: &Global, args: &PermissionsArgs) -> anyhow::Result<Exit> {
    let config = Config::load(global)?;
    let catalog = load_catalog(&config)?;
    let jobs: &[_] = if args.jobs.is_empty() {
        &[PermissionsJob::Collect, PermissionsJob::CollectIamUsers, PermissionsJob::Publish]
    } else {
        &args.jobs
    };
    let home = Home { partition: args.partition.clone(), ..Home::default() };
    let mut needs = Vec::new();
    for job in jobs {
        needs.extend(needs_of_job(*job, args, &config, &catalog, &home)?);
    }
    let permissions = Permissions::of(&needs);
    let mut output = Stdout::new();
    match global.format {
        Some(Format::Table) => write!(output, "{permissions}")?,
        _ => {
            let documents = permissions.documents();
            let one = match documents.as_slice() {
                [one] => one.clone(),
                several => json!({"schema": 1, "documents": several}),
            };
            writeln!(output, "{}", serde_json::to_string_pretty::<Value>(&one)?)?;
        }
    }
    Ok(Exit::complete(permissions.left_out().is_empty()))
}

/// What publishing takes, where it is configured or asked for.
fn of_publishing(config: &Config, args: &PermissionsArgs, home: &Home) -> anyhow::Result<Vec<Need>> {
    let mut needs = Vec::new();
    let topic = match &args.alerts_topic {
        Some(topic) => Some(topic.clone()),
        None => live::topic_of(config)?,
    };
    if let Some(topic) = topic {
        let arn = live::topic_arn(&topic, home);
        needs.extend(needs_of_sink(&Sink::Topic(arn), home, "publish"));
    }
    let bucket = match &args.reports_bucket {
        Some(bucket) => Some((bucket.clone(), args.reports_prefix.clone(), None)),
        None => live::bucket_of(config)?.map(|place| (place.bucket, place.prefix, place.encryption.key())),
    };
    if let Some((bucket, prefix, key)) = bucket {
        needs.extend(needs_of_reports(&bucket, &prefix, home, "publish"));
        // Keys are named in policies by ARN alone.
        if let Some(key) = key.filter(|key| key.starts_with("arn:")) {
            // Uploads in parts read their own data key back.
            for operation in ["Decrypt", "GenerateDataKey"] {
                needs.push(Need::new("kms", operation, "publish").on(key.clone()));
            }
        }
    }
    if args.security_hub || config.security_hub.is_some() {
        needs.extend(needs_of_sink(&Sink::Findings, home, "publish"));
        // Security Hub takes findings of an account from that account alone.
        let role = args.role.as_ref().or(config.aws.role.as_ref());
        needs.extend(role.map(|role| Need::assume_role(&home.partition, role, "publish")));
    }
    Ok(needs)
}

/// What one job needs. A scan and Config's rules need what the selected rules read.
fn needs_of_job(
    job: PermissionsJob,
    args: &PermissionsArgs,
    config: &Config,
    catalog: &Catalog,
    home: &Home,
) -> anyhow::Result<Vec<Need>> {
    let (types, name) = match job {
        PermissionsJob::Collect => (all_of(catalog), "collect"),
        PermissionsJob::CollectIamUsers => (Types::IamUsers, "collect iam-users"),
        PermissionsJob::Scan => (Types::OfRules, "scan"),
        PermissionsJob::ConfigRule => (Types::OfRules, "config-rule"),
        PermissionsJob::Publish => return of_publishing(config, args, home),
    };
    let judges = matches!(job, PermissionsJob::Scan | PermissionsJob::ConfigRule);
    let answers = job == PermissionsJob::ConfigRule;
    let reach = Reach {
        // An event of Config names its account and region, so nobody lists them.
        org: !answers && (args.org || config.aws.org),
        role: args.role.clone().or_else(|| config.aws.role.clone()),
        global_only: answers || job == PermissionsJob::CollectIamUsers,
        ..Reach::default()
    };
    let mut needs = needs_of_collecting(&types.of(catalog), &reach, home, name);
    let tables = if judges { &args.history_table } else { &args.table };
    for sink in tables.iter().map(|table| Sink::Table(table.clone())).chain(sinks(args)) {
        needs.extend(needs_of_sink(&sink, home, name));
    }
    if answers {
        needs.extend(needs_of_config_rules(home, name));
    }
    if let Some((bucket, key)) = args.waivers_object.as_ref().filter(|_| judges) {
        needs.extend(needs_of_object(bucket, key, home, name));
    }
    Ok(needs)
}

/// The places every job may have.
fn sinks(args: &PermissionsArgs) -> impl Iterator<Item = Sink> {
    let bucket = args
        .evidence_bucket
        .iter()
        .map(|bucket| Sink::Objects { bucket: bucket.clone(), prefix: args.evidence_prefix.clone() });
    let namespace = args.metrics_namespace.iter().map(|name| Sink::Namespace(name.clone()));
    bucket.chain(namespace)
}
