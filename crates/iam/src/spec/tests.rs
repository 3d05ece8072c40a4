//! What the page says, section by section. The expectations are derived by hand from the page.

use serde_json::{Value, json};

use super::decide;
use crate::scenario::{LayersText, RequestText};

mod condition;
mod layers;
mod principal;
mod statement;

const USER: &str = "arn:aws:iam::111122223333:user/team/ann";
const ROLE: &str = "arn:aws:iam::111122223333:role/path/Dev";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/Dev/s1";
const FEDERATED_USER: &str = "arn:aws:sts::111122223333:federated-user/bob";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:jobs";
const THEIR_QUEUE: &str = "arn:aws:sqs:eu-west-1:444455556666:jobs";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k1";
const TRUSTING: &str = "arn:aws:iam::111122223333:role/Deploy";

/// The outcome, and the layer that blocked.
fn answer(layers: Value, request: Value) -> String {
    let layers: LayersText = serde_json::from_value(layers).unwrap();
    let request: RequestText = serde_json::from_value(request).unwrap();
    let layers = layers.read(&mut |name| Err(name.to_owned())).unwrap();
    let verdict = decide(&layers, &request.read().unwrap());
    match verdict.blocked_by {
        Some(layer) => format!("{} {layer}", verdict.outcome),
        None => verdict.outcome.to_string(),
    }
}

fn check(layers: Value, request: Value, expected: &str) {
    assert_eq!(answer(layers.clone(), request.clone()), expected, "{layers:#} {request:#}");
}

/// A document of one statement, of the version with variables.
fn policy(statement: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statement})
}

/// A statement with `more` elements besides.
fn statement(effect: &str, mut more: Value) -> Value {
    let fields = more.as_object_mut().unwrap();
    fields.insert("Effect".to_owned(), json!(effect));
    if !fields.contains_key("NotAction") {
        fields.entry("Action").or_insert_with(|| json!("*"));
    }
    if !fields.contains_key("NotResource") {
        fields.entry("Resource").or_insert_with(|| json!("*"));
    }
    policy(more)
}

fn allow(more: Value) -> Value {
    statement("Allow", more)
}

fn deny(more: Value) -> Value {
    statement("Deny", more)
}

/// A request of the user for its own queue.
fn ask(more: Value) -> Value {
    let mut request = json!({"principal": USER, "action": "sqs:SendMessage", "resource": QUEUE});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

fn by(principal: Value) -> Value {
    ask(json!({"principal": principal}))
}

/// Whether a statement with these elements applies: `true`, `false` or `unknown`, alone in an identity policy.
fn applies(effect: &str, more: Value, request: &Value) -> &'static str {
    let identity = match effect {
        "Allow" => json!([allow(more)]),
        _ => json!([allow(json!({})), deny(more)]),
    };
    match (effect, answer(json!({"identity": identity}), request.clone()).as_str()) {
        ("Allow", "allow") | ("Deny", "explicit_deny identity") => "true",
        ("Allow", "implicit_deny identity") | ("Deny", "allow") => "false",
        (_, "undetermined") => "unknown",
        (_, other) => panic!("{other}"),
    }
}

/// Whether a condition holds, in an Allow, with these keys sent.
fn holds(operator: &str, wanted: Value, sent: Value) -> &'static str {
    condition("Allow", operator, wanted, sent)
}

fn condition(effect: &str, operator: &str, wanted: Value, sent: Value) -> &'static str {
    let request =
        ask(json!({"context": {"x:key": sent, "x:one": "one", "x:many": ["a", "b"], "x:star": "*"},
                             "unknown": ["x:dark"]}));
    applies(effect, json!({"Condition": {operator: {"X:Key": wanted}}}), &request)
}

/// The kind of grant or denial a principal element gives a caller for its own account's queue, which is open.
fn bucket(principal: Value, caller: Value) -> String {
    answer(json!({"resource": allow(json!({"Principal": principal}))}), by(caller))
}
