//! Values in headers, queries and path labels.

use crate::model::{Kind, Ref, Service};
use crate::validate::InputError;
use crate::value::{TimestampFormat, encode, plain, read_time, write_time};
use serde_json::Value;

/// A scalar as text; times in the format of the place, else in this one.
pub(super) fn scalar(service: &Service, at: &Ref, value: &Value, times: TimestampFormat) -> String {
    match (service.kind(at), read_time_if(service, at, value)) {
        (Kind::Timestamp, Some(time)) => plain(&write_time(time, at.timestamp.unwrap_or(times))),
        _ => plain(value),
    }
}

fn read_time_if(service: &Service, at: &Ref, value: &Value) -> Option<jiff::Timestamp> {
    if matches!(service.kind(at), Kind::Timestamp) { read_time(value) } else { None }
}

/// The text of a header. An empty value is an empty header: the caller has said so.
pub(super) fn header(service: &Service, at: &Ref, value: &Value) -> Result<String, InputError> {
    let text = match (service.kind(at), value) {
        _ if at.json_value => encode(value.to_string().as_bytes()),
        (Kind::List(element), Value::Array(elements)) => {
            let texts: Vec<String> = elements
                .iter()
                .filter(|value| !value.is_null())
                .map(|value| {
                    let text = scalar(service, element, value, TimestampFormat::Rfc822);
                    match service.kind(element) {
                        Kind::String { .. } if text.contains([',', '"']) => {
                            format!("\"{}\"", text.replace('"', "\\\""))
                        }
                        _ => text,
                    }
                })
                .collect();
            texts.join(",")
        }
        (_, value) => scalar(service, at, value, TimestampFormat::Rfc822),
    };
    sendable(&text)?;
    Ok(text)
}

/// Refuses what would end the header or cannot be signed.
pub(super) fn sendable(text: &str) -> Result<(), InputError> {
    if text.chars().all(|character| matches!(character, ' '..='~' | '\t')) {
        return Ok(());
    }
    Err(InputError::new("is sent as a header, which can only hold printable ASCII characters"))
}

/// Refuses what is no header name.
pub(super) fn header_name(name: &str) -> Result<(), InputError> {
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)) {
        return Ok(());
    }
    Err(InputError::new("is sent as the name of a header, which cannot hold these characters"))
}
