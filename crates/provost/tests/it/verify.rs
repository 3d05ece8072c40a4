//! `provost verify` notices what is gone and what is changed.

use serde_json::Value;

use crate::support::{Place, files_under};

#[test]
fn missing_and_changed_evidence_is_named() {
    let place = Place::new();
    place.done(&["demo", "--out", "d"]);
    let objects: Vec<_> = files_under(&place.path("d/store/evidence/objects")).into_keys().collect();
    assert!(objects.len() > 50);
    std::fs::remove_file(&objects[0]).unwrap();
    std::fs::write(&objects[1], "something else").unwrap();
    let said = place.run(&["verify", "--store", "d/store", "--format", "json"]);
    assert_eq!(said.code, 1, "unsound evidence is never done");
    let told: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (told["verification"]["missing"].as_u64(), told["verification"]["changed"].as_u64()),
        (Some(1), Some(1))
    );
    let name = |index: usize| format!("sha256:{}", objects[index].file_name().unwrap().to_str().unwrap());
    let problems = told["verification"]["problems"].as_array().unwrap();
    let states: Vec<_> = problems
        .iter()
        .map(|one| (one["evidence"].as_str().unwrap(), one["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states, [(name(0).as_str(), "missing"), (name(1).as_str(), "changed")]);
    assert!(problems.iter().all(|one| !one["subject"].as_str().unwrap().is_empty()));

    place.done(&["demo", "--out", "d"]);
    assert!(
        place.done(&["verify", "--store", "d/store"]).contains("0 missing, 0 changed"),
        "a repeated run repairs"
    );
}
