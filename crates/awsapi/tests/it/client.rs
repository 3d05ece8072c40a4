//! The client over real HTTP: signatures, addresses, checksums, the gate, the budget, the shared slowing down.

use crate::account::{assumed, at_once, fails, list_accounts, list_queues, list_users, recorder, willing};
use crate::{asking, client, config};
use aws_config::SdkConfig;
use provost_awsapi::{Call, Client, ErrorKind, Gate, Models};
use provost_testbed::{FaultServer, Reply};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[tokio::test]
async fn requests_are_signed_for_their_service_and_region() {
    let server = FaultServer::start(willing);
    let client = client(&server);
    for (call, service, region) in [
        (list_queues(), "sqs", "us-east-1"),
        (list_queues().in_region("eu-west-3"), "sqs", "eu-west-3"),
        // Global services are signed for the region they live in.
        (list_users().in_region("eu-west-3"), "iam", "us-east-1"),
        (list_users().in_region("cn-north-1"), "iam", "cn-north-1"),
        (list_accounts().in_region("eu-west-3"), "organizations", "us-east-1"),
        (Call::new("s3", "ListBuckets", json!({})).in_region("eu-west-3"), "s3", "eu-west-3"),
        (Call::new("cloudwatch", "ListMetrics", json!({})), "monitoring", "us-east-1"),
        (Call::new("sts", "GetCallerIdentity", json!({})).in_region("eu-west-3"), "sts", "eu-west-3"),
    ] {
        server.forget();
        let _ = client.call(&call).await;
        let request = &server.requests()[0];
        assert_eq!((request.service(), request.region()), (service, region), "{call:?}");
        assert_eq!(request.access_key(), "AKIDTEST");
        assert_eq!(request.header("x-amz-security-token"), Some("token-of-the-session"));
        let authorization = request.header("authorization").unwrap();
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential="), "{authorization}");
        assert!(authorization.contains("SignedHeaders=") && authorization.contains("Signature="));
        // S3 alone wants to be told the hash of the body.
        assert_eq!(request.header("x-amz-content-sha256").is_some(), service == "s3", "{call:?}");
    }
}

#[tokio::test]
async fn every_attempt_is_numbered_and_all_have_one_id() {
    let server = FaultServer::scripted_then([Reply::empty(500)], Reply::json(200, &json!({})));
    let client = asking(&server).name("provost/0.1").build();
    client.call(&list_accounts()).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests[0].header("amz-sdk-request"), Some("attempt=1; max=6"));
    assert!(requests[1].header("amz-sdk-request").unwrap().contains("attempt=2; max=6"));
    assert_eq!(requests[0].header("amz-sdk-invocation-id"), requests[1].header("amz-sdk-invocation-id"));
    assert!(requests[0].header("user-agent").unwrap().contains("lib/provost/0.1"), "{:?}", requests[0]);
}

#[tokio::test]
async fn an_operation_without_authorization_is_not_signed() {
    let server = FaultServer::scripted([Reply::json(200, &json!({"IdentityId": "i"}))]);
    let unsigned = SdkConfig::builder()
        .region(aws_types::region::Region::new("us-east-1"))
        .endpoint_url(server.url())
        .build();
    let client = Client::builder(unsigned).build();
    let call = Call::new("cognito-identity", "GetId", json!({"IdentityPoolId": "us-east-1:1"}));
    assert_eq!(client.call(&call).await.unwrap().value, json!({"IdentityId": "i"}));
    assert_eq!(server.requests()[0].header("authorization"), None);
    // Whatever else there is to ask wants credentials, and says so without asking.
    let missing = fails(&client, &list_accounts()).await;
    let ErrorKind::Credentials { why, .. } = &missing.kind else { panic!("{missing}") };
    assert!(why.contains("aws sso login"), "{why}");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_and_not_sent() {
    let server = FaultServer::start(willing);
    let client = client(&server);
    let kind = async |call: Call| client.call(&call).await.unwrap_err().kind;

    let why = |kind: &ErrorKind| kind.to_string();
    let service = kind(Call::new("iams", "ListUsers", json!({}))).await;
    assert!(matches!(service, ErrorKind::Model { .. }) && why(&service).contains("`iam`"), "{service}");
    let operation = kind(Call::new("iam", "list-users", json!({}))).await;
    assert!(why(&operation).contains("did you mean `ListUsers`?"), "{operation}");
    let member = kind(Call::new("iam", "ListUsers", json!({"PathPrefixes": "/"}))).await;
    assert!(matches!(&member, ErrorKind::Input { path, .. } if path == "PathPrefixes"), "{member}");
    let nested = json!({"Filters": [{"Name": "n", "Values": "no list"}]});
    let nested = kind(Call::new("ec2", "DescribeInstances", nested)).await;
    assert!(matches!(&nested, ErrorKind::Input { path, .. } if path == "Filters[0].Values"), "{nested}");
    let required = kind(Call::new("dynamodb", "Scan", json!({}))).await;
    assert!(matches!(required, ErrorKind::Input { .. }), "{required}");
    let region = kind(list_accounts().in_region("../evil")).await;
    assert!(matches!(region, ErrorKind::Endpoint { .. }), "{region}");
    let bucket = json!({"Bucket": "arn:aws:s3:us-east-1:1:accesspoint/a"});
    let bucket = kind(Call::new("s3", "GetBucketEncryption", bucket)).await;
    assert!(matches!(bucket, ErrorKind::Endpoint { .. }), "{bucket}");
    assert_eq!((server.count(), client.tally().calls()), (0, 0));

    let nowhere = config(&server.url()).into_builder().region(None).build();
    let nowhere = fails(&Client::builder(nowhere).build(), &list_accounts()).await;
    assert!(nowhere.to_string().contains("set AWS_REGION"), "{nowhere}");
}

#[tokio::test]
async fn the_gate_is_asked_before_anything_leaves_and_its_no_is_final() {
    #[derive(Default)]
    struct Asked(Mutex<Vec<Call>>);
    impl Gate for Asked {
        fn admit(&self, call: &Call) -> Result<(), String> {
            self.0.lock().unwrap().push(call.clone());
            if call.operation.starts_with("Put") { Err("it writes".to_owned()) } else { Ok(()) }
        }
    }
    let server = FaultServer::scripted_then([Reply::empty(500)], Reply::json(200, &json!({})));
    let gate = Arc::new(Asked::default());
    let client = asking(&server).gate(Arc::clone(&gate) as Arc<dyn Gate>).build();
    client.call(&list_accounts()).await.unwrap();
    let put = Call::new("dynamodb", "PutItem", json!({"TableName": "t", "Item": {}}));
    for asking in [
        client.clone(),
        client.in_region("eu-west-1"),
        client.assume_role("arn:aws:iam::1:role/r", "s", None).await,
    ] {
        let refused = fails(&asking, &put).await;
        assert_eq!(refused.kind, ErrorKind::Refused { why: "it writes".to_owned() });
        assert!(!refused.is_retryable());
    }
    assert_eq!(server.count(), 2);
    let asked = gate.0.lock().unwrap().clone();
    assert_eq!(asked.len(), 4, "once for a call, not for its retry");
    assert_eq!(asked[0].region.as_deref(), Some("us-east-1"), "the gate is told where the call goes");
    assert_eq!(asked[2].region.as_deref(), Some("eu-west-1"));
}

#[tokio::test]
async fn the_budget_is_one_for_all_clones_and_retries_are_free() {
    let server =
        FaultServer::scripted_then([Reply::empty(500), Reply::empty(500)], Reply::json(200, &json!({})));
    let client = asking(&server).budget(Some(2)).build();
    client.call(&list_accounts()).await.unwrap();
    // What is refused before it is sent costs nothing.
    fails(&client, &Call::new("organizations", "ListAccounts", json!({"No": 1}))).await;
    client.in_region("eu-west-1").call(&list_accounts()).await.unwrap();
    let role = client.assume_role("arn:aws:iam::1:role/r", "s", None).await;
    for client in [client, role] {
        assert_eq!(fails(&client, &list_accounts()).await.kind, ErrorKind::Budget { most: 2 });
    }
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn the_tally_counts_by_operation_over_all_clones() {
    let server = FaultServer::start(move |request| {
        if request.region() == "eu-west-1" && request.header("amz-sdk-request") == Some("attempt=1; max=6") {
            return Reply::aws_error(request, 400, "ThrottlingException", "m");
        }
        willing(request)
    });
    let client = client(&server);
    client.call(&list_users()).await.unwrap();
    client.call(&list_queues()).await.unwrap();
    client.in_region("eu-west-1").call(&list_queues()).await.unwrap();
    let tally = client.tally();
    let queues = tally.operations["sqs:ListQueues"];
    assert_eq!((queues.calls, queues.requests, queues.throttled), (2, 3, 1));
    assert_eq!((tally.calls(), tally.requests(), tally.retries(), tally.throttled()), (3, 4, 1, 1));
}

#[tokio::test]
async fn no_more_calls_than_allowed_are_in_flight() {
    let server = FaultServer::start(|request| willing(request).after(Duration::from_millis(5)));
    let client = asking(&server).concurrency(3).build();
    at_once(&client, 20, &list_queues()).await;
    assert!(server.most_at_once() <= 3, "{}", server.most_at_once());
    assert_eq!(server.count(), 20);
}

#[tokio::test]
async fn a_throttle_slows_down_all_calls_of_its_service_and_region_and_no_others() {
    let number = AtomicUsize::new(0);
    let throttling = FaultServer::start(move |request| match number.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::aws_error(request, 400, "ThrottlingException", "m"),
        1 => willing(request),
        _ => willing(request).after(Duration::from_millis(50)),
    });
    let client = asking(&throttling).concurrency(8).build();
    client.call(&list_queues()).await.unwrap();
    // Half of eight may be in flight, and one more after four successes.
    at_once(&client, 8, &list_queues()).await;
    assert!(throttling.most_at_once() <= 5, "{}", throttling.most_at_once());
    assert_eq!((throttling.count(), client.tally().throttled()), (10, 1));
    // Another region and another service know nothing of it.
    at_once(&client.in_region("eu-west-1"), 8, &list_queues()).await;
    at_once(&client, 8, &list_accounts()).await;
}

#[tokio::test]
async fn slow_down_is_heard_by_clones_in_roles_too() {
    let server = FaultServer::start(|request| match request.operation().as_str() {
        "AssumeRole" => assumed(request, "AKROLE"),
        _ if request.header("amz-sdk-request") == Some("attempt=1; max=6")
            && request.access_key() == "AKIDTEST" =>
        {
            Reply::aws_error(request, 400, "ThrottlingException", "m")
        }
        _ => willing(request),
    });
    let client = client(&server);
    let role = client.assume_role("arn:aws:iam::1:role/r", "s", None).await;
    let (one, other) = (list_queues(), list_queues());
    let (one, other) = tokio::join!(client.call(&one), role.call(&other));
    one.unwrap();
    other.unwrap();
    assert_eq!(client.tally().operations["sqs:ListQueues"].throttled, 1);
}

#[tokio::test]
async fn without_an_address_of_ones_own_calls_go_to_aws() {
    let (http, asked) = recorder();
    let config = config("").into_builder().http_client(http).build();
    let client = Client::builder(config.clone()).build();
    let ask = async |client: &Client, call: Call| {
        client.call(&call).await.unwrap_err();
        asked.lock().unwrap().pop().unwrap()
    };
    for (call, address) in [
        (list_users(), "POST https://iam.amazonaws.com/"),
        (list_queues().in_region("eu-west-3"), "POST https://sqs.eu-west-3.amazonaws.com/"),
        (list_queues().in_region("cn-north-1"), "POST https://sqs.cn-north-1.amazonaws.com.cn/"),
        (
            Call::new("s3", "GetBucketEncryption", json!({"Bucket": "plain-name"})),
            "GET https://plain-name.s3.us-east-1.amazonaws.com/?encryption=",
        ),
        (
            Call::new("s3", "GetBucketEncryption", json!({"Bucket": "dotted.name"})),
            "GET https://s3.us-east-1.amazonaws.com/dotted.name?encryption=",
        ),
        (
            Call::new("s3", "GetObject", json!({"Bucket": "plain-name", "Key": "a b/../c+d"})),
            "GET https://plain-name.s3.us-east-1.amazonaws.com/a%20b/../c%2Bd",
        ),
        (
            Call::new("s3control", "GetPublicAccessBlock", json!({"AccountId": "123456789012"})),
            "GET https://123456789012.s3-control.us-east-1.amazonaws.com/v20180820/configuration/publicAccessBlock",
        ),
    ] {
        assert_eq!(ask(&client, call).await, address);
    }
    let other = Client::builder(config.clone().into_builder().use_fips(true).build()).build();
    assert_eq!(ask(&other, list_queues()).await, "POST https://sqs-fips.us-east-1.amazonaws.com/");
    let other = Client::builder(config.into_builder().use_dual_stack(true).build()).build();
    assert_eq!(ask(&other, list_queues()).await, "POST https://sqs.us-east-1.api.aws/");
}

#[tokio::test]
async fn a_configured_address_takes_buckets_in_the_path_and_no_prefix() {
    let server = FaultServer::start(willing);
    let client = client(&server);
    let _ = client.call(&Call::new("s3", "GetObject", json!({"Bucket": "plain-name", "Key": "a b+c"}))).await;
    let block = Call::new("s3control", "GetPublicAccessBlock", json!({"AccountId": "123456789012"}));
    let _ = client.call(&block).await;
    let requests = server.requests();
    assert_eq!(requests[0].path, "/plain-name/a%20b%2Bc");
    let control = requests.last().unwrap();
    assert_eq!(control.path, "/v20180820/configuration/publicAccessBlock");
    assert_eq!(control.header("x-amz-account-id"), Some("123456789012"));
}

#[tokio::test]
async fn bodies_that_want_a_checksum_have_one() {
    let server = FaultServer::start(|_| Reply::empty(200).header("x-amz-request-id", "1"));
    let client = client(&server);
    let object = |more: Value| {
        let mut input = json!({"Bucket": "b", "Key": "k", "Body": "aGVsbG8="});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Call::new("s3", "PutObject", input)
    };
    client.call(&object(json!({}))).await.unwrap();
    let sent = server.requests().pop().unwrap();
    assert_eq!((sent.text().as_str(), sent.header("x-amz-checksum-crc32")), ("hello", Some("NhCmhg==")));
    assert_eq!(sent.header("x-amz-sdk-checksum-algorithm"), Some("CRC32"));
    client
        .call(&object(json!({"ChecksumSHA256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="})))
        .await
        .unwrap();
    let sent = server.requests().pop().unwrap();
    assert_eq!(sent.header("x-amz-checksum-crc32"), None, "the caller's own is enough");
    let wrong = fails(&client, &object(json!({"ChecksumAlgorithm": "SHA1"}))).await;
    assert!(matches!(&wrong.kind, ErrorKind::Input { path, .. } if path == "ChecksumAlgorithm"), "{wrong}");
    let tags = json!({"Bucket": "b", "Tagging": {"TagSet": [{"Key": "k", "Value": "v"}]}});
    client.call(&Call::new("s3", "PutBucketTagging", tags)).await.unwrap();
    assert!(server.requests().pop().unwrap().header("x-amz-checksum-crc32").is_some());
}

#[test]
fn reads_are_told_from_writes() {
    let models = Models::embedded();
    for (service, operation, reads) in [
        ("iam", "ListUsers", true),
        ("iam", "GenerateCredentialReport", false),
        ("dynamodb", "BatchGetItem", true),
        ("dynamodb", "BatchWriteItem", false),
        ("dynamodb", "Query", true),
        ("s3", "HeadBucket", true),
        ("s3", "PutObject", false),
        ("sqs", "ReceiveMessage", false),
        ("sts", "GetCallerIdentity", true),
        ("config", "PutEvaluations", false),
        ("lambda", "Invoke", false),
    ] {
        let service = models.service(service).unwrap();
        assert_eq!(provost_awsapi::is_read(service.operation(operation).unwrap()), reads, "{operation}");
    }
}
