//! Where whole reports are handed on.

use async_trait::async_trait;

use super::PortResult;

/// Keeps reports as objects under keys such as `compliance-reports/2026/11/22/report-20261122T060000.000Z.json`.
#[async_trait]
pub trait Reports: Send + Sync {
    /// Where an object is, as a person finds it: a path or an address.
    fn link(&self, key: &str) -> String;

    /// Begins an object. It is there under its key, whole, once [`ReportWriter::finish`] has returned, and
    /// before that not at all; what was under the key is replaced then and stays until then.
    async fn begin(&self, key: &str) -> PortResult<Box<dyn ReportWriter>>;
}

/// An object that is being written. It holds a bounded part of it in memory.
#[async_trait]
pub trait ReportWriter: Send {
    /// Adds bytes.
    async fn write(&mut self, bytes: &[u8]) -> PortResult<()>;

    /// Makes the object visible.
    async fn finish(self: Box<Self>) -> PortResult<()>;

    /// Gives it up, and frees what was kept of it so far.
    async fn abandon(self: Box<Self>);
}
