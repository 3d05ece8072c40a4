//! Telling a person how far a long job is.

/// Where a job says how far it is. Calls are cheap and may come from any thread.
pub trait Progress: Send + Sync {
    /// A phase begins, with so many steps where that is known.
    fn begin(&self, what: &str, steps: Option<u64>);
    /// So many steps are done.
    fn advance(&self, steps: u64);
    /// The phase is over.
    fn end(&self);
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _what: &str, _steps: Option<u64>) {}
    fn advance(&self, _steps: u64) {}
    fn end(&self) {}
}
