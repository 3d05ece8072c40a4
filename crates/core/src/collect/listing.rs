//! What there is of a type in a place: the items of its list calls, merged.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::{Map, Value};

use super::follow::{Reading, take};
use super::reader::{CallOutcome, Reader, reason_of};
use super::resource_type::{Each, ListCall};
use super::resources::{Item, Place, text_member, unparsable, unread};
use crate::model::{Digest, Unread, UnreadReason};
use crate::port::{Call, PortResult};

/// What a place has of a type.
#[derive(Default)]
pub(super) struct Population {
    pub(super) items: Vec<Item>,
    /// Why it may not be complete; empty when at least one list was read to its end.
    pub(super) missing: Vec<Unread>,
    /// The answers.
    pub(super) pages: Vec<Digest>,
}

/// An item as a list shows it.
struct Listing {
    evidence: Option<Digest>,
    document: Map<String, Value>,
    /// It stands there twice, and not alike.
    conflicting: bool,
}

/// The items of one list.
#[derive(Default)]
struct Listed {
    /// By key.
    items: BTreeMap<String, Listing>,
    /// Why they are not all; `None` when they are.
    problem: Option<Unread>,
    pages: Vec<Digest>,
}

/// How the items of an answer are found.
struct Shape<'s> {
    items: &'s str,
    wrap: &'s BTreeMap<String, String>,
    key: &'s str,
    filtered: bool,
    not_set: &'s [String],
    empty_means_not_set: bool,
}

impl Place<'_> {
    /// The one document of a type that has one, whatever AWS says.
    pub(super) async fn single(&self, reader: &Reader<'_>) -> PortResult<Population> {
        let Some(list) = self.resource_type.list.first() else { return Ok(Population::default()) };
        let call = self.list_call(list);
        let fetched = reader.fetch(&call).await?;
        let mut item = Item { evidence: fetched.evidence.clone(), ..Item::default() };
        let reading = Reading {
            take: list.take.as_deref(),
            wrap: &list.wrap,
            not_set: &list.not_set,
            empty_means_not_set: list.empty_means_not_set,
        };
        match take(&fetched.outcome, &reading) {
            Ok(Some(Value::Object(document))) => item.document = document,
            Ok(None) => {}
            Ok(Some(_)) => item.unread.push(unparsable(&call, "the answer is not an object")),
            Err((reason, detail)) => item.unread.push(unread("", &call, reason, detail)),
        }
        let pages = item.evidence.clone();
        Ok(Population { items: vec![item], missing: Vec::new(), pages })
    }

    /// The items of all list calls, merged by key.
    pub(super) async fn list(&self, reader: &Reader<'_>) -> PortResult<Population> {
        let key = self.resource_type.key.as_deref().unwrap_or_default();
        let mut merged: BTreeMap<String, Item> = BTreeMap::new();
        let mut missing = Vec::new();
        let mut complete = false;
        let mut lists = Vec::new();
        let mut pages = Vec::new();
        for list in &self.resource_type.list {
            let call = self.list_call(list);
            let listed = match &list.each {
                Some(each) => self.inside(reader, list, each, key).await?,
                None => read_list(reader, &call, &shape_of(list, key)).await?,
            };
            pages.extend(listed.pages);
            let names: BTreeSet<String> = listed.items.keys().cloned().collect();
            if list.mark.is_none() {
                complete |= listed.problem.is_none();
                missing.extend(listed.problem.clone());
                for (name, Listing { evidence, document, conflicting }) in listed.items {
                    let item = merged.entry(name).or_default();
                    if conflicting {
                        item.unread.push(unparsable(&call, &format!("two items have the same `{key}`")));
                    }
                    for (member, value) in document {
                        item.document.entry(member).or_insert(value);
                    }
                    item.evidence.extend(evidence);
                }
            }
            lists.push((list, call, names, listed.problem));
        }
        for (list, call, names, problem) in &lists {
            for (name, item) in &mut merged {
                let is_there = names.contains(name);
                match (&list.mark, problem) {
                    (Some(mark), None) => {
                        item.document.insert(mark.clone(), is_there.into());
                    }
                    (Some(mark), Some(_)) if is_there => {
                        item.document.insert(mark.clone(), true.into());
                    }
                    (Some(mark), Some(why)) => {
                        item.unread.push(Unread { path: mark.clone(), ..why.clone() });
                    }
                    (None, _) if is_there => {}
                    (None, problem) => {
                        let why = problem.clone().unwrap_or_else(|| {
                            let detail = "the answer does not have it".to_owned();
                            unread("", call, UnreadReason::NotRecorded, detail)
                        });
                        let unread = |member: &String| Unread { path: member.clone(), ..why.clone() };
                        item.unread.extend(list.gives.iter().map(unread));
                    }
                }
            }
        }
        if complete {
            missing.clear();
        }
        Ok(Population { items: merged.into_values().collect(), missing, pages })
    }

    /// The items inside each of their parents.
    async fn inside(
        &self,
        reader: &Reader<'_>,
        list: &ListCall,
        each: &Each,
        key: &str,
    ) -> PortResult<Listed> {
        let call = self.plain_call((&each.service, &each.operation), &each.with);
        let shape = Shape {
            items: &each.items,
            wrap: &each.wrap,
            key: &each.key,
            filtered: false,
            not_set: &each.not_set,
            empty_means_not_set: each.empty_means_not_set,
        };
        let parents = read_list(reader, &call, &shape).await?;
        let mut all = Listed { problem: parents.problem, pages: parents.pages, ..Listed::default() };
        let children = parents.items.into_iter().map(|(name, parent)| async move {
            let mut call = self.list_call(list);
            ask(&mut call, list.ask.as_deref(), &name);
            let children = read_list(reader, &call, &shape_of(list, key)).await?;
            PortResult::Ok((name, parent, children))
        });
        let mut children = stream::iter(children).buffered(reader.at_once());
        while let Some((parent_name, parent, listed)) = children.try_next().await? {
            all.problem = all.problem.or(listed.problem);
            all.pages.extend(listed.pages);
            for (name, mut item) in listed.items {
                item.document.insert(each.into.clone(), Value::Object(parent.document.clone()));
                all.items.insert(format!("{parent_name}/{name}"), item);
            }
        }
        Ok(all)
    }

    fn list_call(&self, list: &ListCall) -> Call {
        let mut call = self.plain_call((&list.service, &list.operation), &list.with);
        // A recording holds the plain list under the call's name, and this one under the mark.
        call.subject.clone_from(&list.mark);
        call
    }

    /// A call that is filled in from the place alone; the check of the type sees to that.
    fn plain_call(&self, of: (&str, &str), with: &Map<String, Value>) -> Call {
        let call = self.call(self.region, of, with, &Map::new());
        call.unwrap_or_else(|_| self.bare_call(self.region, of))
    }
}

/// Names what a call is asked for: `Bucket`, or `Clusters[]` where the API takes a list.
pub(super) fn ask(call: &mut Call, name: Option<&str>, subject: &str) {
    if let Some(name) = name {
        let (name, value) = match name.strip_suffix("[]") {
            Some(list) => (list, Value::Array(vec![subject.into()])),
            None => (name, subject.into()),
        };
        call.input.insert(name.to_owned(), value);
    }
    call.subject = Some(subject.to_owned());
}

fn shape_of<'s>(list: &'s ListCall, key: &'s str) -> Shape<'s> {
    Shape {
        items: list.items.as_deref().unwrap_or_default(),
        wrap: &list.wrap,
        key,
        filtered: list.filtered,
        not_set: &list.not_set,
        empty_means_not_set: list.empty_means_not_set,
    }
}

async fn read_list(reader: &Reader<'_>, call: &Call, shape: &Shape<'_>) -> PortResult<Listed> {
    let fetched = reader.fetch(call).await?;
    let mut listed = Listed { pages: fetched.evidence.clone(), ..Listed::default() };
    let because = |reason, detail| Some(unread("", call, reason, detail));
    let (pages, cut) = match &fetched.outcome {
        CallOutcome::Response(pages, cut) => (pages, cut),
        CallOutcome::Empty if shape.empty_means_not_set => return Ok(listed),
        CallOutcome::Empty => {
            listed.problem = Some(unparsable(call, "the answer is empty"));
            return Ok(listed);
        }
        CallOutcome::Code(code, _) if shape.not_set.contains(code) => return Ok(listed),
        CallOutcome::Code(code, why) => {
            listed.problem = because(reason_of(code), why.as_ref().unwrap_or(code).clone());
            return Ok(listed);
        }
        CallOutcome::Unread(reason, detail) => {
            listed.problem = because(*reason, detail.clone());
            return Ok(listed);
        }
    };
    for (number, page) in pages.iter().enumerate() {
        let evidence = fetched.evidence.get(number).copied();
        match elements(page, shape.items) {
            Ok(found) => found.into_iter().for_each(|value| listed.add(value, shape, call, evidence)),
            Err(_) if shape.empty_means_not_set => {}
            Err(member) => {
                let reason =
                    if shape.filtered { UnreadReason::NotRecorded } else { UnreadReason::Unparsable };
                listed.problem = because(reason, format!("the answer has no list `{member}`"));
            }
        }
    }
    if let Some((reason, detail)) = cut {
        listed.problem = because(*reason, detail.clone());
    } else if pages.last().is_some_and(is_truncated) {
        listed.problem = because(UnreadReason::Truncated, String::new());
    }
    Ok(listed)
}

impl Listed {
    fn add(&mut self, value: &Value, shape: &Shape<'_>, call: &Call, evidence: Option<Digest>) {
        let key = shape.key;
        let last = shape.items.rsplit('.').next().unwrap_or_default();
        let value = wrapped_one(value, last.strip_suffix("[]").unwrap_or(last), shape.wrap);
        let Value::Object(document) = value else {
            self.problem = Some(unparsable(call, "an item is not an object"));
            return;
        };
        let Some(name) = text_member(&document, key) else {
            self.problem = Some(unparsable(call, &format!("an item has no `{key}`")));
            return;
        };
        if let Some(known) = self.items.get_mut(&name) {
            // Which of the two is true nobody can say.
            known.conflicting |= known.document != document;
            if known.conflicting {
                self.problem = Some(unparsable(call, &format!("two items have the same `{key}`")));
            }
            return;
        }
        self.items.insert(name, Listing { evidence, document, conflicting: false });
    }
}

/// The elements at a path such as `Reservations[].Instances[]`; `Err` names the list that is not there.
fn elements<'v>(page: &'v Value, path: &str) -> Result<Vec<&'v Value>, String> {
    let mut found = vec![page];
    for step in path.split('.') {
        let member = step.strip_suffix("[]").unwrap_or(step);
        let is_last = path.ends_with(step);
        let mut next = Vec::new();
        for value in found {
            match value.get(member).ok_or(member)? {
                Value::Array(items) => next.extend(items),
                // A list may stand inside an object, as CloudFront has it.
                object @ Value::Object(_) if !is_last => next.push(object),
                _ => return Err(member.to_owned()),
            }
        }
        found = next;
    }
    Ok(found)
}

/// An element of the list `member`, as an object where it is a plain text that is to be one.
fn wrapped_one(value: &Value, member: &str, wrap: &BTreeMap<String, String>) -> Value {
    match (value, wrap.get(member)) {
        (Value::String(text), Some(name)) => {
            Value::Object(Map::from_iter([(name.clone(), text.clone().into())]))
        }
        _ => value.clone(),
    }
}

/// A value with the lists of plain texts in it wrapped; `member` is its own name, if it is such a list.
pub(super) fn wrapped(value: Value, member: &str, wrap: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Array(items) if wrap.contains_key(member) => {
            items.iter().map(|item| wrapped_one(item, member, wrap)).collect()
        }
        Value::Object(members) if !wrap.is_empty() => {
            let one = |(name, value): (String, Value)| match value {
                value @ Value::Array(_) => (name.clone(), wrapped(value, &name, wrap)),
                other => (name, other),
            };
            Value::Object(members.into_iter().map(one).collect())
        }
        other => other,
    }
}

/// Whether a list says of itself that it goes on: in so many words, or by naming where.
pub(super) fn is_truncated(response: &Value) -> bool {
    const TOKENS: [&str; 6] =
        ["NextToken", "nextToken", "Marker", "NextMarker", "ContinuationToken", "NextContinuationToken"];
    let says_so = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
    let names_where = |value: &Value| !value.is_null() && value.as_str() != Some("");
    response.get("IsTruncated").is_some_and(says_so)
        || TOKENS.iter().filter_map(|token| response.get(*token)).any(names_where)
}
