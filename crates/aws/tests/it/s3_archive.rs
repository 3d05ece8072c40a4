//! The archive on S3: its contract on the emulator, and what it does about what is there already.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provost_aws::guard::Sink;
use provost_aws::s3_archive::S3Archive;
use provost_awsapi::{Call, Client};
use provost_core::model::Digest;
use provost_core::port::memory::FixedClock;
use provost_core::port::{Archive as _, contract};
use provost_testbed::{AwsServer, FaultServer, Reply, Request};
use serde_json::{Value, json};

use crate::local_client::{REGION, client, guarded};

fn archive(client: Client) -> S3Archive {
    S3Archive::new(client, "evidence-bucket", "team/", Arc::new(FixedClock::at(jiff::Timestamp::UNIX_EPOCH)))
}

async fn ask(client: &Client, operation: &str, input: Value) -> Value {
    client.call(&Call::new("s3", operation, input)).await.unwrap().value
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_every_promise_on_the_emulator() {
    let Some(server) = AwsServer::start_or_skip("the archive on S3") else { return };
    let client = client(server.url());
    let place = json!({ "LocationConstraint": REGION });
    ask(&client, "CreateBucket", json!({ "Bucket": "evidence-bucket", "CreateBucketConfiguration": place }))
        .await;
    let sink = Sink::Objects { bucket: "evidence-bucket".to_owned(), prefix: "team/evidence/".to_owned() };
    let archive = archive(guarded(server.url(), vec![sink]));
    contract::archive(&archive).await;

    let digest = archive.put(b"evidence").await.unwrap();
    let hex = digest.hex();
    let key = format!("team/evidence/sha256/{}/{hex}", &hex[..2]);
    let object = json!({ "Bucket": "evidence-bucket", "Key": key });
    let found = ask(&client, "GetObject", object).await;
    assert_eq!(found["Body"], STANDARD.encode(b"evidence"));

    // Of the same length, and of another.
    for damage in ["evidencf", "gone"] {
        let damaged = json!({ "Bucket": "evidence-bucket", "Key": key, "Body": STANDARD.encode(damage) });
        ask(&client, "PutObject", damaged).await;
        let now = archive.get(&digest).await.unwrap();
        assert_eq!(now.as_deref(), Some(damage.as_bytes()), "what is there is shown as it is");
        archive.put(b"evidence").await.unwrap();
        assert_eq!(archive.get(&digest).await.unwrap().as_deref(), Some(b"evidence".as_slice()), "repaired");
    }
    let many: Vec<Vec<u8>> = (0..60_u8).map(|number| vec![number; 100]).collect();
    assert_eq!(archive.put_all(&many).await.unwrap().len(), 60);
}

/// The operations in words: `PUT once` is one that must not replace anything.
fn asked(server: &FaultServer) -> Vec<String> {
    let word = |request: &Request| match request.header("if-none-match") {
        Some("*") => format!("{} once", request.method),
        _ => request.method.clone(),
    };
    server.requests().iter().map(word).collect()
}

fn present(request: &Request) -> Reply {
    Reply::aws_error(
        request,
        412,
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    )
}

/// Puts `abc` while the object is there, and `HEAD` and `GET` answer so.
async fn put_again(head: Reply, get: Reply) -> Vec<String> {
    let server = FaultServer::start(move |request| match request.method.as_str() {
        "PUT" if request.header("if-none-match").is_some() => present(request),
        "PUT" => Reply::empty(200),
        "HEAD" => head.clone(),
        _ => get.clone(),
    });
    assert_eq!(archive(client(&server.url())).put(b"abc").await.unwrap(), Digest::of(b"abc"));
    asked(&server)
}

/// The answer to `HEAD` of an object of three bytes.
fn three_bytes() -> Reply {
    Reply::new(200, "application/octet-stream", "xyz")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_compared_and_repaired_only_if_it_differs() {
    let ours = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    let same = three_bytes().header("x-amz-checksum-sha256", ours);
    assert_eq!(put_again(same, Reply::close()).await, ["PUT once", "HEAD"]);
    let other = three_bytes().header("x-amz-checksum-sha256", STANDARD.encode([1; 32]));
    assert_eq!(put_again(other, Reply::close()).await, ["PUT once", "HEAD", "PUT"]);
    let longer = Reply::new(200, "application/octet-stream", "xyzw").header("x-amz-checksum-sha256", ours);
    assert_eq!(put_again(longer, Reply::close()).await, ["PUT once", "HEAD", "PUT"]);
    let body = |text: &str| Reply::new(200, "application/octet-stream", text);
    assert_eq!(put_again(three_bytes(), body("abc")).await, ["PUT once", "HEAD", "GET"]);
    assert_eq!(put_again(three_bytes(), body("abd")).await, ["PUT once", "HEAD", "GET", "PUT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_that_meet_try_again() {
    let conflict =
        |request: &Request| Reply::aws_error(request, 409, "ConditionalRequestConflict", "in the way");
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server =
        FaultServer::start(move |request| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => conflict(request),
            1 => present(request),
            // It was removed meanwhile.
            2 => Reply::empty(404),
            _ => Reply::empty(200),
        });
    archive(client(&server.url())).put(b"abc").await.unwrap();
    assert_eq!(asked(&server), ["PUT once", "PUT once", "HEAD", "PUT once"]);
    let server = FaultServer::start(conflict);
    let error = archive(client(&server.url())).put(b"abc").await.unwrap_err();
    assert!(error.to_string().contains("5 times"), "{error}");
    assert_eq!(server.count(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_digest_is_sent_as_checksum() {
    let server = FaultServer::start(|_| Reply::empty(200));
    archive(client(&server.url())).put(b"abc").await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.header("x-amz-checksum-sha256"), Some("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="));
    assert_eq!(request.header("x-amz-checksum-crc32"), None, "one checksum, not two");
    assert_eq!(request.body, b"abc");
    let hex = Digest::of(b"abc").hex();
    assert!(request.path.ends_with(&format!("/team/evidence/sha256/ba/{hex}")), "{}", request.path);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_pieces_are_written_side_by_side_and_each_once() {
    let server = FaultServer::start(|_| Reply::empty(200));
    let mut pieces: Vec<Vec<u8>> = (0..100_u8).map(|number| vec![number]).collect();
    pieces.extend(pieces.clone());
    let digests = archive(client(&server.url())).put_all(&pieces).await.unwrap();
    assert_eq!(digests, pieces.iter().map(|piece| Digest::of(piece)).collect::<Vec<_>>());
    assert_eq!(server.count(), 100);
    assert!(server.most_at_once() <= 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_object_is_none_and_anything_else_an_error() {
    let ask = async |status: u16, code: &'static str| {
        let server = FaultServer::start(move |request| Reply::aws_error(request, status, code, "no"));
        let archive = archive(client(&server.url()));
        let got = archive.get(&Digest::of(b"abc")).await;
        let put = archive.put(b"abc").await.unwrap_err().to_string();
        (got.map_err(|error| error.to_string()), put)
    };
    let (got, _) = ask(404, "NoSuchKey").await;
    assert_eq!(got, Ok(None));
    let (got, put) = ask(404, "NoSuchBucket").await;
    for error in [got.unwrap_err(), put] {
        assert!(error.contains("evidence-bucket") && error.contains("no such bucket"), "{error}");
    }
    let (got, put) = ask(403, "AccessDenied").await;
    for error in [got.unwrap_err(), put] {
        assert!(error.contains("s3:ListBucket"), "{error}");
    }
    let server = FaultServer::start(|_| Reply::html(200).header("x-amz-checksum-sha256", "AAAA"));
    assert!(
        archive(client(&server.url())).get(&Digest::of(b"abc")).await.is_err(),
        "a body that is not what was kept"
    );
}
