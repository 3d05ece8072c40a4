use proptest::prelude::*;
use serde_json::{Value, json};

use super::{LogFilterError, parse};

fn check(pattern: &str, event: Value, expect: bool) {
    let filter = parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    assert_eq!(filter.matches(&event), expect, "{pattern} of {event}");
}

fn refused(pattern: &str, expect: &str) {
    assert_eq!(parse(pattern).unwrap_err().to_string(), expect, "{pattern}");
}

#[test]
fn nothing_asked_is_everything() {
    for pattern in ["", " ", "\n"] {
        check(pattern, json!({}), true);
    }
}

#[test]
fn selectors() {
    let event = json!({
        "a": {"b": ["x", {"c": 2}], "d-e_f": "y"},
        "a.b": "dotted",
        "matrix": [["p", "q"]],
        "n": null,
    });
    let holds = |pattern| check(pattern, event.clone(), true);
    let fails = |pattern| check(pattern, event.clone(), false);
    holds(r#"{ $.a.b[0] = "x" }"#);
    holds("{ $.a.b[1].c = 2 }");
    holds("{ $.a.d-e_f = y }");
    holds("{ $.['a.b'] = dotted }");
    holds("{ $.matrix[0][1] = q }");
    holds("{ $.a.b[*] = x }");
    holds("{ $.a.b[*].c > 1 }");
    holds("{ $.a.* = y }");
    fails("{ $.a.b[2] = x }");
    fails("{ $.a.b = x }");
    fails("{ $.a.b[*] = z }");
    fails("{ $.b = x }");
    fails("{ $.a.b.c = 2 }");
    holds("{ $.n.m NOT EXISTS }");
    holds("{ $.a.b[7] NOT EXISTS }");
}

#[test]
fn what_is_null_is_there_and_equals_nothing() {
    let holds = |pattern| check(pattern, json!({"p": null}), true);
    let fails = |pattern| check(pattern, json!({"p": null}), false);
    holds("{ $.p IS NULL }");
    holds("{ $.p EXISTS }");
    fails("{ $.p NOT EXISTS }");
    fails(r#"{ $.p != "A*" }"#);
    fails(r#"{ $.p = "*" }"#);
    fails("{ $.p != 1 }");
}

#[test]
fn what_is_missing_is_not_even_different() {
    let holds = |pattern| check(pattern, json!({}), true);
    let fails = |pattern| check(pattern, json!({}), false);
    holds("{ $.p NOT EXISTS }");
    fails("{ $.p EXISTS }");
    fails("{ $.p IS NULL }");
    fails(r#"{ $.p != "x" }"#);
    fails("{ $.p != 1 }");
    fails("{ $.p != %x% }");
    fails("{ $.p IS FALSE }");
}

/// As `aws logs test-metric-filter` answered somebody on 2026-09-30.
#[test]
fn whoever_is_not_one_of_two() {
    let pattern = r#"{ ($.p NOT EXISTS) || ($.p IS NULL) || (($.p != "A*") && ($.p != "D*")) }"#;
    for event in [json!({}), json!({"p": null}), json!({"p": ""}), json!({"p": 42}), json!({"p": "Eve"})] {
        check(pattern, event, true);
    }
    for event in [json!({"p": "A"}), json!({"p": "A:api"}), json!({"p": "D:director"})] {
        check(pattern, event, false);
    }
}

#[test]
fn text() {
    let case = |operand: &str, value: Value, equal: bool, unequal: bool| {
        check(&format!("{{$.a={operand}}}"), json!({"a": value}), equal);
        check(&format!("{{ $.a != {operand} }}"), json!({"a": value}), unequal);
    };
    case("foo", json!("foo"), true, false);
    case("foo", json!("FOO"), false, true);
    case("\"foo\"", json!("foobar"), false, true);
    case("foo*", json!("foobar"), true, false);
    case("\"*bar\"", json!("foobar"), true, false);
    case("\"f*o*r\"", json!("foobar"), true, false);
    case("\"foo*oobar\"", json!("foobar"), false, true);
    case("\"a*a\"", json!("a"), false, true);
    case("\"**\"", json!(""), true, false);
    case("10.0.0.*", json!("10.0.0.1"), true, false);
    case("iam.amazonaws.com", json!("iam.amazonaws.com"), true, false);
    case(r#""say \"*\" \\""#, json!("say \"hi\" \\"), true, false);
    case("\"ü*\"", json!("über"), true, false);
    // Whether there is a value at all.
    case("*", json!(0), true, false);
    case("\"*\"", json!(false), true, false);
    case("*", json!({}), false, false);
    // Kinds that AWS does not say how to compare: neither holds.
    case("\"42\"", json!(42), false, false);
    case("true", json!(true), false, false);
    case("42", json!("42"), false, false);
    case("foo", json!(["foo"]), false, false);
}

#[test]
fn numbers() {
    let case = |test: &str, value: Value, expect: bool| {
        check(&format!("{{ $.a {test} }}"), json!({"a": value}), expect);
    };
    case("= 404", json!(404), true);
    case("= 404", json!(404.0), true);
    case("!= 404", json!(404), false);
    case("!= 404", json!(405), true);
    case("> 0.5", json!(1), true);
    case(">= 1", json!(1), true);
    case("< -1", json!(-2), true);
    case("<= 1e3", json!(1000), true);
    case("> 1", json!(1), false);
    case("> 1", json!("2"), false);
}

#[test]
fn regular_expressions() {
    let case = |test: &str, value: Value, expect: bool| {
        check(&format!("{{ $.a {test} }}"), json!({"a": value}), expect);
    };
    case("= %Trail%", json!("UpdateTrail"), true);
    case("= %^Trail%", json!("UpdateTrail"), false);
    case(r"= %^10\.10\.[0-9]{1,3}\.\d+$%", json!("10.10.7.12"), true);
    case("!= %Trail%", json!("UpdateTrail"), false);
    case("!= %Trail%", json!("CreateUser"), true);
    case("!= %Trail%", json!(1), false);
    case(r"= %a\x3Ab|c%", json!("a:b"), true);
    case("= %[^a-c]-%", json!("d-"), true);
    for (pattern, what) in [
        ("%(ab)+%", "a character in a regular expression that AWS does not document"),
        ("%é%", "a character in a regular expression that AWS does not document"),
        ("%a+?%", "a repetition of a repetition in a regular expression"),
        ("%a{2}{3}%", "a repetition of a repetition in a regular expression"),
        ("%[[a]%", "a class within a class in a regular expression"),
        ("%[]a]%", "an empty class in a regular expression"),
        ("%[^]a]%", "an empty class in a regular expression"),
        ("%[a--b]%", "`--` in a class of a regular expression"),
        (r"%\pL%", "an escape in a regular expression that AWS does not document"),
        (r"%\xZZ%", "an escape in a regular expression that AWS does not document"),
        ("%[z-a]%", "a regular expression of another dialect"),
        ("%a{999}{%", "a repetition of a repetition in a regular expression"),
        ("%w{99999}%", "a regular expression of another dialect"),
        ("%%", "an empty regular expression"),
    ] {
        let expect = format!("the filter pattern has {what}, which is not evaluated here");
        refused(&format!("{{ $.a = {pattern} }}"), &expect);
    }
}

#[test]
fn and_binds_tighter_than_or() {
    let event = json!({"a": 1, "b": 2, "c": 3});
    check("{ $.a = 1 || $.b = 0 && $.c = 0 }", event.clone(), true);
    check("{ ($.a = 1 || $.b = 0) && $.c = 0 }", event.clone(), false);
    check("{($.a=0)||(($.b=2)&&($.c=3))}", event.clone(), true);
    check("  {\n$.a = 1\t&&\n$.c != 2 }\n", event, true);
}

#[test]
fn booleans() {
    check("{ $.a IS TRUE }", json!({"a": true}), true);
    check("{ $.a IS FALSE }", json!({"a": false}), true);
    check("{ $.a IS TRUE }", json!({"a": "true"}), false);
    check("{ $.a IS FALSE }", json!({"a": null}), false);
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    let syntax = |pattern: &str, at: usize, expected: &'static str| {
        assert_eq!(parse(pattern).unwrap_err(), LogFilterError::Syntax { at, expected }, "{pattern}");
    };
    syntax("{}", 2, "a selector (`$.`), or `(`");
    syntax("{ $.a = 1", 10, "`}`, `&&` or `||`");
    syntax("{ $.a = 1 } x", 13, "nothing more");
    syntax("{ $.a == 1 }", 8, "text, a number or `%`");
    syntax("{ $.a = 1 AND $.b = 2 }", 11, "`}`, `&&` or `||`");
    syntax("{ ($.a = 1 }", 12, "`)`, `&&` or `||`");
    syntax("{ $.a = \"x }", 13, "`\"`");
    syntax("{ $.a = %x }", 13, "`%`");
    syntax("{ $.a is null }", 7, "a comparison, `IS` or `NOT EXISTS`");
    syntax("{ $.a IS NOTHING }", 10, "`NULL`, `TRUE` or `FALSE`");
    syntax("{ $.a NOT NULL }", 11, "`EXISTS`");
    syntax("{ $ = 1 }", 4, "`.`");
    syntax("{ $.[0] = 1 }", 5, "the name of a member");
    syntax("{ $.a[-1] = 1 }", 7, "an index or `*`");
    syntax("{ $.ü = 1 }", 5, "the name of a member");
    syntax("{ $.a[99999999999999999999] = 1 }", 27, "an index or `*`");
}

#[test]
fn what_is_not_evaluated_is_not_taken_for_no_match() {
    let unsupported = |pattern: &str, what: &str| {
        refused(pattern, &format!("the filter pattern has {what}, which is not evaluated here"));
    };
    for pattern in ["ERROR", "?ERROR ?WARN", "-x", "\"two words\"", "%AUTHORIZED%", "$.a = 1"] {
        unsupported(pattern, "terms of plain text in place of JSON");
    }
    unsupported("[ip, user, ...]", "columns in place of JSON");
    unsupported("{ $.a > \"0\" }", "an order of texts");
    unsupported("{ $.a > b }", "an order of texts");
    unsupported("{ $.a = \"\\*\" }", "an escape that AWS does not document");
    unsupported("{ $.a = 1e999 }", "a number out of all bounds");
    unsupported("{ $.a[*] != 1 }", "a negation or a question over every element of a list");
    unsupported("{ $.a[*].b NOT EXISTS }", "a negation or a question over every element of a list");
    unsupported("{ $.a[*].* = 1 }", "more than one wildcard in a selector");
    let deep = format!("{{{}$.a = 1{}}}", "(".repeat(65), ")".repeat(65));
    unsupported(&deep, "more than 64 parentheses within each other");
    check(&format!("{{{}$.a = 1{}}}", "(".repeat(64), ")".repeat(64)), json!({"a": 1}), true);
    assert_eq!(parse(&" ".repeat(1025)).unwrap_err(), LogFilterError::TooLong);
}

/// A pattern of one member and many values, as most recommendations have it.
fn names(member: &str, values: &[&str]) -> String {
    let parts: Vec<String> = values.iter().map(|value| format!("($.{member} = {value})")).collect();
    parts.join(" || ")
}

/// One pattern for each recommendation of CIS AWS Foundations 3.0, section 4, as people write them, with an
/// event it is meant for.
#[test]
fn the_patterns_of_cis() {
    let event = |source: &str, name: &str| json!({"eventSource": source, "eventName": name});
    let ec2 = "ec2.amazonaws.com";
    let cases = [
        (
            "4.1",
            r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }"#.to_owned(),
            json!({"errorCode": "Client.UnauthorizedOperation"}),
        ),
        (
            "4.2",
            r#"{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes")
                && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }"#
                .to_owned(),
            json!({"eventName": "ConsoleLogin", "additionalEventData": {"MFAUsed": "No"},
                "userIdentity": {"type": "IAMUser"}, "responseElements": {"ConsoleLogin": "Success"}}),
        ),
        (
            "4.3",
            r#"{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS
                && $.eventType != "AwsServiceEvent" }"#
                .to_owned(),
            json!({"userIdentity": {"type": "Root"}, "eventType": "AwsApiCall"}),
        ),
        (
            "4.4",
            format!(
                "{{{}}}",
                names("eventName", &["PutUserPolicy", "CreatePolicyVersion", "AttachRolePolicy"])
            ),
            event("iam.amazonaws.com", "CreatePolicyVersion"),
        ),
        (
            "4.5",
            format!(
                "{{{}}}",
                names("eventName", &["CreateTrail", "UpdateTrail", "DeleteTrail", "StopLogging"])
            ),
            event("cloudtrail.amazonaws.com", "StopLogging"),
        ),
        (
            "4.6",
            r#"{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }"#.to_owned(),
            json!({"eventName": "ConsoleLogin", "errorMessage": "Failed authentication"}),
        ),
        (
            "4.7",
            format!(
                "{{($.eventSource = kms.amazonaws.com) && ({})}}",
                names("eventName", &["DisableKey", "ScheduleKeyDeletion"])
            ),
            event("kms.amazonaws.com", "DisableKey"),
        ),
        (
            "4.8",
            format!(
                "{{ ($.eventSource = s3.amazonaws.com) && ({}) }}",
                names("eventName", &["PutBucketAcl", "PutBucketPolicy", "DeleteBucketPolicy"])
            ),
            event("s3.amazonaws.com", "DeleteBucketPolicy"),
        ),
        (
            "4.9",
            format!(
                "{{ ($.eventSource = config.amazonaws.com) && ({}) }}",
                names("eventName", &["StopConfigurationRecorder", "DeleteDeliveryChannel"])
            ),
            event("config.amazonaws.com", "DeleteDeliveryChannel"),
        ),
        (
            "4.10",
            format!(
                "{{ {} }}",
                names("eventName", &["AuthorizeSecurityGroupIngress", "CreateSecurityGroup"])
            ),
            event(ec2, "CreateSecurityGroup"),
        ),
        (
            "4.11",
            format!("{{ {} }}", names("eventName", &["CreateNetworkAcl", "ReplaceNetworkAclEntry"])),
            event(ec2, "ReplaceNetworkAclEntry"),
        ),
        (
            "4.12",
            format!("{{ {} }}", names("eventName", &["CreateCustomerGateway", "AttachInternetGateway"])),
            event(ec2, "AttachInternetGateway"),
        ),
        (
            "4.13",
            format!(
                "{{ ($.eventSource = {ec2}) && ({}) }}",
                names("eventName", &["CreateRoute", "DeleteRoute", "ReplaceRoute"])
            ),
            event(ec2, "ReplaceRoute"),
        ),
        (
            "4.14",
            format!("{{ {} }}", names("eventName", &["CreateVpc", "DeleteVpc", "ModifyVpcAttribute"])),
            event(ec2, "DeleteVpc"),
        ),
        (
            "4.15",
            format!(
                "{{ ($.eventSource = organizations.amazonaws.com) && ({}) }}",
                names("eventName", &["\"AcceptHandshake\"", "\"LeaveOrganization\""])
            ),
            event("organizations.amazonaws.com", "LeaveOrganization"),
        ),
    ];
    for (number, pattern, meant) in &cases {
        check(pattern, meant.clone(), true);
        // What one is meant for, no other one counts, and none counts what is harmless.
        for (other, _, event) in &cases {
            assert_eq!(parse(pattern).unwrap().matches(event), number == other, "{number} of {other}");
        }
        check(pattern, event(ec2, "DescribeInstances"), false);
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC*") {
        if let Ok(filter) = parse(&text) {
            let _ = filter.matches(&json!({"a": [1, null]}));
        }
    }

    #[test]
    fn any_text_of_its_letters_is_answered(text in r#"\{[ $.a*\[\]0-9'"%()&|=!<>ISNULTOEX\\-]{0,60}\}?"#) {
        match parse(&text) {
            Ok(filter) => { let _ = filter.matches(&json!({"a": [{"a": "a"}, null, 1.5], "*": true})); }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    /// A text in quotes matches itself, and where the pattern has a star, whatever stands there.
    #[test]
    fn text_is_found_again(before in "[^*\"\\\\]{0,8}", between in "\\PC{0,8}", after in "[^*\"\\\\]{0,8}") {
        let filter = parse(&format!("{{ $.a = \"{before}*{after}\" }}")).unwrap();
        let event = json!({"a": format!("{before}{between}{after}")});
        prop_assert!(filter.matches(&event));
        let not = parse(&format!("{{ $.a != \"{before}*{after}\" }}")).unwrap();
        prop_assert!(!not.matches(&event));
    }
}
