use serde_json::json;

use super::*;
use crate::model::{AccountId, Resource};

const TIME: &str = "2026-11-20T10:00:00Z";

fn event(name: &str, request: Value) -> Value {
    let mut event = json!({"eventSource": "iam.amazonaws.com", "eventTime": TIME, "eventName": name,
        "recipientAccountId": "111122223333"});
    event["requestParameters"] = request;
    event
}

fn allow(statement: Value) -> String {
    let mut statement = statement;
    statement["Effect"] = json!("Allow");
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn facts(event: &Value) -> PolicyFacts {
    PolicyFacts::of(event, &PolicyBook::default()).unwrap()
}

fn get(facts: &PolicyFacts, name: &str) -> Value {
    facts.get(name).cloned().unwrap_or_else(|| panic!("{name}"))
}

fn book(kind: &str, id: &str, document: Value, seen_at: &str) -> PolicyBook {
    let mut book = PolicyBook::default();
    book.add(&Resource {
        resource_type: kind.to_owned(),
        id: id.to_owned(),
        account: AccountId::parse("111122223333").unwrap(),
        region: "global".to_owned(),
        document,
        unread: Vec::new(),
        evidence: Vec::new(),
        seen_at: seen_at.parse().unwrap(),
    });
    book
}

#[test]
fn an_inline_policy_is_understood() {
    let document = allow(json!({"Action": "i?m:*", "Resource": "*"}));
    let found = facts(&event(
        "PutUserPolicy",
        json!({"userName": "x", "policyName": "p", "policyDocument": document}),
    ));
    assert_eq!(get(&found, "iam.policy"), "parsed");
    assert_eq!(get(&found, "iam.kind"), "identity");
    assert_eq!(get(&found, "iam.grants_admin"), "yes");
    assert_eq!(get(&found, "iam.public"), "no");
    assert_eq!(get(&found, "iam.accounts"), json!([]));
    assert!(!get(&found, "iam.escalation").as_array().unwrap().is_empty());
    let kept = found.to_keep();
    assert_eq!(kept.get("grants_admin"), Some(&json!("yes")));
    assert_eq!(kept.get("public"), None);
    assert!(kept["escalation"].as_array().unwrap().len() <= KEPT + 1);
}

#[test]
fn what_is_omitted_is_unknown_everywhere() {
    let found = facts(&event("CreateRole", json!({"omitted": true})));
    for name in ANSWERS.into_iter().chain([POLICY]) {
        assert_eq!(get(&found, name), "unknown", "{name}");
    }
    for name in PATHS.into_iter().chain([ACCOUNTS]) {
        assert_eq!(get(&found, name), json!(["unknown"]), "{name}");
    }
    assert_eq!(
        found.to_keep(),
        [("kind".to_owned(), json!("trust")), ("policy".to_owned(), json!("unknown"))].into()
    );
}

#[test]
fn managed_policies_are_known_by_name() {
    let attach = |arn: &str| facts(&event("AttachRolePolicy", json!({"roleName": "x", "policyArn": arn})));
    for arn in [
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws-cn:iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::aws:policy/IAMFullAccess",
    ] {
        let found = attach(arn);
        assert_eq!(
            (get(&found, "iam.policy"), get(&found, "iam.grants_admin")),
            (json!("named"), json!("yes")),
            "{arn}"
        );
    }
    assert_eq!(get(&attach("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"), "iam.grants_admin"), "no");
    let theirs = attach("arn:aws:iam::111122223333:policy/AdministratorAccess");
    assert_eq!(
        (get(&theirs, "iam.policy"), get(&theirs, "iam.grants_admin")),
        (json!("unknown"), json!("unknown"))
    );
}

#[test]
fn trust_names_accounts_and_external_ids() {
    let trust = |principal: Value, condition: Value| {
        let document =
            allow(json!({"Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}));
        facts(&event("UpdateAssumeRolePolicy", json!({"roleName": "x", "policyDocument": document})))
    };
    let theirs = trust(json!({"AWS": "arn:aws:iam::444455556666:root"}), json!({}));
    assert_eq!(get(&theirs, "iam.cross_account"), "yes");
    assert_eq!(
        (get(&theirs, "iam.accounts"), get(&theirs, "iam.external_id")),
        (json!(["444455556666"]), json!("no"))
    );
    let asks = trust(json!({"AWS": "444455556666"}), json!({"StringEquals": {"sts:ExternalId": "x"}}));
    assert_eq!(
        (get(&asks, "iam.cross_account"), get(&asks, "iam.external_id")),
        (json!("yes_if"), json!("yes"))
    );
    let own = trust(json!({"AWS": "arn:aws:iam::111122223333:root"}), json!({}));
    assert_eq!((get(&own, "iam.cross_account"), get(&own, "iam.accounts")), (json!("no"), json!([])));
    let anyone = trust(json!("*"), json!({}));
    assert_eq!((get(&anyone, "iam.public"), get(&anyone, "iam.accounts")), (json!("yes"), json!(["*"])));
    let provider =
        json!({"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"});
    let document = allow(json!({"Action": "sts:AssumeRoleWithWebIdentity", "Principal": provider}));
    let found = facts(&event("CreateRole", json!({"assumeRolePolicyDocument": document})));
    assert_eq!(get(&found, "iam.federated_without_subject"), "yes");
    assert_eq!(get(&found, "iam.weakens"), "no");
}

#[test]
fn a_new_version_is_held_against_the_one_collected_before() {
    let user = |document: Value| json!({"UserName": "Maria", "UserPolicyList": [{"PolicyName": "Work", "PolicyDocument": document}]});
    let old = json!({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]});
    let before = "2026-11-19T00:00:00Z";
    let put = |book: &PolicyBook, policy: &str, action: Value| {
        let document = allow(json!({"Action": action, "Resource": "*"}));
        let request = json!({"userName": "maria", "policyName": policy, "policyDocument": document});
        get(&PolicyFacts::of(&event("PutUserPolicy", request), book).unwrap(), "iam.weakens")
    };
    let known = book("AWS::IAM::User", "u", user(old.clone()), before);
    assert_eq!(put(&known, "work", json!(["s3:GetObject", "s3:PutObject"])), "yes");
    assert_eq!(put(&known, "work", json!("s3:GetObject")), "no");
    // A name that was not there before gives all it allows.
    assert_eq!(put(&known, "another", json!("s3:GetObject")), "yes");
    // What was collected later tells nothing of before.
    assert_eq!(
        put(&book("AWS::IAM::User", "u", user(old), "2026-11-21T00:00:00Z"), "work", json!("s3:GetObject")),
        "unknown"
    );
    assert_eq!(put(&PolicyBook::default(), "work", json!("s3:GetObject")), "unknown");
}

#[test]
fn managed_policies_of_a_customer_are_known_from_what_was_collected() {
    let arn = "arn:aws:iam::111122223333:policy/team";
    let version = |id: &str, action: &str| json!({"VersionId": id, "Document": {"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}});
    let policy = json!({"Arn": arn, "DefaultVersionId": "v1", "CreateDate": "2026-01-01T00:00:00+00:00",
        "UpdateDate": "2026-02-01T00:00:00+00:00", "PolicyVersionList": [version("v1", "s3:GetObject"), version("v2", "*")]});
    let known = book("AWS::IAM::ManagedPolicy", arn, policy.clone(), "2026-11-19T00:00:00Z");
    let ask =
        |book: &PolicyBook, event: &Value, name: &str| get(&PolicyFacts::of(event, book).unwrap(), name);
    let attach = event("AttachUserPolicy", json!({"policyArn": arn}));
    assert_eq!(ask(&known, &attach, "iam.policy"), "named");
    assert_eq!(ask(&known, &attach, "iam.grants_admin"), "no");
    let set = event("SetDefaultPolicyVersion", json!({"policyArn": arn, "versionId": "v2"}));
    assert_eq!(
        (ask(&known, &set, "iam.grants_admin"), ask(&known, &set, "iam.weakens")),
        (json!("yes"), json!("yes"))
    );
    let back = event("SetDefaultPolicyVersion", json!({"policyArn": arn, "versionId": "v1"}));
    assert_eq!(ask(&known, &back, "iam.weakens"), "no");
    let other = event("SetDefaultPolicyVersion", json!({"policyArn": arn, "versionId": "v3"}));
    assert_eq!(ask(&known, &other, "iam.grants_admin"), "unknown");
    // Its default version changed after the event: which one was attached then, nobody knows.
    let mut changed = policy;
    changed["UpdateDate"] = json!("2026-11-20T11:00:00+00:00");
    let later = book("AWS::IAM::ManagedPolicy", arn, changed, "2026-11-21T00:00:00Z");
    assert_eq!(ask(&later, &attach, "iam.grants_admin"), "unknown");
    assert_eq!(ask(&later, &set, "iam.grants_admin"), "yes");
    assert_eq!(ask(&later, &set, "iam.weakens"), "unknown");
}

#[test]
fn boundaries_and_organizations_limit() {
    let user = json!({"UserName": "maria"});
    let none = book("AWS::IAM::User", "u", user, "2026-11-19T00:00:00Z");
    let put = event(
        "PutUserPermissionsBoundary",
        json!({"userName": "maria", "permissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    );
    let found = PolicyFacts::of(&put, &none).unwrap();
    assert_eq!((get(&found, "iam.kind"), get(&found, "iam.grants_admin")), (json!("boundary"), json!("yes")));
    assert_eq!(get(&found, "iam.weakens"), "no");
    let control =
        json!({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]});
    let mut created =
        event("CreatePolicy", json!({"content": control.to_string(), "type": "RESOURCE_CONTROL_POLICY"}));
    created["eventSource"] = json!("organizations.amazonaws.com");
    let found = facts(&created);
    assert_eq!((get(&found, "iam.kind"), get(&found, "iam.public")), (json!("organization"), json!("no")));
}

#[test]
fn a_record_cannot_state_facts_of_itself() {
    let found = facts(&event("CreatePolicy", json!({"omitted": true})));
    let record = json!({"iam": {"public": "no"}, "iam.public": "no", "eventName": "CreatePolicy"});
    let field = |facts: Option<&PolicyFacts>, path: &str| {
        let view = super::super::policy_view::View::new(&record, facts);
        rsigma_eval::Event::get_field(&view, path).map(|value| value.to_json())
    };
    assert_eq!(field(Some(&found), "iam.public"), Some(json!("unknown")));
    assert_eq!(field(None, "iam.public"), None);
    assert_eq!(field(None, "eventName"), Some(json!("CreatePolicy")));
}
