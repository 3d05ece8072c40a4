//! All store ports over maps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;

use super::lock;
use crate::model::{AccountId, Digest, Evaluation, IamUser, JobName, Resource, Run, RunStatus, Violation};
use crate::port::{
    Acquired, Evaluations, EvidenceIndex, EvidenceReference, Lock, Locks, Page, PortResult, Recorded,
    Resources, Runs, Users, Violations, Waivers,
};
use crate::waiver::Waiver;

/// A store that is gone with the process. It takes the time from whoever reads, through `expire`: an item
/// whose retention ended before the last `expire` is gone.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    resources: BTreeMap<String, (String, Resource)>,
    users: BTreeMap<(String, String), (Timestamp, IamUser)>,
    evaluations: BTreeMap<(String, String), (Timestamp, Evaluation)>,
    violations: BTreeMap<Digest, (Timestamp, String, Violation)>,
    waivers: BTreeMap<String, Waiver>,
    runs: BTreeMap<String, Run>,
    locks: BTreeMap<String, Lock>,
}

/// Cuts a page out of items that are already in the order of their keys.
fn page<T>(items: impl Iterator<Item = (String, T)>, after: Option<&str>, limit: usize) -> Page<T> {
    let mut rest = items.filter(|(key, _)| after.is_none_or(|after| key.as_str() > after)).peekable();
    let mut found = Vec::new();
    let mut last = None;
    while let Some((key, item)) = rest.next_if(|_| found.len() < limit) {
        found.push(item);
        last = Some(key);
    }
    Page { items: found, next: if rest.peek().is_some() { last } else { None } }
}

#[async_trait]
impl Resources for MemoryStore {
    async fn put(&self, execution_id: &str, resources: &[Resource]) -> PortResult<()> {
        let mut state = lock(&self.state);
        for resource in resources {
            state.resources.insert(resource.id.clone(), (execution_id.to_owned(), resource.clone()));
        }
        Ok(())
    }

    async fn sweep(&self, execution_id: &str, accounts: &[AccountId]) -> PortResult<u64> {
        let mut state = lock(&self.state);
        let before = state.resources.len();
        state
            .resources
            .retain(|_, (run, resource)| run == execution_id || !accounts.contains(&resource.account));
        Ok((before - state.resources.len()) as u64)
    }

    async fn page(&self, after: Option<&str>, limit: usize) -> PortResult<Page<Resource>> {
        let state = lock(&self.state);
        let items = state.resources.iter().map(|(id, (_, resource))| (id.clone(), resource.clone()));
        Ok(page(items, after, limit))
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
    async fn put(&self, users: &[IamUser], expires_at: Timestamp) -> PortResult<()> {
        let mut state = lock(&self.state);
        for user in users {
            let key = (user.user_name.clone(), user.scan_timestamp.clone());
            state.users.insert(key, (expires_at, user.clone()));
        }
        Ok(())
    }

    async fn latest(&self, after: Option<&str>, limit: usize) -> PortResult<Page<IamUser>> {
        let state = lock(&self.state);
        let mut scans: BTreeMap<&AccountId, &str> = BTreeMap::new();
        for (_, user) in state.users.values() {
            let latest = scans.entry(&user.account).or_default();
            *latest = (*latest).max(user.scan_timestamp.as_str());
        }
        let is_latest = |user: &&IamUser| scans.get(&user.account) == Some(&user.scan_timestamp.as_str());
        let users = state.users.values().map(|(_, user)| user).filter(is_latest);
        Ok(page(users.map(|user| (user.user_name.clone(), user.clone())), after, limit))
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
            let key = (evaluation.resource_id.clone(), evaluation.evaluation_timestamp.clone());
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
            (format!("{}\n{}", evaluation.resource_id, evaluation.rule.id), evaluation.clone())
        });
        let sorted: BTreeMap<String, Evaluation> = keyed.collect();
        Ok(page(sorted.into_iter(), after, limit))
    }

    async fn history(
        &self,
        resource_id: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Evaluation>> {
        let state = lock(&self.state);
        let of_resource = state.evaluations.iter().filter(|((id, _), _)| id == resource_id);
        let keyed = of_resource.map(|((_, time), (_, evaluation))| (time.clone(), evaluation.clone()));
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
            (
                format!("{}\n{}", violation.event_time.as_deref().unwrap_or_default(), violation.id),
                violation.clone(),
            )
        });
        let sorted: BTreeMap<String, Violation> = keyed.collect();
        Ok(page(sorted.into_iter(), after, limit))
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
            .map(|(digest, subject)| (digest.to_string(), EvidenceReference { digest, subject }));
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
