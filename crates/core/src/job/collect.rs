//! Collect: read facts into the store, raw pages into the archive.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use tracing::{debug, warn};

use super::{Execution, JobError, Work};
use crate::catalog::Catalog;
use crate::collect::{AccessBook, Derived, Reader, ResourceType, collect_type, derive_access, iam_user};
use crate::detection::PolicyBook;
use crate::model::touch;
use crate::model::{
    AccountId, GLOBAL_REGION, IAM_USER, IamUser, LEFT_OUT_USERS, LeftOut, Resource, Statistics, Unread,
    UnreadReason, rfc3339_nanos,
};
use crate::port::{
    AccountScope, Archive, Estate, EstateScope, PortResult, Progress, Resources, Swept, Users,
};

/// What collecting needs.
pub struct Ports<'a> {
    /// The source of facts.
    pub estate: &'a dyn Estate,
    /// Where pages go.
    pub archive: &'a dyn Archive,
    /// Where facts go. `None`: only snapshots of users are kept.
    pub resources: Option<&'a dyn Resources>,
    /// Where IAM users go.
    pub users: &'a dyn Users,
    /// How far it is.
    pub progress: &'a dyn Progress,
}

/// What is to be read, and how long it is kept.
pub struct Wanted<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// Of its resource types.
    pub types: Types,
    /// How long snapshots of users are kept.
    pub retention: Duration,
}

/// Which resource types are read, and how much of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Types {
    /// What the catalog's rules read, and all of what tells who has access.
    All,
    /// What the catalog's rules read, and nothing else: for a catalog of which rules were selected. Snapshots of
    /// users are not made of it.
    OfRules,
    /// IAM users, and what tells what they may do.
    IamUsers,
}

impl Types {
    /// The types with the calls that are needed, in the order they are read: users behind what they hold.
    #[must_use]
    pub fn of(self, catalog: &Catalog) -> Vec<ResourceType> {
        let is_access = |name: &str| name == IAM_USER || AccessBook::TYPES.contains(&name);
        let user_reads = catalog.reads_of(IAM_USER);
        let needs_access = user_reads.iter().any(|path| touch(path, Derived::Access.member()));
        let wanted = |it: &ResourceType| {
            let mut reads = catalog.reads_of(&it.name);
            match self {
                Self::IamUsers => return is_access(&it.name).then(|| it.clone()),
                Self::All if is_access(&it.name) => return Some(it.clone()),
                // Detections know the policies that events name by what was collected.
                Self::All => {
                    let policies = PolicyBook::READS.iter().filter(|(name, _)| *name == it.name);
                    reads.extend(policies.map(|(_, path)| (*path).to_owned()));
                }
                Self::OfRules if needs_access && AccessBook::TYPES.contains(&it.name.as_str()) => {
                    return Some(it.clone());
                }
                Self::OfRules => {}
            }
            (!reads.is_empty()).then(|| it.narrowed(&reads))
        };
        let mut types: Vec<ResourceType> = catalog.resource_types.iter().filter_map(wanted).collect();
        types.sort_by_key(|it| it.name == IAM_USER);
        types
    }

    /// Whether snapshots of users are made.
    fn has_users(self) -> bool {
        match self {
            Self::All | Self::IamUsers => true,
            Self::OfRules => false,
        }
    }
}

/// Reads the wanted resource types in every account and region of the estate.
///
/// Stops before the deadline between two types; what was read stays. A killed run over a recording is completed
/// by the next one, a live estate is read anew.
///
/// # Errors
/// When the estate cannot be used at all, or a store fails.
pub async fn collect(
    execution: &Execution<'_>,
    ports: &Ports<'_>,
    wanted: &Wanted<'_>,
) -> Result<(Work, EstateScope), JobError> {
    let scope = ports.estate.scope().await?;
    let seen_at = scope.recorded_at.unwrap_or(execution.started_at);
    let mut statistics = Statistics { left_out: scope.left_out.clone(), ..Statistics::default() };
    for name in ["resources", "users", "written", "errors", "unread", "unlisted", "damaged"] {
        statistics.count(name, 0);
    }
    let owners: Vec<AccountId> = scope.accounts.iter().map(|account| account.account.clone()).collect();
    let (types, silent) = spoken_of(ports.estate, wanted.types.of(wanted.catalog)).await?;
    if wanted.types == Types::OfRules {
        statistics.left_out.extend(wanted.catalog.left_out());
    }
    if !silent.is_empty() {
        let names: Vec<&str> = silent.iter().map(|it| it.name.as_str()).collect();
        statistics.left_out.push(LeftOut {
            what: format!("{} resource types", names.len()),
            why: format!("the recording has nothing about them: {}", names.join(", ")),
        });
    }
    let steps = scope.accounts.len() * types.len();
    ports.progress.begin("Reading resources", Some(steps as u64));
    let live = scope.live;
    let round = Round { execution, ports, wanted, types, owners, seen_at, live };
    let accounts = scope.accounts.iter().map(|account| round.account(account));
    let mut accounts = stream::iter(accounts).buffered(ports.estate.at_once().max(1));
    let mut done = 0;
    while let Some(account) = accounts.try_next().await? {
        done += account.types_done;
        statistics.add(account.statistics);
    }
    drop(accounts);
    ports.progress.end();
    if done < steps {
        statistics.remaining = Some(format!("{} of {steps} reads (account × resource type)", steps - done));
    }
    if statistics.remaining.is_none() && execution.is_out_of_time() && statistics.get("failed") > 0 {
        statistics.remaining = Some("what had no answer before the deadline".to_owned());
    }
    let finished = statistics.remaining.is_none();
    if finished && let Some(resources) = ports.resources {
        // No type means all, those of an earlier catalog too.
        let types: Vec<&str> = match wanted.types {
            Types::All if silent.is_empty() => Vec::new(),
            Types::All | Types::OfRules | Types::IamUsers => {
                round.types.iter().map(|it| it.name.as_str()).collect()
            }
        };
        let places: Vec<Swept> = scope.accounts.iter().map(swept).collect();
        let gone = resources.sweep(&execution.id, &places, &types).await?;
        // Where a list could not be read, what was known before is no longer held, but may well be there.
        let unsure = scope.live && statistics.get("unlisted") > 0;
        let name = if unsure { "no_longer_held" } else { "gone" };
        statistics.count(name, gone);
    }
    let damaged = statistics.get("damaged");
    if damaged > 0 {
        warn!(count = damaged, "Some answers are damaged; what they would have told is unknown.");
    }
    if !scope.unreachable.is_empty() {
        statistics.count("unreachable_accounts", scope.unreachable.len() as u64);
    }
    let reached = !scope.accounts.is_empty()
        && scope.unreachable.is_empty()
        && scope.regions_unknown.is_empty()
        && !(scope.live && statistics.get("unlisted") + statistics.get("failed") > 0);
    let complete = finished && damaged == 0 && statistics.get("errors") == 0 && reached;
    Ok((Work { complete, statistics }, scope))
}

/// The types the estate can say something about, and those it is silent about altogether: a recording that was
/// made before a type was known has no answer to any of its calls, and that is a limit of its scope.
async fn spoken_of(
    estate: &dyn Estate,
    types: Vec<ResourceType>,
) -> Result<(Vec<ResourceType>, Vec<ResourceType>), JobError> {
    let (mut spoken, mut silent) = (Vec::new(), Vec::new());
    for resource_type in types {
        let mut is_spoken_of = false;
        for (service, operation) in resource_type.list_calls() {
            is_spoken_of |= estate.speaks_of(service, operation).await?;
        }
        if is_spoken_of { spoken.push(resource_type) } else { silent.push(resource_type) }
    }
    Ok((spoken, silent))
}

/// How many resource types are read at the same time in one account. Their answers are in memory together.
const TYPES_AT_ONCE: usize = 6;

/// One run over all accounts.
struct Round<'r> {
    execution: &'r Execution<'r>,
    ports: &'r Ports<'r>,
    wanted: &'r Wanted<'r>,
    types: Vec<ResourceType>,
    owners: Vec<AccountId>,
    seen_at: Timestamp,
    live: bool,
}

/// What was done in one account.
struct AccountDone {
    types_done: usize,
    statistics: Statistics,
}

impl Round<'_> {
    async fn account(&self, account: &AccountScope) -> Result<AccountDone, JobError> {
        let Self { execution, ports, wanted, seen_at, .. } = self;
        let mut statistics = Statistics::default();
        let mut types_done = 0;
        let reader = Reader::new(ports.estate, ports.archive, &wanted.catalog.secrets);
        let mut book = AccessBook::default();
        let read = self.types.iter().map(|resource_type| {
            let reader = reader.beside();
            async move {
                if execution.is_out_of_time() {
                    return Ok(None);
                }
                let listed = collect_type(&reader, resource_type, account, &self.owners, *seen_at).await?;
                PortResult::Ok(Some((resource_type, listed)))
            }
        });
        let at_once = ports.estate.at_once().clamp(1, TYPES_AT_ONCE);
        let mut read = stream::iter(read).buffered(at_once);
        // In the order of the types: users come behind what they hold.
        while let Some(Some((resource_type, mut listed))) = read.try_next().await? {
            if resource_type.derived.contains(&Derived::Access) {
                let book = self.knows_access().then_some(&book);
                listed.resources.iter_mut().for_each(|resource| derive_access(resource, book));
            }
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
            if let Some(resources) = ports.resources {
                resources.put(&execution.id, &listed.resources).await?;
            }
            listed.resources.iter().for_each(|resource| book.add(resource));
            if resource_type.name == IAM_USER && wanted.types.has_users() {
                self.users(&account.account, &listed.resources, &book, &mut statistics).await?;
            }
            types_done += 1;
            ports.progress.advance(1);
        }
        let regions = std::iter::once(GLOBAL_REGION).chain(account.regions.iter().map(String::as_str));
        if types_done > 0 {
            statistics.covered.extend(regions.map(|region| format!("{}/{region}", account.account)));
        }
        Ok(AccountDone { types_done, statistics })
    }

    /// Whether all is read that tells what a user may do.
    fn knows_access(&self) -> bool {
        AccessBook::TYPES.iter().all(|name| self.types.iter().any(|it| it.name == *name))
    }

    /// Keeps a snapshot of every user. One that cannot be kept is named, and stops nobody else.
    async fn users(
        &self,
        account: &AccountId,
        resources: &[Resource],
        book: &AccessBook,
        statistics: &mut Statistics,
    ) -> Result<(), JobError> {
        let users: Vec<IamUser> = resources
            .iter()
            .filter_map(|resource| iam_user(resource, self.seen_at, book.access(resource)))
            .collect();
        statistics.count("users", users.len() as u64);
        let expires_at = expiry(self.execution.started_at, self.wanted.retention);
        let unwritten = self.ports.users.put(&users, expires_at).await?;
        for user in &unwritten {
            warn!(user = user.user_name.as_str(), reason = user.why.as_str(), "A user could not be kept.");
            statistics.skip("could not be written");
        }
        statistics.count("errors", unwritten.len() as u64);
        statistics.count("written", users.len().saturating_sub(unwritten.len()) as u64);
        // Users that could not be listed, or kept, are not users that are gone.
        let unlisted = resources.iter().find(|resource| resource.is_placeholder());
        let could_list = unlisted.is_none();
        if let Some(unlisted) = unlisted.filter(|_| self.live) {
            let why: Vec<String> = unlisted.unread.iter().map(ToString::to_string).collect();
            statistics
                .left_out
                .push(LeftOut { what: format!("{LEFT_OUT_USERS}{account}"), why: why.join(", ") });
        }
        if could_list || !users.is_empty() {
            let complete = could_list && unwritten.is_empty();
            self.ports.users.scanned(account, &rfc3339_nanos(self.seen_at), complete).await?;
        }
        Ok(())
    }
}

/// Whether the same call may be answered the next time, with nobody changing any permission.
fn may_succeed(reason: UnreadReason) -> bool {
    match reason {
        UnreadReason::Throttled
        | UnreadReason::Unparsable
        | UnreadReason::Truncated
        | UnreadReason::Failed => true,
        UnreadReason::AccessDenied
        | UnreadReason::NotRecorded
        | UnreadReason::NotAsked
        | UnreadReason::Undecided => false,
    }
}

/// What of an account was looked at to its end.
fn swept(scope: &AccountScope) -> Swept {
    let regions = std::iter::once(GLOBAL_REGION).chain(scope.regions.iter().map(String::as_str));
    let regions = (!scope.all_regions).then(|| regions.map(str::to_owned).collect());
    Swept { account: scope.account.clone(), regions }
}

fn count(statistics: &mut Statistics, resources: &[Resource]) {
    for resource in resources {
        statistics.count("resources", 1);
        statistics.count("unlisted", u64::from(resource.is_placeholder()));
        let asked = |unread: &&Unread| unread.reason != UnreadReason::NotAsked;
        for unread in resource.unread.iter().filter(asked) {
            statistics.count("unread", 1);
            statistics.count("failed", u64::from(may_succeed(unread.reason)));
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
