//! Replacing secrets before anything is hashed, stored or shown.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// Which members are secret, from the catalog's `secrets.yaml`. Names are compared without regard to case.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    members: HashSet<String>,
    paths: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretsFile {
    members: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
}

impl Secrets {
    /// Reads the catalog's list.
    ///
    /// # Errors
    /// The text names line and field.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: SecretsFile = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
        let lower = |text: &str| text.to_ascii_lowercase();
        Ok(Self {
            members: file.members.iter().map(|name| lower(name)).collect(),
            paths: file.paths.iter().map(|path| path.split('.').map(lower).collect()).collect(),
        })
    }

    /// Adds another list to this one: a user's list can only make more things secret.
    pub fn extend(&mut self, other: Self) {
        self.members.extend(other.members);
        self.paths.extend(other.paths);
    }

    /// Replaces every secret in the document; returns whether there was one.
    ///
    /// Texts that hold JSON objects or lists are looked into as well, since CloudTrail and the CLI nest
    /// documents that way.
    #[must_use]
    pub fn redact(&self, document: &mut Value) -> bool {
        self.walk(document, &mut Vec::new())
    }

    /// Replaces every secret in the document and returns the bytes to keep of it: those it was read from
    /// where they hold no secret, else the document written anew.
    ///
    /// A key that stands twice shows only its last value in the document, while the bytes have both; so
    /// such bytes are never kept as they are.
    #[must_use]
    pub fn bytes_to_keep(&self, document: &mut Value, bytes: &[u8]) -> Vec<u8> {
        let whole = pairs_in_text(bytes) == pairs_in(document);
        if self.redact(document) || !whole { document.to_string().into_bytes() } else { bytes.to_vec() }
    }

    fn walk(&self, value: &mut Value, at: &mut Vec<String>) -> bool {
        match value {
            Value::Object(members) => {
                let mut changed = false;
                for (name, value) in members {
                    let lower = name.to_ascii_lowercase();
                    if self.members.contains(&lower) {
                        changed |= blot(value);
                        continue;
                    }
                    at.push(lower);
                    let is_path = self.paths.iter().any(|path| at.ends_with(path));
                    changed |= if is_path { blot_values(value) } else { self.walk(value, at) };
                    at.pop();
                }
                changed
            }
            Value::Array(items) => each(items.iter_mut(), |item| self.walk(item, at)),
            Value::String(text) => {
                if !text.trim_start().starts_with(['{', '[']) {
                    return false;
                }
                let Ok(mut inner) = serde_json::from_str::<Value>(text) else {
                    // It looks like JSON and is none, so where a secret in it ends cannot be told.
                    let lower = text.to_ascii_lowercase();
                    let names_secret = self.members.iter().any(|name| lower.contains(name));
                    if names_secret {
                        REDACTED.clone_into(text);
                    }
                    return names_secret;
                };
                let whole = pairs_in_text(text.as_bytes()) == pairs_in(&inner);
                let changed = self.walk(&mut inner, at) || !whole;
                if changed {
                    *text = inner.to_string();
                }
                changed
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
}

/// How many `key: value` pairs a document has, at any depth.
fn pairs_in(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.len() + members.values().map(pairs_in).sum::<usize>(),
        Value::Array(items) => items.iter().map(pairs_in).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// How many pairs JSON text has: its colons outside of strings.
fn pairs_in_text(bytes: &[u8]) -> usize {
    let (mut in_text, mut escaped, mut pairs) = (false, false, 0);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b':' if !in_text => pairs += 1,
            _ => {}
        }
    }
    pairs
}

/// Replaces a whole value. Null stays: that nothing was there is no secret.
fn blot(value: &mut Value) -> bool {
    if value.is_null() || value.as_str() == Some(REDACTED) {
        return false;
    }
    *value = Value::String(REDACTED.to_owned());
    true
}

/// Does it to every value, also after one was changed; returns whether any was.
fn each<'v>(values: impl Iterator<Item = &'v mut Value>, mut act: impl FnMut(&'v mut Value) -> bool) -> bool {
    let mut changed = false;
    for value in values {
        changed |= act(value);
    }
    changed
}

/// Keeps the names: blots the values of an object, all but the `name` of `{name, value}` pairs, else
/// everything.
fn blot_values(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => each(members.values_mut(), blot),
        Value::Array(items) => each(items.iter_mut(), |item| match item {
            Value::Object(pair) => {
                let secret = pair.iter_mut().filter(|(name, _)| !name.eq_ignore_ascii_case("name"));
                each(secret.map(|(_, value)| value), blot)
            }
            other => blot(other),
        }),
        other => blot(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redact(mut document: Value) -> (Value, bool) {
        let secrets =
            Secrets::parse("members: [SessionToken, UserData]\npaths: [Environment.Variables, env]").unwrap();
        let changed = secrets.redact(&mut document);
        (document, changed)
    }

    #[test]
    fn members_at_any_depth_in_any_case() {
        let (document, changed) =
            redact(json!({"a": [{"sessionToken": "s", "userdata": {"value": "u"}, "keep": 1}]}));
        assert!(changed);
        assert_eq!(document, json!({"a": [{"sessionToken": REDACTED, "userdata": REDACTED, "keep": 1}]}));
    }

    #[test]
    fn paths_keep_names() {
        let (document, _) =
            redact(json!({"Configuration": {"Environment": {"Variables": {"A": "1", "B": null}}}}));
        assert_eq!(
            document,
            json!({"Configuration": {"Environment": {"Variables": {"A": REDACTED, "B": null}}}})
        );
        let (document, _) = redact(json!({"env": [{"name": "A", "value": "1"}]}));
        assert_eq!(document, json!({"env": [{"name": "A", "value": REDACTED}]}));
    }

    #[test]
    fn json_inside_text_is_looked_into() {
        let (document, changed) = redact(json!({"requestParameters": "{\"sessionToken\":\"s\"}"}));
        assert!(changed);
        assert_eq!(document, json!({"requestParameters": "{\"sessionToken\":\"[redacted]\"}"}));
    }

    #[test]
    fn a_key_that_stands_twice_hides_nothing() {
        let secrets = Secrets::parse("members: [SessionToken]").unwrap();
        let keep = |text: &str| {
            let mut document = serde_json::from_str(text).unwrap();
            String::from_utf8(secrets.bytes_to_keep(&mut document, text.as_bytes())).unwrap()
        };
        assert_eq!(keep(r#"{"sessionToken":"PLANTED","sessionToken":null}"#), r#"{"sessionToken":null}"#);
        assert_eq!(keep(r#"{"a":{"sessionToken":"PLANTED"},"a":1}"#), r#"{"a":1}"#);
        let plain = "{ \"a:b\" : [ {\"c\": \"x\\\":\"} ] }";
        assert_eq!(keep(plain), plain, "bytes without a secret are kept as they are");
        let nested = r#"{"p":"{\"sessionToken\":\"PLANTED\",\"sessionToken\":null}"}"#;
        assert!(!keep(nested).contains("PLANTED"));
    }

    #[test]
    fn text_that_only_looks_like_json_and_names_a_secret_is_blotted() {
        let (document, changed) = redact(json!({"p": "{\"sessionToken\":\"s\"} trailing", "q": "[not json"}));
        assert!(changed);
        assert_eq!(document, json!({"p": REDACTED, "q": "[not json"}));
    }

    #[test]
    fn what_holds_no_secret_is_left_alone() {
        let document = json!({"policyDocument": "{\"Statement\": []}", "sessionToken": null, "n": [1, true]});
        assert_eq!(redact(document.clone()), (document, false));
    }
}
