//! [`Outbox`] loses no message and remembers which were sent.

use super::samples::{at, far, message};
use crate::port::{Outbox, Outgoing, Told};

fn outgoing(id: &str, found_at: &str) -> Outgoing {
    let message = message(id);
    let execution_id = "run-1".to_owned();
    Outgoing { schema: Outgoing::SCHEMA, found_at: at(found_at), execution_id, message }
}

/// Holds for every outbox.
pub async fn outbox(store: &dyn Outbox) {
    let early = outgoing("b", "2026-11-22T00:00:00Z");
    let late = outgoing("a", "2026-11-22T06:00:00.5Z");
    let later = outgoing("c", "2026-11-22T06:00:00.5Z");
    assert!(store.pending().await.unwrap().is_empty());
    store.add(&[], far()).await.unwrap();
    store.add(&[later.clone(), late.clone()], far()).await.unwrap();
    store.add(std::slice::from_ref(&early), far()).await.unwrap();
    assert_eq!(store.pending().await.unwrap(), [early.clone(), late.clone(), later.clone()]);

    store.sent(&late).await.unwrap();
    store.sent(&late).await.unwrap();
    assert_eq!(store.pending().await.unwrap(), [early.clone(), later.clone()]);

    let mut other = early.clone();
    other.message.subject = "another".to_owned();
    store.add(&[other, late.clone(), outgoing("d", "2026-11-22T12:00:00Z")], far()).await.unwrap();
    let pending = store.pending().await.unwrap();
    assert_eq!(pending[..2], [early.clone(), later.clone()], "what waits stays as it is");
    assert_eq!(pending.len(), 3, "what was sent does not wait again");

    let ids = ["a", "nobody", "b"].map(str::to_owned);
    assert_eq!(store.known(&ids).await.unwrap(), ["a", "b"]);
    assert!(store.known(&[]).await.unwrap().is_empty());

    let mut large = outgoing("large", "2026-11-23T00:00:00Z");
    large.message.text = "x\n".repeat(120_000);
    store.add(std::slice::from_ref(&large), far()).await.unwrap();
    assert_eq!(store.pending().await.unwrap().last(), Some(&large));

    assert_eq!(store.told("all").await.unwrap(), None);
    let told = Told { schema: Told::SCHEMA, complete: Some("run-1".to_owned()), partial: Vec::new() };
    store.put_told("all", &told).await.unwrap();
    let told = Told { partial: vec!["run-2".to_owned()], ..told };
    store.put_told("all", &told).await.unwrap();
    assert_eq!(store.told("all").await.unwrap(), Some(told));
    assert_eq!(store.told("other").await.unwrap(), None);
}
