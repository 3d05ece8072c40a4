//! How a rule may ask for the fields `iam.*`: positively, by names that exist, with values they can have.
//!
//! Sigma knows true and false, these fields know `unknown` beside. `not yes` would take unknown for no and
//! keep silent about just those policies somebody hid, so a rule says what it fires on, never what it does not.

use std::collections::HashMap;

use rsigma_parser::{
    ArrayQuantifier, ConditionExpr, Detection, DetectionItem, Modifier, Quantifier, SigmaRule, SigmaValue,
    StringPart,
};

use super::policy_facts::{ACCOUNTS, ANSWERS, KIND, PATHS, POLICY, PREFIX};

/// Whether a rule asks for any of the fields.
///
/// # Errors
/// When it asks in a way that would be understood wrongly.
pub(super) fn asked_by(rule: &SigmaRule) -> Result<bool, String> {
    let named = &rule.detection.named;
    let mut asking: HashMap<&str, bool> = HashMap::new();
    for (name, detection) in named {
        asking.insert(name, asks(detection)?);
    }
    for condition in &rule.detection.conditions {
        positive(condition, &asking, false)?;
    }
    Ok(asking.values().any(|asks| *asks))
}

/// A selection that asks must not stand under a negation.
fn positive(condition: &ConditionExpr, asking: &HashMap<&str, bool>, negated: bool) -> Result<(), String> {
    let refuse = |name: &str| {
        Err(format!(
            "its condition negates `{name}`, which asks for `{PREFIX}` fields: these can be `unknown`, and \
             \"not yes\" would take that for no; list the values to fire on, `unknown` among them"
        ))
    };
    match condition {
        ConditionExpr::And(parts) | ConditionExpr::Or(parts) => {
            parts.iter().try_for_each(|part| positive(part, asking, negated))
        }
        ConditionExpr::Not(part) => positive(part, asking, true),
        ConditionExpr::Identifier(name) if negated && asking.get(name.as_str()) == Some(&true) => {
            refuse(name)
        }
        ConditionExpr::Identifier(_) => Ok(()),
        ConditionExpr::Selector { quantifier, pattern } => {
            let negated = negated || matches!(quantifier, Quantifier::Count(0));
            let mut chosen =
                asking.iter().filter(|(name, asks)| **asks && pattern.matches_detection_name(name));
            match chosen.next() {
                Some((name, _)) if negated => refuse(name),
                _ => Ok(()),
            }
        }
    }
}

fn asks(detection: &Detection) -> Result<bool, String> {
    let any = |parts: &[Detection]| {
        parts.iter().try_fold(false, |asked, part| Ok::<_, String>(asks(part)? || asked))
    };
    match detection {
        Detection::AllOf(items) => {
            items.iter().try_fold(false, |asked, item| Ok(asked_by_item(item)? || asked))
        }
        Detection::AnyOf(parts) | Detection::And(parts) => any(parts),
        Detection::Keywords(_) => Ok(false),
        Detection::ArrayMatch { field, quantifier, body } => {
            if asks(body)? {
                return Err(format!(
                    "it asks for `{PREFIX}` fields of the members of a list, which have none"
                ));
            }
            if !is_ours(field) {
                return Ok(false);
            }
            match (quantifier, &**body) {
                (ArrayQuantifier::Any | ArrayQuantifier::All, Detection::AllOf(items)) => {
                    items.iter().try_for_each(|item| check(field, item))?;
                    Ok(true)
                }
                _ => Err(format!("`{field}` can be `unknown`; ask whether any or all of it is something")),
            }
        }
        Detection::Conditional { named, .. } => {
            named.values().try_fold(false, |asked, part| Ok(asks(part)? || asked))
        }
    }
}

fn asked_by_item(item: &DetectionItem) -> Result<bool, String> {
    let refers = item.field.modifiers.contains(&Modifier::FieldRef)
        && item.values.iter().filter_map(literal).any(|text| is_ours(&text));
    if refers {
        return Err(format!("it refers to a `{PREFIX}` field by `fieldref`, which knows no `unknown`"));
    }
    match item.field.name.as_deref() {
        Some(field) if is_ours(field) => check(field, item).map(|()| true),
        Some(_) | None => Ok(false),
    }
}

/// A name of ours, in any capitals: one that is written wrongly must not be looked for in the record.
fn is_ours(field: &str) -> bool {
    let start = field.get(..PREFIX.len()).unwrap_or(field);
    start.eq_ignore_ascii_case(PREFIX) || field.eq_ignore_ascii_case("iam")
}

/// The values a field can have, if they are few; and whether it is one of ours at all.
fn values_of(field: &str) -> Option<Option<Vec<&str>>> {
    let unknown = ["unknown"];
    Some(match field {
        "iam.external_id" => Some(vec!["yes", "no", "unknown"]),
        answer if ANSWERS.contains(&answer) => Some(vec!["yes", "yes_if", "no", "unknown"]),
        POLICY => Some(vec!["parsed", "named", "unknown"]),
        KIND => Some(vec!["identity", "resource", "trust", "boundary", "organization"]),
        paths if PATHS.contains(&paths) => {
            let known = provost_iam::escalation::paths().iter().map(|path| path.id.as_str());
            Some(known.chain(unknown).collect())
        }
        ACCOUNTS => None,
        _ => return None,
    })
}

fn check(field: &str, item: &DetectionItem) -> Result<(), String> {
    let Some(known) = values_of(field) else {
        return Err(format!("there is no field `{field}`"));
    };
    for modifier in &item.field.modifiers {
        match modifier {
            Modifier::Contains
            | Modifier::StartsWith
            | Modifier::EndsWith
            | Modifier::All
            | Modifier::Re
            | Modifier::IgnoreCase
            | Modifier::Cased => {}
            _ => return Err(format!("`{field}` can be `unknown`; only plain values may be asked of it")),
        }
    }
    let plain = item.field.modifiers.iter().all(|it| matches!(it, Modifier::Cased | Modifier::All));
    for value in &item.values {
        let SigmaValue::String(_) = value else {
            return Err(format!(
                "`{field}` is text: 'yes', 'no', 'unknown'; it is never missing or a number"
            ));
        };
        // A value with wildcards, or a part of one, may be anything.
        let (Some(known), Some(text), true) = (&known, literal(value), plain) else { continue };
        if !known.iter().any(|known| known.eq_ignore_ascii_case(&text)) {
            return Err(format!("`{field}` is never `{text}`"));
        }
    }
    Ok(())
}

fn literal(value: &SigmaValue) -> Option<String> {
    let SigmaValue::String(text) = value else { return None };
    let mut literal = String::new();
    for part in &text.parts {
        match part {
            StringPart::Plain(plain) => literal.push_str(plain),
            StringPart::Special(_) => return None,
        }
    }
    Some(literal)
}

#[cfg(test)]
mod tests {
    use crate::detection::load_sigma;
    use crate::model::Origin;

    /// The reason a rule with this detection is refused for; nothing if it is taken.
    fn refused(detection: &str) -> Option<String> {
        let text = format!(
            "title: T\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n  s:\n    eventName: A\n{detection}"
        );
        load_sigma("t.yml", &text, &Origin::BuiltIn)
            .not_loaded
            .into_iter()
            .next()
            .map(|refused| refused.reason)
    }

    #[test]
    fn asking_for_values_is_fine() {
        for detection in [
            "  t:\n    iam.public: [yes, yes_if, unknown]\n  condition: s and t\n",
            "  t:\n    iam.public: 'yes'\n  f:\n    userAgent: x\n  condition: s and t and not f\n",
            "  t:\n    iam.escalation: '*'\n  condition: s and 1 of t*\n",
            "  t:\n    iam.accounts|startswith: '1111'\n  condition: s and t\n",
            "  t:\n    iam.escalation: [unknown, iam-put-inline-policy-on-own-user]\n  condition: all of them\n",
            "  t:\n    - iam.policy: unknown\n    - iam.kind: trust\n  condition: s and t\n",
        ] {
            assert_eq!(refused(detection), None, "{detection}");
        }
    }

    #[test]
    fn a_negation_is_refused() {
        for condition in
            ["s and not t", "s and not (t or s)", "not 1 of them", "s and not all of t*", "s and not not t"]
        {
            let detection = format!("  t:\n    iam.public: [yes, unknown]\n  condition: {condition}\n");
            let reason = refused(&detection).unwrap_or_else(|| panic!("{condition} is taken"));
            assert!(reason.contains("would take that for no"), "{reason}");
        }
    }

    #[test]
    fn tests_that_know_no_unknown_are_refused() {
        for item in [
            "iam.public: null",
            "iam.public|exists: true",
            "iam.public|exists: false",
            "iam.public|neq: 'no'",
            "iam.public|fieldref: eventName",
            "eventName|fieldref: iam.public",
            "iam.public: true",
            "iam.public: 1",
        ] {
            let detection = format!("  t:\n    {item}\n  condition: s and t\n");
            assert!(refused(&detection).is_some(), "{item} is taken");
        }
    }

    #[test]
    fn names_and_values_that_do_not_exist_are_refused() {
        for item in [
            "iam.grant_admin: 'yes'",
            "IAM.public: 'yes'",
            "iam.public: yes-if",
            "iam.external_id: yes_if",
            "iam.escalation: iam-do-anything",
            "iam.accounts[0]: '*'",
            "iam: x",
        ] {
            let detection = format!("  t:\n    {item}\n  condition: s and t\n");
            assert!(refused(&detection).is_some(), "{item} is taken");
        }
    }
}
