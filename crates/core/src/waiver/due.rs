//! Waivers that have ended, and those that soon will, with how many findings each is about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::WaiverFile;
use crate::model::{Evaluation, Verdict};

/// How many days ahead the end of a waiver is mentioned.
pub const DAYS_AHEAD: i32 = 30;

/// A waiver that has ended or soon will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaiverDue {
    /// The entry's id.
    pub id: String,
    /// Who accepted the risk.
    pub owner: String,
    /// The last day it holds, or held.
    pub expires: Date,
    /// How many days it still holds; negative: for how many it has not.
    pub days_left: i32,
    /// How many failed findings it was put on.
    pub findings: u64,
}

impl WaiverDue {
    /// A line for people; one that has ended shouts.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { id, owner, expires, days_left, findings } = self;
        let days = |count: i32| if count == 1 { "1 day".to_owned() } else { format!("{count} days") };
        let findings = match findings {
            0 => "no finding of this assessment".to_owned(),
            1 => "1 failed finding".to_owned(),
            count => format!("{count} failed findings"),
        };
        if *days_left < 0 {
            let ago = days(-days_left);
            format!("WAIVER EXPIRED: `{id}` of {owner} held until {expires}, {ago} ago: {findings}")
        } else {
            let left = if *days_left == 0 { "today".to_owned() } else { format!("in {}", days(*days_left)) };
            format!("Waiver `{id}` of {owner} ends {left}, with {expires}: {findings}")
        }
    }
}

/// All waivers of findings that have ended or end within [`DAYS_AHEAD`] days.
#[derive(Debug, Clone, Default)]
pub struct WaiversDue {
    today: Date,
    /// By id. Those that are not due are here too, to know what the file says of them.
    known: BTreeMap<String, WaiverDue>,
}

impl WaiversDue {
    /// Of the waivers in force, as of a time.
    #[must_use]
    pub fn new(file: &WaiverFile, now: Timestamp) -> Self {
        let mut due = Self { today: now.to_zoned(TimeZone::UTC).date(), known: BTreeMap::new() };
        for entry in file.waivers.iter().filter(|entry| entry.enabled) {
            due.know(&entry.id, &entry.owner, entry.expires);
        }
        due
    }

    /// Counts a finding. What its waiver says now goes before what it said when the finding was judged.
    pub fn add(&mut self, evaluation: &Evaluation) {
        let Some(note) = evaluation.waiver.as_ref().filter(|_| evaluation.verdict() == Verdict::Fail) else {
            return;
        };
        if !self.known.contains_key(&note.id) {
            // A day that cannot be read is taken for one that has passed: nobody vouches for it.
            self.know(&note.id, &note.owner, note.expires.parse().unwrap_or(Date::ZERO));
        }
        if let Some(due) = self.known.get_mut(&note.id) {
            due.findings += 1;
        }
    }

    fn know(&mut self, id: &str, owner: &str, expires: Date) {
        let days_left = (expires - self.today).get_days();
        let (id, owner) = (id.to_owned(), owner.to_owned());
        self.known.insert(id.clone(), WaiverDue { id, owner, expires, days_left, findings: 0 });
    }

    /// Those that have ended.
    pub fn expired(&self) -> impl Iterator<Item = &WaiverDue> {
        self.known.values().filter(|due| due.days_left < 0)
    }

    /// Those that hold today and end within [`DAYS_AHEAD`] days.
    pub fn expiring(&self) -> impl Iterator<Item = &WaiverDue> {
        self.known.values().filter(|due| (0..=DAYS_AHEAD).contains(&due.days_left))
    }

    /// A line for each, those that have ended first.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.expired().chain(self.expiring()).map(WaiverDue::line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::sample_verdict;
    use crate::model::WaiverNote;

    #[test]
    fn what_has_ended_shouts_and_what_soon_will_is_mentioned() {
        let text = "waivers:
  - {id: old, rule: a, reason: r, owner: bea, expires: 2026-11-21}
  - {id: today, rule: a, reason: r, owner: bea, expires: 2026-11-22}
  - {id: soon, rule: a, reason: r, owner: bea, expires: 2026-12-22}
  - {id: later, rule: a, reason: r, owner: bea, expires: 2026-12-23}
  - {id: renewed, rule: a, reason: r, owner: bea, expires: 2027-12-23}
  - {id: off, rule: a, reason: r, owner: bea, expires: 2020-01-01, enabled: false}
";
        let mut due =
            WaiversDue::new(&WaiverFile::parse(text).unwrap(), "2026-11-22T23:00:00Z".parse().unwrap());
        let finding = |id: &str, verdict: &str| {
            let mut evaluation = sample_verdict(&format!("{verdict} arn:a a"), "run");
            evaluation.waiver = Some(WaiverNote {
                id: id.to_owned(),
                owner: "carl".to_owned(),
                reason: "r".to_owned(),
                expires: "2026-01-01".to_owned(),
                expired: true,
            });
            evaluation
        };
        for id in ["old", "old", "renewed", "removed"] {
            due.add(&finding(id, "fail"));
        }
        due.add(&finding("soon", "pass"));
        assert_eq!(
            due.lines(),
            [
                "WAIVER EXPIRED: `old` of bea held until 2026-11-21, 1 day ago: 2 failed findings",
                "WAIVER EXPIRED: `removed` of carl held until 2026-01-01, 325 days ago: 1 failed finding",
                "Waiver `soon` of bea ends in 30 days, with 2026-12-22: no finding of this assessment",
                "Waiver `today` of bea ends today, with 2026-11-22: no finding of this assessment",
            ]
        );
    }
}
