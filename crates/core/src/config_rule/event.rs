//! The event that AWS Config sends to the function of a custom rule.
//!
//! <https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html>,
//! looked at 2026-11-22.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::model::{AccountId, Arn, GLOBAL_REGION};

/// One invocation of a custom rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleEvent {
    /// The account of the rule. Of a rule of an organization it is the member's, not that of the function.
    pub account: AccountId,
    /// The region of the rule.
    pub region: String,
    /// The name the rule has in Config.
    pub name: String,
    /// What Config knows its answer by. It is no secret, and worth nothing to anybody else.
    pub result_token: String,
    /// The resource no longer has what the rule's scope asks for.
    pub left_scope: bool,
    /// The rule's parameters as Config has them: mostly texts.
    pub parameters: Map<String, Value>,
    /// What happened.
    pub trigger: Trigger,
    /// The moment an answer is about: when the change was captured, or when the period ended.
    pub at: Option<Timestamp>,
}

/// What made Config ask.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// One resource is not as it was.
    Changed(ChangedItem),
    /// A period has ended: all resources of the rule's type are asked for.
    Periodic,
}

/// The resource a change is about, as Config names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedItem {
    /// For example `AWS::EC2::Instance`.
    pub resource_type: String,
    /// Config's id: the instance id, the bucket's name, for an RDS instance its resource id `db-...`.
    pub id: String,
    /// Its name, where it has one beside the id.
    pub name: Option<String>,
    /// Its ARN, where Config tells it.
    pub arn: Option<String>,
    /// Where it is, or `global`.
    pub region: String,
    /// Config says that it is gone.
    pub is_deleted: bool,
}

/// The event is not one of AWS Config's, or not one that can be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event of AWS Config: `{field}` {problem}")]
pub struct RuleEventError {
    /// Where in the event: `invokingEvent.messageType`.
    pub field: String,
    /// What is wrong there.
    pub problem: String,
}

fn wrong(field: &str, problem: impl Into<String>) -> RuleEventError {
    RuleEventError { field: field.to_owned(), problem: problem.into() }
}

impl RuleEvent {
    /// Whether an event is of AWS Config.
    #[must_use]
    pub fn is_one(event: &Value) -> bool {
        event.get("invokingEvent").is_some()
    }

    /// Reads an event. `region` is where the rule is if the event does not say.
    ///
    /// # Errors
    /// [`RuleEventError`] names the field.
    pub fn parse(event: &Value, region: &str) -> Result<Self, RuleEventError> {
        let result_token = required(event, "resultToken", "")?;
        if text(event, "evaluationMode") == Some("PROACTIVE") {
            return Err(wrong(
                "evaluationMode",
                "is `PROACTIVE`, which asks about what is not there yet; Provost judges what it can read live, so \
                 the rule's evaluation mode has to be detective",
            ));
        }
        let invoking = object(event, "invokingEvent")?;
        let kind = required(&invoking, "messageType", "invokingEvent.")?;
        let (item, at) = match kind.as_str() {
            "ScheduledNotification" => (None, text(&invoking, "notificationCreationTime")),
            "ConfigurationItemChangeNotification" => {
                let item = member(&invoking, "configurationItem")?;
                (Some(changed(item, "invokingEvent.configurationItem.")?), captured(item))
            }
            "OversizedConfigurationItemChangeNotification" => {
                let item = member(&invoking, "configurationItemSummary")?;
                (Some(changed(item, "invokingEvent.configurationItemSummary.")?), captured(item))
            }
            other => {
                return Err(wrong(
                    "invokingEvent.messageType",
                    format!(
                        "is `{other}`; a rule is triggered by ConfigurationItemChangeNotification, \
                         OversizedConfigurationItemChangeNotification or ScheduledNotification"
                    ),
                ));
            }
        };
        let rule_arn = text(event, "configRuleArn").and_then(|arn| Arn::parse(arn).ok());
        let region_of_rule = rule_arn.map(|arn| arn.region).filter(|region| !region.is_empty());
        Ok(Self {
            account: account(event, &invoking)?,
            region: region_of_rule.unwrap_or_else(|| region.to_owned()),
            name: required(event, "configRuleName", "")?,
            result_token,
            left_scope: event.get("eventLeftScope").and_then(Value::as_bool).unwrap_or_default(),
            parameters: parameters(event)?,
            trigger: item.map_or(Trigger::Periodic, Trigger::Changed),
            at: at.and_then(|time| time.parse().ok()),
        })
    }
}

/// When Config saw the item.
fn captured(item: &Value) -> Option<&str> {
    text(item, "configurationItemCaptureTime")
}

fn changed(item: &Value, place: &str) -> Result<ChangedItem, RuleEventError> {
    // Config has two words for what is gone: recorded until then, or not.
    let status = text(item, "configurationItemStatus").unwrap_or_default();
    Ok(ChangedItem {
        resource_type: required(item, "resourceType", place)?,
        id: required(item, "resourceId", place)?,
        name: text(item, "resourceName").map(str::to_owned),
        arn: text(item, "ARN").or_else(|| text(item, "arn")).map(str::to_owned),
        region: text(item, "awsRegion").unwrap_or(GLOBAL_REGION).to_owned(),
        is_deleted: status.starts_with("ResourceDeleted"),
    })
}

/// The account: that of the rule, which is that of the item.
fn account(event: &Value, invoking: &Value) -> Result<AccountId, RuleEventError> {
    let item = ["configurationItem", "configurationItemSummary"].iter().find_map(|name| invoking.get(*name));
    let of_item = item.and_then(|item| text(item, "awsAccountId"));
    let named = [text(event, "accountId"), of_item, text(invoking, "awsAccountId")];
    let mut named = named.into_iter().flatten();
    let first = named.next().ok_or_else(|| wrong("accountId", "is missing"))?;
    if let Some(other) = named.find(|other| *other != first) {
        return Err(wrong("accountId", format!("is {first}, and what happened is of account {other}")));
    }
    AccountId::parse(first).map_err(|error| wrong("accountId", format!("is wrong: {error}")))
}

fn parameters(event: &Value) -> Result<Map<String, Value>, RuleEventError> {
    match event.get("ruleParameters") {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Map::new()),
        Some(_) => match object(event, "ruleParameters")? {
            Value::Object(parameters) => Ok(parameters),
            _ => Err(wrong("ruleParameters", "is no object")),
        },
    }
}

/// A member that is an object: as JSON inside a text, as Config writes it, or plain, as people do who try it out.
fn object(event: &Value, name: &str) -> Result<Value, RuleEventError> {
    let value = match event.get(name) {
        Some(Value::String(text)) => serde_json::from_str(text).map_err(|error| {
            wrong(name, format!("is not JSON at line {}, column {}", error.line(), error.column()))
        })?,
        Some(other) => other.clone(),
        None => return Err(wrong(name, "is missing")),
    };
    if value.is_object() { Ok(value) } else { Err(wrong(name, "is no object")) }
}

fn member<'v>(invoking: &'v Value, name: &str) -> Result<&'v Value, RuleEventError> {
    let found = invoking.get(name).filter(|value| value.is_object());
    found.ok_or_else(|| wrong(&format!("invokingEvent.{name}"), "is missing"))
}

fn required(value: &Value, name: &str, place: &str) -> Result<String, RuleEventError> {
    let found = text(value, name).map(str::to_owned);
    found.ok_or_else(|| wrong(&format!("{place}{name}"), "is missing"))
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
