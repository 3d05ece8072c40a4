//! The latest scan of each account beside the one before it, a page of each in memory.

use std::vec::IntoIter;

use super::{Change, ChangeKind, NotRead, ReviewError, Reviewed, Staleness, Thresholds};
use crate::model::{AccountId, IamUser};
use crate::port::{PortError, PortResult, Scan, Scanned, Users};

/// How many users of a scan are read at a time.
const PAGE: usize = 500;

/// Which users are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those of the latest scans.
    Here,
    /// Those of the scans before that the latest have not.
    Missing,
    /// All of them.
    All,
}

/// Shows users to `sink`, in order of account and name. `scans` are those of [`Users::scans`]: who asks twice
/// with the same ones gets the same scans, also when a new one ended meanwhile.
///
/// # Errors
/// When the store cannot be read, does not keep its order, or `sink` fails.
pub async fn each_reviewed(
    users: &dyn Users,
    scans: &[Scan],
    not_read: &NotRead,
    thresholds: &Thresholds,
    which: Which,
    sink: &mut dyn FnMut(&Reviewed<'_>) -> std::io::Result<()>,
) -> Result<(), ReviewError> {
    for scan in scans {
        each_of(users, scan, &mut |user, change| {
            let is_missing = change.kind.is_missing();
            if which == if is_missing { Which::Here } else { Which::Missing } {
                return Ok(());
            }
            // What is gone is not stale, and what is not known of it does not matter any more.
            let (stale, unknown) = match is_missing {
                true => (Staleness::default(), Vec::new()),
                false => (Staleness::of(user, thresholds), not_read.of_user(user)),
            };
            sink(&Reviewed { user, stale, change, unknown }).map_err(ReviewError::Output)
        })
        .await?;
    }
    Ok(())
}

async fn each_of(
    users: &dyn Users,
    scan: &Scan,
    sink: &mut dyn FnMut(&IamUser, Change) -> Result<(), ReviewError>,
) -> Result<(), ReviewError> {
    let mut latest = Cursor::new(users, &scan.account, &scan.latest);
    let mut previous = scan.previous.as_ref().map(|scanned| Cursor::new(users, &scan.account, scanned));
    let mut before = next_of(&mut previous).await?;
    let known = match (&scan.previous, &before) {
        (None, _) => Before::Nothing,
        // A scan without any user may be one whose users the store has forgotten since.
        (Some(scanned), Some(_)) if scanned.complete => Before::All,
        (Some(scanned), _) => Before::Some { at: &scanned.timestamp },
    };
    let missing = if scan.latest.complete { ChangeKind::Gone } else { ChangeKind::NotSeen };
    let mut now = latest.next().await?;
    loop {
        match (now.take(), before.take()) {
            (None, None) => return Ok(()),
            (Some(user), Some(old)) if user.user_name == old.user_name => {
                sink(&user, Change::between(&old, &user))?;
                now = latest.next().await?;
                before = next_of(&mut previous).await?;
            }
            (Some(user), Some(old)) if user.user_name > old.user_name => {
                sink(&old, missing.into())?;
                now = Some(user);
                before = next_of(&mut previous).await?;
            }
            (Some(user), old) => {
                sink(&user, known.kind_of_new(&user).into())?;
                now = latest.next().await?;
                before = old;
            }
            (None, Some(old)) => {
                sink(&old, missing.into())?;
                before = next_of(&mut previous).await?;
            }
        }
    }
}

/// What the scan before can tell of a user it does not have.
#[derive(Clone, Copy)]
enum Before<'a> {
    /// There was none.
    Nothing,
    /// It saw all users.
    All,
    /// It may not have seen this one.
    Some { at: &'a str },
}

impl Before<'_> {
    fn kind_of_new(self, user: &IamUser) -> ChangeKind {
        match self {
            Self::Nothing => ChangeKind::FirstScan,
            Self::All => ChangeKind::New,
            // Who was created since is new, whatever was seen before.
            Self::Some { at } if is_later(user.create_date.as_deref(), at) => ChangeKind::New,
            Self::Some { .. } => ChangeKind::NewOrNotSeenBefore,
        }
    }
}

fn is_later(time: Option<&str>, than: &str) -> bool {
    let parse = |text: &str| text.parse::<jiff::Timestamp>().ok();
    match (time.and_then(parse), parse(than)) {
        (Some(time), Some(than)) => time > than,
        _ => false,
    }
}

/// The users of one scan, one after the other.
struct Cursor<'a> {
    users: &'a dyn Users,
    account: &'a AccountId,
    scanned: &'a Scanned,
    page: IntoIter<IamUser>,
    /// Where the next page begins; `None`: there is none.
    after: Option<Option<String>>,
    last: String,
}

impl<'a> Cursor<'a> {
    fn new(users: &'a dyn Users, account: &'a AccountId, scanned: &'a Scanned) -> Self {
        let page = Vec::new().into_iter();
        Self { users, account, scanned, page, after: Some(None), last: String::new() }
    }

    async fn next(&mut self) -> PortResult<Option<IamUser>> {
        loop {
            if let Some(user) = self.page.next() {
                // INVARIANT: names rise. In any other order users would seem to come and go.
                if user.user_name <= self.last {
                    let what = format!("the scan of {} at {}", self.account, self.scanned.timestamp);
                    return Err(PortError::Damaged { what, why: "its users are not in order".to_owned() });
                }
                self.last.clone_from(&user.user_name);
                return Ok(Some(user));
            }
            let Some(after) = self.after.take() else { return Ok(None) };
            let timestamp = &self.scanned.timestamp;
            let page = self.users.of_scan(self.account, timestamp, after.as_deref(), PAGE).await?;
            self.page = page.items.into_iter();
            self.after = page.next.map(Some);
        }
    }
}

async fn next_of(cursor: &mut Option<Cursor<'_>>) -> PortResult<Option<IamUser>> {
    match cursor {
        Some(cursor) => cursor.next().await,
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests;
