//! [`Notifier`] tells a message as a whole, and refuses it as a whole.

use serde_json::{Value, json};

use super::samples::message;
use crate::port::Notifier;

/// Holds for every notifier. `received` gives the bodies that have arrived since it was last asked, each once.
pub async fn notifier(notifier: &dyn Notifier, mut received: impl AsyncFnMut() -> Vec<Value>) {
    let first = message("one");
    notifier.notify(&first).await.unwrap();
    assert_eq!(received().await, std::slice::from_ref(&first.body));

    // The worst of what fits: everything in it has to be escaped where it is put into other JSON.
    let mut largest = message("largest");
    largest.text = "\n".repeat(notifier.most_bytes().min(10_000_000) / 2);
    let empty = json!({ "padding": "" }).to_string().len();
    let room = notifier.most_bytes().min(10_000_000) - largest.text.len() - empty;
    // A quotation mark is two bytes in the body already.
    largest.body = json!({ "padding": "\"".repeat(room / 2) });
    assert!(largest.bytes() <= notifier.most_bytes());
    notifier.notify(&largest).await.unwrap();
    assert_eq!(received().await, [largest.body], "what fits arrives whole");

    assert!(!notifier.place().is_empty());
    assert!(received().await.is_empty());
}
