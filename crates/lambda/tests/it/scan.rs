//! A scheduled scan: what the rules need is read and judged, each verdict is in the history, and what could not be
//! seen is unknown.

use provost_testbed::{FaultServer, Invocation, Reply};
use serde_json::{Value, json};

use crate::emulator::{BUCKET, Emulator, HISTORY};
use crate::function::{PLENTY, run};

/// Each rule of the specification, with what it expects of the populated account.
const RULES: [(&str, &str); 2] =
    [("ec2-required-tags", "instance has required tags"), ("s3-encryption", "bucket is encrypted")];

fn scan(rules: &[&str]) -> Invocation {
    Invocation::new(json!({ "job": "scan", "rules": rules }), PLENTY)
}

/// How many fail and how many pass, by what the account was filled with.
fn expected(filled: &Value, expectation: &str) -> (u64, u64) {
    let numbers = &filled["expected"][expectation];
    (numbers[0].as_u64().unwrap(), numbers[1].as_u64().unwrap())
}

fn variables<'v>(emulator: &'v Emulator, more: &[(&'v str, &'v str)]) -> Vec<(&'v str, &'v str)> {
    let fixed = [
        ("AWS_ENDPOINT_URL", emulator.server.url()),
        ("HISTORY_TABLE_NAME", HISTORY),
        ("PROVOST_JOB", "scan"),
        ("PROVOST_REGIONS", "eu-west-1"),
    ];
    fixed.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn a_scan_judges_what_is_there_and_keeps_every_verdict() {
    let Some(emulator) = Emulator::start_or_skip("a_scan_judges_what_is_there") else { return };
    emulator.make_history();
    let kinds = ["--ec2", "9", "--buckets", "8", "--region", "eu-west-1"];
    let filled = emulator.server.populate(&kinds);
    let waivers = "waivers: [{id: w1, rule: s3-encryption, reason: old, owner: ann, expires: 2999-12-31}]";
    emulator.put_object("waivers.yaml", waivers);
    let place = format!("s3://{BUCKET}/waivers.yaml");
    let more = [("PROVOST_WAIVERS", place.as_str()), ("EVIDENCE_BUCKET", BUCKET), ("EVIDENCE_PREFIX", "raw")];
    let ids = RULES.map(|(id, _)| id);
    let ended = run(vec![scan(&ids), scan(&[ids[0]])], &variables(&emulator, &more));

    let answer = ended.answer(0);
    assert_eq!((&answer["status"], &answer["job"]), (&json!("done"), &json!("scan")), "{answer}");
    let numbers = RULES.map(|(_, expectation)| expected(&filled, expectation));
    let (fails, passes) = (numbers[0].0 + numbers[1].0, numbers[0].1 + numbers[1].1);
    // The bucket of evidence is one more, and the emulator gives it no encryption.
    let found =
        ["non_compliant", "compliant", "unknown", "waived"].map(|name| answer[name].as_u64().unwrap());
    assert_eq!(found, [fails + 1, passes, 0, numbers[1].0 + 1], "{answer}");
    assert_eq!(answer["ResourcesScanned"], 9 + 8 + 1, "{answer}");
    assert_eq!((&answer["Success"], &answer["Errors"]), (&json!(1), &json!(0)), "{answer}");
    assert!(answer.get("UsersScanned").is_none(), "{answer}");

    let second = ended.answer(1);
    assert_eq!(second["non_compliant"], numbers[0].0, "{second}");
    let counts = emulator.verdict_counts();
    let count =
        |rule: &str, verdict: &str| *counts.get(&(rule.to_owned(), verdict.to_owned())).unwrap() as u64;
    assert_eq!(count("ec2-required-tags", "fail"), 2 * numbers[0].0, "of two scans");
    assert_eq!(count("ec2-required-tags", "pass"), 2 * numbers[0].1);
    assert_eq!(count("s3-encryption", "fail"), numbers[1].0 + 1);
    assert_eq!(emulator.verdicts("#lock/"), Vec::<Value>::new(), "the lock is given back");
    assert_eq!(emulator.verdicts("#ended/assess").len(), 2, "each run has its record");
    assert_eq!(
        emulator.metric_of("assess", "Provost", "NonCompliant"),
        Some((fails + 1 + numbers[0].0) as f64)
    );
    assert!(!emulator.objects().is_empty());

    // Only what the rules read was asked for: no database, no user.
    let asked = emulator.server.counts().by;
    assert!(asked.keys().all(|call| !call.starts_with("rds:") && !call.starts_with("iam:")), "{asked:?}");
    let finished = ended.said("Invocation finished.")[0];
    assert_eq!(finished["extra"]["non_compliant"], fails + 1, "{finished:?}");
}

#[test]
fn what_is_denied_is_unknown_for_exactly_these_and_a_list_that_is_denied_is_no_success() {
    let Some(emulator) = Emulator::start_or_skip("what_is_denied_is_unknown_for_exactly_these") else {
        return;
    };
    emulator.make_history();
    emulator.server.populate(&["--buckets", "6", "--region", "eu-west-1"]);
    let deny = ["s3:GET?encryption:bench-.*000[13]", "ec2:DescribeInstances:.*"];
    emulator.server.set_faults(&json!({ "deny": deny }));
    let event = scan(&["s3-encryption", "ec2-required-tags"]);
    let ended = run(vec![event], &variables(&emulator, &[("METRICS_NAMESPACE", "none")]));
    let answer = ended.answer(0);
    assert_eq!((&answer["status"], &answer["Success"]), (&json!("incomplete"), &json!(0)), "{answer}");
    assert_eq!((&answer["unknown"], &answer["unlisted"]), (&json!(3), &json!(1)), "{answer}");
    let unknown = emulator.verdicts("");
    let unknown = unknown.iter().filter(|item| item["verdict"]["S"] == "unknown");
    let mut ids: Vec<&str> = unknown.map(|item| item["resource_id"]["S"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let account = "123456789012";
    let expect = [
        format!("arn:aws:s3:::bench-{account}-0001"),
        format!("arn:aws:s3:::bench-{account}-0003"),
        format!("unlisted/{account}/eu-west-1/AWS::EC2::Instance"),
    ];
    assert_eq!(ids, expect);
}

#[test]
fn a_scan_that_runs_out_of_time_says_so_and_gives_its_lock_back() {
    let Some(emulator) = Emulator::start_or_skip("a_scan_that_runs_out_of_time_says_so") else { return };
    emulator.make_history();
    let silent = FaultServer::start(|_| Reply::never());
    let silent = silent.url();
    let more = [("AWS_ENDPOINT_URL_S3", silent.as_str()), ("METRICS_NAMESPACE", "none")];
    let event = json!({ "job": "scan", "rules": ["s3-encryption", "ec2-required-tags"] });
    let invocation = Invocation::new(event, std::time::Duration::from_secs(12));
    let ended = run(vec![invocation], &variables(&emulator, &more));
    let answer = ended.answer(0);
    assert_eq!((&answer["status"], &answer["Success"]), (&json!("incomplete"), &json!(0)), "{answer}");
    assert_eq!(emulator.verdicts("#lock/"), Vec::<Value>::new());
}

#[test]
fn rules_there_are_not_and_waivers_that_are_not_are_said() {
    let Some(emulator) = Emulator::start_or_skip("rules_there_are_not_are_said") else { return };
    emulator.make_history();
    emulator.put_object("waivers.yaml", "waivers: [{id: w1}]");
    let place = format!("s3://{BUCKET}/waivers.yaml");
    let more = [("PROVOST_WAIVERS", place.as_str()), ("METRICS_NAMESPACE", "none")];
    let ended = run(vec![scan(&["s3-encrypted"]), scan(&["s3-encryption"])], &variables(&emulator, &more));
    let said = ended.outcomes[0].json();
    assert_eq!(said["errorType"], "Provost.UnknownJob", "{said}");
    let expect = "there is no posture rule `s3-encrypted`; `provost rules` lists them";
    assert_eq!(said["errorMessage"], expect);
    let said = ended.outcomes[1].json();
    assert_eq!(said["errorType"], "Provost.Configuration", "{said}");
    let message = said["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("`PROVOST_WAIVERS`: s3://provost-evidence/waivers.yaml: "), "{message}");
}
