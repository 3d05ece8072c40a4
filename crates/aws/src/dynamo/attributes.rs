//! DynamoDB's attributes, and the whole thing kept in one of them.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use provost_core::port::{PortError, PortResult};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// An item: attribute names, and values that say their type (`{"S": "text"}`).
pub(super) type Item = Map<String, Value>;

/// The attribute that holds the whole thing.
pub(super) const WHOLE: &str = "item";

/// The attribute after which DynamoDB may remove an item.
pub(super) const TTL: &str = "ttl";

/// JSON longer than this is kept compressed: an item holds 400 KB, keys and names included, and what is
/// written is paid by the kilobyte.
const LONG: usize = 64 * 1024;

/// No item is larger than this when it is unpacked: 400 KB of gzip could be made to hold far more.
const MOST_UNPACKED: u64 = 64 * 1024 * 1024;

/// Text.
pub(super) fn text(value: &str) -> Value {
    json!({ "S": value })
}

/// A whole number.
pub(super) fn number(value: i64) -> Value {
    json!({ "N": value.to_string() })
}

/// Yes or no.
pub(super) fn flag(value: bool) -> Value {
    json!({ "BOOL": value })
}

/// When DynamoDB may remove the item.
pub(super) fn ttl(expires_at: Timestamp) -> Value {
    number(expires_at.as_second())
}

/// The text of an attribute, if it is there and is text.
pub(super) fn text_of<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
    item.get(name)?.get("S")?.as_str()
}

/// The yes or no of an attribute, if it is there and is one.
pub(super) fn flag_of(item: &Item, name: &str) -> Option<bool> {
    item.get(name)?.get("BOOL")?.as_bool()
}

/// The whole number of an attribute, if it is there and is one.
pub(super) fn number_of(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.get("N")?.as_str()?.parse().ok()
}

/// Everything about a thing, so that reading gives back exactly what was written.
pub(super) fn whole(thing: &impl Serialize) -> PortResult<Value> {
    let failed = |why: String| PortError::Damaged { what: "an item to be kept".to_owned(), why };
    let json = serde_json::to_vec(thing).map_err(|error| failed(error.to_string()))?;
    if json.len() <= LONG {
        return String::from_utf8(json).map(|text| json!({ "S": text })).map_err(|e| failed(e.to_string()));
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    let packed = packed.write_all(&json).and_then(|()| packed.finish());
    Ok(json!({ "B": STANDARD.encode(packed.map_err(|error| failed(error.to_string()))?) }))
}

/// The version every kept thing states.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

/// Reads a thing back. `what` names it in the error.
pub(super) fn read<T: DeserializeOwned>(item: &Item, known: u32, what: impl Fn() -> String) -> PortResult<T> {
    let damaged = |why: String| PortError::Damaged { what: what(), why };
    let json = unpack(item.get(WHOLE)).map_err(damaged)?;
    let broken = |error: serde_json::Error| damaged(format!("its `{WHOLE}` cannot be read: {error}"));
    // The version first: a newer shape need not fit ours.
    let Version { schema: found } = serde_json::from_slice(&json).map_err(broken)?;
    if found > known {
        return Err(PortError::Newer { what: what(), found, known });
    }
    serde_json::from_slice(&json).map_err(broken)
}

fn unpack(whole: Option<&Value>) -> Result<Vec<u8>, String> {
    let missing = || format!("it has no `{WHOLE}`");
    let whole = whole.ok_or_else(missing)?;
    if let Some(json) = whole.get("S").and_then(Value::as_str) {
        return Ok(json.as_bytes().to_vec());
    }
    let packed = whole.get("B").and_then(Value::as_str).ok_or_else(missing)?;
    let packed = STANDARD.decode(packed).map_err(|error| format!("its `{WHOLE}` is no base64: {error}"))?;
    let mut json = Vec::new();
    let mut unpacked = GzDecoder::new(packed.as_slice()).take(MOST_UNPACKED + 1);
    let read = unpacked.read_to_end(&mut json);
    read.map_err(|error| format!("its `{WHOLE}` is no gzip: {error}"))?;
    if json.len() as u64 > MOST_UNPACKED {
        return Err(format!("its `{WHOLE}` is larger than {MOST_UNPACKED} bytes"));
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Thing {
        schema: u32,
        body: String,
    }

    fn item(whole: Value) -> Item {
        [(WHOLE.to_owned(), whole)].into_iter().collect()
    }

    fn back(whole: Value) -> PortResult<Thing> {
        read(&item(whole), 1, || "a thing".to_owned())
    }

    #[test]
    fn short_things_are_text_and_long_ones_are_packed() {
        for (length, kind) in [(10, "S"), (2 * LONG, "B")] {
            let thing = Thing { schema: 1, body: "x".repeat(length) };
            let kept = whole(&thing).unwrap();
            assert!(kept.get(kind).is_some(), "{length}");
            assert_eq!(back(kept).unwrap(), thing);
        }
    }

    #[test]
    fn newer_and_damaged_things_are_refused() {
        let newer = back(json!({ "S": r#"{"schema": 2, "other": true}"# })).unwrap_err();
        assert!(matches!(newer, PortError::Newer { found: 2, known: 1, .. }), "{newer}");
        for damaged in
            [json!({ "S": "{" }), json!({ "S": "{}" }), json!({ "B": "AAAA" }), json!({ "B": "!" })]
        {
            let error = back(damaged).unwrap_err();
            assert!(matches!(error, PortError::Damaged { .. }), "{error}");
        }
        let error = read::<Thing>(&Item::new(), 1, || "a thing".to_owned()).unwrap_err();
        assert_eq!(error.to_string(), "a thing is damaged: it has no `item`");
    }
}
