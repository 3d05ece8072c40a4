//! The client against an emulator of AWS that verifies signatures: calls in each protocol.

use crate::{config, quick};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use provost_awsapi::{Call, Client, Error};
use provost_testbed::AwsServer;
use serde_json::{Value, json};

fn with_keys(server: &AwsServer, id: &str, secret: &str) -> Client {
    let keys = SharedCredentialsProvider::new(Credentials::new(id, secret, None, None, "test"));
    let config = config(server.url()).into_builder().credentials_provider(keys).build();
    Client::builder(config).retries(quick(2)).build()
}

async fn ask(client: &Client, service: &str, operation: &str, input: Value) -> Result<Value, Error> {
    client.all(&Call::new(service, operation, input)).await
}

#[tokio::test]
async fn signatures_hold_in_every_protocol_and_pages_are_complete() {
    let Some(server) = AwsServer::start_or_skip("signatures hold in every protocol and pages are complete")
    else {
        return;
    };
    let owner = with_keys(&server, "AKIDTEST", "s");
    let ok = async |client: &Client, service: &str, operation: &str, input: Value| {
        ask(client, service, operation, input).await.unwrap_or_else(|error| panic!("{error}"))
    };

    ok(&owner, "iam", "CreateUser", json!({"UserName": "auditor", "Tags": [{"Key": "k", "Value": "a b+ü"}]}))
        .await;
    let policy =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let policy = json!({"UserName": "auditor", "PolicyName": "all", "PolicyDocument": policy.to_string()});
    ok(&owner, "iam", "PutUserPolicy", policy).await;
    for number in 0..5 {
        ok(&owner, "iam", "CreateUser", json!({"UserName": format!("user-{number}")})).await;
    }
    let key = ok(&owner, "iam", "CreateAccessKey", json!({"UserName": "auditor"})).await;
    let part = |name: &str| key["AccessKey"][name].as_str().unwrap().to_owned();

    server.enforce_iam(true);
    let auditor = with_keys(&server, &part("AccessKeyId"), &part("SecretAccessKey"));
    // awsQuery, with pages of two.
    let users = ok(&auditor, "iam", "ListUsers", json!({"MaxItems": 2})).await;
    assert_eq!(users["Users"].as_array().unwrap().len(), 6, "{users}");
    let who = ok(&auditor, "sts", "GetCallerIdentity", json!({})).await;
    assert!(who["Arn"].as_str().unwrap().ends_with("user/auditor"), "{who}");
    // ec2Query.
    let groups = ok(
        &auditor,
        "ec2",
        "DescribeSecurityGroups",
        json!({"Filters": [{"Name": "group-name", "Values": ["default"]}]}),
    );
    assert_eq!(groups.await["SecurityGroups"].as_array().unwrap().len(), 1);
    // awsJson 1.1 and 1.0.
    ok(&auditor, "kms", "ListKeys", json!({})).await;
    let table = json!({
        "TableName": "t", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    });
    ok(&auditor, "dynamodb", "CreateTable", table).await;
    for number in 0..5 {
        let item = json!({"k": {"S": format!("ü{number}")}, "b": {"B": "AAEC/w=="}, "n": {"N": "1"}});
        ok(&auditor, "dynamodb", "PutItem", json!({"TableName": "t", "Item": item})).await;
    }
    let items = ok(&auditor, "dynamodb", "Scan", json!({"TableName": "t", "Limit": 2})).await;
    assert_eq!((items["Count"].as_i64(), items["Items"].as_array().unwrap().len()), (Some(5), 5));
    // restXml: names that must be encoded, and bodies with a checksum.
    ok(&auditor, "s3", "CreateBucket", json!({"Bucket": "bucket"})).await;
    for key in ["dir a/ü+key=1.bin", "plain"] {
        let object = json!({"Bucket": "bucket", "Key": key, "Body": "AAEC/w=="});
        ok(&auditor, "s3", "PutObject", object).await;
        let read = ok(&auditor, "s3", "GetObject", json!({"Bucket": "bucket", "Key": key})).await;
        assert_eq!(read["Body"], "AAEC/w==", "{key}");
    }
    let objects = ok(&auditor, "s3", "ListObjectsV2", json!({"Bucket": "bucket", "MaxKeys": 1})).await;
    assert_eq!(objects["Contents"].as_array().unwrap().len(), 2, "{objects}");
    let none = ask(&auditor, "iam", "GetUser", json!({"UserName": "nobody"})).await.unwrap_err();
    assert_eq!((none.code(), none.status()), (Some("NoSuchEntity"), Some(404)));
    let forger = with_keys(&server, &part("AccessKeyId"), "another secret");
    for (service, operation, code) in [
        ("iam", "ListUsers", "SignatureDoesNotMatch"),
        ("ec2", "DescribeVpcs", "AuthFailure"),
        ("s3", "ListBuckets", "SignatureDoesNotMatch"),
    ] {
        let forged = ask(&forger, service, operation, json!({})).await.unwrap_err();
        assert_eq!(forged.code(), Some(code), "{forged}");
    }

    // restJson. The emulator refuses every signature there, boto3's too (moto 5.2.5), so it does not look.
    server.enforce_iam(false);
    assert_eq!(ok(&auditor, "lambda", "ListFunctions", json!({})).await, json!({"Functions": []}));
    assert_eq!(ok(&auditor, "eks", "ListClusters", json!({})).await, json!({"clusters": []}));
}
