//! The index never changes what is found: held against the plain path over made-up records.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use proptest::prelude::*;
use provost_catalog::load;
use provost_core::detection::{Candidates, Detector};
use provost_core::events::{Item, read_records};
use provost_core::model::Action;
use serde_json::{Value, json};

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| Detector::new(load(&[], &[]).unwrap().detections));

fn indexed(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    read_records(text.as_bytes(), &mut |item| {
        if let Item::Record(record) = item
            && let Some(matched) = DETECTOR.judge(&record, &mut Candidates::default()).unwrap()
        {
            found.extend(matched.rules.iter().map(|rule| rule.stamp.id.clone()));
        }
        ControlFlow::Continue(())
    });
    found
}

/// Values in the places rules look at: mostly right, sometimes in another case, sometimes of another type.
fn member(values: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let text = prop::sample::select(values);
    prop_oneof![
        6 => text.clone().prop_map(Value::from),
        1 => text.clone().prop_map(|text| Value::from(text.to_uppercase())),
        1 => text.prop_map(|text| json!([text])),
        1 => Just(Value::Null),
        1 => Just(json!(7)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_index_and_the_plain_path_agree(
        source in member(&["iam.amazonaws.com", "ec2.amazonaws.com", "cloudtrail.amazonaws.com", "signin.amazonaws.com", "s3.amazonaws.com"]),
        name in member(&["CreateUser", "CreateAccessKey", "StopLogging", "DeleteTrail", "ConsoleLogin", "PutRolePolicy",
            "AttachUserPolicy", "CreateRole", "PutBucketPolicy", "AuthorizeSecurityGroupIngress", "ModifySnapshotAttribute", "DeleteFlowLogs", "GetUser"]),
        identity in member(&["Root", "IAMUser", "AssumedRole", "AWSService"]),
        parameters in prop_oneof![
            Just(Value::Null), Just(json!("too large")), Just(json!({"omitted": true})),
            Just(json!({"userName": "x", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})),
            Just(json!({"policyDocument": r#"{"Statement":[{"Effect":"Allow","Action":"iam:PutUserPolicy","Resource":"*"}]}"#})),
            Just(json!({"assumeRolePolicyDocument": r#"{"Statement":{"Effect":"Allow","Action":"sts:*","Principal":"*"}}"#})),
            Just(json!({"bucketPolicy": {"Statement": {"Effect": "Allow", "Action": "s3:*", "Principal": "*", "Resource": "*"}}})),
        ],
        dotted in prop::option::of(prop::sample::select(&["userIdentity.type", "eventName.x", "a[0]"][..])),
    ) {
        let mut event = json!({
            "eventSource": source, "eventName": name, "userIdentity": {"type": identity, "arn": "arn:aws:iam::111122223333:user/x"},
            "requestParameters": parameters, "additionalEventData": {"MFAUsed": "No"}, "responseElements": {"ConsoleLogin": "Success"},
        });
        if let Some(key) = dotted {
            event[key] = json!("Root");
        }
        // What says neither what nor where is no record, and is reported instead of judged.
        prop_assume!(!(event["eventSource"].is_null() && event["eventName"].is_null()));
        let plain: Vec<String> = DETECTOR.judge_plainly(&event).into_iter().map(|rule| rule.stamp.id.clone()).collect();
        prop_assert_eq!(indexed(&event.to_string()), plain);
    }
}

#[test]
fn the_made_up_records_are_not_all_silent() {
    let event = json!({"eventSource": "iam.amazonaws.com", "eventName": "CREATEUSER"});
    assert_eq!(indexed(&event.to_string()), ["iam-user-created"]);
}

/// Padding a policy until CloudTrail leaves it out hides nothing.
#[test]
fn whatever_writes_or_names_a_policy_alerts_when_the_request_is_omitted() {
    let calls = "iam: PutUserPolicy PutRolePolicy PutGroupPolicy CreatePolicy CreatePolicyVersion \
         SetDefaultPolicyVersion AttachUserPolicy AttachRolePolicy AttachGroupPolicy CreateRole \
         UpdateAssumeRolePolicy PutUserPermissionsBoundary PutRolePermissionsBoundary
         sso: PutInlinePolicyToPermissionSet AttachManagedPolicyToPermissionSet \
         AttachCustomerManagedPolicyReferenceToPermissionSet PutPermissionsBoundaryToPermissionSet
         organizations: CreatePolicy UpdatePolicy PutResourcePolicy
         s3: PutBucketPolicy PutAccessPointPolicy
         kms: PutKeyPolicy CreateKey ReplicateKey
         sqs: SetQueueAttributes CreateQueue AddPermission
         sns: SetTopicAttributes CreateTopic AddPermission
         lambda: AddPermission20150331 AddPermission20150331v2 AddLayerVersionPermission20181031
         secretsmanager: PutResourcePolicy
         ecr: SetRepositoryPolicy PutRegistryPolicy
         ecr-public: SetRepositoryPolicy
         backup: PutBackupVaultAccessPolicy
         glacier: SetVaultAccessPolicy
         elasticfilesystem: PutFileSystemPolicy
         es: UpdateElasticsearchDomainConfig UpdateDomainConfig
         events: PutPermission CreateEventBus
         logs: PutResourcePolicy PutDestinationPolicy
         glue: PutResourcePolicy
         dynamodb: PutResourcePolicy
         kinesis: PutResourcePolicy
         codeartifact: PutDomainPermissionsPolicy PutRepositoryPermissionsPolicy
         apigateway: UpdateRestApi CreateRestApi";
    for line in calls.lines() {
        let (service, names) = line.trim().split_once(':').unwrap();
        for name in names.split_whitespace() {
            let event = json!({"eventSource": format!("{service}.amazonaws.com"), "eventName": name,
                "requestParameters": {"omitted": true, "originalSize": 131_072, "reason": "requestParameters too large"}});
            let found = DETECTOR.judge_plainly(&event);
            assert!(found.iter().any(|rule| rule.action != Action::Log), "{service} {name}");
        }
    }
}
