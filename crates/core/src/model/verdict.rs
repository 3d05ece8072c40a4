//! What a rule says of a resource.

use serde::{Deserialize, Serialize};

/// A judgement. `Unknown` is not `Pass`: what we could not see we have not proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The resource is in the wanted state.
    Pass,
    /// It is not.
    Fail,
    /// The rule does not speak of this resource.
    NotApplicable,
    /// It could not be told, for this reason.
    Unknown(String),
}

impl Verdict {
    /// The machine name: `pass`, `fail`, `not_applicable` or `unknown`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "not_applicable",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// How many of each verdict. A percentage is never shown without these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Passes.
    pub compliant: u64,
    /// Fails, waived ones included.
    pub non_compliant: u64,
    /// What could not be told.
    pub unknown: u64,
    /// What the rules do not speak of.
    pub not_applicable: u64,
    /// How many of `non_compliant` a waiver in force covers.
    pub waived: u64,
}

impl Counts {
    /// Counts one verdict.
    pub fn add(&mut self, verdict: &Verdict, waived: bool) {
        match verdict {
            Verdict::Pass => self.compliant += 1,
            Verdict::Fail => {
                self.non_compliant += 1;
                self.waived += u64::from(waived);
            }
            Verdict::NotApplicable => self.not_applicable += 1,
            Verdict::Unknown(_) => self.unknown += 1,
        }
    }

    /// All verdicts.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.compliant + self.non_compliant + self.unknown + self.not_applicable
    }

    /// What was judged: everything but `NotApplicable`.
    #[must_use]
    pub fn judged(&self) -> u64 {
        self.compliant + self.non_compliant + self.unknown
    }

    /// compliant / (compliant + non-compliant + unknown), in percent, to one decimal and rounded down,
    /// so that 100 means all. `None` when nothing was judged.
    #[must_use]
    pub fn compliance_percentage(&self) -> Option<f64> {
        let judged = self.judged();
        #[expect(clippy::cast_precision_loss, reason = "a per-mille value is at most 1000")]
        (judged > 0).then(|| (u128::from(self.compliant) * 1000 / u128::from(judged)) as f64 / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_counts_against_and_not_applicable_does_not() {
        let mut counts = Counts::default();
        for verdict in [Verdict::Pass, Verdict::Pass, Verdict::Fail, Verdict::NotApplicable] {
            counts.add(&verdict, verdict == Verdict::Fail);
        }
        assert_eq!(counts.compliance_percentage(), Some(66.6));
        counts.add(&Verdict::Unknown("denied".to_owned()), false);
        assert_eq!(counts.compliance_percentage(), Some(50.0));
        assert_eq!((counts.total(), counts.judged(), counts.waived), (5, 4, 1));
        assert_eq!(Counts::default().compliance_percentage(), None);
    }

    #[test]
    fn only_everything_is_a_hundred_percent() {
        let counts = Counts { compliant: 99_999, non_compliant: 1, ..Counts::default() };
        assert_eq!(counts.compliance_percentage(), Some(99.9));
    }
}
