//! Time that stands still until it is told to move, and names in order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::lock;
use crate::port::{Clock, Ids};

/// A clock set by hand. Sleeping moves it and takes no time.
#[derive(Debug)]
pub struct FixedClock {
    now: Mutex<Timestamp>,
    is_up: AtomicBool,
}

impl FixedClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { now: Mutex::new(now), is_up: AtomicBool::new(false) }
    }

    /// From now on time is up, whatever it shows.
    pub fn end(&self) {
        self.is_up.store(true, Ordering::Relaxed);
    }

    /// Moves it.
    pub fn advance(&self, by: Duration) {
        let mut now = lock(&self.now);
        *now = SignedDuration::try_from(by)
            .ok()
            .and_then(|by| now.checked_add(by).ok())
            .unwrap_or(Timestamp::MAX);
    }
}

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *lock(&self.now)
    }

    fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}

/// `execution-1`, `execution-2`, ...
#[derive(Debug, Default)]
pub struct CountingIds {
    next: AtomicU64,
}

impl Ids for CountingIds {
    fn unique(&self) -> String {
        format!("execution-{}", self.next.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
