//! Posture over live estates: verdicts against what is known of a populated account, with calls planned from rules.

use std::collections::{BTreeMap, BTreeSet};

use provost_testbed::AwsServer;
use serde_json::{Value, json};

use crate::live::asking;
use crate::support::{Place, Said, lines, said};

/// The rules that `populate.py` says the truth about, each with its expectation.
const TRUTH: [(&str, &str); 13] = [
    ("ec2-required-tags", "instance has required tags"),
    ("s3-encryption", "bucket is encrypted"),
    ("s3-encryption-uses-kms", "bucket is encrypted with KMS"),
    ("rds-backups", "database is backed up"),
    ("rds-backup-retention-7-days", "database keeps backups for a week"),
    ("iam-user-no-direct-policies", "user has no direct policy"),
    ("iam-user-no-admin", "user is no administrator"),
    ("iam-user-console-mfa", "console user has MFA"),
    ("lambda-in-vpc", "function is in a VPC"),
    ("lambda-tracing-active", "function is traced"),
    ("lambda-code-signing", "function's code is signed"),
    ("lambda-reserved-concurrency", "function has reserved concurrency"),
    ("lambda-log-retention", "function's logs are kept for a time"),
];

/// Rules over what the emulator knows: a call that it does not know is asked again and again, as AWS wants it.
const KNOWN: [&str; 20] = [
    "s3-*",
    "iam-user-*",
    "iam-role-*",
    "iam-policy-*",
    "rds-*",
    "ec2-required-tags",
    "ec2-imdsv2-required",
    "ec2-ebs-encrypted",
    "ec2-has-instance-profile",
    "ec2-no-public-ip",
    "ec2-volume-in-use",
    "security-group-*",
    "vpc-*",
    "subnet-*",
    "network-acl-*",
    "lambda-in-vpc",
    "lambda-tracing-active",
    "lambda-dead-letter",
    "log-group-*",
    "cloudtrail-covers-account",
];

/// A command over those rules.
fn over_known<'a>(args: &[&'a str]) -> Vec<&'a str> {
    args.iter().copied().chain(KNOWN.iter().flat_map(|rule| ["--select", *rule])).collect()
}

fn ask(place: &Place, server: &AwsServer, args: &[&str]) -> Said {
    said(&asking(place, server.url(), "test", args).output().unwrap())
}

/// The findings of the latest assessment.
fn findings(place: &Place) -> Vec<Value> {
    lines(&place.done(&["report", "posture", "--format", "ndjson"]))
}

/// How many of each verdict, by rule.
fn by_rule(findings: &[Value]) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut counts: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for finding in findings {
        let text = |name: &str| finding[name].as_str().unwrap().to_owned();
        *counts.entry(text("rule")).or_default().entry(text("verdict")).or_default() += 1;
    }
    counts
}

#[test]
fn the_verdicts_on_a_populated_account_are_the_truth_and_take_few_requests() {
    let Some(server) = AwsServer::start_or_skip("a populated account") else { return };
    let populated = server.populate(&[
        "--users",
        "40",
        "--ec2",
        "12",
        "--buckets",
        "24",
        "--rds",
        "12",
        "--lambdas",
        "12",
    ]);
    server.reset_counts();
    let place = Place::new();
    let mut args = vec!["collect", "--region", "us-east-1"];
    args.extend(TRUTH.iter().flat_map(|(rule, _)| ["--select", rule]));
    let collected = ask(&place, &server, &args);
    assert_eq!(collected.code, 0, "{:#?}", collected.log);
    // A list for each kind, three calls for the report, two to know where one is; one for each bucket, two for
    // each function.
    let counts = server.counts();
    assert!(counts.total <= 11 + 24 + 2 * 12, "{} requests: {:?}", counts.total, counts.by);
    let mut args = vec!["assess"];
    args.extend(TRUTH.iter().flat_map(|(rule, _)| ["--select", rule]));
    place.done(&args);
    let counts = by_rule(&findings(&place));
    assert_eq!(counts.len(), TRUTH.len(), "no other rule was asked: {:?}", counts.keys());
    for (rule, expectation) in TRUTH {
        let of = |verdict: &str| counts[rule].get(verdict).copied().unwrap_or_default();
        let expected = &populated["expected"][expectation];
        assert_eq!(json!([of("fail"), of("pass")]), *expected, "{rule}: {expectation}");
        assert_eq!(of("unknown"), 0, "{rule}");
    }
}

/// Rules that come later must not take for absent what nobody asked for.
#[test]
fn what_was_collected_for_some_rules_is_unknown_to_the_others() {
    let Some(server) = AwsServer::start_or_skip("rules that come later") else { return };
    server.populate(&["--buckets", "3", "--users", "2"]);
    let place = Place::new();
    let collected = ask(&place, &server, &["collect", "--region", "us-east-1", "--select", "s3-encryption"]);
    assert_eq!(collected.code, 0, "{:#?}", collected.log);
    let args = [
        "assess",
        "--select",
        "s3-encryption",
        "--select",
        "s3-access-logging-enabled",
        "--select",
        "iam-user-*",
    ];
    place.done(&args);
    let counts = by_rule(&findings(&place));
    assert!(!counts["s3-encryption"].contains_key("unknown"), "{counts:?}");
    assert_eq!(counts["s3-access-logging-enabled"], BTreeMap::from([("unknown".to_owned(), 3)]));
    assert!(!counts.keys().any(|rule| rule.starts_with("iam-user")), "no user was read: {counts:?}");
    let unknown = findings(&place).into_iter().find(|it| it["rule"] == "s3-access-logging-enabled").unwrap();
    let reason = unknown["reason"].as_str().unwrap();
    assert!(reason.contains("s3api get-bucket-logging: not asked"), "{reason}");
}

/// What a live estate answered and what was recorded of it come to the same verdicts, for the same reasons.
#[test]
fn a_recording_says_what_the_live_estate_said() {
    let Some(server) = AwsServer::start_or_skip("a recording") else { return };
    server.populate(&["--users", "6", "--ec2", "3", "--buckets", "5", "--rds", "3", "--lambdas", "4"]);
    server.set_faults(&json!({"deny": ["s3:GET?encryption:[024]$"]}));
    let live = Place::new();
    let collected =
        ask(&live, &server, &over_known(&["collect", "--region", "us-east-1", "--record", "recorded"]));
    assert!([0, 3].contains(&collected.code), "{:#?}", collected.log);
    live.done(&over_known(&["assess"]));
    let replayed = Place::new();
    let folder = live.path("recorded");
    let again = replayed.run(&over_known(&["collect", "--estate", folder.to_str().unwrap()]));
    assert!([0, 3].contains(&again.code), "{:#?}", again.log);
    replayed.done(&over_known(&["assess"]));
    // What AWS did not answer at all has no code, and is "not recorded" afterwards.
    let told = |place: &Place| -> BTreeMap<String, String> {
        let findings = findings(place);
        let is_told = |it: &&Value| it["verdict"] != "unknown" || it["rule"] == "s3-encryption";
        let told = findings.iter().filter(is_told);
        told.map(|it| {
            (format!("{} {}", it["rule"], it["resource_id"]), format!("{} {}", it["verdict"], it["reason"]))
        })
        .collect()
    };
    let (first, second) = (told(&live), told(&replayed));
    assert!(first.len() > 100, "{}", first.len());
    for (finding, verdict) in &first {
        assert_eq!(second.get(finding), Some(verdict), "{finding}");
    }
    assert_eq!(first.len(), second.len());
    let full = ask(&live, &server, &["collect", "--region", "us-east-1", "--record", "recorded"]);
    assert_eq!(full.code, 2, "a folder that has a recording takes no other");
}

#[test]
fn many_rules_fail_somewhere_on_a_populated_account() {
    let Some(server) = AwsServer::start_or_skip("many rules") else { return };
    server.populate(&["--users", "12", "--ec2", "6", "--buckets", "6", "--rds", "6", "--lambdas", "6"]);
    let place = Place::new();
    let collected = ask(&place, &server, &over_known(&["collect", "--region", "us-east-1"]));
    assert!([0, 3].contains(&collected.code), "{:#?}", collected.log);
    place.done(&over_known(&["assess"]));
    let findings = findings(&place);
    let failed: BTreeSet<&str> =
        findings.iter().filter(|it| it["verdict"] == "fail").map(|it| it["rule"].as_str().unwrap()).collect();
    assert!(failed.len() >= 30, "{} rules fail: {failed:?}", failed.len());
    for finding in findings.iter().filter(|it| it["verdict"] == "unknown") {
        assert!(finding["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{finding}");
    }
}

#[test]
fn four_accounts_in_two_regions_one_out_of_reach_and_one_region_disabled() {
    let Some(server) = AwsServer::start_or_skip("four accounts") else { return };
    let accounts = ["123456789012", "111111111111", "222222222222", "333333333333"];
    for account in accounts {
        for region in ["us-east-1", "eu-west-1"] {
            let mut args = vec!["--ec2", "3", "--region", region];
            if account != "123456789012" {
                args.extend(["--account", account]);
            }
            server.populate(&args);
        }
    }
    server.set_faults(&json!({
        "deny": ["sts:AssumeRole:333333333333"], "disabled_regions": ["eu-west-3"]
    }));
    let place = Place::new();
    let mut args = vec![
        "collect",
        "--role",
        "Reader",
        "--select",
        "ec2-required-tags",
        "--select",
        "ec2-imdsv2-required",
    ];
    args.extend(accounts.iter().flat_map(|account| ["--account", account]));
    args.extend(["us-east-1", "eu-west-1", "eu-west-3"].iter().flat_map(|region| ["--region", region]));
    let collected = ask(&place, &server, &args);
    assert_eq!(collected.code, 3, "an account nobody gets into: {:#?}", collected.log);
    let statistics = collected.statistics();
    let left_out = statistics["left_out"].to_string();
    assert!(left_out.contains("333333333333"), "{left_out}");
    for account in &accounts[..3] {
        let region = format!("{account}/eu-west-3");
        let why = statistics["left_out"].as_array().unwrap().iter().find(|it| it["what"] == region);
        assert!(
            why.is_some_and(|it| it["why"].as_str().unwrap().contains("not enabled in the account")),
            "{left_out}"
        );
    }
    place.done(&["assess", "--select", "ec2-required-tags", "--select", "ec2-imdsv2-required"]);
    let findings = findings(&place);
    for account in &accounts[..3] {
        for region in ["us-east-1", "eu-west-1"] {
            let of = |verdict: &str| {
                let is = |it: &&Value| {
                    it["rule"] == "ec2-required-tags"
                        && it["account"] == *account
                        && it["region"] == region
                        && it["verdict"] == verdict
                };
                findings.iter().filter(is).count()
            };
            assert_eq!((of("fail"), of("pass"), of("unknown")), (1, 2, 0), "{account} {region}");
        }
    }
    let unseen: Vec<&Value> = findings.iter().filter(|it| it["account"] == "333333333333").collect();
    assert!(!unseen.is_empty(), "the account out of reach is there");
    assert!(unseen.iter().all(|it| it["verdict"] == "unknown"), "{unseen:?}");
}

/// The catalog names no call and no member that AWS does not have, and a slip is told by its name.
#[test]
fn resource_types_are_held_against_the_api() {
    let place = Place::new();
    let lint = place.done(&["rules", "--lint"]);
    assert!(lint.contains(" resource types, 0 problems."), "{lint}");
    place.write(
        "mine/resources/thing.yaml",
        "type: Mine::SQS::Queue
title: queue
scope: regional
key: QueueUri
arn: 'arn:{QueueUri}'
list: [{service: sqs, operation: list-queues, wrap: {QueueUrls: QueueUrl}, items: QueueUrls}]
follow:
  - {into: Attributes, service: sqs, operation: get-queue-attributes, per: QueueUrl, ask: Queue, take: Attributes}
  - {into: Policy, service: sqs, operation: get-queue-policy, per: QueueUrl, ask: QueueUrl}
  - {into: Message, service: sqs, operation: receive-message, per: QueueUrl, ask: QueueUrl}
",
    );
    let rule = std::fs::read_to_string("../../catalog/posture/sqs-encrypted.yaml").unwrap();
    let rule = rule
        .replace("id: sqs-encrypted", "id: mine")
        .replace("AWS::SQS::Queue", "Mine::SQS::Queue")
        .replace("resource.Attributes", "resource.Atributes");
    place.write("mine/posture/mine.yaml", rule);
    let said = place.run(&["rules", "--lint", "--catalog", "mine"]);
    assert_eq!(said.code, 2);
    for problem in [
        "no document has `QueueUri`",
        "it takes no `Queue`",
        "it needs `QueueUrl`",
        "there is no operation `sqs get-queue-policy`",
        "`sqs:ReceiveMessage` is refused",
        "the rule `mine` reads `Atributes",
    ] {
        assert!(said.stdout.contains(problem), "{problem}: {}", said.stdout);
    }
}
