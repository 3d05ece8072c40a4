//! The ways a request can come to be allowed: which layers must each have an Allow statement that applies.
//!
//! The same table as in `decide.rs`, read the other way round.

use crate::caller::Asked;
use crate::decide::{Compiled, Engine};
use crate::principal::Principal;
use crate::statement::Statement;
use crate::truth::Truth;

/// A layer that must have an Allow statement that applies, and how the statement must name the caller.
#[derive(Clone, Copy)]
pub(super) struct Need<'a> {
    layer: &'a Compiled,
    naming: Naming,
}

/// How a statement must name the caller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    Anyhow,
    Directly,
    Through,
}

impl<'a> Need<'a> {
    /// The Allow statements of the layer that name the caller so and are about the action.
    pub(super) fn statements(self, asked: &Asked) -> impl Iterator<Item = &'a Statement> {
        self.layer.statements.iter().filter(move |statement| {
            if statement.denies || statement.malformed.is_some() || statement.action(asked) != Truth::True {
                return false;
            }
            let Some(named) = &statement.principals else { return true };
            let grant = named.grant(asked);
            let named = match self.naming {
                Naming::Anyhow => grant.any(),
                Naming::Directly => grant.direct,
                Naming::Through => grant.through,
            };
            named == Truth::True
        })
    }

    /// Whether an Allow statement of the layer might do that nobody can be sure of.
    pub(super) fn is_unclear(self, asked: &Asked) -> bool {
        self.layer.unread.is_some()
            || self.layer.statements.iter().any(|statement| {
                let odd = statement.malformed.is_some()
                    || statement
                        .principals
                        .as_ref()
                        .is_some_and(|it| it.grant(asked).any() == Truth::Unknown);
                !statement.denies && odd && statement.action(asked) == Truth::True
            })
    }
}

/// The ways, each a list of needs.
pub(super) fn ways<'a>(
    engine: &'a Engine,
    asked: &Asked,
    same_account: bool,
    closed: bool,
) -> Vec<Vec<Need<'a>>> {
    let plain = |layer: &'a Compiled| Need { layer, naming: Naming::Anyhow };
    let mut always: Vec<Need> = Vec::new();
    always.extend(engine.path(asked).iter().map(plain));
    always.extend(engine.endpoint.iter().map(plain));
    let with = |needs: Vec<Need<'a>>| {
        let mut all = always.clone();
        all.extend(needs);
        all
    };
    let consent = |naming: Naming| engine.resource.as_ref().map(|layer| Need { layer, naming });
    let limits: Vec<Need> = engine.boundary.iter().chain(&engine.session).map(plain).collect();
    let mut ways = Vec::new();
    let caller = &asked.request.principal;
    let needs_consent = match caller {
        Principal::Root { .. } => !same_account || closed,
        Principal::User { .. } | Principal::Role { .. } | Principal::FederatedUser { .. } => {
            let mut own = vec![plain(&engine.identity)];
            own.extend(limits.iter().copied());
            let has_own = !(matches!(caller, Principal::FederatedUser { .. }) && engine.session.is_none());
            if has_own {
                // Without the policy that must consent, the engine will say of whatever is found that it depends.
                if same_account && !closed || closed && engine.resource.is_none() {
                    ways.push(with(own));
                } else if let Some(consent) = consent(Naming::Anyhow) {
                    own.push(consent);
                    ways.push(with(own));
                }
            }
            if same_account {
                ways.extend(consent(Naming::Directly).map(|need| with(vec![need])));
                if let Some(need) = consent(Naming::Through).filter(|_| has_own) {
                    let mut needs = limits;
                    needs.push(need);
                    ways.push(with(needs));
                }
            }
            return ways;
        }
        Principal::Federated { .. } | Principal::Service { .. } | Principal::Anonymous => true,
    };
    match (needs_consent, consent(Naming::Anyhow)) {
        (true, Some(need)) => ways.push(with(vec![need])),
        (true, None) if !closed => {}
        (false, _) | (true, None) => ways.push(with(Vec::new())),
    }
    ways
}
