//! Which verdicts a report shows. Whatever is left out by a filter, the report says that one is on.

use crate::model::{AccountId, Evaluation, Severity, glob};

/// Conditions on a verdict; all that are given must hold, and of the values of one any. The empty filter takes
/// everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The rule's id; `*` and `?` stand for what they always do: `s3-*`.
    pub rules: Vec<String>,
    /// The account.
    pub accounts: Vec<AccountId>,
    /// At least this severe.
    pub severity: Option<Severity>,
    /// The region, or `global`.
    pub regions: Vec<String>,
    /// The verdict: `pass`, `fail`, `unknown`, `not_applicable`.
    pub statuses: Vec<String>,
}

impl Filter {
    /// Whether a verdict meets all conditions.
    #[must_use]
    pub fn takes(&self, evaluation: &Evaluation) -> bool {
        let Self { rules, accounts, severity, regions, statuses } = self;
        (rules.is_empty() || rules.iter().any(|pattern| glob(pattern, &evaluation.rule.id)))
            && (accounts.is_empty() || accounts.contains(&evaluation.account))
            && severity.is_none_or(|least| evaluation.severity >= least)
            && (regions.is_empty() || regions.contains(&evaluation.region))
            && (statuses.is_empty() || statuses.iter().any(|status| status == evaluation.verdict().as_str()))
    }

    /// Whether it leaves anything out.
    #[must_use]
    pub fn is_on(&self) -> bool {
        *self != Self::default()
    }

    /// The conditions in words, `None` when there are none: `rule s3-* · severity high or worse`.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let Self { rules, accounts, severity, regions, statuses } = self;
        let accounts: Vec<String> = accounts.iter().map(ToString::to_string).collect();
        let any = |name: &str, values: &[String]| {
            (!values.is_empty()).then(|| format!("{name} {}", values.join(" or ")))
        };
        let conditions = [
            any("rule", rules),
            any("account", &accounts),
            severity.map(|least| format!("severity {least} or worse")),
            any("region", regions),
            any("status", statuses),
        ];
        let words: Vec<String> = conditions.into_iter().flatten().collect();
        (!words.is_empty()).then(|| words.join(" · "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::sample_verdict;

    #[test]
    fn all_conditions_hold_and_of_each_any_value() {
        let verdict = sample_verdict("fail arn:aws:s3:::a s3-encryption", "run");
        let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let check = |filter: &Filter, expect: bool| assert_eq!(filter.takes(&verdict), expect, "{filter:?}");
        check(&Filter::default(), true);
        check(&Filter { rules: list(&["s3-*"]), ..Filter::default() }, true);
        check(&Filter { rules: list(&["s3"]), ..Filter::default() }, false);
        check(&Filter { statuses: list(&["unknown", "fail"]), ..Filter::default() }, true);
        check(&Filter { statuses: list(&["unknown"]), ..Filter::default() }, false);
        check(&Filter { severity: Some(Severity::High), ..Filter::default() }, true);
        check(&Filter { severity: Some(Severity::Critical), ..Filter::default() }, false);
        check(
            &Filter { regions: list(&["global"]), rules: list(&["s3-encryption"]), ..Filter::default() },
            true,
        );
        check(&Filter { regions: list(&["eu-west-1"]), rules: list(&["s3-*"]), ..Filter::default() }, false);
        let account = AccountId::parse("444455556666").unwrap();
        check(&Filter { accounts: vec![account.clone()], ..Filter::default() }, false);
        let all = Filter {
            rules: list(&["a", "b"]),
            accounts: vec![account],
            severity: Some(Severity::Medium),
            regions: list(&["global"]),
            statuses: list(&["fail"]),
        };
        let words =
            "rule a or b · account 444455556666 · severity medium or worse · region global · status fail";
        assert_eq!(all.words().as_deref(), Some(words));
        assert_eq!((Filter::default().words(), Filter::default().is_on()), (None, false));
    }
}
