//! The review in numbers.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{ChangeKind, Reviewed};
use crate::model::Judged;

/// How many users are what.
#[derive(Debug, Default, Serialize)]
pub struct ReviewCounts {
    /// Users of the latest scans.
    pub users: u64,
    /// Who may do everything, or can allow itself everything.
    pub administrators: u64,
    /// Who may under conditions.
    pub administrators_if: u64,
    /// Of whom nobody can say.
    pub administrator_unknown: u64,
    /// Who has an open path to more than it was given.
    pub can_escalate: u64,
    /// Of whom nobody can say.
    pub can_escalate_unknown: u64,
    /// Of whom something is stale.
    pub stale: u64,
    /// Of whom nothing is known to be stale, and not everything is known.
    pub stale_unknown: u64,
    /// Users by what became of them.
    pub changes: BTreeMap<&'static str, u64>,
    /// How old the oldest credential report was when its users were scanned.
    pub credential_report_age_minutes: Option<i64>,
    /// Users of whom anything is unknown.
    pub unknown: u64,
    /// The reasons: of how many users it hid which facts.
    #[serde(skip)]
    pub reasons: BTreeMap<String, (u64, BTreeSet<&'static str>)>,
}

impl ReviewCounts {
    /// Nobody counted.
    #[must_use]
    pub fn new() -> Self {
        let changes = ChangeKind::ALL.into_iter().map(|kind| (kind.as_str(), 0)).collect();
        Self { changes, ..Self::default() }
    }

    /// Counts one user.
    pub fn add(&mut self, reviewed: &Reviewed<'_>) {
        *self.changes.entry(reviewed.change.kind.as_str()).or_default() += 1;
        if reviewed.change.kind.is_missing() {
            return;
        }
        self.users += 1;
        match reviewed.user.access.administrator {
            Judged::Yes => self.administrators += 1,
            Judged::YesIf => self.administrators_if += 1,
            Judged::No => {}
            Judged::Unknown => self.administrator_unknown += 1,
        }
        match reviewed.user.access.can_escalate() {
            Judged::Yes | Judged::YesIf => self.can_escalate += 1,
            Judged::No => {}
            Judged::Unknown => self.can_escalate_unknown += 1,
        }
        match reviewed.stale.is_stale() {
            Some(true) => self.stale += 1,
            Some(false) => {}
            None => self.stale_unknown += 1,
        }
        let age = reviewed.credential_report_age_minutes();
        self.credential_report_age_minutes = self.credential_report_age_minutes.max(age);
        let mut named = BTreeSet::new();
        for unknown in &reviewed.unknown {
            for why in &unknown.why {
                let (count, facts) = self.reasons.entry(why.clone()).or_default();
                facts.insert(unknown.fact);
                // A reason that hides two facts of a user hides them of one user.
                *count += u64::from(named.insert(why));
            }
        }
        let is_unknown = !reviewed.unknown.is_empty()
            || !reviewed.stale.undecided.is_empty()
            || reviewed.change.kind == ChangeKind::Unknown;
        self.unknown += u64::from(is_unknown);
    }

    /// How many users became this.
    #[must_use]
    pub fn of(&self, kind: ChangeKind) -> u64 {
        self.changes.get(kind.as_str()).copied().unwrap_or_default()
    }
}
