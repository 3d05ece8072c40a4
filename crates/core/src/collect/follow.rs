//! The calls that complete a document.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::listing::{ask, is_truncated, wrapped};
use super::pages::joined;
use super::reader::{CallOutcome, Fetched, Reader, reason_of};
use super::resource_type::{Decode, Follow, Per, When};
use super::resources::{Item, Place, text_member, unparsable, unread};
use super::template::at_path;
use crate::model::{GLOBAL_REGION, Unread, UnreadReason};
use crate::port::{Call, PortResult};

/// What a call gave for a member: its value, `None` where AWS says it is not set, or why it is not known.
type Taken = Result<Option<Value>, (UnreadReason, String)>;

impl Place<'_> {
    /// Makes the calls that serve all items, so that items completed at once do not each make them.
    pub(super) async fn ask_ahead(&self, reader: &Reader<'_>) -> PortResult<()> {
        for follow in self.resource_type.follow.iter().filter(|follow| follow.when.is_empty()) {
            if !matches!(follow.per, Per::Member(_))
                && let Asking::Call(call) = self.call_of(follow, None, &Map::new())
            {
                reader.fetch(&call).await?;
            }
        }
        Ok(())
    }

    /// The item with what the follow-up calls tell of it.
    pub(super) async fn complete(&self, reader: &Reader<'_>, mut item: Item) -> PortResult<Item> {
        for follow in &self.resource_type.follow {
            if !follow.when.is_empty() && !follow.when.iter().any(|when| holds(when, &item)) {
                continue;
            }
            match follow.into.split_once("[].") {
                Some((list, into)) => self.complete_each(reader, follow, list, into, &mut item).await?,
                None => self.complete_one(reader, follow, &mut item).await?,
            }
        }
        item.unread.extend(self.resource_type.unasked.iter().cloned());
        Ok(item)
    }

    async fn complete_one(&self, reader: &Reader<'_>, follow: &Follow, item: &mut Item) -> PortResult<()> {
        let member = match &follow.per {
            Per::Member(member) => Some(member.as_str()),
            Per::Account | Per::Region => None,
        };
        let call = match self.call_of(follow, member, &item.document) {
            Asking::Call(call) => call,
            Asking::NotSet => return Ok(()),
            Asking::Nameless(why) => {
                item.unread.push(Unread { path: follow.into.clone(), ..why });
                return Ok(());
            }
        };
        let fetched = reader.fetch(&call).await?;
        item.evidence.extend(fetched.evidence.iter().copied());
        let taken = value_of(reader, &fetched, follow, &item.document)
            .and_then(|value| self.picked(value, follow, &item.document));
        match taken {
            Ok(Some(value)) => {
                item.document.insert(follow.into.clone(), value);
            }
            Ok(None) => {
                item.document.remove(&follow.into);
            }
            Err((reason, detail)) => item.unread.push(unread(&follow.into, &call, reason, detail)),
        }
        Ok(())
    }

    /// Completes each element of a list. What could not be read of one is unread of the whole list: paths know
    /// no numbers.
    async fn complete_each(
        &self,
        reader: &Reader<'_>,
        follow: &Follow,
        list: &str,
        into: &str,
        item: &mut Item,
    ) -> PortResult<()> {
        let Some(Value::Array(elements)) = item.document.get_mut(list) else { return Ok(()) };
        let mut elements = std::mem::take(elements);
        let mut problem = None;
        let member = match &follow.per {
            Per::Member(member) => member.split_once("[].").map(|(_, member)| member),
            Per::Account | Per::Region => None,
        };
        for element in elements.iter_mut().filter_map(Value::as_object_mut) {
            let call = match self.call_of(follow, member, element) {
                Asking::Call(call) => call,
                Asking::NotSet => continue,
                Asking::Nameless(why) => {
                    problem = Some(why);
                    continue;
                }
            };
            let fetched = reader.fetch(&call).await?;
            item.evidence.extend(fetched.evidence.iter().copied());
            match value_of(reader, &fetched, follow, element) {
                Ok(Some(value)) => {
                    element.insert(into.to_owned(), value);
                }
                Ok(None) => {}
                Err((reason, detail)) => problem = Some(unread("", &call, reason, detail)),
            }
        }
        item.document.insert(list.to_owned(), Value::Array(elements));
        item.unread.extend(problem.map(|problem| Unread { path: format!("{list}.{into}"), ..problem }));
        Ok(())
    }

    /// Of an answer for all, what is this document's.
    fn picked(&self, value: Option<Value>, follow: &Follow, document: &Map<String, Value>) -> Taken {
        let (Some(Value::Array(elements)), false) = (&value, follow.pick.is_empty()) else {
            return Ok(value);
        };
        let mut wanted = Vec::new();
        for (member, template) in &follow.pick {
            match self.spot().text(template, document) {
                Ok(text) => wanted.push((member, Value::String(text))),
                Err(_) if follow.optional => return Ok(None),
                Err(missing) => {
                    let detail = format!("there is no `{missing}` to find its own by");
                    return Err((UnreadReason::Unparsable, detail));
                }
            }
        }
        let is_own =
            |element: &&Value| wanted.iter().all(|(member, text)| element.get(member.as_str()) == Some(text));
        Ok(Some(elements.iter().filter(is_own).cloned().collect()))
    }

    /// The call about a document, or an element of its list.
    fn call_of(&self, follow: &Follow, member: Option<&str>, document: &Map<String, Value>) -> Asking {
        let of = (follow.service.as_str(), follow.operation.as_str());
        let place = match &follow.per {
            Per::Account => GLOBAL_REGION,
            Per::Region | Per::Member(_) => self.region,
        };
        let missing = |member: &str| {
            let call = self.bare_call(place, of);
            if follow.optional {
                return Asking::NotSet;
            }
            Asking::Nameless(unparsable(&call, &format!("there is no `{member}` to ask by")))
        };
        let region = match follow.region.as_ref().map(|region| self.spot().text(region, document)).transpose()
        {
            Ok(region) => region,
            Err(member) => return missing(&member),
        };
        let mut call = match self.call(region.as_deref().unwrap_or(place), of, &follow.with, document) {
            Ok(call) => call,
            Err(member) => return missing(&member),
        };
        if let Some(member) = member {
            match at_path(document, member).and_then(Value::as_str).filter(|text| !text.is_empty()) {
                Some(subject) => ask(&mut call, follow.ask.as_deref(), subject),
                None => return missing(member),
            }
        }
        Asking::Call(call)
    }
}

/// Whether a document can be asked about.
enum Asking {
    Call(Call),
    /// It has not what it would be asked by, and that is an answer.
    NotSet,
    /// It has not what it would be asked by, and should.
    Nameless(Unread),
}

fn holds(when: &When, item: &Item) -> bool {
    let is_unread = |path: &String| item.unread.iter().any(|one| one.touches(path));
    let has = |(path, value): (&String, &Value)| at_path(&item.document, path) == Some(value);
    when.unread.iter().all(is_unread) && when.is.iter().all(has) && !when.is_not.iter().any(has)
}

fn value_of(reader: &Reader<'_>, fetched: &Fetched, follow: &Follow, document: &Map<String, Value>) -> Taken {
    if follow.decode == Some(Decode::CredentialReport)
        && let CallOutcome::Response(pages, None) = &fetched.outcome
        && let Some(answer) = pages.first()
    {
        return row_of(reader, fetched, answer, follow, document);
    }
    let reading = Reading {
        take: follow.take.as_deref(),
        wrap: &follow.wrap,
        not_set: &follow.not_set,
        empty_means_not_set: follow.empty_means_not_set,
    };
    take(&fetched.outcome, &reading)
}

/// How a value is found in an answer.
pub(super) struct Reading<'r> {
    pub(super) take: Option<&'r str>,
    pub(super) wrap: &'r BTreeMap<String, String>,
    pub(super) not_set: &'r [String],
    pub(super) empty_means_not_set: bool,
}

/// The value an answer gives.
pub(super) fn take(outcome: &CallOutcome, reading: &Reading<'_>) -> Taken {
    match outcome {
        CallOutcome::Response(_, Some((reason, detail))) => Err((*reason, detail.clone())),
        CallOutcome::Response(pages, None) => {
            if pages.last().is_some_and(is_truncated) {
                return Err((UnreadReason::Truncated, String::new()));
            }
            let Some(path) = reading.take else {
                let whole = pages.iter().cloned().reduce(joined);
                return Ok(whole.map(|whole| wrapped(whole, "", reading.wrap)));
            };
            match at_end(pages, path) {
                None if reading.empty_means_not_set => Ok(None),
                None => Err((UnreadReason::Unparsable, format!("the answer has no `{path}`"))),
                Some(value) => {
                    let last = path.rsplit('.').next().unwrap_or_default();
                    Ok(Some(wrapped(value, last, reading.wrap)))
                }
            }
        }
        CallOutcome::Empty if reading.empty_means_not_set => Ok(None),
        CallOutcome::Empty => Err((UnreadReason::Unparsable, "the answer is empty".to_owned())),
        CallOutcome::Code(code, _) if reading.not_set.contains(code) => Ok(None),
        CallOutcome::Code(code, why) => Err((reason_of(code), why.as_ref().unwrap_or(code).clone())),
        CallOutcome::Unread(reason, detail) => Err((*reason, detail.clone())),
    }
}

/// The value at the end of a path such as `Table.Status` or `clusters[0]`; lists of several pages are joined.
fn at_end(pages: &[Value], path: &str) -> Option<Value> {
    let mut steps = path.split('.');
    let step = |step: &str| match step.strip_suffix("[0]") {
        Some(list) => (list.to_owned(), true),
        None => (step.to_owned(), false),
    };
    let (first, is_first) = step(steps.next()?);
    let mut value = merged(pages, &first);
    if is_first {
        value = value.get(0)?.clone();
    }
    for (member, is_first) in steps.map(step) {
        let found = value.get(&member)?;
        value = if is_first { found.get(0)? } else { found }.clone();
    }
    (!value.is_null()).then_some(value)
}

/// A member of an answer; lists of several pages are joined.
fn merged(pages: &[Value], member: &str) -> Value {
    let mut values = pages.iter().filter_map(|page| page.get(member)).filter(|value| !value.is_null());
    let mut first = values.next().cloned().unwrap_or_default();
    if let Value::Array(all) = &mut first {
        all.extend(values.filter_map(Value::as_array).flatten().cloned());
    }
    first
}

/// The row of the credential report that is about this document.
fn row_of(
    reader: &Reader<'_>,
    fetched: &Fetched,
    answer: &Value,
    follow: &Follow,
    document: &Map<String, Value>,
) -> Taken {
    let report = reader.credential_report(fetched, answer);
    let report = match &*report {
        Ok(report) => report,
        Err(detail) => return Err((UnreadReason::Unparsable, detail.clone())),
    };
    let user = match (&follow.match_value, &follow.match_member) {
        (Some(fixed), _) => Some(fixed.clone()),
        (None, Some(member)) => text_member(document, member),
        (None, None) => None,
    };
    match user.as_deref().and_then(|user| report.row(user)) {
        Some(row) if is_of_another(row, document) => {
            let detail = format!("the report of {} has one of this name that is gone", report.generated);
            Err((UnreadReason::NotRecorded, detail))
        }
        Some(row) => Ok(Some(row.clone())),
        // A report may be four hours old: somebody newer is not in it, and that says nothing of them.
        None => {
            Err((UnreadReason::NotRecorded, format!("the report of {} has no row for it", report.generated)))
        }
    }
}

/// Whether a row is of somebody who had the name before: it was created at another time.
fn is_of_another(row: &Value, document: &Map<String, Value>) -> bool {
    let time = |value: Option<&Value>| value?.as_str()?.parse::<Timestamp>().ok().map(Timestamp::as_second);
    let (reported, created) = (time(row.get("user_creation_time")), time(document.get("CreateDate")));
    matches!((reported, created), (Some(reported), Some(created)) if reported != created)
}
