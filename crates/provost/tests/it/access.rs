//! `provost report access` over several scans: what came, went and changed, and what nobody can say.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::reports::settings;
use crate::support::{Place, lines, sample_estate};

const OURS: &str = "111122223333";

fn user(name: &str, more: &Value) -> Value {
    let mut user = json!({
        "UserName": name, "UserId": format!("AIDA{}", name.to_uppercase()), "Arn": format!("arn:aws:iam::{OURS}:user/{name}"),
        "CreateDate": "2024-01-01T00:00:00+00:00", "GroupList": [], "AttachedManagedPolicies": [], "UserPolicyList": [],
        "Tags": [{"Key": "team", "Value": "payments"}],
    });
    for (name, value) in more.as_object().unwrap() {
        user[name] = value.clone();
    }
    user
}

/// An inline policy that allows this.
fn allows(action: &str, resource: &str) -> Value {
    let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
    json!([{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}])
}

/// Records the users of our account. Each has a password, used a day before, no MFA device and no key, unless
/// `but` says otherwise.
fn record(place: &Place, folder: &str, day: &str, users: &[Value], but: &[(&str, Value)]) {
    place.write(&format!("{folder}/recorded-at"), format!("{day}T00:00:00Z\n"));
    let iam = format!("{folder}/{OURS}/global/iam");
    let list = json!({"UserDetailList": users, "IsTruncated": false});
    place.write(&format!("{iam}/get-account-authorization-details.json"), list.to_string());
    let used = |user: &Value| json!({"UserName": user["UserName"], "Arn": user["Arn"], "PasswordLastUsed": "2026-11-19T08:00:00+00:00"});
    let used: Vec<Value> = users.iter().map(used).collect();
    place.write(&format!("{iam}/list-users.json"), json!({"Users": used, "IsTruncated": false}).to_string());
    for name in users.iter().map(|user| user["UserName"].as_str().unwrap()) {
        for (call, answer) in [
            ("get-login-profile", json!({"LoginProfile": {"UserName": name}})),
            ("list-access-keys", json!({"AccessKeyMetadata": []})),
            ("list-mfa-devices", json!({"MFADevices": []})),
        ] {
            place.write(&format!("{iam}/{call}/{name}.json"), answer.to_string());
        }
    }
    for (path, answer) in but {
        place.write(
            &format!("{iam}/{path}"),
            answer.as_str().map_or_else(|| answer.to_string(), str::to_owned),
        );
    }
}

fn denied(operation: &str) -> Value {
    json!(format!("An error occurred (AccessDenied) when calling the {operation} operation: no"))
}

/// Two scans a week apart.
fn place() -> Place {
    let place = Place::new();
    let key = json!({"AccessKeyMetadata": [
        {"UserName": "carl", "AccessKeyId": "AKIAEXAMPLE", "Status": "Active", "CreateDate": "2025-01-01T00:00:00+00:00"}]});
    let key_used = json!({"AccessKeyLastUsed":
        {"LastUsedDate": "2025-03-01T10:00:00+00:00", "ServiceName": "s3", "Region": "eu-central-1"}});
    let keys = [("list-access-keys/carl.json", key), ("get-access-key-last-used/AKIAEXAMPLE.json", key_used)];
    let before = ["anna", "bert", "carl", "dora", "emil", "gone"].map(|name| user(name, &json!({})));
    record(&place, "before", "2026-11-13", &before, &keys);
    let now = [
        user("anna", &json!({})),
        user(
            "bert",
            &json!({"UserPolicyList": allows("iam:PutUserPolicy", "arn:aws:iam::111122223333:user/bert")}),
        ),
        user("carl", &json!({"Tags": [{"Key": "team", "Value": "=cmd"}]})),
        user("dora", &json!({"UserId": "AIDAOTHER", "CreateDate": "2026-11-18T00:00:00+00:00"})),
        user("emil", &json!({})),
        user(
            "fred",
            &json!({"UserPolicyList": allows("iam:CreateAccessKey", "arn:aws:iam::111122223333:user/x")}),
        ),
    ];
    let [list, used] = keys;
    let unread = ("list-mfa-devices/emil.err", denied("ListMFADevices"));
    record(&place, "now", "2026-11-20", &now, &[list, used, unread]);
    place.run(&["collect", "--estate", "before"]);
    place.run(&["collect", "--estate", "now"]);
    place
}

fn report(place: &Place) -> Value {
    serde_json::from_str(&place.done(&["report", "access", "--format", "json"])).unwrap()
}

fn changes(report: &Value) -> Vec<(&str, &str)> {
    let users = report["users"].as_array().unwrap().iter().chain(report["gone"].as_array().unwrap());
    users.map(|user| (user["name"].as_str().unwrap(), user["change"]["kind"].as_str().unwrap())).collect()
}

#[test]
fn what_is_stale_and_what_changed_is_told_in_every_format() {
    let place = place();
    settings().bind(|| {
        assert_snapshot!("access_review_table", place.done(&["report", "access"]));
        let json = report(&place);
        assert_snapshot!("access_review_json", serde_json::to_string_pretty(&json).unwrap());
        assert_snapshot!("access_review_csv", place.done(&["report", "access", "--format", "csv"]));
    });
    let report = report(&place);
    let expect = [
        ("anna", "same"),
        ("bert", "changed"),
        ("carl", "changed"),
        ("dora", "replaced"),
        ("emil", "unknown"),
        ("fred", "new"),
        ("gone", "gone"),
    ];
    assert_eq!(changes(&report), expect);
    let each = lines(&place.done(&["report", "access", "--format", "ndjson"]));
    let by_name = |one: &Value| one["name"].as_str().map(str::to_owned);
    let names: Vec<_> = each.iter().filter_map(by_name).collect();
    assert_eq!(names, expect.map(|(name, _)| name));
    for user in report["users"].as_array().unwrap() {
        assert!(each.contains(user), "a line holds what the list holds: {user}");
    }
}

#[test]
fn the_page_tells_the_same() {
    let place = place();
    let page = place.done(&["report", "access", "--format", "html"]);
    let data = page.split_once("id=\"data\">").and_then(|(_, rest)| rest.split_once("</script>")).unwrap().0;
    let data: Value = serde_json::from_str(data).unwrap();
    let told = |list: &str| -> Vec<(String, String)> {
        let word = |user: &Value, member: &str| user[member].as_str().unwrap().to_owned();
        data[list].as_array().unwrap().iter().map(|user| (word(user, "name"), word(user, "change"))).collect()
    };
    let report = report(&place);
    let told: Vec<_> = told("access").into_iter().chain(told("access_missing")).collect();
    let expect = changes(&report).into_iter().map(|(name, kind)| (name.to_owned(), kind.to_owned()));
    assert_eq!(told, expect.collect::<Vec<_>>());
    assert_eq!(data["access_review"]["scans"], report["scans"]);
    let bert = &data["access"][1];
    assert_eq!((&bert["administrator"], &bert["can_escalate"]), (&json!("yes"), &json!("yes")));
}

#[test]
fn a_first_list_that_is_denied_is_told_and_is_not_an_estate_without_users() {
    let place = Place::new();
    place.write("e/recorded-at", "2026-11-20T00:00:00Z\n");
    let error = denied("GetAccountAuthorizationDetails");
    for call in ["get-account-authorization-details", "list-users"] {
        place.write(&format!("e/{OURS}/global/iam/{call}.err"), error.as_str().unwrap());
    }
    place.run(&["collect", "--estate", "e"]);
    let told = place.done(&["report", "access"]);
    assert!(told.starts_with("users of 111122223333: not listed (iam "), "{told}");
    assert!(told.contains("access denied"), "{told}");
    let report = report(&place);
    assert_eq!(report["users"], json!([]));
    assert_eq!(report["not_listed"][0]["account"], OURS);
    assert_eq!(report["not_listed"][0]["shown_of"], Value::Null);
    let csv = place.done(&["report", "access", "--format", "csv"]);
    assert!(csv.contains("111122223333,(not listed: iam "), "{csv}");
    let each = lines(&place.done(&["report", "access", "--format", "ndjson"]));
    assert_eq!(each, [json!({"not_listed": report["not_listed"][0]})]);
}

#[test]
fn a_later_list_that_is_denied_leaves_the_last_one_and_says_so() {
    let place = Place::new();
    record(&place, "before", "2026-11-13", &[user("anna", &json!({}))], &[]);
    place.write("now/recorded-at", "2026-11-20T00:00:00Z\n");
    for call in ["get-account-authorization-details", "list-users"] {
        let error = denied("ListUsers");
        place.write(&format!("now/{OURS}/global/iam/{call}.err"), error.as_str().unwrap());
    }
    place.run(&["collect", "--estate", "before"]);
    place.run(&["collect", "--estate", "now"]);
    let told = place.done(&["report", "access"]);
    let line = "users of 111122223333: not listed at 2026-11-20T00:00:00Z, what is shown is of 2026-11-13T00:00:00Z (iam";
    assert!(told.contains(line) && told.contains("anna"), "{told}");
    let report = report(&place);
    assert_eq!(changes(&report), [("anna", "first-scan")]);
    assert_eq!(report["not_listed"][0]["shown_of"], "2026-11-13T00:00:00.000000000Z");
}

#[test]
fn who_is_not_in_a_list_that_goes_on_is_not_gone() {
    let place = Place::new();
    let [anna, bert] = ["anna", "bert"].map(|name| user(name, &json!({})));
    record(&place, "a", "2026-11-13", &[anna.clone(), bert.clone()], &[]);
    let part = json!({"UserDetailList": [anna], "IsTruncated": true});
    let users = json!({"Users": [{"UserName": "anna", "Arn": anna["Arn"]}], "IsTruncated": true});
    let parts = [("get-account-authorization-details.json", part), ("list-users.json", users)];
    record(&place, "b", "2026-11-20", std::slice::from_ref(&anna), &parts);
    record(&place, "c", "2026-11-21", &[anna, bert], &[]);
    place.run(&["collect", "--estate", "a"]);
    place.run(&["collect", "--estate", "b"]);
    assert_eq!(changes(&report(&place)).last(), Some(&("bert", "not-seen")));
    let told = place.done(&["report", "access"]);
    assert!(told.contains("not seen, the scan is not complete, last seen 2026-11-13T00:00:00Z"), "{told}");
    assert!(told.contains("2026-11-20T00:00:00Z (not complete)"), "{told}");
    assert!(told.contains("users of 111122223333: not all listed"), "{told}");
    place.run(&["collect", "--estate", "c"]);
    assert_eq!(changes(&report(&place)).last(), Some(&("bert", "new-or-not-seen-before")));
}

#[test]
fn the_age_of_the_credential_report_is_told() {
    let place = Place::new();
    place.run(&["collect", "--estate", sample_estate().to_str().unwrap()]);
    let told = place.done(&["report", "access"]);
    assert!(told.contains("Credential reports were up to 10 h 46 min old at the scan."), "{told}");
    let widest = told.lines().take_while(|line| !line.is_empty()).map(|line| line.chars().count()).max();
    assert!(widest.unwrap() <= 120, "{told}");
}
