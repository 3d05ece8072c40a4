//! Two assessments beside each other: what got worse, what got better, and what nobody can tell any more.
//!
//! A verdict that is not there any more is no good news. It is gone only where the later assessment looked
//! and found nothing; everywhere else it is said that it was not seen, or not judged.

mod baseline;
mod difference;
mod merge;
mod seen;
mod summary;

pub use baseline::{AT_ONCE, assessment_at, ended_between, is_baseline, oldest, previous};
pub use difference::{Difference, TrendPoint, Wanted};
pub use merge::each_change;
pub use seen::{Compared, Seen};
pub use summary::{ChangeCount, ChangeSummary, Tally};

use serde::Serialize;

use crate::model::{Evaluation, Verdict};

/// How one pair of rule and resource stands now, against how it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It fails, and did not before: it passed, or the rule did not speak of it.
    Worse,
    /// It failed, which a waiver covered that has ended since; it still fails.
    WaiverEnded,
    /// It was known, and is not any more. Never taken for better.
    Blind,
    /// It was unknown and is known now; the verdict says how.
    SeenAgain,
    /// There is a pair that there was not before, the resource or the rule is new; the verdict says how it is.
    New,
    /// It is judged now. Whether it was there before, the earlier assessment cannot tell.
    NotJudgedBefore,
    /// It was judged before. Whether it is still there, the later assessment cannot tell.
    NotJudgedNow,
    /// It is not there any more, and was looked for: the resource or the rule is gone.
    Gone,
    /// The rule spoke of it and does not any more. That is no pass.
    NoLongerApplies,
    /// The rule did not speak of it; now it does, and it passes.
    NowApplies,
    /// It failed and fails, and somebody has accepted that since.
    Waived,
    /// It passes, and failed before.
    Better,
    /// As it was.
    Same,
}

impl Change {
    /// All, in the order people read them: what asks for something to be done first.
    pub const ALL: [Self; 13] = [
        Self::Worse,
        Self::WaiverEnded,
        Self::Blind,
        Self::SeenAgain,
        Self::New,
        Self::NotJudgedBefore,
        Self::NotJudgedNow,
        Self::Gone,
        Self::NoLongerApplies,
        Self::NowApplies,
        Self::Waived,
        Self::Better,
        Self::Same,
    ];

    /// The machine name: `worse`, `waiver_ended`, ...
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::WaiverEnded => "waiver_ended",
            Self::Blind => "blind",
            Self::SeenAgain => "seen_again",
            Self::New => "new",
            Self::NotJudgedBefore => "not_judged_before",
            Self::NotJudgedNow => "not_judged_now",
            Self::Gone => "gone",
            Self::NoLongerApplies => "no_longer_applies",
            Self::NowApplies => "now_applies",
            Self::Waived => "waived",
            Self::Better => "better",
            Self::Same => "same",
        }
    }

    /// What it means, for the legend of a report.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Worse => "fails now and did not before",
            Self::WaiverEnded => "still fails, and no waiver in force covers it any more",
            Self::Blind => "was known and cannot be told any more; not a pass",
            Self::SeenAgain => "was unknown and is known now",
            Self::New => "the resource or the rule is new",
            Self::NotJudgedBefore => "judged now; the earlier assessment did not look there",
            Self::NotJudgedNow => "judged before; the later assessment did not look there",
            Self::Gone => "looked for and not there any more",
            Self::NoLongerApplies => "the rule does not speak of it any more; not a pass",
            Self::NowApplies => "the rule speaks of it now, and it passes",
            Self::Waived => "still fails, and a waiver in force covers it now",
            Self::Better => "passes now and failed before",
            Self::Same => "as before",
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a pair stands on one side only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The resource came, or went.
    Resource,
    /// The resource is there on both sides; the rule came, or went.
    Rule,
    /// The list it would stand in could not be read, or not to its end.
    List,
    /// That assessment stopped at its deadline, or not all of its verdicts are kept any more.
    InPart,
    /// That account or region was not looked at.
    Place,
    /// No rule in force then judged this resource type, and the catalog was another one.
    Catalog,
    /// Only some rules were selected for that assessment, and this one did not judge anything.
    Selection,
}

impl Because {
    /// In words, for the side that has no verdict.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "the resource came or went",
            Self::Rule => "the rule came or went, not the resource",
            Self::List => "its list could not be read",
            Self::InPart => "that assessment is there in part only",
            Self::Place => "its account or region was not looked at",
            Self::Catalog => "no rule judged its type, and the catalog was another one",
            Self::Selection => "only some rules were selected then, and not this one",
        }
    }
}

/// One pair of rule and resource, as two assessments have it. At least one of them does.
#[derive(Debug, Clone, Copy)]
pub struct Changed<'a> {
    /// As it was.
    pub before: Option<&'a Evaluation>,
    /// As it is.
    pub after: Option<&'a Evaluation>,
    /// How it is, or else how it was last: what to show of the pair.
    pub latest: &'a Evaluation,
    /// What that means.
    pub change: Change,
    /// Why it stands on one side only. `None` when it stands on both.
    pub because: Option<Because>,
}

impl Changed<'_> {
    /// Whether the text of the rule is another one than before. Then the rule may have changed and not the
    /// resource.
    #[must_use]
    pub fn is_other_rule(&self) -> bool {
        matches!((self.before, self.after), (Some(before), Some(after)) if before.rule.hash != after.rule.hash)
    }

    /// Whether it fails now, accepted by nobody, and was not known to before: got worse, new, seen again,
    /// judged for the first time, or its waiver has ended. What somebody should be told.
    #[must_use]
    pub fn fails_anew(&self) -> bool {
        let fails = |side: Option<&Evaluation>| {
            side.is_some_and(|evaluation| evaluation.verdict() == Verdict::Fail && !evaluation.is_waived())
        };
        fails(self.after) && !fails(self.before)
    }
}

/// What two verdicts on one pair mean.
fn between(before: &Evaluation, after: &Evaluation) -> Change {
    use Verdict::{Fail, NotApplicable, Pass, Unknown};
    match (before.verdict(), after.verdict()) {
        (Fail, Fail) => match (before.is_waived(), after.is_waived()) {
            (false, true) => Change::Waived,
            (true, false) => Change::WaiverEnded,
            (true, true) | (false, false) => Change::Same,
        },
        (Pass, Pass) | (NotApplicable, NotApplicable) | (Unknown(_), Unknown(_)) => Change::Same,
        (Pass | NotApplicable, Fail) => Change::Worse,
        (Fail, Pass) => Change::Better,
        (Pass | Fail | NotApplicable, Unknown(_)) => Change::Blind,
        (Unknown(_), Pass | Fail | NotApplicable) => Change::SeenAgain,
        (Pass | Fail, NotApplicable) => Change::NoLongerApplies,
        (NotApplicable, Pass) => Change::NowApplies,
    }
}

#[cfg(test)]
pub(crate) use tests::verdict as sample_verdict;

#[cfg(test)]
mod tests;
