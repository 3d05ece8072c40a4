//! What must be true of a record for a rule to match, as far as the probe can tell.
//!
//! This is a safe over-approximation: it may let a record through that the rule then refuses, never the
//! other way round. Sigma compares without regard to case, so all texts here are lower-case.

use std::collections::{BTreeSet, HashMap};

use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Modifier, Quantifier, SelectorPattern, SigmaRule, SigmaValue,
    StringPart,
};

/// The values a member must have one of. `None`: it may have any, or none.
type Values = Option<BTreeSet<String>>;

/// The values the probed members must have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Necessary {
    pub(super) event_source: Values,
    pub(super) event_name: Values,
    pub(super) identity_type: Values,
}

impl Necessary {
    pub(super) fn of(rule: &SigmaRule) -> Self {
        let detections = &rule.detection;
        let of = |field: &str| {
            // Several conditions are alternatives.
            let conditions = detections.conditions.iter();
            union(conditions.map(|condition| of_condition(condition, &detections.named, field)))
        };
        Self {
            event_source: of("eventSource"),
            event_name: of("eventName"),
            identity_type: of("userIdentity.type"),
        }
    }
}

fn of_condition(condition: &ConditionExpr, named: &HashMap<String, Detection>, field: &str) -> Values {
    match condition {
        ConditionExpr::And(parts) => all(parts.iter().map(|part| of_condition(part, named, field))),
        ConditionExpr::Or(parts) => union(parts.iter().map(|part| of_condition(part, named, field))),
        ConditionExpr::Not(_) => None,
        ConditionExpr::Identifier(name) => {
            named.get(name).and_then(|detection| of_detection(detection, field))
        }
        ConditionExpr::Selector { quantifier, pattern } => {
            let chosen = named.iter().filter(|(name, _)| selects(pattern, name));
            let values = chosen.map(|(_, detection)| of_detection(detection, field));
            match quantifier {
                Quantifier::All => all(values),
                Quantifier::Any => union(values),
                Quantifier::Count(0) => None,
                Quantifier::Count(_) => union(values),
            }
        }
    }
}

/// Whether a selector could mean this detection. Names that Sigma leaves out of `them` (those with a
/// leading underscore) only widen the union; for `all of` they must not narrow it, so they are left out.
fn selects(pattern: &SelectorPattern, name: &str) -> bool {
    pattern.matches_detection_name(name)
}

fn of_detection(detection: &Detection, field: &str) -> Values {
    match detection {
        Detection::AllOf(items) => all(items.iter().map(|item| of_item(item, field))),
        Detection::AnyOf(parts) => union(parts.iter().map(|part| of_detection(part, field))),
        Detection::And(parts) => all(parts.iter().map(|part| of_detection(part, field))),
        Detection::Keywords(_) | Detection::ArrayMatch { .. } | Detection::Conditional { .. } => None,
    }
}

fn of_item(item: &DetectionItem, field: &str) -> Values {
    let plain = item.field.modifiers.iter().all(|modifier| matches!(modifier, Modifier::Cased));
    if item.field.name.as_deref() != Some(field) || !plain || item.values.is_empty() {
        return None;
    }
    item.values.iter().map(literal).collect()
}

/// The text a value equals, lower-case. Wildcards, other types, the empty text (which some engines let
/// match what is missing) and letters beyond ASCII (whose case is a matter of opinion) are not literal.
fn literal(value: &SigmaValue) -> Option<String> {
    let SigmaValue::String(text) = value else { return None };
    let mut literal = String::new();
    for part in &text.parts {
        match part {
            StringPart::Plain(plain) => literal.push_str(plain),
            StringPart::Special(_) => return None,
        }
    }
    (!literal.is_empty() && literal.is_ascii()).then(|| literal.to_ascii_lowercase())
}

/// All must hold: what any part demands is demanded; two demands meet in their intersection.
fn all(parts: impl Iterator<Item = Values>) -> Values {
    parts.flatten().reduce(|left, right| left.intersection(&right).cloned().collect())
}

/// One must hold: a demand only if every part demands something.
fn union(parts: impl Iterator<Item = Values>) -> Values {
    let mut united = None;
    for part in parts {
        united.get_or_insert_with(BTreeSet::new).extend(part?);
    }
    united
}

#[cfg(test)]
mod tests {
    use super::*;

    fn necessary(detection: &str) -> Necessary {
        let text =
            format!("title: T\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n{detection}");
        let collection = rsigma_parser::parse_sigma_yaml(&text).unwrap();
        Necessary::of(collection.rules.first().unwrap_or_else(|| panic!("{:?}", collection.errors)))
    }

    fn set(values: &[&str]) -> Values {
        Some(values.iter().map(|&value| value.to_owned()).collect())
    }

    #[test]
    fn selections_are_conjunctions_of_alternatives() {
        let found =
            necessary("  s:\n    eventSource: IAM.amazonaws.com\n    eventName: [A, b]\n  condition: s\n");
        assert_eq!(found.event_source, set(&["iam.amazonaws.com"]));
        assert_eq!(found.event_name, set(&["a", "b"]));
        assert_eq!(found.identity_type, None);
    }

    #[test]
    fn lists_of_maps_and_or_are_unions() {
        let listed = necessary("  s:\n    - eventName: A\n    - eventName: B\n  condition: s\n");
        assert_eq!(listed.event_name, set(&["a", "b"]));
        let either = necessary("  s:\n    eventName: A\n  t:\n    eventName: B\n  condition: s or t\n");
        assert_eq!(either.event_name, set(&["a", "b"]));
        let one_open = necessary("  s:\n    eventName: A\n  t:\n    x: B\n  condition: s or t\n");
        assert_eq!(one_open.event_name, None);
    }

    #[test]
    fn negations_wildcards_and_modifiers_promise_nothing() {
        for detection in [
            "  s:\n    eventName: A\n  condition: not s\n",
            "  s:\n    eventName: A*\n  condition: s\n",
            "  s:\n    eventName: [A, 'B?']\n  condition: s\n",
            "  s:\n    eventName|startswith: A\n  condition: s\n",
            "  s:\n    eventName: ''\n  condition: s\n",
            "  s:\n    eventName: null\n  condition: s\n",
            "  s:\n    - A\n  condition: s\n",
        ] {
            assert_eq!(necessary(detection).event_name, None, "{detection}");
        }
    }

    #[test]
    fn selectors() {
        let two = "  s_a:\n    eventName: A\n  s_b:\n    eventName: B\n";
        assert_eq!(necessary(&format!("{two}  condition: 1 of s_*\n")).event_name, set(&["a", "b"]));
        assert_eq!(necessary(&format!("{two}  condition: all of s_*\n")).event_name, set(&[]));
        assert_eq!(necessary(&format!("{two}  condition: s_a and not s_b\n")).event_name, set(&["a"]));
    }
}
