//! The live estate: a client of AWS, and a runtime for it to wait on.
//!
//! Commands wait for their jobs on this thread, as they do without AWS; the runtime's own threads drive the
//! connections.

mod outlets;

use std::sync::Arc;

use anyhow::{Context as _, bail};
use provost_aws::dynamo::DynamoStore;
use provost_aws::guard::Source;
use provost_aws::{Access, LiveEstate, Reach, connect};
use provost_local::SystemClock;
use tokio::runtime::{Builder, Runtime};

use crate::cli::LiveArgs;
use crate::config::AwsConfig;
pub(crate) use outlets::{Outlets, bucket_of, topic_arn, topic_of};

/// A live estate, and what it needs to be asked.
pub(crate) struct Live {
    runtime: Runtime,
    pub(crate) estate: LiveEstate,
    /// What is looked at, in words.
    pub(crate) name: String,
}

impl Live {
    /// The estate of the configuration under the command line. Nothing is asked of AWS yet.
    pub(crate) fn open(config: &AwsConfig, args: &LiveArgs, global_only: bool) -> anyhow::Result<Self> {
        let reach = reach(config, args, global_only)?;
        let runtime = runtime()?;
        let access = Access {
            profile: args.profile.clone().or_else(|| config.profile.clone()),
            region: config.region.clone(),
            models: config.models.clone(),
            most_calls: args.max_calls.or(config.max_calls),
            ..Access::default()
        };
        let name = format!(
            "aws profile={:?} org={} accounts={:?} role={:?} regions={:?}",
            access.profile, reach.org, reach.accounts, reach.role, reach.regions
        );
        let client = runtime.block_on(connect(access));
        Ok(Self { estate: LiveEstate::new(client, reach), runtime, name })
    }

    /// Does something that waits for AWS.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&LiveEstate) -> T) -> T {
        let _entered = self.runtime.enter();
        work(&self.estate)
    }
}

/// The users a function on AWS keeps in a table.
pub(crate) struct Table {
    runtime: Runtime,
    store: DynamoStore,
}

impl Table {
    /// The table of this name, or with this ARN. It is only read.
    pub(crate) fn open(config: &AwsConfig, profile: Option<&str>, table: &str) -> anyhow::Result<Self> {
        let runtime = runtime()?;
        let access = Access {
            profile: profile.map(str::to_owned).or_else(|| config.profile.clone()),
            region: config.region.clone(),
            models: config.models.clone(),
            sources: vec![Source::Table(table.to_owned())],
            ..Access::default()
        };
        let client = runtime.block_on(connect(access));
        Ok(Self { runtime, store: DynamoStore::new(client, table, Arc::new(SystemClock)) })
    }

    /// Does something with the users.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&DynamoStore) -> T) -> T {
        let _entered = self.runtime.enter();
        work(&self.store)
    }
}

fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().context("start a runtime")
}

/// How far to look: the command line goes before the file.
pub(crate) fn reach(config: &AwsConfig, args: &LiveArgs, global_only: bool) -> anyhow::Result<Reach> {
    let or =
        |given: &[_], configured: &[_]| if given.is_empty() { configured.to_vec() } else { given.to_vec() };
    let accounts = if args.account.is_empty() { config.accounts.clone() } else { args.account.clone() };
    let reach = Reach {
        org: args.org || config.org,
        accounts,
        role: args.role.clone().or_else(|| config.role.clone()),
        external_id: args.external_id.clone().or_else(|| config.external_id.clone()),
        regions: or(&args.region, &config.regions),
        global_only,
    };
    if let Some(role) = reach.role.as_deref().filter(|role| role.contains(':')) {
        bail!("--role takes the role's name, not its ARN: `{role}`");
    }
    if reach.org && reach.role.is_none() {
        bail!("--org needs --role NAME: the role to assume in each account of the organization");
    }
    if reach.role.is_some() && !reach.org && reach.accounts.is_empty() {
        bail!("--role needs the accounts to assume it in: --org for all, or --account ID for some");
    }
    Ok(reach)
}
