//! [`Runs`] remembers what was run and what was killed.

use super::samples::at;
use crate::model::{Digest, JobName, Run, RunStatus, Statistics};
use crate::port::Runs;

fn run(id: &str, job: JobName, scope: &str, started: &str, status: RunStatus) -> Run {
    let mut statistics = Statistics::default();
    statistics.count("resources", 3);
    statistics.skip("access denied");
    Run {
        schema: Run::SCHEMA,
        execution_id: id.to_owned(),
        job,
        scope: scope.to_owned(),
        input: Digest::of(b"input"),
        catalog: Digest::of(b"catalog"),
        started_at: at(started),
        finished_at: None,
        status,
        attempts: 1,
        statistics,
    }
}

/// Holds for every run store.
pub async fn runs(store: &dyn Runs) {
    let early = "2026-11-22T00:00:00Z";
    let late = "2026-11-22T06:00:00.5Z";
    let done = run("r1", JobName::Assess, "all", early, RunStatus::Done);
    let open = run("r2", JobName::Assess, "all", late, RunStatus::Running);
    for run in [&done, &open, &run("r3", JobName::Assess, "other", early, RunStatus::Running)] {
        store.put(run).await.unwrap();
    }
    assert_eq!(store.get("r1").await.unwrap(), Some(done.clone()), "what is read is what was put");
    assert_eq!(store.get("r9").await.unwrap(), None);
    assert_eq!(store.unfinished(JobName::Assess, "all").await.unwrap(), std::slice::from_ref(&open));
    assert!(store.unfinished(JobName::Collect, "all").await.unwrap().is_empty());
    assert_eq!(store.latest(JobName::Assess).await.unwrap(), Some(done), "an open run is not a result");

    let ended = Run { status: RunStatus::Incomplete, finished_at: Some(at(late)), ..open };
    store.put(&ended).await.unwrap();
    assert_eq!(store.latest(JobName::Assess).await.unwrap(), Some(ended));
    assert!(store.unfinished(JobName::Assess, "all").await.unwrap().is_empty());
    assert_eq!(store.latest(JobName::Detect).await.unwrap(), None);

    // What ended up to a time, newest first; two that began at once are both there.
    let twin = run("r4", JobName::Assess, "other", early, RunStatus::Done);
    let failed = run("r5", JobName::Assess, "all", early, RunStatus::Failed);
    for run in [&twin, &failed, &run("r6", JobName::Collect, "all", early, RunStatus::Done)] {
        store.put(run).await.unwrap();
    }
    for (until, expect) in [
        ("2026-11-21T23:59:59Z", &[] as &[&str]),
        (early, &["r4", "r1"]),
        ("2026-11-22T06:00:00Z", &["r4", "r1"]),
        (late, &["r2", "r4", "r1"]),
    ] {
        for limit in [1, 2, 100] {
            let mut found = Vec::new();
            let mut after = None;
            loop {
                let page = store.ended(JobName::Assess, at(until), after.as_deref(), limit).await.unwrap();
                assert!(page.items.len() <= limit);
                found.extend(page.items.into_iter().map(|run| run.execution_id));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, expect, "until {until}, {limit} at a time");
        }
    }
}
