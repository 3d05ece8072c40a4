//! What changed between two assessments, as people and programs get it.

use insta::{Settings, assert_snapshot};
use serde_json::{Value, json};

use crate::reports::settings;
use crate::support::{Place, Said};

const ENCRYPTED: &str = r#"{"ServerSideEncryptionConfiguration":{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"}}]}}"#;
const PLAIN: &str = "An error occurred (ServerSideEncryptionConfigurationNotFoundError) when calling the GetBucketEncryption operation: x";
const DENIED: &str = "An error occurred (AccessDenied) when calling the GetBucketEncryption operation: x";

/// Records buckets, by name and what their encryption is; nothing else of them is known.
fn record(place: &Place, buckets: &[(&str, &str)]) {
    let folder = place.path("e/111122223333/global/s3api");
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    let list: Vec<Value> = buckets.iter().map(|(name, _)| json!({"Name": name})).collect();
    place.write("e/recorded-at", "2026-11-22T00:00:00Z\n");
    place.write("e/111122223333/global/s3api/list-buckets.json", json!({"Buckets": list}).to_string());
    for (name, encryption) in buckets {
        let ending = if encryption.starts_with('{') { "json" } else { "err" };
        let call = format!("e/111122223333/global/s3api/get-bucket-encryption/{name}.{ending}");
        place.write(&call, encryption);
        let tags = json!({"TagSet": [{"Key": "Owner", "Value": format!("team-{name}")}]});
        let call = format!("e/111122223333/global/s3api/get-bucket-tagging/{name}.json");
        place.write(&call, tags.to_string());
    }
}

fn assessed(place: &Place) {
    place.done(&["collect", "--estate", "e"]);
    place.done(&["assess"]);
}

/// One bucket of each fate.
fn place() -> Place {
    let place = Place::new();
    place.write("provost.yaml", "waivers: waivers.yaml\n");
    place.write(
        "waivers.yaml",
        "waivers: [{id: legacy, rule: s3-encryption, resource: 'arn:aws:s3:::old', reason: r, owner: bea, expires: 2020-01-01}]\n",
    );
    let before = [
        ("bad", ENCRYPTED),
        ("good", PLAIN),
        ("dark", ENCRYPTED),
        ("left", PLAIN),
        ("old", PLAIN),
        ("same", ENCRYPTED),
    ];
    record(&place, &before);
    assessed(&place);
    let after = [
        ("bad", PLAIN),
        ("good", ENCRYPTED),
        ("dark", DENIED),
        ("came", PLAIN),
        ("old", PLAIN),
        ("same", ENCRYPTED),
    ];
    record(&place, &after);
    assessed(&place);
    place
}

fn tidy() -> Settings {
    let mut settings = settings();
    settings.add_filter(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]");
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "[execution]");
    // What the sample leaves out, and how many rules there are, is the catalog's.
    settings.add_filter(r"(?m)^left out: .*\n", "");
    settings.add_filter(r"(?ms)^- Left out now: .*?\)\.\n", "");
    settings.add_filter(r#""notes": \[[^\]]*\]"#, r#""notes": "[notes]""#);
    settings.add_filter(r#""filtered_out": \d+"#, r#""filtered_out": "[many]""#);
    settings
        .add_filter(r"\d+ (of \d+ pairs of rule and resource|verdicts) are left out", "[many] are left out");
    settings.add_filter(r"[\d-]+ days ago", "[long] ago");
    settings.add_filter(r#""days_left": -\d+"#, r#""days_left": "[past]""#);
    settings
}

fn report(place: &Place, more: &[&str]) -> String {
    place.done(&[&["report", "posture", "--since"], more].concat())
}

/// The changes of one rule, by resource.
fn changes(place: &Place, more: &[&str]) -> Vec<(String, String)> {
    let text = report(place, &[more, &["--rule", "s3-encryption", "--format", "json"]].concat());
    let report: Value = serde_json::from_str(&text).unwrap();
    let word = |change: &Value, member: &str| change[member].as_str().unwrap_or_default().to_owned();
    let changes = report["changes"].as_array().unwrap().iter();
    changes.map(|change| (word(change, "resource_id"), word(change, "change"))).collect()
}

/// Why a command could not run.
fn why(said: &Said) -> String {
    said.log.iter().filter_map(|line| line.get("error")?.as_str()).collect()
}

#[test]
fn each_fate_is_called_by_its_name() {
    let place = place();
    let expect = [("bad", "worse"), ("came", "new"), ("dark", "blind"), ("good", "better"), ("left", "gone")]
        .map(|(name, change)| (format!("arn:aws:s3:::{name}"), change.to_owned()));
    assert_eq!(changes(&place, &["last"]), expect);
    tidy().bind(|| {
        let table = report(&place, &["last", "--rule", "s3-encryption"]);
        assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
        assert_snapshot!("since_table", table);
        assert_snapshot!(
            "since_json",
            report(&place, &["last", "--rule", "s3-encryption", "--format", "json"])
        );
        assert_snapshot!(
            "since_csv",
            report(&place, &["last", "--rule", "s3-encryption", "--format", "csv"])
        );
    });
    let lines = report(&place, &["last", "--rule", "s3-encryption", "--format", "ndjson"]);
    let owners: Vec<Value> =
        crate::support::lines(&lines).into_iter().map(|line| line["owner"].clone()).collect();
    assert_eq!(
        owners,
        [json!("team-bad"), json!("team-came"), json!("team-dark"), json!("team-good"), json!(null)]
    );
}

#[test]
fn since_when_is_said_in_several_ways() {
    let place = place();
    let all = changes(&place, &["last"]);
    let text = report(&place, &["last", "--format", "json"]);
    let whole: Value = serde_json::from_str(&text).unwrap();
    let first = whole["before"]["execution_id"].as_str().unwrap();
    assert_eq!(changes(&place, &[first]), all);
    // Nothing is as old as that: the oldest is taken, and that is said.
    assert_eq!(changes(&place, &["7d"]), all);
    assert!(
        report(&place, &["2020-01-01"]).contains("No whole assessment is as old as 2020-01-01T00:00:00Z")
    );
    for (when, expect) in [
        ("2100-01-01", "nothing was assessed since"),
        ("0193a1b2-0000-7000-8000-000000000000", "there is no run"),
        (whole["after"]["execution_id"].as_str().unwrap(), "is the latest assessment"),
    ] {
        let said = place.run(&["report", "posture", "--since", when]);
        assert_eq!(said.code, 2);
        assert!(why(&said).contains(expect), "{when}: {:?}", why(&said));
    }
    let said = place.run(&["report", "violations", "--since", "last"]);
    assert!(said.code == 2 && why(&said).contains("for `report posture`"));
}

#[test]
fn a_first_assessment_has_nothing_before_it() {
    let place = Place::new();
    record(&place, &[("a", PLAIN)]);
    assessed(&place);
    let said = place.run(&["report", "posture", "--since", "last"]);
    assert_eq!(said.code, 2);
    assert!(why(&said).contains("there is nothing to compare with yet"));
}

#[test]
fn filters_go_together_and_say_that_they_are_on() {
    let place = place();
    let posture = |more: &[&str]| -> Value {
        let args = [&["report", "posture", "--format", "json"], more].concat();
        serde_json::from_str(&place.done(&args)).unwrap()
    };
    let all = posture(&[]);
    assert_eq!((&all["filter"], &all["filtered_out"]), (&json!(null), &json!(0)));
    let some =
        posture(&["--rule", "s3-encryption", "--status", "fail", "--severity", "high", "--region", "global"]);
    let ids: Vec<_> = some["evaluations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["resource_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["arn:aws:s3:::bad", "arn:aws:s3:::came", "arn:aws:s3:::old"]);
    assert_eq!(some["summary"]["non_compliant"], 3);
    assert_eq!(some["filter"], "rule s3-encryption · severity high or worse · region global · status fail");
    let total = |report: &Value| report["summary"]["total_evaluations"].as_u64().unwrap();
    assert_eq!(some["filtered_out"].as_u64().unwrap() + 3, total(&all));
    assert_eq!(total(&posture(&["--account", "444455556666"])), 0);
    tidy().bind(|| {
        let table = place.done(&["report", "posture", "--rule", "s3-encryption", "--status", "fail,unknown"]);
        assert_snapshot!("posture_filtered", table);
    });
    let page = place.done(&["report", "posture", "--format", "html", "--rule", "s3-encryption"]);
    assert!(
        page.contains("filter on: rule s3-encryption")
            && !page.contains("s3-versioning-enabled\",\"severity")
    );
    let sarif = place.done(&["report", "posture", "--format", "sarif", "--rule", "s3-encryption"]);
    assert!(sarif.contains("a filter is on: rule s3-encryption"), "{sarif}");
    let said = place.run(&["report", "posture", "--format", "csv", "--rule", "s3-encryption"]);
    assert!(
        said.code == 0
            && said.log.iter().any(|line| line["message"] == "A filter is on: not all verdicts are shown.")
    );
}

#[test]
fn expired_waivers_shout_in_the_report_and_in_the_run() {
    let place = place();
    let shout = "WAIVER EXPIRED: `legacy` of bea held until 2020-01-01";
    for args in [
        &["report", "posture"] as &[&str],
        &["report", "posture", "--since", "last"],
        &["run", "--estate", "e"],
        &["assess"],
    ] {
        let text = place.done(args);
        assert!(text.contains(shout) && text.contains("1 failed finding"), "{args:?}: {text}");
    }
    let text = place.done(&["report", "posture", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["waivers"]["expired"][0]["findings"], 1);
    assert!(
        place.done(&["report", "posture", "--format", "html"]).contains("\"waivers_due\":[\"WAIVER EXPIRED")
    );
}
