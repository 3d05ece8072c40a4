//! What an invocation answers.

use std::time::Duration;

use provost_core::config_rule::{RuleEvent, Trigger};
use provost_core::job::publish::Published;
use provost_core::model::{Run, RunStatus, Statistics};
use serde_json::{Map, Value, json};

use crate::order::Wish;

/// Of a run that ended in order, with the numbers that go to CloudWatch under the same names. What could not be
/// read is counted by its reason, never left out. Only a run that listed everything in all accounts is `done`, and
/// a success.
pub(crate) fn finished(wish: Wish, run: &Run, took: Duration) -> Value {
    let statistics = &run.statistics;
    let numbers = match wish {
        Wish::CollectIamUsers => json!({
            "UsersScanned": statistics.get("users"),
            "RecordsWritten": statistics.get("written"),
            "unknown": statistics.get("unread"),
        }),
        Wish::Scan | Wish::ConfigRule => verdicts(statistics),
        Wish::Report => json!({}),
    };
    let mut answer = json!({
        "status": run.status.as_str(),
        "job": wish.words(),
        "execution_id": run.execution_id,
        "attempts": run.attempts,
        "Errors": statistics.get("errors"),
        "Duration": seconds(took),
        "Success": u8::from(run.status == RunStatus::Done),
        "skipped": statistics.skipped,
        "remaining": statistics.remaining,
        "covered": statistics.covered,
        "left_out": statistics.left_out,
    });
    add(&mut answer, numbers);
    answer
}

/// Of an answer to AWS Config.
pub(crate) fn of_config_rule(rule: &str, event: &RuleEvent, run: &Run, took: Duration) -> Value {
    let statistics = &run.statistics;
    let trigger = match &event.trigger {
        Trigger::Changed(item) => json!({ "resource_type": item.resource_type, "resource_id": item.id }),
        Trigger::Periodic => json!("period"),
    };
    let mut answer = json!({
        "status": run.status.as_str(),
        "job": Wish::ConfigRule.words(),
        "execution_id": run.execution_id,
        "rule": rule,
        "config_rule": event.name,
        "account": event.account,
        "region": event.region,
        "trigger": trigger,
        "ResultsGiven": statistics.get("results"),
        "Errors": statistics.get("errors"),
        "Duration": seconds(took),
        "Success": u8::from(run.status == RunStatus::Done),
        "gone": statistics.get("gone"),
        "skipped": statistics.skipped,
        "remaining": statistics.remaining,
    });
    add(&mut answer, verdicts(statistics));
    answer
}

/// Of publishing: what was sent, what waits, and where the report is.
pub(crate) fn published(run: &Run, published: &Published) -> Value {
    let Published { assessment, sent, waiting, report, problems, findings: _ } = published;
    json!({
        "status": run.status.as_str(),
        "execution_id": run.execution_id,
        "assessment": assessment,
        "sent": sent.len(),
        "waiting": waiting.len(),
        "report": report,
        "problems": problems,
    })
}

/// Of publishing that came to nothing. It is tried again with the next scan.
pub(crate) fn not_published(why: &str) -> Value {
    json!({ "status": "failed", "problems": [why] })
}

/// How many of each verdict. There is no percentage: it could hide what is unknown.
fn verdicts(statistics: &Statistics) -> Value {
    let count = |name: &str| (name.to_owned(), Value::from(statistics.get(name)));
    let names = ["compliant", "non_compliant", "unknown", "not_applicable", "waived", "unread"];
    let mut numbers: Map<String, Value> = names.into_iter().map(count).collect();
    let placeholders = statistics.get("unlisted");
    let resources = statistics.get("resources").saturating_sub(placeholders);
    numbers.insert("ResourcesScanned".to_owned(), Value::from(resources));
    numbers.insert("unlisted".to_owned(), Value::from(placeholders));
    Value::Object(numbers)
}

pub(crate) fn add(answer: &mut Value, more: Value) {
    if let (Value::Object(answer), Value::Object(more)) = (answer, more) {
        answer.extend(more);
    }
}

/// Of an invocation that met another one. It is no error: AWS would only invoke the function again.
pub(crate) fn locked(wish: Wish, holder: &str, until: &str) -> Value {
    json!({ "status": "locked", "job": wish.words(), "holder": holder, "until": until })
}

/// Of a run whose time ended while it waited for AWS. Nothing completes it: what was written stays as it is, and no
/// report takes it for all there is.
pub(crate) fn cut_short(wish: Wish, execution_id: &str, took: Duration) -> Value {
    let written = match wish {
        Wish::CollectIamUsers => "users that were",
        Wish::Scan | Wish::ConfigRule => "verdicts that were",
        Wish::Report => "messages that were sent stay sent, and none is sent twice; reports that were",
    };
    let remaining = format!(
        "what was being read when the time ended, and all after it; {written} written are valid, and the next \
         invocation makes a new scan. If that happens again, the function needs a longer timeout"
    );
    json!({
        "status": RunStatus::Incomplete.as_str(),
        "job": wish.words(),
        "execution_id": execution_id,
        "Duration": seconds(took),
        "Success": 0,
        "remaining": remaining,
    })
}

/// In milliseconds' precision.
fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_cut_short_does_not_promise_to_be_completed() {
        let answer = cut_short(Wish::CollectIamUsers, "r1", Duration::from_millis(1500));
        assert_eq!(answer["status"], "incomplete");
        assert_eq!((&answer["Success"], &answer["Duration"]), (&json!(0), &json!(1.5)));
        let remaining = answer["remaining"].as_str().unwrap();
        assert!(remaining.contains("the next invocation makes a new scan"), "{remaining}");
        assert!(!remaining.contains("completes"), "{remaining}");
    }
}
