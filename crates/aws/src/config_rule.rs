//! The answer to a custom rule of AWS Config.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use provost_awsapi::{Call, Client, Error};
use provost_core::config_rule::RuleResult;
use provost_core::model::rfc3339_nanos;
use provost_core::port::{Clock, PortError, PortResult, RuleResults};
use serde_json::{Value, json};

/// How many results one `PutEvaluations` takes.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html>, looked at 2026-11-22.
const PUT_AT_ONCE: usize = 100;

/// How often a result is given that AWS does not take.
const MOST_TRIES: u32 = 4;

/// The wait before the second try; each one after it twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The token of an event that somebody made up to try a function out, by the convention of AWS's own kit for
/// rules. Config then checks the answer and keeps nothing of it.
const OF_A_TEST: &str = "TESTMODE";

/// Where the verdicts on one event go. The client acts in the account of the rule.
pub struct ConfigResults {
    client: Client,
    region: String,
    token: String,
    clock: Arc<dyn Clock>,
}

impl ConfigResults {
    /// The answer to the event with this result token, of a rule in this region. The clock is for waiting when
    /// Config does not take a result.
    #[must_use]
    pub fn new(
        client: Client,
        region: impl Into<String>,
        token: impl Into<String>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { client, region: region.into(), token: token.into(), clock }
    }

    /// Whether Config is to keep nothing.
    fn is_test(&self) -> bool {
        self.token == OF_A_TEST
    }

    /// Gives up to [`PUT_AT_ONCE`] results, and returns those that were not taken.
    async fn put_once<'r>(&self, results: &[&'r RuleResult]) -> PortResult<Vec<&'r RuleResult>> {
        let evaluations: Vec<Value> = results.iter().map(|result| evaluation(result)).collect();
        let mut input = json!({ "ResultToken": self.token, "Evaluations": evaluations });
        if self.is_test()
            && let Some(input) = input.as_object_mut()
        {
            input.insert("TestMode".to_owned(), Value::Bool(true));
        }
        let call = Call::new("config", "PutEvaluations", input).in_region(&self.region);
        let reply = self.client.call(&call).await.map_err(|error| failed(&error))?.value;
        let refused = reply.get("FailedEvaluations").and_then(Value::as_array);
        let refused: Vec<(&str, &str)> = refused.into_iter().flatten().map(named).collect();
        let is_refused =
            |it: &&&RuleResult| refused.contains(&(it.resource_type.as_str(), it.resource_id.as_str()));
        Ok(results.iter().filter(is_refused).copied().collect())
    }
}

#[async_trait]
impl RuleResults for ConfigResults {
    async fn put(&self, results: &[RuleResult]) -> PortResult<Vec<RuleResult>> {
        if results.is_empty() {
            self.put_once(&[]).await?;
        }
        let mut lost = Vec::new();
        for chunk in results.chunks(PUT_AT_ONCE) {
            let mut left: Vec<&RuleResult> = chunk.iter().collect();
            let mut pause = FIRST_PAUSE;
            for tries in 1..=MOST_TRIES {
                left = self.put_once(&left).await?;
                if left.is_empty() || tries == MOST_TRIES {
                    break;
                }
                self.clock.sleep(pause).await;
                pause = pause.saturating_mul(2);
            }
            lost.extend(left.into_iter().cloned());
        }
        Ok(lost)
    }

    async fn known(&self, rule: &str) -> PortResult<Vec<(String, String)>> {
        if self.is_test() {
            // Nothing is kept of a test, so nothing of what is kept is replaced.
            return Ok(Vec::new());
        }
        let input = json!({ "ConfigRuleName": rule });
        let call = Call::new("config", "GetComplianceDetailsByConfigRule", input).in_region(&self.region);
        let found = self.client.all(&call).await.map_err(|error| PortError::Unavailable {
            what: format!(
                "read the results of the rule `{rule}` (config get-compliance-details-by-config-rule)"
            ),
            why: error.to_string(),
        })?;
        let results = found.get("EvaluationResults").and_then(Value::as_array);
        let named = results.into_iter().flatten().filter_map(|result| {
            let of = result.get("EvaluationResultIdentifier")?.get("EvaluationResultQualifier")?;
            let text = |member: &str| of.get(member).and_then(Value::as_str).map(str::to_owned);
            Some((text("ResourceType")?, text("ResourceId")?))
        });
        Ok(named.collect())
    }
}

fn evaluation(result: &RuleResult) -> Value {
    let mut evaluation = json!({
        "ComplianceResourceType": result.resource_type,
        "ComplianceResourceId": result.resource_id,
        "ComplianceType": result.compliance.as_str(),
        "OrderingTimestamp": rfc3339_nanos(result.at),
    });
    if let (Some(members), Some(annotation)) = (evaluation.as_object_mut(), &result.annotation) {
        members.insert("Annotation".to_owned(), Value::from(annotation.as_str()));
    }
    evaluation
}

/// Of which resource an evaluation in an answer is.
fn named(evaluation: &Value) -> (&str, &str) {
    let text = |member: &str| evaluation.get(member).and_then(Value::as_str).unwrap_or_default();
    (text("ComplianceResourceType"), text("ComplianceResourceId"))
}

fn failed(error: &Error) -> PortError {
    let hint = match error.code() {
        Some("InvalidResultTokenException") => {
            "; the result token of the event is wrong or no longer valid, so nobody can answer it any more: the \
             next event has another one. Results that stand are those of before"
        }
        Some("NoSuchConfigRuleException") => "; the rule was deleted after it had asked",
        _ if error.is_access_denied() => {
            "; the function needs config:PutEvaluations in the account of the rule (`provost permissions --jobs \
             config-rule`)"
        }
        _ => "",
    };
    PortError::Unavailable {
        what: "answer AWS Config (config put-evaluations)".to_owned(),
        why: format!("{error}{hint}"),
    }
}

/// The operations answering calls, as (service, operation).
#[must_use]
pub fn calls() -> Vec<(&'static str, &'static str)> {
    vec![("config", "GetComplianceDetailsByConfigRule"), ("config", "PutEvaluations")]
}
