//! Collect: read facts into the store, raw pages into the archive.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tracing::{debug, warn};

use super::{Execution, JobError, Work};
use crate::catalog::Catalog;
use crate::collect::{Reader, collect_type, iam_user};
use crate::model::{AccountId, GLOBAL_REGION, IAM_USER, IamUser, Resource, Statistics, rfc3339_nanos};
use crate::port::{Archive, Estate, EstateScope, Progress, Resources, Users};

/// What collecting needs.
pub struct Ports<'a> {
    /// The source of facts.
    pub estate: &'a dyn Estate,
    /// Where pages go.
    pub archive: &'a dyn Archive,
    /// Where facts go.
    pub resources: &'a dyn Resources,
    /// Where IAM users go.
    pub users: &'a dyn Users,
    /// How far it is.
    pub progress: &'a dyn Progress,
}

/// Reads every resource type of the catalog in every account and region of the estate.
///
/// Stops before the deadline between two types; what was read stays, and is completed by the next run.
///
/// # Errors
/// When the estate cannot be used at all, or a store fails.
pub async fn collect(
    execution: &Execution<'_>,
    ports: &Ports<'_>,
    catalog: &Catalog,
    retention: Duration,
) -> Result<(Work, EstateScope), JobError> {
    let scope = ports.estate.scope().await?;
    let seen_at = scope.recorded_at.unwrap_or(execution.started_at);
    let mut statistics = Statistics { left_out: scope.left_out.clone(), ..Statistics::default() };
    for name in ["resources", "users", "unread", "damaged"] {
        statistics.count(name, 0);
    }
    let owners: Vec<AccountId> = scope.accounts.iter().map(|account| account.account.clone()).collect();
    let steps = scope.accounts.len() * catalog.resource_types.len();
    ports.progress.begin("Reading resources", Some(steps as u64));
    let mut done = 0;
    'all: for account in &scope.accounts {
        let mut reader = Reader::new(ports.estate, ports.archive, &catalog.secrets);
        for resource_type in &catalog.resource_types {
            if execution.is_out_of_time() {
                statistics.remaining =
                    Some(format!("{} of {steps} reads (account × resource type)", steps - done));
                break 'all;
            }
            let listed = collect_type(&mut reader, resource_type, account, &owners, seen_at).await?;
            count(&mut statistics, &listed.resources);
            statistics.count("damaged", listed.damaged);
            if listed.elsewhere > 0 {
                *statistics
                    .skipped
                    .entry("belongs to another account that is read too".to_owned())
                    .or_default() += listed.elsewhere;
            }
            debug!(
                account = account.account.as_str(),
                resource_type = resource_type.name.as_str(),
                count = listed.resources.len(),
                "Resources read."
            );
            ports.resources.put(&execution.id, &listed.resources).await?;
            let users: Vec<IamUser> =
                listed.resources.iter().filter_map(|resource| iam_user(resource, seen_at)).collect();
            statistics.count("users", users.len() as u64);
            ports.users.put(&users, expiry(execution.started_at, retention)).await?;
            // Users that could not be listed are not users that are gone.
            let could_list = !listed.resources.iter().any(Resource::is_placeholder);
            if resource_type.name == IAM_USER && (could_list || !users.is_empty()) {
                ports.users.scanned(&account.account, &rfc3339_nanos(seen_at)).await?;
            }
            done += 1;
            ports.progress.advance(1);
        }
        let regions = std::iter::once(GLOBAL_REGION).chain(account.regions.iter().map(String::as_str));
        statistics.covered.extend(regions.map(|region| format!("{}/{region}", account.account)));
    }
    ports.progress.end();
    let finished = statistics.remaining.is_none();
    if finished {
        let gone = ports.resources.sweep(&execution.id, &owners).await?;
        statistics.count("gone", gone);
    }
    let damaged = statistics.get("damaged");
    if damaged > 0 {
        warn!(count = damaged, "Some answers are damaged; what they would have told is unknown.");
    }
    Ok((Work { complete: finished && damaged == 0, statistics }, scope))
}

fn count(statistics: &mut Statistics, resources: &[Resource]) {
    for resource in resources {
        statistics.count("resources", 1);
        for unread in &resource.unread {
            statistics.count("unread", 1);
            statistics.skip(unread.reason.as_str());
        }
    }
}

/// When something kept now may be forgotten.
pub(super) fn expiry(from: Timestamp, retention: Duration) -> Timestamp {
    SignedDuration::try_from(retention)
        .ok()
        .and_then(|by| from.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}
