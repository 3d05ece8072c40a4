//! Messages between the moment it is known what has to be told and the moment it was.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Message, PortResult};

/// A message that has to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The version of this shape.
    pub schema: u32,
    /// When what it tells was found. With the message's id, the order they are sent in.
    pub found_at: Timestamp,
    /// The run that found it.
    pub execution_id: String,
    /// What is told.
    pub message: Message,
}

impl Outgoing {
    /// The current shape.
    pub const SCHEMA: u32 = crate::model::SCHEMA;
}

/// What the people who get messages know, by runs: what the next run is held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The version of this shape.
    pub schema: u32,
    /// The last complete assessment whose messages all lie in the outbox.
    pub complete: Option<String>,
    /// Assessments since then that stopped before their end, oldest first.
    pub partial: Vec<String>,
}

impl Told {
    /// The current shape.
    pub const SCHEMA: u32 = crate::model::SCHEMA;
}

/// An outbox, so that what could not be sent is sent later, and what was sent is not sent again.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Keeps messages until they are sent. One whose id is known, sent or not, stays as it is. If it breaks
    /// off, some are kept; the same call again keeps the others. A sent one is remembered until `expires_at`
    /// at least.
    async fn add(&self, messages: &[Outgoing], expires_at: Timestamp) -> PortResult<()>;

    /// What is not sent yet, ordered by `found_at` and id. It waits however long it takes.
    async fn pending(&self) -> PortResult<Vec<Outgoing>>;

    /// Notes that a message was sent. Noting it twice is no error.
    async fn sent(&self, message: &Outgoing) -> PortResult<()>;

    /// Which of these message ids are known, sent or not, in their order.
    async fn known(&self, ids: &[String]) -> PortResult<Vec<String>>;

    /// Keeps what people have been told about a scope; the same scope is replaced.
    async fn put_told(&self, scope: &str, told: &Told) -> PortResult<()>;

    /// What people have been told about a scope.
    async fn told(&self, scope: &str) -> PortResult<Option<Told>>;
}
