//! The groups, roles and managed policies of every account: few, and the same in each.

use super::user::{ADMINISTRATOR, POWER_USER, allow};

/// A managed policy.
pub(super) struct Policy {
    pub(super) name: &'static str,
    pub(super) arn: String,
    pub(super) document: String,
}

/// A group, and the managed policies attached to it.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) attached: Vec<String>,
    pub(super) inline: Vec<(&'static str, String)>,
}

/// The policies of AWS that are attached to somebody.
pub(super) fn managed_by_aws() -> Vec<Policy> {
    let everything_but = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"}]}"#;
    vec![
        Policy {
            name: "AdministratorAccess",
            arn: ADMINISTRATOR.to_owned(),
            document: allow(r#""*""#, r#""*""#),
        },
        Policy { name: "PowerUserAccess", arn: POWER_USER.to_owned(), document: everything_but.to_owned() },
    ]
}

/// The policies of the account itself.
pub(super) fn of_account(account: &str) -> Vec<Policy> {
    vec![Policy {
        name: "s3-reader",
        arn: format!("arn:aws:iam::{account}:policy/s3-reader"),
        document: allow(r#"["s3:Get*","s3:List*"]"#, r#""*""#),
    }]
}

/// The groups of an account.
pub(super) fn groups(account: &str) -> Vec<Group> {
    vec![
        Group { name: "administrators", attached: vec![ADMINISTRATOR.to_owned()], inline: Vec::new() },
        Group {
            name: "developers",
            attached: vec![format!("arn:aws:iam::{account}:policy/s3-reader")],
            inline: vec![("queues", allow(r#""sqs:*""#, r#""*""#))],
        },
    ]
}

/// The names of the roles of an account.
pub(super) const ROLES: [&str; 2] = ["audit", "deploy"];

/// Who may assume a role.
pub(super) fn trust(account: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":"sts:AssumeRole"}}]}}"#
    )
}
