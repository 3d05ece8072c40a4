//! Promises about policies, proved for every request: *these actions are never allowed, unless ...*.

use crate::can::actions::{pattern, representatives};
use crate::can::{Answer, Query, Requirement};
use crate::decide::Engine;
use crate::document::Condition;
use crate::facts::{SOME_ACCOUNT, everything, role, user};
use crate::layers::Layers;
use crate::principal::Principal;

/// What is promised.
#[derive(Debug, Clone, Default)]
pub struct NeverAllows {
    /// The callers it is promised of; by default a user, a session of a role and, where there is neither a
    /// boundary nor a session policy, the root user of one account. Service-linked roles, which SCPs do not bind,
    /// are not among them.
    pub principals: Vec<Principal>,
    /// Patterns of actions.
    pub actions: Vec<String>,
    /// Patterns of resources; by default every resource.
    pub resources: Vec<String>,
    /// Requests that meet all of these may be allowed.
    pub unless: Vec<Condition>,
    /// The account that owns the resources; by default the caller's own.
    pub owner: Option<String>,
}

/// Whether a promise holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Proof {
    /// No request breaks it.
    Holds {
        /// How many actions stood for all of them.
        actions: usize,
    },
    /// This request breaks it.
    Broken(Answer),
    /// Nobody can say, and why.
    Unknown(String),
}

impl NeverAllows {
    /// Proves the promise, or finds a request that breaks it.
    ///
    /// Where no identity policies are given, the caller's own are taken to allow everything: what is left to
    /// keep the promise are the other layers.
    #[must_use]
    pub fn prove(&self, layers: &Layers) -> Proof {
        let mut layers = layers.clone();
        if layers.identity.is_empty() {
            layers.identity.push(everything());
        }
        let engine = Engine::new(&layers);
        let chosen = representatives(engine.statements(), &self.actions, None, true);
        if chosen.cut {
            return Proof::Unknown(
                "the policies tell too many actions apart to look at all of them".to_owned(),
            );
        }
        if chosen.actions.is_empty() {
            let patterns = self.actions.join(", ");
            return Proof::Unknown(format!("no action matches {patterns}, so there is nothing to prove"));
        }
        let mut default = vec![user(SOME_ACCOUNT), role(SOME_ACCOUNT)];
        if layers.boundary.is_none() && layers.session.is_none() {
            // Boundaries and session policies are about others than the root user; SCPs bind it.
            default.push(Principal::Root { account: SOME_ACCOUNT.to_owned(), partition: "aws".to_owned() });
        }
        let principals = if self.principals.is_empty() { &default } else { &self.principals };
        // Some condition of `unless` is not met: one question for each.
        let broken: Vec<Vec<Requirement>> = if self.unless.is_empty() {
            vec![Vec::new()]
        } else {
            let unmet =
                |condition: &Condition| vec![Requirement { condition: condition.clone(), holds: false }];
            self.unless.iter().map(unmet).collect()
        };
        let mut worst = Answer::No;
        for principal in principals {
            for action in &chosen.actions {
                for assume in &broken {
                    let query = Query {
                        resources: &self.resources,
                        owner: self.owner.as_deref(),
                        assume,
                        caller_is_given: true,
                        ..Query::new(principal, action)
                    };
                    worst = worst.or(engine.can(&query));
                    if matches!(worst, Answer::Yes(_)) {
                        return Proof::Broken(worst);
                    }
                }
            }
        }
        match worst {
            Answer::No => Proof::Holds { actions: chosen.actions.len() },
            Answer::Unknown(reason) => Proof::Unknown(reason),
            broken @ (Answer::Yes(_) | Answer::YesIf(..)) => Proof::Broken(broken),
        }
    }

    /// Whether one of the patterns takes in an action.
    #[must_use]
    pub fn is_about(&self, action: &str) -> bool {
        let lower = action.to_ascii_lowercase();
        self.actions.iter().any(|text| pattern(text).matches_plain(&lower))
    }
}
