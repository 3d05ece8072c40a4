//! Cases decided by AWS's documents, and those where AWS says nothing: the engine and the slow evaluator give
//! the answer each case cites.

use provost_iam::decide::{Asked, Engine};
use provost_iam::layers::Layers;
use provost_iam::outcome::{Outcome, Verdict};
use provost_iam::request::Request;
use provost_iam::scenario::{LayersText, RequestText};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    name: String,
    cites: String,
    #[serde(default)]
    layers: LayersText,
    request: RequestText,
    expect: String,
    by: Option<String>,
}

/// Decided by AWS's documents.
pub(crate) const AWS: &str = include_str!("../conformance/aws.ndjson");
const SILENT: &str = include_str!("../conformance/silent.ndjson");

/// The cases of one file, with their layers and requests.
pub(crate) fn cases(text: &'static str) -> impl Iterator<Item = (Case, Layers, Request)> {
    text.lines().map(|line| {
        let case: Case = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let mut find = |name: &str| Err(format!("`{name}` is no document"));
        let layers = case.layers.read(&mut find).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let request = case.request.read().unwrap_or_else(|error| panic!("{}: {error}", case.name));
        (case, layers, request)
    })
}

fn differences(text: &'static str, decide: impl Fn(&Layers, &Request) -> Verdict) -> Vec<String> {
    let mut wrong = Vec::new();
    for (case, layers, request) in cases(text) {
        let found = decide(&layers, &request);
        let blocked_by = found.blocked_by.map(|layer| layer.to_string());
        let same = found.outcome.as_str() == case.expect
            && case.by.as_ref().is_none_or(|by| blocked_by.as_ref() == Some(by));
        if !same {
            let Case { name, cites, expect, by, .. } = case;
            wrong.push(format!("{name} ({cites}): {expect} {by:?}, found {} {blocked_by:?}", found.outcome));
        }
    }
    wrong
}

fn check(text: &'static str, decide: impl Fn(&Layers, &Request) -> Verdict) {
    let wrong = differences(text, decide);
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn engine(layers: &Layers, request: &Request) -> Verdict {
    Engine::new(layers).decide(&Asked::new(request))
}

#[test]
fn the_engine_answers_as_aws_documents() {
    check(AWS, engine);
}

#[test]
fn the_engine_answers_as_we_chose_where_aws_is_silent() {
    check(SILENT, engine);
}

#[cfg(feature = "assurance")]
#[test]
fn the_slow_evaluator_answers_the_same() {
    check(AWS, provost_iam::spec::decide);
    check(SILENT, provost_iam::spec::decide);
}

#[test]
fn there_are_enough_cases_and_each_cites_its_source() {
    assert!(cases(AWS).count() >= 300);
    assert!(cases(SILENT).count() >= 40);
    for (case, ..) in cases(AWS).chain(cases(SILENT)) {
        assert!(case.cites.contains([':', ' ']), "{} cites `{}`", case.name, case.cites);
    }
    let outcomes: std::collections::BTreeSet<String> = cases(AWS).map(|(case, ..)| case.expect).collect();
    let all = [Outcome::Allow, Outcome::ExplicitDeny, Outcome::ImplicitDeny, Outcome::Undetermined];
    assert_eq!(outcomes, all.iter().map(|it| it.as_str().to_owned()).collect());
}
