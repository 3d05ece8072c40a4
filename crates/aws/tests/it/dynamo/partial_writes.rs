//! What the emulator never does: batches taken in part, items refused, tables too busy or not there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use provost_aws::dynamo::DynamoStore;
use provost_core::port::{Clock as _, Evaluations as _, Unwritten, Users as _};
use provost_testbed::{FaultServer, Reply, Request};
use serde_json::{Value, json};

use super::{ACCOUNT, batch, clock, far, history, left_over, store, user, users};
use crate::local_client::client;

/// What was really written: by partition key, the items.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<BTreeMap<String, Vec<Value>>>>);

impl Written {
    fn take(&self, items: &[Value]) {
        let mut written = self.0.lock().unwrap();
        for item in items {
            let key = item["user_name"]["S"].as_str().unwrap().to_owned();
            written.entry(key).or_default().push(item.clone());
        }
    }

    /// The users, each with how often it was written.
    fn users(&self) -> Vec<(String, usize)> {
        let written = self.0.lock().unwrap();
        let users = written.iter().filter(|(key, _)| !key.starts_with('#'));
        users.map(|(key, items)| (key.clone(), items.len())).collect()
    }

    /// The names that are noted as users of the scan.
    fn noted(&self) -> Vec<String> {
        let written = self.0.lock().unwrap();
        let lists = written.iter().filter(|(key, _)| key.starts_with("#scan/")).flat_map(|(_, items)| items);
        let names = lists.flat_map(|item| item["names"]["SS"].as_array().unwrap());
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    }
}

fn is_user(item: &Value) -> bool {
    !item["user_name"]["S"].as_str().unwrap().starts_with('#')
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_unprocessed_is_sent_again() {
    let written = Written::default();
    let kept = written.clone();
    let server = FaultServer::start(move |request| {
        let items = batch(&request.json(), "inventory");
        // Of every batch of users only the first seven are taken.
        let (taken, left) = items.split_at(if is_user(&items[0]) { items.len().min(7) } else { items.len() });
        kept.take(taken);
        Reply::json(200, &left_over(left))
    });
    let clock = clock();
    let start = clock.now();
    let store = DynamoStore::new(client(&server.url()), "inventory", clock.clone());
    let users = users(60);
    assert_eq!(store.put(&users, far()).await.unwrap(), []);
    let expect: Vec<_> = users.iter().map(|user| (user.user_name.clone(), 1)).collect();
    assert_eq!(written.users(), expect, "every user once");
    assert_eq!(written.noted(), expect.into_iter().map(|(name, _)| name).collect::<Vec<_>>());
    // 25, 25 and 10 users, seven at a time, and one list of names.
    assert_eq!(server.count(), 4 + 4 + 2 + 1);
    assert!(clock.now() > start, "it waited in between");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_left_unprocessed_for_ever_is_named_and_the_rest_go_on() {
    let written = Written::default();
    let kept = written.clone();
    let server = FaultServer::start(move |request| {
        let (left, taken): (Vec<Value>, Vec<Value>) = batch(&request.json(), "inventory")
            .into_iter()
            .partition(|item| item["user_name"]["S"] == "111122223333/user-030");
        kept.take(&taken);
        Reply::json(200, &left_over(&left))
    });
    let unwritten = store(&server).put(&users(60), far()).await.unwrap();
    let why = "DynamoDB is too busy and left it unprocessed".to_owned();
    assert_eq!(unwritten, [Unwritten { user_name: "111122223333/user-030".to_owned(), why }]);
    assert_eq!(written.users().len(), 59);
    assert!(!written.noted().contains(&"111122223333/user-030".to_owned()), "who is not kept is not noted");
    assert!(server.count() < 20, "{}", server.count());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_in_words_nobody_understands_is_not_written() {
    // Of three users the second was left; how the answer says so differs.
    for odd in [
        json!({ "UnprocessedItems": { "inventory": [{ "PutRequest": { "Item": "user-001" } }] } }),
        json!({ "UnprocessedItems": { "inventory": [{ "Request": {} }] } }),
        json!({ "UnprocessedItems": { "inventory": { "PutRequest": {} } } }),
        json!({ "UnprocessedItems": ["inventory"] }),
        left_over(&[json!({ "user_name": { "S": "somebody else" }, "scan_timestamp": { "S": "then" } })]),
        left_over(&[json!({ "user_name": { "S": "111122223333/user-001" } })]),
    ] {
        let (tries, written) = (AtomicUsize::new(0), Written::default());
        let (kept, first) = (written.clone(), odd.clone());
        let server = FaultServer::start(move |request| {
            let items = batch(&request.json(), "inventory");
            if tries.fetch_add(1, Ordering::SeqCst) == 0 {
                kept.take(&[items[0].clone(), items[2].clone()]);
                return Reply::json(200, &first);
            }
            kept.take(&items);
            Reply::json(200, &left_over(&[]))
        });
        assert_eq!(store(&server).put(&users(3), far()).await.unwrap(), [], "{odd}");
        let names: Vec<String> = written.users().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), 3, "{odd}: all are sent again");

        let for_ever = odd.clone();
        let server = FaultServer::start(move |_| Reply::json(200, &for_ever));
        let unwritten = store(&server).put(&users(3), far()).await.unwrap();
        assert_eq!(unwritten.len(), 3, "{odd}");
        // Either the answer is no answer, or it is one about other items.
        let says = ["does not say which", "`UnprocessedItems"];
        let is_said = |why: &str| says.iter().any(|words| why.contains(words));
        assert!(unwritten.iter().all(|user| is_said(&user.why)), "{unwritten:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_takes_nothing_is_given_up_soon() {
    let server =
        FaultServer::start(|request| Reply::json(200, &left_over(&batch(&request.json(), "inventory"))));
    let users: Vec<_> = (0..5_000).map(|number| user(&format!("u{number}"))).collect();
    let unwritten = store(&server).put(&users, far()).await.unwrap();
    assert_eq!(unwritten.len(), 5_000, "all are named");
    // 200 batches: the first eight try ten times, the rest once.
    assert!(server.count() <= 8 * 10 + 200, "{}", server.count());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refused_item_does_not_take_its_batch_with_it() {
    let written = Written::default();
    let kept = written.clone();
    let server = FaultServer::start(move |request| {
        let body = request.json();
        let items = match request.operation().as_str() {
            "PutItem" => vec![body["Item"].clone()],
            _ => batch(&body, "inventory"),
        };
        if items.iter().any(|item| item["name"]["S"] == "user-003") {
            return Reply::aws_error(
                request,
                400,
                "ValidationException",
                "Item size has exceeded the maximum",
            );
        }
        kept.take(&items);
        Reply::json(200, &json!({}))
    });
    let unwritten = store(&server).put(&users(30), far()).await.unwrap();
    let why = "ValidationException: Item size has exceeded the maximum".to_owned();
    assert_eq!(unwritten, [Unwritten { user_name: "111122223333/user-003".to_owned(), why }]);
    assert_eq!(written.users().len(), 29);
    let operations: Vec<_> = server.requests().iter().map(Request::operation).collect();
    let count = |name: &str| operations.iter().filter(|operation| *operation == name).count();
    assert_eq!((count("BatchWriteItem"), count("PutItem")), (3, 25), "only its batch is written one by one");
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_and_server_errors_are_waited_for() {
    let failures = AtomicUsize::new(0);
    let written = Written::default();
    let kept = written.clone();
    let server = FaultServer::start(move |request| {
        let code = match failures.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => "ProvisionedThroughputExceededException",
            2 => "ThrottlingException",
            3 => return Reply::aws_error(request, 500, "InternalServerError", "try again"),
            4 => return Reply::html(503),
            5 => return Reply::close(),
            _ => {
                kept.take(&batch(&request.json(), "inventory"));
                return Reply::json(200, &left_over(&[]));
            }
        };
        Reply::aws_error(request, 400, code, "slow down")
    });
    assert_eq!(store(&server).put(&users(10), far()).await.unwrap(), []);
    assert_eq!(written.users().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_user_twice_is_one_write_of_the_last() {
    let written = Written::default();
    let kept = written.clone();
    let server = FaultServer::start(move |request| {
        kept.take(&batch(&request.json(), "inventory"));
        Reply::json(200, &left_over(&[]))
    });
    let mut second = user("anna");
    second.user_id = Some("AIDASECOND".to_owned());
    assert_eq!(store(&server).put(&[user("anna"), second], far()).await.unwrap(), []);
    assert_eq!(written.users(), [("111122223333/anna".to_owned(), 1)]);
    let written = written.0.lock().unwrap();
    assert_eq!(written["111122223333/anna"][0]["user_id"]["S"], "AIDASECOND");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_a_request_too_many() {
    let server = FaultServer::start(|_| Reply::text(500, "nobody asks"));
    assert_eq!(store(&server).put(&[], far()).await.unwrap(), []);
    history(&server).put(&[], far()).await.unwrap();
    assert_eq!(server.count(), 0);
}

async fn refused(code: &'static str, message: &'static str) -> String {
    let server = FaultServer::start(move |request| Reply::aws_error(request, 400, code, message));
    let error = store(&server).put(&users(60), far()).await.unwrap_err().to_string();
    assert!(server.count() <= 3, "asked {} times", server.count());
    assert!(!error.contains("secret-of-the-user") && !error.contains(ACCOUNT), "{error}");
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_for_the_whole_table_is_an_error_that_says_what_to_do() {
    let missing = refused("ResourceNotFoundException", "Requested resource not found").await;
    let expect = "write users (table `inventory`): it does not exist in eu-central-1; create it with partition key \
                  `user_name` (S) and sort key `scan_timestamp` (S), or name the right table";
    assert_eq!(missing, expect);
    let other = refused("ValidationException", "The provided key element does not match the schema").await;
    assert!(other.contains("the table needs partition key `user_name` (S)"), "{other}");
    let denied = refused("AccessDeniedException", "not authorized to perform: dynamodb:BatchWriteItem").await;
    assert!(denied.contains("dynamodb:BatchWriteItem"), "{denied}");
}
