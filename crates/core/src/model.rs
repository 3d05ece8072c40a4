//! The vocabulary, as types. Parsed at the edge, trusted afterwards.

mod account;
mod arn;
mod digest;
mod finding;
mod resource;
mod rule;
mod run;
mod time;
mod user;
mod verdict;
mod violation;

pub use account::{AccountId, InvalidAccountId};
pub(crate) use arn::glob;
pub use arn::{Arn, InvalidArn};
pub use digest::{Digest, InvalidDigest};
pub use finding::{Evaluation, WaiverNote};
pub(crate) use resource::touch;
pub use resource::{GLOBAL_REGION, PLACEHOLDER, Resource, Unread, UnreadReason};
pub use rule::{Action, Origin, RuleStamp, Severity, is_kebab_case};
pub use run::{JobName, LEFT_OUT_USERS, LeftOut, Run, RunStatus, Statistics};
pub use time::{rfc3339, rfc3339_nanos};
pub use user::{Access, AccessKey, IAM_USER, IamUser, Judged, PasswordLastUsed};
pub use verdict::{Counts, Verdict};
pub use violation::{EventSourcePosition, Outcome, Violation};

/// The version of every item, row and report this build writes. Older is migrated, newer is refused.
pub const SCHEMA: u32 = 1;
