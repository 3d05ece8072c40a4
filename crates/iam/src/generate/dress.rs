//! How a case is written down in the end: the many shapes AWS takes, and the odd ones it does not.

use serde_json::{Map, Value, json};

use super::choices::Choices;
use super::layers::Drafts;
use super::pattern::scramble;
use super::perturb::statements;
use super::vocabulary::KEYS;

/// Unknown operators, and known ones in shapes nobody documents.
const ODD_OPERATORS: [&str; 8] = [
    "StringMatches",
    "ForAnyValue:Null",
    "NullIfExists",
    "ForSomeValues:StringEquals",
    "StringEqualsIfExistsIfExists",
    "stringequals",
    "ForAllValues:ForAnyValue:StringLike",
    "",
];
/// Values that some family of operators cannot read.
const ODD_VALUES: [&str; 12] = [
    "",
    "maybe",
    "1e3",
    "0x10",
    "10.0.0.0/99",
    "10.0.0",
    "::ffff:10.1.2.3",
    "2026-02-30",
    "2026-03-01T12:00",
    "arn:aws:s3",
    "not base64!",
    "${aws:PrincipalTag/never}",
];
const ODD_PRINCIPALS: [(&str, &str); 8] = [
    ("AWS", "arn:aws:iam::111122223333:user/*"),
    ("AWS", "AIDAEXAMPLEUSERALICE"),
    ("AWS", "AROAEXAMPLEROLE00APP"),
    ("AWS", "alice"),
    ("CanonicalUser", "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"),
    ("Service", "*"),
    ("Federated", "*"),
    ("Group", "arn:aws:iam::111122223333:group/g"),
];

/// Puts one odd thing somewhere.
pub(super) fn oddity(request: &mut Map<String, Value>, layers: &mut Drafts, choices: &mut Choices) {
    match choices.below(9) {
        0 => {
            let name = choices.text(&[
                "identity", "resource", "boundary", "session", "endpoint", "scp", "rcp[0]", "scp[1]",
            ]);
            layers.insert("unread".to_owned(), json!({ name: "AccessDenied" }));
        }
        1 => drop(request.insert("unlisted".to_owned(), json!("unknown"))),
        2 => {
            let names: Vec<&str> = (0..=choices.below(3)).map(|_| key_name(choices)).collect();
            request.insert("unknown".to_owned(), json!(names));
        }
        3 => drop(request.remove("resource_account")),
        4 => {
            let odd =
                choices.text(&["*", "arn:aws:s3", "arn:aws:s3:::", "arn:aws:kms:::key/x", "", "::::::"]);
            request.insert("resource".to_owned(), json!(odd));
        }
        _ => odd_statement(layers, choices),
    }
}

fn key_name(choices: &mut Choices) -> &'static str {
    choices.one(KEYS).map(|key| key.name).unwrap_or_default()
}

fn odd_statement(layers: &mut Drafts, choices: &mut Choices) {
    let mut all = statements(layers);
    let place = choices.below(all.len());
    let Some((_, statement)) = all.get_mut(place) else { return };
    match choices.below(9) {
        0 => {
            let name = choices.text(&["Resource", "NotResource", "Principal", "NotPrincipal"]);
            statement.remove(name);
        }
        1 => {
            let name = choices.text(&["Resource", "Action", "NotAction", "NotResource"]);
            if statement.contains_key(name) {
                statement.insert(name.to_owned(), json!([]));
            }
        }
        2 => {
            let (kind, name) = choices.one(&ODD_PRINCIPALS).copied().unwrap_or_default();
            let element = if statement.contains_key("NotPrincipal") { "NotPrincipal" } else { "Principal" };
            statement.insert(element.to_owned(), json!({ kind: [name] }));
        }
        3 => {
            let condition = json!({ choices.text(&ODD_OPERATORS): { key_name(choices): ["red"] } });
            statement.insert("Condition".to_owned(), condition);
        }
        _ => odd_text(statement, choices),
    }
}

/// Scrambles one text of the statement.
fn odd_text(statement: &mut Map<String, Value>, choices: &mut Choices) {
    let mut texts = Vec::new();
    let is_condition = choices.percent(50) && statement.contains_key("Condition");
    for (name, value) in statement {
        let is_wanted = match name.as_str() {
            "Effect" | "Sid" => false,
            "Condition" => is_condition,
            _ => !is_condition,
        };
        if is_wanted {
            leaves(value, &mut texts);
        }
    }
    let place = choices.below(texts.len());
    if let Some(text) = texts.into_iter().nth(place) {
        *text = match text.as_str() {
            // `"Principal": "*"` is no text that could be another.
            Some("*") => json!("*"),
            Some(_) if is_condition && choices.percent(50) => json!(choices.text(&ODD_VALUES)),
            Some(old) => json!(scramble(old, choices)),
            None => json!("odd"),
        };
    }
}

fn leaves<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| leaves(item, found)),
        Value::Object(object) => object.iter_mut().for_each(|(_, item)| leaves(item, found)),
        leaf => found.push(leaf),
    }
}

/// Writes the layers in one of their many shapes.
pub(super) fn dress(layers: Drafts, is_odd: bool, choices: &mut Choices) -> Value {
    let mut dressed = Map::new();
    for (name, value) in layers {
        let value = match (name.as_str(), value) {
            ("scps" | "rcps", Value::Array(levels)) => {
                let levels = levels.into_iter().map(|level| {
                    // RCPs came after the older versions of the language.
                    let level = policies(level, is_odd, name == "rcps" && !is_odd, choices);
                    let name = choices.text(&["Workloads", "Root", "Sandbox"]);
                    if choices.percent(30) {
                        json!({ "name": name, "policies": level })
                    } else {
                        named(level)
                    }
                });
                Value::Array(levels.collect())
            }
            ("unread" | "management_account", other) => other,
            (_, list) => policies(list, is_odd, false, choices),
        };
        dressed.insert(name, value);
    }
    Value::Object(dressed)
}

/// A level without a name. A single policy would be read as a level with fields of its own; it stays in a list.
fn named(level: Value) -> Value {
    if level.is_object() { json!([level]) } else { level }
}

fn policies(list: Value, is_odd: bool, is_new: bool, choices: &mut Choices) -> Value {
    let Value::Array(documents) = list else { return list };
    let documents = documents.into_iter().map(|document| policy(document, is_odd, is_new, choices)).collect();
    alone(documents, choices)
}

fn policy(document: Value, is_odd: bool, is_new: bool, choices: &mut Choices) -> Value {
    let Value::Object(mut document) = document else { return document };
    // Variables are plain text in documents of the older version; most are meant.
    let is_plain = !document.get("Statement").is_some_and(|statements| statements.to_string().contains("${"));
    if is_new {
        // Nothing but the version it has.
    } else if choices.percent(if is_plain { 12 } else { 4 }) {
        document.insert("Version".to_owned(), json!("2008-10-17"));
    } else if choices.percent(if is_plain { 6 } else { 2 }) {
        document.remove("Version");
    } else if is_odd && choices.percent(3) {
        document.insert("Version".to_owned(), json!("2020-02-02"));
    }
    if choices.percent(5) {
        document.insert("Id".to_owned(), json!("policy"));
    }
    if let Some(Value::Array(statements)) = document.remove("Statement") {
        let statements =
            statements.into_iter().map(|statement| statement_shape(statement, choices)).collect();
        document.insert("Statement".to_owned(), alone(statements, choices));
    }
    Value::Object(document)
}

fn statement_shape(mut statement: Value, choices: &mut Choices) -> Value {
    let Some(elements) = statement.as_object_mut() else { return statement };
    for (name, element) in elements {
        match (name.as_str(), element) {
            ("Condition", Value::Object(operators)) => {
                for keys in operators.values_mut().filter_map(Value::as_object_mut) {
                    keys.values_mut().for_each(|values| *values = scalar(values.take(), choices));
                }
            }
            ("Principal" | "NotPrincipal", Value::Object(kinds)) => {
                kinds.values_mut().for_each(|names| *names = scalar(names.take(), choices));
            }
            (_, element) => *element = scalar(element.take(), choices),
        }
    }
    statement
}

fn scalar(value: Value, choices: &mut Choices) -> Value {
    match value {
        Value::Array(items) => alone(items, choices),
        other => other,
    }
}

/// A list, or what is alone in it.
fn alone(mut items: Vec<Value>, choices: &mut Choices) -> Value {
    match items.pop() {
        Some(only) if items.is_empty() && choices.percent(50) => only,
        Some(last) => {
            items.push(last);
            Value::Array(items)
        }
        None => Value::Array(items),
    }
}
