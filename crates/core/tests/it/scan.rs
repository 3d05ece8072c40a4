//! Reading and judging in one pass, and answers to AWS Config, over an estate that is invented here.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use pollster::block_on;
use provost_core::catalog::Catalog;
use provost_core::collect::ResourceType;
use provost_core::config_rule::{ChangedItem, Compliance, RuleEvent, RuleResult, Trigger};
use provost_core::job::{Finished, Order, Runner, config_rule, scan};
use provost_core::model::{AccountId, Counts, Digest, JobName, Origin, RunStatus};
use provost_core::port::memory::{
    CountingIds, FixedClock, MemoryArchive, MemoryMetrics, MemoryRuleResults, MemoryStore,
};
use provost_core::port::{
    AccountScope, Answer, AnswerPage, Call, Estate, EstateScope, Evaluations as _, Failure, NoProgress,
    PortResult,
};
use provost_core::posture::PostureRule;
use provost_core::redact::Secrets;
use provost_core::waiver::WaiverFile;
use serde_json::{Map, Value, json};

const ACCOUNT: &str = "111122223333";

fn catalog() -> Catalog {
    let thing =
        "{type: T, title: thing, scope: regional, key: Name, arn: 'arn:aws:t:{region}:{account}:{Name}',
                  list: [{service: ec2, operation: describe-instances, items: Things}],
                  follow: [{into: More, service: ec2, operation: describe-more, per: Name, ask: Name}]}";
    let other =
        "{type: U, title: other, scope: regional, key: Name, arn: 'arn:aws:u:{region}:{account}:{Name}',
                  list: [{service: ec2, operation: describe-others, items: Others}]}";
    let rule = |id: &str, of: &str| {
        let text = format!(
            "{{id: {id}, title: t, description: d, resource_type: {of}, severity: low, message: m, remediation: r,
               expression: resource.Good == true}}"
        );
        PostureRule::parse(&text, &Origin::BuiltIn).unwrap()
    };
    Catalog {
        resource_types: [thing, other].map(|text| ResourceType::parse(text).unwrap()).into(),
        posture: vec![rule("thing-good", "T"), rule("other-good", "U")],
        detections: Vec::new(),
        waivers: Default::default(),
        secrets: Secrets::parse("members: []\npaths: []").unwrap(),
        digest: Digest::of(b"catalog"),
        replaced: Vec::new(),
        not_loaded: Vec::new(),
        unselected: Default::default(),
    }
}

/// Things with a name each, every third of them bad. Each call moves the clock.
struct Things<'c> {
    names: Vec<String>,
    denied: bool,
    clock: &'c FixedClock,
    each_call_takes: Duration,
    calls: Mutex<Vec<Call>>,
}

impl<'c> Things<'c> {
    fn new(names: Vec<String>, clock: &'c FixedClock) -> Self {
        Self { names, denied: false, clock, each_call_takes: Duration::ZERO, calls: Mutex::default() }
    }

    fn asked(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|call| call.operation.clone()).collect()
    }
}

#[async_trait]
impl Estate for Things<'_> {
    async fn scope(&self) -> PortResult<EstateScope> {
        let account = AccountId::parse(ACCOUNT).unwrap();
        let regions = vec!["eu-west-1".to_owned()];
        let accounts = vec![AccountScope { account, regions, all_regions: true }];
        Ok(EstateScope { accounts, live: true, ..EstateScope::default() })
    }

    async fn call(&self, call: &Call) -> PortResult<Answer> {
        self.clock.advance(self.each_call_takes);
        self.calls.lock().unwrap().push(call.clone());
        if self.denied {
            let code = Some("UnauthorizedOperation".to_owned());
            return Ok(Answer::Error(Failure { code, reason: None, why: None, raw: b"{}".to_vec() }));
        }
        let filtered = call.input.contains_key("Filters");
        let things = self.names.iter().enumerate().filter(|_| !filtered);
        let things: Vec<Value> =
            things.map(|(number, name)| json!({"Name": name, "Good": number % 3 != 0})).collect();
        let response = json!({"Things": things, "Others": [{"Name": "o", "Good": true}]});
        Ok(Answer::Pages(vec![AnswerPage { input: json!({}), request_id: None, response }], None))
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("thing-{number:04}")).collect()
}

fn order(job: JobName) -> Order {
    let (input, catalog) = (Digest::of(b"input"), Digest::of(b"catalog"));
    Order { job, scope: "all".to_owned(), input, catalog, deadline: Duration::from_secs(60) }
}

/// What a run left behind.
struct Left {
    store: MemoryStore,
    run: provost_core::model::Run,
}

fn run_scan(estate: &Things<'_>, catalog: &Catalog) -> Left {
    let (store, archive, metrics) =
        (MemoryStore::default(), MemoryArchive::default(), MemoryMetrics::default());
    let runner = Runner {
        clock: estate.clock,
        ids: &CountingIds::default(),
        locks: &store,
        runs: &store,
        metrics: &metrics,
        retention: None,
    };
    let finished = block_on(runner.run(order(JobName::Assess), async |execution| {
        let ports = scan::Ports { estate, archive: &archive, evaluations: &store, progress: &NoProgress };
        let waivers = WaiverFile::default();
        scan::scan(execution, &ports, catalog, &waivers, Duration::from_secs(3600)).await
    }));
    Left { run: finished.unwrap().run, store }
}

fn clock() -> FixedClock {
    FixedClock::at("2026-11-22T00:00:00Z".parse().unwrap())
}

#[test]
fn a_scan_keeps_verdicts_and_no_resources_and_asks_for_what_its_rules_read() {
    let clock = clock();
    let estate = Things::new(names(1200), &clock);
    let mut catalog = catalog();
    catalog.select(&["thing-*".to_owned()]).unwrap();
    let left = run_scan(&estate, &catalog);
    let statistics = &left.run.statistics;
    assert_eq!(left.run.status, RunStatus::Done);
    let counts = ["resources", "evaluations", "compliant", "non_compliant", "unknown"];
    assert_eq!(counts.map(|name| statistics.get(name)), [1200, 1200, 800, 400, 0]);
    assert!(!statistics.counts.contains_key("users"), "{statistics:?}");
    assert!(left.run.read_by_itself());
    assert_eq!(statistics.left_out[0].what, "1 posture rules", "what was not selected is said");
    assert_eq!(estate.asked(), ["describe-instances"], "no rule reads `More`, and none the others");
    let page = block_on(left.store.of_execution(&left.run.execution_id, None, 5000)).unwrap();
    assert_eq!(page.items.len(), 1200);
    let resources = block_on(provost_core::port::Resources::page(&left.store, None, 10)).unwrap();
    assert!(resources.items.is_empty());
}

#[test]
fn what_nobody_got_to_is_said_and_what_was_judged_is_whole() {
    let clock = clock();
    // The list comes when the time is over: it was read, and is not judged.
    let estate = Things { each_call_takes: Duration::from_secs(59), ..Things::new(names(700), &clock) };
    let left = run_scan(&estate, &catalog());
    assert_eq!(left.run.status, RunStatus::Incomplete);
    let remaining = left.run.statistics.remaining.clone().unwrap();
    assert!(remaining.contains("1 of 2 reads"), "{remaining}");
    assert!(remaining.contains("700 resources that were read and not judged"), "{remaining}");
    assert_eq!(left.run.statistics.get("evaluations"), 0);
}

fn changed(id: &str, name: Option<&str>) -> ChangedItem {
    ChangedItem {
        resource_type: "T".to_owned(),
        id: id.to_owned(),
        name: name.map(str::to_owned),
        arn: None,
        region: "eu-west-1".to_owned(),
        is_deleted: false,
    }
}

/// Answers an event about the first rule, with these results standing before.
fn answer(estate: &Things<'_>, trigger: Trigger, results: &MemoryRuleResults) -> Finished<Counts> {
    let (store, archive, metrics) =
        (MemoryStore::default(), MemoryArchive::default(), MemoryMetrics::default());
    let mut catalog = catalog();
    catalog.select(&["thing-good".to_owned()]).unwrap();
    let event = RuleEvent {
        account: AccountId::parse(ACCOUNT).unwrap(),
        region: "eu-west-1".to_owned(),
        name: "thing-good-dev".to_owned(),
        result_token: "token".to_owned(),
        left_scope: false,
        parameters: Map::new(),
        trigger,
        at: None,
    };
    let runner = Runner {
        clock: estate.clock,
        ids: &CountingIds::default(),
        locks: &store,
        runs: &store,
        metrics: &metrics,
        retention: None,
    };
    let finished = block_on(runner.run(order(JobName::ConfigRule), async |execution| {
        let ports = config_rule::Ports { estate, archive: &archive, results, evaluations: Some(&store) };
        let waivers = WaiverFile::default();
        let retention = Duration::from_secs(3600);
        let wanted = config_rule::Wanted { catalog: &catalog, waivers: &waivers, retention };
        config_rule::answer(execution, &ports, &wanted, &event).await
    }));
    finished.unwrap()
}

fn standing(results: &MemoryRuleResults) -> Vec<(String, Compliance, Option<String>)> {
    let each = results.standing().into_iter();
    each.map(|RuleResult { resource_id, compliance, annotation, .. }| (resource_id, compliance, annotation))
        .collect()
}

#[test]
fn a_filter_that_finds_nothing_takes_nothing_for_gone() {
    let clock = clock();
    let estate = Things::new(names(9), &clock);
    let results = MemoryRuleResults::default();
    let finished = answer(&estate, Trigger::Changed(changed("thing-0003", None)), &results);
    assert_eq!(finished.run.status, RunStatus::Done);
    // Asked with the filter, which here finds nothing, and then without.
    assert_eq!(estate.asked(), ["describe-instances"; 2]);
    let expect = ("thing-0003".to_owned(), Compliance::NonCompliant, Some("m".to_owned()));
    assert_eq!(standing(&results), [expect]);
}

#[test]
fn two_things_an_event_cannot_tell_apart_are_unknown() {
    let clock = clock();
    let estate = Things::new(vec!["a".to_owned(), "b".to_owned()], &clock);
    let results = MemoryRuleResults::default();
    let finished = answer(&estate, Trigger::Changed(changed("x/b", Some("a"))), &results);
    assert_eq!(finished.output.unknown, 1);
    let said = standing(&results)[0].2.clone().unwrap();
    assert!(said.starts_with("UNKNOWN: ") && said.contains("several resources are called `x/b`"), "{said}");
}

#[test]
fn a_period_drops_what_is_gone_and_keeps_nothing_compliant_that_nobody_could_look_at() {
    let clock = clock();
    let results = MemoryRuleResults::default();
    let mut estate = Things::new(names(4), &clock);
    answer(&estate, Trigger::Periodic, &results);
    assert_eq!(standing(&results).len(), 4);
    estate.names.remove(1);
    let finished = answer(&estate, Trigger::Periodic, &results);
    assert_eq!((standing(&results).len(), finished.run.statistics.get("gone")), (3, 1));
    estate.denied = true;
    let finished = answer(&estate, Trigger::Periodic, &results);
    assert_eq!(finished.run.status, RunStatus::Incomplete);
    let why = "UNKNOWN: ec2 describe-instances: UnauthorizedOperation";
    let standing = standing(&results);
    assert_eq!(standing.len(), 4, "three things, and the account");
    assert!(
        standing.iter().all(|(_, verdict, said)| {
            *verdict == Compliance::NonCompliant && said.as_deref() == Some(why)
        })
    );
}
