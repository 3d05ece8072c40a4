//! What a client has asked so far, by operation: the figures of a run, and the proof that a plan was kept.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// Calls and requests of a client and all its clones so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// By `service:Operation`, as in `iam:ListUsers`.
    pub operations: BTreeMap<String, Count>,
}

/// The figures of one operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Logical calls: each page is one, a retry is not.
    pub calls: u64,
    /// HTTP requests that were sent, retries and redirects included.
    pub requests: u64,
    /// Answers by which AWS asked for fewer calls.
    pub throttled: u64,
}

impl Tally {
    /// Logical calls of all operations.
    pub fn calls(&self) -> u64 {
        self.operations.values().map(|count| count.calls).sum()
    }

    /// HTTP requests of all operations, retries included.
    pub fn requests(&self) -> u64 {
        self.operations.values().map(|count| count.requests).sum()
    }

    /// Requests beyond the first of each call.
    pub fn retries(&self) -> u64 {
        self.operations.values().map(|count| count.requests.saturating_sub(count.calls)).sum()
    }

    /// Answers by which AWS asked for fewer calls.
    pub fn throttled(&self) -> u64 {
        self.operations.values().map(|count| count.throttled).sum()
    }
}

/// Where the clones of a client count together.
#[derive(Debug, Default)]
pub(crate) struct Counter(Mutex<Tally>);

impl Counter {
    pub(crate) fn call(&self, operation: &str) {
        self.with(operation, |count| count.calls += 1);
    }

    pub(crate) fn request(&self, operation: &str) {
        self.with(operation, |count| count.requests += 1);
    }

    pub(crate) fn throttle(&self, operation: &str) {
        self.with(operation, |count| count.throttled += 1);
    }

    pub(crate) fn tally(&self) -> Tally {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn with(&self, operation: &str, change: impl FnOnce(&mut Count)) {
        let mut tally = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match tally.operations.get_mut(operation) {
            Some(count) => change(count),
            None => change(tally.operations.entry(operation.to_owned()).or_default()),
        }
    }
}
