//! Changes in counts: of all, by account, by rule, and by whose the resources are.

use std::collections::BTreeMap;

use super::{Change, Changed};
use crate::model::Counts;
use crate::owner::Owner;

/// How many pairs changed in one way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChangeCount {
    /// Pairs.
    pub total: u64,
    /// Of those the later assessment judged, how many of each verdict.
    pub now: Counts,
}

/// How many of each change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    counts: BTreeMap<Change, ChangeCount>,
}

impl Tally {
    /// Counts one.
    pub fn add(&mut self, changed: &Changed<'_>) {
        let count = self.counts.entry(changed.change).or_default();
        count.total += 1;
        if let Some(after) = changed.after {
            count.now.add(&after.verdict(), after.is_waived());
        }
    }

    /// How many of a change.
    #[must_use]
    pub fn get(&self, change: Change) -> ChangeCount {
        self.counts.get(&change).copied().unwrap_or_default()
    }

    /// Those that are there, in the order of [`Change::ALL`].
    pub fn counted(&self) -> impl Iterator<Item = (Change, ChangeCount)> {
        self.counts.iter().map(|(change, count)| (*change, *count))
    }

    /// Whether anything but `Same` was counted.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.counts.keys().any(|change| *change != Change::Same)
    }
}

/// Changes in counts.
#[derive(Debug, Default)]
pub struct ChangeSummary {
    /// All.
    pub all: Tally,
    /// By account.
    pub by_account: BTreeMap<String, Tally>,
    /// By rule.
    pub by_rule: BTreeMap<String, Tally>,
    /// By whose the resource is; without what stayed the same, whose owners are not looked up.
    pub by_owner: BTreeMap<Owner, Tally>,
    /// How many pairs a filter left out.
    pub filtered_out: u64,
}

impl ChangeSummary {
    /// Counts one pair, whose resource is `owner`'s if it changed.
    pub fn add(&mut self, changed: &Changed<'_>, owner: Option<&Owner>) {
        let latest = changed.latest;
        self.all.add(changed);
        self.by_account.entry(latest.account.to_string()).or_default().add(changed);
        self.by_rule.entry(latest.rule.id.clone()).or_default().add(changed);
        if let Some(owner) = owner {
            self.by_owner.entry(owner.clone()).or_default().add(changed);
        }
    }
}
