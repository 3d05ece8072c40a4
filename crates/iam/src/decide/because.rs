//! Why a request was decided as it was: the statements that decided, or what is not known.

use crate::caller::Asked;
use crate::decide::{Compiled, Engine};
use crate::layers::Layer;
use crate::outcome::{Decision, Outcome, StatementRef, Unknown, Verdict};
use crate::statement::Statement;
use crate::truth::Truth;

/// Finds the reasons of a verdict.
pub(super) fn explain(engine: &Engine, asked: &Asked, verdict: Verdict) -> Decision {
    let wants_deny = match verdict.outcome {
        Outcome::ExplicitDeny => Some(true),
        Outcome::Allow => Some(false),
        Outcome::ImplicitDeny | Outcome::Undetermined => None,
    };
    let mut deciding = Vec::new();
    let mut unknown = Vec::new();
    for layer in engine.applying(asked) {
        for statement in &layer.statements {
            match statement.applies(asked) {
                Truth::False => {}
                Truth::True => {
                    if wants_deny == Some(statement.denies) {
                        deciding.push(reference(layer, statement));
                    }
                }
                Truth::Unknown => {
                    if verdict.outcome == Outcome::Undetermined {
                        unknown.push(Unknown {
                            statement: Some(reference(layer, statement)),
                            reason: statement.why_unknown(asked),
                        });
                    }
                }
            }
        }
        if let (Some(reason), Outcome::Undetermined) = (&layer.unread, verdict.outcome) {
            unknown.push(Unknown {
                statement: None,
                reason: format!("the {} layer could not be read: {reason}", layer.layer),
            });
        }
    }
    if verdict.outcome == Outcome::Undetermined {
        if engine.resource.is_none() && asked.closed {
            unknown.push(Unknown {
                statement: None,
                reason: "the resource has a policy of its own that must consent, and it was not given"
                    .to_owned(),
            });
        }
        if asked.owner.is_none() && asked.request.principal.account().is_some() {
            unknown.push(Unknown {
                statement: None,
                reason: "nobody said which account owns the resource".to_owned(),
            });
        }
    }
    Decision { outcome: verdict.outcome, blocked_by: verdict.blocked_by, deciding, unknown }
}

fn reference(layer: &Compiled, statement: &Statement) -> StatementRef {
    let layer: Layer = layer.layer;
    StatementRef {
        layer,
        policy: statement.policy,
        statement: statement.index,
        sid: statement.sid.as_deref().map(str::to_owned),
    }
}
