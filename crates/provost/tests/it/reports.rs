//! Every report, as people and programs get it.

use insta::{Settings, assert_snapshot};
use serde_json::{Value, json};

use crate::support::{Place, event, user_created};

/// A small estate: two buckets, a user, a database that may not be read, and four events.
fn place() -> Place {
    let place = Place::new();
    place.write("e/recorded-at", "2026-11-22T00:00:00Z\n");
    place.write(
        "e/111122223333/global/s3api/list-buckets.json",
        r#"{"Buckets":[{"Name":"alpha"},{"Name":"=beta"}]}"#,
    );
    let encrypted = r#"{"ServerSideEncryptionConfiguration":{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"}}]}}"#;
    place.write("e/111122223333/global/s3api/get-bucket-encryption/alpha.json", encrypted);
    place.write(
        "e/111122223333/global/s3api/get-bucket-encryption/=beta.err",
        "An error occurred (ServerSideEncryptionConfigurationNotFoundError) when calling the GetBucketEncryption operation: x",
    );
    place.write(
        "e/111122223333/global/iam/get-account-authorization-details.json",
        json!({"UserDetailList": [{"UserName": "anna", "UserId": "AIDAEXAMPLE", "Arn": "arn:aws:iam::111122223333:user/anna",
            "CreateDate": "2024-01-01T00:00:00+00:00", "GroupList": ["readers"], "AttachedManagedPolicies": []}], "IsTruncated": false})
        .to_string(),
    );
    place.write(
        "waivers.yaml",
        "waivers: [{id: w1, rule: s3-encryption, reason: legacy, owner: bea, expires: 2100-01-01}]\n\
         suppressions: [{id: s1, rule: iam-user-created, event_name: CreateUser, account: '111122223333', reason: onboarding, owner: bea, expires: 2100-01-01}]\n",
    );
    let events = [
        user_created("e-1"),
        event(
            "e-2",
            "cloudtrail",
            "StopLogging",
            &json!({"errorCode": "AccessDenied", "requestParameters": {"name": "main"}}),
        ),
        event(
            "e-3",
            "cloudtrail",
            "StopLogging",
            &json!({"requestParameters": {"name": "main"}, "eventTime": "2026-11-20T11:00:00Z"}),
        ),
        event("e-4", "ec2", "DescribeInstances", &json!({})),
    ];
    place.write("events.json", json!({"Records": events}).to_string());
    let args = ["run", "--estate", "e", "--events", "events.json", "--waivers", "waivers.yaml"];
    place.done(&args);
    place
}

pub(crate) fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"sha256:[0-9a-f]{64}", "[digest]");
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "[execution]");
    // The times of the run, not those of the facts.
    settings.add_filter(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z(#| *\r?\n|,0|,,|,bea)", "[now]$2");
    settings.add_filter(
        r##"("(report_timestamp|assessed_at|generated_at|evaluation_timestamp)": ?")[^"#]+"##,
        "$1[now]",
    );
    settings
}

#[test]
fn posture() {
    let place = place();
    settings().bind(|| {
        assert_snapshot!("posture_table", place.done(&["report", "posture"]));
        let json = place.done(&["report", "posture", "--format", "json"]);
        // The specification's structure, member by member.
        let report: Value = serde_json::from_str(&json).unwrap();
        for member in ["report_timestamp", "summary", "by_resource_type", "by_rule", "evaluations"] {
            assert!(report.get(member).is_some(), "{member}");
        }
        for member in ["total_resources", "total_evaluations", "compliant", "non_compliant", "compliance_percentage", "unknown", "not_applicable"] {
            assert!(report["summary"][member].is_number(), "{member}");
        }
        assert_eq!(report["by_rule"]["s3-encryption"], json!({"total": 2, "compliant": 1, "non_compliant": 1, "unknown": 0, "not_applicable": 0, "waived": 1}));
        assert_snapshot!("posture_json", json);
        assert_snapshot!("posture_csv", place.done(&["report", "posture", "--format", "csv"]));
    });
}

#[test]
fn violations() {
    let place = place();
    settings().bind(|| {
        assert_snapshot!("violations_table", place.done(&["report", "violations"]));
        assert_snapshot!("violations_json", place.done(&["report", "violations", "--format", "json"]));
        assert_snapshot!("violations_ndjson", place.done(&["report", "violations", "--format", "ndjson"]));
        assert_snapshot!("violations_csv", place.done(&["report", "violations", "--format", "csv"]));
    });
}

#[test]
fn access() {
    let place = place();
    settings().bind(|| {
        assert_snapshot!("access_table", place.done(&["report", "access"]));
        assert_snapshot!("access_json", place.done(&["report", "access", "--format", "json"]));
        assert_snapshot!("access_csv", place.done(&["report", "access", "--format", "csv"]));
        assert_snapshot!("access_ndjson", place.done(&["report", "access", "--format", "ndjson"]));
    });
}

#[test]
fn the_page_holds_all_of_it_and_needs_nothing_else() {
    let place = place();
    let page = std::fs::read_to_string(place.path("provost-report/report.html")).unwrap();
    for remote in ["src=", "href=\"http", "@import", "url("] {
        assert!(!page.contains(remote), "{remote}");
    }
    let data = page.split_once("id=\"data\">").and_then(|(_, rest)| rest.split_once("</script>")).unwrap().0;
    let data: Value = serde_json::from_str(data).unwrap();
    settings().bind(|| assert_snapshot!("page_data", serde_json::to_string_pretty(&data).unwrap()));
    let single = place.done(&["report", "access", "--format", "html"]);
    assert!(single.contains("\"access\":[") && !single.contains("\"violations\":["));
}

#[test]
fn a_report_goes_to_a_file_as_well() {
    let place = place();
    place.done(&["report", "access", "--format", "csv", "--output", "deep/er/users.csv"]);
    let text = std::fs::read_to_string(place.path("deep/er/users.csv")).unwrap();
    assert!(text.starts_with('\u{feff}') && text.contains("\r\n"));
}

#[test]
fn findings_in_the_formats_of_other_tools() {
    let place = place();
    let of = |format: &str| place.done(&["report", "posture", "--format", format]);
    let report: Value = serde_json::from_str(&of("json")).unwrap();
    let total = report["summary"]["total_evaluations"].as_u64().unwrap();
    let unknown = report["summary"]["unknown"].as_u64().unwrap();
    assert!(unknown > 0);
    let count = |list: &Value, path: &str, wanted: &Value| {
        let items = list.as_array().unwrap().iter();
        u64::try_from(items.filter(|it| it.pointer(path) == Some(wanted)).count()).unwrap()
    };
    let asff: Value = serde_json::from_str(&of("asff")).unwrap();
    assert_eq!(count(&asff, "/SchemaVersion", &json!("2018-10-08")), total);
    assert_eq!(count(&asff, "/ProductFields/provost~1verdict", &json!("unknown")), unknown);
    assert_eq!(count(&asff, "/Compliance/Status", &json!("PASSED")), report["summary"]["compliant"]);
    assert_eq!(count(&asff, "/Workflow/Status", &json!("SUPPRESSED")), 1);
    let ocsf: Value = serde_json::from_str(&of("ocsf")).unwrap();
    assert_eq!(count(&ocsf, "/class_uid", &json!(2003)), total);
    assert_eq!(count(&ocsf, "/compliance/status_id", &json!(0)), unknown);
    assert_eq!(count(&ocsf, "/compliance/status_id", &json!(1)), report["summary"]["compliant"]);
    assert_eq!(count(&ocsf, "/status_id", &json!(3)), 1);
    let sarif: Value = serde_json::from_str(&of("sarif")).unwrap();
    assert_eq!(count(&sarif["runs"][0]["results"], "/kind", &json!("open")), unknown);
    let junit = of("junit");
    assert_eq!(junit.matches("<error ").count() as u64, unknown);
    assert!(junit.contains("waived until 2100-01-01, bea: legacy"));
    let said = place.run(&["report", "violations", "--format", "asff"]);
    assert_eq!(said.code, 2);
}
