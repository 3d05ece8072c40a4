use serde_json::json;

use super::*;
use crate::model::{AccountId, Origin, UnreadReason};

fn verdict(rule: &str, document: Value, unread: &[(&str, UnreadReason)]) -> Verdict {
    let header =
        "id: r\ntitle: t\ndescription: d\nresource_type: T\nseverity: low\nmessage: m\nremediation: r\n";
    let rules = [PostureRule::parse(&format!("{header}{rule}"), &Origin::BuiltIn).unwrap()];
    let now = "2026-11-22T00:00:00Z".parse().unwrap();
    let resource = Resource {
        resource_type: "T".to_owned(),
        id: "arn:aws:x:::y".to_owned(),
        account: AccountId::parse("111122223333").unwrap(),
        region: "global".to_owned(),
        document,
        unread: unread
            .iter()
            .map(|&(path, reason)| Unread {
                path: path.to_owned(),
                call: "svc op".to_owned(),
                reason,
                detail: String::new(),
            })
            .collect(),
        evidence: Vec::new(),
        seen_at: now,
    };
    Assessor::new(&rules).judge(&resource).remove(0).verdict
}

fn unknown(reason: &str) -> Verdict {
    Verdict::Unknown(reason.to_owned())
}

const DENIED: UnreadReason = UnreadReason::AccessDenied;

#[test]
fn true_passes_and_false_fails() {
    assert_eq!(verdict("expression: resource.A == 1", json!({"A": 1}), &[]), Verdict::Pass);
    assert_eq!(verdict("expression: resource.A == 1", json!({"A": 2}), &[]), Verdict::Fail);
    assert_eq!(verdict("expression: resource.A > 1.5", json!({"A": 2.5}), &[]), Verdict::Pass);
}

/// The traps measured with `cel` 0.15: each of these is true or false to CEL, and a lie.
#[test]
fn what_is_unread_is_never_asked_about() {
    let denied = unknown("svc op: access denied");
    for expression in [
        "has(resource.A)",
        "!has(resource.A)",
        "resource.A == 1 || true",
        "resource.A.all(x, x == 1)",
        "has(resource.A) && resource.A.B == 1",
        "!('x' in resource)",
        "size(resource) == 0",
    ] {
        assert_eq!(
            verdict(&format!("expression: \"{expression}\""), json!({}), &[("A", DENIED)]),
            denied,
            "{expression}"
        );
    }
    assert_eq!(verdict("expression: resource.A == 1", json!({"A": 1}), &[("B", DENIED)]), Verdict::Pass);
    assert_eq!(verdict("expression: resource.A == 1", json!({"A": 1}), &[("", DENIED)]), denied);
    assert_eq!(
        verdict("applies: resource.B == 1\nexpression: resource.A == 1", json!({"A": 1}), &[("B", DENIED)]),
        denied
    );
}

#[test]
fn absence_is_a_fact_only_where_the_rule_says_what_it_means() {
    let rule = "absent: {resource.A: fail}\nexpression: resource.A == 1";
    assert_eq!(verdict(rule, json!({}), &[]), Verdict::Fail);
    assert_eq!(verdict(rule, json!({"A": null}), &[]), Verdict::Fail);
    assert_eq!(verdict(rule, json!({}), &[("A", DENIED)]), unknown("svc op: access denied"));
    assert_eq!(verdict("expression: resource.A == 1", json!({}), &[]), unknown("the document has no `A`"));
    let nested = "absent: {resource.A.B: not_applicable}\nexpression: resource.A.B == 1";
    assert_eq!(verdict(nested, json!({"A": {}}), &[]), Verdict::NotApplicable);
}

#[test]
fn what_does_not_fit_is_unknown_and_shows_no_value() {
    let secret = json!({"A": "hunter2"});
    for expression in ["resource.A > 1", "resource.A.B == 1", "resource.A", "days_since(resource.A) < 1"] {
        let Verdict::Unknown(reason) = verdict(&format!("expression: {expression}"), secret.clone(), &[])
        else {
            panic!("{expression}");
        };
        assert!(!reason.contains("hunter2"), "{reason}");
    }
}

#[test]
fn rules_that_cannot_be_meant_are_refused_by_field() {
    let refuse = |text: &str| PostureRule::parse(text, &Origin::BuiltIn).unwrap_err().to_string();
    let header =
        "id: r\ntitle: t\ndescription: d\nresource_type: T\nseverity: low\nmessage: m\nremediation: r\n";
    assert!(refuse(&format!("{header}expression: params.x == 1")).starts_with("`expression` reads nothing"));
    assert!(refuse(&format!("{header}expression: resource.A ==")).starts_with("`expression` is not CEL"));
    assert!(
        refuse(&format!("{header}absent: {{A: fail}}\nexpression: resource.A")).starts_with("`absent` `A`")
    );
    assert!(refuse(&format!("{header}expresion: resource.A")).contains("expresion"));
    assert!(refuse(&header.replace("id: r", "id: R_1")).contains("expression"));
}

#[test]
fn parameters_can_be_set_and_only_those_that_exist() {
    let text = "id: r\ntitle: t\ndescription: d\nresource_type: T\nseverity: low\nmessage: m\nremediation: r\n\
                parameters: {max: 1}\nexpression: resource.A <= params.max";
    let mut rule = PostureRule::parse(text, &Origin::BuiltIn).unwrap();
    rule.set_parameters(&[("max".to_owned(), json!(3))].into()).unwrap();
    assert_eq!(rule.parameters["max"], 3);
    let error = rule.set_parameters(&[("min".to_owned(), json!(3))].into()).unwrap_err();
    assert_eq!(error.to_string(), "`min` is no parameter of `r` (it has: max)");
}
