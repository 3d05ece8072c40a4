//! The embedded catalogue of actions: whole, large enough, and true in what is well known.

use std::collections::BTreeSet;

use provost_iam::actions::{Action, Catalogue, Counts, Level, ValueType};

const COMPRESSED: &[u8] = include_bytes!("../../data/actions.txt.gz");

/// What the catalogue held when it was last written. `SOURCES.md` beside it counts the same.
const KNOWN: Counts = Counts { services: 457, actions: 22_108, resource_types: 2_334, condition_keys: 1_581 };

fn action(name: &str) -> Action<'static> {
    Catalogue::embedded().action(name).unwrap_or_else(|| panic!("there is no {name}"))
}

/// A source that lost part of its data once published it without a word.
fn assert_not_fallen(what: &str, known: usize, found: usize) {
    assert!(found * 100 >= known * 98, "{what} fell from {known} to {found}, by more than 2 %");
}

#[test]
fn counts_never_fall_by_more_than_two_percent() {
    let catalogue = Catalogue::embedded();
    let Counts { services, actions, resource_types, condition_keys } = catalogue.counts();
    assert_not_fallen("services", KNOWN.services, services);
    assert_not_fallen("actions", KNOWN.actions, actions);
    assert_not_fallen("resource types", KNOWN.resource_types, resource_types);
    assert_not_fallen("condition keys", KNOWN.condition_keys, condition_keys);
    assert!(actions > 20_000);

    let count = |is: fn(&Action<'_>) -> bool| catalogue.actions().filter(is).count();
    assert_not_fallen("lists", 3_720, count(|action| action.levels().contains(Level::List)));
    assert_not_fallen("reads", 5_880, count(|action| action.levels().contains(Level::Read)));
    assert_not_fallen("tagging", 719, count(|action| action.levels().contains(Level::Tagging)));
    assert_not_fallen("writes", 12_508, count(|action| action.levels().contains(Level::Write)));
    let is_permissions = |action: &Action<'_>| action.levels().contains(Level::PermissionsManagement);
    assert_not_fallen("permissions management", 575, count(is_permissions));
    assert_not_fallen("with resource types", 15_367, count(|action| action.resource_types().len() > 0));
    assert_not_fallen("with condition keys", 7_081, count(|action| action.condition_keys().len() > 0));
    assert_not_fallen("with dependents", 1_654, count(|action| action.dependent_actions().len() > 0));
    let rcp = catalogue.services().filter(|service| service.supports_rcp()).count();
    assert_not_fallen("services with resource control policies", 62, rcp);
}

#[test]
fn it_is_small_enough_to_be_part_of_every_binary() {
    assert!(COMPRESSED.len() < 250_000, "{} bytes", COMPRESSED.len());
}

#[test]
fn its_date_is_a_day() {
    let date: Vec<&str> = Catalogue::embedded().date().split('-').collect();
    assert_eq!(date.iter().map(|part| part.len()).collect::<Vec<_>>(), [4, 2, 2]);
    assert!(Catalogue::embedded().date() >= "2026-09-26");
}

#[test]
fn actions_are_sorted_and_unique() {
    let catalogue = Catalogue::embedded();
    let key = |action: Action<'_>| {
        let (prefix, name) = action.name().split_once(':').unwrap();
        (prefix.to_lowercase(), name.to_lowercase())
    };
    let keys: Vec<_> = catalogue.actions().map(key).collect();
    assert!(keys.is_sorted_by(|left, right| left < right));
    assert!(catalogue.services().is_sorted_by(|left, right| left.prefix < right.prefix));
    let by_service: usize = catalogue.services().map(|service| service.actions().len()).sum();
    assert_eq!(by_service, keys.len());
}

#[test]
fn every_action_is_found_in_any_case() {
    let catalogue = Catalogue::embedded();
    for action in catalogue.actions() {
        let name = action.name();
        for spelled in [name.to_owned(), name.to_lowercase(), name.to_uppercase()] {
            assert_eq!(catalogue.action(&spelled).map(Action::name), Some(name), "{spelled}");
        }
    }
    assert_eq!(action("IAM:passROLE").name(), "iam:PassRole");
    assert_eq!(catalogue.service("ACM-PCA").unwrap().prefix, "acm-pca");
}

#[test]
fn what_is_not_an_action_is_not_found() {
    let unknown =
        ["", ":", "iam", "iam:", "iam:Pass", "iam:PassRoles", "iam:*", "iam:PassRole ", "nope:PassRole"];
    for name in unknown.into_iter().chain(["PassRole", ":PassRole", "iam:iam:PassRole", "iam:PässRole"]) {
        assert!(Catalogue::embedded().action(name).is_none(), "{name}");
    }
    assert!(Catalogue::embedded().service("").is_none());
}

#[test]
fn all_an_action_names_is_defined_by_its_service() {
    for service in Catalogue::embedded().services() {
        let types: BTreeSet<&str> = service.resource_types().map(|resource| resource.name).collect();
        assert_eq!(types.len(), service.resource_types().len(), "{service:?} defines a type twice");
        let keys: BTreeSet<&str> = service.condition_keys().map(|key| key.name).collect();
        assert_eq!(keys.len(), service.condition_keys().len(), "{service:?} defines a key twice");
        for resource in service.resource_types() {
            assert!(resource.condition_keys().all(|key| keys.contains(key)), "{service:?} {resource:?}");
            for format in resource.arn_formats() {
                let is_arn = format.starts_with("arn:") && format.split(':').count() >= 6;
                assert!(is_arn && !format.contains([' ', ',']), "{service:?} {resource:?} {format}");
            }
        }
        for action in service.actions() {
            assert_eq!(action.service().unwrap().prefix, service.prefix);
            assert!(action.name().starts_with(service.prefix), "{action:?}");
            assert!(action.levels().iter().count() > 0, "{action:?} has no level");
            let named: Vec<&str> = action.resource_types().map(|resource| resource.name).collect();
            assert!(named.iter().all(|name| types.contains(name)), "{action:?}: {named:?}");
            assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "{action:?}: {named:?}");
            assert!(action.condition_keys().all(|key| keys.contains(key)), "{action:?}");
        }
    }
}

#[test]
fn dependent_actions_are_actions() {
    let catalogue = Catalogue::embedded();
    for action in catalogue.actions() {
        for dependent in action.dependent_actions() {
            let found = catalogue.action(dependent).map(Action::name);
            assert_eq!(found, Some(dependent), "{action:?} depends on it");
        }
    }
}

#[test]
fn levels_are_combined_in_one_way() {
    for action in Catalogue::embedded().actions() {
        let levels = action.levels();
        let reads = levels.contains(Level::List) || levels.contains(Level::Read);
        let changes = levels.contains(Level::Write);
        assert!(reads != changes, "{action:?} either reads or changes: {levels}");
        assert!(!levels.contains(Level::Tagging) || changes, "{action:?} tags and does not write");
    }
}

#[test]
fn well_known_facts_are_in_it() {
    let levels = |name: &str| action(name).levels().to_string();
    let resources = |name: &str| {
        let resources = action(name).resource_types();
        resources.map(|resource| (resource.name, resource.required)).collect::<Vec<_>>()
    };
    let formats = |name: &str| {
        let formats = action(name).resource_types().flat_map(|resource| resource.arn_formats());
        formats.collect::<Vec<_>>()
    };
    assert_eq!(resources("iam:PassRole"), [("role", true)]);
    assert_eq!(formats("iam:PassRole"), ["arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"]);
    assert_eq!(
        action("iam:PassRole").condition_keys().collect::<Vec<_>>(),
        ["iam:AssociatedResourceArn", "iam:PassedToService"]
    );
    assert_eq!(levels("s3:GetObject"), "Read");
    assert!(action("s3:GetObject").is_read_only() && !action("s3:PutObject").is_read_only());
    assert!(formats("s3:GetObject").contains(&"arn:${Partition}:s3:::${BucketName}/${ObjectName}"));
    assert_eq!(resources("s3:ListAllMyBuckets"), []);
    assert_eq!(levels("iam:DeleteSAMLProvider"), "Write, Permissions management");
    assert_eq!(levels("ec2:CreateTags"), "Tagging, Write");
    assert_eq!(levels("lambda:UpdateFunctionCode"), "Write");
    assert!(action("lambda:CreateFunction").dependent_actions().any(|name| name == "iam:PassRole"));
}

#[test]
fn services_know_their_names_keys_and_guardrails() {
    let service = |prefix: &str| Catalogue::embedded().service(prefix).unwrap();
    assert_eq!(service("iam").name, "AWS Identity and Access Management (IAM)");
    assert!(service("s3").supports_rcp() && service("kms").supports_rcp() && service("sts").supports_rcp());
    assert!(!service("ec2").supports_rcp());
    let key = |name: &str| service("iam").condition_keys().find(|key| key.name == name).unwrap();
    let kind = |name: &str| (key(name).value_type, key(name).multivalued);
    assert_eq!(kind("iam:PassedToService"), (ValueType::String, false));
    assert_eq!(kind("iam:PolicyARN"), (ValueType::Arn, false));
    assert_eq!(kind("aws:TagKeys"), (ValueType::String, true));
    let user = service("iam").resource_types().find(|resource| resource.name == "user").unwrap();
    assert_eq!(
        user.arn_formats().collect::<Vec<_>>(),
        ["arn:${Partition}:iam::${Account}:user/${UserNameWithPath}"]
    );
    assert!(user.condition_keys().any(|key| key == "aws:ResourceTag/${TagKey}"));
}
