use provost_iam::{Matching, Principals};
use serde_json::json;

use super::*;

fn event(source: &str, name: &str, request: Value) -> Value {
    let mut event = json!({"eventSource": format!("{source}.amazonaws.com"), "eventName": name});
    event["requestParameters"] = request;
    event
}

fn what(source: &str, name: &str, request: Value) -> Option<What> {
    carried(&event(source, name, request)).map(|carried| carried.what)
}

fn document() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "a:B", "Resource": "*"}]})
}

/// The conditions of the only statement, as `operator key values`, and its principals.
fn only_statement(what: Option<What>) -> (Vec<String>, Matching<Principals>, Matching<Vec<String>>) {
    let Some(What::Document(policy)) = what else { panic!("{what:?}") };
    let [statement] = policy.statements.as_slice() else { panic!("{policy:?}") };
    let conditions = statement.conditions.iter();
    let conditions =
        conditions.map(|it| format!("{} {} {}", it.operator, it.key, it.values.join("|"))).collect();
    (conditions, statement.principals.clone().unwrap(), statement.actions.clone())
}

#[test]
fn documents_are_found_where_each_service_puts_them() {
    let text = document().to_string();
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for (source, name, request) in [
        ("iam", "PutUserPolicy", json!({"policyDocument": text})),
        ("iam", "PutRolePolicy", json!({"policyDocument": encoded})),
        ("iam", "putgrouppolicy", json!({"policyDocument": text})),
        ("iam", "CreatePolicy", json!({"policyDocument": text})),
        ("iam", "CreatePolicyVersion", json!({"policyDocument": text})),
        ("iam", "CreateRole", json!({"assumeRolePolicyDocument": text})),
        ("iam", "UpdateAssumeRolePolicy", json!({"policyDocument": text})),
        ("sso", "PutInlinePolicyToPermissionSet", json!({"inlinePolicy": text})),
        ("organizations", "CreatePolicy", json!({"content": text, "type": "SERVICE_CONTROL_POLICY"})),
        ("organizations", "UpdatePolicy", json!({"content": text})),
        ("organizations", "PutResourcePolicy", json!({"content": text})),
        ("s3", "PutBucketPolicy", json!({"bucketPolicy": document(), "policy": [""]})),
        ("s3", "PutBucketPolicy", json!({"policy": text})),
        ("s3", "PutAccessPointPolicy", json!({"PutAccessPointPolicyRequest": {"Policy": text}})),
        ("kms", "PutKeyPolicy", json!({"policy": text})),
        ("kms", "CreateKey", json!({"policy": text})),
        ("sqs", "SetQueueAttributes", json!({"attributes": {"Policy": text}})),
        ("sqs", "CreateQueue", json!({"attributes": {"Policy": text}})),
        ("sns", "SetTopicAttributes", json!({"attributeName": "Policy", "attributeValue": text})),
        ("sns", "CreateTopic", json!({"attributes": {"Policy": text}})),
        ("events", "PutPermission", json!({"policy": text})),
        ("ecr", "SetRepositoryPolicy", json!({"policyText": text})),
        ("ecr-public", "SetRepositoryPolicy", json!({"policyText": text})),
        ("backup", "PutBackupVaultAccessPolicy", json!({"policy": text})),
        ("glacier", "SetVaultAccessPolicy", json!({"policy": {"policy": text}})),
        ("elasticfilesystem", "PutFileSystemPolicy", json!({"policy": text})),
        ("es", "UpdateElasticsearchDomainConfig", json!({"accessPolicies": text})),
        ("es", "UpdateDomainConfig", json!({"accessPolicies": text})),
        ("secretsmanager", "PutResourcePolicy", json!({"resourcePolicy": text, "blockPublicPolicy": true})),
        ("dynamodb", "PutResourcePolicy", json!({"policy": text})),
        ("kinesis", "PutResourcePolicy", json!({"policy": text})),
        ("logs", "PutResourcePolicy", json!({"policyDocument": text})),
        ("glue", "PutResourcePolicy", json!({"policyInJson": text})),
        ("codeartifact", "PutDomainPermissionsPolicy", json!({"policyDocument": text})),
        (
            "apigateway",
            "UpdateRestApi",
            json!({"updateRestApiInput": {"patchOperations": [{"op": "replace", "path": "/policy", "value": text}]}}),
        ),
        ("apigateway", "CreateRestApi", json!({"createRestApiInput": {"policy": text}})),
    ] {
        let expected = What::Document(Policy::from_value(&document()).unwrap());
        assert_eq!(what(source, name, request), Some(expected), "{source} {name}");
    }
}

#[test]
fn what_is_left_out_or_cannot_be_read_is_said_to_be_so() {
    for (source, name, request) in [
        ("iam", "CreatePolicy", Value::Null),
        ("iam", "CreatePolicy", json!("requestParameters too large")),
        ("iam", "CreatePolicy", json!({"omitted": true, "originalSize": 118_204})),
        ("iam", "PutRolePolicy", json!({"roleName": "x"})),
        ("iam", "PutRolePolicy", json!({"policyDocument": ""})),
        ("iam", "PutRolePolicy", json!({"policyDocument": "{\"Statement\": [{\"Effect\": \"Allow\""})),
        ("iam", "PutRolePolicy", json!({"policyDocument": {"omitted": true}})),
        ("iam", "AttachRolePolicy", json!({"roleName": "x"})),
        ("s3", "PutBucketPolicy", json!({"policy": [""]})),
        ("sqs", "SetQueueAttributes", json!({"omitted": true})),
        ("sqs", "SetQueueAttributes", json!({"attributes": {"Policy": {"omitted": true}}})),
        ("sns", "SetTopicAttributes", json!({})),
        ("lambda", "AddPermission20150331v2", json!({"functionName": "x"})),
        ("apigateway", "UpdateRestApi", json!({"patchOperations": [{"path": "/policy/Statement/0"}]})),
        (
            "sso",
            "AttachCustomerManagedPolicyReferenceToPermissionSet",
            json!({"customerManagedPolicyReference": {}}),
        ),
    ] {
        assert_eq!(what(source, name, request.clone()), Some(What::Unreadable), "{source} {name} {request}");
    }
}

#[test]
fn calls_about_something_else_have_nothing_to_say() {
    for (source, name, request) in [
        ("iam", "GetPolicy", json!({})),
        ("iot", "CreatePolicy", json!({"policyDocument": "{}"})),
        ("kms", "CreateKey", json!({"keyUsage": "SIGN_VERIFY"})),
        ("sqs", "SetQueueAttributes", json!({"attributes": {"VisibilityTimeout": "1"}})),
        ("sqs", "CreateQueue", json!({"queueName": "x"})),
        ("sns", "SetTopicAttributes", json!({"attributeName": "DisplayName", "attributeValue": "x"})),
        ("es", "UpdateDomainConfig", json!({"domainName": "x"})),
        ("organizations", "UpdatePolicy", json!({"name": "x"})),
        ("organizations", "CreatePolicy", json!({"content": "{\"tags\": {}}", "type": "TAG_POLICY"})),
        ("apigateway", "UpdateRestApi", json!({"patchOperations": [{"op": "replace", "path": "/name"}]})),
    ] {
        assert_eq!(what(source, name, request), None, "{source} {name}");
    }
    assert_eq!(carried(&json!({"eventSource": 7, "eventName": ["CreatePolicy"]})), None);
    assert_eq!(carried(&Value::Null), None);
}

#[test]
fn an_empty_policy_takes_one_away() {
    let empty = Some(What::Document(NO_POLICY));
    assert_eq!(what("sqs", "SetQueueAttributes", json!({"attributes": {"Policy": ""}})), empty);
    assert_eq!(
        what("sns", "SetTopicAttributes", json!({"attributeName": "Policy", "attributeValue": ""})),
        empty
    );
}

#[test]
fn managed_policies_are_named() {
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
    let named = |version: Option<&str>| {
        Some(What::Named { arn: arn.to_owned(), version: version.map(str::to_owned) })
    };
    assert_eq!(what("iam", "AttachUserPolicy", json!({"policyArn": arn})), named(None));
    assert_eq!(
        what("sso", "AttachManagedPolicyToPermissionSet", json!({"managedPolicyArn": arn})),
        named(None)
    );
    let version = json!({"policyArn": arn, "versionId": "v3"});
    assert_eq!(what("iam", "SetDefaultPolicyVersion", version), named(Some("v3")));
    assert_eq!(what("iam", "PutRolePermissionsBoundary", json!({"permissionsBoundary": arn})), named(None));
}

#[test]
fn permissions_given_in_words_become_the_statement_they_mean() {
    let everyone = Matching::Only(Principals::Everyone);
    let listed = |kind: &str, values: &[&str]| {
        let pairs = values.iter().map(|value| (kind.to_owned(), (*value).to_owned()));
        Matching::Only(Principals::Listed(pairs.collect()))
    };
    let actions =
        |names: &[&str]| Matching::Only(names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
    let function = json!({"principal": "*", "action": "lambda:InvokeFunctionUrl", "functionUrlAuthType": "NONE",
        "sourceArn": "arn:aws:s3:::b", "sourceAccount": "111122223333", "principalOrgID": "o-1"});
    let (mut conditions, principals, action) =
        only_statement(what("lambda", "AddPermission20150331v2", function));
    conditions.sort();
    assert_eq!(
        conditions,
        [
            "ArnLike aws:SourceArn arn:aws:s3:::b",
            "StringEquals aws:PrincipalOrgID o-1",
            "StringEquals aws:SourceAccount 111122223333",
            "StringEquals lambda:FunctionUrlAuthType NONE",
        ]
    );
    assert_eq!((principals, action), (everyone.clone(), actions(&["lambda:InvokeFunctionUrl"])));

    let service = json!({"principal": "s3.amazonaws.com", "action": "lambda:InvokeFunction"});
    let found = only_statement(what("lambda", "AddPermission20150331", service));
    assert_eq!(found.1, listed("Service", &["s3.amazonaws.com"]));

    let layer = json!({"principal": "*", "action": "lambda:GetLayerVersion", "organizationId": "o-1"});
    let found = only_statement(what("lambda", "AddLayerVersionPermission20181031", layer));
    assert_eq!(
        (found.0, found.1),
        (vec!["StringEquals aws:PrincipalOrgID o-1".to_owned()], everyone.clone())
    );

    let queue = json!({"actions": ["SendMessage", "*"], "aWSAccountIds": ["444455556666"]});
    let found = only_statement(what("sqs", "AddPermission", queue));
    assert_eq!(
        (found.1, found.2),
        (listed("AWS", &["444455556666"]), actions(&["sqs:SendMessage", "sqs:*"]))
    );

    let topic = json!({"actionNames": ["Publish"], "AWSAccountIds": ["444455556666", 12]});
    let found = only_statement(what("sns", "AddPermission", topic));
    assert_eq!(
        (found.1, found.2),
        (listed("AWS", &["444455556666", "000000000012"]), actions(&["sns:Publish"]))
    );

    let bus = json!({"principal": "*", "action": "events:PutEvents", "statementId": "x",
        "condition": {"type": "StringEquals", "key": "aws:PrincipalOrgID", "value": "o-1"}});
    let found = only_statement(what("events", "PutPermission", bus));
    assert_eq!((found.0, found.1), (vec!["StringEquals aws:PrincipalOrgID o-1".to_owned()], everyone));
}
