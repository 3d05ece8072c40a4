//! The outbox: a message that is known already, transactions that meet, a table that takes nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

use provost_core::port::{Message, Outbox as _, Outgoing};
use provost_testbed::{FaultServer, Reply};
use serde_json::{Value, json};

use super::{at, far, store};

fn outgoing(id: &str) -> Outgoing {
    let message = Message {
        id: id.to_owned(),
        subject: "[HIGH] s3-encryption: 1 resource became non-compliant".to_owned(),
        text: "secret-text".to_owned(),
        body: json!({ "kind": "non-compliant" }),
        attributes: [("kind".to_owned(), "non-compliant".to_owned())].into(),
    };
    let found_at = at("2026-11-22T00:00:00Z");
    Outgoing { schema: Outgoing::SCHEMA, found_at, execution_id: "run-1".to_owned(), message }
}

fn cancelled(reasons: [&str; 2]) -> Reply {
    let codes: Vec<Value> = reasons.iter().map(|code| json!({ "Code": code })).collect();
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        reasons.join(", ")
    );
    let body =
        json!({ "__type": "TransactionCanceledException", "message": message, "CancellationReasons": codes });
    Reply::json(400, &body)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_leaves_a_known_message_alone_and_waits_for_other_transactions() {
    let tries = AtomicUsize::new(0);
    let server = FaultServer::start(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
        0 => cancelled(["ConditionalCheckFailed", "None"]),
        1 => cancelled(["TransactionConflict", "None"]),
        _ => Reply::json(200, &json!({})),
    });
    store(&server).add(&[outgoing("known"), outgoing("new")], far()).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 3, "the known one once, the new one again");
    let steps = requests[2].json();
    let put = |step: usize| &steps["TransactItems"][step]["Put"];
    assert_eq!(put(0)["Item"]["user_name"]["S"], "#message/new");
    assert_eq!(put(0)["ConditionExpression"], "attribute_not_exists(user_name)");
    assert_eq!(put(1)["Item"]["user_name"]["S"], "#pending");
    assert!(put(1)["Item"].get("ttl").is_none(), "what is not sent waits however long it takes");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_that_is_denied_says_so_and_repeats_no_message() {
    let server = FaultServer::start(|request| {
        Reply::aws_error(request, 400, "AccessDeniedException", "not authorized to perform: dynamodb:PutItem")
    });
    let store = store(&server);
    let added = store.add(&[outgoing("one")], far()).await.unwrap_err().to_string();
    assert!(added.contains("inventory") && added.contains("dynamodb:PutItem"), "{added}");
    assert!(!added.contains("secret-text"), "{added}");
    assert!(store.pending().await.is_err() && store.told("all").await.is_err());
    assert!(store.sent(&outgoing("one")).await.is_err());
}
