//! Snapshots of IAM users.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Page, PortResult};
use crate::model::{AccountId, IamUser};

/// A user that could not be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritten {
    /// Its key.
    pub user_name: String,
    /// What the store said. It holds nothing of the user.
    pub why: String,
}

/// The scans of an account that are over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The account.
    pub account: AccountId,
    /// The latest.
    pub latest: Scanned,
    /// The one before it.
    pub previous: Option<Scanned>,
}

/// One scan of an account that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// The timestamp its users bear.
    pub timestamp: String,
    /// Whether all users were listed. If not, one that is not among them may exist all the same.
    pub complete: bool,
}

/// IAM users as every scan saw them.
#[async_trait]
pub trait Users: Send + Sync {
    /// Keeps snapshots under (`user_name`, `scan_timestamp`); the same key is replaced. One that cannot be
    /// kept does not stop the others, and is named in the answer.
    async fn put(&self, users: &[IamUser], expires_at: Timestamp) -> PortResult<Vec<Unwritten>>;

    /// Says that a scan of an account is over: its users are those that were put for it, also when there
    /// are none, and `complete` says whether they are all. Of an older scan than the latest it changes nothing;
    /// of the latest, said again, it changes only whether it is complete.
    async fn scanned(&self, account: &AccountId, scan_timestamp: &str, complete: bool) -> PortResult<()>;

    /// The users of each account's latest scan that is over, in order of `user_name`. Users that an account
    /// no longer has are not among them.
    async fn latest(&self, after: Option<&str>, limit: usize) -> PortResult<Page<IamUser>>;

    /// The last two scans of each account that are over, in order of the account.
    async fn scans(&self) -> PortResult<Vec<Scan>>;

    /// The users one scan of an account saw, in order of `user_name`.
    async fn of_scan(
        &self,
        account: &AccountId,
        scan_timestamp: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<IamUser>>;

    /// All snapshots of one user, oldest first.
    async fn history(&self, user_name: &str) -> PortResult<Vec<IamUser>>;
}
