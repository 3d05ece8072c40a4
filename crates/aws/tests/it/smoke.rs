//! A first call for every service, for the day somebody points Provost at a real account. It reads, through the
//! guard, and prints what each service said; nobody has run it against live AWS yet.
//!
//! It asks live AWS with the usual credentials, so it refuses to run unless it is told to:
//!
//! ```sh
//! PROVOST_ASK_LIVE_AWS=yes cargo nextest run -p provost-aws --run-ignored only --no-capture smoke
//! ```

use std::collections::BTreeMap;

use provost_aws::guard::WriteGuard;
use provost_aws::{Access, connect};
use provost_awsapi::{Call, ErrorKind, Gate, Models, is_read};
use serde_json::json;

const FLAG: &str = "PROVOST_ASK_LIVE_AWS";

/// The first operation of each service that takes no input and that the guard lets through, lists before others.
fn first_calls(models: &Models) -> BTreeMap<String, Call> {
    let guard = WriteGuard::default();
    let mut calls = BTreeMap::new();
    for name in models.names() {
        let service = models.service(name).unwrap();
        let mut operations: Vec<&str> = service.operations().collect();
        operations
            .sort_by_key(|operation| (!operation.starts_with("List"), !operation.starts_with("Describe")));
        let call = operations.into_iter().find_map(|operation| {
            let call = Call::new(name, operation, json!({})).in_region("us-east-1");
            let shape = service.operation(operation)?;
            let needs_nothing = provost_awsapi::serialize::serialize(&service, shape, &json!({})).is_ok();
            (is_read(shape) && needs_nothing && guard.admit(&call).is_ok()).then_some(call)
        });
        if let Some(call) = call {
            calls.insert(name.to_owned(), call);
        }
    }
    calls
}

/// Held without AWS: there is a call to begin with for nearly every service.
#[test]
fn nearly_every_service_has_a_first_call() {
    let models = Models::embedded();
    let (services, calls) = (models.names().count(), first_calls(&models).len());
    assert!(calls * 10 >= services * 9, "{calls} of {services}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it asks live AWS; see the first lines of this file"]
async fn smoke() {
    assert_eq!(
        std::env::var(FLAG).as_deref(),
        Ok("yes"),
        "this asks live AWS with your credentials: set {FLAG}=yes if you mean it"
    );
    let client = connect(Access::default()).await;
    let mut unread = Vec::new();
    for (service, call) in first_calls(client.models()) {
        match client.call(&call).await {
            Ok(reply) => println!("{service:24} {:40} answered, HTTP {}", call.operation, reply.status),
            // A refusal in AWS's own words is an answer as well: the call arrived, signed, and was understood.
            Err(error) => match &error.kind {
                ErrorKind::Service { code, status, .. } => {
                    println!("{service:24} {:40} {code}, HTTP {status}", call.operation);
                }
                other => {
                    println!("{service:24} {:40} {other}", call.operation);
                    unread.push(format!("{service}: {other}"));
                }
            },
        }
    }
    assert!(unread.is_empty(), "{}", unread.join("\n"));
}
