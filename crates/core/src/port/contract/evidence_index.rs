//! [`EvidenceIndex`] knows what is referred to, and retention ends when it says.

use super::samples::{at, evaluation, far, user, violation};
use crate::model::Digest;
use crate::port::{Evaluations, EvidenceIndex, Users, Violations};

/// Holds for every store.
pub async fn evidence_index<S: EvidenceIndex + Evaluations + Users + Violations>(store: &S) {
    let soon = at("2026-12-01T00:00:00Z");
    let time = "2026-11-22T00:00:00Z";
    Evaluations::put(store, &[evaluation("arn:aws:s3:::a", "rule-one", time, "run-1")], soon).await.unwrap();
    Evaluations::put(store, &[evaluation("arn:aws:s3:::b", "rule-one", time, "run-1")], far()).await.unwrap();
    Users::put(store, &[user("111122223333", "anna", time)], soon).await.unwrap();
    store.record("run-1", &[violation("rule-one", "event-1", time)], soon).await.unwrap();
    // The same evidence, kept longer by another item.
    store.record("run-1", &[violation("rule-two", "event-1", time)], far()).await.unwrap();

    let digests = |items: Vec<crate::port::EvidenceReference>| {
        items.into_iter().map(|item| item.digest).collect::<Vec<_>>()
    };
    let mut expect: Vec<_> = ["arn:aws:s3:::a", "arn:aws:s3:::b", "anna", "event-1"]
        .map(|text| Digest::of(text.as_bytes()))
        .into();
    expect.sort_unstable();
    assert_eq!(digests(EvidenceIndex::page(store, None, 100).await.unwrap().items), expect);
    let first = EvidenceIndex::page(store, None, 2).await.unwrap();
    let second = EvidenceIndex::page(store, first.next.as_deref(), 2).await.unwrap();
    assert_eq!(digests([first.items, second.items].concat()), expect, "pages give the same list");

    assert!(store.expire(at("2026-11-30T00:00:00Z")).await.unwrap().is_empty(), "nothing has expired yet");
    let mut forgotten = store.expire(soon).await.unwrap();
    forgotten.sort_unstable();
    let mut gone = vec![Digest::of(b"arn:aws:s3:::a"), Digest::of(b"anna")];
    gone.sort_unstable();
    assert_eq!(forgotten, gone, "what nothing refers to any more is named, what something does is not");
    assert!(
        Evaluations::history(store, "arn:aws:s3:::a", None, 10).await.unwrap().items.is_empty(),
        "expired items are gone"
    );
    assert_eq!(Evaluations::history(store, "arn:aws:s3:::b", None, 10).await.unwrap().items.len(), 1);
    assert!(store.latest(None, 10).await.unwrap().items.is_empty());
    assert_eq!(Violations::page(store, None, 10).await.unwrap().items.len(), 1);
    assert!(store.expire(soon).await.unwrap().is_empty(), "expiring again finds nothing");
}
