//! Exit codes: 0 done, 1 something at or above `--fail-on`, 2 could not run, 3 done in part.

use std::process::ExitCode;

use provost_core::model::Severity;

/// How a command ended. When several things are true, 2 goes before 3 and 3 before 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Exit {
    could_not_run: bool,
    in_part: bool,
    found: bool,
}

impl Exit {
    /// 0.
    pub(crate) fn done() -> Self {
        Self::default()
    }

    /// 2.
    pub(crate) fn could_not_run() -> Self {
        Self { could_not_run: true, ..Self::default() }
    }

    /// 3 unless everything was looked at.
    pub(crate) fn complete(complete: bool) -> Self {
        Self { in_part: !complete, ..Self::default() }
    }

    /// 1 when the worst that was found is at or above the threshold.
    pub(crate) fn found(worst: Option<Severity>, threshold: Option<Severity>) -> Self {
        let found = threshold.is_some_and(|threshold| worst.is_some_and(|worst| worst >= threshold));
        Self { found, ..Self::default() }
    }

    /// 1 whatever the threshold: evidence is missing or changed.
    pub(crate) fn evidence_unsound() -> Self {
        Self { found: true, ..Self::default() }
    }

    /// 1 unless the answer is yes: a request is allowed, a change gains nothing, a test passes.
    pub(crate) fn answered(yes: bool) -> Self {
        Self { found: !yes, ..Self::default() }
    }

    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            could_not_run: self.could_not_run || other.could_not_run,
            in_part: self.in_part || other.in_part,
            found: self.found || other.found,
        }
    }

    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self.number())
    }

    /// The exit code.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self { could_not_run: true, .. } => 2,
            Self { in_part: true, .. } => 3,
            Self { found: true, .. } => 1,
            Self { .. } => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_before_three_before_one() {
        let found = Exit::found(Some(Severity::High), Some(Severity::High));
        let partly = Exit::complete(false);
        let code = |exit: Exit| format!("{:?}", exit.code());
        let expect = |number: u8| format!("{:?}", ExitCode::from(number));
        assert_eq!(code(Exit::done()), expect(0));
        assert_eq!(code(found), expect(1));
        assert_eq!(code(found.and(partly)), expect(3));
        assert_eq!(code(found.and(partly).and(Exit::could_not_run())), expect(2));
        assert_eq!(code(Exit::found(Some(Severity::Medium), Some(Severity::High))), expect(0));
        assert_eq!(code(Exit::found(Some(Severity::Critical), None)), expect(0));
    }
}
