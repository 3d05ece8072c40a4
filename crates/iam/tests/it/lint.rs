//! Each remark has a document it is made on and one, nearly the same, on which it is not.

use std::collections::BTreeSet;

use provost_iam::Policy;
use provost_iam::facts::Kind;
use provost_iam::lint::{RULES, Remark, Severity, lint};
use serde_json::{Value, json};

const NONE: [usize; 0] = [];

fn remarks(document: &Value) -> Vec<Remark> {
    let policy = Policy::parse(&document.to_string()).unwrap();
    lint(&policy, Kind::of(&policy))
}

fn of(id: &str, document: &Value) -> Vec<Remark> {
    remarks(document).into_iter().filter(|remark| remark.id == id).collect()
}

/// A document of statements that allow unless they say otherwise.
fn document(statements: Value) -> Value {
    let Value::Array(mut statements) = statements else { panic!("statements") };
    for statement in &mut statements {
        let object = statement.as_object_mut().unwrap();
        object.entry("Effect").or_insert(json!("Allow"));
        if !object.contains_key("NotAction") {
            object.entry("Action").or_insert(json!("s3:GetObject"));
        }
        let trust = object.contains_key("Principal") || object.contains_key("NotPrincipal");
        if !trust && !object.contains_key("NotResource") {
            object.entry("Resource").or_insert(json!("*"));
        }
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn one(statement: Value) -> Value {
    document(json!([statement]))
}

fn with_condition(effect: &str, action: &str, condition: Value) -> Value {
    one(json!({"Effect": effect, "Action": action, "Condition": condition}))
}

fn allowed(condition: Value) -> Value {
    with_condition("Allow", "s3:*", condition)
}

fn versioned(version: Value, mut document: Value) -> Value {
    document["Version"] = version;
    document
}

/// For each rule a document it fires on, and a near miss.
fn cases() -> Vec<(&'static str, Value, Value)> {
    let user_tag = |variable: &str| {
        one(
            json!({"Effect": "Deny", "Action": "s3:*", "NotResource": format!("arn:aws:s3:::home/${{{variable}}}/*")}),
        )
    };
    let sized = |length: usize| {
        one(
            json!({"Resource": (0..length / 100).map(|at| format!("arn:aws:s3:::{at:085}")).collect::<Vec<_>>()}),
        )
    };
    let bucket = |principal: Value, condition: Value| {
        one(json!({"Principal": principal, "Resource": "arn:aws:s3:::b/*", "Condition": condition}))
    };
    let oidc = "token.actions.githubusercontent.com:sub";
    vec![
        (
            "unknown-version",
            versioned(json!("2012-10-18"), one(json!({}))),
            versioned(json!("2008-10-17"), one(json!({}))),
        ),
        ("missing-version", versioned(Value::Null, one(json!({}))), one(json!({}))),
        ("empty-statement-list", document(json!([])), one(json!({}))),
        ("too-large", sized(2_100), sized(1_900)),
        (
            "duplicate-sid",
            document(json!([{"Sid": "A"}, {"Sid": "B"}, {"Sid": "A", "Action": "s3:PutObject"}])),
            document(json!([{"Sid": "A"}, {"Sid": "a", "Action": "s3:PutObject"}, {"Sid": ""}, {"Sid": ""}])),
        ),
        (
            "sid-charset",
            one(json!({"Sid": "Read only"})),
            one(json!({"Sid": "Read only", "Principal": "*", "Resource": "arn:aws:s3:::b/*"})),
        ),
        (
            "misplaced-element",
            document(json!([{"Principal": "*", "Resource": "*"}, {}])),
            bucket(json!("*"), json!({})),
        ),
        (
            "principal-wildcard-in-arn",
            bucket(json!({"AWS": "arn:aws:iam::111122223333:role/*"}), json!({})),
            bucket(json!({"AWS": ["*", "arn:aws:iam::111122223333:role/a"]}), json!({})),
        ),
        (
            "unreadable-principal",
            bucket(json!({"AWS": "arn:aws:s3:::b"}), json!({})),
            bucket(json!({"AWS": "arn:aws:iam::111122223333:root"}), json!({})),
        ),
        (
            "deleted-principal",
            bucket(json!({"AWS": "AROAEXAMPLE123456789"}), json!({})),
            bucket(json!({"AWS": "arn:aws:iam::111122223333:role/AROAEXAMPLE123456789"}), json!({})),
        ),
        (
            "not-principal-in-allow",
            one(json!({"NotPrincipal": {"AWS": "111122223333"}, "Resource": "arn:aws:s3:::b/*"})),
            one(
                json!({"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Resource": "arn:aws:s3:::b/*"}),
            ),
        ),
        (
            "wildcard-principal-without-condition",
            bucket(json!({"AWS": "*"}), json!({"Bool": {"aws:SecureTransport": "true"}})),
            bucket(json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})),
        ),
        (
            "not-action-in-allow-with-wildcard-resource",
            one(json!({"NotAction": "iam:*"})),
            one(json!({"NotAction": "iam:*", "Resource": "arn:aws:s3:::b/*"})),
        ),
        (
            "pass-role-any-service",
            one(
                json!({"Action": ["ec2:RunInstances", "iam:Pass*"], "Resource": "arn:aws:iam::111122223333:role/*"}),
            ),
            with_condition("Allow", "iam:PassRole", json!({"StringLike": {"iam:passedtoservice": "ec2.*"}})),
        ),
        ("unknown-service", one(json!({"Action": "s33:GetObject"})), one(json!({"Action": "S3:GetObject"}))),
        (
            "unknown-action",
            one(json!({"Action": ["s3:*", "s3:GetObjects"]})),
            one(json!({"Action": ["s3:*", "s3:getobject", "*", "*:*", "i?m:*", "s3:*Object*"]})),
        ),
        (
            "action-cannot-match-resource",
            one(json!({"Action": "s3:PutObject", "Resource": "arn:aws:s3:::bucket"})),
            one(
                json!({"Action": "s3:PutObject", "Resource": ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"]}),
            ),
        ),
        (
            "variable-in-old-version",
            versioned(json!("2008-10-17"), one(json!({"Resource": "arn:aws:s3:::home/${aws:username}/*"}))),
            one(json!({"Resource": "arn:aws:s3:::home/${aws:username}/*"})),
        ),
        (
            "deny-with-undefaulted-variable",
            user_tag("aws:PrincipalTag/team"),
            user_tag("aws:PrincipalTag/team, 'none'"),
        ),
        (
            "unknown-operator",
            allowed(json!({"StringEqual": {"aws:RequestedRegion": "eu-west-1"}})),
            allowed(json!({"stringequalsifexists": {"aws:RequestedRegion": "eu-west-1"}})),
        ),
        (
            "unreadable-value",
            allowed(json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "10.0.0.0/33"]}})),
            allowed(json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]}})),
        ),
        (
            "unknown-condition-key",
            allowed(json!({"StringEquals": {"aws:PrincipleOrgID": "o-a1b2c3d4e5"}})),
            allowed(json!({"StringEquals": {"AWS:principalorgid": "o", "aws:PrincipalTag/a": "b",
                "s3:ExistingObjectTag/a": "b", "s3:prefix": "c", "saml:aud": "d", oidc: "e", "lambda:SourceFunctionArn": "f"}})),
        ),
        (
            "set-operator-missing",
            allowed(json!({"StringEquals": {"aws:TagKeys": "team"}})),
            allowed(
                json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}, "Null": {"aws:TagKeys": "false"}}),
            ),
        ),
        (
            "set-operator-on-single-value",
            allowed(json!({"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})),
            allowed(
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, "ForAnyValue:StringLike": {oidc: "x"}}),
            ),
        ),
        (
            "for-all-values-in-allow",
            allowed(
                json!({"ForAllValues:StringEquals": {"aws:TagKeys": "team"}, "Null": {"aws:TagKeys": "true"}}),
            ),
            allowed(
                json!({"ForAllValues:StringEquals": {"aws:TagKeys": "team"}, "Null": {"aws:tagkeys": "false"}}),
            ),
        ),
        (
            "statement-never-matters",
            document(json!([{"Action": "s3:GetObject"}, {"Action": "s3:*"}])),
            document(json!([{"Action": "s3:GetObject"}, {"Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}])),
        ),
    ]
}

#[test]
fn each_remark_fires_and_nearly_does_not() {
    for (id, fires, near) in cases() {
        assert!(!of(id, &fires).is_empty(), "{id} does not fire on {fires}");
        assert_eq!(of(id, &near), [], "{id} fires on {near}");
    }
}

#[test]
fn every_rule_is_tried_and_documented() {
    let tried: BTreeSet<&str> = cases().iter().map(|(id, ..)| *id).collect();
    let page = include_str!("../../../../docs/reference/policy-lint.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    for rule in RULES {
        // Tried with the hostile documents.
        assert!(tried.contains(rule.id) || rule.id == "not-everything-looked-at", "{} is not tried", rule.id);
        let row = format!("| `{}` | {} |", rule.id, rule.severity);
        assert!(rows.iter().any(|line| line.starts_with(&row)), "the page lacks a row `{row}`");
    }
    assert_eq!(rows.len(), RULES.len(), "the page has a row for a rule that is none");
}

/// Documents people write, on which there is nothing to say.
#[test]
fn what_is_well_written_is_left_alone() {
    let clean = |document: Value| assert_eq!(remarks(&document), [], "{document}");
    clean(one(json!({"Sid": "Admin", "Action": "*"})));
    clean(document(json!([
        {"Sid": "List", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": "arn:aws:s3:::home"},
        {"Sid": "Own", "Action": ["s3:GetObject", "s3:PutObject", "s3:List*"], "Resource": ["arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home"]},
        {"Sid": "Tls", "Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Sid": "Keys", "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "arn:aws:kms:eu-west-1:111122223333:key/*",
            "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com", "kms:EncryptionContext:team": "a"}}},
        {"Sid": "Start", "Action": "ec2:RunInstances", "Resource": ["arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:*::image/ami-*"],
            "Condition": {"StringEquals": {"aws:RequestTag/team": "a", "ec2:InstanceType": "t3.micro"}}},
        {"Sid": "Describe", "Action": "ec2:Describe*"},
        {"Sid": "Pass", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/app-*"},
        {"Sid": "Assume", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/reader"},
    ])));
    clean(one(json!({"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})));
    clean(one(json!({"Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "x"}}})));
    clean(one(json!({"Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
            "StringLike": {"token.actions.githubusercontent.com:sub": "repo:a/b:*"}}})));
    clean(one(json!({"Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EX"},
        "Condition": {"StringEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/EX:sub": "system:serviceaccount:a:b"}}})));
    clean(one(json!({"Sid": "Only our organization", "Principal": "*", "Action": "sqs:SendMessage",
        "Resource": "arn:aws:sqs:eu-west-1:111122223333:q",
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}}})));
    // Limits: a level of SCPs.
    clean(document(json!([
        {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}}},
        {"Effect": "Deny", "Action": "organizations:LeaveOrganization"},
        {"Effect": "Deny", "Action": "cloudtrail:StopLogging", "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"}}},
        {"Action": "*"},
    ])));
}

fn message(id: &str, document: &Value) -> String {
    let found = of(id, document);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].message.clone()
}

#[test]
fn names_come_with_the_one_that_was_meant() {
    let check = |id: &str, action: &str, expect: &str| {
        let message = message(id, &one(json!({"Action": action})));
        assert!(message.ends_with(expect), "{message}");
    };
    check("unknown-action", "s3:GetObjects", "did you mean `GetObject`?");
    check("unknown-action", "iam:putUserPolicys", "did you mean `PutUserPolicy`?");
    check("unknown-action", "s3:GetObjct*", "did you mean `GetObject`?");
    check("unknown-service", "ec3:RunInstances", "?");
    check("unknown-service", "cloudtrial:StopLogging", "did you mean `cloudtrail`?");
    check("unknown-action", "s3", "is not of the form `service:Name`");
    let key = allowed(json!({"StringEquals": {"aws:PrincipleOrgID": "o"}}));
    assert!(message("unknown-condition-key", &key).ends_with("did you mean `aws:PrincipalOrgID`?"));
    let operator = allowed(json!({"ForAllValues:StringEqual": {"aws:TagKeys": "o"}}));
    assert!(message("unknown-operator", &operator).ends_with("did you mean `StringEquals`?"));
    let other = allowed(json!({"StringEquals": {"ec2:InstanceType": "t3.micro"}}));
    assert!(message("unknown-condition-key", &other).contains("is a key of `ec2`"));
}

#[test]
fn actions_are_held_against_the_kinds_of_their_resources() {
    let fires = |action: Value, resource: Value, expect: usize| {
        let found = of("action-cannot-match-resource", &one(json!({"Action": action, "Resource": resource})));
        assert_eq!(found.len(), expect, "{action} {resource} {found:?}");
    };
    fires(json!("ec2:DescribeInstances"), json!("arn:aws:ec2:*:*:instance/*"), 1);
    fires(json!("ec2:DescribeInstances"), json!("*"), 0);
    fires(json!("s3:ListBucket"), json!("arn:aws:s3:::b/*"), 1);
    fires(json!("s3:ListBucket"), json!("arn:aws:s3:::b*"), 0);
    fires(json!("s3:List*"), json!("arn:aws:s3:::b/*"), 0);
    fires(json!("s3:*"), json!("arn:aws:sqs:*:*:q"), 1);
    fires(json!(["s3:GetObject", "s3:ListBucket", "s3:ListAllMyBuckets"]), json!("arn:aws:s3:::b"), 2);
    fires(json!("iam:PutUserPolicy"), json!("arn:aws:iam::111122223333:role/a"), 1);
    fires(json!("iam:PutUserPolicy"), json!("arn:aws:iam::111122223333:*"), 0);
    fires(
        json!("dynamodb:GetItem"),
        json!("arn:aws:dynamodb:eu-west-1:111122223333:table/${aws:username}"),
        0,
    );
    fires(json!("dynamodb:GetItem"), json!("arn:aws:dynamodb:eu-west-1:111122223333:tables/a"), 1);
    fires(json!("sns:Publish"), json!("arn:aws-cn:sns:cn-north-1:111122223333:t"), 0);
    // Nobody knows what an action that does not exist is about.
    fires(json!("s3:GetObjects"), json!("arn:aws:s3:::b"), 0);
}

#[test]
fn values_are_read_as_the_operator_reads_them() {
    let check = |operator: &str, key: &str, value: &str, readable: bool| {
        let found = of("unreadable-value", &allowed(json!({operator: {key: value}})));
        assert_eq!(found.is_empty(), readable, "{operator} {value}");
    };
    check("NumericLessThan", "s3:max-keys", "10", true);
    check("NumericLessThan", "s3:max-keys", "ten", false);
    check("DateLessThan", "aws:CurrentTime", "2026-11-22T00:00:00Z", true);
    check("DateLessThan", "aws:CurrentTime", "22.11.2026", false);
    check("Bool", "aws:SecureTransport", "False", true);
    check("Bool", "aws:SecureTransport", "no", false);
    check("Null", "aws:TagKeys", "true", true);
    check("Null", "aws:TagKeys", "1", false);
    check("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:*", true);
    check("ArnLike", "aws:SourceArn", "111122223333", false);
    check("BinaryEquals", "aws:UserAgent", "QUJD", true);
    check("BinaryEquals", "aws:UserAgent", "a b", false);
    check("NumericEquals", "s3:max-keys", "${aws:userid}", false);
}

#[test]
fn variables_that_are_always_there_need_no_default() {
    let deny = |variable: &str| {
        let resource = format!("arn:aws:s3:::{variable}/*");
        of("deny-with-undefaulted-variable", &one(json!({"Effect": "Deny", "Resource": resource}))).len()
    };
    assert_eq!(deny("${aws:username}"), 1);
    assert_eq!(deny("${aws:PrincipalAccount}"), 0);
    assert_eq!(deny("${*}"), 0);
    let value = json!({"Effect": "Deny", "Condition": {"StringNotEquals": {"s3:prefix": "${aws:PrincipalTag/team}"}}});
    assert_eq!(of("deny-with-undefaulted-variable", &one(value)).len(), 1);
}

#[test]
fn statements_that_never_matter() {
    let never = |statements: Value| -> Vec<(usize, String)> {
        let found = of("statement-never-matters", &document(statements));
        found.into_iter().map(|it| (it.statement.unwrap(), it.message)).collect()
    };
    let at = |found: Vec<(usize, String)>| found.into_iter().map(|(index, _)| index).collect::<Vec<_>>();
    let denied = never(json!([{"Action": "s3:Get*"}, {"Effect": "Deny", "Action": "s3:*"}]));
    assert_eq!(denied, [(0, "everything it allows is denied by the document".to_owned())]);
    assert_eq!(at(never(json!([{"Action": "s3:*"}, {"Effect": "Deny", "Action": "s3:Get*"}]))), NONE);
    let tls = json!({"Bool": {"aws:SecureTransport": "false"}});
    assert_eq!(at(never(json!([{}, {"Effect": "Deny", "Action": "*", "Condition": tls}]))), NONE);
    // By one other, by several together, by itself again.
    let covered = never(json!([{"Action": "s3:PutObject"}, {"Action": "sqs:*"}, {"Action": "*"}]));
    assert_eq!(covered.len(), 2);
    assert_eq!(covered[0].1, "`Statement[2]` allows everything it allows");
    let several = never(json!([
        {"Action": ["s3:PutObject", "ec2:RunInstances"]}, {"Action": "s3:*"}, {"Action": "ec2:*"}]));
    assert_eq!(several, [(0, "other statements allow everything it allows".to_owned())]);
    let twice = never(json!([{"Sid": "A"}, {"Sid": "B"}, {"Sid": "C"}]));
    assert_eq!(
        twice.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
        ["it repeats `Statement[0]`"; 2]
    );
    // Two that say the same in other words: one of them stays.
    assert_eq!(at(never(json!([{"Action": "s3:Get*"}, {"Action": "s3:Get**"}]))), [1]);
    // Conditions on one side only.
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    assert_eq!(at(never(json!([{"Condition": mfa}, {"Action": "s3:*"}]))), [0]);
    assert_eq!(at(never(json!([{}, {"Action": "s3:*", "Condition": mfa}]))), NONE);
    // Who asks decides: it matters to somebody.
    let role = json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}});
    assert_eq!(at(never(json!([{}, {"Effect": "Deny", "Action": "*", "Condition": role}]))), NONE);
    assert_eq!(
        at(never(json!([{}, {"Action": "s3:*", "Condition": {"StringEquals": {"aws:username": "bob"}}}]))),
        NONE
    );
    assert_eq!(at(never(json!([{"Condition": role}, {"Action": "s3:*"}]))), [0]);
    // Whose the resource is.
    let topic =
        |account: &str| json!({"Action": "sns:Publish", "Resource": format!("arn:aws:sns:*:{account}:t")});
    assert_eq!(at(never(json!([topic("*"), topic("111122223333")]))), [1]);
    assert_eq!(at(never(json!([topic("444455556666"), topic("111122223333")]))), NONE);
    // A statement about nothing is no matter of the others.
    assert_eq!(
        at(never(
            json!([{"Action": "iam:PutUserPolicy", "Resource": "arn:aws:s3:::b"}, {"Effect": "Deny", "Action": "*"}])
        )),
        NONE
    );
    // Roles to be assumed and keys have policies of their own.
    let assume = json!({"Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/a"});
    assert_eq!(at(never(json!([assume, {"Action": "kms:Decrypt"}]))), NONE);
    assert_eq!(at(never(json!([assume, {"Action": "sts:*"}]))), [0]);
}

#[test]
fn statements_about_others_matter() {
    let never = |statements: Value| -> Vec<usize> {
        let found = of("statement-never-matters", &document(statements));
        found.into_iter().map(|it| it.statement.unwrap()).collect()
    };
    let to = |principal: Value, action: &str| json!({"Principal": principal, "Action": action, "Resource": "arn:aws:s3:::b/*"});
    let (a, b) = (json!({"AWS": "111122223333"}), json!({"AWS": "444455556666"}));
    assert_eq!(never(json!([to(a.clone(), "s3:GetObject"), to(b.clone(), "s3:*")])), NONE);
    assert_eq!(never(json!([to(a.clone(), "s3:GetObject"), to(json!("*"), "s3:*")])), [0]);
    let both = json!({"AWS": ["444455556666", "111122223333"]});
    assert_eq!(never(json!([to(a.clone(), "s3:GetObject"), to(both, "s3:*")])), [0]);
    let mut deny = to(b, "s3:*");
    deny["Effect"] = json!("Deny");
    assert_eq!(never(json!([to(a.clone(), "s3:GetObject"), deny])), NONE);
    let trust = json!([{"Principal": a, "Action": "sts:AssumeRole"}, {"Principal": "*", "Action": "sts:*"}]);
    assert_eq!(never(trust), [0]);
}

#[test]
fn much_of_the_same_is_counted() {
    let actions: Vec<String> = (0..500).map(|index| format!("s3:No{index}")).collect();
    let found = of("unknown-action", &one(json!({"Action": actions})));
    assert_eq!(found.len(), 11);
    assert_eq!(found[10].message, "490 more of the same in this place");
    assert_eq!((found[10].severity, found[10].statement), (Severity::Error, Some(0)));
}

#[test]
fn remarks_stand_in_order() {
    let found = remarks(&json!({"Statement": [
        {"Effect": "Allow", "Action": "s3:No", "Resource": "*"},
        {"Effect": "Deny", "Action": "x:*", "Resource": "*"}]}));
    let order: Vec<_> = found.iter().map(|it| (it.statement, it.id, it.severity)).collect();
    assert_eq!(
        order,
        [
            (None, "missing-version", Severity::Note),
            (Some(0), "unknown-action", Severity::Error),
            (Some(1), "unknown-service", Severity::Error)
        ]
    );
}
