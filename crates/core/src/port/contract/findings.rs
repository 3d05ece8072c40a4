//! What every hub of findings must do.

use super::samples::evaluation;
use crate::port::{FindingHub, Imported};
use crate::render::{RuleTexts, Standing, asff, home_region};

/// Every finding is taken or accounted for, as often as it is handed over.
pub async fn finding_hub(hub: &dyn FindingHub) {
    assert_eq!(hub.import(Vec::new()).await.unwrap(), Imported::default());
    let findings = |count: usize| -> Vec<_> {
        let evaluations = (0..count)
            .map(|number| evaluation(&format!("arn:aws:s3:::b{number}"), "a", "2026-11-22T00:00:00Z", "r1"));
        evaluations
            .map(|it| {
                let home = hub.home_region().unwrap_or_else(|| home_region(&it)).to_owned();
                asff(&it, &RuleTexts::default(), &home, Standing::Open)
            })
            .collect()
    };
    for count in [1, 100, 101, 250, 250] {
        let imported = hub.import(findings(count)).await.unwrap();
        assert_eq!((imported.taken, imported.not_taken), (count as u64, Vec::new()));
    }
}
