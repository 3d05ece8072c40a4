//! `provost collect` and `assess` over recorded estates, good and bad.

use serde_json::{Value, json};

use crate::support::{Place, lines, sample_estate};

fn verdicts(place: &Place, rule: &str) -> Vec<(String, String, String)> {
    lines(&place.done(&["report", "posture", "--format", "ndjson"]))
        .into_iter()
        .filter(|finding| finding["rule"] == rule)
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
            (text("resource_id"), text("verdict"), text("reason"))
        })
        .collect()
}

const LIST: &str = "e/111122223333/global/s3api/list-buckets.json";

fn bucket(place: &Place, name: &str, answer: Option<&str>, error: Option<&str>) {
    let path = format!("e/111122223333/global/s3api/get-bucket-encryption/{name}");
    if let Some(answer) = answer {
        place.write(&format!("{path}.json"), answer);
    }
    if let Some(error) = error {
        place.write(&format!("{path}.err"), error);
    }
}

/// The trap the peers fall into: a denied call is neither a pass nor a fail.
#[test]
fn what_could_not_be_read_is_unknown_with_the_call_and_the_code() {
    let place = Place::new();
    let names = ["set", "not-set", "denied", "throttled", "absent", "cut", "empty"];
    let buckets: Vec<Value> = names.iter().map(|name| json!({"Name": name})).collect();
    place.write(LIST, json!({"Buckets": buckets}).to_string());
    let aws = |code: &str| {
        format!("\nAn error occurred ({code}) when calling the GetBucketEncryption operation: x\n")
    };
    let encrypted = r#"{"ServerSideEncryptionConfiguration":{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}}"#;
    bucket(&place, "set", Some(encrypted), None);
    bucket(&place, "not-set", Some(""), Some(&aws("ServerSideEncryptionConfigurationNotFoundError")));
    bucket(&place, "denied", Some(""), Some(&aws("AccessDenied")));
    bucket(&place, "throttled", None, Some(&aws("SlowDown")));
    bucket(&place, "cut", Some(&encrypted[..40]), None);
    bucket(&place, "empty", Some(""), None);
    let collected = place.run(&["collect", "--estate", "e"]);
    assert_eq!(collected.code, 3, "a damaged file is input that could not be read");
    place.done(&["assess"]);
    let found: Vec<_> = verdicts(&place, "s3-encryption")
        .into_iter()
        .map(|(id, verdict, reason)| (id.replace("arn:aws:s3:::", ""), verdict, reason))
        .collect();
    let call = "s3api get-bucket-encryption";
    let expect = [
        ("absent", "unknown", format!("{call}: not recorded")),
        ("cut", "unknown", format!("{call}: unparsable (not JSON at line 1, column 40)")),
        ("denied", "unknown", format!("{call}: access denied (AccessDenied)")),
        ("empty", "unknown", format!("{call}: unparsable (the answer is empty)")),
        ("not-set", "fail", "The bucket has no default encryption.".to_owned()),
        ("set", "pass", String::new()),
        ("throttled", "unknown", format!("{call}: throttled (SlowDown)")),
    ];
    let found: Vec<_> =
        found.iter().map(|(id, verdict, reason)| (id.as_str(), verdict.as_str(), reason)).collect();
    for ((id, verdict, reason), (wanted_id, wanted_verdict, wanted_reason)) in found.iter().zip(&expect) {
        assert_eq!((id, verdict), (wanted_id, wanted_verdict));
        assert!(*wanted_verdict != "unknown" || *reason == wanted_reason, "{reason}");
    }
    assert_eq!(found.len(), expect.len());
}

#[test]
fn a_list_that_could_not_be_read_or_goes_on_stands_as_unknown() {
    let place = Place::new();
    place.write(
        "e/111122223333/global/s3api/list-buckets.json",
        r#"{"Buckets":[{"Name":"seen"}],"ContinuationToken":"more"}"#,
    );
    place.write(
        "e/111122223333/eu-central-1/rds/describe-db-instances.err",
        "An error occurred (AccessDenied) when calling the DescribeDBInstances operation: x",
    );
    place.write("e/111122223333/eu-central-1/ec2/describe-instances.json", r#"{"Reservations":[]}"#);
    // Recorded in one region, and so missing in the other; what is recorded nowhere is out of scope, and said.
    place.write("e/111122223333/eu-west-1/ec2/describe-volumes.json", r#"{"Volumes":[]}"#);
    let collected = place.run(&["collect", "--estate", "e"]);
    assert_eq!(collected.code, 3, "a list without its end is not all");
    let left_out = collected.statistics()["left_out"].to_string();
    assert!(
        left_out.contains("the recording has nothing about them") && left_out.contains("AWS::SQS::Queue"),
        "{left_out}"
    );
    place.done(&["assess"]);
    let buckets = verdicts(&place, "s3-encryption");
    assert_eq!(buckets.len(), 2, "what was seen, and what was not: {buckets:?}");
    assert_eq!(buckets[1].0, "unlisted/111122223333/global/AWS::S3::Bucket");
    assert_eq!(buckets[1].2, "s3api list-buckets: list not complete");
    let databases = verdicts(&place, "rds-backups");
    assert_eq!(databases.len(), 2, "one for each region");
    assert_eq!(
        (databases[0].1.as_str(), databases[0].2.as_str()),
        ("unknown", "rds describe-db-instances: access denied (AccessDenied)")
    );
    assert_eq!(verdicts(&place, "ec2-required-tags").len(), 1, "an empty list is a fact");
    assert!(verdicts(&place, "sqs-encrypted").is_empty(), "there is no verdict from silence");
    assert_eq!(verdicts(&place, "ec2-ebs-encrypted")[0].2, "ec2 describe-volumes: not recorded");
}

#[test]
fn every_verdict_has_evidence_also_where_nothing_was_recorded() {
    let place = Place::new();
    place.write(LIST, r#"{"Buckets":[]}"#);
    place.run(&["collect", "--estate", "e"]);
    place.done(&["assess"]);
    for finding in lines(&place.done(&["report", "posture", "--format", "ndjson"])) {
        assert!(!finding["evidence"].as_array().unwrap().is_empty(), "{finding}");
    }
    assert!(place.done(&["verify"]).contains("0 missing, 0 changed"));
}

#[test]
fn who_is_gone_is_gone_from_the_facts_and_not_from_history() {
    let place = Place::new();
    place.write(LIST, r#"{"Buckets":[{"Name":"a"},{"Name":"b"}]}"#);
    place.run(&["collect", "--estate", "e"]);
    place.done(&["assess"]);
    assert_eq!(verdicts(&place, "s3-encryption").len(), 2);
    place.write(LIST, r#"{"Buckets":[{"Name":"b"}]}"#);
    let said = place.run(&["collect", "--estate", "e"]);
    assert_eq!(said.statistics()["counts"]["gone"], 1);
    place.done(&["assess"]);
    assert_eq!(verdicts(&place, "s3-encryption").len(), 1);
}

#[test]
fn waived_fails_stay_fails_and_expired_waivers_shout() {
    let place = Place::new();
    let estate = sample_estate();
    place.write(
        "waivers.yaml",
        "waivers:\n  - {id: w1, rule: rds-backups, reason: being retired, owner: bea, expires: 2100-01-01}\n  \
         - {id: w2, rule: rds-encrypted, reason: x, owner: bea, expires: 2020-01-01}\n",
    );
    place.run(&["collect", "--estate", estate.to_str().unwrap()]);
    let plain: Value = serde_json::from_str(&place.done(&["assess", "--format", "json"])).unwrap();
    let said = place.run(&["assess", "--waivers", "waivers.yaml", "--format", "json"]);
    let waived: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(waived["compliance_percentage"], plain["compliance_percentage"], "a waiver improves nothing");
    assert_eq!(waived["run"]["statistics"]["counts"]["waived"], 1);
    assert_eq!(said.messages().iter().filter(|message| **message == "A waiver has expired.").count(), 1);
    let table = place.done(&["report", "posture"]);
    assert!(
        table.contains("[waived by bea until 2100-01-01]") && table.contains("EXPIRED 2020-01-01"),
        "{table}"
    );
}

#[test]
fn parameters_come_from_the_configuration() {
    let place = Place::new();
    let estate = sample_estate();
    place.write(
        "provost.yaml",
        format!(
            "estate: {}\nparameters:\n  ec2-required-tags:\n    required_tags: [Name]\n",
            estate.display()
        ),
    );
    place.run(&["collect"]);
    place.done(&["assess"]);
    let fails =
        verdicts(&place, "ec2-required-tags").iter().filter(|(_, verdict, _)| verdict == "fail").count();
    place.write("provost.yaml", "parameters:\n  ec2-required-tags:\n    required_tag: []\n");
    let said = place.run(&["assess"]);
    assert_eq!(said.code, 2);
    let error = said.log.last().unwrap()["error"].as_str().unwrap();
    assert!(error.contains("`required_tag` is no parameter of `ec2-required-tags`"), "{error}");
    assert_ne!(fails, 4, "the sample has four instances without the default tags");
}

#[test]
fn repeats_foreign_items_and_files_that_cannot_be_read_cost_what_they_would_have_told() {
    let place = Place::new();
    let database = |name: &str, public: bool| {
        json!({"DBInstanceIdentifier": name, "PubliclyAccessible": public,
            "DBInstanceArn": "arn:aws:rds:eu-central-1:111122223333:db:one"})
    };
    let answer = json!({"DBInstances": [database("one", false), database("two", true)]});
    place.write("e/111122223333/eu-central-1/rds/describe-db-instances.json", answer.to_string());
    let foreign = json!({"Users": [{"UserName": "x", "Arn": "arn:aws:iam::999988887777:user/x"}]});
    place.write("e/111122223333/global/iam/list-users.json", foreign.to_string());
    place.write(
        LIST,
        json!({"Buckets": [{"Name": "a"}, {"Name": "a", "CreationDate": "x"}], "IsTruncated": false})
            .to_string(),
    );
    // A folder where a file should be.
    place.write("e/111122223333/eu-central-1/ec2/describe-instances.json/x", "");
    assert_eq!(place.run(&["collect", "--estate", "e"]).code, 3);
    place.done(&["assess"]);
    let reasons = |rule: &str| {
        let found = verdicts(&place, rule).into_iter().filter(|(_, verdict, _)| verdict == "unknown");
        found.map(|(_, _, reason)| reason).collect::<Vec<_>>().join("; ")
    };
    assert!(
        reasons("rds-not-public").contains("two items have the same ARN"),
        "{}",
        reasons("rds-not-public")
    );
    assert!(reasons("iam-user-console-mfa").contains("an item is of account 999988887777"));
    assert!(reasons("s3-encryption").contains("two items have the same `Name`"));
    assert_eq!(
        reasons("ec2-required-tags"),
        "ec2 describe-instances: failed (the recorded file could not be read)"
    );
}

#[test]
fn a_list_is_complete_only_when_nothing_in_it_says_otherwise() {
    for more in [
        json!({"IsTruncated": true}),
        json!({"IsTruncated": "true"}),
        json!({"IsTruncated": false, "Marker": "x"}),
        json!({"NextToken": 7}),
    ] {
        let place = Place::new();
        let mut answer = json!({"Buckets": []});
        answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        place.write(LIST, answer.to_string());
        place.run(&["collect", "--estate", "e"]);
        place.done(&["assess"]);
        assert_eq!(verdicts(&place, "s3-encryption")[0].2, "s3api list-buckets: list not complete", "{more}");
    }
}

#[test]
fn users_that_are_gone_are_gone_and_users_that_could_not_be_listed_are_not() {
    let place = Place::new();
    let path = "e/111122223333/global/iam/list-users";
    let anna = json!({"Users": [{"UserName": "anna", "Arn": "arn:aws:iam::111122223333:user/anna"}]});
    place.write(&format!("{path}.json"), anna.to_string());
    place.run(&["collect", "--estate", "e"]);
    assert!(place.done(&["report", "access"]).contains("anna"));
    place.write(
        &format!("{path}.err"),
        "An error occurred (AccessDenied) when calling the ListUsers operation: x",
    );
    place.run(&["collect", "--estate", "e"]);
    let table = place.done(&["report", "access"]);
    assert!(table.contains("anna") && table.contains("users of 111122223333: not listed"), "{table}");
    assert!(place.done(&["report", "access", "--format", "csv"]).contains("(not listed: "));
    std::fs::remove_file(place.path(&format!("{path}.err"))).unwrap();
    place.write(&format!("{path}.json"), r#"{"Users":[]}"#);
    place.run(&["collect", "--estate", "e"]);
    let report = place.done(&["report", "access", "--format", "json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["users"], json!([]));
    assert!(report["gone"].to_string().contains("anna"), "{report}");
}
