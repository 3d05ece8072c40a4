//! Live estates against the emulator: resources of all types, and the printed policy under IAM enforcement.

use std::io::Write as _;
use std::process::{Command, Stdio};

use provost_testbed::{AwsServer, python};
use serde_json::{Value, json};

use crate::live::asking;
use crate::support::{Place, Said, lines, said};

/// The account the emulator has from the beginning.
const ACCOUNT: &str = "123456789012";

/// Runs a script with boto3 in the emulator's Python; `client(service)` makes clients. Returns what it prints.
pub(crate) fn boto(server: &AwsServer, script: &str) -> String {
    let head = format!(
        "import boto3, json\n\
         def client(service, **keys):\n\
         \u{20}   keys = keys or dict(aws_access_key_id='test', aws_secret_access_key='test')\n\
         \u{20}   return boto3.client(service, endpoint_url='{}', region_name='us-east-1', **keys)\n",
        server.url()
    );
    let mut child = Command::new(python().unwrap())
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all((head + script).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{script}");
    String::from_utf8(output.stdout).unwrap()
}

fn ask(place: &Place, server: &AwsServer, args: &[&str]) -> Said {
    said(&asking(place, server.url(), "test", args).output().unwrap())
}

#[test]
fn a_live_account_is_read_assessed_and_reported() {
    let Some(server) = AwsServer::start_or_skip("a live account") else { return };
    server.populate(&["--users", "20", "--ec2", "4", "--buckets", "8", "--rds", "4"]);
    server.reset_counts();
    let place = Place::new();
    let rules =
        ["--select", "s3-*", "--select", "ec2-required-tags", "--select", "rds-*", "--select", "iam-user-*"];
    let collected = ask(&place, &server, &[&["collect", "--region", "us-east-1"][..], &rules].concat());
    assert!([0, 3].contains(&collected.code), "{:#?}", collected.log);
    let counts = server.counts();
    assert!(
        counts
            .by
            .keys()
            .all(|name| !name.contains("Create") && !name.contains("PUT") && !name.contains("Put")),
        "{:?}",
        counts.by
    );
    place.done(&["assess"]);
    let findings = lines(&place.done(&["report", "posture", "--format", "ndjson"]));
    let verdicts = |rule: &str, verdict: &str| {
        findings.iter().filter(|it| it["rule"] == rule && it["verdict"] == verdict).count()
    };
    // As populated: every fourth bucket has no encryption, every third instance lacks tags, every fourth
    // database has no backups.
    assert_eq!((verdicts("s3-encryption", "fail"), verdicts("s3-encryption", "pass")), (2, 6));
    assert_eq!((verdicts("ec2-required-tags", "fail"), verdicts("ec2-required-tags", "pass")), (2, 2));
    let unknown: Vec<&Value> =
        findings.iter().filter(|it| it["verdict"] == "unknown" && it["rule"] == "s3-encryption").collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Peers say fail, or nothing, where they could not look.
#[test]
fn buckets_whose_encryption_is_denied_are_unknown_and_no_others() {
    let Some(server) = AwsServer::start_or_skip("denied buckets") else { return };
    server.populate(&["--buckets", "10"]);
    server.set_faults(&json!({"deny": ["s3:GET?encryption:[02468]$"]}));
    let place = Place::new();
    ask(&place, &server, &["collect", "--region", "us-east-1", "--select", "s3-*"]);
    place.done(&["assess", "--select", "s3-*"]);
    let findings = lines(&place.done(&["report", "posture", "--format", "ndjson"]));
    for finding in findings.iter().filter(|it| it["rule"] == "s3-encryption") {
        let bucket = finding["resource_id"].as_str().unwrap();
        let is_even = bucket.ends_with(['0', '2', '4', '6', '8']);
        assert_eq!(finding["verdict"] == "unknown", is_even, "{finding}");
        if is_even {
            let reason = finding["reason"].as_str().unwrap();
            assert!(reason.contains("s3api get-bucket-encryption: access denied (AccessDenied)"), "{reason}");
        }
    }
}

/// Two hundred users with all that is known of them, in at most 250 requests.
#[test]
fn two_hundred_users_take_few_requests() {
    let Some(server) = AwsServer::start_or_skip("two hundred users") else { return };
    server.populate(&["--users", "200"]);
    server.reset_counts();
    let place = Place::new();
    let collected = ask(&place, &server, &["collect", "iam-users"]);
    assert_eq!(collected.code, 0, "{:#?}", collected.log);
    assert_eq!(collected.statistics()["counts"]["users"], 200);
    let counts = server.counts();
    assert!(counts.total <= 250, "{} requests: {:?}", counts.total, counts.by);
    let users = lines(&place.done(&["report", "access", "--format", "ndjson"]));
    let administrators = users.iter().filter(|user| user["access"]["administrator"] == "yes").count();
    assert_eq!(administrators, 20, "every tenth has the policy `full-admin`");
    let with_mfa = users.iter().filter(|user| user["mfa"] == true);
    assert!(with_mfa.into_iter().all(|user| user["mfa_devices"].as_array().unwrap().len() == 1));
}

/// The policy that `provost permissions` prints is enough under enforcement, and no more than enough.
#[test]
fn the_printed_policy_is_enough_and_each_action_is_needed() {
    let Some(server) = AwsServer::start_or_skip("the printed policy") else { return };
    server.populate(&["--users", "8"]);
    let place = Place::new();
    let policy: Value =
        serde_json::from_str(&place.done(&["permissions", "--jobs", "collect-iam-users"])).unwrap();
    let keys = boto(
        &server,
        &format!(
            "iam = client('iam')\n\
             iam.create_user(UserName='provost')\n\
             iam.put_user_policy(UserName='provost', PolicyName='printed', PolicyDocument={:?})\n\
             key = iam.create_access_key(UserName='provost')['AccessKey']\n\
             print(key['AccessKeyId'], key['SecretAccessKey'])\n",
            policy.to_string()
        ),
    );
    let (key, secret) = keys.trim().split_once(' ').unwrap();
    let collect = |place: &Place| {
        let mut command = asking(place, server.url(), key, &["collect", "iam-users"]);
        said(&command.env("AWS_SECRET_ACCESS_KEY", secret).output().unwrap())
    };
    server.enforce_iam(true);
    let place = Place::new();
    let allowed = collect(&place);
    assert_eq!(allowed.code, 0, "{:#?}", allowed.log);
    assert_eq!(allowed.statistics()["skipped"].get("access denied"), None, "{}", allowed.statistics());

    // With one action less, what it told is unknown, and the rest is there.
    server.enforce_iam(false);
    let mut less = policy.clone();
    let mut removed = false;
    for statement in less["Statement"].as_array_mut().unwrap() {
        if let Some(actions) = statement["Action"].as_array_mut() {
            let before = actions.len();
            actions.retain(|action| action != "iam:GetAccountAuthorizationDetails");
            removed |= actions.len() < before;
        }
    }
    assert!(removed, "{policy}");
    boto(
        &server,
        &format!(
            "client('iam').put_user_policy(UserName='provost', PolicyName='printed', PolicyDocument={:?})\n",
            less.to_string()
        ),
    );
    server.enforce_iam(true);
    let place = Place::new();
    let denied = collect(&place);
    assert_eq!(denied.code, 3, "{:#?}", denied.log);
    assert!(denied.statistics()["skipped"]["access denied"].as_u64().unwrap() > 0, "{}", denied.statistics());
    let users = lines(&place.done(&["report", "access", "--format", "ndjson"]));
    assert_eq!(users.len(), 9);
    for user in &users {
        assert_eq!(user["account"], ACCOUNT);
        assert_eq!((&user["groups"], &user["access"]["administrator"]), (&Value::Null, &"unknown".into()));
        assert!(user["create_date"].is_string(), "the list of users is there: {user}");
    }
}
