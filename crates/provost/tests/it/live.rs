//! `provost collect` over live estates: over HTTP, with pages, throttles, and accounts nobody gets into.

use std::collections::BTreeMap;
use std::process::Command;

use provost_testbed::iam_estate::{IamEstate, IamServer};
use provost_testbed::{AwsServer, FaultServer, Reply};
use serde_json::Value;

use crate::support::{Place, Said, lines, said};

/// The command, asking this server in place of AWS, with the keys of an account of it.
pub(crate) fn asking(place: &Place, url: &str, key: &str, args: &[&str]) -> Command {
    let mut command = place.command(args);
    command
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", key)
        .env("AWS_SECRET_ACCESS_KEY", "secret-of-tests")
        .env("AWS_REGION", "us-east-1");
    command
}

fn ask(place: &Place, server: &IamServer, args: &[&str]) -> Said {
    let key = server.access_key(&server.account_ids()[0]);
    said(&asking(place, &server.url(), &key, args).output().unwrap())
}

fn users(place: &Place) -> BTreeMap<String, Value> {
    let mut all = lines(&place.done(&["report", "access", "--format", "ndjson"]));
    // A line without a user is an account whose users could not be listed.
    all.retain(|line| line.get("user_name").is_some());
    let count = all.len();
    let users: BTreeMap<String, Value> =
        all.into_iter().map(|user| (user["user_name"].as_str().unwrap().to_owned(), user)).collect();
    assert_eq!(users.len(), count, "no user twice");
    users
}

fn counts(said: &Said) -> Value {
    said.statistics()["counts"].clone()
}

#[test]
fn an_inventory_holds_what_is_true_of_every_user() {
    let server = IamEstate { users: 120, new_users: 3, page: 50, ..IamEstate::default() }.start();
    let place = Place::new();
    let collected = ask(&place, &server, &["collect", "iam-users"]);
    assert_eq!(collected.code, 0, "{:#?}", collected.log);
    assert_eq!(
        (counts(&collected)["users"].as_u64(), counts(&collected)["errors"].as_u64()),
        (Some(120), Some(0))
    );
    let account = &server.account_ids()[0];
    let users = users(&place);
    assert_eq!(users.len(), 120);
    for number in 0..120 {
        let truth = server.user(account, number);
        let user = &users[&format!("{account}/{}", truth.name)];
        assert_eq!(user["arn"], truth.arn.as_str());
        let keys = user["access_keys"].as_array().unwrap();
        assert_eq!(keys.len(), truth.keys.len(), "{user}");
        assert_eq!(user["mfa"], !truth.mfa.is_empty(), "{user}");
        assert_eq!(
            user["mfa_devices"].as_array().unwrap().len(),
            truth.mfa.len(),
            "which device, not only whether: {user}"
        );
        if truth.is_administrator() && truth.boundary.is_none() {
            assert_eq!(user["access"]["administrator"], "yes", "{user}");
        }
    }
}

/// AWS allows 5,000 users in an account.
#[test]
fn twenty_thousand_users_of_four_accounts_while_a_fifth_is_denied() {
    let estate =
        IamEstate { accounts: 5, users: 5_000, page: 100, throttle_every: Some(20), ..IamEstate::default() };
    let denied = estate.account_ids()[4].clone();
    let server = IamEstate { denied_accounts: vec![denied.clone()], ..estate }.start();
    let place = Place::new();
    let args = ["collect", "iam-users", "--org", "--role", "reader", "--deadline", "20m"];
    let collected = ask(&place, &server, &args);
    assert_eq!(collected.code, 3, "an account is missing: {:#?}", collected.log);
    let statistics = collected.statistics();
    assert_eq!(statistics["counts"]["users"], 20_000);
    assert_eq!(statistics["counts"]["unreachable_accounts"], 1);
    let left_out = statistics["left_out"].to_string();
    assert!(left_out.contains(&denied) && left_out.contains("AccessDenied"), "{left_out}");
    assert!(server.throttled() > 20, "{} throttles", server.throttled());

    let users = users(&place);
    assert_eq!(users.len(), 20_000);
    for (number, account) in server.account_ids()[..4].iter().enumerate() {
        for user in [0, 1, 99, 100, 2_500 + number, 4_999] {
            let truth = server.user(account, user);
            assert_eq!(users[&format!("{account}/{}", truth.name)]["arn"], truth.arn.as_str());
        }
    }
    let access: Value = serde_json::from_str(&place.done(&["report", "access", "--format", "json"])).unwrap();
    let not_listed = access["not_listed"].to_string();
    assert!(not_listed.contains(&denied) && not_listed.contains("access denied"), "{not_listed}");
}

#[test]
fn what_is_denied_is_unknown_and_the_run_goes_on() {
    let denied = vec!["iam:GetAccountAuthorizationDetails".to_owned(), "iam:GetCredentialReport".to_owned()];
    let server = IamEstate { denied_operations: denied, ..IamEstate::default() }.start();
    let place = Place::new();
    let collected = ask(&place, &server, &["collect", "iam-users"]);
    assert_eq!(collected.code, 3, "the lists of groups and policies are missing: {:#?}", collected.log);
    for user in users(&place).values() {
        assert_eq!((&user["groups"], &user["access"]["administrator"]), (&Value::Null, &"unknown".into()));
        let why = user["access"]["unknown"].as_str().unwrap();
        assert!(why.contains("get-account-authorization-details") && why.contains("AccessDenied"), "{why}");
        // Without the report they are asked about one by one.
        assert!(user["console_access"].is_boolean() && user["access_keys"].is_array(), "{user}");
    }
}

#[test]
fn calls_end_where_they_are_told_to() {
    let server = IamEstate { users: 50, page: 5, ..IamEstate::default() }.start();
    let place = Place::new();
    let collected = ask(&place, &server, &["collect", "iam-users", "--max-calls", "8"]);
    let left: u64 =
        collected.statistics()["skipped"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert!(left > 0, "{:#?}", collected.log);
    assert!(server.server().count() <= 8, "{}", server.server().count());
}

#[test]
fn without_credentials_it_says_what_to_do() {
    let place = Place::new();
    let mut command = asking(&place, "http://127.0.0.1:9", "", &["collect"]);
    let output =
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").output().unwrap();
    let said = said(&output);
    assert_eq!(said.code, 2);
    let error = said.log.last().unwrap()["error"].as_str().unwrap().to_owned();
    assert!(error.contains("credentials"), "{error}");
}

#[test]
fn a_dry_run_asks_nothing() {
    let place = Place::new();
    let planned = asking(&place, "http://127.0.0.1:9", "AKIA", &["collect", "iam-users", "--dry-run"]);
    let said = said(&{ planned }.output().unwrap());
    assert_eq!(said.code, 0);
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("collect_dry_run", said.stdout);
    });
}

/// Nothing could be read, and nobody may take that for an account without users.
#[test]
fn an_account_in_which_every_list_is_denied_is_no_success() {
    let denied = ["ListUsers", "GetAccountAuthorizationDetails", "GetCredentialReport"];
    let denied = denied.map(|operation| format!("iam:{operation}")).to_vec();
    let server = IamEstate { denied_operations: denied, ..IamEstate::default() }.start();
    let place = Place::new();
    let collected = ask(&place, &server, &["collect", "iam-users"]);
    assert_eq!(collected.code, 3, "{:#?}", collected.log);
    let statistics = collected.statistics();
    assert!(statistics["counts"]["unlisted"].as_u64().unwrap() > 0, "{statistics}");
    assert!(statistics["left_out"].to_string().contains("IAM users of"), "{statistics}");
    assert!(place.done(&["report", "access"]).contains("not listed"));
}

/// A narrower look forgets nothing of what it did not look at.
#[test]
fn a_look_at_one_region_leaves_the_others_alone() {
    let Some(server) = AwsServer::start_or_skip("two regions") else { return };
    server.populate(&["--ec2", "1"]);
    server.populate(&["--ec2", "1", "--region", "eu-west-1"]);
    let place = Place::new();
    let collect = |args: &[&str]| {
        let said = said(&asking(&place, server.url(), "test", args).output().unwrap());
        counts(&said)
    };
    collect(&["collect", "--select", "ec2-required-tags", "--region", "us-east-1", "--region", "eu-west-1"]);
    let again = collect(&["collect", "--select", "ec2-required-tags", "--region", "us-east-1"]);
    assert_eq!(
        again["gone"].as_u64().unwrap_or(0) + again["no_longer_held"].as_u64().unwrap_or(0),
        0,
        "{again}"
    );
    place.done(&["assess"]);
    let report = place.done(&["report", "posture", "--format", "ndjson"]);
    assert!(report.contains(":eu-west-1:"), "its instances are still judged");
}

/// A report knows users by name alone, and a name can come back.
#[test]
fn a_row_of_somebody_who_had_the_name_before_is_not_taken() {
    let place = Place::new();
    let folder = "e/111122223333/global/iam";
    let anna = |created: &str| serde_json::json!({"UserName": "anna", "Arn": "arn:aws:iam::111122223333:user/anna", "CreateDate": created});
    let list = serde_json::json!({"Users": [anna("2026-11-22T11:00:00+00:00")]});
    place.write(&format!("{folder}/list-users.json"), list.to_string());
    // Base64 of a report with anna's row of 2020: a password, a device, no keys.
    let rows = "dXNlcixhcm4sdXNlcl9jcmVhdGlvbl90aW1lLHBhc3N3b3JkX2VuYWJsZWQsbWZhX2FjdGl2ZSxhY2Nlc3Nfa2V5XzFfYWN0aXZlLGFjY2Vzc19rZXlfMl9hY3RpdmUKYW5uYSxhcm46YXdzOmlhbTo6MTExMTIyMjIzMzMzOnVzZXIvYW5uYSwyMDIwLTAxLTAxVDAwOjAwOjAwKzAwOjAwLHRydWUsdHJ1ZSxmYWxzZSxmYWxzZQo=";
    let report = serde_json::json!({"Content": rows, "GeneratedTime": "2026-11-22T10:00:00+00:00"});
    place.write(&format!("{folder}/get-credential-report.json"), report.to_string());
    place.run(&["collect", "--estate", "e"]);
    let users = users(&place);
    let user = &users["111122223333/anna"];
    for fact in ["mfa", "console_access", "access_keys"] {
        assert_eq!(user[fact], Value::Null, "{fact}: {user}");
    }
}

/// A run ends at its deadline, whatever does not answer.
#[test]
fn what_never_answers_ends_with_the_deadline() {
    let server = FaultServer::start(|request| match request.operation().as_str() {
        "GetCallerIdentity" => Reply::xml(
            200,
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>\
             <Arn>arn:aws:iam::111122223333:user/x</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>",
        ),
        _ => Reply::never(),
    });
    let place = Place::new();
    let args = ["collect", "iam-users", "--deadline", "3s"];
    let collected = said(&asking(&place, &server.url(), "AKIA", &args).output().unwrap());
    assert_eq!(collected.code, 3, "{:#?}", collected.log);
    let statistics = collected.statistics();
    let is_told = statistics["remaining"].is_string() || counts(&collected)["failed"].as_u64() > Some(0);
    assert!(is_told, "{statistics}");
}

#[test]
fn the_policy_of_a_function_has_what_its_rules_read_and_the_places_it_writes_to() {
    let place = Place::new();
    let actions = |args: &[&str]| {
        let policy: Value = serde_json::from_str(&place.done(&[&["permissions"], args].concat())).unwrap();
        let statements = policy["Statement"].as_array().unwrap().clone();
        let mut all = BTreeMap::new();
        for statement in statements {
            for action in statement["Action"].as_array().unwrap() {
                let resource = statement["Resource"].to_string();
                all.insert(action.as_str().unwrap().to_owned(), resource);
            }
        }
        all
    };
    let one = ["--select", "ec2-required-tags", "--history-table", "compliance-history-dev"];
    let scan = actions(&[&["--jobs", "scan"], &one[..]].concat());
    assert!(scan["dynamodb:BatchWriteItem"].contains("table/compliance-history-dev"), "{scan:?}");
    assert!(
        scan.contains_key("ec2:DescribeInstances") && scan.contains_key("ec2:DescribeRegions"),
        "{scan:?}"
    );
    assert!(
        !scan.keys().any(|action| action.starts_with("rds:") || action.starts_with("config:")),
        "{scan:?}"
    );

    let waivers = ["--waivers-object", "s3://files/waivers.yaml"];
    let rule = actions(&[&["--jobs", "config-rule"], &one[..], &waivers[..]].concat());
    assert_eq!(rule["config:PutEvaluations"], "[\"*\"]", "{rule:?}");
    assert!(!rule.keys().any(|action| action.starts_with("iam:")), "{rule:?}");
    assert!(rule.contains_key("config:GetComplianceDetailsByConfigRule"), "{rule:?}");
    assert!(rule["s3:GetObject"].contains("arn:aws:s3:::files/waivers.yaml"), "{rule:?}");
    assert!(!rule.contains_key("ec2:DescribeRegions"), "an event names its region: {rule:?}");
}
