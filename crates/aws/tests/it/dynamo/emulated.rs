//! On the emulator: the contracts, and what is in the tables afterwards.

use std::collections::BTreeSet;
use std::sync::Arc;

use provost_aws::dynamo::{DynamoEvaluations, DynamoStore, TableNames, create_tables};
use provost_aws::guard::Sink;
use provost_awsapi::{Call, Client, Gate};
use provost_core::model::{AccountId, Evaluation};
use provost_core::port::{Evaluations as _, PortError, Users as _, contract};
use provost_testbed::AwsServer;
use serde_json::{Value, json};

use super::{ACCOUNT, SCAN, at, clock, far, user, user_of};
use crate::local_client::{builder, client, guarded};

/// Fresh tables, and a client that may do everything with them.
async fn tables(server: &AwsServer, name: &str) -> (Client, TableNames) {
    let client = client(server.url());
    let names = TableNames { inventory: format!("{name}-inventory"), history: format!("{name}-history") };
    create_tables(&client, &names, clock().as_ref()).await.unwrap();
    (client, names)
}

/// A store in a fresh table, as Provost uses it.
async fn store(server: &AwsServer, name: &str) -> DynamoStore {
    let (_, names) = tables(server, name).await;
    let client = guarded(server.url(), vec![Sink::Table(names.inventory.clone())]);
    DynamoStore::new(client, names.inventory, clock())
}

async fn ask(client: &Client, operation: &str, input: Value) -> Value {
    client.call(&Call::new("dynamodb", operation, input)).await.unwrap().value
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_every_promise_on_the_emulator() {
    let Some(server) = AwsServer::start_or_skip("the stores on DynamoDB") else { return };
    contract::users(&store(&server, "users").await).await;
    contract::locks(&store(&server, "locks").await).await;
    contract::runs(&store(&server, "runs").await).await;
    contract::outbox(&store(&server, "outbox").await).await;
    let (_, names) = tables(&server, "evaluations").await;
    let client = guarded(server.url(), vec![Sink::Table(names.history.clone())]);
    contract::evaluations(&DynamoEvaluations::new(client, names.history, clock())).await;
    another_table_is_not_touched(&server).await;
    tables_are_as_specified(&server).await;
    users_can_be_queried_by_person_and_by_index(&server).await;
    many_users_of_several_accounts_come_in_pages(&server).await;
    a_user_too_large_is_named_and_the_others_are_kept(&server).await;
    a_newer_record_is_refused(&server).await;
    super::runs::a_run_over_a_very_large_estate_is_kept(&store(&server, "runs-large").await).await;
    verdicts_of_a_broken_call_are_not_seen(&server).await;
}

async fn another_table_is_not_touched(server: &AwsServer) {
    let (_, names) = tables(server, "other").await;
    let client = guarded(server.url(), vec![Sink::Table("ours".to_owned())]);
    let store = DynamoStore::new(client, names.inventory, clock());
    let error = store.put(&[user("anna")], far()).await.unwrap_err().to_string();
    assert!(error.contains("refused") && error.contains("other-inventory"), "{error}");
    assert!(store.scans().await.is_err());
}

async fn tables_are_as_specified(server: &AwsServer) {
    let (client, names) = tables(server, "layout").await;
    create_tables(&client, &names, clock().as_ref()).await.expect("tables that are there are fine");
    let keys = |schema: &Value| -> Vec<String> {
        schema
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["AttributeName"].as_str().unwrap().to_owned())
            .collect()
    };
    let table = ask(&client, "DescribeTable", json!({ "TableName": names.inventory })).await;
    assert_eq!(keys(&table["Table"]["KeySchema"]), ["user_name", "scan_timestamp"]);
    assert_eq!(table["Table"]["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
    let index = &table["Table"]["GlobalSecondaryIndexes"][0];
    assert_eq!(index["IndexName"], "scan_timestamp-index");
    assert_eq!(keys(&index["KeySchema"]), ["scan_timestamp", "user_name"]);
    let history = ask(&client, "DescribeTable", json!({ "TableName": names.history })).await;
    assert_eq!(keys(&history["Table"]["KeySchema"]), ["resource_id", "evaluation_timestamp"]);
    for name in [&names.inventory, &names.history] {
        let expiry = ask(&client, "DescribeTimeToLive", json!({ "TableName": name })).await;
        assert_eq!(expiry["TimeToLiveDescription"]["AttributeName"], "ttl");
        assert_eq!(expiry["TimeToLiveDescription"]["TimeToLiveStatus"], "ENABLED");
    }
}

async fn users_can_be_queried_by_person_and_by_index(server: &AwsServer) {
    let (client, names) = tables(server, "items").await;
    let store = DynamoStore::new(client.clone(), &names.inventory, clock());
    let anna = user("anna");
    assert!(store.put(&[anna.clone(), user("bert")], far()).await.unwrap().is_empty());
    let key = json!({ "user_name": { "S": anna.user_name }, "scan_timestamp": { "S": SCAN } });
    let item = ask(&client, "GetItem", json!({ "TableName": names.inventory, "Key": key })).await;
    let expect = json!({
        "user_name": { "S": "111122223333/anna" },
        "scan_timestamp": { "S": SCAN },
        "name": { "S": "anna" },
        "account": { "S": ACCOUNT },
        "arn": { "S": "arn:aws:iam::111122223333:user/anna" },
        "user_id": { "S": "AIDAEXAMPLE" },
        "create_date": { "S": "2020-01-01T00:00:00Z" },
        "password_use": { "S": "no-password" },
        "console_access": { "BOOL": false },
        "active_access_keys": { "N": "1" },
        "administrator": { "S": "unknown" },
        "can_escalate": { "S": anna.access.can_escalate().as_str() },
        "ttl": { "N": far().as_second().to_string() },
        "item": { "S": serde_json::to_string(&anna).unwrap() },
    });
    assert_eq!(
        item["Item"], expect,
        "a password never used has no attribute, and MFA that is not known has none"
    );
    let query = json!({
        "TableName": names.inventory,
        "IndexName": "scan_timestamp-index",
        "KeyConditionExpression": "scan_timestamp = :scan",
        "ExpressionAttributeValues": { ":scan": { "S": SCAN } },
    });
    let found = ask(&client, "Query", query).await;
    assert_eq!(found["Count"], 2, "only users have a scan's time as their sort key");
}

async fn many_users_of_several_accounts_come_in_pages(server: &AwsServer) {
    let store = store(server, "pages").await;
    let accounts = ["000000000001", ACCOUNT, "444455556666"];
    let mut all = Vec::new();
    for (account, count) in accounts.into_iter().zip([130, 0, 45]) {
        let users: Vec<_> =
            (0..count).map(|number| user_of(account, &format!("u{number:03}"), SCAN)).collect();
        for users in users.chunks(60) {
            assert!(store.put(users, far()).await.unwrap().is_empty());
        }
        // A killed run that is completed writes its users again, in other batches.
        assert!(store.put(&users, far()).await.unwrap().is_empty());
        store.scanned(&AccountId::parse(account).unwrap(), SCAN, true).await.unwrap();
        all.extend(users);
    }
    let mut read = Vec::new();
    let mut after = None;
    loop {
        let page = store.latest(after.as_deref(), 7).await.unwrap();
        assert!(page.items.len() <= 7);
        read.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(read, all, "complete, in order, nobody twice");
    assert_eq!(store.latest(None, 175).await.unwrap().next, None, "a page that holds the last says so");
    let account = AccountId::parse("444455556666").unwrap();
    let page = store.of_scan(&account, SCAN, Some("444455556666/u043"), usize::MAX).await.unwrap();
    assert_eq!(page.items, all[174..]);
    assert!(store.history("#scans").await.unwrap().is_empty(), "nobody is called as items of ours are");
}

async fn a_user_too_large_is_named_and_the_others_are_kept(server: &AwsServer) {
    let store = store(server, "large").await;
    let mut large = user("large");
    // Bytes that do not compress: what is long is packed.
    let noise = (0..14_000_u32).map(|n| provost_core::model::Digest::of(&n.to_be_bytes()).to_string());
    large.groups = Some(noise.collect());
    let unwritten = store.put(&[user("a"), large, user("z")], far()).await.unwrap();
    assert_eq!(unwritten.len(), 1, "{unwritten:?}");
    assert_eq!(unwritten[0].user_name, "111122223333/large");
    assert!(unwritten[0].why.contains("ValidationException"), "{}", unwritten[0].why);
    let account = AccountId::parse(ACCOUNT).unwrap();
    let kept = store.of_scan(&account, SCAN, None, 10).await.unwrap();
    assert_eq!(kept.items, [user("a"), user("z")]);
}

async fn a_newer_record_is_refused(server: &AwsServer) {
    let (client, names) = tables(server, "newer").await;
    let store = DynamoStore::new(client.clone(), &names.inventory, clock());
    for (scan, whole) in [("1", r#"{"schema":99,"shape":"other"}"#), ("0", "{")] {
        let item = json!({
            "user_name": { "S": "111122223333/anna" },
            "scan_timestamp": { "S": scan },
            "item": { "S": whole },
        });
        ask(&client, "PutItem", json!({ "TableName": names.inventory, "Item": item })).await;
        let error = store.history("111122223333/anna").await.unwrap_err();
        match scan {
            "1" => assert!(matches!(error, PortError::Newer { found: 99, .. }), "{error}"),
            _ => assert!(matches!(error, PortError::Damaged { .. }), "{error}"),
        }
    }
}

/// Breaks off before the last write of a call.
struct NoPut;

impl Gate for NoPut {
    fn admit(&self, call: &Call) -> Result<(), String> {
        if call.operation == "PutItem" { Err("broken off".to_owned()) } else { Ok(()) }
    }
}

async fn verdicts_of_a_broken_call_are_not_seen(server: &AwsServer) {
    let (client, names) = tables(server, "broken").await;
    let broken = builder(server.url()).gate(Arc::new(NoPut)).build();
    let broken = DynamoEvaluations::new(broken, &names.history, clock());
    let whole = DynamoEvaluations::new(client, &names.history, clock());
    let resource = |number: usize| format!("arn:aws:s3:::bucket-{number:03}");
    let all: Vec<Evaluation> = (0..70).map(|number| evaluation(&resource(number))).collect();
    let (first, second) = all.split_at(30);
    whole.put(first, far()).await.unwrap();
    let error = broken.put(second, far()).await.unwrap_err().to_string();
    assert!(error.contains("broken off"), "{error}");
    let seen = async || whole.of_execution("run-1", None, 1000).await.unwrap();
    assert_eq!(seen().await.items, first, "all of a call or none of it");
    assert_eq!(seen().await.next, None);
    assert!(whole.history(&resource(50), None, 10).await.unwrap().items.is_empty());
    whole.put(second, far()).await.unwrap();
    assert_eq!(seen().await.items, all, "and the repetition completes it");
    assert_eq!(whole.history(&resource(50), None, 10).await.unwrap().items, all[50..51]);
    let ids: BTreeSet<_> = seen().await.items.into_iter().map(|item| item.resource_id).collect();
    assert_eq!(ids.len(), 70);
}

fn evaluation(resource: &str) -> Evaluation {
    let digest = provost_core::model::Digest::of(resource.as_bytes());
    serde_json::from_value(json!({
        "schema": Evaluation::SCHEMA,
        "resource_id": resource,
        "evaluation_timestamp": Evaluation::timestamp_key(at("2026-11-22T00:00:00Z"), "a-rule"),
        "resource_type": "AWS::S3::Bucket",
        "account": ACCOUNT,
        "region": "global",
        "rule": "a-rule",
        "rule_hash": digest,
        "rule_origin": "built-in",
        "severity": "high",
        "verdict": "pass",
        "reason": null,
        "evidence": [digest],
        "waiver": null,
        "execution_id": "run-1",
    }))
    .unwrap()
}
