//! Log lines: JSON with one fixed set of field names, or text for a person at a terminal.
//!
//! The fields are the contract with whoever searches the logs: every line has those of [`ALWAYS`], a line
//! may have the others of [`FIELDS`], and what is in none of them stands inside `extra`.

mod layer;

pub use layer::{LogFormat, LogLayer};

use serde_json::{Map, Value};

/// The fields every line has.
pub const ALWAYS: [&str; 4] = ["timestamp", "level", "message", "correlation_id"];

/// The fields a line may have, by name.
pub const FIELDS: [&str; 34] = [
    "timestamp",
    "level",
    "message",
    "correlation_id",
    "job",
    "execution_id",
    "account",
    "attempt",
    "catalog",
    "count",
    "deadline_ms",
    "duration_ms",
    "error",
    "expires",
    "extra",
    "file",
    "input",
    "offset",
    "operation",
    "owner",
    "path",
    "reason",
    "region",
    "replaced",
    "resource_type",
    "rule",
    "run",
    "scope",
    "service",
    "statistics",
    "status",
    "target",
    "user",
    "waiver",
];

/// One line, fields in order: those of [`FIELDS`] by name, all others inside `extra`.
///
/// `fields` come outermost span first; an inner field of the same name wins. The result is one line of
/// JSON, whatever the fields hold.
#[must_use]
pub fn json_line(
    timestamp: &str,
    level: &str,
    correlation_id: &str,
    message: &str,
    fields: impl IntoIterator<Item = (String, Value)>,
) -> String {
    let mut named = Map::new();
    let mut extra = Map::new();
    for (name, value) in fields {
        if FIELDS.contains(&name.as_str()) && name != "extra" {
            named.insert(name, value)
        } else {
            extra.insert(name, value)
        };
    }
    if !extra.is_empty() {
        named.insert("extra".to_owned(), Value::Object(extra));
    }
    for (name, text) in
        [("timestamp", timestamp), ("level", level), ("message", message), ("correlation_id", correlation_id)]
    {
        named.insert(name.to_owned(), Value::from(text));
    }
    let ordered = FIELDS.iter().filter_map(|&field| {
        let value = named.get(field)?;
        Some(format!("{}:{value}", Value::from(field)))
    });
    format!("{{{}}}", ordered.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_reads_in_a_fixed_order() {
        let fields = [("zeta", 1.into()), ("file", "a".into()), ("job", "detect".into())];
        let fields = fields.map(|(name, value): (&str, Value)| (name.to_owned(), value));
        assert_eq!(
            json_line("T", "INFO", "c", "Done.", fields),
            r#"{"timestamp":"T","level":"INFO","message":"Done.","correlation_id":"c","job":"detect","extra":{"zeta":1},"file":"a"}"#
        );
    }

    proptest! {
        /// Whatever is logged, a line is one line of JSON, has every field it must and none it may not.
        #[test]
        fn any_fields_give_one_line_of_known_fields(
            message in any::<String>(),
            fields in prop::collection::vec((
                prop_oneof![any::<String>(), prop::sample::select(FIELDS.to_vec()).prop_map(str::to_owned)],
                prop_oneof![any::<String>().prop_map(Value::from), any::<i64>().prop_map(Value::from),
                            any::<bool>().prop_map(Value::from), any::<f64>().prop_map(Value::from)],
            ), 0..12),
        ) {
            let line = json_line("2026-11-22T00:00:00Z", "WARN", "id", &message, fields);
            prop_assert!(!line.contains(['\n', '\r']));
            let parsed: Map<String, Value> = serde_json::from_str(&line).unwrap();
            prop_assert!(parsed.keys().all(|name| FIELDS.contains(&name.as_str())));
            for name in ALWAYS {
                prop_assert!(parsed[name].is_string(), "{}", name);
            }
            prop_assert_eq!(&parsed["message"], &Value::from(message));
        }
    }
}
