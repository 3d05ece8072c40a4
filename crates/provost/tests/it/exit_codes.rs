//! 0 done, 1 something at or above `--fail-on`, 2 could not run, 3 done in part; and errors that help.

use jiff::{SignedDuration, Timestamp};
use pollster::block_on;
use provost_core::port::{Acquired, Lock, Locks as _};
use provost_local::SqliteStore;

use crate::support::{Place, sample_estate, user_created};

#[test]
fn could_not_run_is_two_and_says_what_to_do() {
    let check = |args: &[&str], parts: &[&str]| {
        let place = Place::new();
        place.write("bad.yaml", "schema: 1\nretention: 3\n");
        place.write("newer.yaml", "schema: 99\n");
        place.write("empty/x", "");
        place.write("kept/store/provost.db", "mine");
        place.write("twice.yaml", "waivers: [{id: a, rule: r, reason: x, owner: x, expires: 2100-01-01}, {id: a, rule: s, reason: x, owner: x, expires: 2100-01-01}]");
        let said = place.run(args);
        assert_eq!(said.code, 2, "{args:?}");
        let error = said.log.last().unwrap()["error"].as_str().unwrap().to_owned();
        for part in parts {
            assert!(error.contains(part), "{args:?}: {error}");
        }
    };
    let live = ["collect", "run"];
    for command in live.iter().filter(|_| cfg!(feature = "aws")) {
        check(&[command], &["--estate DIR", "credentials", "aws sso login"]);
    }
    check(&["collect", "--estate", "nowhere"], &["nowhere", "not a folder"]);
    check(&["collect", "--estate", "empty"], &["twelve digits", "record-an-estate.md"]);
    check(&["detect"], &["no events to read"]);
    check(&["detect", "nowhere.json"], &["nowhere.json"]);
    check(&["report", "posture"], &["there is no store in `.provost`"]);
    check(&["verify", "--store", "typo"], &["there is no store in `typo`"]);
    check(&["demo", "--out", "kept"], &["no demo made it"]);
    check(&["assess", "--waivers", "twice.yaml"], &["`a` is there twice"]);
    check(&["assess", "--config", "bad.yaml"], &["bad.yaml", "retention", "line 2"]);
    check(&["assess", "--config", "newer.yaml"], &["schema 99"]);
    check(&["assess", "--catalog", "nowhere"], &["nowhere"]);
    check(&["assess", "--waivers", "nowhere.yaml"], &["nowhere.yaml"]);
}

#[test]
fn a_store_without_an_assessment_says_so() {
    let place = Place::new();
    place.write("events.ndjson", user_created("e-1").to_string());
    place.done(&["detect", "events.ndjson"]);
    let said = place.run(&["report", "posture"]);
    assert_eq!(said.code, 2);
    let error = said.log.last().unwrap()["error"].as_str().unwrap();
    assert!(error.contains("nothing was assessed yet") && error.contains("provost assess"), "{error}");
}

#[test]
fn a_collection_that_stopped_early_shows_in_every_report_after_it() {
    let place = Place::new();
    let estate = sample_estate();
    assert_eq!(place.run(&["collect", "--estate", estate.to_str().unwrap(), "--deadline", "1ms"]).code, 3);
    place.done(&["assess"]);
    let report: serde_json::Value =
        serde_json::from_str(&place.done(&["report", "posture", "--format", "json"])).unwrap();
    assert_eq!(report["complete"], false);
    assert!(
        report["left_out"].to_string().contains("collect stopped at its deadline"),
        "{}",
        report["left_out"]
    );
    assert!(place.done(&["report", "posture"]).contains("collect stopped at its deadline"));
}

#[test]
fn wrong_usage_is_two() {
    let place = Place::new();
    for args in
        [&["detect", "--fail-on", "terrible"][..], &["report"], &["assess", "--deadline", "soon"], &["x"]]
    {
        let output = place.command(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn one_needs_a_threshold_and_report_does_not_judge() {
    let place = Place::new();
    let estate = sample_estate();
    place.run(&["collect", "--estate", estate.to_str().unwrap()]);
    assert_eq!(place.run(&["assess"]).code, 0);
    assert_eq!(place.run(&["assess", "--fail-on", "critical"]).code, 1);
    assert_eq!(
        place.run(&["report", "posture", "--fail-on", "low"]).code,
        0,
        "a report is done when it is written"
    );
}

#[test]
fn three_goes_before_one() {
    let place = Place::new();
    place.write("in/a.json", format!("{}\n<html>", user_created("e-1")));
    assert_eq!(place.run(&["detect", "in", "--fail-on", "low"]).code, 3);
    let estate = sample_estate();
    let run = place.run(&["run", "--estate", estate.to_str().unwrap(), "--fail-on", "low"]);
    assert_eq!(run.code, 3, "the sample estate has a damaged file");
}

#[test]
fn init_writes_a_configuration_that_works_and_overwrites_nothing() {
    let place = Place::new();
    place.done(&["init"]);
    assert_eq!(place.run(&["init"]).code, 2);
    place.done(&["init", "--force"]);
    let said = place.run(&["assess"]);
    let error = said.log.last().unwrap()["error"].as_str().unwrap();
    assert!(said.code == 2 && error.contains("nothing was collected"), "{error}");
    assert!(place.path(".provost/provost.db").is_file());
}

#[test]
fn logs_can_be_text_and_levels_can_be_set() {
    let place = Place::new();
    place.write("e/111122223333/global/s3api/list-buckets.json", r#"{"Buckets":[]}"#);
    place.run(&["collect", "--estate", "e"]);
    let output = place.command(&["assess", "--log-format", "text"]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("Job started. (") && !text.starts_with('{'), "{text}");
    let quiet = place.command(&["assess"]).env("LOG_LEVEL", "error").output().unwrap();
    assert!(quiet.stderr.is_empty());
    let named = place.command(&["assess"]).env("PROVOST_CORRELATION_ID", "ticket-7").output().unwrap();
    let named = crate::support::said(&named);
    assert!(named.log.iter().all(|line| line["correlation_id"] == "ticket-7"));
    assert!(named.log.iter().all(|line| line["execution_id"].is_string() && line["job"] == "assess"));
}

#[test]
fn two_runs_of_one_job_do_not_overlap() {
    let place = Place::new();
    place.write("events.ndjson", user_created("e-1").to_string());
    place.write("other.ndjson", user_created("e-2").to_string());
    let store = SqliteStore::open(&place.path(".provost")).unwrap();
    let now = Timestamp::now();
    let lock = Lock {
        name: "detect/events.ndjson".to_owned(),
        holder: "somebody".to_owned(),
        expires_at: now + SignedDuration::from_mins(10),
    };
    assert_eq!(block_on(store.acquire(&lock, now)).unwrap(), Acquired::Yes);
    let said = place.run(&["detect", "events.ndjson"]);
    assert_eq!(said.code, 2);
    let error = said.log.last().unwrap()["error"].as_str().unwrap();
    assert!(error.contains("another detect of `events.ndjson` is running (execution somebody)"), "{error}");
    assert_eq!(place.run(&["detect", "other.ndjson"]).code, 0, "another scope is another lock");
    block_on(store.release(&lock.name, &lock.holder)).unwrap();
    assert_eq!(place.run(&["detect", "events.ndjson"]).code, 0);
}

#[test]
fn what_was_done_in_part_says_why() {
    let place = Place::new();
    let estate = sample_estate();
    place.write("in/a.json", "<html>");
    let said = place.run(&["run", "--estate", estate.to_str().unwrap(), "--events", "in"]);
    assert_eq!(said.code, 3);
    for part in [
        "Done in part: collect: 1 recorded answers are damaged",
        "Done in part: detect: 1 parts of the events",
    ] {
        assert!(said.stdout.contains(part), "{}", said.stdout);
    }
}
