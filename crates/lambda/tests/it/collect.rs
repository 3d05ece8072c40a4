//! Scheduled events bring every user into the table, scan by scan, with numbers, evidence and lines.

use std::collections::BTreeSet;

use provost_testbed::IamEstate;
use serde_json::{Value, json};

use crate::emulator::{BUCKET, Emulator, TABLE};
use crate::function::{Ended, run, scheduled};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

#[test]
fn each_scheduled_event_makes_a_scan_of_every_user() {
    let Some(emulator) = Emulator::start_or_skip("each_scheduled_event_makes_a_scan_of_every_user") else {
        return;
    };
    let iam = IamEstate { users: 230, new_users: 2, page: 50, ..IamEstate::default() }.start();
    let variables = [
        ("AWS_ENDPOINT_URL", emulator.server.url()),
        ("AWS_ENDPOINT_URL_IAM", &iam.url()),
        ("AWS_ENDPOINT_URL_STS", &iam.url()),
        ("DYNAMODB_TABLE_NAME", TABLE),
        ("RETENTION_DAYS", "30"),
        ("EVIDENCE_BUCKET", BUCKET),
        ("EVIDENCE_PREFIX", "raw"),
    ];
    let ended = run(vec![scheduled(), scheduled()], &variables);

    for number in 0..2 {
        let answer = ended.answer(number);
        assert_eq!(answer["status"], "done", "{answer}");
        assert_eq!(answer["job"], "collect iam-users");
        let counts = ["UsersScanned", "RecordsWritten", "Errors"].map(|name| answer[name].as_u64());
        assert_eq!(counts, [Some(230), Some(230), Some(0)], "{answer}");
        assert!(answer["Success"] == 1 && answer["Duration"].as_f64().unwrap() > 0.0, "{answer}");
        assert_eq!((&answer["remaining"], &answer["left_out"]), (&Value::Null, &json!([])), "{answer}");
    }
    assert_ne!(ended.answer(0)["execution_id"], ended.answer(1)["execution_id"]);

    let items = emulator.items("1");
    let users: BTreeSet<&str> = items.iter().map(|item| item["user_name"]["S"].as_str().unwrap()).collect();
    let scans: BTreeSet<&str> =
        items.iter().map(|item| item["scan_timestamp"]["S"].as_str().unwrap()).collect();
    assert_eq!((items.len(), users.len(), scans.len()), (460, 230, 2));
    for item in &items {
        let scan: jiff::Timestamp = item["scan_timestamp"]["S"].as_str().unwrap().parse().unwrap();
        let ttl: i64 = item["ttl"]["N"].as_str().unwrap().parse().unwrap();
        assert_eq!(ttl, scan.as_second() + 30 * SECONDS_PER_DAY, "{item}");
    }
    assert_eq!(emulator.items("#lock/"), Vec::<Value>::new(), "the lock is given back");

    let objects = emulator.objects();
    assert!(objects.len() >= 5, "five pages of users at least: {objects:?}");
    assert!(objects.iter().all(|key| key.starts_with("raw/evidence/sha256/")), "{objects:?}");

    let metrics = ["UsersScanned", "RecordsWritten", "Errors", "Success"];
    let sums = metrics.map(|name| emulator.metric("Provost", name));
    assert_eq!(sums, [Some(460.0), Some(460.0), Some(0.0), Some(2.0)]);
    assert!(emulator.metric("Provost", "Duration").is_some_and(|seconds| seconds > 0.0));
    lines(&ended);
}

/// Each invocation says what it starts with and what came of it, under its request id, and no secret.
fn lines(ended: &Ended) {
    let ids: Vec<Value> =
        (1..=2).map(|number| json!(format!("00000000-0000-4000-8000-{number:012}"))).collect();
    for message in ["Invocation started.", "Job started.", "Job finished.", "Invocation finished."] {
        let said = ended.said(message);
        let by: Vec<Value> = said.iter().map(|line| line["correlation_id"].clone()).collect();
        assert_eq!(by, ids, "{message}");
    }
    let started = ended.said("Invocation started.")[0];
    assert_eq!(started["job"], "collect-iam-users");
    let extra = &started["extra"];
    assert_eq!(extra["table"], TABLE);
    assert_eq!(extra["retention_days"], 30);
    assert_eq!(extra["evidence"], format!("s3://{BUCKET}/raw/"));
    let finished = ended.said("Invocation finished.")[0];
    assert_eq!(finished["status"], "done");
    let counts = ["users_scanned", "records_written", "errors"].map(|name| finished["extra"][name].as_u64());
    assert_eq!(counts, [Some(230), Some(230), Some(0)]);
    assert!(
        ended.lines.iter().all(|line| !Value::Object(line.clone()).to_string().contains("wJalrXUtnFEMI"))
    );
}

#[test]
fn a_scan_that_meets_another_one_ends_at_once_and_in_order() {
    let Some(emulator) = Emulator::start_or_skip("a_scan_that_meets_another_one_ends_at_once_and_in_order")
    else {
        return;
    };
    let iam = IamEstate::default().start();
    let text = |value: &str| json!({ "S": value });
    let lock = json!({
        "user_name": text("#lock/collect/all"),
        "scan_timestamp": text("lock"),
        "execution_id": text("somebody"),
        "locked_at": text("2026-11-22T10:00:00Z"),
        "expires_at": text("2999-01-01T00:00:00Z"),
    });
    emulator.dynamodb("PutItem", &json!({ "TableName": TABLE, "Item": lock }));
    let variables = [
        ("AWS_ENDPOINT_URL", emulator.server.url()),
        ("AWS_ENDPOINT_URL_IAM", &iam.url()),
        ("AWS_ENDPOINT_URL_STS", &iam.url()),
        ("DYNAMODB_TABLE_NAME", TABLE),
    ];
    let ended = run(vec![scheduled()], &variables);
    let answer = ended.answer(0);
    assert_eq!((&answer["status"], &answer["holder"]), (&json!("locked"), &json!("somebody")), "{answer}");
    assert!(answer["until"].as_str().unwrap().starts_with("2999-"), "{answer}");
    assert_eq!(iam.server().count(), 0, "nobody was asked for users");
    assert_eq!(ended.said("Another execution holds the lock.").len(), 1);
    assert_eq!(emulator.items("#lock/").len(), 1, "somebody still holds it");
    let evidence = &ended.said("Invocation started.")[0]["extra"]["evidence"];
    assert_eq!(evidence, "not kept: EVIDENCE_BUCKET is not set");
}

#[test]
fn every_account_of_an_organization_is_scanned_and_one_that_lets_nobody_in_is_named() {
    let Some(emulator) = Emulator::start_or_skip("every_account_of_an_organization_is_scanned") else {
        return;
    };
    let iam = IamEstate {
        accounts: 4,
        users: 20,
        denied_accounts: vec!["100000000003".to_owned()],
        external_id: Some("from-outside".to_owned()),
        ..IamEstate::default()
    }
    .start();
    let url = iam.url();
    let variables = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_ENDPOINT_URL_DYNAMODB", emulator.server.url()),
        ("DYNAMODB_TABLE_NAME", TABLE),
        ("METRICS_NAMESPACE", "none"),
        ("PROVOST_ORG", "true"),
        ("PROVOST_ROLE", "audit"),
        ("PROVOST_EXTERNAL_ID", "from-outside"),
    ];
    let ended = run(vec![scheduled()], &variables);
    let answer = ended.answer(0);
    assert_eq!((&answer["status"], &answer["remaining"]), (&json!("incomplete"), &Value::Null), "{answer}");
    assert_eq!((answer["UsersScanned"].as_u64(), answer["RecordsWritten"].as_u64()), (Some(60), Some(60)));
    let left_out = answer["left_out"].as_array().unwrap();
    assert!(left_out.iter().any(|one| one["what"] == "100000000003"), "{answer}");
    assert!(answer["unknown"].as_u64().unwrap() > 0, "{answer}");
    assert_eq!(emulator.items("100000000003").len(), 0);
    assert_eq!(ended.said("Invocation started.")[0]["extra"]["has_external_id"], true);
    assert!(!format!("{:?}", ended.lines).contains("from-outside"));
}
