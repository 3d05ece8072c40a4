//! Invocations by AWS Config: a trigger, a live read, and an answer in Config's own words.

use provost_testbed::{ConfigServer, ConfigService, FaultServer, Invocation, Reply};
use serde_json::{Value, json};

use crate::emulator::{Emulator, HISTORY};
use crate::function::{Ended, PLENTY, run};

const ACCOUNT: &str = "123456789012";
const TAGS: [(&str, &str); 3] = [("Environment", "prod"), ("Owner", "x"), ("CostCenter", "1")];

/// What Config sends for a rule of this name.
pub(crate) fn event(rule: &str, invoking: &Value, more: &Value) -> Value {
    let mut event = json!({
        "invokingEvent": invoking.to_string(), "ruleParameters": "{}", "resultToken": "token",
        "eventLeftScope": false, "executionRoleArn": format!("arn:aws:iam::{ACCOUNT}:role/config"),
        "configRuleArn": format!("arn:aws:config:eu-west-1:{ACCOUNT}:config-rule/config-rule-x"),
        "configRuleName": rule, "configRuleId": "config-rule-x", "accountId": ACCOUNT, "version": "1.0",
        "evaluationMode": "DETECTIVE",
    });
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

fn item(resource_type: &str, id: &str, status: &str) -> Value {
    json!({
        "configurationItemCaptureTime": "2026-11-22T10:00:00.043Z", "awsAccountId": ACCOUNT,
        "configurationItemStatus": status, "resourceId": id, "resourceType": resource_type,
        "awsRegion": "eu-west-1", "ARN": null,
        // What Config saw is not what is judged: here it would pass and fail the wrong way round.
        "configuration": {"tags": [{"key": "Owner", "value": "of another time"}]}, "tags": {},
    })
}

/// A change of one resource.
pub(crate) fn change(rule: &str, resource_type: &str, id: &str) -> Value {
    changed(rule, &item(resource_type, id, "OK"), &json!({}))
}

fn changed(rule: &str, item: &Value, more: &Value) -> Value {
    let kind = "ConfigurationItemChangeNotification";
    event(rule, &json!({ "messageType": kind, "configurationItem": item }), more)
}

fn period(rule: &str, more: &Value) -> Value {
    let invoking = json!({
        "messageType": "ScheduledNotification", "notificationCreationTime": "2026-11-22T12:00:00.373Z",
        "awsAccountId": ACCOUNT, "recordVersion": "1.0",
    });
    event(rule, &invoking, more)
}

/// Runs the function with these events, Config being this.
pub(crate) fn ask(
    emulator: &Emulator,
    config: &ConfigServer,
    events: Vec<Value>,
    more: &[(&str, &str)],
) -> Ended {
    let url = config.url();
    let mut variables = vec![
        ("AWS_ENDPOINT_URL", emulator.server.url()),
        ("AWS_ENDPOINT_URL_CONFIG_SERVICE", url.as_str()),
        ("PROVOST_JOB", "config-rule"),
        ("METRICS_NAMESPACE", "none"),
    ];
    variables.extend(more);
    run(events.into_iter().map(|event| Invocation::new(event, PLENTY)).collect(), &variables)
}

fn verdict(id: &str, verdict: &str, annotation: &str) -> (String, String, String) {
    (id.to_owned(), verdict.to_owned(), annotation.to_owned())
}

#[test]
fn a_change_is_judged_as_the_resource_is_now() {
    let Some(emulator) = Emulator::start_or_skip("a_change_is_judged_as_the_resource_is_now") else { return };
    emulator.make_history();
    let (good, bad) = (emulator.instance(&TAGS), emulator.instance(&TAGS[..1]));
    emulator.instance(&[]);
    let config = ConfigService::default().start();
    let instance = "AWS::EC2::Instance";
    let rule = "ec2-required-tags-dev";
    let oversized = {
        let summary = item(instance, &bad, "OK");
        let kind = "OversizedConfigurationItemChangeNotification";
        event(rule, &json!({ "messageType": kind, "configurationItemSummary": summary }), &json!({}))
    };
    let one_tag = json!({ "ruleParameters": "{\"required_tags\":\"Environment\"}", "configRuleName": "tags",
                          "resultToken": "other" });
    let mut one_tag = changed(rule, &item(instance, &bad, "OK"), &one_tag);
    one_tag["ruleParameters"] = json!("{\"rule\":\"ec2-required-tags\",\"required_tags\":\"Environment\"}");
    one_tag["resultToken"] = json!("token");
    let events = vec![change(rule, instance, &good), oversized, one_tag];
    emulator.server.reset_counts();
    let ended = ask(&emulator, &config, events, &[("HISTORY_TABLE_NAME", HISTORY)]);

    let answers: Vec<Value> = (0..3).map(|number| ended.answer(number)).collect();
    let message = "The instance lacks at least one of the required tags, or the tag is empty.";
    let given = config.evaluations();
    let said: Vec<(&str, &str, &str)> = given
        .iter()
        .map(|it| {
            let text = |name: &str| it[name].as_str().unwrap_or_default();
            (text("ComplianceResourceId"), text("ComplianceType"), text("Annotation"))
        })
        .collect();
    let expect = [
        (good.as_str(), "COMPLIANT", ""),
        (bad.as_str(), "NON_COMPLIANT", message),
        (bad.as_str(), "COMPLIANT", ""),
    ];
    assert_eq!(said, expect, "{answers:?}");
    // The moment is that of the change, in seconds.
    assert!(
        given.iter().all(|it| (it["OrderingTimestamp"].as_f64().unwrap() - 1_795_341_600.043).abs() < 0.01)
    );
    let answer = &answers[1];
    assert_eq!(
        (&answer["status"], &answer["rule"]),
        (&json!("done"), &json!("ec2-required-tags")),
        "{answer}"
    );
    assert_eq!((&answer["non_compliant"], &answer["ResultsGiven"]), (&json!(1), &json!(1)), "{answer}");
    assert_eq!(answer["trigger"]["resource_id"], bad.as_str(), "{answer}");

    // One instance is read, and all verdicts are kept.
    assert_eq!(emulator.server.counts().by.get("ec2:DescribeInstances"), Some(&3));
    let kept = emulator.verdict_counts();
    let of = |verdict: &str| kept.get(&("ec2-required-tags".to_owned(), verdict.to_owned())).copied();
    assert_eq!((of("pass"), of("fail")), (Some(2), Some(1)), "{kept:?}");
    assert_eq!(emulator.verdicts("#run/"), Vec::<Value>::new(), "no record of a run for each change");
    let logged = format!("{:?}", ended.lines);
    assert!(!logged.contains("of another time"), "no event is logged");
}

#[test]
fn what_is_gone_left_the_scope_or_is_another_type_does_not_apply_and_is_not_looked_for() {
    let Some(emulator) = Emulator::start_or_skip("what_is_gone_does_not_apply") else { return };
    let config = ConfigService {
        standing: vec![("AWS::EC2::Instance".to_owned(), "i-1".to_owned(), "COMPLIANT".to_owned())],
        ..ConfigService::default()
    }
    .start();
    let (rule, instance) = ("ec2-required-tags", "AWS::EC2::Instance");
    let events = vec![
        changed(rule, &item(instance, "i-1", "ResourceDeleted"), &json!({})),
        changed(rule, &item(instance, "i-2", "ResourceDeletedNotRecorded"), &json!({})),
        changed(rule, &item(instance, "i-3", "OK"), &json!({ "eventLeftScope": true })),
        change(rule, "AWS::S3::Bucket", "some-bucket"),
        // Here somebody has to look: it was deleted after Config had seen it.
        change(rule, instance, "i-00000000000000004"),
    ];
    emulator.server.reset_counts();
    let ended = ask(&emulator, &config, events, &[]);
    let answer = ended.answer(3);
    assert_eq!(answer["not_applicable"], 1, "{answer}");
    assert_eq!(answer["skipped"], json!({ "the rule does not speak of this resource type": 1 }));
    assert_eq!((&ended.answer(4)["gone"], &ended.answer(4)["status"]), (&json!(1), &json!("done")));
    let verdicts: Vec<Value> = config.evaluations().iter().map(|it| it["ComplianceType"].clone()).collect();
    assert_eq!(verdicts, ["NOT_APPLICABLE"; 5]);
    assert_eq!(config.evaluations()[3]["ComplianceResourceType"], "AWS::S3::Bucket");
    assert_eq!(config.standing(), []);
    // The last one twice: once narrowed, once whole.
    assert_eq!(emulator.server.counts().by.get("ec2:DescribeInstances"), Some(&2));
    assert_eq!(
        ended.said("Invocation started.")[0]["extra"]["history"],
        "not kept: HISTORY_TABLE_NAME is not set"
    );
}

#[test]
fn what_nobody_may_read_is_non_compliant_and_says_unknown_with_call_and_code() {
    let Some(emulator) = Emulator::start_or_skip("what_nobody_may_read_says_unknown") else { return };
    emulator.make_history();
    emulator.server.populate(&["--buckets", "2", "--region", "eu-west-1"]);
    let instance = emulator.instance(&TAGS);
    emulator.server.set_faults(&json!({ "deny": ["s3:GET?encryption:.*", "ec2:DescribeInstances:.*"] }));
    let config = ConfigService::default().start();
    let bucket = format!("bench-{ACCOUNT}-0001");
    let events = vec![
        change("s3-encryption", "AWS::S3::Bucket", &bucket),
        change("ec2-required-tags", "AWS::EC2::Instance", &instance),
    ];
    let ended = ask(&emulator, &config, events, &[("HISTORY_TABLE_NAME", HISTORY)]);
    let mut standing = config.standing();
    standing.sort();
    let mut expect = [
        verdict(&bucket, "NON_COMPLIANT", "UNKNOWN: s3api get-bucket-encryption: AccessDenied"),
        verdict(&instance, "NON_COMPLIANT", "UNKNOWN: ec2 describe-instances: AccessDenied"),
    ];
    expect.sort();
    assert_eq!(standing, expect);
    let answer = ended.answer(0);
    assert_eq!((&answer["unknown"], &answer["non_compliant"]), (&json!(1), &json!(0)), "{answer}");
    assert_eq!(ended.answer(1)["status"], "incomplete", "{}", ended.answer(1));
    // Only the bucket of the event is asked about, however many there are.
    assert_eq!(emulator.server.counts().by.get("s3:GET?encryption"), Some(&1));
    let unknown = emulator.verdicts("");
    assert_eq!(unknown.iter().filter(|item| item["verdict"]["S"] == "unknown").count(), 2);
}

#[test]
fn a_period_judges_all_in_batches_and_drops_what_is_gone() {
    let Some(emulator) = Emulator::start_or_skip("a_period_judges_all_in_batches") else { return };
    emulator.server.populate(&["--buckets", "130", "--region", "eu-west-1"]);
    let stands = |id: &str| ("AWS::S3::Bucket".to_owned(), id.to_owned(), "COMPLIANT".to_owned());
    let refused = vec![(format!("bench-{ACCOUNT}-0002"), 1), (format!("bench-{ACCOUNT}-0005"), 99)];
    let standing = vec![stands("gone-1"), stands(&format!("bench-{ACCOUNT}-0000"))];
    let config = ConfigService { standing, refused, page: 1, ..ConfigService::default() }.start();
    let event = period("s3-encryption-dev", &json!({}));
    let ended = ask(
        &emulator,
        &config,
        vec![event],
        &[("ENVIRONMENT_SUFFIX", "dev"), ("HISTORY_TABLE_NAME", "none")],
    );
    let answer = ended.answer(0);
    // Of 131 buckets and one that is gone, Config does not take one.
    assert_eq!(
        (&answer["ResultsGiven"], &answer["Errors"], &answer["gone"]),
        (&json!(131), &json!(1), &json!(1))
    );
    assert_eq!((&answer["status"], &answer["Success"]), (&json!("incomplete"), &json!(0)), "{answer}");
    assert_eq!(answer["skipped"]["not taken by AWS Config"], 1, "{answer}");
    let sizes: Vec<usize> =
        config.puts().iter().map(|put| put["Evaluations"].as_array().unwrap().len()).collect();
    assert_eq!(sizes.iter().max(), Some(&100), "{sizes:?}");
    let standing = config.standing();
    assert_eq!(standing.len(), 130, "all but the one that is not taken");
    assert!(standing.iter().all(|(id, ..)| id != "gone-1"));
    let failing = standing.iter().filter(|(_, verdict, _)| verdict == "NON_COMPLIANT").count();
    assert_eq!(failing, 33 + 1, "every fourth, and the bucket of evidence");
    let said = ended.said("AWS Config did not take a result.");
    assert_eq!((said.len(), &said[0]["extra"]["resource"]), (1, &json!(format!("bench-{ACCOUNT}-0005"))));
}

#[test]
fn where_a_list_is_denied_no_verdict_of_yesterday_stands_as_compliant() {
    let Some(emulator) = Emulator::start_or_skip("where_a_list_is_denied_nothing_stands") else { return };
    emulator.server.set_faults(&json!({ "deny": ["s3:GET:.*"] }));
    let stands = |id: &str| ("AWS::S3::Bucket".to_owned(), id.to_owned(), "COMPLIANT".to_owned());
    let config =
        ConfigService { standing: vec![stands("a"), stands("b")], ..ConfigService::default() }.start();
    let ended = ask(&emulator, &config, vec![period("s3-encryption", &json!({}))], &[]);
    let why = "UNKNOWN: s3api list-buckets: AccessDenied";
    let expect = [ACCOUNT, "a", "b"].map(|id| verdict(id, "NON_COMPLIANT", why));
    assert_eq!(config.standing(), expect);
    let answer = ended.answer(0);
    assert_eq!((&answer["unknown"], &answer["status"]), (&json!(3), &json!("incomplete")), "{answer}");
}

#[test]
fn a_period_over_nothing_is_answered_too_and_a_test_keeps_nothing() {
    let Some(emulator) = Emulator::start_or_skip("a_period_over_nothing_is_answered") else { return };
    let config = ConfigService { denied: Vec::new(), ..ConfigService::default() }.start();
    let events =
        vec![period("rds-backups", &json!({})), period("rds-backups", &json!({ "resultToken": "TESTMODE" }))];
    let ended = ask(&emulator, &config, events, &[]);
    assert_eq!(ended.answer(0)["status"], "done", "{}", ended.answer(0));
    let puts = config.puts();
    assert_eq!(puts.len(), 2);
    let evaluation = &puts[0]["Evaluations"][0];
    assert_eq!(evaluation["ComplianceResourceType"], "AWS::::Account");
    assert_eq!(evaluation["ComplianceType"], "NOT_APPLICABLE");
    assert_eq!((&puts[0]["TestMode"], &puts[1]["TestMode"]), (&Value::Null, &json!(true)));
}

#[test]
fn what_cannot_be_answered_fails_with_the_field_or_the_reason() {
    let Some(emulator) = Emulator::start_or_skip("what_cannot_be_answered_fails") else { return };
    let config = ConfigService::default().start();
    let (rule, instance) = ("ec2-required-tags", "AWS::EC2::Instance");
    let with = |more: Value| changed(rule, &item(instance, "i-1", "ResourceDeleted"), &more);
    let cases = [
        (with(json!({ "resultToken": "expired" })), "Provost.JobFailed", "InvalidResultTokenException"),
        (
            with(json!({ "ruleParameters": "{\"required_tag\":\"Owner\"}" })),
            "Provost.ConfigEvent",
            "`ruleParameters.required_tag` is no parameter of `ec2-required-tags` (required_tags)",
        ),
        (
            with(json!({ "ruleParameters": "{\"rule\":\"x\"}" })),
            "Provost.ConfigEvent",
            "`ruleParameters.rule`",
        ),
        (
            with(json!({ "configRuleName": "my-rule" })),
            "Provost.ConfigEvent",
            "`configRuleName` is `my-rule`",
        ),
        (with(json!({ "invokingEvent": "{" })), "Provost.ConfigEvent", "`invokingEvent` is not JSON"),
        (with(json!({ "resultToken": null })), "Provost.ConfigEvent", "`resultToken` is missing"),
        (json!({}), "Provost.UnknownJob", "the event is none of AWS Config's"),
    ];
    let events = cases.iter().map(|(event, ..)| event.clone()).collect();
    let ended = ask(&emulator, &config, events, &[]);
    for (outcome, (_, kind, expect)) in ended.outcomes.iter().zip(&cases) {
        let said = outcome.json();
        assert!(!outcome.is_response(), "{said}");
        assert_eq!(said["errorType"], *kind, "{said}");
        assert!(said["errorMessage"].as_str().unwrap().contains(expect), "{said}");
    }
    assert_eq!(config.puts(), Vec::<Value>::new());
}

#[test]
fn a_rule_of_another_account_is_answered_there_with_the_role() {
    let Some(emulator) = Emulator::start_or_skip("a_rule_of_another_account_is_answered_there") else {
        return;
    };
    let config = ConfigService::default().start();
    let member = "222222222222";
    emulator.server.populate(&["--buckets", "2", "--account", member, "--region", "eu-west-1"]);
    let bucket = format!("bench-{member}-0001");
    let mut of_member = item("AWS::S3::Bucket", &bucket, "OK");
    of_member["awsAccountId"] = json!(member);
    let name = json!({ "accountId": member, "configRuleName": "OrgConfigRule-s3-encryption-dev-a1b2c3d4" });
    let event = changed("x", &of_member, &name);
    let without = ask(&emulator, &config, vec![event.clone()], &[]);
    let said = without.outcomes[0].json();
    assert_eq!(said["errorType"], "Provost.ConfigEvent", "{said}");
    assert!(said["errorMessage"].as_str().unwrap().contains("`PROVOST_ROLE` names no role"), "{said}");

    let more = [("PROVOST_ROLE", "audit"), ("ENVIRONMENT_SUFFIX", "dev"), ("HISTORY_TABLE_NAME", "none")];
    let ended = ask(&emulator, &config, vec![event.clone()], &more);
    let answer = ended.answer(0);
    assert_eq!((&answer["status"], &answer["account"]), (&json!("done"), &json!(member)), "{answer}");
    assert_eq!(config.standing(), [verdict(&bucket, "COMPLIANT", "")]);
    let own = "AKIAIOSFODNN7EXAMPLE";
    assert!(config.requests().iter().all(|request| request.access_key() != own), "the role answers");

    let elsewhere = [
        ("PROVOST_ROLE", "audit"),
        ("PROVOST_ACCOUNTS", "333333333333"),
        ("ENVIRONMENT_SUFFIX", "dev"),
        ("HISTORY_TABLE_NAME", "none"),
    ];
    let refused = ask(&emulator, &config, vec![event], &elsewhere);
    let said = refused.outcomes[0].json();
    assert!(
        said["errorMessage"].as_str().unwrap().contains("which `PROVOST_ACCOUNTS` does not name"),
        "{said}"
    );
}

#[test]
fn an_answer_that_does_not_come_in_time_fails_so_that_lambda_asks_again() {
    let Some(emulator) = Emulator::start_or_skip("an_answer_that_does_not_come_in_time_fails") else {
        return;
    };
    let silent = FaultServer::start(|_| Reply::never());
    let silent = silent.url();
    let variables = [
        ("AWS_ENDPOINT_URL", emulator.server.url()),
        ("AWS_ENDPOINT_URL_CONFIG_SERVICE", silent.as_str()),
        ("PROVOST_JOB", "config-rule"),
        ("METRICS_NAMESPACE", "none"),
    ];
    let event = changed("rds-backups", &item("AWS::RDS::DBInstance", "db-1", "ResourceDeleted"), &json!({}));
    let ended = run(vec![Invocation::new(event, std::time::Duration::from_secs(6))], &variables);
    assert_eq!(ended.outcomes[0].json()["errorType"], "Provost.OutOfTime", "{}", ended.outcomes[0].json());
}
