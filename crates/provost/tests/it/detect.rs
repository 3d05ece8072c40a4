//! `provost detect` over what exists in the wild.

use std::io::Write as _;
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::{Place, event, lines, said, user_created};

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn ids(stdout: &str) -> Vec<String> {
    lines(stdout).iter().map(|violation| violation["event_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_violation_has_what_was_promised() {
    let place = Place::new();
    let events = format!("\n{}\n", user_created("e-1"));
    place.write("events.ndjson", &events);
    let stdout = place.done(&["detect", "events.ndjson", "--format", "json"]);
    let violation = lines(&stdout).remove(0);
    let expect = json!({
        "schema": 2, "rule": "iam-user-created", "rule_origin": "built-in", "outcome": "done", "event_id": "e-1",
        "event_name": "CreateUser", "event_source": "iam.amazonaws.com", "event_time": "2026-11-20T10:00:00Z",
        "account": "111122223333", "region": "eu-central-1", "principal": "arn:aws:iam::111122223333:user/anna",
        "source": {"file": "events.ndjson", "position": 1, "record": 1}, "suppressed": null,
    });
    for (name, value) in expect.as_object().unwrap() {
        assert_eq!(&violation[name], value, "{name}");
    }
    for name in ["severity", "action", "evidence", "id", "rule_hash", "title"] {
        assert!(violation[name].is_string(), "{name}");
    }
}

#[test]
fn every_delivery_is_read_in_order_and_what_is_not_one_is_counted() {
    let place = Place::new();
    let records = |names: &[&str]| names.iter().map(|name| user_created(name)).collect::<Vec<_>>();
    place.write("in/a.json", json!({"Records": records(&["a1", "a2"])}).to_string());
    place.write("in/b.json.gz", gzip(&json!({"Records": records(&["b1"])}).to_string()));
    place.write("in/c/c.json", json!(records(&["c1"])).to_string());
    place.write("in/d.ndjson.gz", gzip(&format!("{}\n{}\n", user_created("d1"), user_created("d2"))));
    place.write("in/e.json", json!({"digestStartTime": "x", "logFiles": []}).to_string());
    place.write("in/notes.txt", "not events");
    let said = place.run(&["detect", "in", "--format", "json"]);
    assert_eq!(said.code, 0);
    assert_eq!(ids(&said.stdout), ["a1", "a2", "b1", "c1", "d1", "d2"]);
    let statistics = said.statistics();
    assert_eq!(statistics["counts"]["events"], 6);
    assert_eq!(statistics["counts"]["files"], 5);
    assert_eq!(statistics["skipped"], json!({"CloudTrail digest file": 1, "not an event file": 1}));
    for threads in ["1", "3"] {
        let again = place.run(&["detect", "in", "--format", "json", "--threads", threads]);
        assert_eq!(ids(&again.stdout), ids(&said.stdout), "{threads} threads");
    }
}

#[test]
fn damage_is_reported_with_name_and_offset_and_the_rest_goes_on() {
    let place = Place::new();
    let whole = json!({"Records": [user_created("a1"), user_created("a2")]}).to_string();
    place.write("in/a-cut.json", &whole[..whole.len() - 30]);
    let packed = gzip(&whole);
    place.write("in/b-cut.json.gz", &packed[..packed.len() - 12]);
    place.write(
        "in/c-torn.ndjson",
        format!("{}\n{{\"eventID\":\"x\n{}\n", user_created("c1"), user_created("c2")),
    );
    place.write("in/d.json", "<html>");
    place.write("in/e.json", json!([user_created("e1")]).to_string());
    let said = place.run(&["detect", "in", "--format", "json"]);
    assert_eq!(said.code, 3, "done in part");
    let found = ids(&said.stdout);
    for id in ["a1", "c1", "c2", "e1"] {
        assert!(found.contains(&id.to_owned()), "{id} in {found:?}");
    }
    let complaints: Vec<(&str, u64)> = said
        .log
        .iter()
        .filter(|line| line["message"] == "Part of an input could not be read.")
        .map(|line| (line["file"].as_str().unwrap(), line["offset"].as_u64().unwrap()))
        .collect();
    let files: Vec<&str> = complaints.iter().map(|(file, _)| *file).collect();
    assert_eq!(files, ["in/a-cut.json", "in/b-cut.json.gz", "in/c-torn.ndjson", "in/d.json"]);
    assert!(complaints[0].1 > 12 && complaints[2].1 > 0);
    assert_eq!(said.statistics()["counts"]["unreadable"], 4);
}

#[test]
fn standard_input_is_read() {
    let place = Place::new();
    let mut child = place
        .command(&["detect", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&gzip(&user_created("s1").to_string())).unwrap();
    let said = said(&child.wait_with_output().unwrap());
    assert_eq!((said.code, ids(&said.stdout)), (0, vec!["s1".to_owned()]));
    assert_eq!(lines(&said.stdout)[0]["source"]["file"], "-");
}

#[test]
fn odd_request_parameters_are_read_and_an_omitted_policy_is_itself_reported() {
    let place = Place::new();
    let put = |id: &str, parameters: Value| {
        event(id, "iam", "PutRolePolicy", &json!({"requestParameters": parameters})).to_string()
    };
    let events = [
        put("null", Value::Null),
        put("text", json!("requestParameters too large")),
        put(
            "omitted",
            json!({"omitted": true, "originalSize": 123_456, "reason": "requestParameters too large"}),
        ),
        put("broken", json!({"roleName": "r", "policyName": "p", "policyDocument": "{\"Statement\": [{"})),
        put(
            "whole",
            json!({"roleName": "r", "policyName": "p", "policyDocument":
                r#"{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}"#}),
        ),
    ];
    place.write("events.ndjson", events.join("\n"));
    let stdout = place.done(&["detect", "events.ndjson", "--format", "json"]);
    let omitted: Vec<String> = lines(&stdout)
        .iter()
        .filter(|violation| violation["rule"] == "policy-document-omitted")
        .map(|violation| violation["event_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(omitted, ["null", "text", "omitted", "broken"]);
}

#[test]
fn a_new_policy_is_held_against_the_one_that_was_collected() {
    let document = |action: &str| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
    let place = Place::new();
    place.write("e/recorded-at", "2026-11-19T00:00:00Z\n");
    place.write(
        "e/111122223333/global/iam/get-account-authorization-details.json",
        json!({"UserDetailList": [{"UserName": "anna", "UserId": "AIDAEXAMPLE", "Arn": "arn:aws:iam::111122223333:user/anna",
            "CreateDate": "2024-01-01T00:00:00+00:00", "GroupList": [], "AttachedManagedPolicies": [],
            "UserPolicyList": [{"PolicyName": "work", "PolicyDocument": document("s3:Get*")}]}], "IsTruncated": false})
        .to_string(),
    );
    place.run(&["collect", "--estate", "e"]);
    let put = |id: &str, action: &str| {
        let parameters =
            json!({"userName": "anna", "policyName": "work", "policyDocument": document(action).to_string()});
        event(id, "iam", "PutUserPolicy", &json!({"requestParameters": parameters})).to_string()
    };
    // Each is held against what was collected, not against the one before it.
    let events = [put("more", "s3:*"), put("less", "s3:GetObject"), put("more-again", "*")];
    place.write("events.ndjson", events.join("\n"));
    for threads in ["1", "4"] {
        let stdout = place.done(&["detect", "events.ndjson", "--format", "json", "--threads", threads]);
        let of = |rule: &str| -> Vec<(String, Value)> {
            let found = lines(&stdout).into_iter().filter(|violation| violation["rule"] == rule);
            found.map(|it| (it["event_id"].as_str().unwrap().to_owned(), it["facts"].clone())).collect()
        };
        let weakened = of("policy-weakened");
        let ids: Vec<_> = weakened.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["more", "more-again"]);
        let expected = json!({"kind": "identity", "policy": "parsed", "weakens": "yes"});
        assert_eq!(weakened[0].1, expected);
        assert_eq!(weakened[1].1["grants_admin"], "yes");
        assert_eq!(of("inline-policy-written").len(), 3);
    }
    let csv = place.done(&["report", "violations", "--format", "csv"]);
    assert!(csv.contains("kind: identity; policy: parsed; weakens: yes"), "{csv}");
}

#[test]
fn a_failed_call_is_an_attempt_and_counted_apart() {
    let place = Place::new();
    let failed = event("f-1", "iam", "CreateUser", &json!({"errorCode": "AccessDenied"}));
    place.write("events.ndjson", format!("{failed}\n{}\n", user_created("d-1")));
    let said = place.run(&["detect", "events.ndjson", "--format", "json", "--fail-on", "low"]);
    assert_eq!(said.code, 1, "one was done");
    let outcomes: Vec<_> = lines(&said.stdout).iter().map(|violation| violation["outcome"].clone()).collect();
    assert_eq!(outcomes, ["attempted", "done"]);
    assert_eq!(said.statistics()["counts"]["attempted"], 1);

    place.write("only-failed.ndjson", failed.to_string());
    let said = place.run(&["detect", "only-failed.ndjson", "--fail-on", "low"]);
    assert_eq!(said.code, 0, "an attempt that failed is not what --fail-on asks for");
}

#[test]
fn an_event_delivered_twice_is_one_violation() {
    let place = Place::new();
    place.write("in/a.json", json!([user_created("same"), user_created("same")]).to_string());
    place.write("in/b.json", json!([user_created("same")]).to_string());
    let said = place.run(&["detect", "in", "--format", "json"]);
    assert_eq!(ids(&said.stdout), ["same"]);
    assert_eq!(said.statistics()["counts"]["duplicates"], 2);
    assert_eq!(
        ids(&place.done(&["detect", "in", "--format", "json"])),
        ["same"],
        "a later run sees it once as well"
    );
    assert_eq!(lines(&place.done(&["report", "violations", "--format", "ndjson"])).len(), 1);
}

#[test]
fn rules_from_any_folder_run_beside_the_built_in_ones() {
    let place = Place::new();
    let rule = "title: My Rule\nlogsource: {product: aws, service: cloudtrail}\nlevel: critical\n\
                detection:\n  s:\n    eventName|startswith: Create\n    userIdentity.arn|endswith: '/anna'\n  condition: s\n";
    place.write("sigma/deep/mine.yml", rule);
    place.write("sigma/broken.yml", "title: [");
    place.write("sigma/linux.yml", rule.replace("product: aws, service: cloudtrail", "product: linux"));
    place.write("events.ndjson", user_created("e-1").to_string());
    let said = place.run(&["detect", "events.ndjson", "--rules", "sigma", "--format", "json"]);
    assert_eq!(said.code, 3, "a rule that could not be loaded found nothing");
    let rules: Vec<_> = lines(&said.stdout).iter().map(|violation| violation["rule"].clone()).collect();
    assert_eq!(rules, ["iam-user-created", "my-rule"]);
    let refused = said.log.iter().find(|line| line["message"] == "A rule could not be loaded.").unwrap();
    assert_eq!(refused["file"], "broken.yml");
    std::fs::remove_file(place.path("sigma/broken.yml")).unwrap();
    assert_eq!(
        place.run(&["detect", "events.ndjson", "--rules", "sigma"]).code,
        0,
        "other sources are no failure"
    );
}

#[test]
fn suppressed_violations_stay_visible() {
    let place = Place::new();
    place.write(
        "waivers.yaml",
        "suppressions:\n  - {id: s1, rule: iam-user-created, principal: 'arn:aws:iam::111122223333:user/anna', \
         reason: provisioning, owner: bea, expires: 2100-01-01}\n",
    );
    place.write("events.ndjson", user_created("e-1").to_string());
    let said = place.run(&[
        "detect",
        "events.ndjson",
        "--waivers",
        "waivers.yaml",
        "--format",
        "json",
        "--fail-on",
        "low",
    ]);
    assert_eq!(said.code, 0, "an accepted violation is not what --fail-on asks for");
    let violation = lines(&said.stdout).remove(0);
    assert_eq!(violation["suppressed"]["owner"], "bea");
    assert_eq!(said.statistics()["counts"]["suppressed"], 1);
    assert!(place.done(&["report", "violations"]).contains("suppressed by bea"));
}

/// A pipe that stays open never ends, so the deadline is reached however fast the machine.
#[test]
fn a_deadline_stops_in_order_and_says_what_remains() {
    let place = Place::new();
    let mut child = place
        .command(&["detect", "-", "--format", "json", "--deadline", "2s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    for number in 0..600 {
        writeln!(pipe, "{}", user_created(&format!("e-{number}"))).unwrap();
    }
    let said = said(&child.wait_with_output().unwrap());
    drop(pipe);
    assert_eq!(said.code, 3);
    let statistics = said.statistics();
    assert!(statistics["remaining"].as_str().unwrap().contains("the rest of -"), "{statistics}");
    let told = lines(&said.stdout).len();
    assert!((256..600).contains(&told), "what came by then is judged: {told}");
    let kept = lines(&place.done(&["report", "violations", "--format", "ndjson"])).len();
    assert_eq!(kept, told, "and kept");
}

#[test]
fn whoever_reads_may_go_away() {
    let place = Place::new();
    let many: String = (0..3_000).map(|n| format!("{}\n", user_created(&format!("e-{n}")))).collect();
    place.write("events.ndjson", many);
    let mut child = place
        .command(&["detect", "events.ndjson", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(said(&child.wait_with_output().unwrap()).code, 0);
    assert_eq!(lines(&place.done(&["report", "violations", "--format", "ndjson"])).len(), 3_000);
}
