//! What is not known of users, and why: a fact that was not read is named with the call that would have told.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::model::{
    AccountId, IAM_USER, IamUser, Judged, LEFT_OUT_USERS, PasswordLastUsed, Resource, Run, Unread,
    rfc3339_nanos,
};
use crate::port::{PortResult, Resources};

/// How many resources are read at a time.
const PAGE: usize = 1000;

/// A fact that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownFact {
    /// Its name, as the member of a user is called.
    pub fact: &'static str,
    /// Why: each call that would have told, or what hid it.
    pub why: Vec<String>,
}

/// An account whose users could not be listed, or not to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotListed {
    /// The account.
    pub account: AccountId,
    /// The call, and why it did not tell.
    pub why: String,
    /// When it was tried (as users bear it: [`IamUser::scan_timestamp`]).
    pub tried_at: String,
}

/// What the latest collection could not read of users. The snapshots do not say, the resources do; a store
/// that keeps only snapshots has none of it.
#[derive(Debug, Default)]
pub struct NotRead {
    /// Accounts, in order.
    pub not_listed: Vec<NotListed>,
    users: BTreeMap<String, (String, Arc<[Unread]>)>,
}

/// Where in a user's document a fact comes from.
const SOURCES: [(&str, &[&str]); 10] = [
    ("password_last_used", &["CredentialReport", "PasswordLastUsed", "LoginProfile"]),
    ("console_access", &["CredentialReport", "LoginProfile"]),
    ("mfa", &["CredentialReport", "MFADevices"]),
    ("mfa_devices", &["MFADevices"]),
    ("access_keys", &["CredentialReport", "AccessKeys"]),
    ("groups", &["GroupList"]),
    ("attached_policies", &["AttachedManagedPolicies"]),
    ("inline_policies", &["UserPolicyList"]),
    ("permissions_boundary", &["PermissionsBoundary"]),
    ("tags", &["Tags"]),
];

impl NotRead {
    /// Reads it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of(resources: &dyn Resources) -> PortResult<Self> {
        let mut found = Self::default();
        let mut after = None;
        loop {
            let page = resources.page(after.as_deref(), PAGE).await?;
            page.items.iter().for_each(|resource| found.add(resource));
            after = page.next;
            if after.is_none() {
                found.not_listed.sort_by(|left, right| left.account.cmp(&right.account));
                return Ok(found);
            }
        }
    }

    /// What a run says of the accounts whose users it could not list, for a store that keeps no resources.
    #[must_use]
    pub fn of_run(run: &Run) -> Self {
        let not_listed = run.statistics.left_out.iter().filter_map(|left_out| {
            let account = left_out.what.strip_prefix(LEFT_OUT_USERS).unwrap_or(&left_out.what);
            let account = AccountId::parse(account).ok()?;
            let tried_at = rfc3339_nanos(run.started_at);
            Some(NotListed { account, why: left_out.why.clone(), tried_at })
        });
        let mut found = Self { not_listed: not_listed.collect(), ..Self::default() };
        found.not_listed.sort_by(|left, right| left.account.cmp(&right.account));
        found.not_listed.dedup_by(|left, right| left.account == right.account);
        found
    }

    fn add(&mut self, resource: &Resource) {
        if resource.resource_type != IAM_USER || resource.unread.is_empty() {
            return;
        }
        let seen_at = rfc3339_nanos(resource.seen_at);
        if resource.is_placeholder() {
            let why = lines(resource.unread.iter()).join(", ");
            self.not_listed.push(NotListed { account: resource.account.clone(), why, tried_at: seen_at });
            return;
        }
        // What is unread of one user is mostly unread of the next for the same reason, and kept once.
        let shared = self.users.last_key_value().map(|(_, (_, unread))| Arc::clone(unread));
        let unread = shared.filter(|it| **it == *resource.unread);
        let unread = unread.unwrap_or_else(|| resource.unread.as_slice().into());
        self.users.insert(resource.id.clone(), (seen_at, unread));
    }

    /// What is not known of a user.
    pub(super) fn of_user(&self, user: &IamUser) -> Vec<UnknownFact> {
        let unread = self.users.get(&user.arn).filter(|(seen_at, _)| *seen_at == user.scan_timestamp);
        let unread = unread.map(|(_, unread)| &**unread).unwrap_or_default();
        let why = |fact: &str| {
            let paths = SOURCES.iter().find(|(name, _)| *name == fact).map_or(&[][..], |(_, paths)| paths);
            let calls = lines(unread.iter().filter(|one| paths.iter().any(|path| one.touches(path))));
            match (calls.is_empty(), user.schema < IamUser::SCHEMA) {
                (false, _) => calls,
                (true, true) => vec!["an older provost read the user".to_owned()],
                (true, false) => vec!["no call that was read tells".to_owned()],
            }
        };
        let facts = [
            ("user_id", user.user_id.is_none()),
            ("create_date", user.create_date.is_none()),
            ("password_last_used", user.password_last_used == PasswordLastUsed::Unread),
            ("console_access", user.console_access.is_none()),
            ("mfa", user.mfa.is_none()),
            ("mfa_devices", user.mfa_devices.is_none()),
            ("access_keys", user.access_keys.is_none()),
            ("groups", user.groups.is_none()),
            ("attached_policies", user.attached_policies.is_none()),
            ("inline_policies", user.inline_policies.is_none()),
            ("permissions_boundary", user.permissions_boundary.is_none()),
            ("tags", user.tags.is_none()),
        ];
        let facts = facts.into_iter().filter(|(_, is_unknown)| *is_unknown);
        let facts = facts.map(|(fact, _)| UnknownFact { fact, why: why(fact) });
        facts.chain(of_access(user, &why)).collect()
    }
}

/// What is not known of what a user may do.
fn of_access(user: &IamUser, why: &dyn Fn(&str) -> Vec<String>) -> Vec<UnknownFact> {
    let access = &user.access;
    let reason = || match &access.unknown {
        Some(reason) => vec![reason.clone()],
        None if access.undecided.is_empty() => why(""),
        None => vec![format!("undecided: {}", access.undecided.join(", "))],
    };
    let is_administrator_unknown = access.administrator == Judged::Unknown;
    let are_paths_unknown =
        is_administrator_unknown || access.unknown.is_some() || !access.undecided.is_empty();
    [("administrator", is_administrator_unknown), ("escalations", are_paths_unknown)]
        .into_iter()
        .filter(|(_, is_unknown)| *is_unknown)
        .map(|(fact, _)| UnknownFact { fact, why: reason() })
        .collect()
}

/// Each once, in order.
fn lines<'a>(unread: impl Iterator<Item = &'a Unread>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in unread.map(ToString::to_string) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use pollster::block_on;
    use serde_json::json;

    use super::*;
    use crate::model::{Access, UnreadReason};
    use crate::port::memory::MemoryStore;
    use crate::review::change::tests::user;

    fn resource(id: &str, unread: &[(&str, &str)]) -> Resource {
        let unread = unread.iter().map(|&(path, call)| Unread {
            path: path.to_owned(),
            call: call.to_owned(),
            reason: UnreadReason::AccessDenied,
            detail: String::new(),
        });
        Resource {
            resource_type: IAM_USER.to_owned(),
            id: id.to_owned(),
            account: AccountId::parse("111122223333").unwrap(),
            region: "global".to_owned(),
            document: json!({}),
            unread: unread.collect(),
            evidence: vec![],
            seen_at: "2026-11-22T00:00:00Z".parse().unwrap(),
        }
    }

    fn facts(not_read: &NotRead, user: &IamUser) -> Vec<(&'static str, String)> {
        not_read.of_user(user).into_iter().map(|unknown| (unknown.fact, unknown.why.join(", "))).collect()
    }

    #[test]
    fn every_fact_that_is_not_known_is_named_with_the_call_that_would_have_told() {
        let denied = "iam list-mfa-devices: access denied".to_owned();
        let store = MemoryStore::default();
        let unread = [("MFADevices", "iam list-mfa-devices"), ("GroupList", "iam x")];
        let list = resource("unlisted/111122223333/global/AWS::IAM::User", &[("", "iam list-users")]);
        let known = resource(&user("anna").arn, &unread);
        block_on(store.put("a", &[known, list])).unwrap();
        let not_read = block_on(NotRead::of(&store)).unwrap();
        let [list] = not_read.not_listed.as_slice() else { panic!("{not_read:?}") };
        assert_eq!(
            (list.account.as_str(), list.why.as_str()),
            ("111122223333", "iam list-users: access denied")
        );

        let mut anna = user("anna");
        assert_eq!(facts(&not_read, &anna), [], "what is known needs no reason");
        anna.mfa_devices = None;
        assert_eq!(facts(&not_read, &anna), [("mfa_devices", denied.clone())]);
        anna.tags = None;
        let plain = "no call that was read tells".to_owned();
        assert_eq!(facts(&not_read, &anna), [("mfa_devices", denied), ("tags", plain.clone())]);
        anna.scan_timestamp = "2026-11-21T00:00:00.000000000Z".to_owned();
        let of_others = [("mfa_devices", plain.clone()), ("tags", plain)];
        assert_eq!(facts(&not_read, &anna), of_others, "reasons of another scan are not reasons of this one");
    }

    #[test]
    fn what_policies_allow_is_unknown_for_the_reason_the_scan_gives() {
        let check = |access: Access, schema: u32, expect: &[(&'static str, &str)]| {
            let user = IamUser { access, schema, ..user("anna") };
            let expect: Vec<_> = expect.iter().map(|(fact, why)| (*fact, (*why).to_owned())).collect();
            assert_eq!(facts(&NotRead::default(), &user), expect);
        };
        let no = Access { administrator: Judged::No, ..Access::default() };
        check(no.clone(), 2, &[]);
        let undecided = vec!["p".to_owned(), "q".to_owned()];
        check(Access { undecided, ..no }, 2, &[("escalations", "undecided: p, q")]);
        let unknown = Access { unknown: Some("the group `x` was not read".to_owned()), ..Access::default() };
        let why = "the group `x` was not read";
        check(unknown, 2, &[("administrator", why), ("escalations", why)]);
        let why = "an older provost read the user";
        check(Access::default(), 1, &[("administrator", why), ("escalations", why)]);
    }
}
