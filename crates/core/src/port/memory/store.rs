//! All store ports over maps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;

use super::lock;
use crate::model::{
    AccountId, Digest, Evaluation, IamUser, JobName, Resource, Run, RunStatus, Violation, rfc3339_nanos,
};
use crate::port::{
    Acquired, Evaluations, EvidenceIndex, EvidenceReference, Lock, Locks, Outgoing, Page, PortResult,
    Recorded, Resources, Runs, Scan, Scanned, Swept, Told, Unwritten, Users, Violations, Waivers,
};
use crate::waiver::Waiver;

/// A store that is gone with the process. It takes the time from whoever reads, through `expire`: an item
/// whose retention ended before the last `expire` is gone.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    pub(super) mail: Mutex<Mail>,
}

/// Messages by id, `None` once they were sent, and what was told about each scope.
#[derive(Debug, Default)]
pub(super) struct Mail {
    pub(super) messages: BTreeMap<String, Option<Outgoing>>,
    pub(super) told: BTreeMap<String, Told>,
}

#[derive(Debug, Default)]
struct State {
    resources: BTreeMap<(String, AccountId), (String, Resource)>,
    scans: BTreeMap<AccountId, Scan>,
    users: BTreeMap<(String, String), (Timestamp, IamUser)>,
    evaluations: BTreeMap<(String, String, AccountId), (Timestamp, Evaluation)>,
    violations: BTreeMap<Digest, (Timestamp, String, Violation)>,
    waivers: BTreeMap<String, Waiver>,
    runs: BTreeMap<String, Run>,
    locks: BTreeMap<String, Lock>,
}

/// A key as adapters order it, text by text. Written as JSON it is the cursor.
type Key = Vec<String>;

fn key<const N: usize>(texts: [&str; N]) -> Key {
    texts.map(str::to_owned).into()
}

/// Cuts a page out of items in the order of their keys.
fn page<T>(items: impl Iterator<Item = (Key, T)>, after: Option<&str>, limit: usize) -> Page<T> {
    let after: Option<Key> = after.and_then(|after| serde_json::from_str(after).ok());
    let sorted: BTreeMap<Key, T> = items.collect();
    let mut rest =
        sorted.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after)).peekable();
    let mut found = Vec::new();
    let mut last = None;
    while let Some((key, item)) = rest.next_if(|_| found.len() < limit) {
        found.push(item);
        last = Some(key);
    }
    let last = last.filter(|_| rest.peek().is_some());
    Page { items: found, next: last.and_then(|key| serde_json::to_string(&key).ok()) }
}

#[async_trait]
impl Resources for MemoryStore {
    async fn put(&self, execution_id: &str, resources: &[Resource]) -> PortResult<()> {
        let mut state = lock(&self.state);
        for resource in resources {
            let key = (resource.id.clone(), resource.account.clone());
            state.resources.insert(key, (execution_id.to_owned(), resource.clone()));
        }
        Ok(())
    }

    async fn sweep(&self, execution_id: &str, places: &[Swept], types: &[&str]) -> PortResult<u64> {
        let mut state = lock(&self.state);
        let before = state.resources.len();
        state.resources.retain(|_, (run, resource)| {
            let is_meant = types.is_empty() || types.contains(&resource.resource_type.as_str());
            let is_there = |place: &Swept| {
                place.account == resource.account
                    && place.regions.as_ref().is_none_or(|regions| regions.contains(&resource.region))
            };
            run == execution_id || !is_meant || !places.iter().any(is_there)
        });
        Ok((before - state.resources.len()) as u64)
    }

    async fn page(&self, after: Option<&str>, limit: usize) -> PortResult<Page<Resource>> {
        let state = lock(&self.state);
        let keyed = state.resources.iter();
        let keyed =
            keyed.map(|((id, account), (_, resource))| (key([id, account.as_str()]), resource.clone()));
        Ok(page(keyed, after, limit))
    }

    async fn fingerprint(&self) -> PortResult<(u64, Digest)> {
        let state = lock(&self.state);
        let texts: Vec<Vec<u8>> = state
            .resources
            .values()
            .map(|(_, resource)| serde_json::to_vec(resource).unwrap_or_default())
            .collect();
        Ok((texts.len() as u64, Digest::of_parts(texts.iter().map(Vec::as_slice))))
    }
}

#[async_trait]
impl Users for MemoryStore {
    async fn put(&self, users: &[IamUser], expires_at: Timestamp) -> PortResult<Vec<Unwritten>> {
        let mut state = lock(&self.state);
        for user in users {
            let key = (user.user_name.clone(), user.scan_timestamp.clone());
            state.users.insert(key, (expires_at, user.clone()));
        }
        Ok(Vec::new())
    }

    async fn scanned(&self, account: &AccountId, scan_timestamp: &str, complete: bool) -> PortResult<()> {
        let mut state = lock(&self.state);
        let latest = Scanned { timestamp: scan_timestamp.to_owned(), complete };
        let previous = match state.scans.get(account) {
            Some(scan) if scan.latest.timestamp.as_str() > scan_timestamp => return Ok(()),
            Some(scan) if scan.latest.timestamp == scan_timestamp => scan.previous.clone(),
            known => known.map(|scan| scan.latest.clone()),
        };
        state.scans.insert(account.clone(), Scan { account: account.clone(), latest, previous });
        Ok(())
    }

    async fn latest(&self, after: Option<&str>, limit: usize) -> PortResult<Page<IamUser>> {
        let state = lock(&self.state);
        let is_latest = |user: &&IamUser| {
            state.scans.get(&user.account).is_some_and(|scan| scan.latest.timestamp == user.scan_timestamp)
        };
        let users = state.users.values().map(|(_, user)| user).filter(is_latest);
        Ok(page(users.map(|user| (key([&user.user_name]), user.clone())), after, limit))
    }

    async fn scans(&self) -> PortResult<Vec<Scan>> {
        Ok(lock(&self.state).scans.values().cloned().collect())
    }

    async fn of_scan(
        &self,
        account: &AccountId,
        scan_timestamp: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<IamUser>> {
        let state = lock(&self.state);
        let users = state.users.values().map(|(_, user)| user);
        let users = users.filter(|user| user.account == *account && user.scan_timestamp == scan_timestamp);
        Ok(page(users.map(|user| (key([&user.user_name]), user.clone())), after, limit))
    }

    async fn history(&self, user_name: &str) -> PortResult<Vec<IamUser>> {
        let state = lock(&self.state);
        let users = state.users.iter().filter(|((name, _), _)| name == user_name);
        Ok(users.map(|(_, (_, user))| user.clone()).collect())
    }
}

#[async_trait]
impl Evaluations for MemoryStore {
    async fn put(&self, evaluations: &[Evaluation], expires_at: Timestamp) -> PortResult<()> {
        let mut state = lock(&self.state);
        for evaluation in evaluations {
            let (resource, time) = (evaluation.resource_id.clone(), evaluation.evaluation_timestamp.clone());
            let key = (resource, time, evaluation.account.clone());
            state.evaluations.insert(key, (expires_at, evaluation.clone()));
        }
        Ok(())
    }

    async fn of_execution(
        &self,
        execution_id: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Evaluation>> {
        let state = lock(&self.state);
        let evaluations = state.evaluations.values().map(|(_, evaluation)| evaluation);
        let of_run = evaluations.filter(|evaluation| evaluation.execution_id == execution_id);
        let keyed = of_run.map(|evaluation| {
            let rule = evaluation.rule.id.as_str();
            (key([&evaluation.resource_id, rule, evaluation.account.as_str()]), evaluation.clone())
        });
        Ok(page(keyed, after, limit))
    }

    async fn history(
        &self,
        resource_id: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Evaluation>> {
        let state = lock(&self.state);
        let of_resource = state.evaluations.iter().filter(|((id, ..), _)| id == resource_id);
        let keyed = of_resource
            .map(|((_, time, account), (_, evaluation))| (key([time, account.as_str()]), evaluation.clone()));
        Ok(page(keyed, after, limit))
    }
}

#[async_trait]
impl Violations for MemoryStore {
    async fn record(
        &self,
        seen_by: &str,
        violations: &[Violation],
        expires_at: Timestamp,
    ) -> PortResult<Vec<Recorded>> {
        let mut state = lock(&self.state);
        let record = |violation: &Violation| {
            let item = (expires_at, seen_by.to_owned(), violation.clone());
            match state.violations.get(&violation.id) {
                None => {
                    state.violations.insert(violation.id, item);
                    Recorded::New
                }
                Some((_, run, _)) if run == seen_by => Recorded::Duplicate,
                Some(_) => {
                    state.violations.insert(violation.id, item);
                    Recorded::Again
                }
            }
        };
        Ok(violations.iter().map(record).collect())
    }

    async fn page(&self, after: Option<&str>, limit: usize) -> PortResult<Page<Violation>> {
        let state = lock(&self.state);
        let keyed = state.violations.values().map(|(_, _, violation)| {
            let time = violation.event_time.as_deref().unwrap_or_default();
            (key([time, &violation.id.to_string()]), violation.clone())
        });
        Ok(page(keyed, after, limit))
    }
}

#[async_trait]
impl Waivers for MemoryStore {
    async fn put(&self, waivers: &[Waiver]) -> PortResult<()> {
        let mut state = lock(&self.state);
        for waiver in waivers {
            state.waivers.insert(waiver.id.clone(), waiver.clone());
        }
        Ok(())
    }

    async fn list(&self) -> PortResult<Vec<Waiver>> {
        Ok(lock(&self.state).waivers.values().cloned().collect())
    }
}

#[async_trait]
impl Runs for MemoryStore {
    async fn put(&self, run: &Run) -> PortResult<()> {
        lock(&self.state).runs.insert(run.execution_id.clone(), run.clone());
        Ok(())
    }

    async fn get(&self, execution_id: &str) -> PortResult<Option<Run>> {
        Ok(lock(&self.state).runs.get(execution_id).cloned())
    }

    async fn unfinished(&self, job: JobName, scope: &str) -> PortResult<Vec<Run>> {
        let state = lock(&self.state);
        let is_open = |run: &&Run| run.job == job && run.scope == scope && run.status == RunStatus::Running;
        let mut runs: Vec<Run> = state.runs.values().filter(is_open).cloned().collect();
        runs.sort_by_key(|run| run.started_at);
        Ok(runs)
    }

    async fn latest(&self, job: JobName) -> PortResult<Option<Run>> {
        let state = lock(&self.state);
        let ended = |run: &&Run| match run.status {
            RunStatus::Done | RunStatus::Incomplete => run.job == job,
            RunStatus::Running | RunStatus::Failed | RunStatus::Abandoned => false,
        };
        Ok(state.runs.values().filter(ended).max_by_key(|run| run.started_at).cloned())
    }

    async fn ended(
        &self,
        job: JobName,
        until: Timestamp,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Run>> {
        let state = lock(&self.state);
        let place = |run: &Run| format!("{}#{}", rfc3339_nanos(run.started_at), run.execution_id);
        let mut runs: Vec<&Run> = state
            .runs
            .values()
            .filter(|run| matches!(run.status, RunStatus::Done | RunStatus::Incomplete))
            .filter(|run| run.job == job && run.started_at <= until)
            .filter(|run| after.is_none_or(|after| place(run).as_str() < after))
            .collect();
        runs.sort_by_key(|run| std::cmp::Reverse(place(run)));
        let more = runs.len() > limit;
        runs.truncate(limit);
        let next = runs.last().filter(|_| more).map(|run| place(run));
        Ok(Page { items: runs.into_iter().cloned().collect(), next })
    }
}

#[async_trait]
impl Locks for MemoryStore {
    async fn acquire(&self, wanted: &Lock, now: Timestamp) -> PortResult<Acquired> {
        let mut state = lock(&self.state);
        match state.locks.get(&wanted.name) {
            Some(held) if held.holder != wanted.holder && held.expires_at > now => {
                Ok(Acquired::Held(held.clone()))
            }
            Some(_) | None => {
                state.locks.insert(wanted.name.clone(), wanted.clone());
                Ok(Acquired::Yes)
            }
        }
    }

    async fn release(&self, name: &str, holder: &str) -> PortResult<()> {
        let mut state = lock(&self.state);
        if state.locks.get(name).is_some_and(|held| held.holder == holder) {
            state.locks.remove(name);
        }
        Ok(())
    }
}

impl State {
    /// Every digest something refers to, with one thing that does.
    fn references(&self) -> BTreeMap<Digest, String> {
        let resources = self.resources.values().map(|(_, resource)| (&resource.evidence, &resource.id));
        let users = self.users.values().map(|(_, user)| (&user.evidence, &user.arn));
        let evaluations = self.evaluations.values().map(|(_, item)| (&item.evidence, &item.resource_id));
        let lists = resources.chain(users).chain(evaluations);
        let listed =
            lists.flat_map(|(digests, subject)| digests.iter().map(move |digest| (*digest, subject.clone())));
        let events = self.violations.values().map(|(_, _, item)| (item.evidence, item.event_id.clone()));
        listed.chain(events).collect()
    }
}

#[async_trait]
impl EvidenceIndex for MemoryStore {
    async fn page(&self, after: Option<&str>, limit: usize) -> PortResult<Page<EvidenceReference>> {
        let references = lock(&self.state).references();
        let keyed = references
            .into_iter()
            .map(|(digest, subject)| (key([&digest.to_string()]), EvidenceReference { digest, subject }));
        Ok(page(keyed, after, limit))
    }

    async fn expire(&self, now: Timestamp) -> PortResult<Vec<Digest>> {
        let mut state = lock(&self.state);
        let before: BTreeSet<Digest> = state.references().into_keys().collect();
        state.users.retain(|_, (expires_at, _)| *expires_at > now);
        state.evaluations.retain(|_, (expires_at, _)| *expires_at > now);
        state.violations.retain(|_, (expires_at, _, _)| *expires_at > now);
        let after = state.references();
        Ok(before.into_iter().filter(|digest| !after.contains_key(digest)).collect())
    }
}
