//! Whether a statement applies (2).

use super::condition;
use super::principal::{self, Grants};
use super::text::{self, Reading};
use super::truth::Truth;
use crate::document::{Matching, Policy, Principals, Statement};
use crate::layers::Layer;
use crate::request::{Context, Request};

/// Whether a statement of a document applies, by kind of grant: `any` of the kinds is whether it applies at
/// all. Where principals have no say the kind is `direct`. `bounded`: whether the caller is a user or role
/// session that has a permission boundary.
pub(super) fn applies(
    policy: &Policy,
    statement: &Statement,
    layer: Layer,
    request: &Request,
    context: &Context,
    bounded: bool,
) -> Grants {
    let variables = policy.version.as_deref() == Some("2012-10-17");
    // One that would apply is unknown; one that is about something else stays false.
    let version = match policy.version.as_deref() {
        Some("2012-10-17" | "2008-10-17") | None => Truth::True,
        Some(_) => Truth::Unknown,
    };
    let reading = Reading { variables, effect: statement.effect, context };
    let action = list(&statement.actions, |pattern, _| text::action(pattern, &request.action));
    let resource = match &statement.resources {
        Some(patterns) => {
            list(patterns, |pattern, negated| reading.resource(pattern, &request.resource, negated))
        }
        None => match layer {
            Layer::Resource => Truth::True,
            Layer::Identity
            | Layer::Boundary
            | Layer::Session
            | Layer::Scp(_)
            | Layer::Rcp(_)
            | Layer::Endpoint
            | Layer::Rule => Truth::Unknown,
        },
    };
    let conditions = Truth::all(statement.conditions.iter().map(|one| condition::holds(one, reading)));
    who(statement, layer, request, reading, bounded).and(Truth::all([version, action, resource, conditions]))
}

/// An element with patterns: one of the list, or *not* one of the list (2.1, 2.2).
fn list(patterns: &Matching<Vec<String>>, matches: impl Fn(&str, bool) -> Truth) -> Truth {
    let (patterns, negated) = match patterns {
        Matching::Only(patterns) => (patterns, false),
        Matching::AllBut(patterns) => (patterns, true),
    };
    Truth::any(patterns.iter().map(|pattern| matches(pattern, negated))).negate_if(negated)
}

/// The principal element, or what goes for it where there is none (2.3).
fn who(
    statement: &Statement,
    layer: Layer,
    request: &Request,
    reading: Reading<'_>,
    bounded: bool,
) -> Grants {
    let (unknown, whoever) = (Grants::all(Truth::Unknown), Grants::direct(Truth::True));
    let matches = |element, bounded| principal::matches(element, &request.principal, reading, bounded);
    match (layer, &statement.principals) {
        // Only resource policies deny whoever has a boundary.
        (Layer::Resource, Some(element)) => matches(element, bounded),
        (Layer::Endpoint, Some(element)) => matches(element, false),
        (Layer::Endpoint, None) => whoever,
        (Layer::Rcp(_), Some(Matching::Only(listed))) if is_star(listed) => whoever,
        (Layer::Identity | Layer::Boundary | Layer::Session | Layer::Scp(_), None) => whoever,
        (Layer::Resource, None) => unknown,
        // AWS would have refused the document: what would apply is unknown, what is about somebody else stays
        // false (2).
        (
            Layer::Rcp(_) | Layer::Identity | Layer::Boundary | Layer::Session | Layer::Scp(_),
            Some(element),
        ) => matches(element, false).and(Truth::Unknown),
        (Layer::Rcp(_), None) => unknown,
        (Layer::Rule, _) => unknown,
    }
}

/// `"*"` or `{"AWS": "*"}`.
fn is_star(listed: &Principals) -> bool {
    match listed {
        Principals::Everyone => true,
        Principals::Listed(pairs) => {
            !pairs.is_empty() && pairs.iter().all(|(kind, value)| kind == "AWS" && value == "*")
        }
    }
}
