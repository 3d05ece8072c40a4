//! What goes wrong around a scan: denied lists, no metrics, no time.

use std::time::Duration;

use provost_testbed::{FaultServer, IamEstate, Invocation, Reply};
use serde_json::{Value, json};

use crate::emulator::{Emulator, TABLE};
use crate::function::{run, scheduled};

const WHO: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Arn>arn:aws:sts::100000000001:assumed-role/provost/i</Arn>\
    <UserId>AROAEXAMPLE:i</UserId><Account>100000000001</Account></GetCallerIdentityResult>\
    </GetCallerIdentityResponse>";

#[test]
fn users_nobody_may_list_are_unknown_and_no_success() {
    let Some(emulator) = Emulator::start_or_skip("users_nobody_may_list_are_unknown") else { return };
    let denied = ["iam:ListUsers", "iam:GetAccountAuthorizationDetails"].map(str::to_owned).to_vec();
    let iam = IamEstate { denied_operations: denied, ..IamEstate::default() }.start();
    emulator.server.set_faults(&json!({ "deny": ["monitoring:PutMetricData"] }));
    let variables = [
        ("AWS_ENDPOINT_URL", emulator.server.url()),
        ("AWS_ENDPOINT_URL_IAM", &iam.url()),
        ("AWS_ENDPOINT_URL_STS", &iam.url()),
        ("DYNAMODB_TABLE_NAME", TABLE),
    ];
    let ended = run(vec![scheduled()], &variables);
    let answer = ended.answer(0);
    assert_eq!(answer["status"], "incomplete", "{answer}");
    assert_eq!((&answer["UsersScanned"], &answer["Errors"]), (&json!(0), &json!(0)), "{answer}");
    assert!(answer["unknown"].as_u64().unwrap() > 0, "{answer}");
    assert!(answer["skipped"]["access denied"].as_u64().unwrap() > 0, "{answer}");

    // The numbers were not taken either, which is a warning and nothing more.
    assert_eq!(ended.said("Metrics could not be published.").len(), 1);
    assert_eq!(emulator.metric("Provost", "Success"), None);
}

#[test]
fn a_scan_that_runs_out_of_time_says_what_remains_and_the_next_one_is_whole() {
    let Some(emulator) = Emulator::start_or_skip("a_scan_that_runs_out_of_time_says_what_remains") else {
        return;
    };
    let silent = FaultServer::start(|request| match request.operation().as_str() {
        "GetCallerIdentity" => Reply::xml(200, WHO),
        _ => Reply::never(),
    });
    let with = |iam: &str, ended: &mut Vec<crate::function::Ended>, time: Duration| {
        let variables = [
            ("AWS_ENDPOINT_URL", emulator.server.url()),
            ("AWS_ENDPOINT_URL_IAM", iam),
            ("AWS_ENDPOINT_URL_STS", iam),
            ("DYNAMODB_TABLE_NAME", TABLE),
        ];
        ended.push(run(vec![Invocation::new(json!({}), time)], &variables));
    };
    let mut ended = Vec::new();
    with(&silent.url(), &mut ended, Duration::from_secs(12));
    let cut = ended[0].answer(0);
    assert_eq!((&cut["status"], &cut["Success"]), (&json!("incomplete"), &json!(0)), "{cut}");
    assert!(cut["remaining"].is_string(), "{cut}");
    assert_eq!(emulator.items("#lock/"), Vec::<Value>::new(), "the lock is given back");
    assert_eq!(emulator.metric("Provost", "Success"), Some(0.0));

    let iam = IamEstate { users: 30, ..IamEstate::default() }.start();
    with(&iam.url(), &mut ended, Duration::from_secs(120));
    let completed = ended[1].answer(0);
    assert_eq!((&completed["status"], &completed["attempts"]), (&json!("done"), &json!(1)), "{completed}");
    assert_ne!(completed["execution_id"], cut["execution_id"], "a scan of its own");
    assert_eq!(completed["RecordsWritten"], 30);
    assert_eq!((emulator.items("1").len(), emulator.items("#open/").len()), (30, 0));
}

#[test]
fn a_table_that_is_not_there_fails_the_invocation_with_what_to_do() {
    let Some(emulator) = Emulator::start_or_skip("a_table_that_is_not_there_fails_the_invocation") else {
        return;
    };
    let variables = [("AWS_ENDPOINT_URL", emulator.server.url()), ("DYNAMODB_TABLE_NAME", "no-such-table")];
    let ended = run(vec![scheduled()], &variables);
    let outcome = &ended.outcomes[0];
    assert!(!outcome.is_response(), "{}", outcome.json());
    let said = outcome.json();
    assert_eq!(said["errorType"], "Provost.JobFailed", "{said}");
    assert!(said["errorMessage"].as_str().unwrap().contains("no-such-table"), "{said}");
}

#[test]
fn calls_beyond_the_budget_are_unknown_and_what_was_read_is_kept() {
    let Some(emulator) = Emulator::start_or_skip("calls_beyond_the_budget_are_unknown") else { return };
    let iam = IamEstate { users: 30, page: 10, ..IamEstate::default() }.start();
    let variables = [
        ("AWS_ENDPOINT_URL", emulator.server.url()),
        ("AWS_ENDPOINT_URL_IAM", &iam.url()),
        ("AWS_ENDPOINT_URL_STS", &iam.url()),
        ("DYNAMODB_TABLE_NAME", TABLE),
        ("PROVOST_MAX_CALLS", "3"),
    ];
    let ended = run(vec![scheduled()], &variables);
    let answer = ended.answer(0);
    assert!(answer["unknown"].as_u64().unwrap() > 0, "{answer}");
    assert_eq!(iam.server().count(), 3, "{answer}");
    assert_eq!((emulator.items("#lock/").len(), emulator.items("#ended/").len()), (0, 1), "{answer}");
}
