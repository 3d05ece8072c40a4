//! How an invocation divides the time Lambda gives it.
//!
//! The job stops in order when its runner says so (a little before `job`). What it waits for then may still not
//! come, so at the end of `job` it is cut short: its run stays open, and the next invocation records it as
//! abandoned and makes a scan of its own. `reserve` is for giving back the lock, publishing metrics and
//! answering. Lambda kills what is not done by then, and a killed run holds its lock until that goes stale.

use std::time::{Duration, SystemTime};

/// The least and the most that is held back.
const RESERVE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// The time of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeLeft {
    /// For the job: the runner's deadline.
    pub(crate) job: Duration,
    /// For what comes after it.
    pub(crate) reserve: Duration,
}

impl TimeLeft {
    /// Divides the time between now and Lambda's deadline, in milliseconds since 1970.
    pub(crate) fn until(deadline_ms: u64, now: SystemTime) -> Self {
        let end = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(deadline_ms)).unwrap_or(now);
        Self::of(end.duration_since(now).unwrap_or_default())
    }

    /// A twentieth, but at least a second, is held back; of very little, half.
    fn of(all: Duration) -> Self {
        let reserve = (all / 20).clamp(RESERVE.0, RESERVE.1).min(all / 2);
        Self { job: all.saturating_sub(reserve), reserve }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(all_ms: u64, job_ms: u64, reserve_ms: u64) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let left = TimeLeft::until(1_800_000_000_000 + all_ms, now);
        let expect =
            TimeLeft { job: Duration::from_millis(job_ms), reserve: Duration::from_millis(reserve_ms) };
        assert_eq!(left, expect, "{all_ms} ms");
    }

    #[test]
    fn a_twentieth_is_held_back_within_bounds() {
        check(15 * 60 * 1000, 15 * 60 * 1000 - 10_000, 10_000);
        check(60_000, 57_000, 3_000);
        check(3_000, 2_000, 1_000);
        check(1_000, 500, 500);
        check(0, 0, 0);
    }

    #[test]
    fn a_deadline_that_has_passed_leaves_nothing() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        assert_eq!(TimeLeft::until(0, now), TimeLeft { job: Duration::ZERO, reserve: Duration::ZERO });
        assert_eq!(TimeLeft::until(u64::MAX, now).reserve, RESERVE.1);
    }
}
