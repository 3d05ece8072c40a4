//! The review of access: every user of the latest scans with what is stale about it, what changed since the
//! scan before, and what is not known. A reviewer signs for this list, so it claims nothing that was not seen.

mod change;
mod count;
mod merge;
mod stale;
mod unknown;

pub use change::{Change, ChangeKind, FactChange};
pub use count::ReviewCounts;
pub use merge::{Which, each_reviewed};
pub use stale::{StaleReason, Staleness, Thresholds};
pub use unknown::{NotListed, NotRead, UnknownFact};

#[cfg(test)]
pub(crate) use change::tests::user as sample_user;

use jiff::Timestamp;

use crate::model::IamUser;
use crate::port::PortError;

/// One user as the reviewer gets it.
#[derive(Debug)]
pub struct Reviewed<'a> {
    /// The user, as the scan saw it that bears its timestamp: the latest of its account, or the one before
    /// for a user that the latest has not ([`ChangeKind::is_missing`]).
    pub user: &'a IamUser,
    /// What is stale about it, as of that scan.
    pub stale: Staleness,
    /// What changed since the scan before.
    pub change: Change,
    /// What is not known of it, and why.
    pub unknown: Vec<UnknownFact>,
}

impl Reviewed<'_> {
    /// How old the credential report was, in minutes, when the user was scanned.
    #[must_use]
    pub fn credential_report_age_minutes(&self) -> Option<i64> {
        let made: Timestamp = self.user.credential_report_time.as_ref()?.parse().ok()?;
        let scanned: Timestamp = self.user.scan_timestamp.parse().ok()?;
        Some(scanned.duration_since(made).as_mins())
    }
}

/// Why there is no review.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] PortError),
    /// The review cannot be written where it goes.
    #[error("the review cannot be written")]
    Output(#[source] std::io::Error),
}
