//! The review of access for a terminal: rows, and the sentences below them.

use std::collections::BTreeMap;

use super::{active_keys, flag, oldest_active_key_days, scan_of, unknown};
use crate::model::{Judged, LeftOut, rfc3339};
use crate::port::{Scan, Scanned};
use crate::review::{Change, ChangeKind, NotListed, ReviewCounts, Reviewed, Thresholds};

/// How many reasons are told one by one.
const REASONS: usize = 10;

/// What of an account is not in the report, and why.
#[must_use]
pub fn not_listed(not_listed: &NotListed, scans: &[Scan]) -> LeftOut {
    let account = &not_listed.account;
    let what = match scan_of(not_listed, scans) {
        None => format!("users of {account}: not listed"),
        Some(scan) if scan.latest.timestamp == not_listed.tried_at => {
            format!("users of {account}: not all listed")
        }
        Some(scan) => format!(
            "users of {account}: not listed at {}, what is shown is of {}",
            short(&not_listed.tried_at),
            short(&scan.latest.timestamp)
        ),
    };
    LeftOut { what, why: not_listed.why.clone() }
}

/// The columns of [`user_cells`].
pub const ACCESS_COLUMNS: [&str; 9] =
    ["ACCOUNT", "USER", "ADMIN", "ESCALATION", "CONSOLE", "MFA", "KEYS", "STALE", "CHANGE"];

/// The columns of a table that give way where it does not fit.
pub const ACCESS_FLEXIBLE: [usize; 2] = [1, 7];

/// A user for a terminal.
#[must_use]
pub fn user_cells(reviewed: &Reviewed<'_>) -> [String; 9] {
    let (user, change) = (reviewed.user, &reviewed.change);
    let (account, name) = (user.account.to_string(), user.name.clone());
    if change.kind.is_missing() {
        let none = || "-".to_owned();
        let told = format!("{}, last seen {}", change_words(change), short(&user.scan_timestamp));
        return [account, name, none(), none(), none(), none(), none(), none(), told];
    }
    let more = if user.access.undecided.is_empty() && user.access.unknown.is_none() { "" } else { "+" };
    let escalations = match user.access.can_escalate() {
        Judged::Unknown => unknown(),
        Judged::No => "0".to_owned(),
        Judged::Yes | Judged::YesIf => format!("{}{more}", user.access.escalations.len()),
    };
    let keys = match (active_keys(user), oldest_active_key_days(user)) {
        (None, _) => unknown(),
        (Some(0), _) => "0".to_owned(),
        (Some(count), Some(days)) => format!("{count}, {days} d"),
        (Some(count), None) => format!("{count}, unknown"),
    };
    let stale = match (reviewed.stale.ids().as_slice(), reviewed.stale.undecided.is_empty()) {
        ([], true) => "no".to_owned(),
        ([], false) => unknown(),
        ([only], _) => (*only).to_owned(),
        ([first, rest @ ..], _) => format!("{first} +{}", rest.len()),
    };
    [
        account,
        name,
        user.access.administrator.as_str().to_owned(),
        escalations,
        flag(user.console_access).to_owned(),
        flag(user.mfa).to_owned(),
        keys,
        stale,
        change_words(change),
    ]
}

fn change_words(change: &Change) -> String {
    let facts = || change.facts.iter().map(|fact| fact.fact).collect::<Vec<_>>().join(", ");
    match change.kind {
        ChangeKind::FirstScan => "first scan".to_owned(),
        ChangeKind::New => "new".to_owned(),
        ChangeKind::NewOrNotSeenBefore => "new, or not seen before".to_owned(),
        ChangeKind::Same => "same".to_owned(),
        ChangeKind::Changed => format!("changed: {}", facts()),
        ChangeKind::Replaced => format!("replaced by another user of this name: {}", facts()),
        ChangeKind::Gone => "gone".to_owned(),
        ChangeKind::NotSeen => "not seen, the scan is not complete".to_owned(),
        ChangeKind::Unknown => format!("not compared: {}", change.not_compared.join(", ")),
    }
}

fn plural(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// The review in numbers, in one sentence.
#[must_use]
pub fn access_line(counts: &ReviewCounts) -> String {
    let and = |count: u64, words: &str| match count {
        0 => String::new(),
        count => format!(", {count} {words}"),
    };
    let changes = match counts.of(ChangeKind::FirstScan) {
        first if first > 0 && counts.changes.values().sum::<u64>() == first => "first scan".to_owned(),
        first => format!(
            "{} new{}, {} gone{}, {} changed{}{}{}",
            counts.of(ChangeKind::New),
            and(counts.of(ChangeKind::NewOrNotSeenBefore), "new or not seen before"),
            counts.of(ChangeKind::Gone),
            and(counts.of(ChangeKind::NotSeen), "not seen"),
            counts.of(ChangeKind::Changed),
            and(counts.of(ChangeKind::Replaced), "replaced"),
            and(counts.of(ChangeKind::Unknown), "not compared in full"),
            and(first, "in a first scan"),
        ),
    };
    format!(
        "{}: {}{}{}; {} can escalate{}; {} stale{}; {changes}; of {} something is unknown.",
        plural(counts.users, "user"),
        plural(counts.administrators, "administrator"),
        and(counts.administrators_if, "under conditions"),
        and(counts.administrator_unknown, "unknown"),
        counts.can_escalate,
        and(counts.can_escalate_unknown, "unknown"),
        counts.stale,
        and(counts.stale_unknown, "unknown"),
        counts.unknown,
    )
}

/// Which scans the report is of, what counts as stale, and why what is unknown is.
#[must_use]
pub fn access_notes(counts: &ReviewCounts, scans: &[Scan], limits: &Thresholds) -> Vec<String> {
    let mut notes = scan_lines(scans);
    if let Some(minutes) = counts.credential_report_age_minutes {
        let (hours, minutes) = (minutes / 60, minutes % 60);
        notes.push(format!("Credential reports were up to {hours} h {minutes} min old at the scan."));
    }
    if counts.stale > 0 {
        let Thresholds { password_unused_days, key_unused_days, key_age_days, never_used_days } = limits;
        notes.push(format!(
            "Stale: a password unused over {password_unused_days} days; an active key unused over \
             {key_unused_days}, or older than {key_age_days}; either never used in {never_used_days}; neither."
        ));
    }
    let mut reasons: Vec<_> = counts.reasons.iter().collect();
    reasons.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    let more = reasons.len().saturating_sub(REASONS);
    notes.extend(reasons.into_iter().take(REASONS).map(|(why, (count, facts))| {
        let facts: Vec<&str> = facts.iter().copied().collect();
        format!("unknown of {}: {} ({why})", plural(*count, "user"), facts.join(", "))
    }));
    if more > 0 {
        notes.push(format!("and {more} more reasons; --format csv has all of them"));
    }
    notes
}

/// One line for all accounts that were scanned at the same time.
fn scan_lines(scans: &[Scan]) -> Vec<String> {
    let told = |scanned: &Scanned| {
        let note = if scanned.complete { "" } else { " (not complete)" };
        format!("{}{note}", short(&scanned.timestamp))
    };
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for scan in scans {
        let line = match &scan.previous {
            Some(previous) => format!("Scan of {}, compared with {}", told(&scan.latest), told(previous)),
            None => format!("Scan of {}, the first", told(&scan.latest)),
        };
        groups.entry(line).or_default().push(scan.account.as_str());
    }
    let accounts = |accounts: Vec<&str>| match accounts.len() {
        ..=4 => accounts.join(", "),
        count => format!("{count} accounts"),
    };
    groups.into_iter().map(|(line, of)| format!("{line}: {}", accounts(of))).collect()
}

/// A time without its fraction.
fn short(timestamp: &str) -> String {
    timestamp.parse().map_or_else(|_| timestamp.to_owned(), rfc3339)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Access, AccessKey, IamUser};
    use crate::review::{FactChange, StaleReason, Staleness, UnknownFact, sample_user};

    fn cells(change: impl FnOnce(&mut IamUser), stale: Staleness, became: Change) -> [String; 9] {
        let mut user = sample_user("anna");
        change(&mut user);
        user_cells(&Reviewed { user: &user, stale, change: became, unknown: Vec::new() })
    }

    fn cell(change: impl FnOnce(&mut IamUser), column: usize) -> String {
        cells(change, Staleness::default(), ChangeKind::Same.into())[column].clone()
    }

    #[test]
    fn a_cell_never_says_more_than_is_known() {
        let paths = |open: &[&str], undecided: &[&str], unknown: Option<&str>| {
            let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
            let (escalations, undecided) = (ids(open), ids(undecided));
            let unknown = unknown.map(str::to_owned);
            let access = Access { administrator: Judged::No, escalations, undecided, unknown };
            cell(|user| user.access = access, 3)
        };
        assert_eq!(paths(&[], &[], None), "0");
        assert_eq!(paths(&["a", "b"], &[], None), "2");
        assert_eq!(paths(&["a", "b"], &["c"], None), "2+", "at least these");
        assert_eq!(paths(&["a"], &[], Some("not read")), "1+");
        assert_eq!(paths(&[], &["c"], None), "unknown");
        let keys = |keys: Option<Vec<AccessKey>>| cell(|user| user.access_keys = keys, 6);
        let key = |made: Option<&str>, active| AccessKey {
            id: None,
            active,
            last_rotated: made.map(str::to_owned),
            last_used: None,
            last_used_service: None,
            last_used_region: None,
        };
        assert_eq!(keys(None), "unknown");
        assert_eq!(keys(Some(vec![key(None, false)])), "0");
        assert_eq!(keys(Some(vec![key(None, true)])), "1, unknown");
        let two = vec![key(Some("2026-11-20T00:00:00Z"), true), key(Some("2026-11-01T00:00:00Z"), true)];
        assert_eq!(keys(Some(two)), "2, 21 d");
        let stale = |reasons: &[StaleReason], undecided: &[StaleReason]| {
            let stale = Staleness { reasons: reasons.into(), undecided: undecided.into() };
            cells(|_| (), stale, ChangeKind::Same.into())[7].clone()
        };
        assert_eq!(stale(&[], &[]), "no");
        assert_eq!(stale(&[], &[StaleReason::KeyOld]), "unknown");
        assert_eq!(stale(&[StaleReason::KeyOld], &[StaleReason::KeyUnused]), "key-old");
        assert_eq!(stale(&[StaleReason::KeyUnused, StaleReason::KeyOld], &[]), "key-unused +1");
    }

    #[test]
    fn who_is_missing_has_no_facts_of_today() {
        let told = cells(|_| (), Staleness::default(), ChangeKind::Gone.into());
        assert_eq!(told[2..8], ["-"; 6].map(str::to_owned));
        assert_eq!(told[8], "gone, last seen 2026-11-22T00:00:00Z");
    }

    #[test]
    fn the_numbers_tell_a_first_scan_from_one_without_changes() {
        let line = |kinds: &[ChangeKind]| {
            let (mut counts, user) = (ReviewCounts::new(), sample_user("anna"));
            for kind in kinds {
                let change = (*kind).into();
                let stale = Staleness::default();
                counts.add(&Reviewed { user: &user, stale, change, unknown: Vec::new() });
            }
            access_line(&counts)
        };
        let rest = "0 administrators; 0 can escalate; 0 stale";
        let end = "of 0 something is unknown.";
        assert_eq!(line(&[]), format!("0 users: {rest}; 0 new, 0 gone, 0 changed; {end}"));
        assert_eq!(line(&[ChangeKind::FirstScan]), format!("1 user: {rest}; first scan; {end}"));
        assert_eq!(line(&[ChangeKind::Same]), format!("1 user: {rest}; 0 new, 0 gone, 0 changed; {end}"));
        let all = "1 new, 1 new or not seen before, 1 gone, 1 not seen, 1 changed, 1 replaced, \
                   1 not compared in full, 1 in a first scan";
        assert_eq!(line(&ChangeKind::ALL), format!("7 users: {rest}; {all}; of 1 something is unknown."));
    }

    #[test]
    fn a_reason_is_counted_once_for_each_user_it_concerns() {
        let mut counts = ReviewCounts::new();
        let user = sample_user("anna");
        for _ in 0..2 {
            let of = |fact| UnknownFact { fact, why: vec!["iam x: access denied".to_owned()] };
            let change = Change {
                kind: ChangeKind::Changed,
                facts: vec![FactChange { fact: "mfa", before: true.into(), after: false.into() }],
                not_compared: Vec::new(),
            };
            let (stale, unknown) = (Staleness::default(), vec![of("mfa"), of("tags")]);
            counts.add(&Reviewed { user: &user, stale, change, unknown });
        }
        let notes = access_notes(&counts, &[], &Thresholds::default());
        assert_eq!(notes, ["unknown of 2 users: mfa, tags (iam x: access denied)"]);
    }
}
