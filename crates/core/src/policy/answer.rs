//! The engine's answers and requests, as reports hold them.

use std::collections::BTreeMap;

use provost_iam::can::Answer;
use provost_iam::request::{Known, Request};
use serde::Serialize;
use serde_json::Value;

/// A request that shows something.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Witness {
    /// Who asks.
    pub principal: String,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The account that owns the resource, where the request says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_account: Option<String>,
    /// Condition keys: a value or a list each; `null` says that the key is absent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, Value>,
    /// Condition keys nobody knows the value of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

impl From<&Request> for Witness {
    fn from(request: &Request) -> Self {
        let mut context = BTreeMap::new();
        let mut unknown = Vec::new();
        for (key, known) in request.context.iter() {
            let value = match known {
                Known::Absent => Value::Null,
                Known::Unknown => {
                    unknown.push(key.to_owned());
                    continue;
                }
                Known::Values(values) => match values.as_slice() {
                    [single] => Value::from(single.as_str()),
                    many => Value::from(many),
                },
            };
            context.insert(key.to_owned(), value);
        }
        Self {
            principal: request.principal.to_string(),
            action: request.action.clone(),
            resource: request.resource.clone(),
            resource_account: request.resource_account.clone(),
            context,
            unknown,
        }
    }
}

impl std::fmt::Display for Witness {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} does {} on {}", self.principal, self.action, self.resource)?;
        if let Some(account) = self.resource_account.as_ref().filter(|it| !self.resource.contains(*it)) {
            write!(out, " of account {account}")?;
        }
        let mut separator = " with ";
        for (key, value) in &self.context {
            let value = match value {
                Value::Null => "absent".to_owned(),
                Value::String(text) => text.clone(),
                Value::Array(items) => {
                    let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                    format!("[{}]", texts.join(", "))
                }
                other => other.to_string(),
            };
            write!(out, "{separator}{key} = {value}")?;
            separator = ", ";
        }
        if !self.unknown.is_empty() {
            write!(out, "; unknown: {}", self.unknown.join(", "))?;
        }
        Ok(())
    }
}

/// The conditions an answer depends on, as text.
pub(super) fn conditions(answer: &Answer) -> Vec<String> {
    answer.conditions().iter().map(ToString::to_string).collect()
}

/// The request that shows a yes.
pub(super) fn witness(answer: &Answer) -> Option<Witness> {
    answer.witness().map(Witness::from)
}

/// Why nobody can say.
pub(super) fn reason(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Unknown(reason) => Some(reason.clone()),
        Answer::Yes(_) | Answer::YesIf(..) | Answer::No => None,
    }
}
