//! Promises about guardrails, and what a new version of a document gives away.

use provost_iam::facts::{Setting, weakening};
use provost_iam::guard::{NeverAllows, Proof};
use provost_iam::layers::{Layers, Level};
use provost_iam::principal::Principal;
use provost_iam::{Condition, Policy};
use serde_json::{Value, json};

fn policy(statements: Value) -> Policy {
    Policy::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
}

fn scps(statements: Value) -> Layers {
    let full = policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    let level = |policies| Level { name: "level".to_owned(), policies };
    Layers {
        scps: vec![level(vec![full.clone()]), level(vec![full, policy(statements)])],
        ..Layers::default()
    }
}

fn never(actions: &[&str]) -> NeverAllows {
    NeverAllows {
        actions: actions.iter().map(|&action| action.to_owned()).collect(),
        ..NeverAllows::default()
    }
}

fn shown(proof: &Proof) -> String {
    match proof {
        Proof::Holds { .. } => "holds".to_owned(),
        Proof::Unknown(reason) => format!("unknown: {reason}"),
        Proof::Broken(answer) => {
            let request = answer.witness().unwrap();
            format!("{} on {} by {}", request.action, request.resource, request.principal)
        }
    }
}

#[test]
fn a_guardrail_without_a_gap_is_proved() {
    let layers = scps(
        json!({"Effect": "Deny", "Action": ["cloudtrail:*Logging", "cloudtrail:Delete*"], "Resource": "*"}),
    );
    assert_eq!(shown(&never(&["cloudtrail:StopLogging"]).prove(&layers)), "holds");
    assert_eq!(shown(&never(&["cloudtrail:StopLogging", "cloudtrail:Delete*"]).prove(&layers)), "holds");
    let broken = shown(&never(&["cloudtrail:*"]).prove(&layers));
    assert!(broken.starts_with("cloudtrail:"), "{broken}");
    let narrow = scps(json!({"Effect": "Deny", "Action": "cloudtrail:StopLogging",
        "Resource": "arn:aws:cloudtrail:*:*:trail/main"}));
    let broken = shown(&never(&["cloudtrail:StopLogging"]).prove(&narrow));
    assert!(broken.starts_with("cloudtrail:StopLogging on arn:aws:cloudtrail:"), "{broken}");
}

#[test]
fn actions_that_do_not_exist_yet_count() {
    let listed = scps(json!({"Effect": "Deny", "Action": ["organizations:*"], "Resource": "*"}));
    assert_eq!(shown(&never(&["organizations:*"]).prove(&listed)), "holds");
    let every_known: Vec<String> = provost_iam::actions::Catalogue::embedded()
        .service("organizations")
        .unwrap()
        .actions()
        .map(|action| action.name().to_owned())
        .collect();
    let named = scps(json!({"Effect": "Deny", "Action": every_known, "Resource": "*"}));
    assert!(shown(&never(&["organizations:*"]).prove(&named)).starts_with("organizations:ActionNobody"));
}

#[test]
fn a_promise_about_nothing_is_not_kept() {
    let layers = scps(json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
    assert!(shown(&never(&["cloudtrial:*"]).prove(&layers)).starts_with("unknown: no action matches"));
    assert!(shown(&never(&[]).prove(&layers)).starts_with("unknown"));
}

#[test]
fn an_exception_holds_only_for_whom_it_is_made() {
    let condition = |operator: &str| {
        json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*",
            "Condition": {operator: {"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"}}})
    };
    let unless = Condition {
        operator: "ArnLike".to_owned(),
        key: "aws:PrincipalArn".to_owned(),
        values: vec!["arn:aws:iam::*:role/break-glass".to_owned()],
    };
    let promise = NeverAllows {
        principals: ["arn:aws:iam::111122223333:role/break-glass", "arn:aws:iam::111122223333:role/other"]
            .into_iter()
            .map(|arn| Principal::parse(arn).unwrap())
            .collect(),
        unless: vec![unless],
        ..never(&["iam:CreateUser"])
    };
    assert_eq!(shown(&promise.prove(&scps(condition("ArnNotLike")))), "holds");
    let strict = NeverAllows { unless: Vec::new(), ..promise.clone() };
    let broken = shown(&strict.prove(&scps(condition("ArnNotLike"))));
    assert!(broken.ends_with("break-glass"), "{broken}");
    // Whoever a pattern spares is found, whatever the name, and so is who two patterns spare together.
    let spared = |patterns: &[&str]| {
        let denies: Vec<Value> = patterns
            .iter()
            .map(|pattern| {
                json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*",
                    "Condition": {"ArnNotLike": {"aws:PrincipalArn": pattern}}})
            })
            .collect();
        shown(&never(&["iam:CreateUser"]).prove(&scps(json!(denies))))
    };
    assert!(spared(&["arn:aws:iam::*:role/ops-*"]).contains(":assumed-role/ops-"));
    let both =
        spared(&["arn:aws:iam::*:role/ops-*", "arn:aws:iam::*:role/*-eu", "arn:aws:iam::*:role/?????e*"]);
    assert!(both.contains(":assumed-role/ops-") && both.contains("-eu/"), "{both}");
    assert_eq!(spared(&["arn:aws:iam::*:role/ops-*", "arn:aws:iam::*:role/dev-*"]), "holds");
    // `IfExists` on a negated operator spares whoever has no such key; every principal has this one.
    assert_eq!(shown(&promise.prove(&scps(condition("ArnNotLikeIfExists")))), "holds");
    let unknown = shown(&promise.prove(&scps(condition("ArnNotQuite"))));
    assert!(unknown.starts_with("unknown"), "{unknown}");
}

#[test]
fn callers_nobody_looked_at_keep_no_promise() {
    let unless = |key: &str, value: Value| {
        scps(json!({"Effect": "Deny", "Action": "ec2:*", "Resource": "*",
            "Condition": {"StringNotEquals": {key: value}}}))
    };
    let ec2 = never(&["ec2:RunInstances"]);
    let federated = shown(&ec2.prove(&unless("aws:PrincipalType", json!("FederatedUser"))));
    assert!(federated.starts_with("unknown"), "{federated}");
    let accounts: Vec<String> = (0..60).map(|number| format!("{:012}", number * 7)).collect();
    let many = shown(&ec2.prove(&unless("aws:SourceAccount", json!(accounts))));
    assert!(many.starts_with("unknown: the policies single out"), "{many}");
}

#[test]
fn every_kind_of_resource_counts_for_a_promise() {
    let nothing = scps(json!({"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"}));
    let about = |action: &str, resource: &str| {
        let promise = NeverAllows { resources: vec![resource.to_owned()], ..never(&[action]) };
        shown(&promise.prove(&nothing))
    };
    assert!(about("s3:List*", "arn:aws:s3:::audit").starts_with("s3:"));
    assert!(about("iam:*", "arn:aws:iam::111122223333:role/x").starts_with("iam:"));
    assert!(about("s3:Delete*", "arn:aws:s3:::audit").starts_with("s3:Delete"));
    // Keys leave it to their accounts, where nobody says otherwise; an SCP settles it all the same.
    assert!(about("kms:Decrypt", "*").starts_with("kms:Decrypt"));
    let keys = scps(json!({"Effect": "Deny", "Action": "kms:*", "Resource": "*"}));
    assert_eq!(shown(&never(&["kms:*"]).prove(&keys)), "holds");
    let policies =
        scps(json!({"Effect": "Deny", "Action": "iam:DeleteRole", "Resource": "arn:aws:iam::*:role/*"}));
    assert_eq!(shown(&never(&["iam:DeleteRole"]).prove(&policies)), "holds");
}

#[test]
fn what_a_new_version_gives_away_is_shown() {
    let check = |old: Value, new: Value, expect: &str, action: &str| {
        let (old, new) = (policy(old), policy(new));
        let found = weakening(&old, &new, &Setting::default(), 5);
        assert_eq!(found.answer.as_str(), expect, "{found:?}");
        if !action.is_empty() {
            let actions: Vec<&str> = found.gained.iter().map(|gained| gained.action.as_str()).collect();
            assert!(actions.contains(&action), "{actions:?}");
        }
        assert_eq!(
            weakening(&old, &new, &Setting::default(), 0).answer.is_possible(),
            expect.starts_with("yes")
        );
    };
    let read = json!({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/*"});
    let more = json!({"Effect": "Allow", "Action": ["s3:Get?bject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/*"});
    check(read.clone(), more.clone(), "yes", "s3:PutObject");
    check(more.clone(), read.clone(), "no", "");
    let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    check(all.clone(), all, "no", "");
    // The same in other words.
    let split = json!([
        {"Effect": "Allow", "Action": "S3:getobject", "Resource": "arn:aws:s3:::b/*"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/x"]}]);
    check(more.clone(), split.clone(), "no", "");
    check(split, more, "no", "");
    let wider = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b*/*"});
    check(read.clone(), wider, "yes", "s3:GetObject");
    let limited = |values: Value| {
        json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": values}}})
    };
    check(limited(json!("a")), limited(json!(["b", "a"])), "yes_if", "s3:GetObject");
    check(limited(json!(["a", "b"])), limited(json!("b")), "no", "");
    let named = |values: Value| {
        json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
            "Condition": {"StringEquals": {"aws:username": values}}})
    };
    check(named(json!("a")), named(json!(["a", "b"])), "yes_if", "s3:GetObject");
    check(named(json!(["a", "b"])), named(json!("a")), "no", "");
    // A Deny that is gone.
    let deny = |resource: &str| json!({"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": resource});
    check(deny("*"), deny("arn:aws:s3:::logs"), "yes", "s3:DeleteBucket");
    check(deny("arn:aws:s3:::logs"), deny("*"), "no", "");
    // A bucket that opens.
    let bucket = |principal: Value| json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Principal": principal});
    let one = json!({"AWS": "arn:aws:iam::444455556666:root"});
    check(bucket(one.clone()), bucket(json!("*")), "yes", "s3:GetObject");
    check(bucket(json!("*")), bucket(one.clone()), "no", "");
    check(
        bucket(one.clone()),
        bucket(json!({"AWS": ["444455556666", "777788889999"]})),
        "yes",
        "s3:GetObject",
    );
    check(bucket(one), bucket(json!({"AWS": "444455556666"})), "no", "");
    let conditioned = |accounts: Value| {
        json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Principal": "*",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": accounts}}})
    };
    let more = conditioned(json!(["444455556666", "777788889999"]));
    check(conditioned(json!("444455556666")), more, "yes_if", "s3:GetObject");
    let but = |principals: Value| {
        json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
            "NotPrincipal": {"AWS": principals}})
    };
    let (two, one) = (json!(["444455556666", "777788889999"]), json!(["777788889999"]));
    let gained = weakening(&policy(but(two)), &policy(but(one)), &Setting::default(), 0);
    assert_ne!(gained.answer.as_str(), "no");
}
