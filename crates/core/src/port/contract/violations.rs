//! [`Violations`] records a match once, however often it is seen.

use super::samples::{far, violation};
use crate::port::{Recorded, Violations};

/// Holds for every violation store.
pub async fn violations(store: &dyn Violations) {
    let early = violation("rule-one", "event-1", "2026-11-22T00:00:00Z");
    let late = violation("rule-one", "event-2", "2026-11-22T01:00:00Z");
    let also = violation("rule-two", "event-1", "2026-11-22T00:00:00Z");
    let record =
        async |run: &str, items: &[crate::model::Violation]| store.record(run, items, far()).await.unwrap();
    assert_eq!(record("run-1", &[late.clone(), early.clone()]).await, [Recorded::New, Recorded::New]);
    assert_eq!(record("run-1", &[also.clone(), early.clone()]).await, [Recorded::New, Recorded::Duplicate]);
    assert_eq!(
        record("run-2", &[early.clone(), early.clone()]).await,
        [Recorded::Again, Recorded::Duplicate],
        "a later run sees it again, and once"
    );
    let all = store.page(None, 10).await.unwrap();
    assert_eq!(all.next, None);
    assert_eq!(all.items.len(), 3, "kept once");
    assert_eq!(all.items[2], late, "in order of event time, as put");
    assert!(all.items[..2].contains(&early) && all.items[..2].contains(&also));
    let first = store.page(None, 2).await.unwrap();
    assert_eq!(store.page(first.next.as_deref(), 2).await.unwrap().items, [late]);
}
