//! The policy engine and the slow evaluator decide every case alike, and what can be is allowed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_iam::can::Query;
use provost_iam::decide::{Asked, Engine};
use provost_iam::generate::{Case, Choices, Profile};
use provost_iam::outcome::Outcome;
use provost_iam::spec;

fuzz_target!(|bytes: &[u8]| {
    let case = Case::generate(&Profile::everything(), &mut Choices::from_bytes(bytes));
    let (layers, request) = case.read().expect("a generated case can be read");
    let engine = Engine::new(&layers);
    let verdict = engine.decide(&Asked::new(&request));
    assert_eq!(verdict, spec::decide(&layers, &request), "{layers:?} {request:?}");
    let query = Query {
        owner: request.owner(),
        caller_is_given: true,
        ..Query::new(&request.principal, &request.action)
    };
    if let Some(witness) = engine.can(&query).witness() {
        assert_eq!(engine.decide(&Asked::new(witness)).outcome, Outcome::Allow, "{layers:?} {witness:?}");
    }
});
