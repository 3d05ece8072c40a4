//! Reports in a bucket: whole objects on the emulator, in parts where they are large, and nothing left behind.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provost_aws::guard::Sink;
use provost_aws::s3_reports::{Encryption, ReportsBucket, S3Reports};
use provost_awsapi::{Call, Client};
use provost_core::model::AccountId;
use provost_core::port::{Reports as _, contract};
use provost_testbed::{AwsServer, FaultServer, Reply};
use serde_json::{Value, json};

use crate::local_client::{REGION, client, guarded};

const BUCKET: &str = "compliance-reports-dev";

fn place() -> ReportsBucket {
    ReportsBucket { bucket: BUCKET.to_owned(), prefix: "team/".to_owned(), ..ReportsBucket::default() }
}

async fn ask(client: &Client, operation: &str, input: Value) -> Value {
    client.call(&Call::new("s3", operation, input)).await.unwrap().value
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_reports_keep_every_promise_on_the_emulator() {
    let Some(server) = AwsServer::start_or_skip("reports on S3") else { return };
    let client = client(server.url());
    let location = json!({ "LocationConstraint": REGION });
    ask(&client, "CreateBucket", json!({ "Bucket": BUCKET, "CreateBucketConfiguration": location })).await;
    let prefix = "team/compliance-reports/".to_owned();
    let sink = Sink::Objects { bucket: BUCKET.to_owned(), prefix };
    let reports = S3Reports::new(guarded(server.url(), vec![sink]), place());
    let read = async |key: &str| {
        let input = json!({ "Bucket": BUCKET, "Key": format!("team/{key}") });
        let got = client.call(&Call::new("s3", "GetObject", input)).await.ok()?;
        let body = got.value.get("Body").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(STANDARD.decode(body).unwrap())
    };
    contract::reports(&reports, read).await;
    let uploads = ask(&client, "ListMultipartUploads", json!({ "Bucket": BUCKET })).await;
    assert_eq!(uploads["Uploads"].as_array().map_or(0, Vec::len), 0, "what was given up is gone");
    let key = "team/compliance-reports/2026/11/22/report-20261122T060000.000Z.json";
    let head = ask(&client, "HeadObject", json!({ "Bucket": BUCKET, "Key": key })).await;
    assert_eq!(head["ContentType"], "application/json");
    let error = match reports.begin("elsewhere.json").await.unwrap().finish().await {
        Ok(()) => panic!("it is outside of the sink"),
        Err(error) => error.to_string(),
    };
    assert!(error.contains("refused"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_reports_say_how_they_are_encrypted_and_whose_the_bucket_is() {
    let server = FaultServer::start(|_| Reply::empty(200));
    let key = "compliance-reports/a.json";
    let write = async |encryption: Encryption, owner: Option<&str>| {
        let owner = owner.map(|owner| AccountId::parse(owner).unwrap());
        let reports = S3Reports::new(client(&server.url()), ReportsBucket { encryption, owner, ..place() });
        server.forget();
        reports.begin(key).await.unwrap().finish().await.unwrap();
        let request = server.requests().remove(0);
        let header = |name: &str| request.header(name).map(str::to_owned);
        (
            header("x-amz-server-side-encryption"),
            header("x-amz-server-side-encryption-aws-kms-key-id"),
            header("x-amz-expected-bucket-owner"),
        )
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(write(Encryption::OfBucket, None).await, (None, None, None));
    assert_eq!(
        write(Encryption::S3, Some("111122223333")).await,
        (text("AES256"), None, text("111122223333"))
    );
    assert_eq!(
        write(Encryption::Kms("alias/reports".to_owned()), None).await,
        (text("aws:kms"), text("alias/reports"), None)
    );
    let reports = S3Reports::new(client(&server.url()), place());
    assert_eq!(
        reports.link(key),
        format!(
            "https://{REGION}.console.aws.amazon.com/s3/object/{BUCKET}?region={REGION}&prefix=team/{key}"
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_reports_that_fail_in_the_middle_leave_nothing() {
    let server = FaultServer::start(|request| match request.method.as_str() {
        "POST" if request.query.contains("uploads") => Reply::xml(
            200,
            "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>",
        ),
        "PUT" if request.query.contains("partNumber=2") => {
            Reply::aws_error(request, 403, "AccessDenied", "no")
        }
        "PUT" => Reply::empty(200).header("etag", "\"1\""),
        _ => Reply::empty(204),
    });
    let owner = AccountId::parse("111122223333").unwrap();
    let reports = S3Reports::new(client(&server.url()), ReportsBucket { owner: Some(owner), ..place() });
    let mut writer = reports.begin("compliance-reports/a.json").await.unwrap();
    let error = writer.write(&vec![b' '; 20_000_000]).await.unwrap_err().to_string();
    assert!(error.contains("AccessDenied") && error.contains("account 111122223333"), "{error}");
    assert!(error.contains("s3://compliance-reports-dev/team/compliance-reports/a.json"), "{error}");
    writer.abandon().await;
    let last = server.requests().pop().unwrap();
    assert_eq!(last.method, "DELETE");
    assert!(last.query.contains("uploadId=u1"), "{}", last.query);
}
