//! What nobody uses any more, or uses for too long, as of the time of the scan.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{AccessKey, IamUser, PasswordLastUsed};

/// How many whole days are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Thresholds {
    /// A password that was not used for more days than this is stale.
    pub password_unused_days: i64,
    /// An active key that was not used for more days than this is stale.
    pub key_unused_days: i64,
    /// An active key that is older than this is stale, however much it is used.
    pub key_age_days: i64,
    /// A password or an active key that was never used is stale once it is older than this.
    pub never_used_days: i64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { password_unused_days: 90, key_unused_days: 90, key_age_days: 90, never_used_days: 90 }
    }
}

/// A way to be stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StaleReason {
    /// An active key was never used.
    KeyNeverUsed,
    /// An active key was not used for long.
    KeyUnused,
    /// The password was never used. AWS does not keep when a password was made, so the age is that of the
    /// user.
    PasswordNeverUsed,
    /// The password was not used for long.
    PasswordUnused,
    /// An active key is old.
    KeyOld,
    /// There is neither a password nor an active key. Signing certificates and credentials of single services
    /// are not looked at.
    NoPasswordOrKey,
}

impl StaleReason {
    /// All of them, the worst first.
    pub const ALL: [Self; 6] = [
        Self::KeyNeverUsed,
        Self::KeyUnused,
        Self::PasswordNeverUsed,
        Self::PasswordUnused,
        Self::KeyOld,
        Self::NoPasswordOrKey,
    ];

    /// Its id.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeyNeverUsed => "key-never-used",
            Self::KeyUnused => "key-unused",
            Self::PasswordNeverUsed => "password-never-used",
            Self::PasswordUnused => "password-unused",
            Self::KeyOld => "key-old",
            Self::NoPasswordOrKey => "no-password-or-key",
        }
    }
}

/// What is stale about a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Staleness {
    /// What is known to be, the worst first.
    pub reasons: Vec<StaleReason>,
    /// Of what nobody can say, because the facts were not read.
    pub undecided: Vec<StaleReason>,
}

impl Staleness {
    /// Judges a user as of its scan.
    #[must_use]
    pub fn of(user: &IamUser, thresholds: &Thresholds) -> Self {
        let mut found = Self::default();
        let Ok(now) = user.scan_timestamp.parse::<Timestamp>() else {
            return Self { reasons: Vec::new(), undecided: StaleReason::ALL.into() };
        };
        for reason in StaleReason::ALL {
            match holds(reason, user, thresholds, now) {
                Some(true) => found.reasons.push(reason),
                Some(false) => {}
                None => found.undecided.push(reason),
            }
        }
        found
    }

    /// Whether the user is stale; `None`: nothing is known to be, and not everything is known.
    #[must_use]
    pub fn is_stale(&self) -> Option<bool> {
        match (self.reasons.is_empty(), self.undecided.is_empty()) {
            (false, _) => Some(true),
            (true, true) => Some(false),
            (true, false) => None,
        }
    }

    /// The ids of what is stale.
    #[must_use]
    pub fn ids(&self) -> Vec<&'static str> {
        self.reasons.iter().map(|reason| reason.as_str()).collect()
    }

    /// The ids of what cannot be said.
    #[must_use]
    pub fn undecided_ids(&self) -> Vec<&'static str> {
        self.undecided.iter().map(|reason| reason.as_str()).collect()
    }
}

/// The whole days from `then`, an RFC 3339 time, to `now`; `None` where `then` is no time.
fn days_between(then: &str, now: Timestamp) -> Option<i64> {
    Some(now.duration_since(then.parse().ok()?).as_hours() / 24)
}

/// Whether it holds; `None` where nobody can say.
fn holds(reason: StaleReason, user: &IamUser, limits: &Thresholds, now: Timestamp) -> Option<bool> {
    let age = |time: Option<&String>| days_between(time?, now);
    match reason {
        StaleReason::PasswordUnused => {
            let PasswordLastUsed::At(time) = &user.password_last_used else { return password(user, false) };
            let unused = days_between(time, now).map(|days| days > limits.password_unused_days);
            match (user.console_access, unused) {
                (Some(true), unused) => unused,
                (Some(false), _) | (None, Some(false)) => Some(false),
                // The date stays when a password is deleted, so it does not show that there is one.
                (None, _) => None,
            }
        }
        StaleReason::PasswordNeverUsed => match (&user.password_last_used, user.console_access) {
            (PasswordLastUsed::NeverRecorded, Some(true)) => {
                age(user.create_date.as_ref()).map(|days| days > limits.never_used_days)
            }
            (PasswordLastUsed::At(_), _) => Some(false),
            _ => password(user, true),
        },
        StaleReason::KeyUnused => any_active(user, |key| match &key.last_used {
            Some(time) => days_between(time, now).map(|days| days > limits.key_unused_days),
            None => Some(false),
        }),
        StaleReason::KeyNeverUsed => any_active(user, |key| match &key.last_used {
            Some(_) => Some(false),
            None => age(key.last_rotated.as_ref()).map(|days| days > limits.never_used_days),
        }),
        StaleReason::KeyOld => {
            any_active(user, |key| age(key.last_rotated.as_ref()).map(|days| days > limits.key_age_days))
        }
        StaleReason::NoPasswordOrKey => match (user.console_access, any_active(user, |_| Some(true))) {
            (Some(true), _) | (_, Some(true)) => Some(false),
            (Some(false), Some(false)) => Some(true),
            _ => None,
        },
    }
}

/// Of a password without a date: not stale in this way where there is none, and where it is known to be stale
/// or not in the other way.
fn password(user: &IamUser, asked_never_used: bool) -> Option<bool> {
    match (user.console_access, &user.password_last_used) {
        (Some(false), _) | (None, PasswordLastUsed::NoPassword) => Some(false),
        (Some(true), PasswordLastUsed::NeverRecorded) if !asked_never_used => Some(false),
        _ => None,
    }
}

/// Whether it holds of any active key; `None` where it holds of none for sure and not all are known.
fn any_active(user: &IamUser, holds: impl Fn(&AccessKey) -> Option<bool>) -> Option<bool> {
    let mut all = Some(false);
    for key in user.access_keys.as_ref()?.iter().filter(|key| key.active) {
        match holds(key) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all = None,
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PasswordLastUsed::{At, NeverRecorded, NoPassword, Unread};
    use crate::review::change::tests::{key, user};

    fn check(change: impl FnOnce(&mut IamUser), reasons: &[&str], undecided: &[&str]) {
        let mut user = user("anna");
        change(&mut user);
        let found = Staleness::of(&user, &Thresholds::default());
        assert_eq!((found.ids(), found.undecided_ids()), (reasons.to_vec(), undecided.to_vec()), "{user:?}");
    }

    // The scan of `user` is of 2026-11-22T00:00:00Z; 90 days before are 2026-08-24T00:00:00Z.
    const DAY_90: &str = "2026-08-24T00:00:00Z";
    const DAY_91: &str = "2026-08-23T00:00:00Z";

    #[test]
    fn a_password_is_stale_when_it_was_not_used_for_more_than_ninety_days() {
        let used = |console: Option<bool>, used: PasswordLastUsed| {
            move |user: &mut IamUser| {
                (user.console_access, user.password_last_used) = (console, used);
                user.access_keys = Some(vec![key(DAY_90, Some(DAY_90))]);
            }
        };
        check(used(Some(true), At(DAY_90.to_owned())), &[], &[]);
        check(used(Some(true), At(DAY_91.to_owned())), &["password-unused"], &[]);
        check(used(Some(true), At("2027-01-01T00:00:00Z".to_owned())), &[], &[]);
        check(used(Some(true), At("some time".to_owned())), &[], &["password-unused"]);
        check(used(Some(true), NeverRecorded), &["password-never-used"], &[]);
        check(used(Some(true), Unread), &[], &["password-never-used", "password-unused"]);
        check(used(Some(true), NoPassword), &[], &["password-never-used", "password-unused"]);
        check(used(Some(false), At(DAY_91.to_owned())), &[], &[]);
        check(used(Some(false), NoPassword), &[], &[]);
        check(used(None, NoPassword), &[], &[]);
        check(used(None, At(DAY_90.to_owned())), &[], &[]);
        check(used(None, At(DAY_91.to_owned())), &[], &["password-unused"]);
        check(used(None, Unread), &[], &["password-never-used", "password-unused"]);
    }

    #[test]
    fn a_password_never_used_is_as_old_as_its_user() {
        let created = |date: Option<&'static str>| {
            move |user: &mut IamUser| {
                (user.console_access, user.password_last_used) = (Some(true), NeverRecorded);
                user.create_date = date.map(str::to_owned);
            }
        };
        check(created(Some(DAY_91)), &["password-never-used"], &[]);
        check(created(Some(DAY_90)), &[], &[]);
        check(created(None), &[], &["password-never-used"]);
    }

    #[test]
    fn keys_are_stale_by_use_and_by_age_and_only_while_active() {
        let held = |keys: Option<Vec<AccessKey>>| {
            move |user: &mut IamUser| {
                (user.console_access, user.password_last_used) =
                    (Some(true), At("2026-11-21T00:00:00Z".to_owned()));
                user.access_keys = keys;
            }
        };
        check(held(Some(vec![key(DAY_90, Some(DAY_90))])), &[], &[]);
        check(held(Some(vec![key(DAY_91, Some(DAY_90))])), &["key-old"], &[]);
        check(held(Some(vec![key(DAY_91, Some(DAY_91))])), &["key-unused", "key-old"], &[]);
        check(held(Some(vec![key(DAY_91, None)])), &["key-never-used", "key-old"], &[]);
        check(held(Some(vec![key(DAY_90, None)])), &[], &[]);
        check(held(Some(vec![AccessKey { active: false, ..key(DAY_91, None) }])), &[], &[]);
        let undated = AccessKey { last_rotated: None, ..key(DAY_90, None) };
        check(held(Some(vec![undated.clone()])), &[], &["key-never-used", "key-old"]);
        check(held(Some(vec![undated, key(DAY_91, Some(DAY_90))])), &["key-old"], &["key-never-used"]);
        check(held(None), &[], &["key-never-used", "key-unused", "key-old"]);
    }

    #[test]
    fn who_has_no_way_in_is_stale_and_who_may_have_one_is_undecided() {
        let has = |console: Option<bool>, keys: Option<Vec<AccessKey>>| {
            move |user: &mut IamUser| {
                (user.console_access, user.password_last_used) = (console, NoPassword);
                user.access_keys = keys;
            }
        };
        check(has(Some(false), Some(vec![])), &["no-password-or-key"], &[]);
        check(
            has(Some(false), Some(vec![AccessKey { active: false, ..key(DAY_90, None) }])),
            &["no-password-or-key"],
            &[],
        );
        check(has(Some(false), Some(vec![key(DAY_90, None)])), &[], &[]);
        check(has(None, Some(vec![])), &[], &["no-password-or-key"]);
        let keys = ["key-never-used", "key-unused", "key-old", "no-password-or-key"];
        check(has(Some(false), None), &[], &keys);
    }

    #[test]
    fn without_the_time_of_the_scan_nothing_is_said() {
        let all = StaleReason::ALL.map(StaleReason::as_str);
        check(|user| user.scan_timestamp = "yesterday".to_owned(), &[], &all);
        assert_eq!(Staleness::default().is_stale(), Some(false));
        let undecided = Staleness { reasons: vec![], undecided: vec![StaleReason::KeyOld] };
        assert_eq!(undecided.is_stale(), None, "unknown is not no");
    }
}
