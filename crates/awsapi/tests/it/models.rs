//! The models the program carries: whole, as many as they should be, and replaced by a user's where there are
//! any.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use provost_awsapi::{ModelError, Models};
use serde_json::{Value, json};

/// What was there when the models were last generated. `models/SOURCES.md` counts the same.
const SERVICES: usize = 140;
const OPERATIONS: usize = 4_235;
const PAGINATORS: usize = 1_641;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models"))
}

#[test]
fn every_service_is_read_and_whole() {
    let models = Models::embedded();
    let (mut services, mut operations, mut paginators) = (0, 0, 0);
    let names: Vec<String> = models.names().map(str::to_owned).collect();
    for name in &names {
        // Reading refuses a model that refers to a shape it does not have.
        let service = models.service(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        services += 1;
        for operation in service.operations() {
            let operation = service.operation(operation).unwrap();
            operations += 1;
            paginators += usize::from(operation.pagination.is_some());
            assert!(operation.uri.starts_with('/'), "{name} {}: {}", operation.name, operation.uri);
        }
    }
    assert_eq!((services, operations, paginators), (SERVICES, OPERATIONS, PAGINATORS));
}

#[test]
fn the_table_names_exactly_the_files_that_are_there() {
    let models = Models::embedded();
    let mut named: BTreeSet<String> = models.names().map(|name| format!("{name}.json.gz")).collect();
    named.insert("endpoints.json.gz".to_owned());
    let files: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".gz"))
        .collect();
    assert_eq!(named, files);
    let bytes: u64 = files.iter().map(|name| folder().join(name).metadata().unwrap().len()).sum();
    assert!(bytes < 1_000_000, "the models have {bytes} bytes");
}

#[test]
fn the_notes_count_what_is_there() {
    let notes = std::fs::read_to_string(folder().join("SOURCES.md")).unwrap();
    for (what, count) in
        [("services", SERVICES), ("operations", OPERATIONS), ("operations with a paginator", PAGINATORS)]
    {
        assert!(notes.contains(&format!("| {what} | {count} |\n")), "{what}: not {count} in SOURCES.md");
    }
}

#[test]
fn what_a_run_cannot_do_without_is_there() {
    let models = Models::embedded();
    let needed = [
        (
            "iam",
            "GetAccountAuthorizationDetails ListUsers GenerateCredentialReport GetCredentialReport CreateUser",
        ),
        ("sts", "AssumeRole GetCallerIdentity"),
        ("organizations", "ListAccounts CreateAccount"),
        ("ec2", "DescribeRegions DescribeInstances RevokeSecurityGroupIngress ModifyInstanceMetadataOptions"),
        ("dynamodb", "PutItem BatchWriteItem Query TransactWriteItems CreateTable UpdateTimeToLive"),
        ("s3", "HeadObject GetObject PutObject PutBucketEncryption PutPublicAccessBlock GetBucketLocation"),
        ("s3control", "GetPublicAccessBlock PutPublicAccessBlock"),
        ("cloudwatch", "PutMetricData DescribeAlarms"),
        ("sqs", "SendMessageBatch ReceiveMessage DeleteMessageBatch ChangeMessageVisibility"),
        ("sns", "Publish"),
        ("events", "PutEvents"),
        ("config", "PutEvaluations SelectResourceConfig"),
        ("securityhub", "BatchImportFindings BatchUpdateFindings"),
        ("athena", "StartQueryExecution GetQueryExecution GetQueryResults"),
        ("lambda", "Invoke ListFunctions"),
        ("kms", "EnableKeyRotation GetKeyPolicy"),
        ("accessanalyzer", "ValidatePolicy CheckNoPublicAccess"),
        ("logs", "FilterLogEvents"),
    ];
    for (name, operations) in needed {
        let service = models.service(name).unwrap();
        for operation in operations.split(' ') {
            assert!(service.operation(operation).is_some(), "{name} has no {operation}");
        }
    }
}

#[test]
fn a_service_is_read_once_and_shared_by_clones() {
    let models = Models::embedded();
    let clone = models.clone();
    assert!(Arc::ptr_eq(&models.service("sts").unwrap(), &clone.service("sts").unwrap()));
}

#[test]
fn an_unknown_service_names_those_that_resemble_it() {
    let near = |name: &str| match Models::embedded().service(name) {
        Err(ModelError::Unknown { near, .. }) => near,
        other => panic!("{other:?}"),
    };
    assert_eq!(near("iamm"), ["iam"]);
    assert_eq!(near("s3api"), ["s3"]);
    assert_eq!(near("configservice"), ["config"]);
    assert_eq!(near("dynamo"), ["dynamodb", "dynamodbstreams"]);
    assert_eq!(near("IAM"), ["iam"]);
    assert_eq!(near("zzz"), [""; 0]);
    assert_eq!(near(""), [""; 0]);
}

/// A service of one operation.
fn model(operation: &str) -> String {
    format!(
        r#"{{"metadata": {{"protocol": "query", "endpointPrefix": "sts", "serviceId": "STS",
                          "apiVersion": "2011-06-15"}},
            "operations": {{"{operation}": {{"name": "{operation}",
                          "http": {{"method": "POST", "requestUri": "/"}}}}}},
            "shapes": {{}}}}"#
    )
}

#[test]
fn a_folder_goes_before_the_program_and_leaves_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sts.json"), model("GetNews")).unwrap();
    let compressed = std::fs::File::create(folder.path().join("mine.json.gz")).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(compressed, flate2::Compression::default());
    gzip.write_all(model("GetMine").as_bytes()).unwrap();
    gzip.finish().unwrap();

    let models = Models::embedded().with_folder(folder.path());
    assert_eq!(models.service("sts").unwrap().operations().collect::<Vec<_>>(), ["GetNews"]);
    assert_eq!(models.service("mine").unwrap().operations().collect::<Vec<_>>(), ["GetMine"]);
    assert!(models.service("iam").unwrap().operation("ListUsers").is_some());
    assert!(models.names().any(|name| name == "mine") && models.names().any(|name| name == "iam"));
}

#[test]
fn a_damaged_file_is_named_with_its_line_and_replaced_by_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sts.json"), "{\n  \"metadata\": {},\n  oh\n}").unwrap();
    std::fs::write(folder.path().join("iam.json.gz"), "not gzip").unwrap();
    let models = Models::embedded().with_folder(folder.path());
    let message = models.service("sts").unwrap_err().to_string();
    assert!(message.contains("sts.json") && message.contains("line 3"), "{message}");
    let message = models.service("iam").unwrap_err().to_string();
    assert!(message.contains("iam.json.gz"), "{message}");
}

#[test]
fn a_folder_that_is_not_there_is_an_error_of_every_service() {
    let folder = tempfile::tempdir().unwrap();
    let models = Models::embedded().with_folder(&folder.path().join("nowhere"));
    let message = models.service("iam").unwrap_err().to_string();
    assert!(message.contains("nowhere"), "{message}");
}

/// The model of the program, to be changed.
fn carried(name: &str) -> Value {
    let file = std::fs::File::open(folder().join(format!("{name}.json.gz"))).unwrap();
    serde_json::from_reader(flate2::read::GzDecoder::new(file)).unwrap()
}

/// What is said of a file over a service of the program; nothing when it is taken.
fn refused(name: &str, change: impl FnOnce(&mut Value)) -> Option<String> {
    let mut model = carried(name);
    model["shapes"]["News"] = json!({"type": "string"});
    change(&mut model);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(format!("{name}.json")), model.to_string()).unwrap();
    let message = Models::embedded().with_folder(folder.path()).service(name).err()?.to_string();
    assert!(message.contains(&format!("{name}.json")), "{message}");
    Some(message)
}

#[test]
fn an_operation_is_sent_under_the_name_a_gate_is_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let renamed = model("GetNews").replace(r#""name": "GetNews""#, r#""name": "DeleteAll""#);
    assert!(renamed.contains("DeleteAll"));
    std::fs::write(folder.path().join("sts.json"), &renamed).unwrap();
    let service = Models::embedded().with_folder(folder.path()).service("sts").unwrap();
    assert_eq!(service.operation("GetNews").unwrap().name.as_ref(), "GetNews");
    assert!(service.operation("DeleteAll").is_none());
    let request =
        provost_awsapi::serialize::serialize(&service, service.operation("GetNews").unwrap(), &Value::Null);
    let body = String::from_utf8(request.unwrap().body).unwrap();
    assert!(body.contains("Action=GetNews") && !body.contains("DeleteAll"), "{body}");
}

#[test]
fn a_file_cannot_change_where_a_known_operation_goes() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change, &[&str]); 10] = [
        (
            "s3",
            |model| model["operations"]["GetBucketAcl"]["http"]["method"] = json!("PUT"),
            &["GetBucketAcl", "http.method"],
        ),
        (
            "s3",
            |model| model["operations"]["GetBucketAcl"]["http"]["requestUri"] = json!("/{Bucket}?policy"),
            &["GetBucketAcl", "http.requestUri"],
        ),
        ("iam", |model| model["metadata"]["endpointPrefix"] = json!("sts"), &["metadata.endpointPrefix"]),
        ("iam", |model| model["metadata"]["signingName"] = json!("sts"), &["metadata.signingName"]),
        ("iam", |model| model["metadata"]["protocol"] = json!("ec2"), &["metadata.protocol"]),
        ("dynamodb", |model| model["metadata"]["targetPrefix"] = json!("X"), &["metadata.targetPrefix"]),
        (
            "s3",
            |model| {
                let input =
                    model["operations"]["ListObjectsV2"]["input"]["shape"].as_str().unwrap().to_owned();
                model["shapes"][&input]["members"]["Sub"] =
                    json!({"shape": "News", "location": "querystring", "locationName": "policy"});
            },
            &["ListObjectsV2", "Sub"],
        ),
        (
            "s3",
            |model| {
                let input = model["operations"]["PutObject"]["input"]["shape"].as_str().unwrap().to_owned();
                let members = &mut model["shapes"][&input]["members"];
                members["Other"] = members["Bucket"].clone();
            },
            &["PutObject", "Other"],
        ),
        (
            "dynamodb",
            |model| {
                let input = model["operations"]["PutItem"]["input"]["shape"].as_str().unwrap().to_owned();
                model["shapes"][&input]["members"]["TableName"]["locationName"] = json!("Name");
            },
            &["PutItem", "TableName"],
        ),
        (
            "iam",
            |model| {
                let input = model["operations"]["ListUsers"]["input"]["shape"].as_str().unwrap().to_owned();
                model["shapes"][&input]["members"]["Other"] =
                    json!({"shape": "News", "locationName": "Action"});
            },
            &["ListUsers", "Other"],
        ),
    ];
    for (name, change, words) in cases {
        let message = refused(name, change).unwrap_or_else(|| panic!("{words:?} was taken"));
        assert!(words.iter().all(|word| message.contains(&format!("`{word}`"))), "{words:?}: {message}");
    }
}

#[test]
fn a_file_may_repeat_leave_out_and_add() {
    for name in ["cloudfront", "dynamodb", "ec2", "iam", "lambda", "s3", "s3control", "sqs"] {
        assert_eq!(refused(name, |_| ()), None, "{name}");
    }
    let added = refused("iam", |model| {
        model["operations"]["ListNews"] =
            json!({"name": "ListNews", "http": {"method": "POST", "requestUri": "/"}});
        model["operations"].as_object_mut().unwrap().remove("ListRoles");
        let input = model["operations"]["ListUsers"]["input"]["shape"].as_str().unwrap().to_owned();
        model["shapes"][&input]["members"]["Fresh"] = json!({"shape": "News"});
        model["metadata"]["signingName"] = json!("iam");
    });
    assert_eq!(added, None);
}
