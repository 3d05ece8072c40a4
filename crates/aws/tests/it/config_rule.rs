//! Answers to AWS Config: in its batches, tried again where it takes some and not others, and clear where it takes
//! none.

use std::sync::Arc;

use provost_aws::config_rule::ConfigResults;
use provost_aws::guard::Sink;
use provost_core::config_rule::{Compliance, RuleResult};
use provost_core::port::memory::FixedClock;
use provost_core::port::{RuleResults as _, contract};
use provost_testbed::{ConfigServer, ConfigService};

use crate::local_client::{REGION, guarded};

fn results(server: &ConfigServer, token: &str) -> ConfigResults {
    let client = guarded(&server.url(), vec![Sink::Evaluations]);
    let clock = FixedClock::at("2026-11-22T10:00:00Z".parse().unwrap());
    ConfigResults::new(client, REGION, token, Arc::new(clock))
}

fn result(id: &str, annotation: &str) -> RuleResult {
    RuleResult {
        resource_type: "AWS::EC2::Instance".to_owned(),
        resource_id: id.to_owned(),
        compliance: Compliance::NonCompliant,
        annotation: Some(annotation.to_owned()),
        at: "2026-11-22T10:00:00.043Z".parse().unwrap(),
    }
}

#[tokio::test]
async fn config_keeps_the_promises_of_the_port() {
    let server = ConfigService { page: 40, ..ConfigService::default() }.start();
    contract::rule_results(&results(&server, "token"), "a-rule").await;
    let most = server.puts().iter().map(|put| put["Evaluations"].as_array().unwrap().len()).max();
    assert_eq!(most, Some(100));
    assert!(server.requests().iter().all(|request| request.region() == REGION));
}

#[tokio::test]
async fn what_is_not_taken_is_given_again_and_named_in_the_end() {
    let refused = vec![("i-2".to_owned(), 2), ("i-3".to_owned(), 99)];
    let server = ConfigService { refused, ..ConfigService::default() }.start();
    let given = [result("i-1", "a"), result("i-2", "b"), result("i-3", "c")];
    let lost = results(&server, "token").put(&given).await.unwrap();
    assert_eq!(lost, [result("i-3", "c")]);
    let sizes: Vec<usize> =
        server.puts().iter().map(|put| put["Evaluations"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [3, 2, 2, 1], "what was taken is not given again");
    let ids: Vec<String> = server.standing().into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids, ["i-1", "i-2"]);
}

#[tokio::test]
async fn a_token_that_is_not_valid_is_an_error_that_says_what_it_means() {
    let server = ConfigService::default().start();
    let error = results(&server, "old").put(&[result("i-1", "a")]).await.unwrap_err().to_string();
    assert!(error.contains("InvalidResultTokenException"), "{error}");
    assert!(error.contains("the next event has another one"), "{error}");
    let denied =
        ConfigService { denied: vec!["PutEvaluations".to_owned()], ..ConfigService::default() }.start();
    let error = results(&denied, "token").put(&[result("i-1", "a")]).await.unwrap_err().to_string();
    assert!(error.contains("config:PutEvaluations in the account of the rule"), "{error}");
}

#[tokio::test]
async fn of_a_test_nothing_is_kept_and_nothing_is_looked_for() {
    let standing = vec![("AWS::EC2::Instance".to_owned(), "i-9".to_owned(), "COMPLIANT".to_owned())];
    let server = ConfigService { standing, ..ConfigService::default() }.start();
    let results = results(&server, "TESTMODE");
    assert_eq!(results.put(&[result("i-1", "a")]).await.unwrap(), []);
    assert_eq!(server.puts()[0]["TestMode"], true);
    assert!(results.known("a-rule").await.unwrap().is_empty());
    assert_eq!(server.standing().len(), 1);
}

#[tokio::test]
async fn without_the_sink_nothing_is_sent() {
    let server = ConfigService::default().start();
    let clock = FixedClock::at("2026-11-22T10:00:00Z".parse().unwrap());
    let results = ConfigResults::new(guarded(&server.url(), Vec::new()), REGION, "token", Arc::new(clock));
    let error = results.put(&[result("i-1", "a")]).await.unwrap_err().to_string();
    assert!(error.contains("the evaluations of AWS Config, which is not configured"), "{error}");
    assert_eq!(server.requests().len(), 0);
}
