//! What must hold of every decision and of every answer, over random cases.

use provost_iam::can::{Answer, Query, can_be_about};
use provost_iam::decide::{Asked, Engine};
use provost_iam::generate::{Case, Choices, Profile};
use provost_iam::layers::{Layers, Level};
use provost_iam::outcome::{Outcome, Verdict};
use provost_iam::principal::Principal;
use provost_iam::request::Request;
use provost_iam::{Effect, Matching, Policy};

const CASES: u64 = 4_000;

fn cases() -> impl Iterator<Item = (u64, Layers, Request)> {
    (0..CASES).map(|seed| {
        let profile = if seed % 2 == 0 { Profile::documented() } else { Profile::everything() };
        let (layers, request) =
            Case::generate(&profile, &mut Choices::from_seed(1 << 40 | seed)).read().unwrap();
        (seed, layers, request)
    })
}

fn decide(layers: &Layers, request: &Request) -> Verdict {
    Engine::new(layers).decide(&Asked::new(request))
}

/// How far a request gets: allowed is further than undetermined, and that than denied.
fn reach(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Allow => 2,
        Outcome::Undetermined => 1,
        Outcome::ImplicitDeny | Outcome::ExplicitDeny => 0,
    }
}

fn never_wider(what: &str, change: impl Fn(&mut Layers, &Layers)) {
    let mut narrowed = 0;
    let mut others: Vec<Layers> = vec![Layers::default()];
    for (seed, layers, request) in cases() {
        let mut changed = layers.clone();
        change(&mut changed, others.last().unwrap());
        let (before, after) = (decide(&layers, &request).outcome, decide(&changed, &request).outcome);
        assert!(reach(after) <= reach(before), "{what}, seed {seed}: {before} became {after}");
        narrowed += u64::from(reach(after) < reach(before));
        others = vec![layers];
    }
    assert!(narrowed > CASES / 100, "{what}: {narrowed} cases are too few to show anything");
}

#[test]
fn a_deny_never_widens() {
    never_wider("a Deny in an identity policy", |layers, other| {
        let mut policies = other.identity.clone();
        policies.extend(other.boundary.iter().flatten().cloned());
        for policy in &mut policies {
            policy.statements.iter_mut().for_each(|statement| statement.effect = Effect::Deny);
        }
        layers.identity.extend(policies);
    });
}

#[test]
fn a_boundary_an_scp_level_or_a_session_policy_never_widens() {
    never_wider("a boundary", |layers, other| {
        if layers.boundary.is_none() {
            layers.boundary = Some(other.identity.clone());
        }
    });
    never_wider("a level of SCPs", |layers, other| {
        layers.scps.push(Level { name: "one more".to_owned(), policies: other.identity.clone() });
    });
    never_wider("an endpoint policy", |layers, other| {
        if layers.endpoint.is_none() {
            layers.endpoint = Some(other.resource.clone().unwrap_or_default());
        }
    });
}

#[test]
fn a_session_policy_never_widens_what_a_role_or_user_may_do() {
    for (seed, layers, request) in cases() {
        if layers.session.is_some() || matches!(request.principal, Principal::FederatedUser { .. }) {
            continue;
        }
        let mut limited = layers.clone();
        limited.session = Some(layers.boundary.clone().unwrap_or_default());
        let (before, after) = (decide(&layers, &request).outcome, decide(&limited, &request).outcome);
        assert!(reach(after) <= reach(before), "seed {seed}: {before} became {after}");
    }
}

#[test]
fn order_means_nothing() {
    fn reverse(policies: &mut [Policy]) {
        policies.reverse();
        policies.iter_mut().for_each(|policy| policy.statements.reverse());
    }
    for (seed, layers, request) in cases() {
        let mut turned = layers.clone();
        reverse(&mut turned.identity);
        let single = [&mut turned.boundary, &mut turned.session, &mut turned.resource, &mut turned.endpoint];
        single.into_iter().flatten().for_each(|policies| reverse(policies));
        turned.scps.iter_mut().chain(&mut turned.rcps).for_each(|level| reverse(&mut level.policies));
        assert_eq!(decide(&layers, &request), decide(&turned, &request), "seed {seed}");
    }
}

#[test]
fn a_list_of_actions_is_the_union_of_its_parts() {
    for (seed, layers, request) in cases() {
        let mut split = layers.clone();
        for policy in &mut split.identity {
            let statements = std::mem::take(&mut policy.statements);
            for statement in statements {
                match &statement.actions {
                    Matching::Only(actions) => policy.statements.extend(actions.iter().map(|action| {
                        let mut one = statement.clone();
                        one.actions = Matching::Only(vec![action.clone()]);
                        one
                    })),
                    Matching::AllBut(_) => policy.statements.push(statement),
                }
            }
        }
        assert_eq!(decide(&layers, &request), decide(&split, &request), "seed {seed}");
    }
}

#[test]
fn not_action_is_the_complement() {
    for (seed, layers, request) in cases() {
        for statement in layers.identity.iter().flat_map(|policy| &policy.statements) {
            let asks = |actions: Matching<Vec<String>>| {
                let text = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
                let mut policy = Policy::parse(text).unwrap();
                policy.statements[0].actions = actions;
                let alone = Layers { identity: vec![policy], ..Layers::default() };
                let request = Request {
                    principal: Principal::parse("arn:aws:iam::111122223333:user/a").unwrap(),
                    resource: "*".to_owned(),
                    resource_account: None,
                    action: "ec2:RunInstances".to_owned(),
                    context: request.context.clone(),
                };
                let named =
                    Request { action: layers_action(&layers).unwrap_or(request.action.clone()), ..request };
                decide(&alone, &named).outcome == Outcome::Allow
            };
            let (Matching::Only(texts) | Matching::AllBut(texts)) = statement.actions.clone();
            assert_ne!(asks(Matching::Only(texts.clone())), asks(Matching::AllBut(texts)), "seed {seed}");
        }
    }
}

/// Some action the layers name in full.
fn layers_action(layers: &Layers) -> Option<String> {
    let statements = layers.identity.iter().flat_map(|policy| &policy.statements);
    statements
        .flat_map(|statement| match &statement.actions {
            Matching::Only(texts) | Matching::AllBut(texts) => texts,
        })
        .find(|text| {
            text.contains(':') && !text.contains(['*', '?']) && !text.to_lowercase().starts_with("sts:get")
        })
        .cloned()
}

#[test]
fn whatever_is_allowed_can_be_and_whatever_can_be_is_allowed() {
    let mut counts = [0_u64; 4];
    for (seed, layers, request) in cases() {
        let engine = Engine::new(&layers);
        let query = Query {
            owner: request.owner(),
            caller_is_given: true,
            ..Query::new(&request.principal, &request.action)
        };
        let answer = engine.can(&query);
        if let Some(witness) = answer.witness() {
            let verdict = engine.decide(&Asked::new(witness));
            assert_eq!(verdict.outcome, Outcome::Allow, "seed {seed}: the witness is not allowed");
            assert!(can_be_about(&witness.action, &witness.resource), "seed {seed}: {}", witness.resource);
        }
        // A no must survive every request; the one of the case was made to be allowed.
        let outcome = engine.decide(&Asked::new(&request)).outcome;
        let fits = can_be_about(&request.action, &request.resource);
        if outcome == Outcome::Allow && fits {
            assert_ne!(answer, Answer::No, "seed {seed}: {request:?} is allowed");
        }
        counts[match answer {
            Answer::Yes(_) => 0,
            Answer::YesIf(..) => 1,
            Answer::No => 2,
            Answer::Unknown(_) => 3,
        }] += 1;
    }
    println!("yes, yes if, no, unknown: {counts:?}");
    assert!(counts.iter().all(|count| *count > CASES / 100), "{counts:?}");
}
