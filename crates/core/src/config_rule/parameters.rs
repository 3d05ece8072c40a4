//! From the name and the parameters that a rule has in AWS Config to a rule of ours.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::event::RuleEventError;
use crate::posture::PostureRule;

/// The parameter that names our rule. No rule has one of this name.
const RULE: &str = "rule";

/// What AWS puts around the name of an organization's rule in each of its accounts.
const OF_ORGANIZATION: &str = "OrgConfigRule-";

/// What AWS puts behind the name of a rule of a conformance pack, before an id of its own.
const OF_PACK: &str = "-conformance-pack-";

fn wrong(field: String, problem: String) -> RuleEventError {
    RuleEventError { field, problem }
}

/// Which of these rules is meant: the one the parameter `rule` names, else the one Config's rule is named like,
/// with or without the suffix of the environment: `ec2-required-tags-dev`.
///
/// Without a `suffix` that is configured, one word behind the last hyphen is taken for it.
///
/// # Errors
/// The field that names none, and what would.
pub fn find_rule<'r>(
    rules: &'r [PostureRule],
    name: &str,
    parameters: &Map<String, Value>,
    suffix: Option<&str>,
) -> Result<&'r PostureRule, RuleEventError> {
    let by_id = |id: &str| rules.iter().find(|rule| rule.stamp.id == id);
    if let Some(named) = parameters.get(RULE) {
        let field = || format!("ruleParameters.{RULE}");
        let id = named.as_str().ok_or_else(|| wrong(field(), "is no text".to_owned()))?;
        let found = by_id(id);
        return found.ok_or_else(|| {
            wrong(
                field(),
                format!("is `{id}`, and there is no posture rule of that id; `provost rules` lists them"),
            )
        });
    }
    let bare = bare(name);
    let without = match suffix {
        Some(suffix) => bare.strip_suffix(suffix).and_then(|rest| rest.strip_suffix('-')),
        None => bare.rsplit_once('-').map(|(rest, _)| rest),
    };
    by_id(bare).or_else(|| by_id(without?)).ok_or_else(|| {
        let problem = format!(
            "is `{name}`, which is no id of a posture rule, also without the suffix of the environment; name one \
             in the rule's parameters: {{\"{RULE}\": \"ec2-required-tags\"}}"
        );
        wrong("configRuleName".to_owned(), problem)
    })
}

/// The name as somebody gave it: AWS adds to those of organizations and conformance packs.
fn bare(name: &str) -> &str {
    if let Some(inner) = name.strip_prefix(OF_ORGANIZATION) {
        return inner.rsplit_once('-').map_or(inner, |(given, _)| given);
    }
    name.rsplit_once(OF_PACK).map_or(name, |(given, _)| given)
}

/// The parameters as the rule's expression takes them. Config knows texts alone, so each is read as what the
/// rule's own default is: a list is separated by commas, or JSON.
///
/// # Errors
/// The parameter that the rule does not have, or that cannot be read so.
pub fn typed_parameters(
    rule: &PostureRule,
    parameters: &Map<String, Value>,
) -> Result<BTreeMap<String, Value>, RuleEventError> {
    let given = parameters.iter().filter(|(name, _)| *name != RULE);
    let typed = given.map(|(name, value)| {
        let field = || format!("ruleParameters.{name}");
        let Some(default) = rule.parameters.get(name) else {
            let known: Vec<&str> = rule.parameters.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "it has none".to_owned() } else { known.join(", ") };
            let problem = format!("is no parameter of `{}` ({known})", rule.stamp.id);
            return Err(wrong(field(), problem));
        };
        let value = read_as(default, value)
            .map_err(|wanted| wrong(field(), format!("is not {wanted}; the rule's own is {default}")))?;
        Ok((name.clone(), value))
    });
    typed.collect()
}

/// The value as what the default is. The error says what that would be.
fn read_as(default: &Value, given: &Value) -> Result<Value, &'static str> {
    let text = given.as_str().map(str::trim);
    let parsed = || text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    // A value that is of the kind already, as somebody writes it who tries the function out.
    let plain = || if given.is_string() { parsed() } else { Some(given.clone()) };
    match default {
        Value::Bool(_) => plain().filter(Value::is_boolean).ok_or("true or false"),
        Value::Number(number) if number.is_f64() => plain().filter(Value::is_number).ok_or("a number"),
        Value::Number(_) => plain().filter(|it| it.is_i64() || it.is_u64()).ok_or("a whole number"),
        Value::String(_) => text.map(Value::from).ok_or("a text"),
        Value::Array(defaults) => list(defaults, given, text).ok_or("a list, separated by commas"),
        Value::Object(_) => plain().filter(Value::is_object).ok_or("a JSON object"),
        Value::Null => Ok(plain().unwrap_or_else(|| given.clone())),
    }
}

fn list(defaults: &[Value], given: &Value, text: Option<&str>) -> Option<Value> {
    let items: Vec<Value> = match (given, text) {
        (Value::Array(items), _) => items.clone(),
        (_, Some(text)) if text.starts_with('[') => serde_json::from_str(text).ok()?,
        (_, Some(text)) => {
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect()
        }
        (_, None) => return None,
    };
    match defaults.first() {
        Some(first) => {
            items.iter().map(|item| read_as(first, item).ok()).collect::<Option<Vec<_>>>().map(Value::from)
        }
        None => Some(Value::from(items)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Origin;

    fn rule(id: &str) -> PostureRule {
        let text = format!(
            "{{id: {id}, title: t, description: d, resource_type: T, severity: low, expression: resource.A == 1,
               message: m, remediation: r, parameters: {{tags: [Owner, Team], days: 7, share: 0.5, on: true,
               word: x, ports: [22], map: {{}}}}}}"
        );
        PostureRule::parse(&text, &Origin::BuiltIn).unwrap()
    }

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_rule_is_found_by_what_names_it() {
        let rules = ["s3-encryption", "s3-encryption-uses-kms", "ec2-required-tags"].map(rule);
        let check = |name: &str, parameters: Value, suffix: Option<&str>, expect: Result<&str, &str>| {
            let found = find_rule(&rules, name, &object(&parameters), suffix);
            let found = found.map(|rule| rule.stamp.id.as_str()).map_err(|error| error.field);
            assert_eq!(found, expect.map_err(str::to_owned), "{name} {parameters} {suffix:?}");
        };
        check("ec2-required-tags", json!({}), None, Ok("ec2-required-tags"));
        check("ec2-required-tags-dev", json!({}), None, Ok("ec2-required-tags"));
        check("ec2-required-tags-dev", json!({}), Some("dev"), Ok("ec2-required-tags"));
        check("ec2-required-tags-eu-prod", json!({}), Some("eu-prod"), Ok("ec2-required-tags"));
        check("ec2-required-tags-prod", json!({}), Some("dev"), Err("configRuleName"));
        check("ec2-required-tags-eu-prod", json!({}), None, Err("configRuleName"));
        check("s3-encryption-uses-kms", json!({}), None, Ok("s3-encryption-uses-kms"));
        check("s3-encryption-uses-kms-dev", json!({}), None, Ok("s3-encryption-uses-kms"));
        check("s3-encryption-uses-kmss", json!({}), None, Err("configRuleName"));
        check("OrgConfigRule-s3-encryption-dev-a1b2c3d4", json!({}), Some("dev"), Ok("s3-encryption"));
        check("OrgConfigRule-s3-encryption-a1b2c3d4", json!({}), Some("dev"), Ok("s3-encryption"));
        check("s3-encryption-dev-conformance-pack-xyz12", json!({}), None, Ok("s3-encryption"));
        check("whatever", json!({"rule": "s3-encryption", "x": "y"}), None, Ok("s3-encryption"));
        check("s3-encryption", json!({"rule": "s3-encrypted"}), None, Err("ruleParameters.rule"));
        check("s3-encryption", json!({"rule": 7}), None, Err("ruleParameters.rule"));
        check("whatever", json!({}), None, Err("configRuleName"));
    }

    #[test]
    fn texts_become_what_the_rules_own_values_are() {
        let given = json!({
            "rule": "a-rule", "tags": " Owner ,CostCenter,", "days": "30", "share": "0.9", "on": "false",
            "word": " y ", "ports": "22, 3389", "map": "{\"a\":1}",
        });
        let expect = json!({
            "tags": ["Owner", "CostCenter"], "days": 30, "share": 0.9, "on": false, "word": "y",
            "ports": [22, 3389], "map": {"a": 1},
        });
        let typed = typed_parameters(&rule("a-rule"), &object(&given)).unwrap();
        assert_eq!(json!(typed), expect);
        let plain = json!({"tags": ["A"], "days": 1, "on": true, "ports": "[80]"});
        let typed = typed_parameters(&rule("a-rule"), &object(&plain)).unwrap();
        assert_eq!(json!(typed), json!({"tags": ["A"], "days": 1, "on": true, "ports": [80]}));
    }

    #[test]
    fn a_parameter_that_is_wrong_is_named_with_what_it_should_be() {
        let check = |given: Value, expect: &str| {
            let error = typed_parameters(&rule("a-rule"), &object(&given)).unwrap_err().to_string();
            assert_eq!(error.strip_prefix("the event of AWS Config: "), Some(expect));
        };
        check(json!({"days": "a week"}), "`ruleParameters.days` is not a whole number; the rule's own is 7");
        check(json!({"days": "7.5"}), "`ruleParameters.days` is not a whole number; the rule's own is 7");
        check(json!({"on": "yes"}), "`ruleParameters.on` is not true or false; the rule's own is true");
        check(
            json!({"ports": "ssh"}),
            "`ruleParameters.ports` is not a list, separated by commas; the rule's own is [22]",
        );
        check(
            json!({"tag": "Owner"}),
            "`ruleParameters.tag` is no parameter of `a-rule` (days, map, on, ports, share, tags, word)",
        );
    }
}
