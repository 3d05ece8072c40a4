//! [`Users`] keeps every scan and knows the latest of each account.

use super::samples::{account, at, far, user};
use crate::port::{Scan, Scanned, Users};

/// Holds for every user store.
pub async fn users(store: &dyn Users) {
    let (early, late) = ("2026-11-21T00:00:00Z", "2026-11-22T00:00:00.25Z");
    let (ours, theirs) = ("111122223333", "444455556666");
    store.put(&[user(ours, "anna", early), user(ours, "gone", early)], far()).await.unwrap();
    let unwritten = store.put(&[user(theirs, "anna", early)], far()).await.unwrap();
    assert!(unwritten.is_empty());
    let scanned = async |owner: &str, at_time: &str| {
        store.scanned(&account(owner), &crate::model::rfc3339_nanos(at(at_time)), true).await.unwrap();
    };
    assert!(
        store.latest(None, 10).await.unwrap().items.is_empty(),
        "a scan that is not over is not the latest"
    );
    scanned(ours, early).await;
    scanned(theirs, early).await;
    assert_eq!(store.latest(None, 10).await.unwrap().items.len(), 3);
    store.put(&[user(ours, "anna", late)], far()).await.unwrap();
    store.put(&[user(ours, "anna", late)], far()).await.unwrap();
    scanned(ours, late).await;
    scanned(ours, early).await;

    let latest = store.latest(None, 10).await.unwrap();
    let expect = [user(ours, "anna", late), user(theirs, "anna", early)];
    assert_eq!(latest.items, expect, "same names in two accounts stay apart; who is gone is gone");
    let time = |text: &str| crate::model::rfc3339_nanos(at(text));
    let over = |text: &str, complete: bool| Scanned { timestamp: time(text), complete };
    let scan = |owner: &str, latest: Scanned, previous: Option<Scanned>| Scan {
        account: account(owner),
        latest,
        previous,
    };
    assert_eq!(
        store.scans().await.unwrap(),
        [scan(ours, over(late, true), Some(over(early, true))), scan(theirs, over(early, true), None)]
    );
    store.scanned(&account(ours), &time(late), false).await.unwrap();
    let all = store.scans().await.unwrap();
    assert_eq!(all[0], scan(ours, over(late, false), Some(over(early, true))), "the last word counts");
    let before = async |after: Option<&str>, limit: usize| {
        store.of_scan(&account(ours), &time(early), after, limit).await.unwrap()
    };
    let all = [user(ours, "anna", early), user(ours, "gone", early)];
    assert_eq!(before(None, 10).await.items, all, "the scan before is still there");
    let page = before(None, 1).await;
    assert_eq!(before(page.next.as_deref(), 1).await.items, all[1..]);
    let first = store.latest(None, 1).await.unwrap();
    assert_eq!(store.latest(first.next.as_deref(), 1).await.unwrap().items, expect[1..]);
    let history = store.history(&format!("{ours}/anna")).await.unwrap();
    assert_eq!(history, [user(ours, "anna", early), user(ours, "anna", late)], "oldest first, none twice");
    assert_eq!(store.history(&format!("{ours}/gone")).await.unwrap().len(), 1, "history remembers");
    scanned(theirs, late).await;
    assert_eq!(
        store.latest(None, 10).await.unwrap().items,
        expect[..1],
        "an account may have no users any more"
    );
}
