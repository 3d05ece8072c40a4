//! [`Evaluations`] keeps every verdict apart by resource, rule and time.

use super::samples::{evaluation, evaluation_in, far};
use crate::port::Evaluations;

const EARLY: &str = "2026-11-22T00:00:00Z";
const LATE: &str = "2026-11-22T06:00:00Z";

/// Holds for every history.
pub async fn evaluations(store: &dyn Evaluations) {
    let a = "arn:aws:s3:::a";
    // The same bucket name in the shape of two accounts' ARNs, two rules, two times.
    let first = [
        evaluation(a, "rule-one", EARLY, "run-1"),
        evaluation(a, "rule-two", EARLY, "run-1"),
        evaluation("arn:aws:rds:eu-central-1:111122223333:db:x", "rule-one", EARLY, "run-1"),
        evaluation("arn:aws:rds:eu-central-1:444455556666:db:x", "rule-one", EARLY, "run-1"),
        // An ARN that names no account, seen in two; and one that holds what cursors are made of.
        evaluation_in("444455556666", a, "rule-one", EARLY, "run-1"),
        evaluation("arn:z\n\"[,", "rule-one", EARLY, "run-1"),
    ];
    store.put(&first, far()).await.unwrap();
    store.put(&[evaluation(a, "rule-one", LATE, "run-2")], far()).await.unwrap();
    store.put(&first, far()).await.unwrap();

    let all = store.of_execution("run-1", None, 100).await.unwrap();
    assert_eq!(all.next, None);
    let keys: Vec<_> =
        all.items.iter().map(|item| (item.resource_id.as_str(), item.rule.id.as_str())).collect();
    assert_eq!(
        keys,
        [
            ("arn:aws:rds:eu-central-1:111122223333:db:x", "rule-one"),
            ("arn:aws:rds:eu-central-1:444455556666:db:x", "rule-one"),
            (a, "rule-one"),
            (a, "rule-one"),
            (a, "rule-two"),
            ("arn:z\n\"[,", "rule-one"),
        ],
        "two rules and two accounts never overwrite each other, and nothing is kept twice"
    );
    assert_eq!(all.items[2], first[0], "what is read is what was put");

    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let page = store.of_execution("run-1", after.as_deref(), 1).await.unwrap();
        paged.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, all.items, "pages of one give the same list");

    let history = store.history(a, None, 100).await.unwrap().items;
    let times: Vec<_> = history.iter().map(|item| item.evaluation_timestamp.as_str()).collect();
    assert_eq!(times.len(), 4);
    assert!(times.is_sorted(), "oldest first");
    assert!(store.of_execution("run-9", None, 10).await.unwrap().items.is_empty());
}
