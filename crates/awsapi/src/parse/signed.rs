//! What an error of AWS may not tell: the signed request, which AWS repeats when it does not take the signature.
//!
//! The canonical request holds `x-amz-security-token`, the session token as it is. Errors are logged, printed and
//! kept as evidence, so a message that repeats any of it is left out, whatever the code it comes with.

use serde_json::Value;

/// What stands in place of a message that repeats the signed request.
const LEFT_OUT: &str = "[left out: it repeats the signed request]";

/// Words of messages that repeat the signed request, in lower case.
const REPEATS: &[&str] = &[
    "canonical string",
    "canonical request",
    "canonicalrequest",
    "x-amz-security-token",
    "string-to-sign",
    "string to sign",
    "stringtosign",
    "credential=",
];

/// The message, unless it repeats the signed request.
pub(crate) fn without_request(message: String) -> String {
    let lower = message.to_lowercase();
    if REPEATS.iter().any(|words| lower.contains(words)) { LEFT_OUT.to_owned() } else { message }
}

/// The same for every text in the members of an error.
pub(super) fn members_without_request(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_request(text)),
        Value::Array(values) => values.into_iter().map(members_without_request).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, members_without_request(value))).collect()
        }
        other => other,
    }
}
