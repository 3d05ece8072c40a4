//! Statements, actions, resources, variables and the context: sections 2, 2.1, 2.2, 2.5 and 4 of the page.

use serde_json::{Value, json};

use super::{QUEUE, ROLE, USER, allow, answer, applies, ask, by, check, condition, deny, holds, policy};
use crate::spec::text::{Token, characters, glob};

#[test]
fn unknown_versions_make_statements_unknown() {
    let version = |version: Value| {
        let document = json!({"Version": version, "Statement":
            [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
        answer(json!({"identity": document}), ask(json!({})))
    };
    assert_eq!(version(json!("2012-10-17")), "implicit_deny identity");
    assert_eq!(version(json!("2008-10-17")), "implicit_deny identity");
    assert_eq!(version(Value::Null), "implicit_deny identity");
    assert_eq!(version(json!("2020-01-01")), "undetermined");
}

#[test]
fn actions() {
    let action = |more: Value| applies("Allow", more, &ask(json!({})));
    assert_eq!(action(json!({"Action": "SQS:send*"})), "true");
    assert_eq!(action(json!({"Action": "s?s:SendMess*ge"})), "true");
    assert_eq!(action(json!({"Action": ["sqs:SendMessageBatch", "sqs:"]})), "false");
    assert_eq!(action(json!({"Action": "sqs:${aws:username}*"})), "false");
    assert_eq!(action(json!({"Action": []})), "false");
    assert_eq!(action(json!({"NotAction": []})), "true");
    assert_eq!(action(json!({"NotAction": "sqs:*"})), "false");
    assert_eq!(action(json!({"NotAction": ["iam:*", "s3:*"]})), "true");
}

#[test]
fn resources_part_by_part() {
    let resource = |pattern: &str, resource: &str| {
        applies("Allow", json!({"Resource": pattern}), &ask(json!({"resource": resource})))
    };
    assert_eq!(resource("arn:aws:sqs:*:111122223333:j?bs", QUEUE), "true");
    assert_eq!(resource("arn:*:111122223333:jobs", QUEUE), "true");
    assert_eq!(resource("arn:aws:*:*:*:jobs", QUEUE), "true");
    assert_eq!(resource("arn:aws:sqs:*::jobs", QUEUE), "false");
    assert_eq!(resource("arn:aws:sqs:eu-west-1:111122223333:JOBS", QUEUE), "false");
    assert_eq!(resource("arn:aws:sqs", QUEUE), "false");
    assert_eq!(resource("*", QUEUE), "true");
    assert_eq!(resource("*", "*"), "true");
    assert_eq!(resource("arn:aws:sqs:*:*:*", "*"), "false");
    assert_eq!(
        resource("arn:aws:logs:*:*:log-group:*:x", "arn:aws:logs:r:111122223333:log-group:a:b:x"),
        "true"
    );
    // `*` does not reach across the end of a part.
    assert_eq!(resource("arn:aws:logs:*:g:*:x", "arn:aws:logs:r:111122223333:g:a:x"), "false");
    let request = ask(json!({}));
    assert_eq!(applies("Allow", json!({"NotResource": "arn:aws:s3:::*"}), &request), "true");
    assert_eq!(
        applies("Deny", json!({"NotResource": ["arn:aws:s3:::*", "arn:aws:sqs:*"]}), &request),
        "false"
    );
}

#[test]
fn a_missing_resource_element() {
    let bare = policy(json!({"Effect": "Allow", "Action": "sqs:*", "Principal": "*"}));
    check(json!({"resource": bare}), ask(json!({})), "allow");
    check(json!({"identity": allow(json!({})), "endpoint": bare}), ask(json!({})), "undetermined");
    let bare = policy(json!({"Effect": "Allow", "Action": "sqs:*"}));
    check(json!({"identity": bare}), ask(json!({})), "undetermined");
}

#[test]
fn hostile_globs_end() {
    let pattern: Vec<Token> =
        [Token::Star, Token::Written('a')].repeat(500).into_iter().chain([Token::Written('b')]).collect();
    assert!(!glob(&pattern, &characters(&"a".repeat(2_000))));
    assert!(glob(&[Token::Star, Token::Question, Token::Replaced('*')], &characters("ab*")));
    assert!(!glob(&[Token::Replaced('*')], &characters("a")));
}

#[test]
fn where_principals_have_no_say() {
    let named = allow(json!({"Principal": "*"}));
    let everything = allow(json!({}));
    check(json!({"identity": named}), ask(json!({})), "undetermined");
    check(json!({"identity": everything, "scps": [[named]]}), ask(json!({})), "undetermined");
    check(json!({"identity": everything, "boundary": named}), ask(json!({})), "undetermined");
    check(json!({"resource": everything}), ask(json!({})), "undetermined");
    check(json!({"identity": everything, "endpoint": everything}), ask(json!({})), "allow");
    check(json!({"identity": everything, "rcps": [[deny(json!({}))]]}), ask(json!({})), "undetermined");
    let rcp = deny(json!({"Principal": "*"}));
    check(json!({"identity": everything, "rcps": [[rcp]]}), ask(json!({})), "explicit_deny rcp[0]");
    let rcp = deny(json!({"Principal": {"AWS": USER}}));
    check(json!({"identity": everything, "rcps": [[rcp]]}), ask(json!({})), "undetermined");
}

#[test]
fn variables() {
    assert_eq!(holds("StringEquals", json!("${x:one}-${X:ONE}"), json!("one-one")), "true");
    assert_eq!(holds("StringEquals", json!("${x:none, 'a, b'}"), json!("a, b")), "true");
    assert_eq!(holds("StringEquals", json!("${x:many  ,'m'}"), json!("m")), "true");
    assert_eq!(holds("StringEquals", json!("${x:none,''}"), json!("")), "true");
    assert_eq!(holds("StringLike", json!("${*}${?}${$}{x}"), json!("*?${x}")), "true");
    assert_eq!(holds("StringLike", json!("${*}"), json!("a")), "false");
    // Wildcards that come out of a value are plain.
    assert_eq!(holds("StringLike", json!("${x:star}"), json!("a")), "false");
    assert_eq!(holds("StringLike", json!("${x:star}"), json!("*")), "true");
    assert_eq!(holds("StringEquals", json!("${x:one"), json!("${x:one")), "true");
}

#[test]
fn variables_without_a_value() {
    for text in ["${x:none}", "${x:many}", "a${x:none}"] {
        assert_eq!(condition("Allow", "StringEquals", json!(text), json!("a")), "false", "{text}");
        assert_eq!(condition("Allow", "StringNotEquals", json!(text), json!("a")), "unknown", "{text}");
        assert_eq!(condition("Deny", "StringEquals", json!(text), json!("a")), "unknown", "{text}");
        assert_eq!(condition("Deny", "StringNotLike", json!([text, "a"]), json!("a")), "false", "{text}");
    }
    assert_eq!(condition("Allow", "StringEquals", json!("${x:dark}"), json!("a")), "unknown");
    assert_eq!(condition("Allow", "StringEquals", json!("${x:dark, 'a'}"), json!("a")), "unknown");
    let request = ask(json!({}));
    let pattern = "arn:aws:sqs:eu-west-1:111122223333:${x:none}";
    assert_eq!(applies("Allow", json!({"Resource": pattern}), &request), "false");
    assert_eq!(applies("Deny", json!({"Resource": pattern}), &request), "unknown");
    assert_eq!(applies("Allow", json!({"NotResource": pattern}), &request), "unknown");
    assert_eq!(applies("Deny", json!({"NotResource": [pattern, "*"]}), &request), "false");
}

#[test]
fn variables_in_resources() {
    let resource = |pattern: &str, owner: &str| {
        applies("Allow", json!({"Resource": pattern}), &ask(json!({"context": {"x:o": owner}})))
    };
    assert_eq!(resource("arn:aws:sqs:eu-west-1:111122223333:${x:o}", "jobs"), "true");
    assert_eq!(resource("arn:aws:sqs:eu-west-1:111122223333:${x:o}", "*"), "false");
    assert_eq!(resource("arn:aws:sqs:eu-west-1:${aws:PrincipalAccount}:jobs", ""), "true");
    // Parts are split before: the colon of a value ends none.
    assert_eq!(resource("arn:aws:sqs:${x:o}:jobs", "eu-west-1:111122223333"), "true");
    assert_eq!(resource("arn:aws:sqs:${x:o}:jobs:", "eu-west-1:111122223333"), "false");
}

#[test]
fn older_versions_have_no_variables() {
    let document = |resource: &str| {
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": resource});
        json!({"identity": {"Version": "2008-10-17", "Statement": statement}})
    };
    let odd = ask(json!({"resource": "arn:aws:sqs:eu-west-1:111122223333:${x:o}"}));
    check(document("arn:aws:sqs:eu-west-1:111122223333:${x:o}"), odd.clone(), "allow");
    check(document("arn:aws:sqs:eu-west-1:111122223333:${*}"), odd, "allow");
}

#[test]
fn derived_keys() {
    let is = |key: &str, value: &str, request: Value| {
        applies("Allow", json!({"Condition": {"StringEquals": {key: value}}}), &request)
    };
    let session = by(json!({"role": ROLE, "session": "s1"}));
    assert_eq!(is("aws:PrincipalArn", ROLE, session.clone()), "true");
    assert_eq!(is("aws:PrincipalType", "AssumedRole", session.clone()), "true");
    assert_eq!(is("aws:PrincipalIsAWSService", "false", session.clone()), "true");
    assert_eq!(is("aws:username", "Dev", session), "false");
    assert_eq!(is("aws:username", "ann", ask(json!({}))), "true");
    assert_eq!(is("aws:userid", "AIDA", ask(json!({}))), "unknown");
    assert_eq!(is("aws:ResourceAccount", "111122223333", ask(json!({}))), "true");
    assert_eq!(is("aws:PrincipalTag/team", "a", ask(json!({}))), "false");
    // A given value goes before a derived one.
    let given = ask(json!({"context": {"aws:PrincipalArn": "x"}}));
    assert_eq!(is("aws:PrincipalArn", USER, given), "false");
}
