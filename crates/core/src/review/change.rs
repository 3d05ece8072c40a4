//! What is otherwise than it was at the scan before.
//!
//! Facts count that somebody decides: who is there, how it gets in, what it holds and what that allows. When
//! something was last used, when a report was made and which pages were read is otherwise at every scan and
//! counts as nothing. What a policy says counts through what it allows: `administrator` and `escalations`.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::{Access, AccessKey, IamUser, Judged};

/// What became of a user since the scan before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// In one word.
    pub kind: ChangeKind,
    /// What is otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<FactChange>,
    /// What cannot be compared, because one of the scans does not know it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_compared: Vec<&'static str>,
}

/// What became of a user, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// There is no scan before, so nobody can say.
    FirstScan,
    /// The scan before was complete and has no user of this name, or the user was created since.
    New,
    /// It is not among the users of the scan before, which may not have seen all of them.
    NewOrNotSeenBefore,
    /// All facts that count are as they were.
    Same,
    /// Some are not.
    Changed,
    /// Another user under the same name: the one before was deleted.
    Replaced,
    /// The latest scan is complete and has no user of this name any more.
    Gone,
    /// It is not among the users of the latest scan, which did not see all of them.
    NotSeen,
    /// Nothing is known to have changed, and not everything can be compared.
    Unknown,
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::FirstScan,
        Self::New,
        Self::NewOrNotSeenBefore,
        Self::Same,
        Self::Changed,
        Self::Replaced,
        Self::Gone,
        Self::NotSeen,
        Self::Unknown,
    ];

    /// Its id.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstScan => "first-scan",
            Self::New => "new",
            Self::NewOrNotSeenBefore => "new-or-not-seen-before",
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Replaced => "replaced",
            Self::Gone => "gone",
            Self::NotSeen => "not-seen",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the latest scan does not have the user.
    #[must_use]
    pub fn is_missing(self) -> bool {
        matches!(self, Self::Gone | Self::NotSeen)
    }
}

impl From<ChangeKind> for Change {
    fn from(kind: ChangeKind) -> Self {
        Self { kind, facts: Vec::new(), not_compared: Vec::new() }
    }
}

/// One fact that is otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FactChange {
    /// Its name, as the member of a user is called.
    pub fact: &'static str,
    /// What it was.
    pub before: Value,
    /// What it is.
    pub after: Value,
}

impl Change {
    /// What became of one user between two scans.
    #[must_use]
    pub fn between(before: &IamUser, after: &IamUser) -> Self {
        let mut found = Self::from(ChangeKind::Same);
        found.compare("user_id", before.user_id.as_ref(), after.user_id.as_ref());
        found.compare("create_date", before.create_date.as_ref(), after.create_date.as_ref());
        // A user keeps its id and the time it was created for as long as it lives.
        let is_replaced = !found.facts.is_empty();
        found.compare("arn", Some(&before.arn), Some(&after.arn));
        found.compare("console_access", before.console_access, after.console_access);
        found.compare("mfa", before.mfa, after.mfa);
        found.compare_sets("mfa_devices", before.mfa_devices.as_ref(), after.mfa_devices.as_ref());
        found.compare_keys(before.access_keys.as_ref(), after.access_keys.as_ref());
        found.compare_sets("groups", before.groups.as_ref(), after.groups.as_ref());
        found.compare_sets(
            "attached_policies",
            before.attached_policies.as_ref(),
            after.attached_policies.as_ref(),
        );
        found.compare_sets(
            "inline_policies",
            before.inline_policies.as_ref(),
            after.inline_policies.as_ref(),
        );
        found.compare_sets(
            "permissions_boundary",
            before.permissions_boundary.as_ref(),
            after.permissions_boundary.as_ref(),
        );
        found.compare("tags", before.tags.as_ref(), after.tags.as_ref());
        let judged = |access: &Access| Some(access.administrator).filter(|it| *it != Judged::Unknown);
        found.compare("administrator", judged(&before.access), judged(&after.access));
        found.compare_paths(&before.access, &after.access);
        found.kind = match (is_replaced, found.facts.is_empty(), found.not_compared.is_empty()) {
            (true, ..) => ChangeKind::Replaced,
            (false, false, _) => ChangeKind::Changed,
            (false, true, true) => ChangeKind::Same,
            (false, true, false) => ChangeKind::Unknown,
        };
        found
    }

    fn compare<T: PartialEq + Serialize>(&mut self, fact: &'static str, before: Option<T>, after: Option<T>) {
        match (before, after) {
            (Some(before), Some(after)) if before == after => {}
            (Some(before), Some(after)) => {
                self.facts.push(FactChange { fact, before: json!(before), after: json!(after) });
            }
            _ => self.not_compared.push(fact),
        }
    }

    /// Lists whose order means nothing.
    fn compare_sets(
        &mut self,
        fact: &'static str,
        before: Option<&Vec<String>>,
        after: Option<&Vec<String>>,
    ) {
        let set = |list: Option<&Vec<String>>| list.map(|list| list.iter().cloned().collect::<BTreeSet<_>>());
        self.compare(fact, set(before), set(after));
    }

    /// Keys are the same when they were made at the same time and are as active: the credential report has no
    /// ids, so one scan may know them and the other not.
    fn compare_keys(&mut self, before: Option<&Vec<AccessKey>>, after: Option<&Vec<AccessKey>>) {
        const FACT: &str = "access_keys";
        let (Some(before), Some(after)) = (before, after) else { return self.not_compared.push(FACT) };
        let known = |keys: &[AccessKey]| {
            let mut known: Vec<_> = keys.iter().map(|key| (key.last_rotated.clone(), key.active)).collect();
            known.sort_unstable();
            known
        };
        let shown = |keys: &[AccessKey]| -> Vec<Value> {
            let told = |key: &AccessKey| json!({"id": key.id, "active": key.active, "last_rotated": key.last_rotated});
            keys.iter().map(told).collect()
        };
        let has_undated = before.iter().chain(after).any(|key| key.last_rotated.is_none());
        if known(before) != known(after) && (!has_undated || before.len() != after.len()) {
            let (before, after) = (json!(shown(before)), json!(shown(after)));
            self.facts.push(FactChange { fact: FACT, before, after });
        } else if has_undated {
            self.not_compared.push(FACT);
        }
    }

    /// A path that one of the scans could not decide is not one that opened or closed.
    fn compare_paths(&mut self, before: &Access, after: &Access) {
        const FACT: &str = "escalations";
        let is_open = |access: &Access, path: &String| match access {
            access if access.escalations.contains(path) => Some(true),
            access if access.unknown.is_some() || access.undecided.contains(path) => None,
            _ => Some(false),
        };
        let never_judged = |access: &Access| *access == Access::default();
        if never_judged(before) || never_judged(after) {
            return self.not_compared.push(FACT);
        }
        let paths: BTreeSet<&String> = [before, after]
            .into_iter()
            .flat_map(|access| access.escalations.iter().chain(&access.undecided))
            .collect();
        let differs = |path: &&String| match (is_open(before, path), is_open(after, path)) {
            (Some(before), Some(after)) => before != after,
            _ => false,
        };
        if paths.iter().any(differs) {
            let (before, after) = (json!(before.escalations), json!(after.escalations));
            self.facts.push(FactChange { fact: FACT, before, after });
        } else if [before, after].iter().any(|one| one.unknown.is_some() || !one.undecided.is_empty()) {
            self.not_compared.push(FACT);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::{AccountId, PasswordLastUsed};

    /// A user of whom everything is known, scanned at midnight of 2026-11-22.
    pub(crate) fn user(name: &str) -> IamUser {
        IamUser {
            schema: IamUser::SCHEMA,
            user_name: format!("111122223333/{name}"),
            scan_timestamp: "2026-11-22T00:00:00.000000000Z".to_owned(),
            name: name.to_owned(),
            account: AccountId::parse("111122223333").unwrap(),
            user_id: Some(format!("AIDA{name}")),
            arn: format!("arn:aws:iam::111122223333:user/{name}"),
            create_date: Some("2024-01-01T00:00:00Z".to_owned()),
            password_last_used: PasswordLastUsed::At("2026-11-21T00:00:00Z".to_owned()),
            console_access: Some(true),
            mfa: Some(true),
            access_keys: Some(vec![]),
            groups: Some(vec!["a".to_owned(), "b".to_owned()]),
            attached_policies: Some(vec![]),
            inline_policies: Some(vec![]),
            permissions_boundary: Some(vec![]),
            mfa_devices: Some(vec![]),
            tags: Some([("team".to_owned(), "a".to_owned())].into()),
            credential_report_time: None,
            access: Access { administrator: Judged::No, ..Access::default() },
            evidence: vec![],
        }
    }

    pub(crate) fn key(created: &str, used: Option<&str>) -> AccessKey {
        AccessKey {
            id: None,
            active: true,
            last_rotated: Some(created.to_owned()),
            last_used: used.map(str::to_owned),
            last_used_service: None,
            last_used_region: None,
        }
    }

    fn check(
        change_before: impl FnOnce(&mut IamUser),
        change_after: impl FnOnce(&mut IamUser),
        kind: ChangeKind,
        facts: &[&str],
        not_compared: &[&str],
    ) {
        let (mut before, mut after) = (user("anna"), user("anna"));
        change_before(&mut before);
        change_after(&mut after);
        let found = Change::between(&before, &after);
        let named: Vec<&str> = found.facts.iter().map(|fact| fact.fact).collect();
        assert_eq!((found.kind, named, found.not_compared.as_slice()), (kind, facts.to_vec(), not_compared));
    }

    #[test]
    fn what_is_otherwise_at_every_scan_is_not_a_change() {
        check(
            |before| {
                before.access_keys = Some(vec![key("2026-01-01T00:00:00Z", None)]);
            },
            |after| {
                after.scan_timestamp = "2026-11-23T00:00:00.000000000Z".to_owned();
                after.credential_report_time = Some("2026-11-22T23:00:00Z".to_owned());
                after.password_last_used = PasswordLastUsed::At("2026-11-22T20:00:00Z".to_owned());
                after.groups = Some(vec!["b".to_owned(), "a".to_owned()]);
                let mut used = key("2026-01-01T00:00:00Z", Some("2026-11-22T00:00:00Z"));
                used.id = Some("AKIAEXAMPLE".to_owned());
                used.last_used_service = Some("s3".to_owned());
                after.access_keys = Some(vec![used]);
                after.evidence = vec![crate::model::Digest::of(b"a")];
            },
            ChangeKind::Same,
            &[],
            &[],
        );
    }

    #[test]
    fn what_somebody_decided_is_one() {
        let changed = ChangeKind::Changed;
        check(|_| (), |it| it.groups = Some(vec!["a".to_owned()]), changed, &["groups"], &[]);
        check(|_| (), |it| it.mfa = Some(false), changed, &["mfa"], &[]);
        check(|_| (), |it| it.console_access = Some(false), changed, &["console_access"], &[]);
        check(|_| (), |it| it.tags = Some([].into()), changed, &["tags"], &[]);
        let arn = |it: &mut IamUser| it.arn = "arn:aws:iam::111122223333:user/x/anna".to_owned();
        check(|_| (), arn, changed, &["arn"], &[]);
        let boundary =
            |it: &mut IamUser| it.permissions_boundary = Some(vec!["arn:aws:iam::aws:policy/X".to_owned()]);
        check(boundary, |_| (), changed, &["permissions_boundary"], &[]);
        let added = |it: &mut IamUser| it.access_keys = Some(vec![key("2026-01-01T00:00:00Z", None)]);
        check(|_| (), added, changed, &["access_keys"], &[]);
        let off = |it: &mut IamUser| {
            it.access_keys = Some(vec![AccessKey { active: false, ..key("2026-01-01T00:00:00Z", None) }]);
        };
        check(added, off, changed, &["access_keys"], &[]);
        let admin = |it: &mut IamUser| it.access.administrator = Judged::YesIf;
        check(|_| (), admin, changed, &["administrator"], &[]);
    }

    #[test]
    fn a_user_made_anew_under_an_old_name_is_another_user() {
        let replaced = ChangeKind::Replaced;
        check(|_| (), |it| it.user_id = Some("AIDAOTHER".to_owned()), replaced, &["user_id"], &[]);
        let later = |it: &mut IamUser| it.create_date = Some("2026-11-21T00:00:00Z".to_owned());
        check(|it| it.user_id = None, later, replaced, &["create_date"], &["user_id"]);
    }

    #[test]
    fn what_one_scan_does_not_know_is_neither_changed_nor_the_same() {
        let unknown = ChangeKind::Unknown;
        check(|it| it.mfa = None, |_| (), unknown, &[], &["mfa"]);
        check(|_| (), |it| it.groups = None, unknown, &[], &["groups"]);
        check(|it| it.tags = None, |it| it.mfa = Some(false), ChangeKind::Changed, &["mfa"], &["tags"]);
        let undated = |it: &mut IamUser| {
            it.access_keys = Some(vec![AccessKey { last_rotated: None, ..key("", None) }]);
        };
        let dated = |it: &mut IamUser| it.access_keys = Some(vec![key("2026-01-01T00:00:00Z", None)]);
        check(undated, dated, unknown, &[], &["access_keys"]);
        check(|_| (), undated, ChangeKind::Changed, &["access_keys"], &[]);
        // As a snapshot of schema 1 is read: it has no such members.
        let old = |it: &mut IamUser| {
            let mut item = serde_json::to_value(&*it).unwrap();
            let members = item.as_object_mut().unwrap();
            for name in ["permissions_boundary", "mfa_devices", "tags", "credential_report_time", "access"] {
                members.remove(name);
            }
            members.insert("schema".to_owned(), json!(1));
            *it = serde_json::from_value(item).unwrap();
        };
        let absent = ["mfa_devices", "permissions_boundary", "tags", "administrator", "escalations"];
        check(old, |_| (), unknown, &[], &absent);
    }

    #[test]
    fn paths_that_could_not_be_decided_did_not_open() {
        let access =
            |open: &'static [&'static str], undecided: &'static [&'static str], why: Option<&'static str>| {
                move |it: &mut IamUser| {
                    let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
                    it.access.escalations = ids(open);
                    it.access.undecided = ids(undecided);
                    it.access.unknown = why.map(str::to_owned);
                }
            };
        let (changed, unknown, fact) = (ChangeKind::Changed, ChangeKind::Unknown, ["escalations"]);
        check(access(&[], &[], None), access(&["p"], &[], None), changed, &fact, &[]);
        check(access(&["p"], &[], None), access(&[], &[], None), changed, &fact, &[]);
        check(access(&[], &["p"], None), access(&["p"], &[], None), unknown, &[], &fact);
        check(access(&[], &[], Some("not read")), access(&["p"], &[], None), unknown, &[], &fact);
        check(access(&[], &["q"], None), access(&["p"], &["q"], None), changed, &fact, &[]);
        check(access(&["p"], &[], None), access(&["p"], &[], None), ChangeKind::Same, &[], &[]);
    }
}
