//! The catalog in the binary.

use std::collections::BTreeSet;

use provost_catalog::{Folder, load, run_cases};
use provost_core::model::Action;

#[test]
fn every_case_holds_and_every_rule_has_its_cases() {
    let report = run_cases(&Folder::built_in());
    assert!(report.problems.is_empty(), "{}", report.problems.join("\n"));
    assert!(report.held > 250, "{} cases", report.held);
}

#[test]
fn it_holds_what_was_promised() {
    let catalog = load(&[], &[]).unwrap();
    let posture: BTreeSet<_> = catalog.posture.iter().map(|rule| rule.stamp.id.as_str()).collect();
    for id in ["ec2-required-tags", "s3-encryption", "rds-backups"] {
        assert!(posture.contains(id), "{id}");
    }
    assert!(posture.len() >= 15 && catalog.detections.len() >= 30);
    assert!(catalog.detections.iter().any(|rule| rule.action == Action::Remediate));
    assert!(catalog.replaced.is_empty() && catalog.not_loaded.is_empty());
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
