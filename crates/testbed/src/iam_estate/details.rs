//! `GetAccountAuthorizationDetails`: users, groups, roles and policies in one list of pages.
//!
//! Of a user it says neither when the password was used last, nor anything of keys and devices; AWS does not
//! either. Policy documents are percent-encoded JSON.

use super::page::Page;
use super::policy::{self, Group, Policy, ROLES};
use super::user::EstateUser;
use super::{Call, IamEstate, State};
use crate::reply::Reply;
use crate::{percent, xml};

/// When everything that is no user was made.
const MADE: &str = "2014-01-01T00:00:00Z";

/// What stands in the list, in its order.
enum Entry {
    User(usize),
    Group(Group),
    Role(&'static str),
    Policy(Policy, bool),
}

impl State {
    pub(super) fn authorization_details(&self, call: &Call<'_>) -> Reply {
        let operation = "GetAccountAuthorizationDetails";
        let filters: Vec<&str> = call
            .form
            .iter()
            .filter(|(name, _)| name.starts_with("Filter.member."))
            .map(|(_, kind)| kind.as_str())
            .collect();
        let known = ["User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy"];
        if filters.iter().any(|kind| !known.contains(kind)) {
            return call.error(400, "ValidationError", "Filter has a value that is not known");
        }
        let wants = |kind: &str| filters.is_empty() || filters.contains(&kind);
        let users = if wants("User") { self.estate.users } else { 0 };
        let mut others = Vec::new();
        if wants("Group") {
            others.extend(policy::groups(&call.account).into_iter().map(Entry::Group));
        }
        if wants("Role") {
            others.extend(ROLES.map(Entry::Role));
        }
        if wants("LocalManagedPolicy") {
            others.extend(policy::of_account(&call.account).into_iter().map(|one| Entry::Policy(one, true)));
        }
        if wants("AWSManagedPolicy") {
            others.extend(policy::managed_by_aws().into_iter().map(|one| Entry::Policy(one, false)));
        }
        let page = match Page::of(&self.estate, call, operation, users + others.len()) {
            Ok(page) => page,
            Err(reply) => return reply,
        };
        let on_page = page.range.clone().map(Entry::User).take_while(|entry| match entry {
            Entry::User(number) => *number < users,
            Entry::Group(_) | Entry::Role(_) | Entry::Policy(..) => false,
        });
        let first = page.range.start.saturating_sub(users);
        let last = page.range.end.saturating_sub(users);
        let on_page: Vec<Entry> = on_page.chain(others.into_iter().take(last).skip(first)).collect();
        let result = lists(&self.estate, &call.account, &on_page) + &page.xml();
        call.iam(operation, &result)
    }
}

/// The four lists of a page.
fn lists(estate: &IamEstate, account: &str, entries: &[Entry]) -> String {
    let (mut users, mut groups, mut roles, mut policies) = (vec![], vec![], vec![], vec![]);
    for entry in entries {
        match entry {
            Entry::User(number) => users.push(user(&estate.user(account, *number))),
            Entry::Group(one) => groups.push(group(account, one)),
            Entry::Role(name) => roles.push(role(account, name)),
            Entry::Policy(one, is_local) => policies.push(managed(one, *is_local)),
        }
    }
    xml::list("UserDetailList", users)
        + &xml::list("GroupDetailList", groups)
        + &xml::list("RoleDetailList", roles)
        + &xml::list("Policies", policies)
}

fn user(user: &EstateUser) -> String {
    let mut detail = xml::text("Path", &user.path)
        + &xml::text("UserName", &user.name)
        + &xml::text("UserId", &user.id)
        + &xml::text("Arn", &user.arn)
        + &xml::text("CreateDate", &user.created)
        + &xml::list("GroupList", user.groups.iter().map(|name| xml::escape(name)))
        + &attached(&user.attached);
    if !user.inline.is_empty() {
        detail +=
            &xml::list("UserPolicyList", user.inline.iter().map(|(name, document)| inline(name, document)));
    }
    if let Some(arn) = &user.boundary {
        detail += &boundary(arn);
    }
    detail + &tags(&user.tags)
}

fn group(account: &str, group: &Group) -> String {
    xml::text("Path", "/")
        + &xml::text("GroupName", group.name)
        + &xml::text("GroupId", &format!("AGPA{account}{:0>5}", group.name.len()))
        + &xml::text("Arn", &format!("arn:aws:iam::{account}:group/{}", group.name))
        + &xml::text("CreateDate", MADE)
        + &attached(&group.attached)
        + &xml::list("GroupPolicyList", group.inline.iter().map(|(name, document)| inline(name, document)))
}

fn role(account: &str, name: &str) -> String {
    xml::text("Path", "/")
        + &xml::text("RoleName", name)
        + &xml::text("RoleId", &format!("AROA{account}{:0>5}", name.len()))
        + &xml::text("Arn", &format!("arn:aws:iam::{account}:role/{name}"))
        + &xml::text("CreateDate", MADE)
        + &xml::text("AssumeRolePolicyDocument", &percent::encode(&policy::trust(account)))
        + &xml::list("InstanceProfileList", [])
        + &xml::list("RolePolicyList", [])
        + &attached(&[])
        + &tags(&[])
}

fn managed(policy: &Policy, is_local: bool) -> String {
    let version = xml::text("Document", &percent::encode(&policy.document))
        + &xml::text("VersionId", "v1")
        + &xml::text("IsDefaultVersion", "true")
        + &xml::text("CreateDate", MADE);
    xml::text("PolicyName", policy.name)
        + &xml::text("PolicyId", &format!("ANPA{:0>17}", policy.name.len()))
        + &xml::text("Arn", &policy.arn)
        + &xml::text("Path", "/")
        + &xml::text("DefaultVersionId", "v1")
        + &xml::text("AttachmentCount", if is_local { "2" } else { "1" })
        + &xml::text("PermissionsBoundaryUsageCount", "0")
        + &xml::text("IsAttachable", "true")
        + &xml::text("CreateDate", MADE)
        + &xml::text("UpdateDate", MADE)
        + &xml::list("PolicyVersionList", [version])
}

/// The managed policies attached to somebody.
pub(super) fn attached(arns: &[String]) -> String {
    let policy = |arn: &String| {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        xml::text("PolicyName", name) + &xml::text("PolicyArn", arn)
    };
    xml::list("AttachedManagedPolicies", arns.iter().map(policy))
}

fn inline(name: &str, document: &str) -> String {
    xml::text("PolicyName", name) + &xml::text("PolicyDocument", &percent::encode(document))
}

/// The policy that bounds a user.
pub(super) fn boundary(arn: &str) -> String {
    let boundary = xml::text("PermissionsBoundaryType", "Policy") + &xml::text("PermissionsBoundaryArn", arn);
    xml::element("PermissionsBoundary", &boundary)
}

/// Tags, if there are any.
pub(super) fn tags(tags: &[(String, String)]) -> String {
    if tags.is_empty() {
        return String::new();
    }
    xml::list("Tags", tags.iter().map(|(key, value)| xml::text("Key", key) + &xml::text("Value", value)))
}
