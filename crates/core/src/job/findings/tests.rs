use std::collections::BTreeMap;

use async_trait::async_trait;
use pollster::block_on;
use serde_json::Value;

use super::*;
use crate::model::{AccountId, Digest, JobName, Origin, RuleStamp, RunStatus, Severity, Statistics};
use crate::port::memory::{MemoryFindingHub, MemoryStore};
use crate::port::{PortError, PortResult};

const BUCKET: &str = "AWS::S3::Bucket";

fn run(id: &str, hour: u32, evaluations: usize) -> Run {
    let started_at = format!("2026-11-22T{hour:02}:00:00Z").parse().unwrap();
    let mut statistics = Statistics::default();
    statistics.count("evaluations", evaluations as u64);
    Run {
        schema: Run::SCHEMA,
        execution_id: id.to_owned(),
        job: JobName::Assess,
        scope: "all".to_owned(),
        input: Digest::of(b"input"),
        catalog: Digest::of(b"catalog"),
        started_at,
        finished_at: Some(started_at),
        status: RunStatus::Done,
        attempts: 1,
        statistics,
    }
}

/// An assessment of these resources, each with its verdict.
fn assessed(store: &MemoryStore, id: &str, hour: u32, verdicts: &[(&str, &str)]) -> Run {
    let run = run(id, hour, verdicts.len());
    let far = "2100-01-01T00:00:00Z".parse().unwrap();
    let evaluations: Vec<Evaluation> = verdicts
        .iter()
        .map(|(resource, verdict)| Evaluation {
            schema: Evaluation::SCHEMA,
            resource_id: (*resource).to_owned(),
            evaluation_timestamp: Evaluation::timestamp_key(run.started_at, "rule"),
            resource_type: BUCKET.to_owned(),
            account: AccountId::parse("111122223333").unwrap(),
            region: "global".to_owned(),
            rule: RuleStamp { id: "rule".to_owned(), hash: Digest::of(b"rule"), origin: Origin::BuiltIn },
            severity: Severity::High,
            verdict: (*verdict).to_owned(),
            reason: None,
            evidence: Vec::new(),
            waiver: None,
            execution_id: id.to_owned(),
        })
        .collect();
    block_on(async {
        Evaluations::put(store, &evaluations, far).await.unwrap();
        Runs::put(store, &run).await.unwrap();
    });
    run
}

fn hand(
    store: &MemoryStore,
    hub: &dyn FindingHub,
    run: &Run,
    before: Option<&Run>,
    which: Which,
) -> Result<HandedOver, JobError> {
    let before: Vec<Run> = before.into_iter().cloned().collect();
    let choice = Choice { which, rules: &RuleTexts::default(), unselected: &[] };
    block_on(hand_over(store, store, hub, choice, run, &before))
}

/// What the hub shows: the resource's last letter, status and record state.
fn shown(hub: &MemoryFindingHub) -> Vec<String> {
    let text = |finding: &Value, path: &str| {
        finding.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut shown: Vec<String> = hub
        .findings()
        .iter()
        .map(|finding| {
            let resource = text(finding, "/Resources/0/Id");
            let name = resource.rsplit(':').next().unwrap();
            format!("{name} {} {}", text(finding, "/Compliance/Status"), text(finding, "/RecordState"))
        })
        .collect();
    shown.sort();
    shown
}

fn two(store: &MemoryStore) -> (Run, Run) {
    let before = assessed(
        store,
        "r1",
        1,
        &[
            ("arn:aws:s3:::better", "fail"),
            ("arn:aws:s3:::blind", "fail"),
            ("arn:aws:s3:::gone", "fail"),
            ("arn:aws:s3:::gone-well", "pass"),
            ("arn:aws:s3:::moot", "unknown"),
            ("arn:aws:s3:::same", "fail"),
            ("arn:aws:s3:::well", "pass"),
            ("arn:aws:s3:::worse", "pass"),
        ],
    );
    let after = assessed(
        store,
        "r2",
        3,
        &[
            ("arn:aws:s3:::better", "pass"),
            ("arn:aws:s3:::blind", "unknown"),
            ("arn:aws:s3:::moot", "not_applicable"),
            ("arn:aws:s3:::new", "fail"),
            ("arn:aws:s3:::same", "fail"),
            ("arn:aws:s3:::well", "pass"),
            ("arn:aws:s3:::worse", "fail"),
        ],
    );
    (before, after)
}

#[test]
fn what_ended_is_archived_and_what_is_unknown_stays() {
    let (store, hub) = (MemoryStore::default(), MemoryFindingHub::default());
    let (before, after) = two(&store);
    let handed = hand(&store, &hub, &before, None, Which::Open).unwrap();
    assert_eq!((handed.open.taken, handed.left_out), (5, 3));
    let handed = hand(&store, &hub, &after, Some(&before), Which::Open).unwrap();
    assert_eq!((handed.open.taken, handed.ended.taken, handed.left_out), (4, 3, 3));
    assert!(handed.is_complete());
    let expect = [
        "better PASSED ARCHIVED",
        "blind NOT_AVAILABLE ACTIVE",
        "gone FAILED ARCHIVED",
        "moot NOT_AVAILABLE ARCHIVED",
        "new FAILED ACTIVE",
        "same FAILED ACTIVE",
        "worse FAILED ACTIVE",
    ];
    assert_eq!(shown(&hub), expect);
    // The same once more changes nothing.
    hand(&store, &hub, &after, Some(&before), Which::Open).unwrap();
    assert_eq!(shown(&hub), expect);
    // What ended is as new as the assessment that says so: Security Hub takes nothing older.
    let gone = hub.findings().into_iter().find(|it| it["RecordState"] == "ARCHIVED").unwrap();
    assert_eq!(gone["UpdatedAt"], "2026-11-22T03:00:00Z");
}

#[test]
fn all_of_them_when_asked_for() {
    let (store, hub) = (MemoryStore::default(), MemoryFindingHub::default());
    let (before, after) = two(&store);
    hand(&store, &hub, &before, None, Which::All).unwrap();
    let handed = hand(&store, &hub, &after, Some(&before), Which::All).unwrap();
    assert_eq!((handed.open.taken, handed.ended.taken, handed.left_out), (7, 2, 0));
    let shown = shown(&hub);
    for expect in
        ["better PASSED ACTIVE", "gone FAILED ARCHIVED", "gone-well PASSED ARCHIVED", "well PASSED ACTIVE"]
    {
        assert!(shown.iter().any(|it| it == expect), "{expect}: {shown:?}");
    }
}

#[test]
fn what_could_not_be_listed_has_not_ended() {
    let (store, hub) = (MemoryStore::default(), MemoryFindingHub::default());
    let before = assessed(&store, "r1", 1, &[("arn:aws:s3:::a", "fail")]);
    let unlisted = "unlisted/111122223333/global/AWS::S3::Bucket";
    let blind = assessed(&store, "r2", 2, &[(unlisted, "unknown")]);
    hand(&store, &hub, &before, None, Which::Open).unwrap();
    hand(&store, &hub, &blind, Some(&before), Which::Open).unwrap();
    let placeholder = format!("{} NOT_AVAILABLE ACTIVE", unlisted.rsplit(':').next().unwrap());
    assert_eq!(shown(&hub), [placeholder.clone(), "a FAILED ACTIVE".to_owned()]);
    // What stood for the list goes when the list can be read again.
    let after = assessed(&store, "r3", 3, &[("arn:aws:s3:::a", "fail")]);
    hand(&store, &hub, &after, Some(&blind), Which::Open).unwrap();
    assert_eq!(shown(&hub), [placeholder.replace("ACTIVE", "ARCHIVED"), "a FAILED ACTIVE".to_owned()]);
}

#[test]
fn a_rule_that_was_left_out_this_time_has_not_ended() {
    let (store, hub) = (MemoryStore::default(), MemoryFindingHub::default());
    let before = assessed(&store, "r1", 1, &[("arn:aws:s3:::a", "fail")]);
    let after = assessed(&store, "r2", 2, &[]);
    hand(&store, &hub, &before, None, Which::Open).unwrap();
    let rules = RuleTexts::default();
    let unselected = ["rule".to_owned()];
    let mut choice = Choice { which: Which::Open, rules: &rules, unselected: &unselected };
    let again =
        |choice| block_on(hand_over(&store, &store, &hub, choice, &after, std::slice::from_ref(&before)));
    assert_eq!(again(choice).unwrap().ended.taken, 0);
    choice.unselected = &[];
    assert_eq!(again(choice).unwrap().ended.taken, 1);
}

#[test]
fn more_than_fit_in_memory_are_handed_over_all_the_same() {
    let (store, hub) = (MemoryStore::default(), MemoryFindingHub::default());
    let names: BTreeMap<usize, String> =
        (0..MOST_ENDED + 5).map(|number| (number, format!("arn:aws:s3:::b{number:06}"))).collect();
    let verdicts: Vec<(&str, &str)> = names.values().map(|name| (name.as_str(), "fail")).collect();
    let before = assessed(&store, "r1", 1, &verdicts);
    let after = assessed(&store, "r2", 2, &[]);
    let handed = hand(&store, &hub, &after, Some(&before), Which::Open).unwrap();
    assert_eq!(handed.ended.taken as usize, verdicts.len());
    assert_eq!(hub.findings().len(), verdicts.len());
}

/// A hub that takes every other finding, or none.
struct Picky(bool);

#[async_trait]
impl FindingHub for Picky {
    fn place(&self) -> String {
        "picky".to_owned()
    }

    fn home_region(&self) -> Option<&str> {
        Some("eu-central-1")
    }

    async fn import(&self, findings: Vec<Value>) -> PortResult<Imported> {
        if self.0 {
            return Err(PortError::Unavailable { what: "picky".to_owned(), why: "closed".to_owned() });
        }
        for finding in &findings {
            assert!(finding["ProductArn"].as_str().unwrap().contains(":eu-central-1:"), "{finding}");
        }
        let refused = findings.len() as u64 / 2;
        let not_taken = NotImported {
            count: refused,
            place: "here".to_owned(),
            ids: vec!["one".to_owned()],
            why: "no".to_owned(),
        };
        Ok(Imported { taken: findings.len() as u64 - refused, not_taken: vec![not_taken] })
    }
}

#[test]
fn what_is_not_taken_is_counted_and_named() {
    let store = MemoryStore::default();
    let (before, after) = two(&store);
    let handed = hand(&store, &Picky(false), &after, Some(&before), Which::Open).unwrap();
    assert!(!handed.is_complete());
    assert_eq!((handed.open.taken, handed.open.refused(), handed.ended.refused()), (2, 2, 1));
    let words = handed.not_taken().next().unwrap().to_string();
    assert_eq!(words, "2 findings of here were not taken (one, ...): no");
    assert!(hand(&store, &Picky(true), &after, None, Which::Open).is_err());
}
