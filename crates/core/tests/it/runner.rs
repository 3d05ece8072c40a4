//! What every job gets of the runner.

use std::time::Duration;

use jiff::Timestamp;
use pollster::block_on;
use provost_core::job::{Execution, Finished, JobError, Order, Runner, Work};
use provost_core::model::{Digest, JobName, Run, RunStatus, Statistics};
use provost_core::port::memory::{CountingIds, FixedClock, MemoryArchive, MemoryMetrics, MemoryStore};
use provost_core::port::{Acquired, Archive as _, Clock as _, Lock, Locks as _, Runs as _};

struct World {
    clock: FixedClock,
    ids: CountingIds,
    store: MemoryStore,
    archive: MemoryArchive,
    metrics: MemoryMetrics,
}

impl World {
    fn new() -> Self {
        Self {
            clock: FixedClock::at(at("2026-11-22T00:00:00Z")),
            ids: CountingIds::default(),
            store: MemoryStore::default(),
            archive: MemoryArchive::default(),
            metrics: MemoryMetrics::default(),
        }
    }

    fn run<T>(
        &self,
        order: Order,
        work: impl AsyncFnOnce(&Execution<'_>) -> Result<(Work, T), JobError>,
    ) -> Result<Finished<T>, JobError> {
        let runner = Runner {
            clock: &self.clock,
            ids: &self.ids,
            locks: &self.store,
            runs: &self.store,
            metrics: &self.metrics,
            retention: Some((&self.store, &self.archive)),
        };
        block_on(runner.run(order, work))
    }

    /// A run whose process was killed: begun, never ended, its lock gone with it.
    fn killed(&self, id: &str, input: &str) -> Run {
        let run = Run {
            schema: Run::SCHEMA,
            execution_id: id.to_owned(),
            job: JobName::Assess,
            scope: "all".to_owned(),
            input: Digest::of(input.as_bytes()),
            catalog: Digest::of(b"catalog"),
            started_at: at("2026-11-21T23:55:00Z"),
            finished_at: None,
            status: RunStatus::Running,
            attempts: 1,
            statistics: Statistics::default(),
        };
        block_on(self.store.put_run(&run));
        run
    }
}

/// `Runs::put` by a name of its own: the store has several `put`s.
trait PutRun {
    async fn put_run(&self, run: &Run);
}

impl PutRun for MemoryStore {
    async fn put_run(&self, run: &Run) {
        provost_core::port::Runs::put(self, run).await.unwrap();
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn order(input: &str) -> Order {
    Order {
        job: JobName::Assess,
        scope: "all".to_owned(),
        input: Digest::of(input.as_bytes()),
        catalog: Digest::of(b"catalog"),
        deadline: Duration::from_secs(300),
    }
}

fn complete() -> Work {
    Work { complete: true, ..Work::default() }
}

#[test]
fn a_run_is_recorded_measured_and_lets_go_of_its_lock() {
    let world = World::new();
    let finished = world
        .run(order("x"), async |execution| {
            assert_eq!(execution.started_at, at("2026-11-22T00:00:00Z"));
            world.clock.advance(Duration::from_millis(1500));
            let mut work = complete();
            work.statistics.count("resources", 7);
            work.statistics.skip("access denied");
            Ok((work, "output"))
        })
        .unwrap();
    assert!(finished.is_complete());
    assert_eq!(finished.output, "output");
    let recorded = block_on(world.store.get(&finished.run.execution_id)).unwrap().unwrap();
    assert_eq!(recorded, finished.run);
    let (execution, metrics) = world.metrics.published().remove(0);
    assert_eq!(execution, finished.run.execution_id);
    let value = |name: &str| metrics.iter().find(|metric| metric.name == name).unwrap().value;
    assert_eq!(
        (value("resources"), value("skipped"), value("success"), value("duration")),
        (7.0, 1.0, 1.0, 1.5)
    );
    assert!(world.run(order("x"), async |_| Ok((complete(), ()))).is_ok(), "the lock is free again");
}

#[test]
fn another_run_under_way_keeps_this_one_out_until_its_lock_is_stale() {
    let world = World::new();
    let lock = Lock {
        name: "assess/all".to_owned(),
        holder: "other".to_owned(),
        expires_at: at("2026-11-22T00:10:00Z"),
    };
    assert_eq!(block_on(world.store.acquire(&lock, world.clock.now())).unwrap(), Acquired::Yes);
    let error = world.run(order("x"), async |_| Ok((complete(), ()))).unwrap_err();
    assert!(matches!(error, JobError::Locked { .. }), "{error}");
    assert!(error.to_string().contains("2026-11-22T00:10:00Z"), "{error}");
    world.clock.advance(Duration::from_secs(600));
    assert!(world.run(order("x"), async |_| Ok((complete(), ()))).is_ok());
}

#[test]
fn a_lock_lasts_twice_the_deadline() {
    let world = World::new();
    let inside = world.run(order("x"), async |_| {
        let other =
            Lock { name: "assess/all".to_owned(), holder: "y".to_owned(), expires_at: Timestamp::MAX };
        Ok((complete(), world.store.acquire(&other, world.clock.now()).await?))
    });
    let Acquired::Held(held) = inside.unwrap().output else { panic!("two in at once") };
    assert_eq!(held.expires_at, at("2026-11-22T00:10:00Z"));
}

#[test]
fn a_deadline_is_told_in_time_and_the_run_is_incomplete() {
    let world = World::new();
    let finished = world
        .run(order("x"), async |execution| {
            assert!(!execution.is_out_of_time());
            world.clock.advance(Duration::from_secs(299));
            assert!(execution.is_out_of_time(), "with time left to record what was done");
            let mut work = Work::default();
            work.statistics.remaining = Some("the rest".to_owned());
            Ok((work, ()))
        })
        .unwrap();
    assert_eq!(finished.run.status, RunStatus::Incomplete);
    assert_eq!(finished.run.statistics.remaining.as_deref(), Some("the rest"));
}

#[test]
fn who_is_asked_to_end_stops_as_at_the_deadline() {
    let world = World::new();
    let finished = world
        .run(order("x"), async |execution| {
            assert!(!execution.is_out_of_time());
            world.clock.end();
            assert!(execution.is_out_of_time() && execution.time_left().is_zero());
            Ok((Work::default(), ()))
        })
        .unwrap();
    assert_eq!(finished.run.status, RunStatus::Incomplete);
}

#[test]
fn a_killed_run_is_completed_under_its_own_id_and_time() {
    let world = World::new();
    let killed = world.killed("killed", "x");
    let finished = world
        .run(order("x"), async |execution| {
            assert_eq!((execution.id.as_str(), execution.started_at), ("killed", killed.started_at));
            Ok((complete(), ()))
        })
        .unwrap();
    assert_eq!((finished.run.execution_id.as_str(), finished.run.attempts), ("killed", 2));
    let next = world.run(order("x"), async |_| Ok((complete(), ()))).unwrap();
    assert_ne!(next.run.execution_id, "killed", "what is completed is not taken up again");
}

#[test]
fn a_killed_run_over_other_input_is_abandoned() {
    let world = World::new();
    world.killed("killed", "x");
    let finished = world.run(order("y"), async |_| Ok((complete(), ()))).unwrap();
    assert_ne!(finished.run.execution_id, "killed");
    let killed = block_on(world.store.get("killed")).unwrap().unwrap();
    assert_eq!(killed.status, RunStatus::Abandoned);
}

#[test]
fn an_old_killed_run_is_abandoned_too() {
    let world = World::new();
    world.killed("killed", "x");
    world.clock.advance(Duration::from_secs(300));
    let finished = world.run(order("x"), async |_| Ok((complete(), ()))).unwrap();
    assert_ne!(finished.run.execution_id, "killed", "its facts would be dated to another time");
}

#[test]
fn a_failure_is_recorded_and_lets_go_of_the_lock() {
    let world = World::new();
    let error = world.run::<()>(order("x"), async |_| Err(JobError::Input("no".to_owned()))).unwrap_err();
    assert_eq!(error.to_string(), "no");
    assert!(block_on(world.store.unfinished(JobName::Assess, "all")).unwrap().is_empty());
    assert_eq!(block_on(world.store.latest(JobName::Assess)).unwrap(), None, "a failure is not a result");
    assert!(world.run(order("x"), async |_| Ok((complete(), ()))).is_ok());
}

#[test]
fn evidence_whose_retention_has_ended_goes_with_what_was_judged_from_it() {
    let world = World::new();
    let digest = block_on(world.archive.put(b"page")).unwrap();
    let user = provost_core::model::IamUser {
        schema: 1,
        user_name: "111122223333/anna".to_owned(),
        scan_timestamp: "2025-01-01T00:00:00.000000000Z".to_owned(),
        name: "anna".to_owned(),
        account: provost_core::model::AccountId::parse("111122223333").unwrap(),
        user_id: None,
        arn: "arn:aws:iam::111122223333:user/anna".to_owned(),
        create_date: None,
        password_last_used: provost_core::model::PasswordLastUsed::Unread,
        console_access: None,
        mfa: None,
        access_keys: None,
        groups: None,
        attached_policies: None,
        inline_policies: None,
        permissions_boundary: None,
        mfa_devices: None,
        tags: None,
        credential_report_time: None,
        access: provost_core::model::Access::default(),
        evidence: vec![digest],
    };
    block_on(provost_core::port::Users::put(&world.store, &[user], at("2026-11-22T00:00:00Z"))).unwrap();
    world.run(order("x"), async |_| Ok((complete(), ()))).unwrap();
    assert_eq!(block_on(world.archive.get(&digest)).unwrap(), None);
}
