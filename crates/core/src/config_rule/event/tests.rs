use serde_json::json;

use super::*;

fn event(invoking: &Value) -> Value {
    json!({
        "invokingEvent": invoking.to_string(), "ruleParameters": "{\"required_tags\":\"Owner\"}",
        "resultToken": "token", "eventLeftScope": false,
        "executionRoleArn": "arn:aws:iam::111122223333:role/config",
        "configRuleArn": "arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-abc",
        "configRuleName": "ec2-required-tags-dev", "configRuleId": "config-rule-abc",
        "accountId": "111122223333", "version": "1.0", "evaluationMode": "DETECTIVE",
    })
}

fn item(status: &str) -> Value {
    json!({
        "configurationItemCaptureTime": "2026-11-22T10:00:00.043Z", "awsAccountId": "111122223333",
        "configurationItemStatus": status, "resourceId": "db-ABC", "resourceName": "orders",
        "ARN": "arn:aws:rds:eu-west-1:111122223333:db:orders", "awsRegion": "eu-west-1",
        "resourceType": "AWS::RDS::DBInstance", "configuration": {"backupRetentionPeriod": 7},
    })
}

fn of_change(kind: &str, member: &str, item: &Value) -> Value {
    event(&json!({"messageType": kind, member: item, "notificationCreationTime": "2026-11-22T10:00:09Z"}))
}

fn change(item: &Value) -> Value {
    of_change("ConfigurationItemChangeNotification", "configurationItem", item)
}

#[test]
fn a_change_names_its_resource_and_nothing_of_its_configuration() {
    let parsed = RuleEvent::parse(&change(&item("OK")), "us-east-1").unwrap();
    assert_eq!((parsed.account.as_str(), parsed.region.as_str()), ("111122223333", "eu-west-1"));
    assert_eq!((parsed.name.as_str(), parsed.result_token.as_str()), ("ec2-required-tags-dev", "token"));
    assert_eq!(parsed.parameters, *json!({"required_tags": "Owner"}).as_object().unwrap());
    assert_eq!(parsed.at, Some("2026-11-22T10:00:00.043Z".parse().unwrap()));
    assert!(!parsed.left_scope);
    let expect = ChangedItem {
        resource_type: "AWS::RDS::DBInstance".to_owned(),
        id: "db-ABC".to_owned(),
        name: Some("orders".to_owned()),
        arn: Some("arn:aws:rds:eu-west-1:111122223333:db:orders".to_owned()),
        region: "eu-west-1".to_owned(),
        is_deleted: false,
    };
    assert_eq!(parsed.trigger, Trigger::Changed(expect));
}

#[test]
fn an_item_that_was_too_large_is_known_by_its_summary() {
    let kind = "OversizedConfigurationItemChangeNotification";
    let parsed =
        RuleEvent::parse(&of_change(kind, "configurationItemSummary", &item("OK")), "us-east-1").unwrap();
    let Trigger::Changed(item) = parsed.trigger else { panic!("a change") };
    assert_eq!((item.id.as_str(), item.is_deleted), ("db-ABC", false));
}

#[test]
fn what_is_gone_is_gone_in_both_of_configs_words() {
    for (status, expect) in [
        ("OK", false),
        ("ResourceDiscovered", false),
        ("ResourceNotRecorded", false),
        ("ResourceDeleted", true),
        ("ResourceDeletedNotRecorded", true),
    ] {
        let parsed = RuleEvent::parse(&change(&item(status)), "us-east-1").unwrap();
        let Trigger::Changed(item) = parsed.trigger else { panic!("a change") };
        assert_eq!(item.is_deleted, expect, "{status}");
    }
}

#[test]
fn a_period_has_a_time_and_no_resource() {
    let invoking = json!({
        "awsAccountId": "111122223333", "notificationCreationTime": "2026-11-22T12:00:00.373Z",
        "messageType": "ScheduledNotification", "recordVersion": "1.0",
    });
    let mut sent = event(&invoking);
    sent["ruleParameters"] = Value::Null;
    sent["configRuleArn"] = Value::Null;
    let parsed = RuleEvent::parse(&sent, "us-east-1").unwrap();
    assert_eq!(parsed.trigger, Trigger::Periodic);
    assert_eq!((parsed.region.as_str(), parsed.parameters.len()), ("us-east-1", 0));
    assert_eq!(parsed.at, Some("2026-11-22T12:00:00.373Z".parse().unwrap()));
}

#[test]
fn what_is_wrong_is_named_by_its_field() {
    let check = |event: &Value, expect: &str| {
        let said = RuleEvent::parse(event, "us-east-1").unwrap_err().to_string();
        let said = said.strip_prefix("the event of AWS Config: ").unwrap();
        assert!(said.starts_with(expect), "{said}");
    };
    let with = |name: &str, value: Value| {
        let mut sent = change(&item("OK"));
        sent[name] = value;
        sent
    };
    check(&with("resultToken", Value::Null), "`resultToken` is missing");
    check(&with("invokingEvent", json!("{")), "`invokingEvent` is not JSON at line 1, column 1");
    check(&with("invokingEvent", json!("[]")), "`invokingEvent` is no object");
    check(&with("ruleParameters", json!("{\"a\"")), "`ruleParameters` is not JSON");
    check(&with("ruleParameters", json!("7")), "`ruleParameters` is no object");
    check(&with("configRuleName", json!("")), "`configRuleName` is missing");
    check(&with("accountId", json!("444455556666")), "`accountId` is 444455556666, and what happened is of");
    check(&with("evaluationMode", json!("PROACTIVE")), "`evaluationMode` is `PROACTIVE`, which asks about");
    check(
        &event(&json!({"messageType": "ConfigurationSnapshotDeliveryCompleted"})),
        "`invokingEvent.messageTy",
    );
    let nameless = "`invokingEvent.configurationItem.resourceId` is missing";
    let mut item = item("OK");
    item["resourceId"] = Value::Null;
    check(&change(&item), nameless);
    check(
        &event(&json!({"messageType": "ConfigurationItemChangeNotification"})),
        "`invokingEvent.configurat",
    );
}
