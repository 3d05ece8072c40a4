//! The runtime interface hands out events, takes what came of them, and lets nobody end one twice.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use provost_testbed::{Invocation, LambdaRuntime, Outcome};
use serde_json::json;

use crate::browser::Browser;

const NEXT: &str = "GET /2018-06-01/runtime/invocation/next";

#[test]
fn events_are_handed_out_and_what_came_of_them_is_kept() {
    let events = [json!({"number": 1}), json!({"number": 2})];
    let invocations = events.iter().map(|event| Invocation { event: event.clone(), deadline_ms: 1_700_000 });
    let runtime = LambdaRuntime::start(invocations.collect());
    assert_eq!(runtime.first_asked(), None);
    let mut function = Browser::open(runtime.api().parse().unwrap());

    let first = function.ask(NEXT, &[], "").unwrap();
    assert!(runtime.first_asked().is_some());
    assert_eq!(first.json(), events[0]);
    assert_eq!(first.header("lambda-runtime-deadline-ms"), "1700000");
    assert!(first.header("lambda-runtime-invoked-function-arn").contains(":function:"));
    assert!(!first.header("lambda-runtime-trace-id").is_empty());
    let id = first.header("lambda-runtime-aws-request-id").to_owned();
    let response = format!("POST /2018-06-01/runtime/invocation/{id}/response");
    assert_eq!(function.ask(&response, &[], r#"{"done":true}"#).unwrap().status, 202);
    assert_eq!(function.ask(&response, &[], "{}").unwrap().status, 400, "it has ended");

    let second = function.ask(NEXT, &[], "").unwrap();
    let other = second.header("lambda-runtime-aws-request-id").to_owned();
    assert_ne!(id, other);
    let failure = format!("POST /2018-06-01/runtime/invocation/{other}/error");
    let kind = [("Lambda-Runtime-Function-Error-Type", "Runtime.Bad")];
    assert_eq!(function.ask(&failure, &kind, r#"{"errorMessage":"no"}"#).unwrap().status, 202);
    assert_eq!(function.ask("POST /2018-06-01/runtime/init/error", &[], "{}").unwrap().status, 202);
    assert_eq!(function.ask("GET /2018-06-01/runtime/other", &[], "").unwrap().status, 404);

    let outcomes = runtime.wait_for(3, Duration::from_secs(10));
    assert_eq!(outcomes[0], Outcome::Response { request_id: id, body: br#"{"done":true}"#.to_vec() });
    let failed = Outcome::Error {
        request_id: Some(other),
        kind: "Runtime.Bad".to_owned(),
        body: br#"{"errorMessage":"no"}"#.to_vec(),
    };
    assert_eq!(outcomes[1], failed);
    assert_eq!((runtime.responses(), runtime.errors().len()), (vec![json!({"done": true})], 2));

    // Nothing is left: the function waits, as it does in Lambda, until everything is over.
    function.send(&format!("{NEXT} HTTP/1.1\r\n\r\n")).unwrap();
    drop(runtime);
    assert!(function.rest().unwrap().is_empty());
}

#[test]
fn the_environment_is_what_a_function_finds() {
    let runtime = LambdaRuntime::start(vec![Invocation::new(json!({}), Duration::from_secs(60))]);
    let environment = runtime.environment();
    assert!(environment.contains(&("AWS_LAMBDA_RUNTIME_API", runtime.api())));
    let wait = AssertUnwindSafe(|| runtime.wait_for(1, Duration::from_millis(1)));
    let outcome = catch_unwind(wait);
    assert!(outcome.is_err(), "nobody asked for it");
}
