//! The system's time, waiting that lets others go on, and names nobody ever had.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::port::{Clock, Ids};

/// The system clock; it sleeps without holding up what else is under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokioClock;

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// One name, made when the invocation began, so that whoever cuts its job short knows whose lock to give back.
pub(crate) struct OneId(pub(crate) String);

impl OneId {
    /// A UUID of version 7 (RFC 9562): they sort by time.
    pub(crate) fn new() -> Self {
        Self(uuid::Uuid::now_v7().to_string())
    }
}

/// INVARIANT: a runner asks for one name a run, and one invocation runs one job.
impl Ids for OneId {
    fn unique(&self) -> String {
        self.0.clone()
    }
}
