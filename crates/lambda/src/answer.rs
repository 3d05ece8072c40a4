//! What an invocation answers.

use std::time::Duration;

use provost_core::model::{Run, RunStatus};
use serde_json::{Value, json};

use crate::order::Wish;

/// Of a run that ended in order, with the numbers that go to CloudWatch under the same names. What could not be
/// read is counted by its reason, never left out. Only a run that listed all users of all accounts is `done`, and
/// a success.
pub(crate) fn finished(wish: Wish, run: &Run, took: Duration) -> Value {
    let statistics = &run.statistics;
    json!({
        "status": run.status.as_str(),
        "job": wish.words(),
        "execution_id": run.execution_id,
        "attempts": run.attempts,
        "UsersScanned": statistics.get("users"),
        "RecordsWritten": statistics.get("written"),
        "Errors": statistics.get("errors"),
        "Duration": seconds(took),
        "Success": u8::from(run.status == RunStatus::Done),
        "unknown": statistics.get("unread"),
        "skipped": statistics.skipped,
        "remaining": statistics.remaining,
        "covered": statistics.covered,
        "left_out": statistics.left_out,
    })
}

/// Of an invocation that met another one. It is no error: AWS would only invoke the function again.
pub(crate) fn locked(wish: Wish, holder: &str, until: &str) -> Value {
    json!({ "status": "locked", "job": wish.words(), "holder": holder, "until": until })
}

/// Of a run whose time ended while it waited for AWS. Nothing completes it: users that were written stay as they
/// are, and no report takes them for a whole scan.
pub(crate) fn cut_short(wish: Wish, execution_id: &str, took: Duration) -> Value {
    json!({
        "status": RunStatus::Incomplete.as_str(),
        "job": wish.words(),
        "execution_id": execution_id,
        "Duration": seconds(took),
        "Success": 0,
        "remaining": "what was being read when the time ended, and all after it; users that were written are \
                      valid, and the next invocation makes a new scan. If that happens again, the function needs a \
                      longer timeout",
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
