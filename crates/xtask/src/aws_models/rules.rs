//! The language of endpoint rule sets, as far as it is reached without a resource's name.
//!
//! AWS publishes per service a tree of conditions over parameters (region, FIPS, dual-stack, ...), whose leaves
//! are endpoints and errors. <https://smithy.io/2.0/additional-specs/rules-engine/specification.html> describes
//! it. Functions that only look at buckets, ARNs or configured endpoints are not here: a rule set that reaches
//! one without having been given any fails the generator, and does not get a guess.

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::partitions::Partitions;

/// What a rule set says of some parameters.
pub(super) enum Outcome {
    Endpoint {
        url: String,
        /// As the first scheme that is the plain SigV4 one says, if it says so.
        signing_region: Option<String>,
        signing_name: Option<String>,
    },
    /// There is no such endpoint.
    Refused,
}

/// The values of parameters and of what conditions assigned.
pub(super) type Scope = HashMap<String, Value>;

/// A rule set and the partitions its `aws.partition` knows.
pub(super) struct RuleSet<'r> {
    rules: &'r Value,
    partitions: &'r Partitions,
}

impl<'r> RuleSet<'r> {
    pub(super) fn new(rules: &'r Value, partitions: &'r Partitions) -> Self {
        Self { rules, partitions }
    }

    pub(super) fn has_parameter(&self, name: &str) -> bool {
        self.rules.get("parameters").is_some_and(|parameters| parameters.get(name).is_some())
    }

    /// Evaluates it, with the defaults of parameters that are not given.
    pub(super) fn evaluate(&self, mut scope: Scope) -> anyhow::Result<Outcome> {
        let parameters = self.rules.get("parameters").and_then(Value::as_object);
        for (name, parameter) in parameters.into_iter().flatten() {
            if let Some(default) = parameter.get("default")
                && !scope.contains_key(name)
            {
                scope.insert(name.clone(), default.clone());
            }
        }
        let outcome = self.first(self.rules.get("rules"), &scope)?;
        // No rule applies: there is no endpoint.
        Ok(outcome.unwrap_or(Outcome::Refused))
    }

    /// The outcome of the first rule that has one.
    fn first(&self, rules: Option<&Value>, scope: &Scope) -> anyhow::Result<Option<Outcome>> {
        for rule in rules.and_then(Value::as_array).context("rules are a list")? {
            // What conditions assign is seen by their own rule and those below it.
            let mut scope = scope.clone();
            if !self.holds(rule, &mut scope)? {
                continue;
            }
            let outcome = match rule.get("type").and_then(Value::as_str) {
                Some("tree") => self.first(rule.get("rules"), &scope)?,
                Some("error") => Some(Outcome::Refused),
                Some("endpoint") => Some(endpoint(rule.get("endpoint").context("an endpoint")?, &scope)?),
                kind => bail!("a rule has the type {kind:?}"),
            };
            if outcome.is_some() {
                return Ok(outcome);
            }
        }
        Ok(None)
    }

    fn holds(&self, rule: &Value, scope: &mut Scope) -> anyhow::Result<bool> {
        for condition in rule.get("conditions").and_then(Value::as_array).into_iter().flatten() {
            let value = self.call(condition, scope)?;
            if matches!(value, Value::Null | Value::Bool(false)) {
                return Ok(false);
            }
            if let Some(name) = condition.get("assign").and_then(Value::as_str) {
                scope.insert(name.to_owned(), value);
            }
        }
        Ok(true)
    }

    /// What a function says; `null` where it has no value.
    fn call(&self, function: &Value, scope: &Scope) -> anyhow::Result<Value> {
        let name = function.get("fn").and_then(Value::as_str).context("a condition is a function")?;
        let arguments = function.get("argv").and_then(Value::as_array).context("a function has arguments")?;
        let arguments: anyhow::Result<Vec<Value>> =
            arguments.iter().map(|argument| self.value(argument, scope)).collect();
        match (name, arguments?.as_slice()) {
            ("isSet", [value]) => Ok(Value::Bool(!value.is_null())),
            ("not", [value]) => Ok(Value::Bool(matches!(value, Value::Null | Value::Bool(false)))),
            ("booleanEquals", [Value::Bool(one), Value::Bool(other)]) => Ok(Value::Bool(one == other)),
            ("stringEquals", [Value::String(one), Value::String(other)]) => Ok(Value::Bool(one == other)),
            ("aws.partition", [Value::String(region)]) => Ok(self.partitions.of(region)?.outputs()),
            ("getAttr", [value, Value::String(name)]) if !name.contains(['.', '[']) => {
                Ok(value.get(name).cloned().unwrap_or_default())
            }
            ("isValidHostLabel", [Value::String(label), Value::Bool(with_dots)]) => {
                Ok(Value::Bool(is_host_label(label, *with_dots)))
            }
            ("substring", [Value::String(text), start, stop, Value::Bool(reverse)]) => {
                let (start, stop) = (index(start)?, index(stop)?);
                Ok(substring(text, start, stop, *reverse).map_or(Value::Null, Value::String))
            }
            (name, arguments) => bail!("`{name}` of {} arguments like these is not known", arguments.len()),
        }
    }

    fn value(&self, value: &Value, scope: &Scope) -> anyhow::Result<Value> {
        if value.get("fn").is_some() {
            return self.call(value, scope);
        }
        if let Some(name) = value.get("ref").and_then(Value::as_str) {
            return Ok(scope.get(name).cloned().unwrap_or_default());
        }
        match value {
            Value::String(template) => Ok(Value::String(filled(template, scope)?)),
            _ => Ok(value.clone()),
        }
    }
}

/// The endpoint a rule ends in.
fn endpoint(endpoint: &Value, scope: &Scope) -> anyhow::Result<Outcome> {
    let url = match endpoint.get("url").context("an endpoint has a URL")? {
        Value::String(template) => filled(template, scope)?,
        reference => {
            let name = reference.get("ref").and_then(Value::as_str).context("a URL is text or a name")?;
            scope.get(name).and_then(Value::as_str).context("the URL is not set")?.to_owned()
        }
    };
    let schemes = endpoint.pointer("/properties/authSchemes").and_then(Value::as_array);
    let Some(schemes) = schemes else {
        return Ok(Outcome::Endpoint { url, signing_region: None, signing_name: None });
    };
    let plain = schemes.iter().find(|scheme| scheme.get("name").and_then(Value::as_str) == Some("sigv4"));
    // Signatures over several regions (SigV4a) are not spoken here.
    let Some(plain) = plain else { return Ok(Outcome::Refused) };
    let said = |name: &str| {
        let text = plain.get(name).and_then(Value::as_str);
        text.map(|template| filled(template, scope)).transpose()
    };
    Ok(Outcome::Endpoint { url, signing_region: said("signingRegion")?, signing_name: said("signingName")? })
}

/// A template with its `{Name}` and `{Name#attribute}` filled in.
fn filled(template: &str, scope: &Scope) -> anyhow::Result<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').context("a brace is not closed")?;
        let (name, attribute) = name.split_once('#').map_or((name, None), |(name, part)| (name, Some(part)));
        let value = scope.get(name);
        let value = attribute.map_or(value, |attribute| value.and_then(|value| value.get(attribute)));
        let value = value.and_then(Value::as_str);
        text += before;
        text += value.with_context(|| format!("`{name}` of the template `{template}` is not set"))?;
        rest = after;
    }
    Ok(text + rest)
}

fn index(value: &Value) -> anyhow::Result<usize> {
    value.as_u64().and_then(|index| usize::try_from(index).ok()).context("an index is a number")
}

fn substring(text: &str, start: usize, stop: usize, reverse: bool) -> Option<String> {
    if start >= stop || text.len() < stop || !text.is_ascii() {
        return None;
    }
    let range = if reverse { text.len() - stop..text.len() - start } else { start..stop };
    text.get(range).map(str::to_owned)
}

fn is_host_label(label: &str, with_dots: bool) -> bool {
    if with_dots {
        return label.split('.').all(|label| is_host_label(label, false));
    }
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}
