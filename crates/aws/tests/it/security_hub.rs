//! Findings as Security Hub takes them, and does not.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use provost_aws::guard::{Home, Sink};
use provost_aws::jobs::needs_of_sink;
use provost_aws::permissions::Permissions;
use provost_aws::security_hub::SecurityHub;
use provost_awsapi::Call;
use provost_core::model::{AccountId, Digest, Evaluation, Origin, RuleStamp, Severity};
use provost_core::port::{FindingHub as _, contract};
use provost_core::render::{RuleTexts, Standing, asff};
use provost_testbed::{AwsServer, FaultServer, Reply, Request, python, skip};
use serde_json::{Value, json};

use crate::local_client::{REGION, client, guarded};

const HOME: &str = "123456789012";
const OTHER: &str = "111122223333";

fn findings(count: usize, account: &str, region: &str) -> Vec<Value> {
    let verdicts = ["fail", "unknown", "pass", "not_applicable"];
    let evaluation = |number: usize| Evaluation {
        schema: Evaluation::SCHEMA,
        resource_id: format!("arn:aws:sqs:{region}:{account}:queue-{number}"),
        evaluation_timestamp: Evaluation::timestamp_key("2026-11-22T00:00:00Z".parse().unwrap(), "rule"),
        resource_type: "AWS::SQS::Queue".to_owned(),
        account: AccountId::parse(account).unwrap(),
        region: region.to_owned(),
        rule: RuleStamp { id: "rule".to_owned(), hash: Digest::of(b"rule"), origin: Origin::BuiltIn },
        severity: Severity::High,
        verdict: verdicts[number % verdicts.len()].to_owned(),
        reason: Some("because".to_owned()),
        evidence: vec![Digest::of(b"page")],
        waiver: None,
        execution_id: "r1".to_owned(),
    };
    (0..count)
        .map(|number| asff(&evaluation(number), &RuleTexts::default(), REGION, Standing::Open))
        .collect()
}

/// Answers STS for the account at home and for roles in others, and imports as told.
fn server(import: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> FaultServer {
    FaultServer::start(move |request| match (request.service(), request.operation().as_str()) {
        ("sts", "GetCallerIdentity") => {
            // The key of a role's session has the account in it.
            let account = request.access_key().strip_prefix("ASIA").unwrap_or(HOME);
            Reply::xml(
                200,
                format!(
                    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::{account}:user/a</Arn>\
                     <Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
                ),
            )
        }
        ("sts", "AssumeRole") => {
            let role = request.form().remove("RoleArn").unwrap_or_default();
            let account = role.split(':').nth(4).unwrap_or_default().to_owned();
            Reply::xml(
                200,
                format!(
                    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{account}</AccessKeyId>\
                     <SecretAccessKey>x</SecretAccessKey><SessionToken>y</SessionToken>\
                     <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
                ),
            )
        }
        ("securityhub", _) => import(request),
        other => panic!("{other:?} was asked"),
    })
}

fn taken(request: &Request) -> Reply {
    let count = request.json()["Findings"].as_array().unwrap().len();
    Reply::json(200, &json!({"FailedCount": 0, "SuccessCount": count, "FailedFindings": []}))
}

fn imports(server: &FaultServer) -> Vec<Request> {
    server.requests().into_iter().filter(|request| request.service() == "securityhub").collect()
}

fn hub(server: &FaultServer) -> SecurityHub {
    SecurityHub::new(guarded(&server.url(), vec![Sink::Findings]))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_promises_of_the_port() {
    let Some(server) = AwsServer::start_or_skip("findings in Security Hub") else { return };
    let hub = SecurityHub::new(guarded(server.url(), vec![Sink::Findings]));
    let hub = hub.with_role(Some("reader".to_owned()), None);
    contract::finding_hub(&hub).await;
    hub.import(findings(3, HOME, REGION)).await.unwrap();
    let kept = client(server.url()).call(&Call::new("securityhub", "GetFindings", json!({}))).await;
    let kept = kept.unwrap().value;
    let kept = kept["Findings"].as_array().unwrap();
    let sent = findings(3, HOME, REGION);
    for finding in &sent {
        let found = kept.iter().find(|it| it["Id"] == finding["Id"]).unwrap();
        assert_eq!(found["Compliance"]["Status"], finding["Compliance"]["Status"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_a_time_in_the_account_and_region_of_each() {
    let server = server(taken);
    let hub = hub(&server).with_role(Some("/audit/reader".to_owned()), Some("secret".to_owned()));
    let mut all = findings(250, HOME, REGION);
    all.extend(findings(2, HOME, "us-east-1"));
    all.extend(findings(3, OTHER, REGION));
    // The same once more is the same finding; a request must not name it twice.
    all.extend(findings(2, OTHER, REGION));
    let imported = hub.import(all).await.unwrap();
    assert_eq!((imported.taken, imported.refused()), (257, 0));
    let requests = imports(&server);
    let mut sent: Vec<(String, String, usize)> = requests
        .iter()
        .map(|request| {
            let count = request.json()["Findings"].as_array().unwrap().len();
            (request.access_key().to_owned(), request.region().to_owned(), count)
        })
        .collect();
    sent.sort();
    let expect = [
        ("AKIDTEST", REGION, 50),
        ("AKIDTEST", REGION, 100),
        ("AKIDTEST", REGION, 100),
        ("AKIDTEST", "us-east-1", 2),
        ("ASIA111122223333", REGION, 3),
    ];
    assert_eq!(sent, expect.map(|(key, region, count)| (key.to_owned(), region.to_owned(), count)));
    for request in &requests {
        let body = request.json();
        let ids: BTreeSet<&str> =
            body["Findings"].as_array().unwrap().iter().map(|it| it["Id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), body["Findings"].as_array().unwrap().len());
    }
    is_what_the_service_takes(&requests);
}

/// Holds what was sent against botocore's model, where it is installed.
fn is_what_the_service_takes(requests: &[Request]) {
    const NAME: &str = "AWS emulator";
    let python = match python() {
        Ok(python) => python,
        Err(reason) => return skip(NAME, &reason),
    };
    provost_testbed::ran(NAME);
    let sent: Vec<Value> =
        requests.iter().flat_map(|request| request.json()["Findings"].as_array().unwrap().clone()).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sent.json");
    std::fs::write(&file, json!(sent).to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/findings/validate.py");
    let output = Command::new(python).arg(script).arg("asff").arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_that_are_refused_are_counted_and_named() {
    let server = server(|request| {
        let body = request.json();
        let ids: Vec<&str> =
            body["Findings"].as_array().unwrap().iter().map(|it| it["Id"].as_str().unwrap()).collect();
        let failed: Vec<Value> = ids
            .iter()
            .take(7)
            .map(|id| json!({"Id": id, "ErrorCode": "InvalidInput", "ErrorMessage": "too new"}))
            .collect();
        let success = ids.len() - failed.len();
        Reply::json(
            200,
            &json!({"FailedCount": failed.len(), "SuccessCount": success, "FailedFindings": failed}),
        )
    });
    let imported = hub(&server).import(findings(20, HOME, REGION)).await.unwrap();
    assert_eq!((imported.taken, imported.refused()), (13, 7));
    let [refused] = imported.not_taken.as_slice() else { panic!("{imported:?}") };
    assert_eq!((refused.place.as_str(), refused.ids.len()), ("123456789012/eu-central-1", 5));
    assert!(refused.to_string().contains("7 findings of 123456789012/eu-central-1 were not taken (provost/"));
    assert!(refused.to_string().ends_with(", ...): InvalidInput: too new"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_does_not_account_for_was_not_taken() {
    let short = json!({"FailedCount": 0, "SuccessCount": 2, "FailedFindings": []});
    for (answer, why) in [(json!({}), "cannot be read"), (short, "does not name the others")] {
        let server = server(move |_| Reply::json(200, &answer));
        let imported = hub(&server).import(findings(3, HOME, REGION)).await.unwrap();
        assert_eq!((imported.taken, imported.refused()), (0, 3));
        assert!(imported.not_taken[0].why.contains(why), "{imported:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_finding_that_is_not_in_order_does_not_spoil_the_others() {
    let server = server(|request| {
        if request.text().contains("queue-37\"") {
            return Reply::aws_error(request, 400, "InvalidInputException", "a member is not in order");
        }
        taken(request)
    });
    let imported = hub(&server).import(findings(100, HOME, REGION)).await.unwrap();
    assert_eq!((imported.taken, imported.refused()), (99, 1));
    assert_eq!(imported.not_taken[0].why, "InvalidInputException: a member is not in order");
    assert!(imports(&server).len() < 20, "{}", imports(&server).len());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_are_not_in_order_not_all_are_tried() {
    let server = server(|request| Reply::aws_error(request, 400, "InvalidInputException", "no such product"));
    let imported = hub(&server).import(findings(1000, HOME, REGION)).await.unwrap();
    assert_eq!((imported.taken, imported.refused()), (0, 1000));
    assert!(imports(&server).len() < 40, "{}", imports(&server).len());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_taken_it_is_said_and_not_asked_again() {
    for (code, hint) in [
        ("InvalidAccessException", "enable Security Hub there"),
        ("AccessDeniedException", "securityhub:BatchImportFindings"),
    ] {
        let server = server(move |request| {
            if request.region() == REGION {
                return Reply::aws_error(request, 403, code, "not here");
            }
            taken(request)
        });
        let hub = hub(&server);
        for _ in 0..2 {
            let mut all = findings(250, HOME, REGION);
            all.extend(findings(2, HOME, "us-east-1"));
            let imported = hub.import(all).await.unwrap();
            assert_eq!((imported.taken, imported.refused()), (2, 250));
            assert!(imported.not_taken[0].why.contains(hint), "{imported:?}");
        }
        assert_eq!(imports(&server).iter().filter(|request| request.region() == REGION).count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_throttles_gets_the_rest_another_time() {
    let requests = AtomicUsize::new(0);
    let server = server(move |request| {
        if requests.fetch_add(1, Ordering::SeqCst) == 0 {
            return taken(request);
        }
        Reply::aws_error(request, 429, "TooManyRequestsException", "slow down")
    });
    let hub = hub(&server);
    let imported = hub.import(findings(450, HOME, REGION)).await.unwrap();
    assert_eq!((imported.taken, imported.refused()), (100, 350));
    assert_eq!(imported.not_taken[0].why, "TooManyRequestsException: slow down");
    // The client here tries once; after it gave up, the other batches are not tried.
    assert_eq!(imports(&server).len(), 2);
    // It is a state, not a verdict: the next time it is asked again.
    hub.import(findings(1, HOME, REGION)).await.unwrap();
    assert_eq!(imports(&server).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_at_all_is_no_silence() {
    let server = server(taken);
    let hub = hub(&server);
    // Of another account, without a role to get there.
    let imported = hub.import(findings(2, OTHER, REGION)).await.unwrap();
    assert_eq!((imported.taken, imported.refused()), (0, 2));
    assert!(imported.not_taken[0].why.contains("no role is named for others"), "{imported:?}");
    // Too large for the service.
    let mut large = findings(1, HOME, REGION);
    large[0]["ProductFields"]["x"] = json!("x".repeat(250 * 1024));
    large.extend(findings(2, HOME, REGION).into_iter().skip(1));
    let imported = hub.import(large).await.unwrap();
    assert_eq!((imported.taken, imported.refused()), (1, 1));
    assert!(imported.not_taken[0].why.contains("245760 bytes"), "{imported:?}");
    assert_eq!(imports(&server).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_sink_nothing_leaves() {
    let server = server(taken);
    let hub = SecurityHub::new(guarded(&server.url(), Vec::new()));
    let imported = hub.import(findings(2, HOME, REGION)).await.unwrap();
    assert_eq!((imported.taken, imported.refused()), (0, 2));
    assert!(imported.not_taken[0].why.contains("not configured as a sink"), "{imported:?}");
    assert!(imports(&server).is_empty());
}

#[test]
fn the_permission_names_the_own_product_and_nothing_else() {
    let home = Home { account: HOME.to_owned(), region: REGION.to_owned(), ..Home::default() };
    let needs = needs_of_sink(&Sink::Findings, &home, "publish");
    let permissions = Permissions::of(&needs);
    assert!(permissions.left_out().is_empty(), "{permissions}");
    let document = permissions.documents()[0].to_string();
    assert!(document.contains("securityhub:BatchImportFindings"), "{document}");
    assert!(
        document.contains("arn:aws:securityhub:eu-central-1:123456789012:product/123456789012/default"),
        "{document}"
    );
}
