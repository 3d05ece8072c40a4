//! Snapshots of IAM users.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Page, PortResult};
use crate::model::{AccountId, IamUser};

/// IAM users as every scan saw them.
#[async_trait]
pub trait Users: Send + Sync {
    /// Keeps snapshots under (`user_name`, `scan_timestamp`); the same key is replaced.
    async fn put(&self, users: &[IamUser], expires_at: Timestamp) -> PortResult<()>;

    /// Says that a scan of an account is over: its users are those that were put for it, also when there
    /// are none.
    async fn scanned(&self, account: &AccountId, scan_timestamp: &str) -> PortResult<()>;

    /// The users of each account's latest scan that is over, in order of `user_name`. Users that an account
    /// no longer has are not among them.
    async fn latest(&self, after: Option<&str>, limit: usize) -> PortResult<Page<IamUser>>;

    /// All snapshots of one user, oldest first.
    async fn history(&self, user_name: &str) -> PortResult<Vec<IamUser>>;
}
