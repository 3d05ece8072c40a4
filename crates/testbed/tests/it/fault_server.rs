//! Answers, failures, and what is kept of the requests.

use std::io::ErrorKind;
use std::time::Duration;

use provost_testbed::{FaultServer, Reply, Request};
use serde_json::json;

use crate::browser::{Browser, signed};

#[test]
fn a_connection_is_kept_and_every_request_is_remembered() {
    let server = FaultServer::scripted([Reply::json(200, &json!({"a": 1})), Reply::empty(204)]);
    assert!(server.url().starts_with("http://127.0.0.1:"));
    let mut browser = Browser::open(server.address());
    assert_eq!(browser.ask("GET /one?a=b%20c", &[], "").unwrap().json(), json!({"a": 1}));
    assert_eq!(browser.ask("POST /two", &[("X-Some", " value ")], "body").unwrap().status, 204);
    assert_eq!(browser.ask("GET /three", &[], "").unwrap().body, "{}");
    let requests = server.requests();
    let paths: Vec<&str> = requests.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, ["/one", "/two", "/three"]);
    assert_eq!(requests[0].parameter("a").as_deref(), Some("b c"));
    assert_eq!(requests[1].header("x-some"), Some("value"));
    assert_eq!(requests[1].text(), "body");
    assert_eq!(server.most_at_once(), 1);
    server.forget();
    assert_eq!(server.count(), 0);
}

#[test]
fn a_body_in_chunks_is_put_together() {
    let server = FaultServer::start(|request| Reply::text(200, request.text()));
    let mut browser = Browser::open(server.address());
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n";
    browser.send(&format!("{head}4;name=value\r\nab\r\n\r\n1\r\nc\r\n0\r\nTrailer: 1\r\n\r\n")).unwrap();
    assert_eq!(browser.answer(false).unwrap().status, 100);
    assert_eq!(browser.answer(false).unwrap().body, "ab\r\nc");
    assert_eq!(browser.ask("GET /", &[], "").unwrap().status, 200);
}

#[test]
fn a_request_says_who_asks_what() {
    check_asked(
        "POST / HTTP/1.1\r\nAuthorization: {iam}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n\r\nAction=ListUsers&Marker=a%2Bb",
        ("iam", "ListUsers"),
    );
    check_asked(
        "POST / HTTP/1.1\r\nAuthorization: {dynamodb}\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\n\r\n",
        ("dynamodb", "PutItem"),
    );
    check_asked("GET /b?encryption HTTP/1.1\r\nAuthorization: {s3}\r\n\r\n", ("s3", "GET?encryption"));
    check_asked("GET /b/k?x-id=GetObject HTTP/1.1\r\nAuthorization: {s3}\r\n\r\n", ("s3", "GET"));
    check_asked("GET /functions HTTP/1.1\r\nAuthorization: {lambda}\r\n\r\n", ("lambda", "GET"));
    check_asked(
        "GET /?Action=GetCallerIdentity&X-Amz-Credential=AKIA%2F20261122%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=1 HTTP/1.1\r\n\r\n",
        ("sts", "GetCallerIdentity"),
    );
    check_asked("GET / HTTP/1.1\r\n\r\n", ("", "GET"));
}

/// Sends a request in which `{service}` stands for a signature.
fn check_asked(text: &str, (service, operation): (&str, &str)) {
    let server = FaultServer::scripted([]);
    let mut browser = Browser::open(server.address());
    browser.send(&text.replace(&format!("{{{service}}}"), &signed("AKIA", service))).unwrap();
    browser.answer(false).unwrap();
    let request = server.requests().remove(0);
    assert_eq!((request.service(), request.operation().as_str()), (service, operation));
    let scope = if service.is_empty() { ["", "", ""] } else { ["eu-west-1", "AKIA", "20261122"] };
    assert_eq!([request.region(), request.access_key(), request.signing_day()], scope);
    if operation == "ListUsers" {
        assert_eq!(request.form()["Marker"], "a+b");
    }
}

#[test]
fn an_error_has_the_shape_of_the_callers_protocol() {
    let ask = |service: &str, headers: &[(&str, &str)], body: &str| {
        let server = FaultServer::start(|request| Reply::aws_error(request, 403, "Denied", "no <you>"));
        let signature = signed("AKIA", service);
        let headers = [&[("Authorization", signature.as_str())], headers].concat();
        let answer = Browser::open(server.address()).ask("POST /", &headers, body).unwrap();
        assert_eq!(answer.status, 403);
        assert!(!answer.header("x-amzn-requestid").is_empty());
        answer
    };
    let form = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")];
    let target = [("X-Amz-Target", "T.Op"), ("Content-Type", "application/x-amz-json-1.0")];
    let json_answer = ask("dynamodb", &target, "{}");
    assert_eq!(json_answer.json(), json!({"__type": "Denied", "message": "no <you>"}));
    assert_eq!(json_answer.header("content-type"), "application/x-amz-json-1.0");
    let query = ask("iam", &form, "Action=ListUsers").body;
    assert!(query.starts_with("<ErrorResponse><Error><Type>Sender</Type><Code>Denied</Code>"), "{query}");
    assert!(query.contains("no &lt;you&gt;"), "{query}");
    let ec2 = ask("ec2", &form, "Action=DescribeRegions").body;
    assert!(ec2.contains("<Response><Errors><Error><Code>Denied</Code>"), "{ec2}");
    let s3 = ask("s3", &[], "").body;
    assert!(s3.contains("<Error><Code>Denied</Code>"), "{s3}");
    assert!(ask("route53", &[], "").body.starts_with("<ErrorResponse>"));
    let rest = ask("lambda", &[], "");
    assert_eq!((rest.header("x-amzn-errortype"), rest.json()), ("Denied", json!({"message": "no <you>"})));
}

#[test]
fn failures_look_from_outside_as_they_are_named() {
    let body = "x".repeat(1_000);
    let error = |reply: Reply| {
        let server = FaultServer::scripted([reply]);
        Browser::open(server.address()).ask("POST /", &[], "{}").unwrap_err().kind()
    };
    assert_eq!(error(Reply::text(200, &*body).reset_mid_body()), ErrorKind::ConnectionReset);
    assert_eq!(error(Reply::text(200, &*body).cut_mid_body()), ErrorKind::UnexpectedEof);
    assert_eq!(error(Reply::close()), ErrorKind::UnexpectedEof);
    assert_eq!(error(Reply::hang(Duration::from_millis(1))), ErrorKind::UnexpectedEof);
    assert_eq!(error(Reply::garbage("no HTTP\r\n\r\n")), ErrorKind::InvalidData);
    let server = FaultServer::scripted([Reply::garbage([0, 159, 255])]);
    let mut browser = Browser::open(server.address());
    browser.send("GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(browser.rest().unwrap(), [0, 159, 255]);
}

#[test]
fn a_get_is_reset_too() {
    let server = FaultServer::scripted([Reply::text(200, "x".repeat(1_000)).reset_mid_body()]);
    let error = Browser::open(server.address()).ask("GET /", &[], "").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_slow_body_arrives_in_the_end_and_head_has_none() {
    let slow =
        Reply::text(200, "abcdef").slow_body(2, Duration::from_millis(1)).after(Duration::from_millis(1));
    let server = FaultServer::scripted([slow, Reply::text(404, "not for HEAD").then_close()]);
    let mut browser = Browser::open(server.address());
    assert_eq!(browser.ask("GET /", &[], "").unwrap().body, "abcdef");
    let head = browser.ask("HEAD /", &[], "").unwrap();
    assert_eq!((head.status, head.header("content-length"), head.body.as_str()), (404, "12", ""));
    assert!(browser.rest().unwrap().is_empty(), "the connection is closed");
}

#[test]
fn the_clock_of_a_server_is_its_own() {
    let server = FaultServer::scripted([Reply::empty(200).dated(784_111_777)]);
    let mut browser = Browser::open(server.address());
    assert_eq!(browser.ask("GET /", &[], "").unwrap().header("date"), "Sun, 06 Nov 1994 08:49:37 GMT");
    server.set_clock_offset(-40 * 365 * 86_400);
    let year = browser.ask("GET /", &[], "").unwrap().header("date").split(' ').nth(3).unwrap().to_owned();
    let year: u32 = year.parse().unwrap();
    assert!((1985..2025).contains(&year), "{year}");
}

#[test]
fn a_server_that_is_dropped_lets_nobody_wait() {
    let server = FaultServer::scripted([Reply::never()]);
    let mut browser = Browser::open(server.address());
    browser.send("GET / HTTP/1.1\r\n\r\n").unwrap();
    while server.count() == 0 {
        std::thread::yield_now();
    }
    drop(server);
    assert!(browser.rest().is_ok_and(|rest| rest.is_empty()));
}

#[test]
fn a_handler_that_panics_is_an_answer_and_the_next_one_is_given() {
    let server = FaultServer::start(|request: &Request| match request.path.as_str() {
        "/panic" => panic!("as the test wants"),
        _ => Reply::empty(200),
    });
    let mut browser = Browser::open(server.address());
    assert_eq!(browser.ask("GET /panic", &[], "").unwrap().status, 500);
    assert_eq!(browser.ask("GET /", &[], "").unwrap().status, 200);
}

#[test]
fn requests_are_answered_side_by_side() {
    let barrier = std::sync::Barrier::new(4);
    let server = FaultServer::start(move |_| {
        barrier.wait();
        Reply::empty(200)
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| Browser::open(server.address()).ask("GET /", &[], "").unwrap());
        }
    });
    assert_eq!(server.most_at_once(), 4);
}
