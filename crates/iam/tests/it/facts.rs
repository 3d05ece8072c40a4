//! What documents mean, whatever way they are written.

use provost_iam::Policy;
use provost_iam::facts::{Facts, Kind, Powers, Setting};
use provost_iam::principal::Principal;
use serde_json::{Value, json};

fn facts(document: &Value) -> Facts {
    Facts::of(&Policy::parse(&document.to_string()).unwrap(), &Setting::default())
}

fn allow(statement: Value) -> Value {
    let mut statement = statement;
    let object = statement.as_object_mut().unwrap();
    object.entry("Effect").or_insert(json!("Allow"));
    if !object.contains_key("NotResource") && !object.contains_key("Principal") {
        object.entry("Resource").or_insert(json!("*"));
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn with_deny(mut document: Value, statement: Value) -> Value {
    let mut statement = statement;
    statement["Effect"] = json!("Deny");
    document["Statement"].as_array_mut().unwrap().push(statement);
    document
}

#[test]
fn an_administrator_is_one_in_every_spelling() {
    let yes = |document: Value| assert_eq!(facts(&document).grants_admin.as_str(), "yes", "{document}");
    yes(allow(json!({"Action": "*"})));
    yes(allow(json!({"Action": ["*"]})));
    yes(allow(json!({"Action": "*:*"})));
    yes(allow(json!({"Action": "i?m:*"})));
    yes(allow(json!({"Action": "IAM:*"})));
    yes(allow(json!({"Action": "iam:Put*Policy"})));
    yes(allow(json!({"Action": "iam:*tUserPol*"})));
    yes(allow(json!({"NotAction": "ec2:*"})));
    yes(allow(json!({"NotAction": ["s3:GetObject", "ec2:*"], "NotResource": "arn:aws:s3:::x"})));
    yes(allow(json!({"Action": "*", "Resource": "arn:aws:iam::*:user/${aws:username}"})));
    yes(allow(json!({"Action": "iam:PutUserPolicy", "Resource": "arn:aws-us-gov:iam::123456789012:user/*"})));
    yes(allow(json!({"Action": "iam:PutUserPolicy", "Resource": "arn:aws:iam"})));
    yes(allow(json!({"Action": "iam:CreatePolicyVersion"})));
    yes(allow(json!({"Action": "iam:AttachRolePolicy", "Resource": "arn:aws:iam::123456789012:role/*"})));
    yes(with_deny(allow(json!({"Action": "*"})), json!({"Action": "s3:DeleteBucket", "Resource": "*"})));
    yes(with_deny(
        allow(json!({"Action": "*"})),
        json!({"Action": "iam:*", "Resource": "arn:aws:iam::*:role/prod"}),
    ));
    yes(with_deny(allow(json!({"Action": "*"})), json!({"Action": "iam:PutUserPolicy", "Resource": "*"})));
}

#[test]
fn whoever_is_no_administrator_is_not_called_one() {
    let no = |document: Value| assert_eq!(facts(&document).grants_admin.as_str(), "no", "{document}");
    no(allow(json!({"Action": "s3:*"})));
    no(allow(json!({"Action": "iam:Get*"})));
    no(allow(json!({"NotAction": ["iam:*", "organizations:*", "account:*"]})));
    no(allow(json!({"Action": "iam:AttachUserPolicy", "Resource": "arn:aws:s3:::bucket/*"})));
    no(with_deny(allow(json!({"Action": "*"})), json!({"Action": "iam:*", "Resource": "*"})));
    no(with_deny(allow(json!({"Action": "*"})), json!({"NotAction": "s3:*", "Resource": "*"})));
    no(with_deny(allow(json!({"Action": "*"})), json!({"Action": "*", "Resource": "*"})));
    // Whom it is about decides what it is worth: a capability.
    let narrow =
        allow(json!({"Action": "iam:PutUserPolicy", "Resource": "arn:aws:iam::123456789012:user/bob"}));
    let found = facts(&narrow);
    assert_eq!(found.grants_admin.as_str(), "no");
    assert_eq!(found.escalations.capabilities[0].path.id, "iam-put-inline-policy-on-own-user");
    assert!(found.escalations.capabilities[0].narrowed);
}

#[test]
fn conditions_are_told_and_drop_nothing() {
    let conditional =
        allow(json!({"Action": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}));
    let found = facts(&conditional);
    assert_eq!(found.grants_admin.as_str(), "yes_if");
    assert_eq!(found.grants_admin.conditions()[0].to_string(), "Bool aws:MultiFactorAuthPresent true");
    let unless = with_deny(
        allow(json!({"Action": "*"})),
        json!({"Action": "*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}),
    );
    assert_eq!(facts(&unless).grants_admin.as_str(), "yes_if");
    let never = with_deny(
        allow(json!({"Action": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/a": "b"}}})),
        json!({"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/A": ["b", "c"]}}}),
    );
    assert_eq!(facts(&never).grants_admin.as_str(), "no");
    let unknown = with_deny(
        allow(json!({"Action": "*"})),
        json!({"Action": "*", "Resource": "*", "Condition": {"StringMagic": {"aws:PrincipalTag/A": "b"}}}),
    );
    assert_eq!(facts(&unknown).grants_admin.as_str(), "unknown");
    let transport = with_deny(
        allow(json!({"Action": "*"})),
        json!({"Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
    );
    assert_eq!(facts(&transport).grants_admin.as_str(), "yes");
}

#[test]
fn paths_are_escalation_or_capability() {
    let ids = |document: &Value| {
        let found = facts(document).escalations;
        let ids = |list: &[provost_iam::facts::PathFound]| {
            list.iter().map(|it| it.path.id.clone()).collect::<Vec<_>>()
        };
        (ids(&found.escalation), ids(&found.capabilities))
    };
    let lambda = |resource: &str, condition: Value| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": resource, "Condition": condition},
            {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}]})
    };
    let path = "lambda-new-function-with-role".to_owned();
    assert!(ids(&lambda("*", json!({}))).0.contains(&path));
    assert!(
        ids(&lambda("*", json!({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})))
            .0
            .contains(&path)
    );
    let other = ids(&lambda("*", json!({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})));
    assert!(!other.0.contains(&path) && !other.1.contains(&path));
    assert!(ids(&lambda("arn:aws:iam::123456789012:role/one", json!({}))).1.contains(&path));
    let (escalation, capabilities) = ids(&allow(json!({"Action": "sts:AssumeRole"})));
    assert!(escalation.is_empty() && !capabilities.is_empty(), "{escalation:?} {capabilities:?}");
}

#[test]
fn whom_a_role_trusts() {
    let trust = |principal: Value, condition: Value| {
        facts(&allow(json!({"Action": "sts:AssumeRole", "Principal": principal, "Condition": condition})))
    };
    let plain = trust(json!({"AWS": "arn:aws:iam::123456789012:root"}), json!({}));
    assert_eq!(plain.kind, Kind::Trust);
    assert_eq!(plain.trust.answer.as_str(), "yes");
    assert_eq!(plain.trust.others[0].account.as_deref(), Some("123456789012"));
    assert_eq!(plain.public.as_str(), "no");
    let external = trust(json!({"AWS": "123456789012"}), json!({"StringEquals": {"sts:ExternalId": "x"}}));
    assert_eq!(external.trust.answer.as_str(), "yes_if");
    assert!(external.trust.others[0].external_id);
    let service = trust(json!({"Service": "ec2.amazonaws.com"}), json!({}));
    assert_eq!(service.trust.answer.as_str(), "no");
    let all = trust(json!("*"), json!({}));
    assert_eq!((all.public.as_str(), all.trust.answer.as_str()), ("yes", "yes"));
    let organization = trust(json!({"AWS": "*"}), json!({"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}));
    assert_eq!((organization.public.as_str(), organization.trust.answer.as_str()), ("no", "yes_if"));
    assert!(organization.trust.others[0].organization);
    let own = Facts::of(
        &Policy::parse(
            &allow(json!({"Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}})).to_string(),
        )
        .unwrap(),
        &Setting { kind: None, account: Some("123456789012") },
    );
    assert_eq!(own.trust.answer.as_str(), "no");
}

#[test]
fn who_is_let_into_a_bucket() {
    let bucket = |principal: Value, condition: Value| {
        facts(&allow(json!({"Action": "s3:GetObject", "Principal": principal,
            "Resource": "arn:aws:s3:::b/*", "Condition": condition})))
    };
    assert_eq!(bucket(json!("*"), json!({})).public.as_str(), "yes");
    assert_eq!(bucket(json!({"AWS": ["*"]}), json!({})).public.as_str(), "yes");
    assert_eq!(
        bucket(json!("*"), json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})).public.as_str(),
        "yes_if"
    );
    assert_eq!(
        bucket(json!("*"), json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}})).public.as_str(),
        "no"
    );
    assert_eq!(
        bucket(json!("*"), json!({"StringEquals": {"aws:SourceAccount": "123456789012"}})).public.as_str(),
        "no"
    );
    assert_eq!(bucket(json!("*"), json!({"Bool": {"aws:SecureTransport": "true"}})).public.as_str(), "yes");
    assert_eq!(
        bucket(json!("*"), json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:*"}}))
            .public
            .as_str(),
        "no"
    );
    assert_eq!(bucket(json!({"AWS": "arn:aws:iam::123456789012:user/x"}), json!({})).public.as_str(), "no");
    let denied = with_deny(
        allow(
            json!({"Action": "s3:*", "Principal": "*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}),
        ),
        json!({"Action": "s3:*", "Principal": "*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
            "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}}),
    );
    assert_eq!(facts(&denied).public.as_str(), "no");
}

#[test]
fn federation_without_a_subject_is_named() {
    let federated = |condition: Value| {
        facts(&allow(json!({"Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
            "Condition": condition})))
        .federation
        .answer
    };
    let aud = json!({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}});
    assert_eq!(federated(aud).as_str(), "yes");
    let sub = |value: &str| json!({"StringLike": {"token.actions.githubusercontent.com:sub": value}});
    assert_eq!(federated(sub("repo:org/repo:*")).as_str(), "no");
    assert_ne!(federated(sub("repo:*")).as_str(), "no");
    assert_ne!(federated(sub("*")).as_str(), "no");
}

#[test]
fn a_resource_of_another_service_allows_nothing() {
    let found = facts(&allow(json!({"Action": "*", "Resource": "arn:aws:lambda:*:111122223333:function:*"})));
    assert_eq!(found.grants_admin.as_str(), "no");
    assert!(found.escalations.escalation.is_empty(), "{:?}", found.escalations.escalation);
    let foreign = |id: &str| id.starts_with("ec2") || id.starts_with("iam") || id.starts_with("sso");
    assert!(!found.escalations.capabilities.iter().any(|it| foreign(&it.path.id)));
}

#[test]
fn whole_services_and_roles_to_pass() {
    let found = facts(&allow(json!({"Action": ["s3:*", "sqs:SendMessage"]})));
    assert_eq!(found.services.services, ["s3"]);
    assert!(!found.services.nearly_all);
    assert!(facts(&allow(json!({"NotAction": "iam:*"}))).services.nearly_all);
    let pass =
        facts(&allow(json!({"Action": "iam:Pass*", "Resource": "arn:aws:iam::123456789012:role/app-*"})))
            .pass_role;
    assert_eq!(
        (pass.answer.as_str(), pass.resources),
        ("yes", vec!["arn:aws:iam::123456789012:role/app-*".to_owned()])
    );
}

/// A bucket's policy that lets everyone in under a condition.
fn open_bucket(actions: Value, resource: &str, condition: Value) -> Facts {
    facts(&allow(json!({"Action": actions, "Principal": "*", "Resource": resource, "Condition": condition})))
}

#[test]
fn every_kind_of_resource_is_looked_at() {
    for (actions, resource) in [
        ("s3:List*", "arn:aws:s3:::b"),
        ("s3:Delete*", "arn:aws:s3:::b"),
        ("*", "arn:aws:lambda:eu-west-1:111122223333:function:f"),
        ("events:*", "arn:aws:events:eu-west-1:111122223333:event-bus/b"),
    ] {
        let found = open_bucket(json!(actions), resource, json!({}));
        assert_eq!(
            (found.public.as_str(), found.trust.answer.as_str()),
            ("yes", "yes"),
            "{actions} {resource}"
        );
    }
}

#[test]
fn a_stranger_may_have_any_name_and_be_of_any_kind() {
    let public = |condition: Value| {
        open_bucket(json!("s3:GetObject"), "arn:aws:s3:::b/*", condition).public.as_str().to_owned()
    };
    assert_eq!(public(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}})), "yes_if");
    assert_eq!(public(json!({"StringLike": {"aws:username": "adm*"}})), "yes_if");
    assert_ne!(public(json!({"StringEquals": {"aws:PrincipalType": "AssumedRole"}})), "no");
    assert_ne!(public(json!({"Null": {"aws:PrincipalArn": "true"}})), "no");
    assert_ne!(public(json!({"StringEquals": {"aws:PrincipalAccount": "anonymous"}})), "no");
    assert_ne!(public(json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}})), "no");
    assert_eq!(public(json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::mine"}})), "no");
    let trust = |principal: Value, condition: Value| {
        let found = facts(&allow(
            json!({"Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}),
        ));
        found.trust.answer.as_str().to_owned()
    };
    let account = json!({"AWS": "222233334444"});
    let one = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::222233334444:role/ci"}});
    assert_eq!(trust(account.clone(), one), "yes_if");
    assert_eq!(trust(account, json!({"StringEquals": {"aws:username": "bob"}})), "yes_if");
    assert_eq!(
        trust(json!("*"), json!({"StringEquals": {"aws:PrincipalAccount": "222233334444"}})),
        "yes_if"
    );
}

#[test]
fn what_may_be_attached_decides() {
    let admin = |condition: Value| {
        facts(&allow(json!({"Action": "iam:AttachRolePolicy", "Condition": condition}))).grants_admin
    };
    let arn = |operator: &str, arn: &str| json!({operator: {"iam:PolicyARN": arn}});
    assert_eq!(admin(arn("ArnNotEquals", "arn:aws:iam::aws:policy/AdministratorAccess")).as_str(), "yes_if");
    assert_eq!(admin(arn("ArnEquals", "arn:aws:iam::aws:policy/IAMFullAccess")).as_str(), "yes_if");
    assert_eq!(admin(arn("ArnEquals", "arn:aws:iam::aws:policy/ReadOnlyAccess")).as_str(), "no");
    let gov = json!({"Action": "iam:AttachUserPolicy", "Resource": "arn:aws-us-gov:iam::111122223333:user/*",
        "Condition": arn("ArnEquals", "arn:aws-us-gov:iam::aws:policy/AdministratorAccess")});
    assert_eq!(facts(&allow(gov)).grants_admin.as_str(), "yes_if");
}

#[test]
fn an_owner_cut_short_is_somebody_else() {
    let github = |sub: &str| {
        facts(&allow(json!({"Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
            "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": sub}}})))
        .federation
        .answer
    };
    for open in ["repo:me*", "repo:*/infra:*", "repo:*:environment:prod", "*:pull_request"] {
        assert_ne!(github(open).as_str(), "no", "{open}");
    }
    for closed in ["repo:me/*", "repo:me/infra:ref:refs/heads/*", "repo:me/?*"] {
        assert_eq!(github(closed).as_str(), "no", "{closed}");
    }
}

#[test]
fn policies_of_one_caller_count_together_and_within_their_boundary() {
    let policy = |action: &str, resource: &str| {
        let statement = serde_json::json!({"Effect": "Allow", "Action": action, "Resource": resource});
        Policy::from_value(&serde_json::json!({"Version": "2012-10-17", "Statement": [statement]})).unwrap()
    };
    let anna = Principal::parse("arn:aws:iam::111122223333:user/anna").unwrap();
    let powers = |policies: Vec<Policy>, boundary: Option<Vec<Policy>>| {
        let powers = Powers::of(&anna, policies, boundary);
        let open: Vec<&str> = powers.escalations.escalation.iter().map(|it| it.path.id.as_str()).collect();
        (powers.administrator.as_str(), open.join(" "))
    };
    let own = "arn:aws:iam::111122223333:user/${aws:username}";
    let theirs = "arn:aws:iam::111122223333:user/bert";
    let (admin, open) = powers(vec![policy("s3:Get*", "*"), policy("iam:PutUserPolicy", own)], None);
    assert_eq!((admin, open.as_str()), ("yes", "iam-put-inline-policy-on-own-user"));
    assert_eq!(powers(vec![policy("iam:PutUserPolicy", theirs)], None), ("no", String::new()));
    // Two policies open together what neither opens alone.
    let path = "iam-create-user-with-inline-policy";
    let make = || policy("iam:CreateUser", "*");
    let use_it = || ["iam:PutUserPolicy", "iam:CreateAccessKey"].map(|action| policy(action, "*"));
    assert!(powers([make()].into_iter().chain(use_it()).collect(), None).1.contains(path));
    assert!(!powers(use_it().into(), None).1.contains(path) && !powers(vec![make()], None).1.contains(path));
    assert_eq!(powers(vec![policy("*", "*")], Some(vec![policy("s3:*", "*")])), ("no", String::new()));
    assert_eq!(powers(vec![policy("*", "*")], Some(vec![policy("*", "*")])).0, "yes");
    assert_eq!(powers(Vec::new(), None), ("no", String::new()));
}
