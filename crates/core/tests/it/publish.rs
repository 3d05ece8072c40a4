//! Publishing: what people are told, that it is told once, and what the report holds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use pollster::block_on;
use provost_core::catalog::Catalog;
use provost_core::job::findings::Which;
use provost_core::job::publish::{Ports, Published, Wanted, preview, preview_findings, publish};
use provost_core::job::{Execution, Finished, JobError, Order, Runner, Work};
use provost_core::model::{
    AccountId, Digest, Evaluation, JobName, Origin, RuleStamp, Run, RunStatus, Severity, Statistics,
    WaiverNote,
};
use provost_core::port::memory::{
    CountingIds, FixedClock, MemoryFindingHub, MemoryMetrics, MemoryNotifier, MemoryReports, MemoryStore,
};
use provost_core::port::{
    FindingHub, Imported, Message, NoProgress, NotImported, Outbox as _, PortError, PortResult,
};
use provost_core::posture::PostureRule;
use provost_core::redact::Secrets;
use provost_core::waiver::WaiverFile;
use serde_json::Value;

const ENCRYPTION: &str = "
id: s3-encryption
title: S3 bucket has default encryption
resource_type: AWS::S3::Bucket
severity: high
description: d
expression: has(resource.Encryption)
message: The bucket has no default encryption.
remediation: Set it with put-bucket-encryption.
references: [https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html]
";

fn catalog() -> Catalog {
    Catalog {
        resource_types: Vec::new(),
        posture: vec![PostureRule::parse(ENCRYPTION, &Origin::BuiltIn).unwrap()],
        unselected: Vec::new(),
        detections: Vec::new(),
        waivers: Default::default(),
        secrets: Secrets::parse("members: []\npaths: []").unwrap(),
        digest: Digest::of(b"catalog"),
        replaced: Vec::new(),
        not_loaded: Vec::new(),
    }
}

struct World {
    store: MemoryStore,
    notifier: MemoryNotifier,
    reports: MemoryReports,
    hub: Option<Hub>,
    clock: FixedClock,
    ids: CountingIds,
    catalog: Catalog,
    waivers: WaiverFile,
    from: Severity,
    hour: i64,
}

impl World {
    fn new() -> Self {
        Self {
            store: MemoryStore::default(),
            notifier: MemoryNotifier::default(),
            reports: MemoryReports::default(),
            hub: None,
            clock: FixedClock::at("2026-11-22T00:00:00Z".parse().unwrap()),
            ids: CountingIds::default(),
            catalog: catalog(),
            waivers: WaiverFile::default(),
            from: Severity::Informational,
            hour: 0,
        }
    }

    /// An assessment six hours after the last one: `fail bucket-a`, `unknown bucket-b`, `pass bucket-c rule-two`.
    /// A last word `waived` or `expired` is a waiver.
    fn assessed_as(&mut self, status: RunStatus, verdicts: &[&str]) -> String {
        self.hour += 6;
        self.clock.advance(Duration::from_secs(6 * 3600));
        let id = format!("assess-{}", self.hour);
        let at = "2026-11-22T00:00:00Z".parse::<jiff::Timestamp>().unwrap()
            + jiff::SignedDuration::from_hours(self.hour);
        let evaluations: Vec<Evaluation> = verdicts.iter().map(|text| evaluation(text, &id, at)).collect();
        let mut statistics = Statistics::default();
        statistics.count("evaluations", evaluations.len() as u64);
        if status == RunStatus::Incomplete {
            statistics.remaining = Some("3 of 9 resources".to_owned());
        }
        let run = Run {
            schema: Run::SCHEMA,
            execution_id: id.clone(),
            job: JobName::Assess,
            scope: "all".to_owned(),
            input: Digest::of(b"input"),
            catalog: Digest::of(b"catalog"),
            started_at: at,
            finished_at: Some(at),
            status,
            attempts: 1,
            statistics,
        };
        block_on(self.store.put_evaluations(&evaluations));
        block_on(provost_core::port::Runs::put(&self.store, &run)).unwrap();
        id
    }

    fn assessed(&mut self, verdicts: &[&str]) -> String {
        self.assessed_as(RunStatus::Done, verdicts)
    }

    fn ports(&self) -> Ports<'_> {
        Ports {
            runs: &self.store,
            evaluations: &self.store,
            outbox: &self.store,
            notifier: Some(&self.notifier),
            reports: Some(&self.reports),
            hub: self.hub.as_ref().map(|hub| hub as &dyn FindingHub),
            progress: &NoProgress,
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            catalog: &self.catalog,
            waivers: &self.waivers,
            from: self.from,
            details_url: None,
            environment: Some("dev"),
            which: Which::Open,
            retention: Duration::from_secs(400 * 24 * 3600),
        }
    }

    fn publish(&self) -> Finished<Published> {
        let (ports, wanted) = (self.ports(), self.wanted());
        self.in_a_run(async |execution| publish(execution, &ports, &wanted).await)
    }

    fn in_a_run(
        &self,
        work: impl AsyncFnOnce(&Execution<'_>) -> Result<(Work, Published), JobError>,
    ) -> Finished<Published> {
        let metrics = MemoryMetrics::default();
        let runner = Runner {
            clock: &self.clock,
            ids: &self.ids,
            locks: &self.store,
            runs: &self.store,
            metrics: &metrics,
            retention: None,
        };
        let order = Order {
            job: JobName::Publish,
            scope: "all".to_owned(),
            input: Digest::of(b"input"),
            catalog: self.catalog.digest,
            deadline: Duration::from_secs(60),
        };
        block_on(runner.run(order, work)).unwrap()
    }

    /// The messages that publishing sends now.
    fn told(&self) -> Vec<Message> {
        let published = self.publish();
        assert!(published.is_complete(), "{:?}", published.output.problems);
        let told = self.notifier.take();
        assert_eq!(published.output.sent, subjects(&told));
        told
    }
}

/// Keeps evaluations for good.
trait Keep {
    async fn put_evaluations(&self, evaluations: &[Evaluation]);
}

impl Keep for MemoryStore {
    async fn put_evaluations(&self, evaluations: &[Evaluation]) {
        provost_core::port::Evaluations::put(self, evaluations, "2100-01-01T00:00:00Z".parse().unwrap())
            .await
            .unwrap();
    }
}

fn evaluation(text: &str, execution: &str, at: jiff::Timestamp) -> Evaluation {
    let words: Vec<&str> = text.split(' ').collect();
    let (verdict, name) = (words[0], words[1]);
    let is_waiver = |word: &&&str| ["waived", "expired"].contains(word);
    let rule = words.get(2).filter(|word| !is_waiver(word)).map_or("s3-encryption", |word| *word);
    let waiver = words.last().filter(|word| is_waiver(word)).map(|word| WaiverNote {
        id: "w1".to_owned(),
        owner: "anna".to_owned(),
        reason: "moving".to_owned(),
        expires: "2026-11-21".to_owned(),
        expired: *word == "expired",
    });
    Evaluation {
        schema: Evaluation::SCHEMA,
        resource_id: match name.strip_prefix("unlisted") {
            Some(rest) => format!("unlisted/111122223333/global{rest}"),
            None => format!("arn:aws:s3:::{name}"),
        },
        evaluation_timestamp: Evaluation::timestamp_key(at, rule),
        resource_type: "AWS::S3::Bucket".to_owned(),
        account: AccountId::parse("111122223333").unwrap(),
        region: "eu-central-1".to_owned(),
        rule: RuleStamp { id: rule.to_owned(), hash: Digest::of(rule.as_bytes()), origin: Origin::BuiltIn },
        severity: if rule == "minor" { Severity::Low } else { Severity::High },
        verdict: verdict.to_owned(),
        reason: match verdict {
            "fail" => Some("The bucket has no default encryption.".to_owned()),
            "unknown" => Some("s3api get-bucket-encryption: access denied (AccessDenied)".to_owned()),
            _ => None,
        },
        evidence: Vec::new(),
        waiver,
        execution_id: execution.to_owned(),
    }
}

fn subjects(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|message| message.subject.clone()).collect()
}

fn resources(message: &Message) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = message.body["resources"].as_array().unwrap().iter();
    all.map(|one| (text(&one["resource_id"]), text(&one["was"]))).collect()
}

fn was(name: &str, was: &str) -> (String, String) {
    (format!("arn:aws:s3:::{name}"), was.to_owned())
}

#[test]
fn one_message_a_run_and_rule_and_again_only_on_change() {
    let mut world = World::new();
    world.assessed(&["fail a", "fail b", "pass c", "fail d minor", "not_applicable e"]);
    let told = world.told();
    let expect = [
        "[HIGH] s3-encryption: 2 resources became non-compliant",
        "[LOW] minor: 1 resource became non-compliant",
    ];
    assert_eq!(subjects(&told), expect, "the first time everything that fails, by rule, the worst first");
    assert_eq!(resources(&told[0]), [was("a", "new"), was("b", "new")]);
    assert_eq!(told[0].body["first"], true);

    world.assessed(&["fail a", "fail b", "pass c", "fail d minor", "not_applicable e"]);
    assert!(world.told().is_empty(), "what still fails is no news");

    world.assessed(&["fail a", "pass b", "fail c", "fail d minor", "fail e", "fail f"]);
    let told = world.told();
    assert_eq!(subjects(&told), ["[HIGH] s3-encryption: 3 resources became non-compliant"]);
    assert_eq!(resources(&told[0]), [was("c", "pass"), was("e", "not_applicable"), was("f", "new")]);
    let body = &told[0].body;
    let numbers = ["became_non_compliant", "non_compliant", "waived", "unknown", "not_listed"];
    assert_eq!(numbers.map(|name| body[name].as_u64().unwrap()), [3, 4, 0, 0, 0]);
    assert_eq!(body["first"], false);

    world.assessed(&["fail a", "fail b", "pass c", "fail d minor", "fail e", "fail f"]);
    assert_eq!(resources(&world.told()[0]), [was("b", "pass")], "what was repaired and breaks again is news");
}

#[test]
fn a_message_says_all_it_should() {
    let mut world = World::new();
    world.assessed(&["pass a"]);
    assert!(world.told().is_empty());
    world.assessed(&["fail a"]);
    let told = world.told();
    insta::assert_snapshot!("text", told[0].text);
    let mut body = told[0].body.clone();
    body["rule_hash"] = Value::from("hash");
    insta::assert_snapshot!("body", serde_json::to_string_pretty(&body).unwrap());
    let expect: BTreeMap<String, String> =
        [("environment", "dev"), ("kind", "non-compliant"), ("rule", "s3-encryption"), ("severity", "high")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    assert_eq!(told[0].attributes, expect);
}

#[test]
fn what_is_accepted_alerts_nobody_until_the_waiver_has_expired() {
    let mut world = World::new();
    world.waivers = WaiverFile::parse(
        "waivers: [{id: w1, rule: s3-encryption, reason: moving, owner: anna, expires: 2026-11-22}]",
    )
    .unwrap();
    world.assessed(&["fail a waived", "fail b waived"]);
    assert!(world.told().is_empty());
    for _ in 0..2 {
        world.assessed(&["fail a waived", "fail b waived"]);
    }
    world.told();
    // At midnight.
    world.assessed(&["fail a expired", "fail b expired"]);
    let told = world.told();
    let expect = [
        "[WAIVER EXPIRED] w1: accepted until 2026-11-22, and no longer",
        "[HIGH] s3-encryption: 2 resources became non-compliant",
    ];
    assert_eq!(subjects(&told), expect);
    assert_eq!(told[0].body["findings"], 2);
    assert!(told[0].text.contains("anna") && told[0].text.contains("moving"), "{}", told[0].text);
    assert_eq!(resources(&told[1]), [was("a", "waived"), was("b", "waived")]);
    assert_eq!(told[1].body["by_expired_waiver"], 2);
    assert!(told[1].text.contains("waiver w1 of anna EXPIRED"), "{}", told[1].text);

    world.assessed(&["fail a expired", "fail b expired"]);
    assert!(world.told().is_empty(), "it shouts once");
    world.waivers.waivers[0].expires = "2026-11-20".parse().unwrap();
    world.assessed(&["fail a expired", "fail b expired"]);
    assert_eq!(world.told().len(), 1, "another day is another expiry");
}

#[test]
fn what_cannot_be_seen_any_more_is_said_once_a_run() {
    let mut world = World::new();
    world.assessed(&["pass a", "fail b", "pass c", "unknown d"]);
    assert_eq!(
        subjects(&world.told()),
        ["[UNKNOWN] 1 verdict could not be seen", "[HIGH] s3-encryption: 1 resource became non-compliant"]
    );
    world.assessed(&["unknown a", "unknown b", "pass c", "unknown d", "unknown e"]);
    let told = world.told();
    assert_eq!(subjects(&told), ["[UNKNOWN] 3 verdicts could not be seen"]);
    assert_eq!(resources(&told[0]), [was("a", "pass"), was("b", "fail"), was("e", "new")]);
    assert!(
        told[0].text.contains("3  s3api get-bucket-encryption: access denied (AccessDenied)"),
        "{}",
        told[0].text
    );
    assert_eq!(told[0].attributes["kind"], "unseen");

    world.assessed(&["unknown a", "unknown b", "pass c", "unknown d", "unknown e"]);
    assert!(world.told().is_empty(), "they know");
    world.assessed(&["pass a", "fail b"]);
    let told = world.told();
    assert_eq!(told.len(), 1);
    assert_eq!(resources(&told[0]), [was("b", "unknown")]);

    // The list itself cannot be read: all that stood in it is unseen.
    world.assessed(&["unknown unlisted/AWS::S3::Bucket"]);
    let told = world.told();
    assert_eq!(subjects(&told), ["[UNKNOWN] 3 verdicts could not be seen"]);
}

#[test]
fn an_assessment_that_stopped_early_tells_what_it_found_and_nothing_twice() {
    let mut world = World::new();
    world.assessed(&["pass a", "pass b", "pass c", "fail d"]);
    world.told();
    world.assessed_as(RunStatus::Incomplete, &["fail a", "pass b"]);
    let told = world.told();
    assert_eq!(
        subjects(&told),
        ["[UNKNOWN] 2 verdicts could not be seen", "[HIGH] s3-encryption: 1 resource became non-compliant"]
    );
    assert!(told[0].text.contains("3 of 9 resources"), "{}", told[0].text);
    world.assessed_as(RunStatus::Incomplete, &["fail a", "fail b"]);
    assert_eq!(resources(&world.told()[0]), [was("b", "pass")]);
    world.assessed(&["fail a", "pass b", "fail c", "fail d"]);
    assert_eq!(resources(&world.told()[0]), [was("c", "pass")], "a was told, d too, b is well again");
    world.assessed(&["fail a", "fail b", "fail c", "fail d"]);
    assert_eq!(resources(&world.told()[0]), [was("b", "pass")]);
}

#[test]
fn publishing_again_sends_nothing_again() {
    let mut world = World::new();
    world.assessed(&["fail a"]);
    assert_eq!(world.told().len(), 1);
    assert!(world.told().is_empty());
    // Killed between keeping the messages and noting that they are kept.
    block_on(
        world
            .store
            .put_told("all", &provost_core::port::Told { schema: 1, complete: None, partial: Vec::new() }),
    )
    .unwrap();
    assert!(world.told().is_empty());
}

#[test]
fn what_could_not_be_sent_is_sent_by_the_next_run() {
    let mut world = World::new();
    let rules: Vec<String> = (0..6).map(|number| format!("fail a rule-{number}")).collect();
    world.assessed(&rules.iter().map(String::as_str).collect::<Vec<_>>());
    world.notifier.fail_after(2);
    let published = world.publish();
    assert!(!published.is_complete());
    assert_eq!((published.output.sent.len(), published.output.waiting.len()), (2, 4));
    let problem = &published.output.problems[0];
    assert!(
        problem.contains("4 messages wait for the next run: ") && problem.contains("told to fail"),
        "{problem}"
    );
    assert_eq!(published.run.statistics.get("waiting"), 4);

    // Nothing is new, and still they are told.
    let all: Vec<&str> = rules.iter().map(String::as_str).chain(["fail b"]).collect();
    world.assessed(&all);
    world.notifier.take();
    world.notifier.fail_after(usize::MAX);
    let told = world.told();
    assert_eq!(told.len(), 5);
    assert_eq!(subjects(&told)[4], "[HIGH] s3-encryption: 1 resource became non-compliant");
    assert!(world.told().is_empty());
}

#[test]
fn a_dry_run_says_what_would_be_sent_and_changes_nothing() {
    let mut world = World::new();
    world.assessed(&["fail a"]);
    let look = |world: &World| {
        let (_, messages) = block_on(preview(&world.ports(), &world.wanted(), 100_000)).unwrap();
        messages.into_iter().map(|outgoing| outgoing.message).collect::<Vec<_>>()
    };
    let first = look(&world);
    assert_eq!(look(&world), first);
    assert!(world.reports.keys().is_empty());
    world.notifier.fail_after(0);
    world.publish();
    assert_eq!(look(&world), first, "what waits is shown too, once");
    world.notifier.fail_after(9);
    assert_eq!(world.told(), first);
    assert!(look(&world).is_empty());
}

#[test]
fn messages_are_never_larger_than_may_be_sent() {
    let mut world = World::new();
    let many: Vec<String> = (0..400).map(|number| format!("fail bucket-{number:04}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for most in [100_000, 8_000, 4_000, 2_000, 1_000] {
        world.notifier = MemoryNotifier::with(most);
        world.store = MemoryStore::default();
        world.assessed(&many);
        let told = world.told();
        assert_eq!(told.len(), 1);
        assert!(told[0].bytes() <= most, "{} of {most}", told[0].bytes());
        assert_eq!(told[0].body["became_non_compliant"], 400);
        let listed = told[0].body["resources"].as_array().map_or(0, Vec::len) as u64;
        if told[0].body["shortened"] != true {
            assert_eq!(listed + told[0].body["not_listed"].as_u64().unwrap(), 400);
            let in_text = listed.min(20);
            assert!(told[0].text.contains(&format!("and {} more that are not listed", 400 - in_text)));
        }
        assert!(listed == 50 || most < 100_000);
    }
}

#[test]
fn rules_below_the_severity_tell_nobody_and_are_counted() {
    let mut world = World::new();
    world.from = Severity::Medium;
    world.assessed(&["fail a minor", "fail a"]);
    let published = world.publish();
    assert_eq!(published.output.sent.len(), 1);
    assert_eq!(published.run.statistics.skipped_total(), 1);
}

#[test]
fn the_report_is_the_specifications_and_hides_no_unknown() {
    let mut world = World::new();
    world.assessed(&["fail a", "pass b", "unknown c", "fail d waived", "not_applicable e"]);
    let published = world.publish();
    let key = "compliance-reports/2026/11/22/report-20261122T060000.000Z.json";
    assert_eq!(published.output.report.as_deref(), Some(format!("memory:{key}").as_str()));
    let report: Value = serde_json::from_slice(&world.reports.get(key).unwrap()).unwrap();
    assert_eq!(report["report_timestamp"], "2026-11-22T06:00:00Z");
    let summary = &report["summary"];
    let names = ["total_resources", "total_evaluations", "compliant", "non_compliant", "unknown", "waived"];
    assert_eq!(names.map(|name| summary[name].as_u64().unwrap()), [5, 5, 1, 2, 1, 1]);
    assert_eq!(summary["compliance_percentage"], 25.0, "one of four that were judged");
    assert_eq!(report["by_rule"]["s3-encryption"]["total"], 5);
    assert_eq!(report["by_resource_type"]["AWS::S3::Bucket"]["unknown"], 1);
    assert_eq!(report["evaluations"].as_array().unwrap().len(), 5);
    let before = world.reports.get(key);
    world.publish();
    assert_eq!(world.reports.get(key), before, "the same assessment gives the same report");
    assert!(world.notifier.take()[1].text.contains(&format!("memory:{key}")));
}

/// A hub that can be out of order: it takes nothing, or none of a resource.
#[derive(Default)]
struct Hub {
    inner: MemoryFindingHub,
    is_closed: AtomicBool,
    refuses_a: AtomicBool,
}

#[async_trait]
impl FindingHub for Hub {
    fn place(&self) -> String {
        "a hub".to_owned()
    }

    fn home_region(&self) -> Option<&str> {
        None
    }

    async fn import(&self, findings: Vec<Value>) -> PortResult<Imported> {
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable { what: "a hub".to_owned(), why: "closed".to_owned() });
        }
        let is_a = |finding: &Value| finding["Resources"][0]["Id"] == "arn:aws:s3:::a";
        let refuses = self.refuses_a.load(Ordering::SeqCst);
        let (refused, taken): (Vec<_>, Vec<_>) =
            findings.into_iter().partition(|finding| refuses && is_a(finding));
        let mut imported = self.inner.import(taken).await?;
        if !refused.is_empty() {
            imported.not_taken.push(NotImported {
                count: refused.len() as u64,
                place: "here".to_owned(),
                ids: Vec::new(),
                why: "not now".to_owned(),
            });
        }
        Ok(imported)
    }
}

impl World {
    fn with_hub() -> Self {
        Self { hub: Some(Hub::default()), ..Self::new() }
    }

    fn hub(&self) -> &Hub {
        self.hub.as_ref().unwrap()
    }

    /// What the hub shows: `a ACTIVE`, ...
    fn shown(&self) -> Vec<String> {
        let mut shown: Vec<String> = self
            .hub()
            .inner
            .findings()
            .iter()
            .map(|finding| {
                let id = finding["Resources"][0]["Id"].as_str().unwrap();
                let name = id.rsplit(':').next().unwrap();
                format!("{name} {}", finding["RecordState"].as_str().unwrap())
            })
            .collect();
        shown.sort();
        shown
    }
}

#[test]
fn findings_go_to_the_hub_and_what_ended_is_archived() {
    let mut world = World::with_hub();
    world.assessed(&["fail a", "unknown b", "pass c"]);
    let handed = world.publish().output.findings.unwrap();
    assert_eq!((handed.open.taken, handed.ended.taken, handed.left_out), (2, 0, 1));
    world.assessed(&["pass a", "fail c", "unknown d"]);
    let counted = block_on(preview_findings(&world.ports(), &world.wanted())).unwrap().unwrap();
    assert_eq!((counted.open.taken, counted.ended.taken), (2, 2), "b is gone, a is well");
    assert_eq!(world.shown(), ["a ACTIVE", "b ACTIVE"], "a preview hands nothing over");
    let published = world.publish();
    assert!(published.is_complete());
    assert_eq!(published.output.findings, Some(counted));
    assert_eq!(world.shown(), ["a ARCHIVED", "b ARCHIVED", "c ACTIVE", "d ACTIVE"]);
    assert_eq!(published.run.statistics.get("findings_ended"), 2);
    // Once more: the same, and nothing ended twice.
    let again = world.publish().output.findings.unwrap();
    assert_eq!((again.open.taken, again.ended.taken), (2, 0));
}

#[test]
fn what_a_hub_did_not_take_is_archived_when_it_is_back() {
    let mut world = World::with_hub();
    world.assessed(&["fail a", "fail b"]);
    world.publish();
    world.hub().refuses_a.store(true, Ordering::SeqCst);
    world.assessed(&["pass a", "fail b"]);
    let published = world.publish();
    assert!(!published.is_complete());
    assert_eq!(published.output.problems, ["1 findings of here were not taken: not now"]);
    world.hub().refuses_a.store(false, Ordering::SeqCst);
    world.hub().is_closed.store(true, Ordering::SeqCst);
    world.assessed(&["pass a", "pass b", "fail c"]);
    let published = world.publish();
    assert!(!published.is_complete());
    assert_eq!(published.output.problems, ["the findings: a hub: closed"]);
    world.hub().is_closed.store(false, Ordering::SeqCst);
    world.assessed(&["pass a", "pass b", "pass c"]);
    assert!(world.publish().is_complete());
    assert_eq!(world.shown(), ["a ARCHIVED", "b ARCHIVED", "c ARCHIVED"]);
}

#[test]
fn findings_of_a_run_that_stopped_early_end_too() {
    let mut world = World::with_hub();
    world.assessed(&["pass a", "pass b"]);
    world.publish();
    world.assessed_as(RunStatus::Incomplete, &["fail a"]);
    world.publish();
    assert_eq!(world.shown(), ["a ACTIVE"]);
    world.assessed(&["pass a", "pass b"]);
    world.publish();
    assert_eq!(world.shown(), ["a ARCHIVED"]);
}

/// Two scans of different rules, of which the other one ended last.
#[test]
fn an_assessment_that_is_not_the_latest_can_be_published() {
    let mut world = World::new();
    let first = world.assessed(&["fail a"]);
    let mut run = block_on(provost_core::port::Runs::get(&world.store, &first)).unwrap().unwrap();
    run.scope = "s3-encryption".to_owned();
    block_on(provost_core::port::Runs::put(&world.store, &run)).unwrap();
    world.assessed(&["fail b minor"]);
    let (ports, wanted) = (world.ports(), world.wanted());
    let published = world.in_a_run(async |execution| {
        provost_core::job::publish::publish_run(execution, &ports, &wanted, run).await
    });
    assert_eq!(published.output.sent, ["[HIGH] s3-encryption: 1 resource became non-compliant"]);
    assert_eq!(published.output.assessment, first);
    let report = published.output.report.unwrap();
    let report: Value =
        serde_json::from_slice(&world.reports.get(report.strip_prefix("memory:").unwrap()).unwrap()).unwrap();
    assert_eq!(report["execution_id"], first);
    world.notifier.take();
    assert_eq!(subjects(&world.told()), ["[LOW] minor: 1 resource became non-compliant"]);
}
