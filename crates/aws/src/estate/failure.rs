//! Why a call has no answer, in Provost's words and as it is kept.

use provost_awsapi::{Error, ErrorKind};
use provost_core::model::UnreadReason;
use provost_core::port::{Call, Failure};
use serde_json::{Value, json};

/// What the client said of a call.
pub(super) fn failure(call: &Call, error: &Error) -> Failure {
    let (code, reason, why) = match &error.kind {
        ErrorKind::Service { code, .. } => (Some(code.clone()), None, None),
        ErrorKind::Unreadable { why, .. } => (None, Some(UnreadReason::Unparsable), Some(why.clone())),
        ErrorKind::Credentials { .. } if error.is_access_denied() => {
            (None, Some(UnreadReason::AccessDenied), Some(short(error)))
        }
        ErrorKind::Loop { .. } => (None, Some(UnreadReason::Truncated), Some(error.kind.to_string())),
        ErrorKind::Refused { .. }
        | ErrorKind::Input { .. }
        | ErrorKind::Model { .. }
        | ErrorKind::Endpoint { .. }
        | ErrorKind::Credentials { .. }
        | ErrorKind::Unanswered { .. }
        | ErrorKind::Budget { .. } => (None, None, Some(error.kind.to_string())),
    };
    let kept = json!({
        "kind": word(&error.kind), "code": error.code(), "message": message(error),
        "status": error.status(), "request_id": error.request_id(),
    });
    Failure { code, reason, why, raw: raw(call, &kept) }
}

/// A call that cannot be made at all.
pub(super) fn unusable(call: &Call, why: &str) -> Failure {
    let kept = json!({"kind": "not made", "message": why});
    Failure { code: None, reason: None, why: Some(why.to_owned()), raw: raw(call, &kept) }
}

/// What is kept of a call into an account that nobody could get into.
pub(super) fn raw_of_closed(call: &Call, closed: &Failure) -> Vec<u8> {
    raw(call, &json!({"kind": "no session", "message": closed.why}))
}

fn raw(call: &Call, error: &Value) -> Vec<u8> {
    let kept = json!({
        "schema": 1, "account": call.account, "region": call.region, "service": call.service,
        "operation": call.operation, "input": call.input, "error": error,
    });
    kept.to_string().into_bytes()
}

/// AWS's message. Where a signature was wrong it repeats the request with its session token.
fn message(error: &Error) -> String {
    match error.code() {
        Some(code) if code.contains("Signature") => "[left out: it repeats the signed request]".to_owned(),
        Some(_) | None => error.message(),
    }
}

/// The code of a failed attempt to get credentials, or its reason.
fn short(error: &Error) -> String {
    match error.code() {
        Some(code) => format!("no session in the account: {code}"),
        None => error.kind.to_string(),
    }
}

fn word(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Service { .. } => "service",
        ErrorKind::Unreadable { .. } => "unreadable",
        ErrorKind::Refused { .. } => "refused",
        ErrorKind::Input { .. } => "input",
        ErrorKind::Model { .. } => "model",
        ErrorKind::Endpoint { .. } => "endpoint",
        ErrorKind::Credentials { .. } => "credentials",
        ErrorKind::Unanswered { .. } => "unanswered",
        ErrorKind::Budget { .. } => "budget",
        ErrorKind::Loop { .. } => "loop",
    }
}
