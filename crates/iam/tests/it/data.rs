//! The data the crate carries: escalation paths and AWS-managed policies.

use std::collections::BTreeSet;

use provost_iam::actions::Catalogue;
use provost_iam::escalation::{DecidedBy, paths};
use provost_iam::facts::{Facts, PathFound, Setting};
use provost_iam::{Policy, managed};

#[test]
fn escalation_paths_are_whole_and_name_what_exists() {
    let catalogue = Catalogue::embedded();
    let mut ids = BTreeSet::new();
    let mut sets = BTreeSet::new();
    for path in paths() {
        assert!(ids.insert(&path.id), "{} stands twice", path.id);
        assert!(!path.references.is_empty() && !path.how.is_empty() && !path.steps.is_empty(), "{}", path.id);
        let set: BTreeSet<&str> = path.steps.iter().map(|step| step.action.as_str()).collect();
        assert!(sets.insert((set, path.decided_by == DecidedBy::Policy)), "{} repeats a set", path.id);
        for step in &path.steps {
            let action = catalogue.action(&step.action);
            assert_eq!(action.map(|it| it.name()), Some(step.action.as_str()), "{}", path.id);
        }
    }
    let distinct: BTreeSet<_> = sets.iter().map(|(set, _)| set).collect();
    assert!(distinct.len() >= 73, "{} distinct sets of actions", distinct.len());
}

#[test]
fn managed_policies_are_known_by_arn_in_every_partition() {
    let grants = |arn: &str| managed::by_arn(arn).map(|policy| policy.grants_admin.as_str());
    assert_eq!(grants("arn:aws:iam::aws:policy/AdministratorAccess"), Some("yes"));
    assert_eq!(grants("arn:aws-cn:iam::aws:policy/AdministratorAccess"), Some("yes"));
    assert_eq!(grants("arn:aws:iam::aws:policy/IAMFullAccess"), Some("yes"));
    assert_eq!(grants("arn:aws:iam::aws:policy/PowerUserAccess"), Some("no"));
    assert_eq!(grants("arn:aws:iam::aws:policy/ReadOnlyAccess"), Some("no"));
    assert_eq!(grants("arn:aws:iam::111122223333:policy/AdministratorAccess"), None);
    assert_eq!(grants("AdministratorAccess"), None);
    assert!(managed::all().len() >= 1_455, "{} policies", managed::all().len());
    let ids: BTreeSet<&str> = paths().iter().map(|path| path.id.as_str()).collect();
    for policy in managed::all() {
        for id in policy.escalation.iter().chain(&policy.capabilities).chain(&policy.undecided) {
            assert!(ids.contains(id.as_str()), "{} names the path {id}", policy.arn);
        }
    }
}

#[test]
fn the_table_of_managed_policies_is_not_stale() {
    // The documents are not kept; this one is known by heart, and shows every path there is.
    let document =
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let facts = Facts::of(&Policy::parse(document).unwrap(), &Setting::default());
    let ids = |found: &[PathFound]| found.iter().map(|it| it.path.id.clone()).collect::<Vec<_>>();
    let row = managed::by_arn("arn:aws:iam::aws:policy/AdministratorAccess").unwrap();
    let again = "run `cargo xtask iam-data`";
    assert_eq!(row.escalation, ids(&facts.escalations.escalation), "{again}");
    assert_eq!(row.capabilities, ids(&facts.escalations.capabilities), "{again}");
    assert_eq!(facts.escalations.escalation.len() + facts.escalations.capabilities.len(), paths().len());
}
