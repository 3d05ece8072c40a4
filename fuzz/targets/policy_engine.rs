//! Any text that is a policy is looked over, understood and asked about, and the answers agree with each other.

#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_iam::Policy;
use provost_iam::can::Answer;
use provost_iam::decide::{Asked, Engine};
use provost_iam::facts::{Facts, Kind, Setting};
use provost_iam::layers::Layers;
use provost_iam::lint::{RULES, lint};
use provost_iam::locate::Located;
use provost_iam::outcome::Outcome;
use provost_iam::principal::Principal;
use provost_iam::request::{Context, Request};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let Ok(located) = Located::new(&text) else { return };
    let policy = &located.policy;
    for index in 0..policy.statements.len() {
        assert!(located.line_of(index) >= 1 && located.end_line_of(index) >= located.line_of(index));
    }
    for kind in [Kind::Identity, Kind::Resource, Kind::Trust] {
        for remark in lint(policy, kind) {
            assert!(RULES.iter().any(|rule| rule.id == remark.id), "`{}` is no rule", remark.id);
            assert!(remark.statement.is_none_or(|index| index < policy.statements.len()));
            assert!(!remark.message.is_empty(), "a remark without a message");
        }
    }
    let facts = Facts::of(policy, &Setting::default());
    decide(policy, &facts);
});

/// What the engine says of requests must be what it explains, and whatever it takes to be possible must be so.
fn decide(policy: &Policy, facts: &Facts) {
    let document = vec![policy.clone()];
    let layers = match facts.kind {
        Kind::Identity => Layers { identity: document, ..Layers::default() },
        Kind::Resource | Kind::Trust => Layers { resource: Some(document), ..Layers::default() },
    };
    let engine = Engine::new(&layers);
    let requests = [
        request("arn:aws:iam::111122223333:user/a", "iam:PutUserPolicy", "arn:aws:iam::111122223333:user/a"),
        request("arn:aws:iam::444455556666:role/b", "s3:GetObject", "arn:aws:s3:::bucket/key"),
        request("anonymous", "sts:AssumeRole", "arn:aws:iam::111122223333:role/c"),
    ];
    for request in requests.iter().flatten() {
        let asked = Asked::new(request);
        assert_eq!(engine.decide(&asked).outcome, engine.explain(&asked).outcome);
    }
    // An administrator's request is allowed by the document alone.
    if let (Kind::Identity, Answer::Yes(request)) = (facts.kind, &facts.grants_admin) {
        let outcome = engine.decide(&Asked::new(request)).outcome;
        assert!(matches!(outcome, Outcome::Allow), "{outcome:?} for an administrator");
    }
}

fn request(principal: &str, action: &str, resource: &str) -> Option<Request> {
    Some(Request {
        principal: Principal::parse(principal).ok()?,
        action: action.to_owned(),
        resource: resource.to_owned(),
        resource_account: Some("111122223333".to_owned()),
        context: Context::new(),
    })
}
