//! What a disagreement is about, read from its smallest form.

use serde_json::{Map, Value};

use super::shrink::items;

/// The first of these that a shrunk case still has. What is particular comes before what is common.
pub(super) fn class(case: &Value) -> &'static str {
    let request = |name: &str| {
        case.get("request").and_then(|request| request.get(name)).and_then(Value::as_str).unwrap_or_default()
    };
    let (action, resource) = (request("action"), request("resource"));
    let layers = case.get("layers").cloned().unwrap_or_default();
    let text = layers.to_string();
    let has_layer = |name: &str| layers.get(name).is_some();
    if ["sts:GetCallerIdentity", "sts:GetSessionToken"].iter().any(|free| free.eq_ignore_ascii_case(action)) {
        return "call that needs no permission";
    }
    let is_grant = action.eq_ignore_ascii_case("kms:RetireGrant");
    if is_grant && has_layer("rcps") {
        return "RCP, kms:RetireGrant";
    }
    let condition = condition(case, &layers);
    if let Some(class @ ("date operator" | "IP address operator")) = condition {
        return class;
    }
    if has_old_variable(&layers) {
        return "variable in an older document";
    }
    if text.contains("\"NotPrincipal\"") {
        return if has_layer("boundary") { "NotPrincipal and a boundary" } else { "NotPrincipal" };
    }
    if text.contains("${") {
        return if text.contains(", '") { "variable with a default" } else { "variable" };
    }
    if let Some(class) = condition {
        return class;
    }
    if has_layer("rcps") {
        return "RCP";
    }
    let principal = case.pointer("/resolved/principal").and_then(Value::as_str).unwrap_or_default();
    if principal.contains(":federated-user/") {
        return "federated user";
    }
    if has_layer("session") {
        let names_session = text.contains(":assumed-role/");
        return if names_session { "session policy, session named" } else { "session policy" };
    }
    if has_layer("endpoint") {
        return "endpoint policy";
    }
    if has_layer("boundary") {
        return "permission boundary";
    }
    if principal == "anonymous" {
        return "anonymous caller";
    }
    if principal.contains("-provider/") || principal.starts_with("cognito-identity.") {
        return "federated identity";
    }
    if principal.ends_with(".amazonaws.com") {
        return "service";
    }
    if has_layer("scps") {
        return "SCP";
    }
    if action.starts_with("sts:") && resource.contains(":role/") {
        return "role trust";
    }
    if action.starts_with("kms:") {
        return "KMS key";
    }
    let owner = case.pointer("/resolved/owner").and_then(Value::as_str).unwrap_or_default();
    if principal.split(':').nth(4) == Some(owner) { "same account" } else { "other account" }
}

/// Whether a document in which variables are plain text has what looks like one.
fn has_old_variable(value: &Value) -> bool {
    match value {
        Value::Object(object) if object.contains_key("Statement") => {
            let is_old = object.get("Version").and_then(Value::as_str) != Some("2012-10-17");
            is_old && value.to_string().contains("${")
        }
        Value::Object(object) => object.values().any(has_old_variable),
        Value::Array(list) => list.iter().any(has_old_variable),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// By the first condition that is left.
fn condition(case: &Value, layers: &Value) -> Option<&'static str> {
    let mut conditions = Vec::new();
    collect(layers, &mut conditions);
    let (operator, key, values) = conditions.into_iter().next()?;
    let operator = operator.to_ascii_lowercase();
    let sent = case.pointer("/resolved/context").and_then(|context| context.get(key.to_ascii_lowercase()));
    let is_set = operator.contains("forallvalues:") || operator.contains("foranyvalue:");
    let family = operator.rsplit(':').next().unwrap_or_default().trim_end_matches("ifexists");
    Some(match family {
        "null" => "Null",
        _ if is_set && sent.is_none() => "set operator, key absent",
        _ if family.starts_with("date") => "date operator",
        _ if family.starts_with("numeric") => "numeric operator",
        _ if family.contains("ipaddress") => "IP address operator",
        _ if is_set => "set operator",
        _ if family.starts_with("arn") => {
            let is_arn = |value: &Value| value.as_str().is_some_and(|text| text.split(':').count() > 5);
            let all = values.iter().chain(sent.map(items).unwrap_or_default()).all(is_arn);
            if all { "ARN operator" } else { "ARN operator on what is no ARN" }
        }
        "bool" => "Bool",
        "binaryequals" => "BinaryEquals",
        _ if operator.ends_with("ifexists") => "IfExists",
        _ => "string operator",
    })
}

fn collect<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a str, &'a [Value])>) {
    match value {
        Value::Object(object) => {
            let operators = object.get("Condition").and_then(Value::as_object).into_iter().flatten();
            for (operator, keys) in operators {
                for (key, values) in keys.as_object().into_iter().flat_map(Map::iter) {
                    found.push((operator, key, items(values)));
                }
            }
            object
                .iter()
                .filter(|(name, _)| *name != "Condition")
                .for_each(|(_, inner)| collect(inner, found));
        }
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Why a case is not compared, if the other evaluator says that it knows nothing of its caller.
pub(super) fn unsupported(case: &Value) -> Option<&'static str> {
    let text = |pointer: &str| case.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let principal = text("/resolved/principal");
    if principal.ends_with(":root") {
        return Some("root user");
    }
    let role = case.pointer("/request/principal").map(Value::to_string).unwrap_or_default();
    if role.contains("/aws-service-role/") {
        return Some("service-linked role");
    }
    let management = text("/layers/management_account");
    let is_management = |account: &str| !management.is_empty() && account == management;
    if is_management(text("/resolved/owner")) || principal.split(':').nth(4).is_some_and(is_management) {
        return Some("management account");
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_class_is_the_most_particular_thing_left() {
        let case = |layers: Value| {
            json!({
                "layers": layers,
                "request": { "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k" },
                "resolved": {
                    "principal": "arn:aws:iam::111122223333:user/alice",
                    "owner": "111122223333",
                    "context": { "aws:sourcearn": ["x"] },
                },
            })
        };
        let with = |condition: Value| {
            class(&case(
                json!({ "rcps": [[{ "Statement": [{ "Effect": "Deny", "Condition": condition }] }]] }),
            ))
        };
        assert_eq!(
            with(json!({ "ArnLike": { "aws:SourceArn": ["a:b:c:d:e:f"] } })),
            "ARN operator on what is no ARN"
        );
        assert_eq!(
            with(json!({ "ForAnyValue:StringLike": { "aws:TagKeys": ["a"] } })),
            "set operator, key absent"
        );
        assert_eq!(
            with(json!({ "StringLike": { "aws:TagKeys": ["${aws:username}"] } })),
            "variable in an older document"
        );
        assert_eq!(class(&case(json!({ "rcps": [] }))), "RCP");
        assert_eq!(class(&case(json!({}))), "same account");
    }

    #[test]
    fn callers_the_other_evaluator_does_not_know_are_left_out() {
        let case = |principal: &str, management: Value| {
            json!({
                "layers": { "management_account": management },
                "request": { "principal": principal },
                "resolved": { "principal": principal, "owner": "444455556666" },
            })
        };
        let check = |principal: &str, management: Value| unsupported(&case(principal, management));
        assert_eq!(check("arn:aws:iam::111122223333:root", Value::Null), Some("root user"));
        assert_eq!(check("arn:aws:iam::111122223333:user/a", Value::Null), None);
        assert_eq!(
            check("arn:aws:iam::111122223333:user/a", json!("111122223333")),
            Some("management account")
        );
        assert_eq!(
            check("arn:aws:iam::111122223333:user/a", json!("444455556666")),
            Some("management account")
        );
    }
}
