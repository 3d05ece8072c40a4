//! An IAM user, as the access review needs it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AccountId, Digest};

/// The resource type IAM users are read as.
pub const IAM_USER: &str = "AWS::IAM::User";

/// A snapshot of one IAM user at one scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamUser {
    /// The version of this shape.
    pub schema: u32,
    /// `<account>/<name>` (key): names repeat across accounts.
    pub user_name: String,
    /// RFC 3339 time of the scan (sort key).
    pub scan_timestamp: String,
    /// The plain user name.
    pub name: String,
    /// The account.
    pub account: AccountId,
    /// For example `AIDA...`.
    pub user_id: Option<String>,
    /// The ARN.
    pub arn: String,
    /// RFC 3339.
    pub create_date: Option<String>,
    /// When the password was last used; its absence has several meanings, kept apart.
    pub password_last_used: PasswordLastUsed,
    /// Whether the user has a console password. `None`: could not be read.
    pub console_access: Option<bool>,
    /// Whether the user has an MFA device. `None`: could not be read.
    pub mfa: Option<bool>,
    /// Access keys by slot. `None`: could not be read.
    pub access_keys: Option<Vec<AccessKey>>,
    /// Group names. `None`: could not be read.
    pub groups: Option<Vec<String>>,
    /// ARNs of attached managed policies. `None`: could not be read.
    pub attached_policies: Option<Vec<String>>,
    /// Names of inline policies. `None`: could not be read.
    pub inline_policies: Option<Vec<String>>,
    /// The ARN of the permissions boundary; none of them: there is no boundary. `None`: could not be read.
    #[serde(default)]
    pub permissions_boundary: Option<Vec<String>>,
    /// Serial numbers of MFA devices. `None`: could not be read.
    #[serde(default)]
    pub mfa_devices: Option<Vec<String>>,
    /// Tags. `None`: could not be read.
    #[serde(default)]
    pub tags: Option<BTreeMap<String, String>>,
    /// When the credential report was made that password, MFA and keys are from (RFC 3339). AWS hands out
    /// reports up to four hours old. `None`: they were read directly, or not at all.
    #[serde(default)]
    pub credential_report_time: Option<String>,
    /// What the policies of the user and of its groups allow, within its boundary.
    #[serde(default)]
    pub access: Access,
    /// The pages it came from.
    pub evidence: Vec<Digest>,
}

/// What somebody's policies allow, as far as they tell: policies of resources, service control policies and
/// sessions are not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Everything is allowed, or the user can allow itself everything.
    pub administrator: Judged,
    /// The ids of the privilege-escalation paths that are open.
    pub escalations: Vec<String>,
    /// Paths of which nobody can say whether they are open.
    pub undecided: Vec<String>,
    /// What could not be read or decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// A yes or no about policies, or neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judged {
    /// Yes.
    Yes,
    /// Yes, under conditions that a request can meet: with MFA, from an address, at a time.
    YesIf,
    /// No.
    No,
    /// Nobody can say.
    #[default]
    Unknown,
}

impl Judged {
    /// `yes`, `yes-if`, `no` or `unknown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::YesIf => "yes-if",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

impl Access {
    /// Whether a path is open.
    #[must_use]
    pub fn can_escalate(&self) -> Judged {
        match (self.escalations.is_empty(), self.undecided.is_empty() && self.unknown.is_none()) {
            (false, _) => Judged::Yes,
            (true, true) => Judged::No,
            (true, false) => Judged::Unknown,
        }
    }
}

/// One access key of a user, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// The key's id, where a call tells; the credential report does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whether it can be used.
    pub active: bool,
    /// When it was created or last rotated (RFC 3339).
    pub last_rotated: Option<String>,
    /// When it was last used (RFC 3339); `None`: never, as far as AWS knows.
    pub last_used: Option<String>,
    /// With which service it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_service: Option<String>,
    /// In which region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_region: Option<String>,
}

/// When a password was last used. AWS leaves the value out for several reasons that are not the same.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html>, looked at 2026-11-22.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordLastUsed {
    /// At this time (RFC 3339).
    At(String),
    /// There is a password, and it was not used since AWS began to record that in October 2014.
    NeverRecorded,
    /// The user has no password.
    NoPassword,
    /// No call that was read tells.
    Unread,
}

impl std::fmt::Display for PasswordLastUsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::At(time) => time,
            Self::NeverRecorded => "never",
            Self::NoPassword => "no-password",
            Self::Unread => "unknown",
        })
    }
}

impl IamUser {
    /// The age in whole days of the oldest active key at `now`. `None`: no active key, or not known.
    #[must_use]
    pub fn oldest_active_key_days(&self, now: Timestamp) -> Option<i64> {
        let rotated = |key: &AccessKey| key.last_rotated.as_ref()?.parse::<Timestamp>().ok();
        let keys = self.access_keys.as_ref()?.iter().filter(|key| key.active);
        keys.filter_map(rotated).map(|time| now.duration_since(time).as_hours() / 24).max()
    }

    /// The current shape. 1 had no boundary, devices, tags, report time and access.
    pub const SCHEMA: u32 = 2;
}
