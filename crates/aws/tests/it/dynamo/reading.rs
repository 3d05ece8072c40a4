//! Reading in pieces: pages, keys left over, and answers that never end.

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
        // One user at a time; the last one is not there any more.
        let wanted = &body["RequestItems"]["inventory"];
        assert_eq!(wanted["ConsistentRead"], true, "{wanted}");
        let keys = wanted["Keys"].as_array().unwrap();
        let name = keys[0]["user_name"]["S"].as_str().unwrap().rsplit('/').next().unwrap();
        let found: Vec<Value> = if name == "c" { Vec::new() } else { vec![item_of(name)] };
        let left = if keys.len() > 1 { json!({ "inventory": { "Keys": &keys[1..] } }) } else { json!({}) };
        Reply::json(200, &json!({ "Responses": { "inventory": found }, "UnprocessedKeys": left }))
    });
    let page = store(&server).of_scan(&account(), SCAN, None, 10).await.unwrap();
    assert_eq!(page.items, [user("a"), user("b")], "each once and in order");
    assert_eq!(page.next, None);
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
