//! Who accepted what.

use async_trait::async_trait;

use super::PortResult;
use crate::waiver::Waiver;

/// The waivers and suppressions in force, and those that once were.
#[async_trait]
pub trait Waivers: Send + Sync {
    /// Keeps entries under their id; the same id is replaced.
    async fn put(&self, waivers: &[Waiver]) -> PortResult<()>;

    /// All entries in order of id.
    async fn list(&self) -> PortResult<Vec<Waiver>>;
}
