//! Events that nobody here wrote, where they are at hand.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use crate::support::{Place, lines};

/// Real CloudTrail events lie beside the checkout for whoever develops Provost; a fresh clone has none.
fn real_events() -> Option<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cloudtrail");
    if folder.is_dir() {
        tell("ran");
        return Some(folder.canonicalize().unwrap());
    }
    tell("not beside this checkout");
    eprintln!("SKIPPED real CloudTrail events: not beside this checkout");
    None
}

/// Tells the test command what ran and what did not.
fn tell(state: &str) {
    if let Some(path) = std::env::var_os("PROVOST_SKIPS") {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        writeln!(file, "real CloudTrail events: {state}").unwrap();
    }
}

#[test]
fn every_recorded_technique_is_found_by_a_rule_about_it() {
    let Some(folder) = real_events() else { return };
    let place = Place::new();
    let stdout = place.done(&["detect", folder.to_str().unwrap(), "--format", "json"]);
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for violation in lines(&stdout) {
        let file = violation["source"]["file"].as_str().unwrap().to_owned();
        let rules = found.entry(file).or_default();
        let rule = violation["rule"].as_str().unwrap().to_owned();
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            assert!(found.contains_key(path.to_str().unwrap()), "{}", path.display());
        }
    }
}
