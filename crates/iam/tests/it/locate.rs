//! Where statements stand, and which texts are refused before anybody asks what they mean.

use provost_iam::locate::{Located, MAX_BYTES, MAX_DEPTH};
use provost_iam::{Policy, PolicyError};

const TWO: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Braces{[",
      "Effect": "Allow",
      "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a\\\"}{/*"
    }, {"Effect": "Deny", "Action": "*",
      "Resource": "*",
      "Condition": {"StringEquals": {"aws:PrincipalTag/Statement": ["{", "}"]}}}
  ]
}
"#;

fn lines(text: &str) -> Vec<(usize, usize)> {
    let located = Located::new(text).unwrap();
    let count = located.policy.statements.len();
    (0..count).map(|index| (located.line_of(index), located.end_line_of(index))).collect()
}

#[test]
fn statements_have_lines() {
    assert_eq!(lines(TWO), [(4, 8), (8, 10)]);
    assert!(!Located::new(TWO).unwrap().unwrapped);
    let single = "{\"Statement\":\n\n{\"Effect\":\"Allow\",\n\"Action\":\"*\",\"Resource\":\"*\"}}";
    assert_eq!(lines(single), [(3, 4)]);
    // An escape in the name, an object of that name elsewhere, and other elements around.
    let escaped = "{\"Id\":\"Statement\",\"X\":{\"Statement\":[\n{}]},\n\"\\u0053tatement\":[\n\
                   {\"Effect\":\"Deny\",\"Action\":[],\"Resource\":[]}\n]}";
    assert_eq!(lines(escaped), [(4, 4)]);
    assert_eq!(lines("{\"Statement\":[]}"), []);
    // A statement that is not there is no reason to stop.
    assert_eq!(Located::new(TWO).unwrap().line_of(7), 1);
    assert_eq!(Located::new(TWO).unwrap().end_line_of(7), 1);
}

#[test]
fn lines_are_those_of_the_original_where_that_makes_sense() {
    assert_eq!(lines(&format!("\u{feff}\n \n{TWO}")), [(6, 10), (10, 12)]);
    assert_eq!(lines(&TWO.replace('\n', "\r\n")), [(4, 8), (8, 10)]);
    let encoded: String = TWO.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let wrapped = serde_json::to_string(TWO).unwrap();
    for text in [format!("\n\n{encoded}"), format!("\n{wrapped}"), serde_json::to_string(&encoded).unwrap()] {
        assert!(Located::new(&text).unwrap().unwrapped, "{text}");
        assert_eq!(lines(&text), [(4, 8), (8, 10)], "{text}");
        assert_eq!(Policy::parse(&text), Policy::parse(TWO));
    }
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let check = |text: &str, path: &str, line: usize| {
        let expect = PolicyError::Twice { path: path.to_owned(), line };
        assert_eq!(Policy::parse(text), Err(expect.clone()), "{text}");
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        assert_eq!(Policy::parse(&encoded), Err(expect), "{text}");
    };
    let statement = |inside: &str| {
        format!(
            "{{\"Statement\":[{{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}},\n{{{inside}}}]}}"
        )
    };
    check(
        &statement("\"Effect\":\"Deny\",\"Action\":\"*\",\n\"Resource\":\"*\",\n\"Effect\":\"Allow\""),
        "Statement[1].Effect",
        4,
    );
    check(
        &statement("\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"\\u0045ffect\":\"Allow\""),
        "Statement[1].Effect",
        2,
    );
    check("{\"Statement\":[],\"Statement\":{}}", "Statement", 1);
    check(
        &statement(
            "\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":\
             {\"aws:userid\":\"a\"},\n\"StringEquals\":{\"aws:userid\":\"b\"}}",
        ),
        "Statement[1].Condition.StringEquals",
        3,
    );
    // Also in places nobody reads, and the first of two.
    check(
        "{\"Id\":\"a\",\"x\":[0,{\"a\":{\"b\":0,\"b\":1,\"b\":2}}],\"Id\":\"b\",\"Statement\":[]}",
        "x[1].a.b",
        1,
    );
    let error = Policy::parse("{\n\"Version\":\"a\",\n\"Version\":\"b\",\"Statement\":[]}").unwrap_err();
    assert_eq!(error.to_string(), "`Version` stands twice in its object, the second time at line 3");
}

#[test]
fn a_key_may_stand_in_two_objects() {
    assert!(Policy::parse(TWO).is_ok());
    let text = r#"{"Statement":[{"Effect":"Allow","Action":["a","a"],"Resource":"*","Condition":{
        "StringEquals":{"aws:userid":"Effect","Effect":"aws:userid"},"StringLike":{"aws:userid":"StringLike"}}}]}"#;
    assert_eq!(Policy::parse(text).unwrap().statements[0].conditions.len(), 3);
}

#[test]
fn what_is_not_json_is_named_before_what_stands_twice() {
    let check = |text: &str, expect: &str| assert_eq!(Policy::parse(text).unwrap_err().to_string(), expect);
    check("{\"a\":1,\n\"a\":2,}", "not JSON at line 2, column 7");
    check("\n\n{\"a\"", "not JSON at line 3, column 4");
    check("{\"a\\", "not JSON at line 1, column 4");
    check("}}]]{\"", "not JSON at line 1, column 1");
    check("", "not JSON at line 1, column 0");
}

#[test]
fn size_and_depth_have_an_end() {
    let padded = |length: usize| format!("{{\"Statement\":[],\"Id\":\"{}\"}}", "x".repeat(length - 24));
    assert_eq!(padded(100).len(), 100);
    assert!(Policy::parse(&padded(10_000_000)).is_ok());
    assert!(Policy::parse(&padded(MAX_BYTES)).is_ok());
    assert_eq!(Policy::parse(&padded(MAX_BYTES + 1)), Err(PolicyError::TooLong { bytes: MAX_BYTES + 1 }));
    let nested =
        |depth: usize| format!("{{\"Statement\":[],\n\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(Policy::parse(&nested(MAX_DEPTH - 1)).is_ok());
    for depth in [MAX_DEPTH, 10_000, 5_000_000] {
        assert_eq!(Policy::parse(&nested(depth)), Err(PolicyError::TooDeep { line: 2 }), "{depth}");
    }
    // Brackets inside a text are none.
    assert!(Policy::parse(&format!("{{\"Statement\":[],\"Id\":\"{}\"}}", "[{".repeat(1000))).is_ok());
}
