//! The guard: what passes, what does not, and what it says then.

use provost_aws::actions::Operations;
use provost_aws::guard::{Answer, NotPermitted, RemediationPermit, Sink, Source, WriteGuard, always};
use provost_awsapi::{Call, Gate, Models};
use provost_core::redact::{REDACTED, Secrets};
use provost_iam::actions::Catalogue;
use serde_json::{Value, json};

const TABLE: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/findings";
const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/111122223333/events";
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alerts";

/// A guard of an installation that uses everything.
fn guard() -> WriteGuard {
    let objects = |bucket: &str, prefix: &str| (bucket.to_owned(), prefix.to_owned());
    let (bucket, prefix) = objects("evidence", "provost/");
    let (trail, logs) = objects("trail", "AWSLogs/");
    WriteGuard::new(
        vec![
            Sink::Table("inventory".to_owned()),
            Sink::Table(TABLE.to_owned()),
            Sink::Objects { bucket, prefix },
            Sink::Queue(QUEUE.to_owned()),
            Sink::Topic(TOPIC.to_owned()),
            Sink::Bus("provost".to_owned()),
            Sink::Namespace("Provost".to_owned()),
            Sink::Evaluations,
            Sink::Findings,
        ],
        vec![
            Source::Objects { bucket: trail, prefix: logs },
            Source::Queue(QUEUE.to_owned()),
            Source::LogGroup("/aws/lambda/provost".to_owned()),
            Source::Secret("database".to_owned()),
            Source::Table("facts".to_owned()),
        ],
    )
}

fn call(service: &str, operation: &str, input: Value) -> Call {
    Call::new(service, operation, input)
}

fn refusal(guard: &WriteGuard, call: &Call) -> String {
    match guard.admit(call) {
        Ok(()) => panic!("{} {} passed with {}", call.service, call.operation, call.input),
        Err(why) => {
            assert!(why.starts_with(&format!("`{}:{}` is refused: ", call.service, call.operation)), "{why}");
            why
        }
    }
}

fn passes(guard: &WriteGuard, service: &str, operation: &str, input: Value) {
    let call = call(service, operation, input);
    guard.admit(&call).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn harmless_reads_pass_without_any_configuration() {
    let guard = WriteGuard::default();
    for (service, operation) in [
        ("iam", "ListUsers"),
        ("iam", "GetAccountAuthorizationDetails"),
        ("iam", "GenerateCredentialReport"),
        ("iam", "GetCredentialReport"),
        ("iam", "SimulatePrincipalPolicy"),
        ("s3", "ListBuckets"),
        ("s3", "HeadBucket"),
        ("s3", "GetBucketPolicy"),
        ("s3", "GetBucketEncryption"),
        ("s3control", "GetPublicAccessBlock"),
        ("ec2", "DescribeInstances"),
        ("ec2", "SearchTransitGatewayRoutes"),
        ("rds", "DescribeDBInstances"),
        ("lambda", "GetFunctionConfiguration"),
        ("lambda", "ListFunctions"),
        ("lambda", "GetPolicy"),
        ("lambda", "GetLayerVersionPolicy"),
        ("apigateway", "GetStages"),
        ("apigateway", "GetRestApis"),
        ("wafv2", "GetWebACLForResource"),
        ("dynamodb", "DescribeTable"),
        ("dynamodb", "DescribeContinuousBackups"),
        ("kms", "DescribeKey"),
        ("kms", "GetKeyRotationStatus"),
        ("secretsmanager", "ListSecrets"),
        ("secretsmanager", "DescribeSecret"),
        ("ssm", "DescribeParameters"),
        ("ssm", "DescribeDocumentPermission"),
        ("sqs", "GetQueueAttributes"),
        ("cloudtrail", "LookupEvents"),
        ("config", "SelectResourceConfig"),
        ("organizations", "ListAccounts"),
        ("sts", "GetCallerIdentity"),
        ("cognito-idp", "DescribeUserPoolClient"),
        ("guardduty", "ListDetectors"),
        ("securityhub", "GetFindings"),
        ("quicksight", "DescribeDataSetPermissions"),
        ("account", "GetAlternateContact"),
    ] {
        passes(&guard, service, operation, Value::Null);
    }
}

#[test]
fn writes_are_refused_and_the_message_says_what_permits_them() {
    let guard = guard();
    for (service, operation) in [
        ("iam", "DeleteUser"),
        ("iam", "CreateAccessKey"),
        ("ec2", "TerminateInstances"),
        ("ec2", "CreateTags"),
        ("s3", "PutBucketPolicy"),
        ("s3", "DeleteBucket"),
        ("s3", "CopyObject"),
        ("s3", "RestoreObject"),
        ("dynamodb", "CreateTable"),
        ("dynamodb", "UpdateTimeToLive"),
        ("lambda", "Invoke"),
        ("sqs", "PurgeQueue"),
        ("sns", "CreateTopic"),
        ("ssm", "SendCommand"),
        ("athena", "StartQueryExecution"),
        ("cloudtrail", "StopLogging"),
        ("ecr", "BatchGetImage"),
    ] {
        let why = refusal(&guard, &call(service, operation, json!({ "Name": "x" })));
        assert!(why.contains("it changes something") && why.contains("confirmed remediation"), "{why}");
    }
    let why = refusal(&guard, &call("iam", "DeleteUser", Value::Null));
    assert_eq!(
        why,
        "`iam:DeleteUser` is refused: it changes something (`iam:DeleteUser` is of the levels Write and Permissions \
         management), and only a confirmed remediation may do that"
    );
}

#[test]
fn secrets_are_refused_however_much_is_configured() {
    let guard = guard();
    for (service, operation, input) in [
        ("secretsmanager", "BatchGetSecretValue", json!({ "SecretIdList": ["database"] })),
        ("ssm", "GetParameter", json!({ "Name": "x", "WithDecryption": true })),
        ("ssm", "GetParameters", json!({ "Names": ["x"], "WithDecryption": "true" })),
        ("ssm", "GetParametersByPath", json!({ "Path": "/", "WithDecryption": 1 })),
        ("ssm", "GetParameterHistory", json!({ "Name": "x", "WithDecryption": true })),
        ("kms", "Decrypt", Value::Null),
        ("kms", "GenerateDataKeyWithoutPlaintext", Value::Null),
        ("ec2", "GetPasswordData", Value::Null),
        ("ec2", "GetVpnConnectionDeviceSampleConfiguration", Value::Null),
        ("lambda", "GetFunction", Value::Null),
        ("lambda", "GetLayerVersion", Value::Null),
        ("redshift", "GetClusterCredentials", Value::Null),
        ("redshift", "GetClusterCredentialsWithIAM", Value::Null),
        ("ecr", "GetAuthorizationToken", Value::Null),
        ("codeartifact", "GetAuthorizationToken", Value::Null),
        ("sts", "AssumeRole", Value::Null),
        ("sts", "AssumeRoleWithSAML", Value::Null),
        ("sts", "GetSessionToken", Value::Null),
        ("sts", "GetFederationToken", Value::Null),
        ("cognito-identity", "GetCredentialsForIdentity", Value::Null),
        ("sso", "GetRoleCredentials", Value::Null),
        ("apigateway", "GetApiKey", json!({ "apiKey": "x", "includeValue": true })),
        ("apigateway", "GetApiKeys", json!({ "includeValues": true })),
        ("appsync", "ListApiKeys", Value::Null),
        ("glue", "GetConnection", json!({ "Name": "x" })),
        ("glue", "GetConnections", json!({ "HidePassword": false })),
        ("lightsail", "GetInstanceAccessDetails", Value::Null),
        ("lightsail", "DownloadDefaultKeyPair", Value::Null),
        ("storagegateway", "DescribeChapCredentials", Value::Null),
        ("s3control", "GetDataAccess", Value::Null),
        ("acm", "ExportCertificate", Value::Null),
        ("artifact", "GetReport", Value::Null),
        ("artifact", "GetTermForReport", Value::Null),
        ("inspector2", "GetCisScanReport", Value::Null),
        ("ssm", "GetDeployablePatchSnapshotForInstance", Value::Null),
        ("cognito-idp", "DescribeUserImportJob", Value::Null),
        ("cognito-idp", "ListUserImportJobs", Value::Null),
        ("sagemaker", "ListPipelineExecutionSteps", Value::Null),
        ("kms", "GetParametersForImport", Value::Null),
    ] {
        let why = refusal(&guard, &call(service, operation, input));
        assert!(why.contains("would hold a secret"), "{why}");
    }
    passes(&guard, "apigateway", "GetApiKeys", json!({ "includeValues": false }));
    passes(&guard, "glue", "GetConnections", json!({ "HidePassword": true }));
}

#[test]
fn secrets_that_are_one_member_of_an_answer_are_blanked() {
    let secrets = Secrets::parse(include_str!("../../../../catalog/secrets.yaml")).unwrap();
    for name in [
        "authKey",
        "basicAuthCredentials",
        "AccountPassword",
        "KdcAdminPassword",
        "CrossRealmTrustPrincipalPassword",
        "ADDomainJoinPassword",
        "FsxAdminPassword",
        "PreSignedUrl",
    ] {
        let mut answer = json!({ "Things": [{ "Name": "x", name: "hunter2" }] });
        assert!(secrets.redact(&mut answer), "{name}");
        assert_eq!(answer, json!({ "Things": [{ "Name": "x", name: REDACTED }] }));
    }
}

#[test]
fn what_customers_keep_is_refused_but_from_sources_and_sinks() {
    let guard = guard();
    for (service, operation) in [
        ("logs", "GetLogRecord"),
        ("athena", "GetQueryResults"),
        ("cloudtrail", "GetQueryResults"),
        ("kinesis", "GetRecords"),
        ("ec2", "GetConsoleOutput"),
        ("stepfunctions", "DescribeExecution"),
        ("bedrock-runtime", "InvokeModel"),
        ("rds-data", "ExecuteStatement"),
        ("dynamodbstreams", "GetRecords"),
        ("wafv2", "GetSampledRequests"),
        ("macie2", "GetSensitiveDataOccurrences"),
        ("cognito-idp", "ListUsers"),
        ("ebs", "GetSnapshotBlock"),
        ("s3", "SelectObjectContent"),
        ("codecommit", "GetFile"),
        ("ssm", "GetDocument"),
        ("ssm", "GetParameter"),
        ("ssm", "GetParameters"),
        ("ssm", "GetParametersByPath"),
        ("ssm", "GetParameterHistory"),
    ] {
        let why = refusal(&guard, &call(service, operation, Value::Null));
        assert!(why.contains("what customers keep"), "{why}");
    }
    for (service, operation, inside, outside) in [
        (
            "s3",
            "GetObject",
            json!({ "Bucket": "trail", "Key": "AWSLogs/x", "VersionId": "1" }),
            json!({ "Bucket": "trail", "Key": "x" }),
        ),
        (
            "s3",
            "GetObject",
            json!({ "Bucket": "trail", "Key": "AWSLogs/..x/.y/z." }),
            json!({ "Bucket": "trail", "Key": "AWSLogs/../x" }),
        ),
        (
            "s3",
            "HeadObject",
            json!({ "Bucket": "evidence", "Key": "provost/x" }),
            json!({ "Bucket": "other" }),
        ),
        (
            "s3",
            "ListObjectsV2",
            json!({ "Bucket": "trail", "Prefix": "AWSLogs/1/" }),
            json!({ "Bucket": "trail" }),
        ),
        ("dynamodb", "Query", json!({ "TableName": "facts" }), json!({ "TableName": "customers" })),
        ("dynamodb", "GetItem", json!({ "TableName": "inventory" }), json!({ "TableName": ["inventory"] })),
        (
            "dynamodb",
            "BatchGetItem",
            json!({ "RequestItems": { "inventory": {} } }),
            json!({ "RequestItems": { "inventory": {}, "customers": {} } }),
        ),
        (
            "dynamodb",
            "TransactGetItems",
            json!({ "TransactItems": [{ "Get": { "TableName": "facts" } }] }),
            json!({ "TransactItems": [{ "Get": { "TableName": "facts" } }, { "Get": { "TableName": "x" } }] }),
        ),
        ("sqs", "ReceiveMessage", json!({ "QueueUrl": QUEUE }), json!({ "QueueUrl": format!("{QUEUE}2") })),
        ("sqs", "DeleteMessage", json!({ "QueueUrl": QUEUE }), json!({})),
        (
            "logs",
            "FilterLogEvents",
            json!({ "logGroupName": "/aws/lambda/provost" }),
            json!({ "logGroupName": "/aws/lambda/provost", "unmask": true }),
        ),
        (
            "secretsmanager",
            "GetSecretValue",
            json!({ "SecretId": "database" }),
            json!({ "SecretId": "other" }),
        ),
    ] {
        passes(&guard, service, operation, inside.clone());
        refusal(&guard, &call(service, operation, outside));
        refusal(&WriteGuard::default(), &call(service, operation, inside));
    }
}

#[test]
fn sinks_take_what_is_meant_for_them_and_nothing_beside_it() {
    let guard = guard();
    let batch = |tables: &[&str]| {
        let items: serde_json::Map<String, Value> = tables
            .iter()
            .map(|table| ((*table).to_owned(), json!([{ "PutRequest": { "Item": {} } }])))
            .collect();
        json!({ "RequestItems": items })
    };
    let transaction = |tables: &[&str]| {
        let items: Vec<Value> = tables.iter().map(|table| json!({ "Put": { "TableName": table } })).collect();
        json!({ "TransactItems": items })
    };
    let object = |key: &str| json!({ "Bucket": "evidence", "Key": key });
    let with = |mut input: Value, name: &str, value: Value| {
        input[name] = value;
        input
    };
    let event = |bus: &str| json!({ "EventBusName": bus, "Detail": "{}" });
    let finding = |id: &str, account: &str, product: &str| {
        let product = format!("arn:aws:securityhub:eu-west-1:{account}:product/{product}");
        json!({ "Id": id, "AwsAccountId": account, "ProductArn": product })
    };
    for (service, operation, inside, outside) in [
        (
            "dynamodb",
            "PutItem",
            vec![
                json!({ "TableName": "inventory" }),
                json!({ "TableName": TABLE }),
                json!({ "TableName": "findings" }),
            ],
            vec![
                json!({ "TableName": "customers" }),
                json!({ "TableName": "facts" }),
                json!({ "TableName": TABLE.replace("111122223333", "444455556666") }),
                json!({ "TableName": "arn:aws:dynamodb:eu-west-1:111122223333:table/inventory" }),
                json!({ "TableName": "" }),
                json!({}),
                Value::Null,
                json!("inventory"),
            ],
        ),
        (
            "dynamodb",
            "BatchWriteItem",
            vec![batch(&["inventory"]), batch(&["inventory", "findings"])],
            vec![batch(&[]), batch(&["inventory", "customers"]), json!({ "RequestItems": ["inventory"] })],
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            vec![
                transaction(&["inventory", TABLE]),
                json!({ "TransactItems": [{ "ConditionCheck": { "TableName": "inventory" } }] }),
            ],
            vec![
                transaction(&[]),
                transaction(&["inventory", "customers"]),
                json!({ "TransactItems": [{ "Put": { "TableName": "inventory" }, "Delete": { "TableName": "x" } }] }),
                json!({ "TransactItems": [{}] }),
                json!({ "TransactItems": [{ "Put": { "TableName": "inventory" }, "Odd": 1 }] }),
            ],
        ),
        (
            "s3",
            "PutObject",
            vec![object("provost/x"), with(object("provost/x"), "ACL", json!("private"))],
            vec![
                object("x"),
                object("provost"),
                with(object("provost/x"), "Bucket", json!("trail")),
                with(object("provost/x"), "ACL", json!("public-read")),
                with(object("provost/x"), "GrantRead", json!("uri=all")),
                with(object("provost/x"), "WebsiteRedirectLocation", json!("/x")),
                json!({ "Bucket": "evidence" }),
                object("provost/../x"),
                object("provost/a/./x"),
                object("provost/.."),
                with(object("provost/x"), "VersionId", json!("1")),
            ],
        ),
        (
            "s3",
            "DeleteObjects",
            vec![json!({ "Bucket": "evidence", "Delete": { "Objects": [{ "Key": "provost/x" }] } })],
            vec![
                json!({ "Bucket": "evidence", "Delete": { "Objects": [{ "Key": "provost/x" }, { "Key": "x" }] } }),
                json!({ "Bucket": "evidence", "Delete": { "Objects": [] } }),
                json!({ "Bucket": "evidence", "Delete": { "Objects": [{ "Key": "provost/../x" }] } }),
                json!({ "Bucket": "evidence", "Delete": { "Objects": [
                    { "Key": "provost/x" }, { "Key": "provost/y", "VersionId": "1" }] } }),
                json!({ "Bucket": "evidence", "MFA": "serial 123456", "Delete": { "Objects": [
                    { "Key": "provost/x" }] } }),
                json!({ "Bucket": "evidence", "BypassGovernanceRetention": true, "Delete": { "Objects": [
                    { "Key": "provost/x" }] } }),
            ],
        ),
        (
            "s3",
            "DeleteObject",
            vec![object("provost/x")],
            vec![
                object("x"),
                object("provost/../x"),
                with(object("provost/x"), "BypassGovernanceRetention", json!(true)),
                with(object("provost/x"), "VersionId", json!("1")),
                with(object("provost/x"), "VersionId", json!("")),
                with(object("provost/x"), "MFA", json!("serial 123456")),
            ],
        ),
        (
            "sqs",
            "SendMessageBatch",
            vec![json!({ "QueueUrl": QUEUE })],
            vec![json!({ "QueueUrl": QUEUE.replace("eu-west-1", "eu-west-2") }), json!({})],
        ),
        (
            "sns",
            "Publish",
            vec![json!({ "TopicArn": TOPIC, "Message": "x" })],
            vec![
                json!({ "TopicArn": format!("{TOPIC}2") }),
                json!({ "PhoneNumber": "+100" }),
                json!({ "TopicArn": TOPIC, "PhoneNumber": "+100" }),
                json!({ "TopicArn": TOPIC, "TargetArn": "arn:aws:sns:eu-west-1:1:x" }),
            ],
        ),
        (
            "events",
            "PutEvents",
            vec![json!({ "Entries": [event("provost"), event("provost")] })],
            vec![
                json!({ "Entries": [event("provost"), event("other")] }),
                json!({ "Entries": [{ "Detail": "{}" }] }),
                json!({ "Entries": [event("provost")], "EndpointId": "x" }),
                json!({ "Entries": [] }),
            ],
        ),
        (
            "cloudwatch",
            "PutMetricData",
            vec![json!({ "Namespace": "Provost" })],
            vec![json!({ "Namespace": "AWS/EC2" }), json!({})],
        ),
        ("config", "PutEvaluations", vec![json!({ "ResultToken": "x" })], vec![]),
        (
            "securityhub",
            "BatchImportFindings",
            vec![
                json!({ "Findings": [finding("provost/a", "111122223333", "111122223333/default")] }),
                json!({ "Findings": [
                    finding("provost/a", "111122223333", "111122223333/default"),
                    finding("provost/b", "444455556666", "444455556666/default"),
                ] }),
            ],
            vec![
                json!({ "Findings": [] }),
                json!({}),
                json!({ "Findings": [finding("prowler-a", "111122223333", "111122223333/default")] }),
                json!({ "Findings": [finding("provost/a", "111122223333", "aws/securityhub")] }),
                json!({ "Findings": [finding("provost/a", "111122223333", "444455556666/default")] }),
                json!({ "Findings": [
                    finding("provost/a", "111122223333", "111122223333/default"),
                    json!({ "Id": "provost/b" }),
                ] }),
            ],
        ),
    ] {
        for input in inside {
            passes(&guard, service, operation, input.clone());
            refusal(&WriteGuard::default(), &call(service, operation, input));
        }
        for input in outside {
            let why = refusal(&guard, &call(service, operation, input));
            assert!(!why.contains("confirmed remediation"), "{why}");
        }
    }
    // A prefix that is empty means all keys, and `..` is one.
    let all = Sink::Objects { bucket: "evidence".to_owned(), prefix: String::new() };
    passes(&WriteGuard::new(vec![all], vec![]), "s3", "PutObject", object("a/../b"));
    let why = refusal(&guard, &call("dynamodb", "PutItem", json!({ "TableName": "customers" })));
    assert_eq!(
        why,
        "`dynamodb:PutItem` is refused: it writes to the table `customers`, which is not configured as a sink of \
         Provost"
    );
    // A source is not a sink, and a queue to send to is not one to take from.
    let sends = WriteGuard::new(vec![Sink::Queue(QUEUE.to_owned())], vec![]);
    refusal(&sends, &call("sqs", "ReceiveMessage", json!({ "QueueUrl": QUEUE })));
    refusal(&guard, &call("s3", "PutObject", json!({ "Bucket": "trail", "Key": "AWSLogs/x" })));
}

#[test]
fn a_place_given_by_its_arn_is_in_its_region() {
    let guard = guard();
    let put = call("dynamodb", "PutItem", json!({ "TableName": "findings" }));
    assert!(guard.admit(&put.clone().in_region("eu-west-1")).is_ok());
    refusal(&guard, &put.in_region("us-east-1"));
}

#[test]
fn what_nobody_knows_is_refused_and_the_message_says_what_to_do() {
    for (service, operation) in
        [("iam2", "ListUsers"), ("iam", "ListEverything"), ("s3", "ListDirectoryBuckets")]
    {
        let why = refusal(&guard(), &call(service, operation, Value::Null));
        assert!(why.contains("cannot be told from a write") && why.contains("corrections.txt"), "{why}");
    }
    // AWS calls these reads.
    for (service, operation) in [("comprehendmedical", "InferRxNorm"), ("route53", "TestDNSAnswer")] {
        refusal(&guard(), &call(service, operation, Value::Null));
    }
}

#[test]
fn a_permit_is_for_the_calls_of_a_confirmed_plan_each_once() {
    let disable = call("iam", "UpdateAccessKey", json!({ "AccessKeyId": "AKIA", "Status": "Inactive" }));
    let tag = call("iam", "TagUser", json!({ "UserName": "ada", "Tags": [] })).in_region("us-east-1");
    let plan = vec![disable.clone(), tag.clone(), disable.clone()];
    let digest = RemediationPermit::digest(&plan);
    let permit = RemediationPermit::confirmed(plan.clone(), &digest).unwrap();
    assert_eq!(permit.left(), 3);

    let guard = WriteGuard::default().holding(permit);
    let other = call("iam", "UpdateAccessKey", json!({ "AccessKeyId": "AKIB", "Status": "Inactive" }));
    refusal(&guard, &other);
    refusal(&guard, &Call { region: None, ..tag.clone() });
    assert!(guard.admit(&tag).is_ok());
    refusal(&guard, &tag);
    assert!(guard.admit(&disable).is_ok() && guard.admit(&disable).is_ok());
    refusal(&guard, &disable);
    // Reads are what they were.
    passes(&guard, "iam", "ListUsers", Value::Null);

    let not = |calls: Vec<Call>, digest: &_| RemediationPermit::confirmed(calls, digest).unwrap_err();
    assert_eq!(not(vec![], &digest), NotPermitted::Empty);
    assert!(matches!(not(vec![disable.clone(), tag], &digest), NotPermitted::Changed { .. }));
    for secret in [call("sts", "AssumeRole", Value::Null), call("kms", "Decrypt", json!({}))] {
        let digest = RemediationPermit::digest(std::slice::from_ref(&secret));
        assert!(matches!(not(vec![secret], &digest), NotPermitted::Secret { .. }));
    }
    let unknown = vec![call("iam", "FixEverything", Value::Null)];
    assert!(matches!(
        not(unknown.clone(), &RemediationPermit::digest(&unknown)),
        NotPermitted::Unknown { .. }
    ));
}

#[test]
fn every_operation_of_the_models_is_judged_and_the_figures_hold() {
    let models = Models::embedded();
    let guard = WriteGuard::default();
    let (mut passed, mut secret, mut data, mut refused) = (0, 0, 0, 0);
    for service in models.names() {
        for operation in models.service(service).unwrap().operations() {
            let admitted = guard.admit(&call(service, operation, Value::Null)).is_ok();
            match always(service, operation) {
                Answer::Secret(_) => secret += 1,
                Answer::Data(_) => data += 1,
                Answer::Harmless | Answer::Plain if admitted => passed += 1,
                Answer::Harmless | Answer::Plain => refused += 1,
            }
            // Whatever passes is a read to AWS, or one of the few whose level is wrong.
            if admitted && always(service, operation) == Answer::Plain {
                let actions = Operations::embedded().actions(service, operation).unwrap();
                assert!(actions.iter().all(|action| action.is_read_only()), "{service} {operation}");
            }
        }
    }
    println!("passed {passed}, secrets {secret}, data {data}, otherwise refused {refused}");
    assert_eq!((passed, secret, data, refused), (3699, 71, 106, 359));
}

#[test]
fn no_action_that_writes_passes_under_any_name() {
    // The worst case of a wrong mapping: an operation named like a write that AWS calls a read.
    let guard = WriteGuard::default();
    let looks = ["Describe", "List", "Get", "BatchGet", "BatchDescribe", "Head"];
    let mut passed = Vec::new();
    for service in Operations::embedded().services() {
        let prefix = Operations::embedded().prefix(service).unwrap();
        let actions = Catalogue::embedded().service(prefix).into_iter().flat_map(|service| service.actions());
        let names: Vec<&str> =
            actions.filter_map(|it| it.name().split_once(':')).map(|(_, name)| name).collect();
        for operation in names.into_iter().chain(Operations::embedded().exceptions(service)) {
            let looks = looks.iter().any(|verb| operation.starts_with(verb));
            if !looks && guard.admit(&call(service, operation, Value::Null)).is_ok() {
                passed.push(format!("{service}:{operation}"));
            }
        }
    }
    passed.sort();
    passed.dedup();
    let expected = [
        "accessanalyzer:CheckAccessNotGranted",
        "accessanalyzer:CheckNoNewAccess",
        "accessanalyzer:CheckNoPublicAccess",
        "accessanalyzer:ValidatePolicy",
        "cloudtrail:LookupEvents",
        "config:SelectAggregateResourceConfig",
        "config:SelectResourceConfig",
        "ec2:SearchLocalGatewayRoutes",
        "ec2:SearchTransitGatewayMulticastGroups",
        "ec2:SearchTransitGatewayRoutes",
        "iam:GenerateCredentialReport",
        "iam:GenerateOrganizationsAccessReport",
        "iam:GenerateServiceLastAccessedDetails",
        "iam:SimulateCustomPolicy",
        "iam:SimulatePrincipalPolicy",
        "lightsail:IsVpcPeered",
        "resource-explorer-2:Search",
        "resource-groups:SearchResources",
        "wafv2:CheckCapacity",
    ];
    assert_eq!(passed, expected);
}
