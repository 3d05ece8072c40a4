//! [`RuleResults`] keeps the latest verdict of each resource, and none of what does not apply.

use super::samples::at;
use crate::config_rule::RuleResult;
use crate::model::{AccountId, Resource, Verdict};
use crate::port::RuleResults;

const EARLY: &str = "2026-11-22T00:00:00Z";
const LATE: &str = "2026-11-22T06:00:00Z";

fn result(id: &str, verdict: &Verdict, time: &str) -> RuleResult {
    let resource = Resource {
        resource_type: "AWS::S3::Bucket".to_owned(),
        id: format!("arn:aws:s3:::{id}"),
        account: AccountId::parse("111122223333").unwrap(),
        region: "global".to_owned(),
        document: serde_json::json!({"Name": id}),
        unread: Vec::new(),
        evidence: Vec::new(),
        seen_at: at(time),
    };
    let named = ("AWS::S3::Bucket".to_owned(), id.to_owned());
    RuleResult::of(named, &resource, verdict, "because", None, at(time))
}

/// Holds for every place of verdicts, for one event of a rule of this name that has none yet.
pub async fn rule_results(results: &dyn RuleResults, rule: &str) {
    let known = async || {
        let mut known = results.known(rule).await.unwrap();
        known.sort();
        known.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    };
    assert!(results.put(&[]).await.unwrap().is_empty(), "no results are an answer");
    assert!(known().await.is_empty());

    // More than one call of AWS takes.
    let many: Vec<RuleResult> =
        (0..250).map(|number| result(&format!("b{number:03}"), &Verdict::Pass, EARLY)).collect();
    assert!(results.put(&many).await.unwrap().is_empty(), "all are taken");
    assert_eq!(known().await.len(), 250);

    let gone: Vec<RuleResult> =
        (2..250).map(|number| result(&format!("b{number:03}"), &Verdict::NotApplicable, LATE)).collect();
    assert!(results.put(&gone).await.unwrap().is_empty());
    assert_eq!(known().await, ["b000", "b001"], "what does not apply is dropped");

    let failed = result("b000", &Verdict::Fail, LATE);
    assert!(results.put(std::slice::from_ref(&failed)).await.unwrap().is_empty());
    assert!(results.put(&[failed]).await.unwrap().is_empty(), "an answer may be repeated");
    assert_eq!(known().await, ["b000", "b001"]);
}
