//! Which statements of a document a fact rests on: those that allow the request that shows it.

use std::collections::{BTreeMap, BTreeSet};

use provost_iam::Policy;
use provost_iam::actions::Catalogue;
use provost_iam::can::{Answer, Query, Requirement};
use provost_iam::decide::{Asked, Engine};
use provost_iam::escalation::{On, Step};
use provost_iam::facts::{Facts, Kind, PathFound};
use provost_iam::layers::{Layer, Layers};
use provost_iam::principal::Principal;
use provost_iam::request::{Context, Request};
use provost_iam::{Condition, Effect, Matching, Principals, Statement};

/// What a statement takes part in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// The names of facts, as the report has them.
    pub(super) facts: BTreeSet<&'static str>,
    /// The ids of escalation paths.
    pub(super) paths: BTreeSet<&'static str>,
}

/// Finds the part of every statement that has one.
pub(super) fn parts(policy: &Policy, facts: &Facts) -> BTreeMap<usize, Part> {
    let mut finder = Finder { policy, kind: facts.kind, engines: BTreeMap::new(), found: BTreeMap::new() };
    let single = [
        ("grants_admin", &facts.grants_admin),
        ("pass_role", &facts.pass_role.answer),
        ("public", &facts.public),
        ("cross_account", &facts.trust.answer),
        ("federated_without_subject", &facts.federation.answer),
    ];
    for (fact, answer) in single {
        finder.answer(fact, answer);
    }
    for trusted in &facts.trust.others {
        finder.answer("cross_account", &trusted.answer);
    }
    for (fact, paths) in
        [("escalation", &facts.escalations.escalation), ("capabilities", &facts.escalations.capabilities)]
    {
        for found in paths {
            finder.path(fact, found);
        }
    }
    finder.services(facts);
    finder.found
}

struct Finder<'a> {
    policy: &'a Policy,
    kind: Kind,
    /// By the account of the caller.
    engines: BTreeMap<Option<String>, Engine>,
    found: BTreeMap<usize, Part>,
}

impl Finder<'_> {
    /// The document beside what it needs to be the one that decides.
    fn engine(&mut self, principal: &Principal) -> &Engine {
        let account = principal.account().map(str::to_owned);
        let (policy, kind) = (self.policy, self.kind);
        self.engines.entry(account.clone()).or_insert_with(|| {
            let document = vec![policy.clone()];
            Engine::new(&match kind {
                Kind::Identity => {
                    let named = account.map(|account| vec![("AWS".to_owned(), account)]).unwrap_or_default();
                    let consent = allowing(Some(Matching::Only(Principals::Listed(named))));
                    Layers { identity: document, resource: Some(vec![consent]), ..Layers::default() }
                }
                Kind::Resource | Kind::Trust => {
                    Layers { identity: vec![allowing(None)], resource: Some(document), ..Layers::default() }
                }
            })
        })
    }

    /// The statements of the document that allow a request.
    fn deciding(&mut self, request: &Request) -> Vec<usize> {
        let layer = match self.kind {
            Kind::Identity => Layer::Identity,
            Kind::Resource | Kind::Trust => Layer::Resource,
        };
        let decision = self.engine(&request.principal).explain(&Asked::new(request));
        decision.deciding.iter().filter(|it| it.layer == layer).map(|it| it.statement).collect()
    }

    fn answer(&mut self, fact: &'static str, answer: &Answer) {
        let Some(request) = answer.witness() else { return };
        for statement in self.deciding(request) {
            self.found.entry(statement).or_default().facts.insert(fact);
        }
    }

    /// The statements that allow the steps of a path.
    fn path(&mut self, fact: &'static str, found: &PathFound) {
        let Some(shown) = found.answer.witness() else { return };
        let mut statements = BTreeSet::new();
        for step in &found.path.steps {
            // The path's own witness is of one of its steps.
            let witness = if step.action == shown.action {
                Some(shown.clone())
            } else {
                self.step(step, &shown.principal)
            };
            statements.extend(witness.iter().flat_map(|request| self.deciding(request)));
        }
        for statement in statements {
            let part = self.found.entry(statement).or_default();
            part.facts.insert(fact);
            part.paths.insert(&found.path.id);
        }
    }

    /// A request for a step, on a resource nobody named if there can be one.
    fn step(&mut self, step: &Step, principal: &Principal) -> Option<Request> {
        let assume: Vec<Requirement> = step.context.iter().map(|(key, value)| must(key, value)).collect();
        let ordinary: Vec<String> = match step.on {
            Some(On::Own) => principal.principal_arn().into_iter().collect(),
            Some(On::Any) => {
                let kinds = ["role/", "user/", "group/", "policy/", ""];
                kinds.iter().map(|kind| format!("arn:*:*:*:*:{kind}any-other")).collect()
            }
            None => Vec::new(),
        };
        let engine = self.engine(principal);
        [ordinary.as_slice(), &[]].into_iter().find_map(|resources| {
            let query = Query { resources, assume: &assume, ..Query::new(principal, &step.action) };
            engine.can(&query).witness().cloned()
        })
    }

    /// The statements that grant whole services: those that allow their first action on every resource.
    fn services(&mut self, facts: &Facts) {
        let account = "111122223333";
        let arn = format!("arn:aws:iam::{account}:user/example");
        let principal = Principal::User { arn, account: account.to_owned() };
        for prefix in &facts.services.services {
            let action = Catalogue::embedded().service(prefix).and_then(|service| service.actions().next());
            let Some(action) = action else { continue };
            let request = Request {
                principal: principal.clone(),
                action: action.name().to_owned(),
                resource: "*".to_owned(),
                resource_account: None,
                context: Context::new(),
            };
            for statement in self.deciding(&request) {
                self.found.entry(statement).or_default().facts.insert("services");
            }
        }
    }
}

/// A document that allows everything.
pub(super) fn allowing(principals: Option<Matching<Principals>>) -> Policy {
    let all = || vec!["*".to_owned()];
    let statement = Statement {
        sid: None,
        effect: Effect::Allow,
        actions: Matching::Only(all()),
        resources: Some(Matching::Only(all())),
        principals,
        conditions: Vec::new(),
    };
    Policy { version: Some("2012-10-17".to_owned()), id: None, statements: vec![statement] }
}

fn must(key: &str, value: &str) -> Requirement {
    let condition = Condition {
        operator: "StringEquals".to_owned(),
        key: key.to_owned(),
        values: vec![value.to_owned()],
    };
    Requirement { condition, holds: true }
}
