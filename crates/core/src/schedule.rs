//! When the next cycle begins: by the schedule, however long the last one took.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The start after `now`, of those that lie `every` apart from the `first` on, and how many starts since
/// `last` have passed without a cycle. `None`: there is no time so late.
#[must_use]
pub fn next_start(
    first: Timestamp,
    last: Timestamp,
    every: Duration,
    now: Timestamp,
) -> Option<(Timestamp, u64)> {
    let step = every.as_nanos().max(1);
    let passed = |time: Timestamp| {
        let since = Duration::try_from(time.duration_since(first)).unwrap_or_default();
        since.as_nanos() / step
    };
    // A clock that was set back repeats no start.
    let (done, due) = (passed(last), passed(now).max(passed(last)));
    let steps = due.checked_add(1)?.checked_mul(step)?;
    let whole = i64::try_from(steps / 1_000_000_000).ok()?;
    let nanos = i32::try_from(steps % 1_000_000_000).ok()?;
    let next = first.checked_add(SignedDuration::new(whole, nanos)).ok()?;
    Some((next, u64::try_from(due - done).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_cycle_moves_no_start() {
        let at = |text: &str| format!("2026-11-22T{text}Z").parse::<Timestamp>().unwrap();
        let hours = |count: u64| Duration::from_secs(count * 3600);
        let first = at("00:10:00");
        let check = |last: &str, now: &str, expect: &str, left_out: u64| {
            assert_eq!(next_start(first, at(last), hours(6), at(now)), Some((at(expect), left_out)), "{now}");
        };
        check("00:10:00", "00:10:00", "06:10:00", 0);
        check("00:10:00", "00:25:00", "06:10:00", 0);
        check("06:10:00", "06:10:01", "12:10:00", 0);
        // Started a little late, as timers do.
        check("06:10:03", "07:00:00", "12:10:00", 0);
        // A cycle of seven hours leaves one start out, and is not followed at once.
        check("00:10:00", "07:10:00", "12:10:00", 1);
        check("00:10:00", "06:10:00", "12:10:00", 1);
        // The clock was set back.
        check("06:10:00", "05:00:00", "12:10:00", 0);
        check("00:10:00", "00:00:00", "06:10:00", 0);
        assert_eq!(next_start(first, first, Duration::MAX, first), None);
    }
}
