//! Runs: very large ones, and transactions that meet.

use std::sync::atomic::{AtomicUsize, Ordering};

use provost_aws::dynamo::DynamoStore;
use provost_core::model::{Digest, JobName, Run, RunStatus, Statistics};
use provost_core::port::Runs as _;
use provost_testbed::{FaultServer, Reply};
use serde_json::json;

use super::{at, store};

fn run(scope: String, covered: Vec<String>) -> Run {
    Run {
        schema: Run::SCHEMA,
        execution_id: "r1".to_owned(),
        job: JobName::Collect,
        scope,
        input: Digest::of(b"input"),
        catalog: Digest::of(b"catalog"),
        started_at: at("2026-11-22T00:00:00Z"),
        finished_at: None,
        status: RunStatus::Running,
        attempts: 1,
        statistics: Statistics { covered, ..Statistics::default() },
    }
}

/// Called with a fresh store on the emulator.
pub(super) async fn a_run_over_a_very_large_estate_is_kept(store: &DynamoStore) {
    let covered = (0..34_000).map(|number| format!("{number:012}/eu-central-1")).collect();
    let run = run("every account, ".repeat(400), covered);
    store.put(&run).await.unwrap();
    assert_eq!(store.get("r1").await.unwrap(), Some(run.clone()));
    assert_eq!(store.unfinished(JobName::Collect, &run.scope).await.unwrap(), std::slice::from_ref(&run));
    let failed = Run { status: RunStatus::Failed, ..run };
    store.put(&failed).await.unwrap();
    assert!(store.unfinished(JobName::Collect, &failed.scope).await.unwrap().is_empty());
    assert_eq!(store.latest(JobName::Collect).await.unwrap(), None, "a failed run is no result");
    let done = Run { status: RunStatus::Done, ..failed };
    store.put(&done).await.unwrap();
    assert_eq!(store.latest(JobName::Collect).await.unwrap(), Some(done));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_written_again_when_another_transaction_was_in_the_way() {
    let tries = AtomicUsize::new(0);
    let cancelled = |reason: &str| {
        let reasons = json!([{ "Code": "None" }, { "Code": reason }, { "Code": "None" }]);
        let message =
            format!("Transaction cancelled, please refer cancellation reasons [None, {reason}, None]");
        let body = json!({ "__type": "TransactionCanceledException", "message": message, "CancellationReasons": reasons });
        Reply::json(400, &body)
    };
    let server = FaultServer::start(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
        0 | 1 => cancelled("TransactionConflict"),
        2 => Reply::json(200, &json!({})),
        _ => cancelled("ValidationError"),
    });
    let store = store(&server);
    let run = run("all".to_owned(), Vec::new());
    store.put(&run).await.unwrap();
    assert_eq!(server.count(), 3);
    let error = store.put(&run).await.unwrap_err();
    assert!(error.to_string().contains("ValidationError"), "{error}");
    assert_eq!(server.count(), 4, "what is wrong for good is not tried again");
    assert!(store.latest(JobName::Detect).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_kept_for_good() {
    let server = FaultServer::start(|_| Reply::json(200, &json!({})));
    store(&server).put(&run("all".to_owned(), Vec::new())).await.unwrap();
    let steps = server.requests()[0].json()["TransactItems"].clone();
    let puts: Vec<_> = steps.as_array().unwrap().iter().filter_map(|step| step.get("Put")).collect();
    assert_eq!(puts.len(), 2, "under its id, and among those that are open");
    assert!(puts.iter().all(|put| put["Item"].get("ttl").is_none()), "{puts:?}");
}
