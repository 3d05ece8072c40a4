//! The emulator starts, counts, fails as told, and is gone with its test.

use std::net::SocketAddr;

use provost_testbed::AwsServer;
use serde_json::json;

use crate::browser::{Answer, Browser, signed};

fn iam(server: &AwsServer, action: &str) -> Answer {
    let address: SocketAddr = server.url().strip_prefix("http://").unwrap().parse().unwrap();
    let signature = signed("AKIA", "iam");
    let headers =
        [("Authorization", signature.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let body = format!("Action={action}&Version=2010-05-08");
    Browser::open(address).ask("POST /", &headers, &body).unwrap()
}

#[test]
fn the_emulator_counts_fails_as_told_enforces_and_forgets() {
    let Some(server) = AwsServer::start_or_skip("the emulator counts, fails as told, enforces and forgets")
    else {
        return;
    };
    let populated = server.populate(&["--users", "3", "--buckets", "1"]);
    assert_eq!(populated["account"], "123456789012");
    assert_eq!(populated["expected"]["user is no administrator"], json!([1, 2]));

    assert!(server.reset_counts().total > 3);
    assert!(iam(&server, "ListUsers").body.contains("<UserName>user0002</UserName>"));
    assert_eq!(server.counts().by["iam:ListUsers"], 1);
    assert_eq!(server.counts().total, 1);

    server.set_faults(&json!({"deny": ["iam:ListUsers"]}));
    let denied = iam(&server, "ListUsers");
    assert_eq!(denied.status, 403);
    assert!(denied.body.contains("<Code>AccessDenied</Code>"), "{}", denied.body);
    assert_eq!(iam(&server, "ListGroups").status, 200);
    server.set_faults(&json!({"deny": [], "throttle": 1.0}));
    assert!(iam(&server, "ListUsers").body.contains("<Code>ThrottlingException</Code>"));
    let counts = server.counts();
    assert_eq!((counts.total, counts.denied, counts.throttled), (4, 1, 1));
    server.set_faults(&json!({"throttle": 0}));

    server.enforce_iam(true);
    assert_eq!(iam(&server, "ListUsers").status, 403, "the signature is no signature");
    server.enforce_iam(false);
    assert_eq!(iam(&server, "ListUsers").status, 200);

    server.reset();
    assert_eq!(server.counts().total, 0);
    assert!(!iam(&server, "ListUsers").body.contains("user0002"));
}

#[test]
fn the_emulator_is_gone_with_its_test() {
    let Some(server) = AwsServer::start_or_skip("the emulator is gone with its test") else { return };
    let address: SocketAddr = server.url().strip_prefix("http://").unwrap().parse().unwrap();
    drop(server);
    assert!(std::net::TcpStream::connect(address).is_err());
}
