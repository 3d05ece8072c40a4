//! `provost demo`, which is the first thing anybody runs.

use serde_json::Value;

use crate::support::Place;

#[test]
fn it_runs_the_whole_cycle_and_says_what_a_person_wants_to_know() {
    let place = Place::new();
    let told = place.done(&["demo"]);
    for part in [
        "pass              301",
        "fail              174",
        "unknown            67",
        "55.5 % compliant: 301 of 542 passed",
        "The worst of it",
        "5. critical",
        "provost-demo/report.html",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    for file in ["report.html", "findings.json", "violations.ndjson", "iam-users.csv", "estate/README.md"] {
        assert!(place.path("provost-demo").join(file).is_file(), "{file}");
    }
    let findings: Value =
        serde_json::from_slice(&std::fs::read(place.path("provost-demo/findings.json")).unwrap()).unwrap();
    assert_eq!(findings["summary"]["total_evaluations"], 633);
    assert_eq!(findings["summary"]["compliance_percentage"], 55.5);
    assert_eq!(findings["left_out"].as_array().unwrap().len(), 3);
    assert!(!place.path(".provost").exists(), "the demo leaves your own store alone");
}

#[test]
fn it_says_the_same_twice_and_its_evidence_holds() {
    let place = Place::new();
    let first = place.done(&["demo", "--out", "x"]);
    assert_eq!(place.done(&["demo", "--out", "x"]), first);
    let verified = place.done(&["verify", "--store", "x/store"]);
    assert!(verified.contains("0 missing, 0 changed"), "{verified}");
}

#[test]
fn it_speaks_json() {
    let place = Place::new();
    let told: Value = serde_json::from_str(&place.done(&["demo", "--format", "json"])).unwrap();
    assert_eq!(told["counts"]["compliant"], 301);
    assert_eq!(told["worst"].as_array().unwrap().len(), 5);
}
