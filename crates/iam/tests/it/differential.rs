//! The engine against the slow evaluator, over random cases; and whether this would notice the engine's mistakes.

use crate::conformance;
use provost_iam::decide::{Asked, Engine};
use provost_iam::generate::{Case, Choices, Profile};
use provost_iam::layers::Layers;
use provost_iam::mutant::{self, Mutant};
use provost_iam::outcome::{Outcome, Verdict};
use provost_iam::request::Request;
use provost_iam::spec;

/// How many cases of each profile are compared.
const CASES: u64 = 12_000;

fn cases(profile: Profile, count: u64) -> impl Iterator<Item = (u64, Layers, Request)> {
    (0..count).map(move |seed| {
        let case = Case::generate(&profile, &mut Choices::from_seed(seed));
        let (layers, request) = case.read().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        (seed, layers, request)
    })
}

fn engine(layers: &Layers, request: &Request) -> Verdict {
    Engine::new(layers).decide(&Asked::new(request))
}

fn compare(profile: Profile, name: &str) {
    let mut wrong = Vec::new();
    let mut allowed = 0;
    for (seed, layers, request) in cases(profile, CASES) {
        let (ours, literal) = (engine(&layers, &request), spec::decide(&layers, &request));
        allowed += u64::from(ours.outcome == Outcome::Allow);
        if ours != literal {
            wrong.push(format!("seed {seed}: {ours:?}, literally {literal:?}"));
        }
    }
    assert!(wrong.is_empty(), "{name}: {} of {CASES} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(allowed * 100 >= CASES * 30, "{name}: only {allowed} of {CASES} are allowed");
    println!("{name}: {CASES} cases, {allowed} of them allowed, no difference");
}

#[test]
fn the_engine_is_the_slow_evaluator_where_aws_speaks() {
    compare(Profile::documented(), "documented");
}

#[test]
fn the_engine_is_the_slow_evaluator_in_all_it_can_meet() {
    compare(Profile::everything(), "everything");
}

#[test]
fn every_deliberate_mistake_is_noticed() {
    let both = [Profile::everything(), Profile::documented()];
    let random = both.into_iter().flat_map(|profile| cases(profile, CASES / 2));
    let written = conformance::cases(conformance::AWS).map(|(_, layers, request)| (0, layers, request));
    let known: Vec<(Layers, Request, Verdict)> = random
        .chain(written)
        .map(|(seed, layers, request)| {
            let literal = spec::decide(&layers, &request);
            assert_eq!(engine(&layers, &request), literal, "seed {seed}, without a mistake");
            (layers, request, literal)
        })
        .collect();
    let mut missed = Vec::new();
    for mistake in Mutant::ALL {
        let noticed = known.iter().position(|(layers, request, literal)| {
            mutant::with(*mistake, || engine(layers, request)) != *literal
        });
        match noticed {
            Some(after) => println!("{mistake:?}: noticed by case {after}"),
            None => missed.push(mistake),
        }
    }
    assert!(missed.is_empty(), "nobody noticed {missed:?}");
}
