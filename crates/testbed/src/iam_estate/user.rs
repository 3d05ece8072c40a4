//! The invented users: each a function of its account and number, so that twenty thousand need no memory.

use crate::date::{DAY, iso};

/// A user of the invented estate, with everything that IAM tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EstateUser {
    /// Unique in its account. Some have the odd characters that IAM allows.
    pub name: String,
    /// `AIDA` and 17 letters and digits.
    pub id: String,
    /// `/` or a path with more to it.
    pub path: String,
    /// With account, path and name.
    pub arn: String,
    /// RFC 3339, in UTC, as all moments here.
    pub created: String,
    /// Whether there is a password, and when it was used.
    pub password: Option<Password>,
    /// Serial numbers of MFA devices.
    pub mfa: Vec<String>,
    /// None to two.
    pub keys: Vec<AccessKey>,
    /// Names of groups.
    pub groups: Vec<String>,
    /// ARNs of managed policies.
    pub attached: Vec<String>,
    /// Name and document of each policy of its own.
    pub inline: Vec<(String, String)>,
    /// Keys and values.
    pub tags: Vec<(String, String)>,
    /// The ARN of the policy that bounds what it may do.
    pub boundary: Option<String>,
}

/// A password for the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password {
    /// When it was set.
    pub changed: String,
    /// When it was used last, if ever.
    pub last_used: Option<String>,
}

/// An access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// `AKIA` and 16 letters and digits.
    pub id: String,
    /// Whether it can be used.
    pub is_active: bool,
    /// When it was made.
    pub created: String,
    /// When it was used last, if ever, always for S3 in eu-west-1.
    pub last_used: Option<String>,
}

/// The policy of AWS that permits everything.
pub(crate) const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// The policy of AWS that bounds some users.
pub(crate) const POWER_USER: &str = "arn:aws:iam::aws:policy/PowerUserAccess";

/// 2014-01-01, when the oldest account began.
const BEGINNING: i64 = 1_388_534_400;

impl EstateUser {
    /// The user of this number in an account. One that is new was made at the moment given, in seconds since
    /// 1970, and used nothing yet.
    pub(crate) fn new(account: &str, number: usize, new_since: Option<i64>) -> Self {
        let every = |count: usize, rest: usize| number % count == rest;
        let name = if every(97, 5) {
            format!("ann=o_neil,x+{number}@example.com")
        } else {
            format!("user-{number:05}")
        };
        let path = if every(9, 0) { "/division/engineering/" } else { "/" };
        let day = BEGINNING + i64::try_from(number % 4_000).unwrap_or(0) * DAY;
        let created = new_since.unwrap_or(day);
        let later = |days: i64| iso(if new_since.is_some() { created } else { created + days * DAY });
        let is_used = new_since.is_none();
        let password = every(2, 0)
            .then(|| Password { changed: later(1), last_used: (is_used && every(4, 0)).then(|| later(30)) });
        let mut mfa = Vec::new();
        if every(4, 0) {
            mfa.push(format!("arn:aws:iam::{account}:mfa/{name}"));
        }
        if every(40, 0) {
            mfa.push(format!("arn:aws:iam::{account}:u2f/user/{name}/key-{number:05}"));
        }
        let key = |which: usize| AccessKey {
            id: id("AKIA", 16, account, number * 2 + which),
            is_active: which == 0,
            created: later(2),
            last_used: (is_used && which == 0 && every(2, 0)).then(|| later(90)),
        };
        let mut groups = Vec::new();
        if every(10, 5) {
            groups.push("administrators".to_owned());
        }
        if number % 10 > 5 {
            groups.push("developers".to_owned());
        }
        let mut attached = Vec::new();
        if every(10, 0) {
            attached.push(ADMINISTRATOR.to_owned());
        }
        if every(25, 1) {
            attached.push(format!("arn:aws:iam::{account}:policy/s3-reader"));
        }
        let mut inline = Vec::new();
        if every(10, 1) {
            inline.push(("everything-in-s3".to_owned(), allow(r#""s3:*""#, r#""*""#)));
        }
        if every(50, 2) {
            let actions = r#"["iam:CreatePolicyVersion","iam:PassRole"]"#;
            inline.push(("deploy+roles".to_owned(), allow(actions, r#""*""#)));
        }
        let tags = match number % 7 {
            0 => Vec::new(),
            rest => vec![
                ("team".to_owned(), format!("team-{rest}")),
                ("note".to_owned(), "R&D <new>, \"50%\" + more".to_owned()),
            ],
        };
        Self {
            id: id("AIDA", 17, account, number),
            arn: format!("arn:aws:iam::{account}:user{path}{name}"),
            path: path.to_owned(),
            name,
            created: iso(created),
            password,
            mfa,
            keys: (0..number % 3).map(key).collect(),
            groups,
            attached,
            inline,
            tags,
            boundary: every(20, 3).then(|| POWER_USER.to_owned()),
        }
    }

    /// Whether it is an administrator, by itself or by its group. A boundary does not matter here.
    pub fn is_administrator(&self) -> bool {
        self.attached.iter().any(|policy| policy == ADMINISTRATOR)
            || self.groups.iter().any(|group| group == "administrators")
    }
}

/// A policy of one statement, its actions and resources as JSON.
pub(crate) fn allow(actions: &str, resources: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}]}}"#
    )
}

/// An id with this prefix that no other account and number has.
pub(crate) fn id(prefix: &str, length: usize, account: &str, number: usize) -> String {
    format!("{prefix}{account}{number:0>width$}", width = length.saturating_sub(account.len()))
}

/// The number of the access key with this id.
pub(crate) fn number_of_key(account: &str, key: &str) -> Option<usize> {
    key.strip_prefix("AKIA")?.strip_prefix(account)?.parse().ok()
}
