//! The facts last collected.

use async_trait::async_trait;

use super::{Page, PortResult};
use crate::model::{AccountId, Resource};

/// Where an execution has looked at everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// The account.
    pub account: AccountId,
    /// Its regions, `global` among them; `None`: all there are.
    pub regions: Option<Vec<String>>,
}

/// The current facts, one per account and resource id: two accounts may show the same ARN.
#[async_trait]
pub trait Resources: Send + Sync {
    /// Keeps resources as seen by an execution; one of the same id is replaced. All of a call or none.
    async fn put(&self, execution_id: &str, resources: &[Resource]) -> PortResult<()>;

    /// Removes the resources in these places and of these types (all types if none is named) that the
    /// execution did not put. Returns how many.
    async fn sweep(&self, execution_id: &str, places: &[Swept], types: &[&str]) -> PortResult<u64>;

    /// All resources in order of id, then account.
    async fn page(&self, after: Option<&str>, limit: usize) -> PortResult<Page<Resource>>;

    /// How many there are, and a digest that changes when any of them does.
    async fn fingerprint(&self) -> PortResult<(u64, crate::model::Digest)>;
}
