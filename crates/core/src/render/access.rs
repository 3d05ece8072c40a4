//! The review of access for spreadsheets, programs and the page.

mod words;

pub use words::{ACCESS_COLUMNS, ACCESS_FLEXIBLE, access_line, access_notes, not_listed, user_cells};

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::{AccessKey, IamUser, Judged};
use crate::port::{Scan, Scanned};
use crate::review::{Change, FactChange, NotListed, Reviewed, Staleness};

/// How many items of a list that changed are told; the JSON has all.
const TOLD: usize = 10;

fn unknown() -> String {
    "unknown".to_owned()
}

fn flag(flag: Option<bool>) -> &'static str {
    match flag {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    }
}

fn list(list: Option<&Vec<String>>) -> String {
    list.map_or_else(unknown, |items| items.join(" "))
}

fn active_keys(user: &IamUser) -> Option<usize> {
    user.access_keys.as_ref().map(|keys| keys.iter().filter(|key| key.active).count())
}

fn oldest_active_key_days(user: &IamUser) -> Option<i64> {
    user.oldest_active_key_days(user.scan_timestamp.parse().ok()?)
}

/// The columns of [`user_row`].
#[must_use]
pub fn user_columns() -> [&'static str; 32] {
    [
        "account",
        "name",
        "user_name",
        "user_id",
        "arn",
        "create_date",
        "password_last_used",
        "console_access",
        "mfa",
        "active_keys",
        "oldest_active_key_days",
        "groups",
        "attached_policies",
        "inline_policies",
        "scan_timestamp",
        "evidence",
        "administrator",
        "can_escalate",
        "escalations",
        "escalations_undecided",
        "permissions_boundary",
        "mfa_devices",
        "access_keys",
        "tags",
        "credential_report_time",
        "credential_report_age_minutes",
        "stale",
        "stale_undecided",
        "change",
        "changed",
        "not_compared",
        "unknown",
    ]
}

/// A user as cells. What could not be read is `unknown`, never empty. A user that is gone has the facts of the
/// scan that saw it last, which `scan_timestamp` tells.
#[must_use]
pub fn user_row(reviewed: &Reviewed<'_>) -> [String; 32] {
    let user = reviewed.user;
    let keys = user.access_keys.as_ref();
    let oldest = oldest_active_key_days(user).map(|days| days.to_string());
    let evidence: Vec<String> = user.evidence.iter().map(ToString::to_string).collect();
    let age = reviewed.credential_report_age_minutes().map(|minutes| minutes.to_string());
    let reasons =
        reviewed.unknown.iter().map(|unknown| format!("{}: {}", unknown.fact, unknown.why.join(", ")));
    let is_missing = reviewed.change.kind.is_missing();
    [
        user.account.to_string(),
        user.name.clone(),
        user.user_name.clone(),
        user.user_id.clone().unwrap_or_else(unknown),
        user.arn.clone(),
        user.create_date.clone().unwrap_or_else(unknown),
        user.password_last_used.to_string(),
        flag(user.console_access).to_owned(),
        flag(user.mfa).to_owned(),
        active_keys(user).map_or_else(unknown, |count| count.to_string()),
        if keys.is_none() { unknown() } else { oldest.unwrap_or_default() },
        list(user.groups.as_ref()),
        list(user.attached_policies.as_ref()),
        list(user.inline_policies.as_ref()),
        user.scan_timestamp.clone(),
        evidence.join(" "),
        user.access.administrator.as_str().to_owned(),
        user.access.can_escalate().as_str().to_owned(),
        if user.access.can_escalate() == Judged::Unknown {
            unknown()
        } else {
            user.access.escalations.join(" ")
        },
        user.access.undecided.join(" "),
        list(user.permissions_boundary.as_ref()),
        list(user.mfa_devices.as_ref()),
        keys.map_or_else(unknown, |keys| keys.iter().map(key_line).collect::<Vec<_>>().join("; ")),
        user.tags.as_ref().map_or_else(unknown, tags_line),
        user.credential_report_time.clone().unwrap_or_else(|| "none".to_owned()),
        age.unwrap_or_default(),
        if is_missing { String::new() } else { stale_cell(&reviewed.stale) },
        reviewed.stale.undecided_ids().join(" "),
        reviewed.change.kind.as_str().to_owned(),
        changed_line(&reviewed.change),
        reviewed.change.not_compared.join(" "),
        reasons.collect::<Vec<_>>().join("; "),
    ]
}

/// An account whose users could not be listed, as a row, so that nobody takes silence for an account without
/// users.
#[must_use]
pub fn not_listed_row(not_listed: &NotListed) -> [String; 32] {
    let mut cells = user_columns().map(|_| unknown());
    let [account, name, ..] = &mut cells;
    *account = not_listed.account.to_string();
    *name = format!("(not listed: {})", not_listed.why);
    cells
}

fn key_line(key: &AccessKey) -> String {
    let id = key.id.as_ref().map(|id| format!("{id} ")).unwrap_or_default();
    let state = if key.active { "active" } else { "inactive" };
    let made = key.last_rotated.as_deref().unwrap_or("unknown");
    let used = match &key.last_used {
        None => "never used".to_owned(),
        Some(time) => {
            let with = key.last_used_service.as_ref().map(|service| format!(" with {service}"));
            let region = key.last_used_region.as_ref().map(|region| format!(" in {region}"));
            format!("last used {time}{}{}", with.unwrap_or_default(), region.unwrap_or_default())
        }
    };
    format!("{id}{state}, made {made}, {used}")
}

fn tags_line(tags: &BTreeMap<String, String>) -> String {
    tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("; ")
}

fn stale_cell(stale: &Staleness) -> String {
    match stale.is_stale() {
        Some(true) => stale.ids().join(" "),
        Some(false) => "no".to_owned(),
        None => unknown(),
    }
}

/// What is otherwise, on one line: `groups: a b -> a; mfa: yes -> no`.
fn changed_line(change: &Change) -> String {
    let told =
        |fact: &FactChange| format!("{}: {} -> {}", fact.fact, words(&fact.before), words(&fact.after));
    change.facts.iter().map(told).collect::<Vec<_>>().join("; ")
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => {
            let mut told: Vec<String> = items.iter().take(TOLD).map(words).collect();
            if let Some(more) = items.len().checked_sub(TOLD).filter(|more| *more > 0) {
                told.push(format!("and {more} more"));
            }
            told.join(" ")
        }
        Value::Object(members) if members.is_empty() => "none".to_owned(),
        Value::Object(members) => {
            let told = members.iter().filter(|(_, value)| !value.is_null());
            let told = told.map(|(name, value)| format!("{name}={}", words(value)));
            format!("({})", told.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A user in the JSON of the report: all that is kept of it, what is stale, what changed, what is unknown.
#[must_use]
pub fn user_json(reviewed: &Reviewed<'_>) -> Value {
    let mut item = json!(reviewed.user);
    if let Value::Object(members) = &mut item {
        members.insert("change".to_owned(), json!(reviewed.change));
        if !reviewed.change.kind.is_missing() {
            members.insert("can_escalate".to_owned(), json!(reviewed.user.access.can_escalate()));
            members.insert("stale".to_owned(), json!(reviewed.stale.ids()));
            members.insert("stale_undecided".to_owned(), json!(reviewed.stale.undecided_ids()));
            members.insert("unknown".to_owned(), json!(reviewed.unknown));
        }
    }
    item
}

/// A user as the page shows it.
#[must_use]
pub fn user_item(reviewed: &Reviewed<'_>) -> Value {
    let user = reviewed.user;
    let is_missing = reviewed.change.kind.is_missing();
    json!({
        "account": user.account,
        "name": user.name,
        "user_id": user.user_id,
        "arn": user.arn,
        "create_date": user.create_date,
        "scan_timestamp": user.scan_timestamp,
        "administrator": user.access.administrator,
        "can_escalate": user.access.can_escalate(),
        "escalations": user.access.escalations,
        "undecided": user.access.undecided,
        "console_access": flag(user.console_access),
        "mfa": flag(user.mfa),
        "mfa_devices": user.mfa_devices,
        "password_last_used": user.password_last_used.to_string(),
        "active_keys": active_keys(user),
        "oldest_key_days": oldest_active_key_days(user),
        "keys": user.access_keys.as_ref().map(|keys| keys.iter().map(key_line).collect::<Vec<_>>()),
        "groups": user.groups,
        "attached_policies": user.attached_policies,
        "inline_policies": user.inline_policies,
        "permissions_boundary": user.permissions_boundary,
        "tags": user.tags.as_ref().map(|tags| {
            tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
        }),
        "credential_report_time": user.credential_report_time,
        "credential_report_age_minutes": reviewed.credential_report_age_minutes(),
        "stale": (!is_missing).then(|| reviewed.stale.ids()),
        "stale_undecided": reviewed.stale.undecided_ids(),
        "change": reviewed.change.kind,
        "changed": reviewed.change.facts.iter().map(|fact| json!({
            "fact": fact.fact, "before": words(&fact.before), "after": words(&fact.after),
        })).collect::<Vec<_>>(),
        "not_compared": reviewed.change.not_compared,
        "unknown": reviewed.unknown,
    })
}

/// The scans of the report, for programs and for the page.
#[must_use]
pub fn scans_json(scans: &[Scan]) -> Value {
    let told = |scanned: &Scanned| json!({"timestamp": scanned.timestamp, "complete": scanned.complete});
    let told = |scan: &Scan| {
        json!({
            "account": scan.account,
            "latest": told(&scan.latest),
            "previous": scan.previous.as_ref().map(told),
        })
    };
    scans.iter().map(told).collect()
}

/// An account whose users could not be listed; `shown_of` is the scan whose users are shown all the same.
#[must_use]
pub fn not_listed_json(not_listed: &NotListed, scans: &[Scan]) -> Value {
    let shown = scan_of(not_listed, scans).map(|scan| &scan.latest.timestamp);
    json!({"account": not_listed.account, "reason": not_listed.why, "shown_of": shown})
}

fn scan_of<'a>(not_listed: &NotListed, scans: &'a [Scan]) -> Option<&'a Scan> {
    scans.iter().find(|scan| scan.account == not_listed.account)
}
