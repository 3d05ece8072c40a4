//! What happens before the first event, and what an event may not ask for.

use std::process::Command;

use provost_testbed::{Invocation, LambdaRuntime, Outcome};
use serde_json::json;

use crate::function::{PLENTY, Process, run, scheduled};

/// The function does not start with these variables, and says why to Lambda and in its log.
fn does_not_start(variables: &[(&str, &str)], expect: &str) {
    let runtime = LambdaRuntime::start(vec![scheduled()]);
    let (code, lines) = Process::start(&runtime, variables).wait();
    assert_eq!(code, Some(1), "{lines:?}");
    assert_eq!(runtime.first_asked(), None, "it asks for no event");
    let outcomes = runtime.outcomes();
    let [Outcome::Error { request_id: None, kind, .. }] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert_eq!(kind, "Provost.Configuration");
    let expect_said = json!({"errorType": "Provost.Configuration", "errorMessage": expect});
    assert_eq!(outcomes[0].json(), expect_said);
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(line["message"], "The function could not start.");
    assert_eq!((line["level"].as_str(), line["error"].as_str()), (Some("ERROR"), Some(expect)));
    assert_eq!(line["correlation_id"], "2026/11/22/[$LATEST]0", "the log stream of the process");
}

#[test]
fn a_configuration_that_is_not_right_is_an_error_of_the_start() {
    let missing = "`DYNAMODB_TABLE_NAME` is not set; it names the table that users are written to";
    does_not_start(&[], missing);
    does_not_start(&[("DYNAMODB_TABLE_NAME", ""), ("RETENTION_DAYS", "30")], missing);
    does_not_start(
        &[("DYNAMODB_TABLE_NAME", "users"), ("PROVOST_ORGS", "true")],
        "`PROVOST_ORGS` means nothing; of that kind there are PROVOST_JOB, PROVOST_RULES, PROVOST_WAIVERS, \
         PROVOST_ORG, PROVOST_ACCOUNTS, PROVOST_REGIONS, PROVOST_ROLE, PROVOST_EXTERNAL_ID, PROVOST_MAX_CALLS",
    );
}

#[test]
fn an_event_that_asks_for_what_there_is_not_is_answered_with_what_there_is() {
    let event = Invocation::new(json!({"job": "destroy", "what": "everything"}), PLENTY);
    let ended = run(vec![event], &[("DYNAMODB_TABLE_NAME", "users")]);
    let [Outcome::Error { request_id: Some(id), .. }] = ended.outcomes.as_slice() else {
        panic!("{:?}", ended.outcomes)
    };
    let message =
        "there is no job `destroy everything`; there is `collect iam-users`, `scan`, `report`, `config-rule`";
    let expect = json!({"errorType": "Provost.UnknownJob", "errorMessage": message});
    assert_eq!(ended.outcomes[0].json(), expect);
    let said = ended.said("The invocation failed.");
    assert_eq!((said.len(), &said[0]["correlation_id"], &said[0]["error"]), (1, &json!(id), &json!(message)));
}

#[test]
fn without_lambda_it_says_what_it_is() {
    let output = Command::new(env!("CARGO_BIN_EXE_bootstrap")).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("Provost's Lambda function") && said.contains("AWS_LAMBDA_RUNTIME_API"), "{said}");
}
