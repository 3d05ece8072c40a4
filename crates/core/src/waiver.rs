//! Accepting a Fail, and suppressing a violation: by a named person, for a reason, until a day.
//!
//! Neither hides anything. A waived finding stays a Fail, a suppressed violation stays recorded; both are
//! shown and counted as what they are.

mod due;

pub use due::{DAYS_AHEAD, WaiverDue, WaiversDue};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::detection::EventFacts;
use crate::model::{AccountId, Arn, WaiverNote};

/// One entry. All conditions that are given must hold; at least one must be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Its name, for people to speak of.
    pub id: String,
    /// Condition: the posture rule or detection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Condition, findings only: the resource's ARN; `*` and `?` stay inside a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ArnPattern>,
    /// Condition, violations only: who acted, an ARN; `*` and `?` stay inside a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<ArnPattern>,
    /// Condition: the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Condition, violations only: the event name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// Condition, violations only: the source address, exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who accepts it.
    pub owner: String,
    /// The last day it holds, in UTC.
    pub expires: Date,
    /// `false`: the entry does nothing.
    #[serde(default = "enabled")]
    pub enabled: bool,
}

fn enabled() -> bool {
    true
}

/// An ARN read as a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArnPattern(pub Arn);

impl TryFrom<String> for ArnPattern {
    type Error = crate::model::InvalidArn;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Arn::parse(&text).map(Self)
    }
}

impl From<ArnPattern> for String {
    fn from(pattern: ArnPattern) -> Self {
        pattern.0.to_string()
    }
}

/// A waiver file: `waivers:` for findings, `suppressions:` for violations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaiverFile {
    /// For findings.
    #[serde(default)]
    pub waivers: Vec<Waiver>,
    /// For violations.
    #[serde(default)]
    pub suppressions: Vec<Waiver>,
}

/// Why a waiver file is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WaiverError {
    /// Not YAML, or not of this shape; the text names line and field.
    #[error("{0}")]
    Shape(String),
    /// An entry that would cover everything, or asks for what it cannot see.
    #[error("entry `{id}` {problem}")]
    Entry {
        /// Which.
        id: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl WaiverFile {
    /// Reads a file's text.
    ///
    /// # Errors
    /// [`WaiverError`] names the line and field, or the entry.
    pub fn parse(text: &str) -> Result<Self, WaiverError> {
        let file: Self = yaml_serde::from_str(text).map_err(|error| WaiverError::Shape(error.to_string()))?;
        file.check()?;
        Ok(file)
    }

    /// The entries of both, ids being unique over all of them.
    ///
    /// # Errors
    /// [`WaiverError`] names the entry that is in both.
    pub fn with(mut self, other: Self) -> Result<Self, WaiverError> {
        self.waivers.extend(other.waivers);
        self.suppressions.extend(other.suppressions);
        self.check()?;
        Ok(self)
    }

    fn check(&self) -> Result<(), WaiverError> {
        let file = self;
        let wrong = |entry: &Waiver, problem| Err(WaiverError::Entry { id: entry.id.clone(), problem });
        for entry in file.waivers.iter().chain(&file.suppressions) {
            if entry.id.trim().is_empty() || entry.owner.trim().is_empty() || entry.reason.trim().is_empty() {
                return wrong(entry, "needs an id, an owner and a reason");
            }
        }
        let mut ids = std::collections::HashSet::new();
        if let Some(entry) =
            file.waivers.iter().chain(&file.suppressions).find(|entry| !ids.insert(&entry.id))
        {
            return wrong(entry, "is there twice; ids are unique over waivers and suppressions");
        }
        for entry in &file.waivers {
            if entry.rule.is_none() {
                return wrong(entry, "needs the `rule` it waives");
            }
            if entry.principal.is_some() || entry.event_name.is_some() || entry.source_ip.is_some() {
                return wrong(entry, "has a condition on an event; put it under `suppressions`");
            }
        }
        for entry in &file.suppressions {
            if entry.resource.is_some() {
                return wrong(entry, "has a condition on a resource; put it under `waivers`");
            }
            if entry.rule.is_none() && entry.principal.is_none() {
                return wrong(entry, "needs at least the `rule` or the `principal` it is about");
            }
        }
        Ok(())
    }

    /// The entry for a finding: one in force before one that has expired.
    #[must_use]
    pub fn for_finding(
        &self,
        rule: &str,
        resource: &str,
        account: &AccountId,
        now: Timestamp,
    ) -> Option<WaiverNote> {
        let resource = Arn::parse(resource).ok();
        let applies = |entry: &&Waiver| {
            entry.enabled
                && entry.rule.as_ref().is_none_or(|wanted| wanted == rule)
                && entry.account.as_ref().is_none_or(|wanted| wanted == account)
                && entry
                    .resource
                    .as_ref()
                    .is_none_or(|pattern| resource.as_ref().is_some_and(|arn| pattern.0.covers(arn)))
        };
        best(self.waivers.iter().filter(applies), now)
    }

    /// The entry for a violation: one in force before one that has expired.
    #[must_use]
    pub fn for_violation(&self, rule: &str, facts: &EventFacts, now: Timestamp) -> Option<WaiverNote> {
        let is = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        let applies = |entry: &&Waiver| {
            entry.enabled
                && entry.rule.as_ref().is_none_or(|wanted| wanted == rule)
                && entry
                    .account
                    .as_ref()
                    .is_none_or(|wanted| facts.account.as_deref() == Some(wanted.as_str()))
                && is(&entry.event_name, &facts.event_name)
                && is(&entry.source_ip, &facts.source_ip)
                && entry.principal.as_ref().is_none_or(|pattern| facts.is_by(&pattern.0))
        };
        best(self.suppressions.iter().filter(applies), now)
    }

    /// The enabled entries whose last day has passed.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = &Waiver> {
        self.waivers
            .iter()
            .chain(&self.suppressions)
            .filter(move |entry| entry.enabled && entry.is_expired(now))
    }
}

impl Waiver {
    fn is_expired(&self, now: Timestamp) -> bool {
        now.to_zoned(jiff::tz::TimeZone::UTC).date() > self.expires
    }

    fn note(&self, now: Timestamp) -> WaiverNote {
        WaiverNote {
            id: self.id.clone(),
            owner: self.owner.clone(),
            reason: self.reason.clone(),
            expires: self.expires.to_string(),
            expired: self.is_expired(now),
        }
    }
}

fn best<'a>(entries: impl Iterator<Item = &'a Waiver>, now: Timestamp) -> Option<WaiverNote> {
    entries.max_by_key(|entry| entry.expires).map(|entry| entry.note(now))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FILE: &str = "
waivers:
  - {id: w1, rule: s3-encryption, resource: 'arn:aws:s3:::legacy-*', account: '111122223333', reason: r, owner: o, expires: 2026-12-31}
  - {id: w2, rule: rds-backups, reason: r, owner: o, expires: 2026-01-01}
  - {id: w3, rule: ec2-required-tags, reason: r, owner: o, expires: 2026-12-31, enabled: false}
suppressions:
  - {id: s1, rule: user-created, principal: 'arn:aws:iam::111122223333:role/Provisioner', event_name: CreateUser, reason: r, owner: o, expires: 2026-12-31}
";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn finding(rule: &str, resource: &str, account: &str, now: &str) -> Option<(String, bool)> {
        let file = WaiverFile::parse(FILE).unwrap();
        let account = AccountId::parse(account).unwrap();
        file.for_finding(rule, resource, &account, at(now)).map(|note| (note.id, note.expired))
    }

    #[test]
    fn conditions_of_an_entry_are_anded() {
        let now = "2026-11-22T00:00:00Z";
        let expect = Some(("w1".to_owned(), false));
        assert_eq!(finding("s3-encryption", "arn:aws:s3:::legacy-a", "111122223333", now), expect);
        assert_eq!(finding("s3-encryption", "arn:aws:s3:::legacy-a", "444455556666", now), None);
        assert_eq!(finding("s3-encryption", "arn:aws:s3:::new", "111122223333", now), None);
        assert_eq!(finding("s3-versioning", "arn:aws:s3:::legacy-a", "111122223333", now), None);
    }

    #[test]
    fn it_holds_through_its_last_day_and_shows_that_it_expired() {
        let arn = "arn:aws:s3:::legacy-a";
        let state = |now| finding("s3-encryption", arn, "111122223333", now).map(|(_, expired)| expired);
        assert_eq!(state("2026-12-31T23:59:59Z"), Some(false));
        assert_eq!(state("2027-01-01T00:00:00Z"), Some(true));
        let file = WaiverFile::parse(FILE).unwrap();
        let expired: Vec<_> =
            file.expired(at("2026-11-22T00:00:00Z")).map(|entry| entry.id.as_str()).collect();
        assert_eq!(expired, ["w2"]);
    }

    #[test]
    fn a_disabled_entry_does_nothing() {
        assert_eq!(
            finding("ec2-required-tags", "arn:aws:ec2:eu:1:i/x", "111122223333", "2026-11-22T00:00:00Z"),
            None
        );
    }

    #[test]
    fn principals_are_arns_not_substrings() {
        let file = WaiverFile::parse(FILE).unwrap();
        let by = |arn: &str, name: &str| {
            let event = json!({"eventName": name, "userIdentity": {"arn": arn}});
            file.for_violation("user-created", &EventFacts::of(&event), at("2026-11-22T00:00:00Z")).is_some()
        };
        assert!(by("arn:aws:iam::111122223333:role/Provisioner", "CreateUser"));
        assert!(!by("arn:aws:iam::111122223333:role/Provisioner", "DeleteUser"));
        assert!(!by("arn:aws:iam::111122223333:role/NotTheProvisioner", "CreateUser"));
        assert!(!by("arn:aws:iam::444455556666:role/Provisioner", "CreateUser"));
    }

    #[test]
    fn entries_that_would_cover_everything_are_refused_by_name() {
        let entry = |extra: &str| format!("[{{id: x, reason: r, owner: o, expires: 2026-12-31{extra}}}]");
        let check = |text: String, expect: &str| {
            assert_eq!(WaiverFile::parse(&text).unwrap_err().to_string(), expect);
        };
        check(format!("waivers: {}", entry("")), "entry `x` needs the `rule` it waives");
        check(
            format!("suppressions: {}", entry(", event_name: A")),
            "entry `x` needs at least the `rule` or the `principal` it is about",
        );
        let wrong = WaiverFile::parse("waivers:\n  - id: x\n    principle: y\n").unwrap_err().to_string();
        assert!(wrong.contains("principle") && wrong.contains("line 3"), "{wrong}");
        let substring =
            WaiverFile::parse(&format!("suppressions: {}", entry(", principal: root"))).unwrap_err();
        assert!(substring.to_string().contains("`root` is not an ARN"), "{substring}");
    }
}
