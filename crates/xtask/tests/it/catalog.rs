//! No rule without cases, no cases without a rule.

use crate::repository::{assert_none, files};

const CASES: &str = ".cases.yaml";

#[test]
fn rules_and_cases_come_in_pairs() {
    let files = files();
    let mut problems = Vec::new();
    for (folder, extension) in [("catalog/posture/", ".yaml"), ("catalog/detections/", ".yml")] {
        let inside: Vec<&str> = files
            .iter()
            .map(String::as_str)
            .filter(|path| path.starts_with(folder) && !path.ends_with(".md"))
            .collect();
        assert!(inside.len() > 20, "{folder} holds {} files", inside.len());
        for path in &inside {
            let partner = match (path.strip_suffix(CASES), path.strip_suffix(extension)) {
                (Some(id), _) => format!("{id}{extension}"),
                (None, Some(id)) => format!("{id}{CASES}"),
                (None, None) => {
                    problems.push(format!("{path} is neither a rule ({extension}) nor cases ({CASES})"));
                    continue;
                }
            };
            if !inside.contains(&partner.as_str()) {
                problems.push(format!("{path} stands alone, without {partner}"));
            }
        }
    }
    assert_none(&problems);
}
