//! Asking the estate, and keeping what it said as evidence.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::model::{Digest, UnreadReason};
use crate::port::{Answer, Archive, Call, Estate, PortResult};
use crate::redact::Secrets;

/// What a call gave, secrets already replaced.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The answer, or why there is none.
    pub outcome: CallOutcome,
    /// What was archived of it. None where there was nothing.
    pub evidence: Option<Digest>,
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum CallOutcome {
    /// JSON.
    Response(Value),
    /// Success, and the CLI printed nothing.
    Empty,
    /// AWS refused with this code.
    Code(String),
    /// It could not be read, for this reason and detail.
    Unread(UnreadReason, String),
}

/// Asks an estate, archives every answer, and remembers the calls for the manifest.
pub struct Reader<'a> {
    estate: &'a dyn Estate,
    archive: &'a dyn Archive,
    secrets: &'a Secrets,
    /// Answers that serve many resources: those to calls about no single one.
    remembered: HashMap<Call, Fetched>,
    manifest: Vec<Value>,
}

impl<'a> Reader<'a> {
    /// A reader that has asked nothing yet.
    #[must_use]
    pub fn new(estate: &'a dyn Estate, archive: &'a dyn Archive, secrets: &'a Secrets) -> Self {
        Self { estate, archive, secrets, remembered: HashMap::new(), manifest: Vec::new() }
    }

    /// Asks, or remembers.
    ///
    /// # Errors
    /// When the estate itself or the archive cannot be used.
    pub async fn fetch(&mut self, call: &Call) -> PortResult<Fetched> {
        if let Some(known) = self.remembered.get(call) {
            return Ok(known.clone());
        }
        let fetched = self.ask(call).await?;
        let outcome = match &fetched.outcome {
            CallOutcome::Response(_) => "response".to_owned(),
            CallOutcome::Empty => "empty".to_owned(),
            CallOutcome::Code(code) => format!("error {code}"),
            CallOutcome::Unread(reason, _) => reason.as_str().to_owned(),
        };
        self.manifest.push(json!({
            "call": call.name(), "region": call.region, "subject": call.subject,
            "outcome": outcome, "evidence": fetched.evidence,
        }));
        if call.subject.is_none() {
            self.remembered.insert(call.clone(), fetched.clone());
        }
        Ok(fetched)
    }

    async fn ask(&self, call: &Call) -> PortResult<Fetched> {
        match self.estate.call(call).await? {
            Answer::NotRecorded => Ok(Fetched {
                outcome: CallOutcome::Unread(UnreadReason::NotRecorded, String::new()),
                evidence: None,
            }),
            Answer::Error { code, raw } => {
                let evidence = Some(self.archive.put(&raw).await?);
                let outcome = match code {
                    Some(code) => CallOutcome::Code(code),
                    None => CallOutcome::Unread(UnreadReason::Failed, "no answer from AWS".to_owned()),
                };
                Ok(Fetched { outcome, evidence })
            }
            Answer::Response(bytes) if bytes.trim_ascii().is_empty() => {
                Ok(Fetched { outcome: CallOutcome::Empty, evidence: Some(self.archive.put(&bytes).await?) })
            }
            Answer::Response(bytes) => self.keep(&bytes).await,
        }
    }

    async fn keep(&self, bytes: &[u8]) -> PortResult<Fetched> {
        let mut value: Value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(error) => {
                // What is not JSON cannot be searched for secrets, so the archive gets its description.
                let detail = format!("not JSON at line {}, column {}", error.line(), error.column());
                let note = json!({"unparsable": detail, "bytes": bytes.len(), "sha256": Digest::of(bytes)});
                let evidence = Some(self.archive.put(note.to_string().as_bytes()).await?);
                return Ok(Fetched {
                    outcome: CallOutcome::Unread(UnreadReason::Unparsable, detail),
                    evidence,
                });
            }
        };
        let kept = self.secrets.bytes_to_keep(&mut value, bytes);
        let evidence = self.archive.put(&kept).await?;
        Ok(Fetched { outcome: CallOutcome::Response(value), evidence: Some(evidence) })
    }

    /// Archives the list of all calls made since the last manifest and forgets it.
    ///
    /// # Errors
    /// When the archive cannot be used.
    pub async fn close_manifest(&mut self, account: &str, resource_type: &str) -> PortResult<Digest> {
        let calls = std::mem::take(&mut self.manifest);
        let manifest =
            json!({"schema": 1, "account": account, "resource_type": resource_type, "calls": calls});
        self.archive.put(manifest.to_string().as_bytes()).await
    }
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
