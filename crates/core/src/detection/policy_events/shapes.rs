//! Requests that mean a policy without carrying its text: a permission added in words, one attribute of many,
//! a list of patches.

use serde_json::{Map, Value, json};

use super::{Found, What, at, document, nothing_granted, whole};

/// `lambda:AddPermission`: principal, action and the conditions it has members for.
pub(super) fn function_permission(request: &Value) -> Found {
    let conditions = [
        ("sourceArn", "ArnLike", "aws:SourceArn"),
        ("sourceAccount", "StringEquals", "aws:SourceAccount"),
        ("principalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("functionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
        ("eventSourceToken", "StringEquals", "lambda:EventSourceToken"),
        ("invokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
    ];
    permission(request, &conditions)
}

/// `lambda:AddLayerVersionPermission`.
pub(super) fn layer_permission(request: &Value) -> Found {
    permission(request, &[("organizationId", "StringEquals", "aws:PrincipalOrgID")])
}

fn permission(request: &Value, conditions: &[(&str, &str, &str)]) -> Found {
    let (Some(principal), Some(action)) = (text(request, "principal"), text(request, "action")) else {
        return Found::UNREADABLE;
    };
    let mut operators = Map::new();
    for (name, operator, key) in conditions {
        if let Some(value) = member(request, name).and_then(whole) {
            let keys = operators.entry(*operator).or_insert_with(|| json!({}));
            if let Some(keys) = keys.as_object_mut() {
                keys.insert((*key).to_owned(), value.clone());
            }
        }
    }
    statement(&principal_element(principal), &json!(action), &Value::Object(operators))
}

/// `events:PutPermission`: a document, or a principal and perhaps one condition.
pub(super) fn bus_permission(request: &Value) -> Found {
    if let Some(policy) = member(request, "policy").and_then(whole) {
        return Found::It(document(policy));
    }
    let Some(principal) = text(request, "principal") else { return Found::UNREADABLE };
    let action = text(request, "action").unwrap_or("events:PutEvents");
    let condition = match member(request, "condition") {
        None => json!({}),
        Some(condition) => {
            let part = |name: &str| text(condition, name);
            let (Some(operator), Some(key), Some(value)) = (part("type"), part("key"), part("value")) else {
                return Found::UNREADABLE;
            };
            json!({operator: {key: value}})
        }
    };
    statement(&principal_element(principal), &json!(action), &condition)
}

/// `sqs:AddPermission`: accounts and actions.
pub(super) fn queue_permission(request: &Value) -> Found {
    accounts_permission(request, "sqs", &["actions", "actionNames", "actionName"])
}

/// `sns:AddPermission`.
pub(super) fn topic_permission(request: &Value) -> Found {
    accounts_permission(request, "sns", &["actionNames", "actionName", "actions"])
}

fn accounts_permission(request: &Value, service: &str, actions: &[&str]) -> Found {
    let listed = |names: &[&str]| names.iter().find_map(|name| texts(member(request, name)?));
    let accounts = listed(&["awsAccountIds", "awsAccountId"]);
    let (Some(accounts), Some(actions)) = (accounts, listed(actions)) else { return Found::UNREADABLE };
    let qualified = |action: &String| {
        if action.contains(':') { action.clone() } else { format!("{service}:{action}") }
    };
    let actions: Vec<String> = actions.iter().map(qualified).collect();
    statement(&json!({"AWS": accounts}), &json!(actions), &json!({}))
}

/// `sns:SetTopicAttributes`: the attribute named `Policy` is one.
pub(super) fn topic_attribute(request: &Value) -> Found {
    match text(request, "attributeName") {
        Some(name) if name.eq_ignore_ascii_case("Policy") => {
            let value = member(request, "attributeValue").and_then(whole);
            Found::It(value.map_or_else(nothing_granted, document))
        }
        Some(_) => Found::Nothing,
        None => Found::UNREADABLE,
    }
}

/// `apigateway:UpdateRestApi`: a patch of `/policy`.
pub(super) fn patched_api(request: &Value) -> Found {
    let places = ["updateRestApiInput/patchOperations", "patchOperations"];
    let Some(patches) = places.iter().find_map(|place| at(request, place)?.as_array()) else {
        return Found::UNREADABLE;
    };
    let patch =
        patches.iter().find(|patch| text(patch, "path").is_some_and(|path| path.starts_with("/policy")));
    match patch {
        None => Found::Nothing,
        Some(patch) if text(patch, "path") == Some("/policy") => {
            Found::It(member(patch, "value").and_then(whole).map_or_else(nothing_granted, document))
        }
        // A part of a policy is not a policy.
        Some(_) => Found::UNREADABLE,
    }
}

fn statement(principal: &Value, action: &Value, conditions: &Value) -> Found {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", "Condition": conditions}]});
    match document(&policy) {
        What::Unreadable => Found::UNREADABLE,
        what => Found::It(what),
    }
}

/// `*`, an account, an ARN, or else a service such as `s3.amazonaws.com`.
fn principal_element(principal: &str) -> Value {
    let is_service = !principal.starts_with("arn:") && principal.contains('.');
    match principal {
        "*" => json!("*"),
        service if is_service => json!({"Service": service}),
        other => json!({"AWS": other}),
    }
}

/// A member by its name, whose capitals differ from service to service (`aWSAccountIds`).
fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let members = value.as_object()?;
    let found = members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    found.filter(|value| !value.is_null())
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    member(value, name)?.as_str().filter(|text| !text.is_empty())
}

/// A text or a list of texts.
fn texts(value: &Value) -> Option<Vec<String>> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    let texts: Option<Vec<String>> = items
        .iter()
        .map(|item| match item {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(format!("{number:0>12}", number = number.to_string())),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        })
        .collect();
    texts.filter(|texts| !texts.is_empty())
}
