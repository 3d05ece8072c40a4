//! Asking the estate, and keeping what it said as evidence.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::credential_report::CredentialReport;
use crate::model::{Digest, UnreadReason};
use crate::port::{Answer, AnswerPage, Archive, Call, Estate, Failure, PortResult};
use crate::redact::Secrets;

/// What a call gave, secrets already replaced.
#[derive(Debug)]
pub struct Fetched {
    /// The answer, or why there is none.
    pub outcome: CallOutcome,
    /// What was archived of it: a digest for each page, then one for the error. None where there was nothing.
    pub evidence: Vec<Digest>,
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum CallOutcome {
    /// JSON: the pages in order, at least one, and why there are no more if that is not because it is the end.
    Response(Vec<Value>, Option<(UnreadReason, String)>),
    /// Success, and the CLI printed nothing.
    Empty,
    /// AWS refused with this code, for this reason where the code alone does not tell it.
    Code(String, Option<String>),
    /// It could not be read, for this reason and detail.
    Unread(UnreadReason, String),
}

impl CallOutcome {
    fn as_text(&self) -> String {
        match self {
            Self::Response(_, None) => "response".to_owned(),
            Self::Response(_, Some((reason, _))) => format!("response, then {}", reason.as_str()),
            Self::Empty => "empty".to_owned(),
            Self::Code(code, _) => format!("error {code}"),
            Self::Unread(reason, _) => reason.as_str().to_owned(),
        }
    }
}

/// Asks an estate, archives every answer, and remembers the calls for the manifest.
pub struct Reader<'a> {
    estate: &'a dyn Estate,
    archive: &'a dyn Archive,
    secrets: &'a Secrets,
    shared: Arc<Shared>,
    /// By what tells the calls apart, so that those made at once stand in one order.
    manifest: Mutex<BTreeMap<String, Value>>,
}

/// What the readers of one account have in common.
#[derive(Default)]
struct Shared {
    /// Answers that serve many resources: those to calls about no single one. Whoever needs one that is under way
    /// waits for it.
    remembered: Mutex<HashMap<String, Arc<Slot>>>,
    /// Credential reports by the digest of their answer: one is read for thousands of users.
    reports: Mutex<HashMap<Digest, Arc<Result<CredentialReport, String>>>>,
}

type Slot = futures_util::lock::Mutex<Option<Arc<Fetched>>>;

impl<'a> Reader<'a> {
    /// A reader that has asked nothing yet.
    #[must_use]
    pub fn new(estate: &'a dyn Estate, archive: &'a dyn Archive, secrets: &'a Secrets) -> Self {
        Self { estate, archive, secrets, shared: Arc::default(), manifest: Mutex::default() }
    }

    /// A reader with a manifest of its own that knows what this one was answered, and the other way round.
    #[must_use]
    pub fn beside(&self) -> Self {
        let Self { estate, archive, secrets, .. } = *self;
        Self { estate, archive, secrets, shared: Arc::clone(&self.shared), manifest: Mutex::default() }
    }

    /// How many calls may be made at once.
    #[must_use]
    pub fn at_once(&self) -> usize {
        self.estate.at_once().max(1)
    }

    /// Asks, or remembers.
    ///
    /// # Errors
    /// When the estate itself or the archive cannot be used.
    pub async fn fetch(&self, call: &Call) -> PortResult<Arc<Fetched>> {
        let key = key(call);
        let fetched = if call.subject.is_none() {
            let slot = Arc::clone(held(&self.shared.remembered).entry(key.clone()).or_default());
            let mut slot = slot.lock().await;
            match slot.as_ref() {
                Some(known) => Arc::clone(known),
                None => Arc::clone(slot.insert(Arc::new(self.ask(call).await?))),
            }
        } else {
            Arc::new(self.ask(call).await?)
        };
        let line = json!({
            "call": call.name(), "region": call.region, "subject": call.subject,
            "outcome": fetched.outcome.as_text(), "evidence": fetched.evidence,
        });
        held(&self.manifest).insert(key, line);
        Ok(fetched)
    }

    async fn ask(&self, call: &Call) -> PortResult<Fetched> {
        match self.estate.call(call).await? {
            Answer::NotRecorded => Ok(Fetched {
                outcome: CallOutcome::Unread(UnreadReason::NotRecorded, String::new()),
                evidence: Vec::new(),
            }),
            Answer::Error(failure) => {
                let evidence = vec![self.archive.put(&failure.raw).await?];
                let outcome = match (failure.code, failure.reason) {
                    (Some(code), _) => CallOutcome::Code(code, failure.why),
                    (None, reason) => {
                        CallOutcome::Unread(reason.unwrap_or(UnreadReason::Failed), unanswered(failure.why))
                    }
                };
                Ok(Fetched { outcome, evidence })
            }
            Answer::Response(bytes) if bytes.trim_ascii().is_empty() => {
                let evidence = vec![self.archive.put(&bytes).await?];
                Ok(Fetched { outcome: CallOutcome::Empty, evidence })
            }
            Answer::Response(bytes) => self.keep(&bytes).await,
            Answer::Pages(pages, cut) => self.keep_pages(call, pages, cut).await,
        }
    }

    async fn keep(&self, bytes: &[u8]) -> PortResult<Fetched> {
        let mut value: Value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(error) => {
                // What is not JSON cannot be searched for secrets, so the archive gets its description.
                let detail = format!("not JSON at line {}, column {}", error.line(), error.column());
                let note = json!({"unparsable": detail, "bytes": bytes.len(), "sha256": Digest::of(bytes)});
                let evidence = vec![self.archive.put(note.to_string().as_bytes()).await?];
                let outcome = CallOutcome::Unread(UnreadReason::Unparsable, detail);
                return Ok(Fetched { outcome, evidence });
            }
        };
        let kept = self.secrets.bytes_to_keep(&mut value, bytes);
        let evidence = vec![self.archive.put(&kept).await?];
        Ok(Fetched { outcome: CallOutcome::Response(vec![value], None), evidence })
    }

    /// Every page is a piece of evidence of its own, with what was asked and AWS's name for the request.
    async fn keep_pages(
        &self,
        call: &Call,
        pages: Vec<AnswerPage>,
        cut: Option<Failure>,
    ) -> PortResult<Fetched> {
        let mut evidence = Vec::with_capacity(pages.len());
        let mut values = Vec::with_capacity(pages.len());
        for (number, page) in (1_u32..).zip(pages) {
            let mut kept = json!({
                "schema": 1, "account": call.account, "region": call.region, "service": call.service,
                "operation": call.operation, "page": number, "request_id": page.request_id,
                "input": page.input, "response": page.response,
            });
            let _ = self.secrets.redact(&mut kept);
            evidence.push(self.archive.put(kept.to_string().as_bytes()).await?);
            values.push(kept.get_mut("response").map(Value::take).unwrap_or_default());
        }
        let mut why = None;
        if let Some(failure) = cut {
            evidence.push(self.archive.put(&failure.raw).await?);
            why = Some(match failure.code {
                Some(code) => (reason_of(&code), failure.why.unwrap_or(code)),
                None => (failure.reason.unwrap_or(UnreadReason::Failed), unanswered(failure.why)),
            });
        }
        let outcome = match (values.is_empty(), why) {
            (true, Some((reason, detail))) => CallOutcome::Unread(reason, detail),
            (true, None) => CallOutcome::Empty,
            // The CLI prints nothing where an answer has no members.
            (false, None) if matches!(values.as_slice(), [Value::Object(only)] if only.is_empty()) => {
                CallOutcome::Empty
            }
            (false, why) => CallOutcome::Response(values, why),
        };
        Ok(Fetched { outcome, evidence })
    }

    /// The credential report in an answer that was fetched, decoded once.
    pub(super) fn credential_report(
        &self,
        fetched: &Fetched,
        value: &Value,
    ) -> Arc<Result<CredentialReport, String>> {
        let Some(digest) = fetched.evidence.first() else {
            return Arc::new(CredentialReport::decode(value));
        };
        let known = held(&self.shared.reports).get(digest).map(Arc::clone);
        known.unwrap_or_else(|| {
            let decoded = Arc::new(CredentialReport::decode(value));
            held(&self.shared.reports).insert(*digest, Arc::clone(&decoded));
            decoded
        })
    }

    /// Archives the list of all calls that were asked or remembered since the last manifest, and forgets it.
    ///
    /// # Errors
    /// When the archive cannot be used.
    pub async fn close_manifest(&self, account: &str, resource_type: &str) -> PortResult<Digest> {
        let calls: Vec<Value> = std::mem::take(&mut *held(&self.manifest)).into_values().collect();
        let manifest =
            json!({"schema": 1, "account": account, "resource_type": resource_type, "calls": calls});
        self.archive.put(manifest.to_string().as_bytes()).await
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What tells a call from every other.
fn key(call: &Call) -> String {
    let input = if call.input.is_empty() { String::new() } else { json!(call.input).to_string() };
    let subject = call.subject.as_deref().unwrap_or_default();
    format!("{} {} {} {subject} {input}", call.account, call.region, call.name())
}

fn unanswered(why: Option<String>) -> String {
    why.unwrap_or_else(|| "no answer from AWS".to_owned())
}

/// Why a call that ended in an error code could not be read.
pub(super) fn reason_of(code: &str) -> UnreadReason {
    let bare = code.strip_prefix("Client.").unwrap_or(code);
    let bare = bare.strip_suffix("Exception").unwrap_or(bare);
    match bare {
        "AccessDenied"
        | "UnauthorizedOperation"
        | "Unauthorized"
        | "AuthorizationError"
        | "NotAuthorized"
        | "Forbidden"
        | "403"
        | "AuthFailure"
        | "OptInRequired" => UnreadReason::AccessDenied,
        "Throttling"
        | "Throttled"
        | "ThrottledRequest"
        | "RequestLimitExceeded"
        | "TooManyRequests"
        | "SlowDown"
        | "EC2Throttled"
        | "RequestThrottled"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "ProvisionedThroughputExceeded"
        | "LimitExceeded"
        | "RequestThrottling" => UnreadReason::Throttled,
        _ => UnreadReason::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_many_services_mean_few_things() {
        for code in
            ["AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedOperation"]
        {
            assert_eq!(reason_of(code), UnreadReason::AccessDenied, "{code}");
        }
        for code in [
            "Throttling",
            "ThrottlingException",
            "RequestLimitExceeded",
            "TooManyRequestsException",
            "SlowDown",
        ] {
            assert_eq!(reason_of(code), UnreadReason::Throttled, "{code}");
        }
        assert_eq!(reason_of("InternalError"), UnreadReason::Failed);
    }
}
