//! Rules against resources.

use std::collections::HashMap;
use std::sync::Arc;

use cel::{Context, ExecutionError};
use jiff::Timestamp;
use serde_json::Value;

use super::functions;
use super::policy_functions::PolicyFacts;
use super::rule::{AbsentMeans, Condition, PostureRule};
use crate::model::{Resource, Unread, Verdict};

/// All posture rules, ready to judge.
pub struct Assessor<'r> {
    rules: HashMap<&'r str, Vec<(&'r PostureRule, cel::Value)>>,
    /// CEL's surroundings by the time facts were seen at: there are few such times.
    contexts: HashMap<Timestamp, Context<'static, 'static>>,
    policies: Arc<PolicyFacts>,
}

/// What one rule says of one resource.
#[derive(Debug)]
pub struct Judgement<'r> {
    /// The rule.
    pub rule: &'r PostureRule,
    /// What it says.
    pub verdict: Verdict,
}

impl Judgement<'_> {
    /// What is wrong, or why it could not be told.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match &self.verdict {
            Verdict::Pass | Verdict::NotApplicable => None,
            Verdict::Fail => Some(self.rule.message.clone()),
            Verdict::Unknown(reason) => Some(reason.clone()),
        }
    }
}

impl<'r> Assessor<'r> {
    /// Prepares the rules.
    #[must_use]
    pub fn new(rules: &'r [PostureRule]) -> Self {
        let mut by_type: HashMap<&str, Vec<_>> = HashMap::new();
        for rule in rules {
            let parameters: serde_json::Map<_, _> = rule.parameters.clone().into_iter().collect();
            let parameters = to_cel(&Value::Object(parameters));
            by_type.entry(rule.resource_type.as_str()).or_default().push((rule, parameters));
        }
        Self { rules: by_type, contexts: HashMap::new(), policies: Arc::default() }
    }

    /// What every rule of the resource's type says of it, as of the time it was seen.
    pub fn judge(&mut self, resource: &Resource) -> Vec<Judgement<'r>> {
        let Some(rules) = self.rules.get(resource.resource_type.as_str()) else { return Vec::new() };
        let context = self
            .contexts
            .entry(resource.seen_at)
            .or_insert_with(|| functions::context(resource.seen_at, &self.policies));
        let mut scope = context.new_inner_scope();
        scope.add_variable_from_value("resource", to_cel(&resource.document));
        scope.add_variable_from_value("account", resource.account.as_str().to_owned());
        scope.add_variable_from_value("region", resource.region.clone());
        let judge = |(rule, parameters): &(&'r PostureRule, cel::Value)| {
            let mut scope = scope.new_inner_scope();
            scope.add_variable_from_value("params", parameters.clone());
            Judgement { rule, verdict: judge(rule, resource, &scope) }
        };
        rules.iter().map(judge).collect()
    }
}

fn judge(rule: &PostureRule, resource: &Resource, scope: &Context<'_, '_>) -> Verdict {
    if let Some(applies) = &rule.applies {
        match ask(applies, resource, scope) {
            Ok(true) => {}
            Ok(false) => return Verdict::NotApplicable,
            Err(reason) => return Verdict::Unknown(reason),
        }
    }
    let unread_absence = |path: &str| resource.unread.iter().find(|unread| unread.touches(path));
    for (path, means) in &rule.absent {
        if let Some(unread) = unread_absence(path) {
            return Verdict::Unknown(unread.to_string());
        }
        if is_absent(&resource.document, path) {
            return match means {
                AbsentMeans::Pass => Verdict::Pass,
                AbsentMeans::Fail => Verdict::Fail,
                AbsentMeans::NotApplicable => Verdict::NotApplicable,
            };
        }
    }
    match ask(&rule.expression, resource, scope) {
        Ok(true) => Verdict::Pass,
        Ok(false) => Verdict::Fail,
        Err(reason) => Verdict::Unknown(reason),
    }
}

/// Asks CEL, unless it would be asked about something unread.
fn ask(condition: &Condition, resource: &Resource, scope: &Context<'_, '_>) -> Result<bool, String> {
    let touched = |unread: &&Unread| condition.reads.iter().any(|path| unread.touches(path));
    if let Some(unread) = resource.unread.iter().find(touched) {
        return Err(unread.to_string());
    }
    match scope.resolve(&condition.expression) {
        Ok(cel::Value::Bool(answer)) => Ok(answer),
        Ok(_) => Err("the rule's expression is not a yes or no".to_owned()),
        Err(error) => Err(explain(&error)),
    }
}

/// Why CEL could not tell, without any value of the document.
fn explain(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("the document has no `{key}`"),
        ExecutionError::FunctionError { function, .. } => {
            format!("`{function}` cannot use what the document has")
        }
        ExecutionError::UndeclaredReference(name) => {
            format!("the rule names `{name}`, which nothing declares")
        }
        ExecutionError::NoSuchOverload(call) => {
            format!("`{}` cannot use what the document has", call.function())
        }
        _ => "the document is not of the shape the rule expects".to_owned(),
    }
}

/// Whether nothing stands at a dotted path. Null is nothing.
fn is_absent(document: &Value, path: &str) -> bool {
    path.split('.').try_fold(document, |value, member| value.get(member)).is_none_or(Value::is_null)
}

/// JSON as CEL sees it: whole numbers are `int`, as a rule's literals are.
fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(flag) => cel::Value::Bool(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), _, _) => cel::Value::Int(whole),
            (None, Some(whole), _) => cel::Value::UInt(whole),
            (None, None, float) => cel::Value::Float(float.unwrap_or(f64::NAN)),
        },
        Value::String(text) => cel::Value::String(text.clone().into()),
        Value::Array(items) => cel::Value::List(items.iter().map(to_cel).collect::<Vec<_>>().into()),
        Value::Object(members) => {
            let members: HashMap<String, cel::Value> =
                members.iter().map(|(name, value)| (name.clone(), to_cel(value))).collect();
            cel::Value::Map(members.into())
        }
    }
}

#[cfg(test)]
mod tests;
