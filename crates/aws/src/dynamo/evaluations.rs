//! [`Evaluations`] over the history table, visible call by call.
//!
//! DynamoDB makes at most 100 writes one. A call of the port has thousands of verdicts, so they are written
//! as they come, each bearing the digest of its call, and are there for readers once the last write has said
//! that the call is whole. A call that broke off leaves items nobody sees, which its repetition replaces and
//! `ttl` removes.

use std::collections::{BTreeSet, HashSet};
use std::sync::PoisonError;

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::model::{Digest, Evaluation};
use provost_core::port::{Evaluations, Page, PortResult};

use super::DynamoEvaluations;
use super::attributes::{Item, TTL, WHOLE, read, text, text_of, ttl, whole};
use super::batch::Items;
use super::keys;
use super::table::{Find, Key};

/// The attribute that says by which call an item was written.
const CALL: &str = "call";

/// The sort key of the item that says that a call is whole.
const SORT: &str = "call";

/// How many calls are remembered to be whole.
const MOST_REMEMBERED: usize = 10_000;

#[async_trait]
impl Evaluations for DynamoEvaluations {
    async fn put(&self, evaluations: &[Evaluation], expires_at: Timestamp) -> PortResult<()> {
        if evaluations.is_empty() {
            return Ok(());
        }
        let mut wholes = Vec::with_capacity(evaluations.len());
        for evaluation in evaluations {
            wholes.push((evaluation, whole(evaluation)?));
        }
        let texts: Vec<String> = wholes.iter().map(|(_, whole)| whole.to_string()).collect();
        let call = Digest::of_parts(texts.iter().map(String::as_bytes)).hex();
        let mut items = Items::new();
        for (evaluation, whole) in wholes {
            let mut item = Item::new();
            item.insert(CALL.to_owned(), text(&call));
            item.insert(TTL.to_owned(), ttl(expires_at));
            item.insert(WHOLE.to_owned(), whole);
            self.place(&mut items, in_execution(evaluation), &item);
            item.extend(facts(evaluation).map(|(name, value)| (name.to_owned(), text(value))));
            self.place(&mut items, in_history(evaluation), &item);
        }
        self.table.write_all("write verdicts", items).await?;
        let mut done = self.table.key(&keys::ours("call", &call), SORT);
        done.insert(TTL.to_owned(), ttl(expires_at));
        self.table.put("write verdicts", &done).await
    }

    async fn of_execution(
        &self,
        execution_id: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Evaluation>> {
        self.page("read the verdicts of a run", &keys::ours("execution", execution_id), after, limit).await
    }

    async fn history(
        &self,
        resource_id: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Evaluation>> {
        self.page("read a resource's history", &keys::named(resource_id), after, limit).await
    }
}

impl DynamoEvaluations {
    fn place(&self, items: &mut Items, key: Key, item: &Item) {
        let mut item = item.clone();
        item.extend(self.table.key(&key.0, &key.1));
        items.insert(key, item);
    }

    /// A page of a partition without the items of calls that are not whole.
    async fn page(
        &self,
        what: &str,
        partition: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Evaluation>> {
        let mut after = after.map(str::to_owned);
        let mut seen: Vec<Item> = Vec::new();
        loop {
            // One more than the page, to know whether it ends.
            let most = limit.saturating_add(1).saturating_sub(seen.len());
            let find = Find { after: after.as_deref(), most, ..Find::all(partition) };
            let found = self.table.find(what, find).await?;
            let is_end = found.len() < most;
            after = found.last().map(|item| self.table.sort_of(item).to_owned());
            let whole = self.whole_calls(what, &found).await?;
            seen.extend(
                found.into_iter().filter(|item| text_of(item, CALL).is_some_and(|c| whole.contains(c))),
            );
            if is_end || seen.len() > limit {
                break;
            }
        }
        let has_more = seen.len() > limit;
        seen.truncate(limit);
        let next = if has_more { seen.last().map(|item| self.table.sort_of(item).to_owned()) } else { None };
        let items = seen.iter().map(|item| self.evaluation(item)).collect::<PortResult<_>>()?;
        Ok(Page { items, next })
    }

    /// Which of the calls that wrote these items are whole.
    async fn whole_calls(&self, what: &str, items: &[Item]) -> PortResult<HashSet<String>> {
        let calls: BTreeSet<&str> = items.iter().filter_map(|item| text_of(item, CALL)).collect();
        let (mut whole, asked): (HashSet<String>, Vec<Key>) = {
            let known = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
            let (whole, asked): (Vec<&str>, Vec<&str>) =
                calls.into_iter().partition(|call| known.contains(*call));
            let key = |call: &str| (keys::ours("call", call), SORT.to_owned());
            (whole.into_iter().map(str::to_owned).collect(), asked.into_iter().map(key).collect())
        };
        let found = self.table.get_all(what, &asked).await?;
        let found = found.iter().filter_map(|item| text_of(item, self.table.layout.partition));
        let found: Vec<String> =
            found.filter_map(|key| key.strip_prefix("#call/")).map(str::to_owned).collect();
        let mut known = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > MOST_REMEMBERED {
            known.clear();
        }
        known.extend(found.iter().cloned());
        whole.extend(found);
        Ok(whole)
    }

    fn evaluation(&self, item: &Item) -> PortResult<Evaluation> {
        read(item, Evaluation::SCHEMA, || {
            let (partition, sort) = self.table.key_of(item).unwrap_or_default();
            self.table.doing(&format!("the verdict `{partition}`, `{sort}`"))
        })
    }
}

/// Where a verdict is in the history of its resource. The account is part of it: an ARN that names none may
/// be seen in two.
fn in_history(evaluation: &Evaluation) -> Key {
    let sort = format!("{}#{}", evaluation.evaluation_timestamp, evaluation.account);
    (keys::named(&evaluation.resource_id), keys::sort(sort))
}

/// Where a verdict is in the list of its execution. A tab sorts before what identifiers are made of.
fn in_execution(evaluation: &Evaluation) -> Key {
    let Evaluation { resource_id, rule, account, execution_id, .. } = evaluation;
    (keys::ours("execution", execution_id), keys::sort(format!("{resource_id}\t{}\t{account}", rule.id)))
}

/// What people filter a history by.
fn facts(evaluation: &Evaluation) -> impl Iterator<Item = (&'static str, &str)> {
    [
        ("account", evaluation.account.as_str()),
        ("region", &evaluation.region),
        ("resource_type", &evaluation.resource_type),
        ("rule", &evaluation.rule.id),
        ("verdict", &evaluation.verdict),
        ("execution_id", &evaluation.execution_id),
    ]
    .into_iter()
}
