use proptest::prelude::*;

use super::*;

const ADMIN: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

#[test]
fn scalars_lists_and_encodings_are_the_same_document() {
    let listed =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"]}]}"#;
    let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C\
                   %22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D";
    let wrapped = serde_json::to_string(ADMIN).unwrap();
    let escaped = ADMIN.replace("Action", "\\u0041ction");
    let expect = Policy::parse(ADMIN).unwrap();
    for text in [listed, encoded, &wrapped, &escaped, &format!("\u{feff}  {ADMIN}\n")] {
        assert_eq!(Policy::parse(text).unwrap(), expect, "{text}");
    }
}

#[test]
fn a_percent_sign_inside_plain_json_is_not_an_escape() {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/%2A"}}"#;
    let policy = Policy::parse(text).unwrap();
    assert_eq!(policy.statements[0].resources, Some(Matching::Only(vec!["arn:aws:s3:::a/%2A".to_owned()])));
}

#[test]
fn principals_and_conditions_are_kept() {
    let text = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":["111122223333","*"],"Service":"ec2.amazonaws.com"},
        "Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":true},
        "StringEquals":{"sts:ExternalId":["a","b"]}}}]}"#;
    let statement = Policy::parse(text).unwrap().statements.remove(0);
    let Some(Matching::Only(Principals::Listed(principals))) = statement.principals else { panic!() };
    assert_eq!(principals.len(), 3);
    assert_eq!(statement.conditions.len(), 2);
    assert_eq!(statement.conditions[0].values, ["true"]);
}

#[test]
fn errors_name_the_place() {
    let check = |text: &str, expect: &str| assert_eq!(Policy::parse(text).unwrap_err().to_string(), expect);
    check("{", "not JSON at line 1, column 1");
    check("[]", "`the document` is not an object");
    check("{}", "`Statement` is missing");
    check(r#"{"Statement":[{"Effect":"allow"}]}"#, "`Statement[0].Effect` is neither Allow nor Deny");
    check(r#"{"Statement":[{"Effect":"Deny"}]}"#, "`Statement[0].Action` is missing");
    check(
        r#"{"Statement":[{"Effect":"Deny","Action":"a:b","NotAction":"c:d"}]}"#,
        "`Statement[0].NotAction` stands beside its plain form",
    );
    check(
        r#"{"Statement":[{"Effect":"Deny","Action":[null]}]}"#,
        "`Statement[0].Action` holds something that is not text",
    );
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let _ = Policy::parse(&text);
    }

    #[test]
    fn encoding_changes_nothing(actions in prop::collection::vec("[a-z0-9%+*:?]{1,12}", 1..4), deny: bool) {
        let effect = if deny { "Deny" } else { "Allow" };
        let value = serde_json::json!({"Statement": [{"Effect": effect, "Action": actions, "Resource": "*"}]});
        let plain = value.to_string();
        let encoded: String = plain.bytes().map(|byte| format!("%{byte:02X}")).collect();
        prop_assert_eq!(Policy::parse(&plain), Policy::parse(&encoded));
    }
}
