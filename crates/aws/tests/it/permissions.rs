//! The ledger: the printed policy permits each needed call, no other, and nothing once an action is taken out.

use provost_aws::Reach;
use provost_aws::guard::{Home, Sink, Source};
use provost_aws::jobs::{needs_of_collecting, needs_of_sink};
use provost_aws::permissions::{MOST_CHARACTERS, Need, Permissions, policy, size};
use provost_iam::Policy;
use provost_iam::decide::{Asked, Engine};
use provost_iam::layers::Layers;
use provost_iam::outcome::Outcome;
use provost_iam::principal::Principal;
use provost_iam::request::{Context, Request};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";

fn home() -> Home {
    Home { partition: "aws".to_owned(), region: "eu-west-1".to_owned(), account: ACCOUNT.to_owned() }
}

/// What a small installation needs.
fn needs() -> Vec<Need> {
    let inventory = [
        ("dynamodb", "BatchWriteItem"),
        ("dynamodb", "PutItem"),
        ("dynamodb", "Query"),
        ("dynamodb", "TransactWriteItems"),
        ("s3", "GetObject"),
        ("s3", "ListObjectsV2"),
        ("s3", "PutObject"),
        ("cloudwatch", "PutMetricData"),
        ("sns", "Publish"),
        ("sqs", "ReceiveMessage"),
        ("sqs", "DeleteMessage"),
        ("logs", "FilterLogEvents"),
        ("events", "PutEvents"),
        ("config", "PutEvaluations"),
        ("securityhub", "BatchImportFindings"),
    ];
    let sinks = [
        Sink::Table("inventory".to_owned()),
        Sink::Objects { bucket: "evidence".to_owned(), prefix: "provost/".to_owned() },
        Sink::Namespace("Provost".to_owned()),
        Sink::Topic(format!("arn:aws:sns:eu-west-1:{ACCOUNT}:alerts")),
        Sink::Bus("provost".to_owned()),
        Sink::Evaluations,
        Sink::Findings,
    ];
    let sources = [
        Source::Queue(format!("https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/events")),
        Source::LogGroup("/aws/lambda/provost".to_owned()),
    ];
    let mut needs: Vec<Need> =
        sinks.iter().flat_map(|sink| sink.needs(&inventory, &home(), "collect iam-users")).collect();
    needs.extend(sources.iter().flat_map(|source| source.needs(&inventory, &home(), "detect")));
    for (service, operation) in [
        ("iam", "ListUsers"),
        ("iam", "GetAccountAuthorizationDetails"),
        ("s3", "ListBuckets"),
        ("sts", "GetCallerIdentity"),
    ] {
        needs.push(Need::new(service, operation, "collect iam-users"));
    }
    needs.push(Need::new("s3", "ListBuckets", "assess"));
    needs.push(Need::new("apigateway", "GetRestApis", "assess"));
    needs.push(Need::assume_role("aws", "provost-read", "collect iam-users"));
    needs
}

/// What the engine says of an action on a resource under this policy.
fn outcome(policy: &Value, action: &str, resource: &str, conditions: &[(String, String)]) -> Outcome {
    let mut layers = Layers { identity: vec![Policy::from_value(policy).unwrap()], ..Layers::default() };
    let caller = format!("arn:aws:iam::{ACCOUNT}:role/provost");
    if action == "sts:AssumeRole" {
        // A role is only assumed where its own policy agrees.
        let trust = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": caller }, "Action": "sts:AssumeRole" }] });
        layers.resource = Some(vec![Policy::from_value(&trust).unwrap()]);
    }
    let mut context = Context::new();
    for (key, value) in conditions {
        context.set_value(key, value);
    }
    let request = Request {
        principal: Principal::parse(&caller).unwrap(),
        action: action.to_owned(),
        resource: resource.to_owned(),
        resource_account: (!resource.contains("444455556666")).then(|| ACCOUNT.to_owned()),
        context,
    };
    Engine::new(&layers).decide(&Asked::new(&request)).outcome
}

/// A resource that a pattern means.
fn meant(pattern: &str) -> String {
    match pattern.strip_prefix("arn:aws:iam::*:") {
        Some(role) => format!("arn:aws:iam::444455556666:{role}"),
        None if pattern == "*" => pattern.to_owned(),
        None => pattern.replace('*', "some/thing"),
    }
}

/// The policy without one action.
fn without(policy: &Value, action: &str) -> Value {
    let mut policy = policy.clone();
    for statement in policy["Statement"].as_array_mut().unwrap() {
        statement["Action"].as_array_mut().unwrap().retain(|listed| listed != action);
    }
    policy["Statement"].as_array_mut().unwrap().retain(|it| !it["Action"].as_array().unwrap().is_empty());
    policy
}

#[test]
fn each_needed_action_is_allowed_where_it_is_needed_and_denied_once_it_is_taken_out() {
    let permissions = Permissions::of(&needs());
    assert_eq!(permissions.left_out(), []);
    let policy = permissions.policy();
    let mut decided = 0;
    for row in permissions.rows() {
        let taken_out = without(&policy, &row.action);
        for resource in &row.resources {
            let resource = meant(resource);
            let decide = |policy| outcome(policy, &row.action, &resource, &row.conditions);
            assert_eq!(decide(&policy), Outcome::Allow, "{} on {resource}", row.action);
            assert_eq!(decide(&taken_out), Outcome::ImplicitDeny, "{} on {resource}", row.action);
            decided += 1;
        }
    }
    assert_eq!((permissions.rows().len(), decided), (22, 23));
}

#[test]
fn nothing_beside_it_is_allowed() {
    let policy = policy(&needs());
    for (action, resource) in [
        ("iam:ListRoles", "*"),
        ("iam:DeleteUser", "*"),
        ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/inventory2"),
        ("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:111122223333:table/inventory"),
        ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/inventory/index/x"),
        ("dynamodb:DeleteTable", "arn:aws:dynamodb:eu-west-1:111122223333:table/inventory"),
        ("s3:PutObject", "arn:aws:s3:::evidence/other"),
        ("s3:PutObject", "arn:aws:s3:::other/provost/x"),
        ("s3:GetObject", "arn:aws:s3:::evidence/other"),
        ("s3:ListBucket", "arn:aws:s3:::other"),
        ("sns:Publish", "arn:aws:sns:eu-west-1:111122223333:other"),
        ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:events"),
        ("events:PutEvents", "arn:aws:events:eu-west-1:111122223333:event-bus/default"),
        ("sts:AssumeRole", "arn:aws:iam::444455556666:role/admin"),
    ] {
        assert_eq!(outcome(&policy, action, resource, &[]), Outcome::ImplicitDeny, "{action} on {resource}");
    }
    let namespace = |value: &str| [("cloudwatch:namespace".to_owned(), value.to_owned())];
    let metrics = |value| outcome(&policy, "cloudwatch:PutMetricData", "*", &namespace(value));
    assert_eq!((metrics("Provost"), metrics("AWS/EC2")), (Outcome::Allow, Outcome::ImplicitDeny));
}

#[test]
fn the_role_of_other_accounts_is_named_in_the_partition_of_the_home() {
    for (partition, role) in [("aws", "audit"), ("aws-us-gov", "/audit"), ("aws-cn", "/team/audit")] {
        let home = Home { partition: partition.to_owned(), ..Home::default() };
        let reach = Reach { role: Some(role.to_owned()), global_only: true, ..Reach::default() };
        let needs = needs_of_collecting(&[], &reach, &home, "collect");
        let assume: Vec<&Need> = needs.iter().filter(|need| need.operation == "AssumeRole").collect();
        // As the estate asks for it: without what the name begins with.
        let role = role.trim_start_matches('/');
        assert_eq!(assume.len(), 1);
        assert_eq!(assume[0].resources, [format!("arn:{partition}:iam::*:role/{role}")]);
        let table = needs_of_sink(&Sink::Table("inventory".to_owned()), &home, "collect");
        let expected = format!("arn:{partition}:dynamodb:*:*:table/inventory");
        assert!(!table.is_empty() && table.iter().all(|need| need.resources == [expected.as_str()]));
        let policy = policy(&[needs, table].concat()).to_string();
        assert!(partition == "aws" || !policy.contains("arn:aws:"), "{policy}");
    }
}

#[test]
fn the_document_is_in_order_and_says_who_needs_what() {
    let mut backwards = needs();
    backwards.reverse();
    assert_eq!(policy(&needs()), policy(&backwards));
    let few = [
        Need::new("iam", "ListUsers", "collect iam-users"),
        Need::new("s3", "ListBuckets", "assess"),
        Need::new("s3", "ListBuckets", "collect iam-users"),
        Need::new("s3", "GetBucketEncryption", "assess"),
        Need::new("dynamodb", "Query", "collect iam-users").on("arn:aws:dynamodb:*:*:table/inventory"),
        Need::new("dynamodb", "PutItem", "collect iam-users").on("arn:aws:dynamodb:*:*:table/inventory"),
        Need::new("cloudwatch", "PutMetricData", "assess").on("*").only_if("cloudwatch:namespace", "Provost"),
    ];
    let expected = json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Sid": "ReadAssess", "Effect": "Allow", "Action": ["s3:GetEncryptionConfiguration"],
              "Resource": ["*"] },
            { "Sid": "ReadAssessAndCollectIamUsers", "Effect": "Allow", "Action": ["s3:ListAllMyBuckets"],
              "Resource": ["*"] },
            { "Sid": "ReadCollectIamUsers", "Effect": "Allow", "Action": ["iam:ListUsers"], "Resource": ["*"] },
            { "Sid": "ReadCollectIamUsers2", "Effect": "Allow", "Action": ["dynamodb:Query"],
              "Resource": ["arn:aws:dynamodb:*:*:table/inventory", "arn:aws:dynamodb:*:*:table/inventory/index/*"] },
            { "Sid": "WriteAssess", "Effect": "Allow", "Action": ["cloudwatch:PutMetricData"], "Resource": ["*"],
              "Condition": { "StringEquals": { "cloudwatch:namespace": ["Provost"] } } },
            { "Sid": "WriteCollectIamUsers", "Effect": "Allow", "Action": ["dynamodb:PutItem"],
              "Resource": ["arn:aws:dynamodb:*:*:table/inventory"] },
        ],
    });
    assert_eq!(policy(&few), expected);
    // AWS's own rules for documents, as our lint knows them.
    let parsed = Policy::from_value(&policy(&needs())).unwrap();
    let remarks = provost_iam::lint::lint(&parsed, provost_iam::facts::Kind::Identity);
    // It is for a role; a user cannot have as much inline, which is all there is to say of it.
    assert!(remarks.iter().all(|remark| remark.id == "too-large"), "{remarks:?}");
}

#[test]
fn the_listing_says_which_call_needs_what_and_for_whom() {
    let few = [
        Need::new("s3", "ListBuckets", "assess"),
        Need::new("s3", "ListBuckets", "collect"),
        Need::new("cloudwatch", "PutMetricData", "assess").on("*").only_if("cloudwatch:namespace", "Provost"),
        Need::new("dynamodb", "PutItem", "collect").on("arn:aws:dynamodb:*:*:table/inventory"),
    ];
    let expected = "\
actions that read: 1, that write: 2

cloudwatch:PutMetricData
  only if  cloudwatch:namespace is Provost
  calls    cloudwatch:PutMetricData
  why      assess

dynamodb:PutItem
  on       arn:aws:dynamodb:*:*:table/inventory
  calls    dynamodb:PutItem
  why      collect

s3:ListAllMyBuckets
  calls    s3:ListBuckets
  why      assess, collect
";
    assert_eq!(Permissions::of(&few).to_string(), expected);
}

#[test]
fn what_cannot_be_permitted_is_said_and_left_out() {
    let needs = [
        Need::new("dynamodb", "PutItem", "collect"),
        Need::new("s3", "GetObject", "detect"),
        Need::new("secretsmanager", "GetSecretValue", "collect"),
        Need::new("kms", "Decrypt", "collect"),
        Need::new("iam", "ListEverything", "assess"),
        Need::new("nothing", "ListUsers", "assess"),
        Need::new("iam", "DeleteUser", "remediate"),
        Need::new("sns", "Publish", "report").on("arn:aws:sqs:eu-west-1:111122223333:events"),
    ];
    let permissions = Permissions::of(&needs);
    assert_eq!(permissions.rows(), []);
    let calls: Vec<&str> = permissions.left_out().iter().map(|left_out| left_out.call.as_str()).collect();
    assert_eq!(
        calls,
        [
            "dynamodb:PutItem",
            "iam:DeleteUser",
            "iam:ListEverything",
            "kms:Decrypt",
            "nothing:ListUsers",
            "s3:GetObject",
            "secretsmanager:GetSecretValue",
            "sns:Publish",
        ]
    );
    let listing = permissions.to_string();
    assert!(listing.contains("not permitted, although asked for:"), "{listing}");
    assert!(listing.contains("changes something, and no place is named: configure a sink"), "{listing}");
    // A secret that a collector is configured for is a place as well.
    let secret = Source::Secret("database".to_owned());
    let needs = secret.needs(&[("secretsmanager", "GetSecretValue")], &home(), "collect databases");
    let rows = Permissions::of(&needs);
    assert_eq!(
        rows.rows()[0].resources,
        ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:database-??????"]
    );
}

#[test]
fn a_policy_longer_than_aws_takes_is_split_and_the_listing_says_so() {
    let models = provost_awsapi::Models::embedded();
    let ec2 = models.service("ec2").unwrap();
    let mut needs: Vec<Need> = ec2
        .operations()
        .filter(|operation| operation.starts_with("Describe"))
        .map(|operation| Need::new("ec2", operation, "assess"))
        .collect();
    needs.extend(self::needs());
    let permissions = Permissions::of(&needs);
    assert!(size(&permissions.policy()) > MOST_CHARACTERS);
    let documents = permissions.documents();
    assert!(documents.len() > 1 && documents.iter().all(|document| size(document) <= MOST_CHARACTERS));
    let allowed = |action: &str, resource: &str, conditions: &[(String, String)]| {
        documents.iter().any(|document| outcome(document, action, resource, conditions) == Outcome::Allow)
    };
    for row in permissions.rows() {
        assert!(allowed(&row.action, &meant(&row.resources[0]), &row.conditions), "{}", row.action);
    }
    let listing = permissions.to_string();
    assert!(listing.contains(&format!("attach all {} documents", documents.len())), "{listing}");
    assert_eq!(Permissions::of(&self::needs()).documents().len(), 1);
}
