//! What an invocation answers.

use std::time::Duration;

use provost_core::model::{Run, RunStatus};
use serde_json::{Value, json};

use crate::order::Wish;

/// Of a run that ended in order, with the numbers that go to CloudWatch under the same names. What could not be
/// read is counted by its reason, never left out.
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

/// Of a run whose time ended while it waited for AWS.
pub(crate) fn cut_short(wish: Wish, execution_id: &str, took: Duration) -> Value {
    json!({
        "status": RunStatus::Incomplete.as_str(),
        "job": wish.words(),
        "execution_id": execution_id,
        "Duration": seconds(took),
        "Success": 0,
        "remaining": "what was being read when the time ended, and all after it; the next invocation completes \
                      the run. If that happens again, the function needs a longer timeout",
    })
}

/// In milliseconds' precision.
fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}
