//! What goes wrong between here and AWS, made to happen: what is tried again and how often, and what the caller
//! is told when nothing helps.

use crate::{asking, client, config, impatient, quick};
use provost_awsapi::{Call, Client, Error, ErrorKind};
use provost_testbed::{FaultServer, Reply, Request};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// An answer of an operation: of awsJson, of awsQuery, of ec2Query, of restXml.
const NO_ACCOUNTS: &str = r#"{"Accounts": []}"#;
const NO_USERS: &str = "<ListUsersResponse><ListUsersResult><Users/><IsTruncated>false</IsTruncated>\
                        </ListUsersResult></ListUsersResponse>";
const NO_INSTANCES: &str = "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>";
const ENCRYPTION: &str = "<ServerSideEncryptionConfiguration><Rule><BucketKeyEnabled>true</BucketKeyEnabled></Rule>\
                          </ServerSideEncryptionConfiguration>";

fn list_accounts() -> Call {
    Call::new("organizations", "ListAccounts", json!({}))
}

fn list_users() -> Call {
    Call::new("iam", "ListUsers", json!({}))
}

fn describe_instances() -> Call {
    Call::new("ec2", "DescribeInstances", json!({}))
}

fn encryption(bucket: &str) -> Call {
    Call::new("s3", "GetBucketEncryption", json!({ "Bucket": bucket }))
}

fn put_item() -> Call {
    Call::new("dynamodb", "PutItem", json!({"TableName": "t", "Item": {"k": {"S": "v"}}}))
}

/// A server that gives the first answers in turn, made for the request, and then a good one.
fn failing(
    times: usize,
    failure: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    good: Reply,
) -> FaultServer {
    let count = AtomicUsize::new(0);
    FaultServer::start(move |request| {
        if count.fetch_add(1, Ordering::SeqCst) < times { failure(request) } else { good.clone() }
    })
}

fn error(code: &'static str, status: u16) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    move |request| Reply::aws_error(request, status, code, "m")
}

async fn fails(client: &Client, call: &Call) -> Error {
    client.call(call).await.expect_err("the call fails")
}

#[tokio::test]
async fn throttling_in_every_protocol_is_tried_again_until_it_stops() {
    let json = || Reply::json(200, &json!({}));
    let cases: [(Call, &str, u16, usize, Reply); 8] = [
        (list_accounts(), "ThrottlingException", 400, 2, Reply::text(200, NO_ACCOUNTS)),
        (list_accounts(), "TooManyRequestsException", 429, 1, Reply::text(200, NO_ACCOUNTS)),
        (put_item(), "ProvisionedThroughputExceededException", 400, 4, json()),
        (put_item(), "RequestLimitExceeded", 400, 1, json()),
        (describe_instances(), "RequestLimitExceeded", 503, 2, Reply::xml(200, NO_INSTANCES)),
        (describe_instances(), "RequestLimitExceeded", 400, 1, Reply::xml(200, NO_INSTANCES)),
        (list_users(), "Throttling", 400, 5, Reply::xml(200, NO_USERS)),
        (encryption("b"), "SlowDown", 503, 2, Reply::xml(200, ENCRYPTION)),
    ];
    for (call, code, status, times, good) in cases {
        let server = failing(times, error(code, status), good);
        let client = client(&server);
        client.call(&call).await.unwrap_or_else(|error| panic!("{code}: {error}"));
        assert_eq!(server.count(), times + 1, "{code}");
        let tally = client.tally();
        assert_eq!((tally.calls(), tally.throttled()), (1, times as u64), "{code}");
        assert_eq!(tally.retries(), times as u64, "{code}");
    }
}

#[tokio::test]
async fn throttling_that_does_not_stop_is_given_up_after_six_attempts_or_as_many_as_said() {
    let server = failing(100, error("ThrottlingException", 400), Reply::html(200));
    let refused = fails(&client(&server), &list_accounts()).await;
    assert!(refused.is_throttled() && refused.is_retryable() && !refused.is_access_denied(), "{refused}");
    assert_eq!((refused.code(), server.count()), (Some("ThrottlingException"), 6));
    server.forget();
    let client = asking(&server).retries(quick(2)).build();
    fails(&client, &list_accounts()).await;
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn adaptive_retries_are_there_for_who_asks() {
    let server = failing(1, error("ThrottlingException", 400), Reply::text(200, NO_ACCOUNTS));
    let retries = provost_awsapi::Retries { adaptive: true, ..quick(3) };
    asking(&server).retries(retries).build().call(&list_accounts()).await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn server_errors_are_tried_again_whatever_is_in_them() {
    for broken in [
        Reply::empty(500),
        Reply::html(500),
        Reply::html(502),
        Reply::text(503, "no healthy upstream"),
        Reply::json(504, &json!({"message": "Endpoint request timed out"})),
        Reply::xml(500, "<Response><Errors><Error><Code>InternalError</Code></Error></Errors></Response>"),
    ] {
        let reply = broken.clone();
        let server = failing(2, move |_| reply.clone(), Reply::xml(200, NO_INSTANCES));
        let reply = client(&server).call(&describe_instances()).await.unwrap();
        assert_eq!((server.count(), &reply.value), (3, &json!({"Reservations": []})), "{broken:?}");
    }
}

#[tokio::test]
async fn a_page_of_html_is_never_an_empty_answer() {
    // Reads ask again where the status says success or trouble of the server; what is not found is not found.
    for (status, requests) in [(200, 6), (500, 6), (404, 1), (403, 1)] {
        for call in [list_accounts(), list_users(), describe_instances(), encryption("b")] {
            let server = FaultServer::start(move |_| Reply::html(status));
            let unreadable = fails(&client(&server), &call).await;
            let ErrorKind::Unreadable { status: told, why, .. } = &unreadable.kind else {
                panic!("{status} {}: {unreadable}", call.operation)
            };
            assert_eq!((*told, server.count()), (status, requests), "{}: {why}", call.operation);
            assert!(!unreadable.is_access_denied());
        }
    }
}

#[tokio::test]
async fn an_empty_or_damaged_body_is_never_an_empty_answer() {
    for broken in [
        Reply::empty(200),
        Reply::text(200, ""),
        Reply::text(200, "OK"),
        Reply::xml(200, "<ListUsersResponse><ListUsersRes"),
        Reply::text(200, "{\"Users\": ["),
        Reply::xml(200, "<a/>"),
    ] {
        let server = FaultServer::scripted_then([], broken.clone());
        let unreadable = fails(&client(&server), &list_users()).await;
        assert!(
            matches!(unreadable.kind, ErrorKind::Unreadable { status: 200, .. }),
            "{broken:?}: {unreadable}"
        );
        assert_eq!(server.count(), 6, "a read may ask again");
    }
}

#[tokio::test]
async fn an_empty_object_of_nobody_is_no_answer_where_the_model_promises_one() {
    // Amplify always answers with `apps`; AWS says so with its request id when it does not.
    let call = Call::new("amplify", "ListApps", json!({}));
    let server = FaultServer::start(|_| Reply::json(200, &json!({})));
    let unreadable = fails(&client(&server), &call).await;
    assert!(matches!(unreadable.kind, ErrorKind::Unreadable { status: 200, .. }), "{unreadable}");
    let server = FaultServer::start(|_| Reply::json(200, &json!({})).header("x-amzn-requestid", "1"));
    assert_eq!(client(&server).call(&call).await.unwrap().value, json!({}));
}

#[tokio::test]
async fn what_writes_is_not_asked_twice_after_a_success_that_nobody_can_read() {
    for broken in [Reply::html(200), Reply::text(200, "{"), Reply::json(200, &json!({})).reset_mid_body()] {
        let server = FaultServer::scripted([broken]);
        let unreadable = fails(&client(&server), &put_item()).await;
        assert!(
            unreadable.is_retryable(),
            "the caller may know that asking twice does no harm: {unreadable}"
        );
        assert_eq!(server.count(), 1);
    }
    // What was not answered with success may not have been done.
    let server =
        FaultServer::scripted([Reply::json(500, &json!({"a": 1})).reset_mid_body(), Reply::html(503)]);
    client(&server).call(&put_item()).await.unwrap();
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    for broken in [
        Reply::text(200, NO_ACCOUNTS).reset_mid_body(),
        Reply::text(200, NO_ACCOUNTS).cut_mid_body(),
        Reply::close(),
        Reply::garbage("\u{1}\u{2}not HTTP at all\r\n\r\n"),
        Reply::garbage("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"Acc\r\nzz\r\n"),
    ] {
        let server =
            FaultServer::scripted_then([broken.clone(), broken.clone()], Reply::text(200, NO_ACCOUNTS));
        let reply = client(&server).call(&list_accounts()).await;
        let reply = reply.unwrap_or_else(|error| panic!("{broken:?}: {error}"));
        assert_eq!((reply.value, server.count()), (json!({"Accounts": []}), 3), "{broken:?}");

        let server = FaultServer::scripted_then([], broken.clone());
        let unanswered = fails(&client(&server), &list_accounts()).await;
        assert!(matches!(unanswered.kind, ErrorKind::Unanswered { .. }), "{broken:?}: {unanswered}");
        assert!(unanswered.is_retryable() && unanswered.code().is_none());
    }
}

#[tokio::test]
async fn a_body_that_stops_coming_is_asked_for_again() {
    let stalled = Reply::text(200, NO_ACCOUNTS).slow_body(4, Duration::from_secs(3600));
    let server = FaultServer::scripted_then([stalled], Reply::text(200, NO_ACCOUNTS));
    let client = impatient(&server, Duration::from_millis(100));
    client.call(&list_accounts()).await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_body_that_keeps_coming_is_waited_for() {
    let slow = Reply::text(200, NO_ACCOUNTS).slow_body(5, Duration::from_millis(1));
    let server = FaultServer::scripted_then([], slow);
    client(&server).call(&list_accounts()).await.unwrap();
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn an_answer_that_does_not_begin_is_given_up() {
    let server = FaultServer::scripted_then([Reply::never()], Reply::text(200, NO_ACCOUNTS));
    impatient(&server, Duration::from_millis(100)).call(&list_accounts()).await.unwrap();
    assert_eq!(server.count(), 2);

    let server = FaultServer::scripted_then([], Reply::never());
    let unanswered = fails(&impatient(&server, Duration::from_millis(20)), &list_accounts()).await;
    assert!(matches!(unanswered.kind, ErrorKind::Unanswered { .. }), "{unanswered}");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn where_nobody_listens_nobody_answers() {
    let url = FaultServer::scripted([]).url();
    let client = Client::builder(config(&url)).retries(quick(2)).build();
    let unanswered = fails(&client, &list_accounts()).await;
    let ErrorKind::Unanswered { why } = &unanswered.kind else { panic!("{unanswered}") };
    assert!(why.contains(&url), "{why}");
    assert_eq!(client.tally().requests(), 2);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let large = "x".repeat(2000);
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n{large}\r\n0\r\n\r\n");
    for reply in [Reply::text(200, large.clone()), Reply::garbage(chunked)] {
        let server = FaultServer::scripted_then([], reply);
        let client = asking(&server).most_bytes(1000).build();
        let unreadable = fails(&client, &list_accounts()).await;
        let ErrorKind::Unreadable { why, .. } = &unreadable.kind else { panic!("{unreadable}") };
        assert_eq!((why.as_str(), server.count()), ("it is larger than 1000 bytes", 1));
    }
}

#[tokio::test]
async fn a_denied_call_is_asked_once_and_known_as_denied() {
    for (call, code, status) in [
        (list_accounts(), "AccessDeniedException", 400),
        (list_users(), "AccessDenied", 403),
        (describe_instances(), "UnauthorizedOperation", 403),
        (encryption("b"), "AccessDenied", 403),
    ] {
        let server = FaultServer::start(error(code, status));
        let denied = fails(&client(&server), &call).await;
        assert!(denied.is_access_denied() && !denied.is_retryable(), "{denied}");
        assert_eq!(
            (denied.code(), denied.status(), denied.message().as_str()),
            (Some(code), Some(status), "m")
        );
        assert!(denied.request_id().is_some(), "{denied}");
        assert_eq!((denied.service, denied.operation), (call.service, call.operation));
        assert_eq!((denied.region.as_deref(), server.count()), (Some("us-east-1"), 1));
    }
    let head = Call::new("s3", "HeadBucket", json!({"Bucket": "b"}));
    let server = FaultServer::start(|_| Reply::empty(403).header("x-amz-request-id", "1"));
    assert!(fails(&client(&server), &head).await.is_access_denied());
}

#[tokio::test]
async fn a_clock_that_is_off_is_corrected_by_that_of_the_service() {
    let server = FaultServer::start(|request| {
        // Whoever signs with the hour of this server is let in.
        let signed = request.header("x-amz-date").unwrap_or_default().to_owned();
        let hour = |stamp: &str| stamp.get(..11).unwrap_or_default().to_owned();
        if hour(&signed) == "20300101T00" {
            Reply::text(200, NO_ACCOUNTS).dated(1_893_457_800)
        } else {
            Reply::aws_error(request, 400, "InvalidSignatureException", "Signature expired")
                .dated(1_893_457_800)
        }
    });
    let client = client(&server);
    client.call(&list_accounts()).await.unwrap();
    assert_eq!(server.count(), 2, "the second attempt is signed with the time of the service");
    client.call(&list_accounts()).await.unwrap();
    assert_eq!(server.count(), 3, "and so is the next call");
}

#[tokio::test]
async fn an_object_of_another_region_is_asked_for_there_and_the_region_is_remembered() {
    let elsewhere = |request: &Request| match (request.region(), request.method.as_str()) {
        ("eu-central-1", "HEAD") => Reply::empty(200).header("x-amz-request-id", "1"),
        ("eu-central-1", _) => Reply::xml(200, ENCRYPTION),
        (_, "HEAD") => Reply::empty(301).header("x-amz-bucket-region", "eu-central-1"),
        _ if request.path.contains("moved") => Reply::aws_error(request, 301, "PermanentRedirect", "m")
            .header("x-amz-bucket-region", "eu-central-1"),
        _ if request.path.contains("temporary") => Reply::aws_error(request, 307, "TemporaryRedirect", "m")
            .header("x-amz-bucket-region", "eu-central-1"),
        _ => Reply::xml(
            400,
            "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>eu-central-1</Region></Error>",
        ),
    };
    for bucket in ["moved", "temporary", "malformed"] {
        let server = FaultServer::start(elsewhere);
        let client = client(&server);
        let reply = client.call(&encryption(bucket)).await.unwrap();
        assert_eq!(reply.value["ServerSideEncryptionConfiguration"]["Rules"][0]["BucketKeyEnabled"], true);
        let regions = |server: &FaultServer| -> Vec<String> {
            server.requests().iter().map(|request| request.region().to_owned()).collect()
        };
        assert_eq!(regions(&server), ["us-east-1", "eu-central-1"], "{bucket}");
        server.forget();
        client.in_region("us-west-2").call(&encryption(bucket)).await.unwrap();
        assert_eq!(regions(&server), ["eu-central-1"], "{bucket}");
    }
    let server = FaultServer::start(elsewhere);
    client(&server).call(&Call::new("s3", "HeadBucket", json!({"Bucket": "b"}))).await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn the_region_of_a_bucket_is_remembered_from_an_error_too() {
    for (code, status) in [("NoSuchBucketPolicy", 404), ("AccessDenied", 403)] {
        let server = FaultServer::start(move |request| match request.region() {
            "eu-central-1" => Reply::aws_error(request, status, code, "m"),
            _ => Reply::aws_error(request, 301, "PermanentRedirect", "m")
                .header("x-amz-bucket-region", "eu-central-1"),
        });
        let client = client(&server);
        assert_eq!(fails(&client, &encryption("b")).await.code(), Some(code));
        assert_eq!(fails(&client, &encryption("b")).await.code(), Some(code));
        assert_eq!(server.count(), 3, "{code}: the redirect is paid once");
    }
}

#[tokio::test]
async fn a_message_that_repeats_the_signed_request_is_left_out() {
    let json = json!({"__type": "InvalidSignatureException", "message":
        "The request signature we calculated does not match.\n\nThe Canonical String for this request should have \
         been\n'POST\n/\n\nhost:h\nx-amz-security-token:token-of-the-session\n'"});
    let xml = "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not \
               match the signature you provided.</Message><AWSAccessKeyId>AKIDTEST</AWSAccessKeyId>\
               <StringToSign>AWS4-HMAC-SHA256 AKIDTEST</StringToSign><CanonicalRequest>GET\n/\n\n\
               x-amz-security-token:token-of-the-session</CanonicalRequest></Error>";
    let query = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>The String-to-Sign should have been \
                 'AWS4-HMAC-SHA256 AKIDTEST token-of-the-session'</Message></Error></ErrorResponse>";
    let bare = json!({"message": "not a valid key=value pair in Authorization header: 'AWS4-HMAC-SHA256 \
                                  CREDENTIAL=AKIDTEST/20260101/us-east-1/iam/aws4_request'"});
    let modelled =
        json!({"__type": "AccessDeniedException", "Message": "x-amz-security-token:token-of-the-session"});
    for (call, reply, code, left_out) in [
        (list_accounts(), Reply::json(400, &json), "InvalidSignatureException", true),
        (list_accounts(), Reply::json(403, &bare), "403", true),
        (list_accounts(), Reply::json(400, &modelled), "AccessDeniedException", true),
        (list_users(), Reply::xml(403, query), "SignatureDoesNotMatch", true),
        (encryption("b"), Reply::xml(403, xml), "SignatureDoesNotMatch", false),
    ] {
        let server = FaultServer::start(move |_| reply.clone());
        let error = fails(&client(&server), &call).await;
        assert_eq!(error.code(), Some(code));
        let message = "[left out: it repeats the signed request]";
        assert_eq!(error.message() == message, left_out, "{error}");
        if let ErrorKind::Service { fields, .. } = &error.kind
            && code == "AccessDeniedException"
        {
            assert_eq!(fields, &json!({ "Message": message }));
        }
        let shown = format!("{error} {error:?}");
        for word in ["token-of-the-session", "AKIDTEST", "AWS4-HMAC"] {
            assert!(!shown.contains(word), "{word} in {shown}");
        }
    }
    // What is said of a request without repeating it stays.
    let server = FaultServer::start(|request| {
        Reply::aws_error(
            request,
            400,
            "InvalidSignatureException",
            "Credential should be scoped to a valid region",
        )
    });
    let error = fails(&client(&server), &list_accounts()).await;
    assert!(error.message().starts_with("Credential should be scoped"), "{error}");
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_is_followed_once() {
    let server = FaultServer::start(|request| {
        let other = if request.region() == "eu-west-1" { "eu-west-2" } else { "eu-west-1" };
        Reply::aws_error(request, 301, "PermanentRedirect", "m").header("x-amz-bucket-region", other)
    });
    assert_eq!(fails(&client(&server), &encryption("b")).await.code(), Some("PermanentRedirect"));
    assert_eq!(server.count(), 2);

    let server = FaultServer::start(|request| {
        Reply::aws_error(request, 400, "InvalidRequest", "m").header("x-amz-bucket-region", "us-east-1")
    });
    assert_eq!(fails(&client(&server), &encryption("b")).await.code(), Some("InvalidRequest"));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn an_error_in_an_answer_of_success_is_an_error() {
    let inside =
        |code: &str| Reply::xml(200, format!("<Error><Code>{code}</Code><Message>m</Message></Error>"));
    let server = FaultServer::scripted_then([inside("InternalError")], Reply::xml(200, ENCRYPTION));
    client(&server).call(&encryption("b")).await.unwrap();
    assert_eq!(server.count(), 2);
    let server = FaultServer::scripted_then([], inside("NoSuchBucket"));
    assert_eq!(fails(&client(&server), &encryption("b")).await.code(), Some("NoSuchBucket"));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn an_object_that_came_otherwise_than_it_was_stored_is_not_handed_on() {
    let get = Call::new("s3", "GetObject", json!({"Bucket": "b", "Key": "k"}));
    let sum = |sum: &str| {
        Reply::text(200, "hello").header("x-amz-checksum-crc32", sum).header("x-amz-request-id", "1")
    };
    let server = FaultServer::scripted_then([sum("AAAAAA==")], sum("NhCmhg=="));
    let reply = client(&server).call(&get).await.unwrap();
    assert_eq!((&reply.value["Body"], server.count()), (&json!("aGVsbG8="), 2));
    let asked =
        server.requests().iter().all(|request| request.header("x-amz-checksum-mode") == Some("ENABLED"));
    assert!(asked, "the answer is asked to carry its checksum");
}

/// Everything that anything says at the lowest level while a call fails and succeeds.
#[derive(Default)]
struct Heard(Mutex<String>);

impl tracing::Subscriber for Heard {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        use std::fmt::Write as _;
        let _ = write!(self.0.lock().unwrap(), "{:?}", span.values());
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, record: &tracing::span::Record<'_>) {
        use std::fmt::Write as _;
        let _ = write!(self.0.lock().unwrap(), "{record:?}");
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        use std::fmt::Write as _;
        let _ = writeln!(self.0.lock().unwrap(), "{event:?}");
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn no_body_parameter_or_credential_reaches_a_log_at_any_level() {
    let server = failing(
        1,
        error("ThrottlingException", 400),
        Reply::json(200, &json!({"Attributes": {"k": {"S": "outsecret"}}})),
    );
    let heard = std::sync::Arc::new(Heard::default());
    let guard = tracing::subscriber::set_default(std::sync::Arc::clone(&heard));
    let call = Call::new(
        "dynamodb",
        "PutItem",
        json!({"TableName": "insecret", "Item": {"k": {"S": "itemsecret"}}}),
    );
    let client = client(&server);
    client.call(&call).await.unwrap();
    let role = client.assume_role("arn:aws:iam::1:role/rolesecret", "s", None).await;
    fails(&role, &call).await;
    drop(guard);
    let heard = heard.0.lock().unwrap().clone();
    assert!(heard.contains("AWS answered.") && heard.contains("PutItem"), "{heard}");
    for word in ["secret", "AKIDTEST", "token-of-the-session", "Signature="] {
        assert!(!heard.contains(word), "{word} in {heard}");
    }
    let shown = format!("{client:?} {:?}", Value::Null);
    assert!(
        !shown.contains("secret") && shown.starts_with("Client { region: Some(\"us-east-1\")"),
        "{shown}"
    );
}
