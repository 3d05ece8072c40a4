//! The catalog in the binary.

use std::collections::BTreeSet;

use provost_catalog::{Folder, load, run_cases};
use provost_core::model::Action;

#[test]
fn every_case_holds_and_every_rule_has_its_cases() {
    let report = run_cases(&Folder::built_in());
    assert!(report.problems.is_empty(), "{}", report.problems.join("\n"));
    assert!(report.held > 1500, "{} cases", report.held);
}

#[test]
fn it_holds_what_was_promised() {
    let catalog = load(&[], &[]).unwrap();
    let posture: BTreeSet<_> = catalog.posture.iter().map(|rule| rule.stamp.id.as_str()).collect();
    for id in ["ec2-required-tags", "s3-encryption", "rds-backups"] {
        assert!(posture.contains(id), "{id}");
    }
    assert!(posture.len() >= 300 && catalog.detections.len() >= 80);
    assert!(catalog.detections.iter().any(|rule| rule.action == Action::Remediate));
    assert!(catalog.replaced.is_empty() && catalog.not_loaded.is_empty());
}

/// The recommendations of CIS AWS Foundations 3.0 that only people can judge: contact details and answers to
/// security questions, who signs in through a provider, where data is classified, what routes of a peering are for.
const FOR_PEOPLE: [&str; 5] = ["1.1", "1.3", "1.21", "2.1.3", "5.5"];

#[test]
fn every_recommendation_of_cis_that_a_machine_can_judge_has_a_rule() {
    let catalog = load(&[], &[]).unwrap();
    let covered: BTreeSet<_> = catalog
        .posture
        .iter()
        .filter_map(|rule| rule.frameworks.get("cis_aws_3"))
        .flatten()
        .map(String::as_str)
        .collect();
    let folder = Folder::built_in();
    let list = folder.under("frameworks/cis_aws_3").next().unwrap();
    let numbers =
        list.text.lines().filter_map(|line| line.trim().strip_prefix("- ")).map(|id| id.trim_matches('"'));
    let missing: Vec<_> = numbers.filter(|id| !covered.contains(id)).collect();
    assert_eq!(missing, FOR_PEOPLE);
}

#[test]
fn every_posture_rule_says_what_it_is_for_and_what_to_do() {
    for rule in load(&[], &[]).unwrap().posture {
        for framework in ["soc2", "iso27001", "nist_csf"] {
            assert!(rule.frameworks.contains_key(framework), "{}: {framework}", rule.stamp.id);
        }
        assert!(rule.description.len() > 40 && rule.remediation.len() > 20, "{}", rule.stamp.id);
        assert!(!rule.references.is_empty(), "{}", rule.stamp.id);
    }
}

#[test]
fn no_two_posture_rules_say_the_same() {
    let folder = Folder::built_in();
    let mut seen = std::collections::BTreeMap::new();
    for file in folder.under("posture/") {
        let rule: serde_json::Value = yaml_serde::from_str(&file.text).unwrap();
        let meaning = ["resource_type", "applies", "absent", "expression", "parameters"].map(|field| {
            rule.get(field).cloned().unwrap_or_default().to_string().replace(char::is_whitespace, "")
        });
        if let Some(other) = seen.insert(meaning, file.path.clone()) {
            panic!("{} and {other} differ by name alone", file.path);
        }
    }
}

#[test]
fn there_are_the_resource_types_that_were_promised() {
    let catalog = load(&[], &[]).unwrap();
    assert!(catalog.resource_types.len() >= 45, "{}", catalog.resource_types.len());
}

#[test]
fn every_posture_rule_speaks_of_a_type_that_is_read() {
    let catalog = load(&[], &[]).unwrap();
    let types: BTreeSet<_> = catalog.resource_types.iter().map(|known| known.name.as_str()).collect();
    for rule in &catalog.posture {
        assert!(types.contains(rule.resource_type.as_str()), "{}: {}", rule.stamp.id, rule.resource_type);
    }
}

#[test]
fn every_detection_is_tagged_and_explained() {
    for rule in load(&[], &[]).unwrap().detections {
        assert!(
            rule.tags.iter().any(|tag| tag.starts_with("attack.t")),
            "{} has no technique",
            rule.stamp.id
        );
        assert!(rule.description.len() > 40, "{} is not explained", rule.stamp.id);
    }
}

#[test]
fn its_digest_is_stable() {
    assert_eq!(load(&[], &[]).unwrap().digest, load(&[], &[]).unwrap().digest);
}
