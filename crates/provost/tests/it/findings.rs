//! Findings in the formats of other tools, held against what others have published about these.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::Place;

/// What the tests are counted by that need the Python environment of the emulator.
const NAME: &str = "AWS emulator";
/// What the one is counted by that needs the schema of SARIF.
const SARIF: &str = "SARIF schema";

/// Names the JSON Schema of SARIF 2.1.0, which its owners publish.
const SARIF_SCHEMA: &str = "PROVOST_SARIF_SCHEMA";

/// The report of the demo in one format, in a file.
fn report(format: &str) -> (Place, PathBuf) {
    let place = Place::new();
    place.done(&["demo"]);
    place.done(&[
        "--store",
        "provost-demo/store",
        "report",
        "posture",
        "--format",
        format,
        "--output",
        "findings",
    ]);
    let file = place.path("findings");
    (place, file)
}

/// Validates a report, or says visibly that nothing did.
fn check(format: &str, schema: Option<&Path>) {
    let python = match provost_testbed::python() {
        Ok(python) => python,
        Err(reason) => return provost_testbed::skip(NAME, &reason),
    };
    provost_testbed::ran(NAME);
    let (place, file) = report(format);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/findings/validate.py");
    let output = Command::new(python).arg(script).arg(format).arg(file).args(schema).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{format}: {said}{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let json = place.done(&["--store", "provost-demo/store", "report", "posture", "--format", "json"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(said["findings"], report["summary"]["total_evaluations"]);
}

#[test]
fn asff_is_what_security_hub_takes() {
    check("asff", None);
}

#[test]
fn ocsf_is_a_compliance_finding() {
    check("ocsf", None);
}

#[test]
fn junit_counts_its_tests() {
    check("junit", None);
}

#[test]
fn sarif_is_valid() {
    match sarif_schema() {
        Some(schema) => {
            provost_testbed::ran(SARIF);
            check("sarif", Some(&schema));
        }
        None => provost_testbed::skip(
            SARIF,
            &format!(
                "{SARIF_SCHEMA} names no file, and no crate here carries it; fixtures/findings/README.md \
                      says where it is from"
            ),
        ),
    }
}

/// The file that is named, or that of the crate `serde-sarif`, if cargo has fetched it.
fn sarif_schema() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(SARIF_SCHEMA) {
        return Some(PathBuf::from(named));
    }
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))?;
    let folders = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten();
    folders(home.join("registry/src"))
        .flat_map(|registry| folders(registry.path()))
        .filter(|it| it.file_name().to_string_lossy().starts_with("serde-sarif-"))
        .map(|it| it.path().join("src/schema.json"))
        .find(|schema| schema.is_file())
}
