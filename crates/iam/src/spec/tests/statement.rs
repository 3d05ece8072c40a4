//! Statements, actions, resources, variables and the context: sections 2, 2.1, 2.2, 2.5 and 4 of the page.

use serde_json::{Value, json};

use super::{QUEUE, ROLE, USER, allow, applies, ask, by, check, condition, deny, holds, policy};
use crate::spec::text::{Token, characters, glob};

#[test]
fn unknown_versions_make_statements_unknown() {
    let document = |version: Value, mut statement: Value| {
        let fields = statement.as_object_mut().unwrap();
        for (name, value) in [("Effect", "Allow"), ("Action", "sqs:*"), ("Resource", "*")] {
            fields.entry(name).or_insert(json!(value));
        }
        json!({"Version": version, "Statement": statement})
    };
    for known in [json!("2012-10-17"), json!("2008-10-17"), Value::Null] {
        check(json!({"identity": document(known, json!({}))}), ask(json!({})), "allow");
    }
    let unknown = |statement: Value| document(json!("2020-01-01"), statement);
    check(json!({"identity": unknown(json!({}))}), ask(json!({})), "undetermined");
    let denying = json!([allow(json!({})), unknown(json!({"Effect": "Deny"}))]);
    check(json!({"identity": denying}), ask(json!({})), "undetermined");
    // What is about something else stays so.
    for other in [
        json!({"Action": "s3:*"}),
        json!({"Resource": "arn:aws:s3:::b"}),
        json!({"Condition": {"StringEquals": {"aws:username": "bob"}}}),
    ] {
        check(json!({"identity": unknown(other)}), ask(json!({})), "implicit_deny identity");
    }
    let resource = |principal: &str| json!({"resource": unknown(json!({"Principal": {"AWS": principal}}))});
    check(resource(USER), ask(json!({})), "undetermined");
    check(resource(ROLE), ask(json!({})), "implicit_deny identity");
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
fn resources_as_whole_texts() {
    let resource = |pattern: &str, resource: &str| {
        let owned = json!({"resource": resource, "resource_account": "111122223333"});
        applies("Allow", json!({"Resource": pattern}), &ask(owned))
    };
    assert_eq!(resource("arn:aws:sqs:*:111122223333:j?bs", QUEUE), "true");
    assert_eq!(resource("*:111122223333:jobs", QUEUE), "true");
    assert_eq!(resource("arn:aws:*:*:*:jobs", QUEUE), "true");
    assert_eq!(resource("arn:aws:sqs:*::jobs", QUEUE), "false");
    assert_eq!(resource("arn:aws:sqs:eu-west-1:111122223333:JOBS", QUEUE), "false");
    assert_eq!(resource("*:jobs", QUEUE), "true");
    assert_eq!(resource("jobs", QUEUE), "false");
    assert_eq!(resource("*", QUEUE), "true");
    assert_eq!(resource("*", "*"), "true");
    assert_eq!(resource("arn:aws:sqs:*:*:*", "*"), "false");
    assert_eq!(
        resource("arn:aws:logs:*:*:log-group:*:x", "arn:aws:logs:r:111122223333:log-group:a:b:x"),
        "true"
    );
    // `*` and `?` run over colons.
    assert_eq!(resource("arn:aws:logs:*:g:*:x", "arn:aws:logs:r:111122223333:g:a:x"), "true");
    assert_eq!(resource("arn:aws:s?s:e*3:jobs:?", "arn:aws:s:s:eu-west-1:111122223333:jobs:x"), "true");
    assert_eq!(resource("arn:aws:s?s:e*3:jobs:?", QUEUE), "false");
    let request = ask(json!({}));
    assert_eq!(applies("Allow", json!({"NotResource": "arn:aws:s3:::*"}), &request), "true");
    assert_eq!(
        applies("Deny", json!({"NotResource": ["arn:aws:s3:::*", "arn:aws:sqs:*"]}), &request),
        "false"
    );
}

#[test]
fn incomplete_arns_are_completed() {
    let resource = |pattern: &str, resource: &str| {
        applies(
            "Allow",
            json!({"Resource": pattern}),
            &ask(
                json!({"resource": resource, "resource_account": "111122223333", "context": {"x:c": "r:1"}}),
            ),
        )
    };
    for short in ["arn:*", "arn:aws", "arn:aws:sqs", "arn:aws:s*", "arn:aws:sqs:eu-*-1:*"] {
        assert_eq!(resource(short, QUEUE), "true", "{short}");
    }
    for short in ["arn:aws:s3", "arn:aws:sq", "arn:", "ARN:aws", "sqs", "arn:*:111122223333:jobs"] {
        assert_eq!(resource(short, QUEUE), "false", "{short}");
    }
    // What is added has its own colon.
    assert_eq!(resource("arn:aws:sqs:r:1", "arn:aws:sqs:r:1"), "false");
    assert_eq!(resource("arn:aws:sqs:r:1", "arn:aws:sqs:r:1:x"), "true");
    assert_eq!(resource("arn:aws:sqs:r:1:", "arn:aws:sqs:r:1:x"), "false");
    assert_eq!(resource("arn*", "arn"), "true");
    assert_eq!(resource("arn:*", "*"), "false");
    // Colons of a variable's name, default or value do not count.
    assert_eq!(resource("arn:aws:sqs:${x:c}", "arn:aws:sqs:r:1:x:y"), "true");
    assert_eq!(resource("arn:aws:sqs:${x:c}", "arn:aws:sqs:r:1"), "false");
    assert_eq!(resource("arn:aws:sqs:${x:none, 'r:1:'}", "arn:aws:sqs:r:1::x:y"), "true");
    let request = ask(json!({}));
    assert_eq!(applies("Deny", json!({"NotResource": ["arn:aws:s3", "arn:aws:sqs"]}), &request), "false");
    assert_eq!(applies("Deny", json!({"NotResource": "arn:aws:s3"}), &request), "true");
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
    let (named, everything) = (allow(json!({"Principal": "*"})), allow(json!({})));
    check(json!({"identity": named}), ask(json!({})), "undetermined");
    let mine = allow(json!({"Principal": {"AWS": USER}}));
    check(json!({"identity": mine}), ask(json!({})), "undetermined");
    let anothers = allow(json!({"Principal": {"AWS": ROLE}}));
    check(json!({"identity": anothers}), ask(json!({})), "implicit_deny identity");
    check(json!({"identity": everything, "scps": [[anothers]]}), ask(json!({})), "implicit_deny scp[0]");
    check(json!({"identity": everything, "scps": [[named]]}), ask(json!({})), "undetermined");
    check(json!({"identity": everything, "boundary": named}), ask(json!({})), "undetermined");
    check(json!({"resource": everything}), ask(json!({})), "undetermined");
    check(json!({"identity": everything, "endpoint": everything}), ask(json!({})), "allow");
    check(json!({"identity": everything, "rcps": [[deny(json!({}))]]}), ask(json!({})), "undetermined");
    let rcp = deny(json!({"Principal": "*"}));
    check(json!({"identity": everything, "rcps": [[rcp]]}), ask(json!({})), "explicit_deny rcp[0]");
    let rcp = deny(json!({"Principal": {"AWS": "*"}}));
    check(json!({"identity": everything, "rcps": [[rcp]]}), ask(json!({})), "explicit_deny rcp[0]");
    let rcp = |statement: Value| json!({"identity": everything, "rcps": [[deny(statement)]]});
    for refused in [
        json!({"Principal": {"AWS": USER}}),
        json!({"Principal": {"AWS": ["*", USER]}}),
        json!({"Principal": {"CanonicalUser": "*"}}),
        json!({"NotPrincipal": {"AWS": ROLE}}),
    ] {
        let mut elsewhere = refused.clone();
        elsewhere.as_object_mut().unwrap().insert("Action".to_owned(), json!("s3:*"));
        check(rcp(refused), ask(json!({})), "undetermined");
        check(rcp(elsewhere), ask(json!({})), "allow");
    }
    for anothers in [json!({"AWS": ROLE}), json!({"Service": "*"}), json!({"AWS": []})] {
        check(rcp(json!({"Principal": anothers})), ask(json!({})), "allow");
    }
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
    for (text, negated_in_a_deny) in [
        ("${x:none}", "true"),
        ("a${x:none}", "true"),
        ("${x:many}", "unknown"),
        ("${x:none}${x:many}", "unknown"),
    ] {
        assert_eq!(condition("Allow", "StringEquals", json!(text), json!("a")), "false", "{text}");
        assert_eq!(condition("Allow", "StringNotEquals", json!(text), json!("a")), "unknown", "{text}");
        assert_eq!(condition("Deny", "StringEquals", json!(text), json!("a")), "unknown", "{text}");
        assert_eq!(
            condition("Deny", "StringNotEquals", json!(text), json!("a")),
            negated_in_a_deny,
            "{text}"
        );
        assert_eq!(condition("Deny", "StringNotLike", json!([text, "a"]), json!("a")), "false", "{text}");
        assert_eq!(
            condition("Deny", "ForAnyValue:StringNotLike", json!(text), json!(["a", "b"])),
            negated_in_a_deny,
            "{text}"
        );
        let resource = json!({"NotResource": format!("arn:aws:sqs:eu-west-1:111122223333:{text}")});
        let request = ask(json!({"context": {"x:many": ["jobs", "b"]}}));
        assert_eq!(applies("Deny", resource.clone(), &request), negated_in_a_deny, "{text}");
        assert_eq!(applies("Allow", resource, &request), "unknown", "{text}");
    }
    assert_eq!(condition("Deny", "StringNotEquals", json!("${x:dark}"), json!("a")), "unknown");
    assert_eq!(condition("Deny", "StringNotEquals", json!("${x:none}${x:dark}"), json!("a")), "unknown");
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
    // The whole text is compared, whatever colons a value has.
    assert_eq!(resource("*:${x:o}:jobs", "eu-west-1:111122223333"), "true");
    assert_eq!(resource("${x:o}:jobs", "arn:aws:sqs:eu-west-1:111122223333"), "true");
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
