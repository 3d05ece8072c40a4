//! The system's time, and names nobody ever had.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::port::{Clock, Ids};

/// The system clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// UUIDs of version 7 (RFC 9562): they sort by time.
#[derive(Debug, Clone, Copy, Default)]
pub struct UuidIds;

impl Ids for UuidIds {
    fn unique(&self) -> String {
        uuid::Uuid::now_v7().to_string()
    }
}
