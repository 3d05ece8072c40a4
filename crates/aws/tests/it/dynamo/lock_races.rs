//! Locks under a race, and what a condition that fails tells.

use std::sync::{Arc, Mutex};

use provost_core::port::{Acquired, Lock, Locks as _, PortError};
use provost_testbed::{FaultServer, Reply, Request};
use serde_json::{Value, json};

use super::{at, store};

/// A table of one lock, as DynamoDB would keep it: the condition is looked at and the item written in one.
#[derive(Default)]
struct LockTable {
    item: Option<Value>,
}

impl LockTable {
    fn answer(&mut self, request: &Request) -> Reply {
        let body = request.json();
        let value =
            |name: &str| body["ExpressionAttributeValues"][name]["S"].as_str().unwrap_or_default().to_owned();
        let held = self.item.clone();
        let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap().to_owned();
        match request.operation().as_str() {
            "PutItem" => {
                assert_eq!(body["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
                let is_free = held.as_ref().is_none_or(|held| {
                    text(held, "execution_id") == value(":holder")
                        || text(held, "expires_at") <= value(":now")
                });
                if is_free {
                    self.item = Some(body["Item"].clone());
                    return Reply::json(200, &json!({}));
                }
                not_met(held)
            }
            "DeleteItem" => {
                if held.is_some_and(|held| text(&held, "execution_id") == value(":holder")) {
                    self.item = None;
                    return Reply::json(200, &json!({}));
                }
                not_met(None)
            }
            other => panic!("{other} is not asked for"),
        }
    }
}

/// The answer of a condition that does not hold, with the item that is there.
fn not_met(item: Option<Value>) -> Reply {
    let mut body =
        json!({ "__type": "ConditionalCheckFailedException", "message": "The conditional request failed" });
    if let Some(item) = item {
        body["Item"] = item;
    }
    Reply::json(400, &body)
}

fn lock(holder: &str) -> Lock {
    Lock { name: "collect/all".to_owned(), holder: holder.to_owned(), expires_at: at("2026-11-22T00:10:00Z") }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn of_many_that_try_at_once_one_succeeds() {
    let table = Mutex::new(LockTable::default());
    let server = FaultServer::start(move |request| table.lock().unwrap().answer(request));
    let stores = [Arc::new(store(&server)), Arc::new(store(&server))];
    let now = at("2026-11-22T00:00:00Z");
    let stale = at("2026-11-22T00:10:00Z");
    let mut holders = Vec::new();
    for now in [now, stale] {
        let tries: Vec<_> = (0..40)
            .map(|number| {
                let store = Arc::clone(&stores[number % 2]);
                let mut wanted = lock(&format!("{now}-{number}"));
                wanted.expires_at = now.saturating_add(jiff::SignedDuration::from_mins(10)).unwrap();
                tokio::spawn(
                    async move { (wanted.holder.clone(), store.acquire(&wanted, now).await.unwrap()) },
                )
            })
            .collect();
        let mut winners = Vec::new();
        let mut told = Vec::new();
        for each in tries {
            match each.await.unwrap() {
                (holder, Acquired::Yes) => winners.push(holder),
                (_, Acquired::Held(held)) => told.push(held.holder),
            }
        }
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert!(told.iter().all(|holder| *holder == winners[0]), "everybody else hears who");
        holders.extend(winners);
    }
    let requests = server.count();
    assert_eq!(requests, 80, "a lock costs one request");
    stores[0].release("collect/all", &holders[0]).await.unwrap();
    let other = stores[0].acquire(&lock("other"), stale).await.unwrap();
    assert!(
        matches!(other, Acquired::Held(held) if held.holder == holders[1]),
        "it was not the first one's any more"
    );
    stores[1].release("collect/all", &holders[1]).await.unwrap();
    assert_eq!(stores[0].acquire(&lock("other"), stale).await.unwrap(), Acquired::Yes);
}

fn held_by(holder: &str, until: &str) -> Value {
    json!({ "execution_id": { "S": holder }, "expires_at": { "S": until } })
}

async fn acquire(replies: Vec<Reply>) -> (Result<Acquired, PortError>, Vec<String>) {
    let server = FaultServer::scripted(replies);
    let acquired = store(&server).acquire(&lock("me"), at("2026-11-22T00:00:00Z")).await;
    (acquired, server.requests().iter().map(Request::operation).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_is_not_shown_is_looked_up() {
    let item = json!({ "Item": held_by("they", "2026-11-22T00:05:00Z") });
    let (acquired, operations) = acquire(vec![not_met(None), Reply::json(200, &item)]).await;
    assert!(matches!(acquired, Ok(Acquired::Held(held)) if held.holder == "they"));
    assert_eq!(operations, ["PutItem", "GetItem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_vanished_is_tried_again() {
    let nothing = Reply::json(200, &json!({}));
    let replies = vec![not_met(None), nothing.clone(), not_met(None), nothing];
    let (acquired, operations) = acquire(replies).await;
    assert_eq!(acquired.unwrap(), Acquired::Yes);
    assert_eq!(operations, ["PutItem", "GetItem", "PutItem", "GetItem", "PutItem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_always_stale_and_never_given_ends_in_an_error() {
    let stale = not_met(Some(held_by("they", "2020-01-01T00:00:00Z")));
    let server = FaultServer::start(move |_| stale.clone());
    let error = store(&server).acquire(&lock("me"), at("2026-11-22T00:00:00Z")).await.unwrap_err();
    assert!(matches!(error, PortError::Unavailable { .. }), "{error}");
    assert_eq!(server.count(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_nobody_can_read_says_what_to_do() {
    let (acquired, _) = acquire(vec![not_met(Some(json!({ "execution_id": { "S": "they" } })))]).await;
    let error = acquired.unwrap_err();
    assert!(matches!(error, PortError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("remove the item `#lock/collect/all`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_item_says_who_when_and_until() {
    let server = FaultServer::scripted([]);
    store(&server).acquire(&lock("me"), at("2026-11-22T00:00:00Z")).await.unwrap();
    let put = server.requests()[0].json();
    let day_later = at("2026-11-23T00:10:00Z").as_second().to_string();
    let expect = json!({
        "user_name": { "S": "#lock/collect/all" },
        "scan_timestamp": { "S": "lock" },
        "execution_id": { "S": "me" },
        "locked_at": { "S": "2026-11-22T00:00:00.000000000Z" },
        "expires_at": { "S": "2026-11-22T00:10:00.000000000Z" },
        "ttl": { "N": day_later },
    });
    assert_eq!(put["Item"], expect);
}
