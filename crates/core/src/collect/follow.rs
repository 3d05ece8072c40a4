//! The calls that complete a document.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::reader::{CallOutcome, Fetched, Reader, reason_of};
use super::resource_type::{Decode, Follow, Per, When};
use super::resources::{Item, Place, is_truncated, text_member, unparsable, unread};
use crate::model::{GLOBAL_REGION, Unread, UnreadReason};
use crate::port::{Call, PortResult};

/// What a call gave for a member: its value, `None` where AWS says it is not set, or why it is not known.
type Taken = Result<Option<Value>, (UnreadReason, String)>;

impl Place<'_> {
    /// Makes the calls that serve all items, so that items completed at once do not each make them.
    pub(super) async fn ask_ahead(&self, reader: &Reader<'_>) -> PortResult<()> {
        for follow in self.resource_type.follow.iter().filter(|follow| follow.when.is_empty()) {
            if !matches!(follow.per, Per::Member(_)) {
                reader.fetch(&self.call_of(follow, None)).await?;
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
        Ok(item)
    }

    async fn complete_one(&self, reader: &Reader<'_>, follow: &Follow, item: &mut Item) -> PortResult<()> {
        let subject = match &follow.per {
            Per::Member(member) => text_member(&item.document, member),
            Per::Account | Per::Region => None,
        };
        let call = self.call_of(follow, subject);
        if is_without_subject(follow, &call) {
            item.unread.push(Unread { path: follow.into.clone(), ..nameless(&call) });
            return Ok(());
        }
        let fetched = reader.fetch(&call).await?;
        item.evidence.extend(fetched.evidence.iter().copied());
        match value_of(reader, &fetched, follow, &item.document) {
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
        for element in elements.iter_mut().filter_map(Value::as_object_mut) {
            let subject = match &follow.per {
                Per::Member(member) => member.split_once("[].").and_then(|(_, it)| text_member(element, it)),
                Per::Account | Per::Region => None,
            };
            let call = self.call_of(follow, subject);
            if is_without_subject(follow, &call) {
                problem = Some(nameless(&call));
                continue;
            }
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

    fn call_of(&self, follow: &Follow, subject: Option<String>) -> Call {
        let region = match &follow.per {
            Per::Account => GLOBAL_REGION,
            Per::Region | Per::Member(_) => self.region,
        };
        let mut call = self.call(region, &follow.service, &follow.operation, &follow.with);
        if let (Some(name), Some(subject)) = (&follow.ask, &subject) {
            call.input.insert(name.clone(), Value::from(subject.as_str()));
        }
        call.subject = subject;
        call
    }
}

fn holds(when: &When, item: &Item) -> bool {
    let is_unread = |path: &String| item.unread.iter().any(|one| one.touches(path));
    let has = |(path, value): (&String, &Value)| {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        item.document.get(first).and_then(|found| at(found, rest)) == Some(value)
    };
    when.unread.iter().all(is_unread) && when.is.iter().all(has) && !when.is_not.iter().any(has)
}

/// The value at a dotted path; an empty path is the value itself.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').filter(|step| !step.is_empty()).try_fold(value, |value, step| value.get(step))
}

fn is_without_subject(follow: &Follow, call: &Call) -> bool {
    matches!(follow.per, Per::Member(_)) && call.subject.is_none()
}

fn nameless(call: &Call) -> Unread {
    unparsable(call, "the item has no name to ask by")
}

fn value_of(reader: &Reader<'_>, fetched: &Fetched, follow: &Follow, document: &Map<String, Value>) -> Taken {
    if follow.decode == Some(Decode::CredentialReport)
        && let CallOutcome::Response(pages, None) = &fetched.outcome
        && let Some(answer) = pages.first()
    {
        return row_of(reader, fetched, answer, follow, document);
    }
    take(&fetched.outcome, follow.take.as_deref(), &follow.not_set, follow.empty_means_not_set)
}

/// The value an answer gives.
pub(super) fn take(
    outcome: &CallOutcome,
    member: Option<&str>,
    not_set: &[String],
    empty_means_not_set: bool,
) -> Taken {
    match outcome {
        CallOutcome::Response(_, Some((reason, detail))) => Err((*reason, detail.clone())),
        CallOutcome::Response(pages, None) => {
            if pages.last().is_some_and(is_truncated) {
                return Err((UnreadReason::Truncated, String::new()));
            }
            let Some(member) = member else {
                return match pages.as_slice() {
                    [only] => Ok(Some(only.clone())),
                    _ => Err((UnreadReason::Unparsable, "the answer has several pages".to_owned())),
                };
            };
            match merged(pages, member) {
                Value::Null if empty_means_not_set => Ok(None),
                Value::Null => Err((UnreadReason::Unparsable, format!("the answer has no `{member}`"))),
                value => Ok(Some(value)),
            }
        }
        CallOutcome::Empty if empty_means_not_set => Ok(None),
        CallOutcome::Empty => Err((UnreadReason::Unparsable, "the answer is empty".to_owned())),
        CallOutcome::Code(code, _) if not_set.contains(code) => Ok(None),
        CallOutcome::Code(code, why) => Err((reason_of(code), why.as_ref().unwrap_or(code).clone())),
        CallOutcome::Unread(reason, detail) => Err((*reason, detail.clone())),
    }
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
