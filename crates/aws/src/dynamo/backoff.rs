//! How long to wait for a busy table, and when to give up.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use provost_core::port::Clock;

/// The first wait is at most this long; each one after it twice as long.
const FIRST: Duration = Duration::from_millis(50);

/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(5);

/// How often something is tried in vain before it is given up: about 17 seconds, on top of the client's own
/// retries.
pub(super) const MOST_TRIES: u32 = 10;

/// How often everybody together tries in vain, with no success of anyone in between, before all give up:
/// a table that takes nothing is not asked for every batch anew.
const MOST_IN_VAIN: u32 = 8 * MOST_TRIES;

/// The patience of one call of a port, shared by the requests it makes side by side.
#[derive(Debug, Default)]
pub(super) struct Patience {
    in_vain: AtomicU32,
}

impl Patience {
    /// Somebody got something done.
    pub(super) fn succeeded(&self) {
        self.in_vain.store(0, Ordering::Relaxed);
    }

    /// Waits before the next try. `tries` is how often the caller has tried in vain. `false`: give up.
    pub(super) async fn wait(&self, tries: u32, clock: &dyn Clock) -> bool {
        let in_vain = self.in_vain.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if tries >= MOST_TRIES || in_vain >= MOST_IN_VAIN {
            return false;
        }
        clock.sleep(pause(tries)).await;
        true
    }
}

/// Between half of the doubled wait and all of it, so that writers that failed together do not come back
/// together.
fn pause(tries: u32) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(LONGEST);
    let half = doubled / 2;
    let spread = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
    // Every `RandomState` is another: the cheapest randomness the standard library has.
    half + Duration::from_micros(RandomState::new().hash_one(tries) % spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_are_never_the_same_for_all() {
        for (tries, low, high) in
            [(1, 25, 50), (2, 50, 100), (5, 400, 800), (9, 2_500, 5_000), (60, 2_500, 5_000)]
        {
            let pauses: Vec<_> = (0..50).map(|_| pause(tries)).collect();
            let (low, high) = (Duration::from_millis(low), Duration::from_millis(high));
            assert!(pauses.iter().all(|pause| (low..=high).contains(pause)), "{tries}: {pauses:?}");
            assert!(pauses.iter().any(|pause| pause != &pauses[0]), "{tries}");
        }
    }
}
