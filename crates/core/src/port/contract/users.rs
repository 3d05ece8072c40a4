//! [`Users`] keeps every scan and knows the latest of each account.

use super::samples::{far, user};
use crate::port::Users;

/// Holds for every user store.
pub async fn users(store: &dyn Users) {
    let (early, late) = ("2026-11-21T00:00:00Z", "2026-11-22T00:00:00.25Z");
    let (ours, theirs) = ("111122223333", "444455556666");
    store.put(&[user(ours, "anna", early), user(ours, "gone", early)], far()).await.unwrap();
    store.put(&[user(theirs, "anna", early)], far()).await.unwrap();
    store.put(&[user(ours, "anna", late)], far()).await.unwrap();
    store.put(&[user(ours, "anna", late)], far()).await.unwrap();

    let latest = store.latest(None, 10).await.unwrap();
    let expect = [user(ours, "anna", late), user(theirs, "anna", early)];
    assert_eq!(latest.items, expect, "same names in two accounts stay apart; who is gone is gone");
    let first = store.latest(None, 1).await.unwrap();
    assert_eq!(store.latest(first.next.as_deref(), 1).await.unwrap().items, expect[1..]);
    let history = store.history(&format!("{ours}/anna")).await.unwrap();
    assert_eq!(history, [user(ours, "anna", early), user(ours, "anna", late)], "oldest first, none twice");
    assert_eq!(store.history(&format!("{ours}/gone")).await.unwrap().len(), 1, "history remembers");
}
