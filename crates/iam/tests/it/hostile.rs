//! Documents made to hurt: huge, deep, repetitive, full of wildcards. Each is answered, and answered right.
//!
//! Nothing here looks at a clock. That the tests come to an end is what they are for.

use provost_iam::decide::{Asked, Engine};
use provost_iam::facts::{Facts, Kind, Setting};
use provost_iam::layers::Layers;
use provost_iam::lint::{Remark, lint};
use provost_iam::locate::Located;
use provost_iam::outcome::Outcome;
use provost_iam::principal::Principal;
use provost_iam::request::{Context, Request};
use provost_iam::{Policy, PolicyError};
use serde_json::{Value, json};

/// `*a*a*a...*a`: what a naive matcher needs ages for.
fn stars(count: usize) -> String {
    "*a".repeat(count)
}

fn list(count: usize, item: impl Fn(usize) -> String) -> Value {
    (0..count).map(|index| Value::String(item(index))).collect()
}

fn statement(effect: &str, action: &Value, resource: &Value, condition: Value) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": resource, "Condition": condition})
}

fn document(statements: Vec<Value>) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What a document came to.
struct Found {
    policy: Policy,
    outcome: Outcome,
    remarks: Vec<Remark>,
}

impl Found {
    fn ids(&self) -> Vec<&'static str> {
        let mut ids: Vec<_> = self.remarks.iter().map(|remark| remark.id).collect();
        ids.dedup();
        ids
    }

    fn facts(&self) -> Facts {
        Facts::of(&self.policy, &Setting::default())
    }
}

/// Parses a document, looks it over, and decides whether a user may put a policy on itself.
fn run(document: &Value) -> Found {
    let located = Located::new(&document.to_string()).unwrap();
    let policy = located.policy;
    let remarks = lint(&policy, Kind::of(&policy));
    let layers = match Kind::of(&policy) {
        Kind::Identity => Layers { identity: vec![policy.clone()], ..Layers::default() },
        Kind::Resource | Kind::Trust => Layers { resource: Some(vec![policy.clone()]), ..Layers::default() },
    };
    let mut context = Context::new();
    context.set_value("aws:PrincipalTag/team", &"a".repeat(200));
    context.set_value("aws:SourceIp", "192.0.2.1");
    let request = Request {
        principal: Principal::parse("arn:aws:iam::111122223333:user/somebody").unwrap(),
        action: "iam:PutUserPolicy".to_owned(),
        resource: format!("arn:aws:iam::111122223333:user/{}", "a".repeat(60)),
        resource_account: None,
        context,
    };
    let engine = Engine::new(&layers);
    let asked = Asked::new(&request);
    let outcome = engine.decide(&asked).outcome;
    assert_eq!(engine.explain(&asked).outcome, outcome);
    Found { policy, outcome, remarks }
}

#[test]
fn ten_megabytes_are_read() {
    let any = json!("*");
    let id = json!({"Version": "2012-10-17", "Id": "x".repeat(10_000_000),
        "Statement": statement("Allow", &any, &any, json!({}))});
    let found = run(&id);
    assert_eq!(found.outcome, Outcome::Allow);
    assert_eq!(found.facts().grants_admin.as_str(), "yes");
    assert_eq!(found.ids(), ["too-large"]);
    let name = json!(format!("arn:aws:iam::111122223333:user/{}", "a".repeat(10_000_000)));
    let found = run(&document(vec![statement("Allow", &any, &name, json!({}))]));
    assert_eq!(found.outcome, Outcome::ImplicitDeny);
    let resources = list(100_000, |index| format!("arn:aws:iam::111122223333:user/{index:0>70}"));
    let text = document(vec![statement("Allow", &any, &resources, json!({}))]);
    assert!(text.to_string().len() > 10_000_000);
    assert_eq!(run(&text).outcome, Outcome::ImplicitDeny);
}

#[test]
fn ten_thousand_statements_are_decided() {
    let (iam, any) = (json!("iam:*"), json!("*"));
    let last = |last: Value, statement: &dyn Fn(usize) -> Value| {
        document((0..10_000).map(statement).chain([last]).collect())
    };
    let user = |index: usize| json!(format!("arn:aws:iam::*:user/u{index}"));
    let allow = statement("Allow", &any, &any, json!({}));
    let found = run(&last(allow.clone(), &|_| statement("Allow", &json!("s3:*"), &any, json!({}))));
    assert_eq!(found.outcome, Outcome::Allow);
    assert!(found.ids().contains(&"not-everything-looked-at"), "{:?}", found.ids());
    let found = run(&last(allow.clone(), &|index| statement("Deny", &iam, &user(index), json!({}))));
    assert_eq!(found.outcome, Outcome::Allow);
    let deny = statement("Deny", &any, &any, json!({}));
    let found = run(&last(deny, &|index| statement("Allow", &iam, &user(index), json!({}))));
    assert_eq!(found.outcome, Outcome::ExplicitDeny);
    let conditional = |index: usize| {
        let condition = json!({"StringEquals": {format!("aws:PrincipalTag/t{index}"): "x"}});
        statement("Deny", &any, &any, condition)
    };
    assert_eq!(run(&last(allow, &conditional)).outcome, Outcome::Allow);
}

#[test]
fn globs_of_many_stars_are_compared() {
    let (iam, any) = (json!("iam:*"), json!("*"));
    for count in [5, 50, 100_000] {
        let (matching, missing) = (format!("{}*", stars(count)), format!("{}b", stars(count)));
        let expect = if count <= 50 { Outcome::Allow } else { Outcome::ImplicitDeny };
        let user = |glob: &str| json!(format!("arn:aws:iam::*:user/{glob}"));
        let check = |document: Value, expect: Outcome| assert_eq!(run(&document).outcome, expect, "{count}");
        check(document(vec![statement("Allow", &iam, &user(&matching), json!({}))]), expect);
        check(document(vec![statement("Allow", &iam, &user(&missing), json!({}))]), Outcome::ImplicitDeny);
        let tag = |glob: &str| json!({"StringLike": {"aws:PrincipalTag/team": glob}});
        check(document(vec![statement("Allow", &iam, &any, tag(&matching))]), expect);
        check(document(vec![statement("Allow", &iam, &any, tag(&missing))]), Outcome::ImplicitDeny);
        let actions = json!([format!("iam:{missing}"), missing, "iam:*u*t*u*s*e*r*p*o*l*i*c*y*"]);
        let found = run(&document(vec![statement("Allow", &actions, &any, json!({}))]));
        assert_eq!(found.outcome, Outcome::Allow);
        assert_eq!(found.facts().grants_admin.as_str(), "yes");
        assert!(found.ids().contains(&"unknown-action"), "{:?}", found.ids());
    }
}

#[test]
fn a_hundred_thousand_values_are_compared() {
    let (iam, any) = (json!("iam:*"), json!("*"));
    let check = |operator: &str, key: &str, item: &dyn Fn(usize) -> String, expect: Outcome| {
        let condition = json!({operator: {key: list(100_000, item)}});
        let found = run(&document(vec![statement("Allow", &iam, &any, condition)]));
        assert_eq!(found.outcome, expect, "{operator}");
    };
    let tag = "aws:PrincipalTag/team";
    check("StringEquals", tag, &|index| format!("v{index}"), Outcome::ImplicitDeny);
    check("StringNotEquals", tag, &|index| format!("v{index}"), Outcome::Allow);
    check("StringLike", tag, &|index| format!("v*{index}*"), Outcome::ImplicitDeny);
    let address = |index: usize| format!("10.{}.{}.{}/32", index >> 16, index >> 8 & 255, index & 255);
    check("NotIpAddress", "aws:SourceIp", &address, Outcome::Allow);
    // What cannot be read is remarked on, and not a hundred thousand times.
    let condition = json!({"IpAddress": {"aws:SourceIp": list(100_000, |index| index.to_string())}});
    let found = run(&document(vec![statement("Allow", &iam, &any, condition)]));
    assert_eq!(found.outcome, Outcome::Undetermined);
    assert_eq!(found.remarks.iter().filter(|it| it.id == "unreadable-value").count(), 11);
}

#[test]
fn a_hundred_thousand_names_are_looked_up() {
    let any = json!("*");
    let actions = list(100_000, |index| format!("s3:NoSuchAction{index}"));
    let found = run(&document(vec![statement("Allow", &actions, &any, json!({}))]));
    assert_eq!(found.outcome, Outcome::ImplicitDeny);
    assert_eq!(found.remarks.iter().filter(|it| it.id == "unknown-action").count(), 11);
    let patterns = list(100_000, |index| format!("s3:*{index}*"));
    let not = json!({"Effect": "Allow", "NotAction": patterns, "Resource": "*"});
    let found = run(&document(vec![not]));
    assert_eq!(found.outcome, Outcome::Allow);
    assert!(found.ids().contains(&"not-everything-looked-at"), "{:?}", found.ids());
    let principals = list(100_000, |index| format!("{index:012}"));
    let bucket = json!({"Effect": "Allow", "Principal": {"AWS": principals}, "Action": "s3:*",
        "Resource": "arn:aws:s3:::b/*"});
    assert_eq!(run(&document(vec![bucket])).outcome, Outcome::ImplicitDeny);
}

#[test]
fn nesting_without_end_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [10_000, 1_000_000] {
            let nested = format!("{}0{}", open.repeat(depth), close.repeat(depth));
            let inside = format!("{{\n\"Statement\":{nested}}}");
            assert_eq!(Policy::parse(&inside), Err(PolicyError::TooDeep { line: 2 }));
            assert_eq!(Policy::parse(&nested), Err(PolicyError::TooDeep { line: 1 }));
            // Also where it is cut off, or behind an encoding.
            assert_eq!(Policy::parse(&open.repeat(depth)), Err(PolicyError::TooDeep { line: 1 }));
            let wrapped = serde_json::to_string(&nested).unwrap();
            assert_eq!(Policy::parse(&wrapped), Err(PolicyError::TooDeep { line: 1 }));
        }
    }
}

#[test]
fn what_is_wrapped_again_and_again_is_refused() {
    let mut text = "{\"Statement\":[]}".to_owned();
    for _ in 0..12 {
        text = serde_json::to_string(&text).unwrap();
    }
    let error = Policy::parse(&text).unwrap_err();
    assert_eq!(error.to_string(), "not a policy document: it is wrapped in strings too often");
    let mut keys: Vec<String> = (0..300_000).map(|index| format!("\"{index}\":0")).collect();
    keys.push("\"7\":1".to_owned());
    let error = Policy::parse(&format!("{{\"Statement\":[],{}}}", keys.join(",\n"))).unwrap_err();
    assert_eq!(error, PolicyError::Twice { path: "7".to_owned(), line: 300_001 });
}

/// Asks for the facts too. Unknown is an answer; the opposite of the truth is none.
fn admin(document: &Value) -> &'static str {
    run(document).facts().grants_admin.as_str()
}

#[test]
fn ten_thousand_statements_have_facts() {
    let (iam, any) = (json!("iam:*"), json!("*"));
    let many = |effect: &str, count: usize, about: &dyn Fn(usize) -> (Value, Value)| {
        let one = |index: usize| {
            let (resource, condition) = about(index);
            statement(effect, &iam, &resource, condition)
        };
        let allow = statement("Allow", &json!(if effect == "Deny" { "*" } else { "s3:*" }), &any, json!({}));
        document((0..count).map(one).chain([allow]).collect())
    };
    let user = |index: usize| json!(format!("arn:aws:iam::111122223333:user/u{index}"));
    assert_ne!(admin(&many("Deny", 10_000, &|index| (user(index), json!({})))), "no");
    let one_key = |index: usize| json!({"StringEquals": {"aws:PrincipalTag/team": format!("v{index}")}});
    assert_ne!(admin(&many("Deny", 10_000, &|index| (any.clone(), one_key(index)))), "no");
    let many_keys = |index: usize| json!({"StringEquals": {format!("aws:PrincipalTag/t{index}"): "v"}});
    assert_ne!(admin(&many("Deny", 10_000, &|index| (any.clone(), many_keys(index)))), "no");
    // Who can make a user and do anything with it is an administrator.
    assert_ne!(admin(&many("Allow", 10_000, &|index| (user(index), json!({})))), "no");
    // Thirty statements of thirty conditions each have more ways to fail than anybody can look at.
    let thirty = |index: usize| {
        let tags =
            (0..30).map(|at| (format!("aws:PrincipalTag/t{}", (index * 7 + at * 3) % 100), json!("v")));
        json!({"StringEquals": Value::Object(tags.collect())})
    };
    assert_ne!(admin(&many("Deny", 30, &|index| (any.clone(), thirty(index)))), "no");
}

#[test]
fn globs_of_many_stars_have_facts() {
    let (iam, any) = (json!("iam:*"), json!("*"));
    let user = |glob: &str| json!(format!("arn:aws:iam::*:user/{glob}"));
    for count in [50, 100_000] {
        let glob = format!("{}b", stars(count));
        let allow = statement("Allow", &iam, &user(&glob), json!({}));
        assert_ne!(admin(&document(vec![allow.clone()])), "no", "{count}");
        let deny = statement("Deny", &any, &user(&format!("*{glob}c")), json!({}));
        assert_ne!(admin(&document(vec![allow, deny])), "no", "{count}");
        let tag = json!({"StringLike": {"aws:PrincipalTag/team": glob}});
        let deny = json!({"StringLike": {"aws:PrincipalTag/team": "*z*"}});
        let tagged = document(vec![statement("Allow", &iam, &any, tag), statement("Deny", &iam, &any, deny)]);
        assert_ne!(admin(&tagged), "no", "{count}");
    }
    let variables: String = (0..1_000).map(|index| format!("${{aws:PrincipalTag/t{index}}}*")).collect();
    let _ = admin(&document(vec![statement("Allow", &iam, &user(&variables), json!({}))]));
}

#[test]
fn a_hundred_thousand_values_have_facts() {
    let (iam, any) = (json!("iam:*"), json!("*"));
    let tag = json!({"StringEquals": {"aws:PrincipalTag/team": list(100_000, |index| format!("v{index}"))}});
    let never =
        document(vec![statement("Allow", &iam, &any, tag.clone()), statement("Deny", &iam, &any, tag)]);
    assert_ne!(admin(&never), "yes");
    let resources = list(100_000, |index| format!("arn:aws:iam::111122223333:user/{index:0>70}"));
    assert_ne!(admin(&document(vec![statement("Allow", &any, &resources, json!({}))])), "no");
    let name = json!(format!("arn:aws:iam::111122223333:user/{}", "a".repeat(10_000_000)));
    assert_ne!(admin(&document(vec![statement("Allow", &any, &name, json!({}))])), "no");
    let not = list(100_000, |index| format!("s3:*{index}*"));
    let all_but = json!({"Effect": "Allow", "NotAction": not, "Resource": "*"});
    assert_ne!(admin(&document(vec![all_but])), "no");
    let principals = list(100_000, |index| format!("{index:012}"));
    let bucket = json!({"Effect": "Allow", "Principal": {"AWS": principals}, "Action": "s3:*",
        "Resource": "arn:aws:s3:::b/*"});
    assert_ne!(run(&document(vec![bucket])).facts().trust.answer.as_str(), "no");
}
