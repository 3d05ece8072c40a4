//! Conditions: section 2.4 of the page.

use serde_json::{Value, json};

use super::{QUEUE, applies, ask, condition, holds};

#[test]
fn string_operators() {
    assert_eq!(holds("StringEquals", json!(["a", "b"]), json!("b")), "true");
    assert_eq!(holds("StringEquals", json!("B*"), json!("b")), "false");
    assert_eq!(holds("stringequals", json!("b*"), json!("b*")), "true");
    assert_eq!(holds("StringNotEquals", json!(["a", "b"]), json!("b")), "false");
    assert_eq!(holds("StringEqualsIgnoreCase", json!("ÄbC"), json!("ÄBc")), "true");
    assert_eq!(holds("StringEqualsIgnoreCase", json!("Ä"), json!("ä")), "false");
    assert_eq!(holds("StringNotEqualsIgnoreCase", json!("A"), json!("a")), "false");
    assert_eq!(holds("StringLike", json!("a*c?"), json!("a:b/cd")), "true");
    assert_eq!(holds("StringLike", json!("A*"), json!("ab")), "false");
    assert_eq!(holds("StringNotLike", json!(["x*", "y*"]), json!("z")), "true");
    assert_eq!(holds("StringEquals", json!([]), json!("z")), "false");
    assert_eq!(holds("StringNotEquals", json!([]), json!("z")), "true");
}

#[test]
fn unknown_operators_never_vanish() {
    for operator in
        ["StringMatches", "NullIfExists", "ForAnyValue:Null", "ForAll:StringEquals", "IfExists", ""]
    {
        assert_eq!(condition("Deny", operator, json!("a"), json!("a")), "unknown", "{operator}");
        assert_eq!(condition("Allow", operator, json!("a"), Value::Null), "unknown", "{operator}");
    }
    // Unless another part is false.
    let more = json!({"Action": "s3:*", "Condition": {"StringMatches": {"k": "a"}}});
    assert_eq!(applies("Deny", more, &ask(json!({}))), "false");
}

#[test]
fn numbers() {
    assert_eq!(holds("NumericEquals", json!("10"), json!("10.0")), "true");
    assert_eq!(holds("NumericLessThan", json!("10"), json!("-9.5")), "true");
    assert_eq!(holds("NumericLessThan", json!("10"), json!("10")), "false");
    assert_eq!(holds("NumericLessThanEquals", json!("10"), json!("+10")), "true");
    assert_eq!(holds("NumericGreaterThan", json!("9007199254740992"), json!("9007199254740993")), "false");
    assert_eq!(holds("NumericGreaterThanEquals", json!(["1e3", "5"]), json!("7")), "true");
    for unreadable in ["1e3", "", ".5", "5.", " 5", "0x1", "inf", "${x:one}"] {
        assert_eq!(holds("NumericEquals", json!(unreadable), json!("5")), "unknown", "{unreadable}");
        assert_eq!(holds("NumericNotEquals", json!("5"), json!(unreadable)), "unknown", "{unreadable}");
    }
}

#[test]
fn dates() {
    let same = "2024-02-29T12:00:00Z";
    for other in ["2024-02-29T14:00+02:00", "2024-02-29T09:30:00.00-02:30", "1709208000", "+1709208000"] {
        assert_eq!(holds("DateEquals", json!(same), json!(other)), "true", "{other}");
    }
    assert_eq!(holds("DateEquals", json!("1970-01-01"), json!("0")), "true");
    assert_eq!(holds("DateEquals", json!("1969-12-31T23:59:59Z"), json!("-1")), "true");
    assert_eq!(holds("DateEquals", json!("2000-03-01"), json!("951868800")), "true");
    assert_eq!(
        holds("DateLessThan", json!("2024-02-29T12:00:00.25Z"), json!("2024-02-29T12:00:00.2Z")),
        "true"
    );
    assert_eq!(
        holds("DateEquals", json!("1969-12-31T23:59:59.5Z"), json!("1970-01-01T01:59:59.50+02:00")),
        "true"
    );
    assert_eq!(holds("DateLessThan", json!("0"), json!("1969-12-31T23:59:59.999Z")), "true");
    assert_eq!(holds("DateGreaterThanEquals", json!("2024-01-01"), json!(same)), "true");
    // As 64-bit floating point.
    assert_eq!(holds("DateEquals", json!("9007199254740992"), json!("9007199254740993")), "true");
    let (longer, shorter) = ("2024-02-29T12:00:00.50000000001Z", "2024-02-29T12:00:00.5Z");
    assert_eq!(holds("DateEquals", json!(longer), json!(shorter)), "true");
    assert_eq!(holds("DateLessThan", json!("9".repeat(60)), json!(same)), "true");
    assert_eq!(holds("DateNotEquals", json!(same), json!(same)), "false");
    for unreadable in [
        "2023-02-29",
        "2024-13-01",
        "2024-1-1",
        "2024-02-29T12:00:00",
        "2024-02-29T12Z",
        "2024-02-29T12:00.5Z",
        "2024-02-29T24:00Z",
        "2024-02-29 12:00Z",
        "2024-02-29T12:00+0200",
        "2024-02",
        "today",
    ] {
        assert_eq!(holds("DateLessThan", json!(unreadable), json!("0")), "unknown", "{unreadable}");
    }
}

#[test]
fn booleans_and_binary() {
    assert_eq!(holds("Bool", json!(true), json!("TRUE")), "true");
    assert_eq!(holds("Bool", json!(["false"]), json!("true")), "false");
    assert_eq!(holds("Bool", json!("maybe"), json!("true")), "unknown");
    assert_eq!(holds("Bool", json!("true"), json!("1")), "unknown");
    assert_eq!(holds("BinaryEquals", json!("QmluYXJ5=="), json!("QmluYXJ5")), "true");
    assert_eq!(holds("BinaryEquals", json!("qmluYXJ5"), json!("QmluYXJ5")), "false");
    for unreadable in ["${x:one}", "QmluYX-5", "QmluYX_5", "Qmlu YXJ5", "Qm=luYXJ5"] {
        assert_eq!(holds("BinaryEquals", json!(unreadable), json!("QmluYXJ5")), "unknown", "{unreadable}");
        assert_eq!(holds("BinaryEquals", json!("QmluYXJ5"), json!(unreadable)), "unknown", "{unreadable}");
    }
}

#[test]
fn addresses() {
    assert_eq!(holds("IpAddress", json!("203.0.113.77/24"), json!("203.0.113.1")), "true");
    assert_eq!(holds("IpAddress", json!("203.0.113.1"), json!("203.0.113.1")), "true");
    assert_eq!(holds("IpAddress", json!("203.0.113.0/25"), json!("203.0.113.128")), "false");
    assert_eq!(holds("IpAddress", json!("0.0.0.0/0"), json!("8.8.8.8")), "true");
    assert_eq!(holds("IpAddress", json!("2001:DB8::/33"), json!("2001:db8:7fff::1")), "true");
    assert_eq!(holds("IpAddress", json!("::/0"), json!("8.8.8.8")), "false");
    assert_eq!(holds("IpAddress", json!("8.8.8.8"), json!("::ffff:8.8.8.8")), "false");
    assert_eq!(holds("NotIpAddress", json!(["10.0.0.0/8", "8.8.8.8/32"]), json!("8.8.8.8")), "false");
    for unreadable in ["10.0.0.0/33", "10.0.0", "10.0.0.0/", "10.0.0.*", "10.0.0.0/+8"] {
        assert_eq!(holds("IpAddress", json!(unreadable), json!("10.0.0.1")), "unknown", "{unreadable}");
    }
    assert_eq!(holds("NotIpAddress", json!("10.0.0.0/8"), json!("10.0.0.0/8")), "unknown");
}

#[test]
fn arns() {
    assert_eq!(holds("ArnEquals", json!("arn:aws:*:*:*:j*"), json!(QUEUE)), "true");
    assert_eq!(holds("ArnLike", json!("arn:aws:sqs:*:4*:*"), json!(QUEUE)), "false");
    assert_eq!(holds("ArnNotLike", json!("arn:aws:sqs:*:4*:*"), json!(QUEUE)), "true");
    assert_eq!(holds("ArnNotEquals", json!(QUEUE), json!(QUEUE)), "false");
    // Part by part: `*` and `?` do not reach across the end of one.
    assert_eq!(holds("ArnLike", json!("arn:*:eu-west-1:111122223333:*:*"), json!(QUEUE)), "false");
    assert_eq!(holds("ArnLike", json!("arn:aws:sqs:eu-west-1:*:jobs:x"), json!(QUEUE)), "false");
    assert_eq!(holds("ArnLike", json!("arn:aws:sqs:eu-west-1:*:*:x"), json!(format!("{QUEUE}:y:x"))), "true");
    // A pattern of fewer parts is compared with the whole text; it is not completed.
    assert_eq!(holds("ArnLike", json!("*"), json!(QUEUE)), "true");
    assert_eq!(holds("ArnEquals", json!("arn:aws:sqs:*"), json!(QUEUE)), "true");
    assert_eq!(holds("ArnLike", json!("arn:aws:sqs"), json!(QUEUE)), "false");
    assert_eq!(holds("ArnNotLike", json!("arn:aws:s3:*"), json!(QUEUE)), "true");
    // The request's value of fewer than six parts cannot be read.
    assert_eq!(holds("ArnLike", json!("*"), json!("arn:aws:sqs:eu-west-1:jobs")), "unknown");
    assert_eq!(holds("ArnNotLike", json!(QUEUE), json!("lambda.amazonaws.com")), "unknown");
    assert_eq!(holds("ArnLike", json!("arn:aws:sqs:eu-west-1:111122223333:${x:one}"), json!(QUEUE)), "false");
}

#[test]
fn absent_keys() {
    let absent = |operator: &str| holds(operator, json!("a"), Value::Null);
    assert_eq!(absent("StringEquals"), "false");
    assert_eq!(absent("StringNotEquals"), "true");
    assert_eq!(absent("StringEqualsIfExists"), "true");
    assert_eq!(absent("NumericEquals"), "false");
    assert_eq!(absent("ForAllValues:StringNotEquals"), "true");
    assert_eq!(absent("ForAnyValue:StringNotEquals"), "false");
    assert_eq!(absent("ForAnyValue:StringEqualsIfExists"), "true");
    assert_eq!(holds("Null", json!("true"), Value::Null), "true");
    assert_eq!(holds("Null", json!("false"), Value::Null), "false");
    // No values at all, or with a set operator only empty ones.
    assert_eq!(holds("StringNotEquals", json!("a"), json!([])), "true");
    assert_eq!(holds("Null", json!(true), json!([])), "true");
    assert_eq!(holds("Null", json!(true), json!("")), "false");
    assert_eq!(holds("ForAllValues:StringEquals", json!("a"), json!(["", ""])), "true");
    assert_eq!(holds("ForAnyValue:StringEquals", json!(""), json!("")), "false");
    assert_eq!(holds("StringEquals", json!(""), json!("")), "true");
}

#[test]
fn null_reads_booleans() {
    assert_eq!(holds("NULL", json!(["true", "false"]), json!("a")), "true");
    assert_eq!(holds("Null", json!("yes"), json!("a")), "unknown");
    assert_eq!(holds("Null", json!("false"), json!(["a", "b"])), "true");
}

#[test]
fn unknown_keys() {
    let request = ask(json!({"unknown": ["X:Key"]}));
    for operator in ["StringEquals", "StringNotEqualsIfExists", "ForAllValues:StringEquals", "Null"] {
        let more = json!({"Condition": {operator: {"x:key": "true"}}});
        assert_eq!(applies("Allow", more, &request), "unknown", "{operator}");
    }
    let more = json!({"Condition": {"StringEquals": {"x:other": "a"}}});
    assert_eq!(applies("Allow", more.clone(), &request), "false");
    assert_eq!(applies("Allow", more, &ask(json!({"unlisted": "unknown"}))), "unknown");
}

#[test]
fn several_values() {
    assert_eq!(holds("StringEquals", json!("a"), json!(["a", "a"])), "unknown");
    assert_eq!(holds("StringNotEqualsIfExists", json!("a"), json!(["b", "c"])), "unknown");
    let all = |operator: &str, wanted: Value| holds(operator, wanted, json!(["a", "b"]));
    assert_eq!(all("ForAllValues:StringEquals", json!(["a", "b", "c"])), "true");
    assert_eq!(all("ForAllValues:StringEquals", json!(["a"])), "false");
    assert_eq!(all("ForAllValues:StringNotEquals", json!(["c"])), "true");
    assert_eq!(all("ForAllValues:StringNotEquals", json!(["a"])), "false");
    assert_eq!(all("foranyvalue:stringlike", json!("?")), "true");
    assert_eq!(all("ForAnyValue:StringNotEquals", json!(["a"])), "true");
    assert_eq!(all("ForAnyValue:StringNotEquals", json!(["a", "b"])), "false");
    assert_eq!(holds("ForAnyValue:NumericEquals", json!("1"), json!(["x", "1"])), "true");
    assert_eq!(holds("ForAllValues:NumericEquals", json!("1"), json!(["x", "1"])), "unknown");
}

#[test]
fn all_conditions_must_hold() {
    let request = ask(json!({"context": {"k:a": "1", "k:b": "2"}}));
    let both = |a: &str, b: &str| {
        applies("Allow", json!({"Condition": {"StringEquals": {"k:a": a, "k:b": b}}}), &request)
    };
    assert_eq!(both("1", "2"), "true");
    assert_eq!(both("1", "1"), "false");
}
