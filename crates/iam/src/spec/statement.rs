//! Whether a statement applies (2).

use super::condition;
use super::principal::{self, Grants};
use super::text::{self, Reading};
use super::truth::Truth;
use crate::document::{Matching, Policy, Principals, Statement};
use crate::layers::Layer;
use crate::request::{Context, Request};

/// Whether a statement of a document applies, by kind of grant: `any` of the kinds is whether it applies at
/// all. Where principals have no say the kind is `direct`.
pub(super) fn applies(
    policy: &Policy,
    statement: &Statement,
    layer: Layer,
    request: &Request,
    context: &Context,
) -> Grants {
    let variables = match policy.version.as_deref() {
        Some("2012-10-17") => true,
        Some("2008-10-17") | None => false,
        Some(_) => return Grants::all(Truth::Unknown),
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
    who(statement, layer, request, reading).and(action.and(resource).and(conditions))
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
fn who(statement: &Statement, layer: Layer, request: &Request, reading: Reading<'_>) -> Grants {
    let (unknown, whoever) = (Grants::all(Truth::Unknown), Grants::direct(Truth::True));
    match (layer, &statement.principals) {
        (Layer::Resource | Layer::Endpoint, Some(element)) => {
            principal::matches(element, &request.principal, reading)
        }
        (Layer::Endpoint, None) => whoever,
        (Layer::Rcp(_), Some(Matching::Only(Principals::Everyone))) => whoever,
        (Layer::Identity | Layer::Boundary | Layer::Session | Layer::Scp(_), None) => whoever,
        (Layer::Resource, None) => unknown,
        (Layer::Rcp(_), _) => unknown,
        (Layer::Identity | Layer::Boundary | Layer::Session | Layer::Scp(_), Some(_)) => unknown,
        (Layer::Rule, _) => unknown,
    }
}
