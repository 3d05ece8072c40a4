//! A planted secret is found in no file, log or report.

use std::io::Read as _;

use serde_json::json;

use crate::support::{Place, event, files_under, sample_estate};

const PLANTED: &str = "PROVOST-PLANTED-SECRET";

#[test]
fn a_planted_secret_is_nowhere() {
    let place = Place::new();
    // In pages of the API, in events, in texts that hold JSON, and in a page that is cut off.
    let instance = json!({"InstanceId": "i-1", "UserData": PLANTED, "Tags": []});
    place.write(
        "e/111122223333/eu-central-1/ec2/describe-instances.json",
        json!({"Reservations": [{"Instances": [instance]}]}).to_string(),
    );
    place.write(
        "e/111122223333/eu-central-1/rds/describe-db-instances.json",
        format!(r#"{{"DBInstances":[{{"DBInstanceIdentifier":"a","MasterUserPassword":"{PLANTED}"}}]"#),
    );
    place.write(
        "e/111122223333/global/s3api/list-buckets.err",
        format!(
            "DEBUG {PLANTED}\nAn error occurred (AccessDenied) when calling the ListBuckets operation: {PLANTED}\n"
        ),
    );
    place.write(
        "e/111122223333/global/iam/list-users.err",
        format!("aws_session_token={PLANTED}\nCould not connect\n"),
    );
    let events = [
        event(
            "e-1",
            "iam",
            "CreateAccessKey",
            &json!({"requestParameters": {"userName": "other"},
            "responseElements": {"accessKey": {"accessKeyId": "AKIAEXAMPLE", "secretAccessKey": PLANTED}}}),
        ),
        event(
            "e-2",
            "iam",
            "CreateLoginProfile",
            &json!({"requestParameters": {"userName": "x", "password": PLANTED}}),
        ),
        event(
            "e-4",
            "iam",
            "CreateUser",
            &json!({"requestParameters": format!("{{\"sessionToken\":\"{PLANTED}\"}} and more")}),
        ),
        event(
            "e-3",
            "iam",
            "CreateUser",
            &json!({"requestParameters": format!("{{\"sessionToken\":\"{PLANTED}\"}}")}),
        ),
    ];
    let mut events: Vec<String> = events.iter().map(ToString::to_string).collect();
    // Twice the same key: whoever reads the document sees the last, whoever reads the bytes sees both.
    let twice = event("e-5", "iam", "CreateUser", &json!({})).to_string();
    events.push(twice.replacen('{', &format!("{{\"sessionToken\":\"{PLANTED}\",\"sessionToken\":null,"), 1));
    place.write("events.ndjson", events.join("\n"));
    let out = place
        .command(&["run", "--estate", "e", "--events", "events.ndjson", "--out", "out", "-vv"])
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(3), "the page that is cut off");
    let mut told = out.stdout;
    told.extend(out.stderr);
    for args in [
        &["report", "violations", "--format", "json"][..],
        &["report", "posture", "--format", "csv", "--all"],
        &["report", "posture", "--format", "html"],
        &["verify"],
    ] {
        let output = place.command(args).output().unwrap();
        told.extend(output.stdout);
        told.extend(output.stderr);
    }
    assert!(!String::from_utf8_lossy(&told).contains(PLANTED), "in what was told");
    let mut looked_at = 0;
    for folder in [".provost", "out"] {
        for (path, bytes) in files_under(&place.path(folder)) {
            looked_at += 1;
            assert!(memchr::memmem::find(&bytes, PLANTED.as_bytes()).is_none(), "{}", path.display());
        }
    }
    assert!(looked_at > 10);
    let stored = std::fs::read(place.path("out/violations.ndjson")).unwrap();
    assert_eq!(stored.iter().filter(|byte| **byte == b'\n').count(), 5, "and all five were found");
}

#[test]
fn the_sample_estate_plants_some_and_the_demo_loses_them() {
    let mut planted = 0;
    for (path, bytes) in files_under(&sample_estate()) {
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut text = String::new();
            flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
            planted += text.matches(PLANTED).count();
        }
    }
    assert!(planted > 20, "{planted}");
    let place = Place::new();
    place.done(&["demo"]);
    for (path, bytes) in files_under(&place.path("provost-demo")) {
        let is_input = path.starts_with(place.path("provost-demo/estate"));
        assert!(is_input || memchr::memmem::find(&bytes, PLANTED.as_bytes()).is_none(), "{}", path.display());
    }
}
