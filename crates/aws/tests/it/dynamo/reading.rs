//! Reading in pieces: pages, keys left over, and answers that never end.

use std::sync::atomic::{AtomicUsize, Ordering};

use provost_core::model::AccountId;
use provost_core::port::{PortError, Users as _};
use provost_testbed::{FaultServer, Reply};
use serde_json::{Value, json};

use super::{ACCOUNT, SCAN, store, user};

fn item_of(name: &str) -> Value {
    let user = user(name);
    json!({
        "user_name": { "S": user.user_name },
        "scan_timestamp": { "S": SCAN },
        "item": { "S": serde_json::to_string(&user).unwrap() },
    })
}

fn account() -> AccountId {
    AccountId::parse(ACCOUNT).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_keys_left_over_are_followed() {
    let server = FaultServer::start(|request| {
        let body = request.json();
        assert_eq!(body.get("IndexName"), None, "an index lags behind");
        if request.operation() == "Query" {
            assert_eq!(body["ConsistentRead"], true);
            // The names in three pages, an empty one among them.
            let last = body["ExclusiveStartKey"]["scan_timestamp"]["S"].as_str();
            let (names, next) = match last {
                None => (Some(["a", "c"]), Some("1")),
                Some("1") => (None, Some("2")),
                Some(_) => (Some(["b", "a"]), None),
            };
            let names = names.map(|names| names.map(|name| format!("{ACCOUNT}/{name}")));
            let items: Vec<Value> = names.iter().map(|names| json!({ "names": { "SS": names } })).collect();
            let key = |sort: &str| json!({ "user_name": { "S": "#scan" }, "scan_timestamp": { "S": sort } });
            let mut page = json!({ "Items": items });
            if let Some(next) = next {
                page["LastEvaluatedKey"] = key(next);
            }
            return Reply::json(200, &page);
        }
        // One user at a time.
        let wanted = &body["RequestItems"]["inventory"];
        assert_eq!(wanted["ConsistentRead"], true, "{wanted}");
        let keys = wanted["Keys"].as_array().unwrap();
        let name = keys[0]["user_name"]["S"].as_str().unwrap().rsplit('/').next().unwrap();
        let found = vec![item_of(name)];
        let left = if keys.len() > 1 { json!({ "inventory": { "Keys": &keys[1..] } }) } else { json!({}) };
        Reply::json(200, &json!({ "Responses": { "inventory": found }, "UnprocessedKeys": left }))
    });
    let page = store(&server).of_scan(&account(), SCAN, None, 10).await.unwrap();
    assert_eq!(page.items, [user("a"), user("b"), user("c")], "each once and in order");
    assert_eq!(page.next, None);
}

/// A server of a scan of `a`, `b` and `c`, of whom `b` is not there until it is asked for so many times; the list of
/// names expires at `ttl`.
fn losing_one(until: usize, ttl: &'static str) -> FaultServer {
    let asked = AtomicUsize::new(0);
    FaultServer::start(move |request| {
        let body = request.json();
        if request.operation() == "Query" {
            let names = ["a", "b", "c"].map(|name| format!("{ACCOUNT}/{name}"));
            return Reply::json(
                200,
                &json!({ "Items": [{ "names": { "SS": names }, "ttl": { "N": ttl } }] }),
            );
        }
        let wanted = &body["RequestItems"]["inventory"];
        assert_eq!(wanted["ConsistentRead"], true, "{wanted}");
        let keys = wanted["Keys"].as_array().unwrap();
        let names =
            keys.iter().map(|key| key["user_name"]["S"].as_str().unwrap().rsplit('/').next().unwrap());
        let asked = asked.fetch_add(1, Ordering::SeqCst);
        let found: Vec<Value> = names.filter(|name| *name != "b" || asked >= until).map(item_of).collect();
        Reply::json(200, &json!({ "Responses": { "inventory": found }, "UnprocessedKeys": {} }))
    })
}

// 2100 and 2020; the clock says 2026.
const LATER: &str = "4102444800";
const PAST: &str = "1577836800";

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_is_not_there_is_asked_for_again_and_then_the_scan_is_damaged() {
    let server = losing_one(1, LATER);
    let page = store(&server).of_scan(&account(), SCAN, None, 10).await.unwrap();
    assert_eq!(page.items, [user("a"), user("b"), user("c")]);

    let server = losing_one(usize::MAX, LATER);
    let error = store(&server).of_scan(&account(), SCAN, None, 10).await.unwrap_err();
    assert!(matches!(error, PortError::Damaged { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("1 of the users it lists are not there") && said.contains(SCAN), "{said}");
    assert_eq!(server.count(), 4, "names, users, users again, names again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_whose_retention_has_ended_may_go_before_the_list_that_names_it() {
    let server = losing_one(usize::MAX, PAST);
    let page = store(&server).of_scan(&account(), SCAN, None, 10).await.unwrap();
    assert_eq!(page.items, [user("a"), user("c")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_left_over_for_ever_end_in_an_error() {
    let server = FaultServer::start(|request| {
        if request.operation() == "Query" {
            let names = json!([{ "names": { "SS": [format!("{ACCOUNT}/a")] } }]);
            return Reply::json(200, &json!({ "Items": names }));
        }
        let wanted = request.json()["RequestItems"].clone();
        Reply::json(200, &json!({ "Responses": { "inventory": [] }, "UnprocessedKeys": wanted }))
    });
    let error = store(&server).of_scan(&account(), SCAN, None, 10).await.unwrap_err();
    assert!(error.to_string().contains("too busy"), "{error}");
    assert!(server.count() <= 12, "{}", server.count());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_again_and_again_ends_in_an_error() {
    let server = FaultServer::start(|_| {
        let key = json!({ "user_name": { "S": "a" }, "scan_timestamp": { "S": "b" } });
        Reply::json(200, &json!({ "Items": [], "LastEvaluatedKey": key }))
    });
    let error = store(&server).history("111122223333/a").await.unwrap_err();
    assert!(error.to_string().contains("again and again"), "{error}");
    assert_eq!(server.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_names_is_damaged_and_not_empty() {
    let server = FaultServer::start(|_| Reply::json(200, &json!({ "Items": [{ "ttl": { "N": "1" } }] })));
    let error = store(&server).of_scan(&account(), SCAN, None, 10).await.unwrap_err();
    assert!(matches!(error, PortError::Damaged { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_no_answer_is_not_no_users() {
    for reply in [Reply::html(200), Reply::empty(200), Reply::garbage("nothing")] {
        let server = FaultServer::start(move |_| reply.clone());
        assert!(store(&server).scans().await.is_err());
    }
}
