use std::collections::BTreeMap;

use jiff::Timestamp;
use pollster::block_on;
use proptest::prelude::*;

use super::*;
use crate::model::{
    AccountId, Digest, JobName, LeftOut, Origin, RuleStamp, Run, RunStatus, Severity, Statistics, WaiverNote,
};
use crate::port::memory::MemoryStore;
use crate::port::{Evaluations, Runs};

const OURS: &str = "111122223333";

fn at(hour: u32) -> Timestamp {
    format!("2026-11-22T{hour:02}:00:00Z").parse().unwrap()
}

fn run(id: &str, job: JobName, hour: u32, status: RunStatus) -> Run {
    Run {
        schema: Run::SCHEMA,
        execution_id: id.to_owned(),
        job,
        scope: "all".to_owned(),
        input: Digest::of(id.as_bytes()),
        catalog: Digest::of(b"catalog"),
        started_at: at(hour),
        finished_at: Some(at(hour)),
        status,
        attempts: 1,
        statistics: Statistics::default(),
    }
}

/// `fail arn:aws:s3:::a rule`, and behind it `waived`, `expired` or `edited`.
pub(crate) fn verdict(text: &str, execution: &str) -> Evaluation {
    let mut words = text.split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (verdict, resource, rule, more) = (word(), word(), word(), word());
    let account = AccountId::parse(resource.split('/').nth(1).unwrap_or(OURS))
        .unwrap_or(AccountId::parse(OURS).unwrap());
    let region = resource.split('/').nth(2).unwrap_or("global").to_owned();
    let waiver = (!more.is_empty() && more != "edited").then(|| WaiverNote {
        id: "w".to_owned(),
        owner: "o".to_owned(),
        reason: "r".to_owned(),
        expires: "2026-01-01".to_owned(),
        expired: more == "expired",
    });
    Evaluation {
        schema: Evaluation::SCHEMA,
        evaluation_timestamp: Evaluation::timestamp_key(at(if execution == "before" { 1 } else { 3 }), &rule),
        resource_id: resource,
        resource_type: "AWS::S3::Bucket".to_owned(),
        account,
        region,
        rule: RuleStamp {
            hash: Digest::of(more.contains("edited").to_string().as_bytes()),
            id: rule,
            origin: Origin::BuiltIn,
        },
        severity: Severity::High,
        verdict,
        reason: None,
        evidence: Vec::new(),
        waiver,
        execution_id: execution.to_owned(),
    }
}

/// A store of two assessments, each behind a collection of these places.
struct Two {
    store: MemoryStore,
    before: Run,
    after: Run,
}

impl Two {
    fn new(before: &[&str], after: &[&str]) -> Self {
        let mut two = Self {
            store: MemoryStore::default(),
            before: run("before", JobName::Assess, 1, RunStatus::Done),
            after: run("after", JobName::Assess, 3, RunStatus::Done),
        };
        two.collected(0, &["111122223333/global"]);
        two.collected(2, &["111122223333/global"]);
        for (texts, run) in [(before, &mut two.before), (after, &mut two.after)] {
            let verdicts: Vec<_> = texts.iter().map(|text| verdict(text, &run.execution_id)).collect();
            run.statistics.count("evaluations", verdicts.len() as u64);
            keep(&two.store, &verdicts);
        }
        two
    }

    fn collected(&self, hour: u32, places: &[&str]) {
        let mut collection = run(&format!("collect-{hour}"), JobName::Collect, hour, RunStatus::Done);
        collection.statistics.covered = places.iter().map(|&place| place.to_owned()).collect();
        keep_run(&self.store, &collection);
    }

    fn compared(&self) -> Compared {
        let (before, after) = (self.before.clone(), self.after.clone());
        block_on(Compared::read(&self.store, &self.store, before, after)).unwrap()
    }

    fn changes(&self) -> Vec<(String, Change, Option<Because>)> {
        let mut found = Vec::new();
        block_on(each_change(&self.store, &self.compared(), &mut |changed| {
            let pair = format!("{} {}", changed.latest.resource_id, changed.latest.rule.id);
            found.push((pair, changed.change, changed.because));
            Ok(())
        }))
        .unwrap();
        found
    }

    /// The change of the one pair that did not stay the same.
    fn change(&self) -> (Change, Option<Because>) {
        let changes: Vec<_> =
            self.changes().into_iter().filter(|(_, change, _)| *change != Change::Same).collect();
        match changes.as_slice() {
            [] => (Change::Same, None),
            [(_, change, because)] => (*change, *because),
            more => panic!("{more:?}"),
        }
    }
}

fn keep(store: &MemoryStore, verdicts: &[Evaluation]) {
    block_on(Evaluations::put(store, verdicts, "2100-01-01T00:00:00Z".parse().unwrap())).unwrap();
}

fn keep_run(store: &MemoryStore, run: &Run) {
    block_on(Runs::put(store, run)).unwrap();
}

#[test]
fn what_two_verdicts_mean() {
    use Change::{Better, Blind, NoLongerApplies, NowApplies, Same, SeenAgain, Worse};
    let check = |before: &str, after: &str, expect| {
        let two = Two::new(&[before], &[after]);
        assert_eq!(two.change(), (expect, None), "{before} -> {after}");
    };
    let kinds = ["pass", "fail", "not_applicable", "unknown"];
    let table = [
        [Same, Worse, NoLongerApplies, Blind],
        [Better, Same, NoLongerApplies, Blind],
        [NowApplies, Worse, Same, Blind],
        [SeenAgain, SeenAgain, SeenAgain, Same],
    ];
    for (before, row) in kinds.iter().zip(table) {
        for (after, expect) in kinds.iter().zip(row) {
            check(&format!("{before} arn:a r"), &format!("{after} arn:a r"), expect);
        }
    }
    check("fail arn:a r", "fail arn:a r waived", Change::Waived);
    check("fail arn:a r expired", "fail arn:a r waived", Change::Waived);
    check("fail arn:a r waived", "fail arn:a r expired", Change::WaiverEnded);
    check("fail arn:a r waived", "fail arn:a r", Change::WaiverEnded);
    check("fail arn:a r waived", "fail arn:a r waived", Same);
    check("fail arn:a r waived", "pass arn:a r", Better);
}

#[test]
fn what_is_not_there_any_more_is_gone_only_where_it_was_looked_for() {
    let held = "pass arn:z r";
    let two = || Two::new(&["fail arn:a r", held], &[held]);
    assert_eq!(two().change(), (Change::Gone, Some(Because::Resource)));

    let mut stopped = two();
    stopped.after.status = RunStatus::Incomplete;
    assert_eq!(stopped.change(), (Change::NotJudgedNow, Some(Because::InPart)));

    let elsewhere = two();
    elsewhere.collected(2, &["444455556666/global"]);
    assert_eq!(elsewhere.change(), (Change::NotJudgedNow, Some(Because::Place)));
    let caveats = elsewhere.compared().caveats().join("\n");
    assert!(caveats.contains("Not looked at any more: 111122223333/global."), "{caveats}");
    assert!(caveats.contains("Not looked at before: 444455556666/global."), "{caveats}");

    let mut forgotten = two();
    forgotten.after.statistics.count("evaluations", 5);
    assert_eq!(forgotten.change(), (Change::NotJudgedNow, Some(Because::InPart)));
    assert!(forgotten.compared().caveats().join("\n").contains("made 6 verdicts, and 1 of them are kept"));

    let mut other_catalog = Two::new(&["fail arn:a r"], &[]);
    assert_eq!(other_catalog.change(), (Change::Gone, Some(Because::Resource)));
    other_catalog.after.catalog = Digest::of(b"other");
    assert_eq!(other_catalog.change(), (Change::NotJudgedNow, Some(Because::Catalog)));

    let rule = Two::new(&["fail arn:a r", "pass arn:a s"], &["pass arn:a s"]);
    assert_eq!(rule.change(), (Change::Gone, Some(Because::Rule)));
}

#[test]
fn a_list_that_cannot_be_read_makes_blind_and_never_better() {
    let placeholder = "unknown unlisted/111122223333/global/AWS::S3::Bucket r";
    let blind = Two::new(&["fail arn:a r", "unknown arn:b r"], &[placeholder]);
    let expect = [
        ("arn:a r".to_owned(), Change::Blind, Some(Because::List)),
        ("arn:b r".to_owned(), Change::NotJudgedNow, Some(Because::List)),
        (placeholder.replace("unknown ", ""), Change::Blind, Some(Because::Resource)),
    ];
    assert_eq!(blind.changes(), expect);
    let back = Two::new(&[placeholder], &["fail arn:a r", "unknown arn:b r"]);
    let expect = [
        ("arn:a r".to_owned(), Change::SeenAgain, Some(Because::List)),
        ("arn:b r".to_owned(), Change::NotJudgedBefore, Some(Because::List)),
        (placeholder.replace("unknown ", ""), Change::SeenAgain, Some(Because::Resource)),
    ];
    assert_eq!(back.changes(), expect);
}

#[test]
fn what_is_new_and_what_was_not_looked_at_before() {
    let held = "pass arn:z r";
    let two = || Two::new(&[held], &["fail arn:a r", held]);
    assert_eq!(two().change(), (Change::New, Some(Because::Resource)));
    let mut stopped = two();
    stopped.before.status = RunStatus::Incomplete;
    assert_eq!(stopped.change(), (Change::NotJudgedBefore, Some(Because::InPart)));
    let elsewhere = two();
    elsewhere.collected(0, &["444455556666/global"]);
    assert_eq!(elsewhere.change(), (Change::NotJudgedBefore, Some(Because::Place)));
    let rule = Two::new(&["pass arn:a s"], &["fail arn:a r", "pass arn:a s"]);
    assert_eq!(rule.change(), (Change::New, Some(Because::Rule)));
}

#[test]
fn a_rule_that_was_not_selected_is_neither_gone_nor_new() {
    let left_out = vec![LeftOut { what: "1 posture rules".to_owned(), why: "1 were selected".to_owned() }];
    let mut now = Two::new(&["fail arn:a r", "pass arn:a s"], &["pass arn:a s"]);
    now.after.statistics.left_out.clone_from(&left_out);
    assert_eq!(now.change(), (Change::NotJudgedNow, Some(Because::Selection)));
    assert!(now.compared().caveats().join("\n").contains("left out 1 posture rules (1 were selected)"));
    let mut before = Two::new(&["pass arn:a s"], &["fail arn:a r", "pass arn:a s"]);
    before.before.statistics.left_out = left_out;
    assert_eq!(before.change(), (Change::NotJudgedBefore, Some(Because::Selection)));
}

#[test]
fn who_should_be_told() {
    let told = |before: &[&str], after: &[&str]| {
        let two = Two::new(before, after);
        let mut told = 0;
        block_on(each_change(&two.store, &two.compared(), &mut |changed| {
            told += u32::from(changed.fails_anew());
            Ok(())
        }))
        .unwrap();
        told == 1
    };
    assert!(told(&["pass arn:a r"], &["fail arn:a r"]));
    assert!(told(&["unknown arn:a r"], &["fail arn:a r"]));
    assert!(told(&[], &["fail arn:a r"]));
    assert!(told(&["fail arn:a r waived"], &["fail arn:a r expired"]));
    assert!(!told(&["fail arn:a r"], &["fail arn:a r"]));
    assert!(!told(&["fail arn:a r expired"], &["fail arn:a r"]));
    assert!(!told(&["pass arn:a r"], &["fail arn:a r waived"]));
    assert!(!told(&["fail arn:a r"], &["unknown arn:a r"]));
    assert!(!told(&["fail arn:a r"], &[]));
}

#[test]
fn a_rule_that_changed_is_said() {
    let two = Two::new(&["pass arn:a r", "pass arn:a s"], &["fail arn:a r edited", "pass arn:a s"]);
    let compared = two.compared();
    assert_eq!(compared.changed_rules().collect::<Vec<_>>(), ["r"]);
    assert!(compared.caveats().join("\n").contains("may have changed and not the resource: r."));
    block_on(each_change(&two.store, &compared, &mut |changed| {
        assert_eq!(changed.is_other_rule(), changed.latest.rule.id == "r");
        Ok(())
    }))
    .unwrap();
}

#[test]
fn what_the_collection_left_out_is_said() {
    let two = Two::new(&["pass arn:a r"], &["pass arn:a r"]);
    let mut collection = run("collect-2", JobName::Collect, 2, RunStatus::Incomplete);
    collection.statistics.remaining = Some("3 of 9 reads".to_owned());
    collection.statistics.left_out =
        vec![LeftOut { what: "444455556666".to_owned(), why: "access denied".to_owned() }];
    keep_run(&two.store, &collection);
    let caveats = two.compared().caveats().join("\n");
    assert!(caveats.contains("Left out now: 444455556666 (access denied)."), "{caveats}");
    assert!(caveats.contains("is incomplete (3 of 9 reads remained)"), "{caveats}");
    // The same collection behind both.
    let same = Two { before: run("before", JobName::Assess, 3, RunStatus::Done), ..two };
    assert!(same.compared().caveats().join("\n").contains("judged the same collection"));
}

#[test]
fn the_baseline_is_whole_and_of_the_same_scope() {
    let store = MemoryStore::default();
    let after = run("after", JobName::Assess, 9, RunStatus::Done);
    let mut other = run("other", JobName::Assess, 7, RunStatus::Done);
    other.scope = "other".to_owned();
    let runs = [
        run("one", JobName::Assess, 1, RunStatus::Done),
        run("two", JobName::Assess, 4, RunStatus::Done),
        run("cut", JobName::Assess, 5, RunStatus::Incomplete),
        run("bad", JobName::Assess, 6, RunStatus::Failed),
        run("collect", JobName::Collect, 7, RunStatus::Done),
        run("later", JobName::Assess, 11, RunStatus::Done),
        other,
        after.clone(),
    ];
    let id = |run: Option<Run>| run.map(|run| run.execution_id);
    assert_eq!(id(block_on(previous(&store, &after)).unwrap()), None);
    for run in &runs {
        keep_run(&store, run);
    }
    assert_eq!(id(block_on(previous(&store, &after)).unwrap()).as_deref(), Some("two"));
    for (hour, expect) in
        [(0, None), (1, Some("one")), (3, Some("one")), (8, Some("two")), (23, Some("later"))]
    {
        assert_eq!(id(block_on(assessment_at(&store, &after, at(hour))).unwrap()).as_deref(), expect);
    }
    // A selection of rules is a baseline for the same selection alone; all rules are one for every selection.
    let mut selected = run("selected", JobName::Assess, 8, RunStatus::Done);
    selected.statistics.left_out =
        vec![LeftOut { what: "9 posture rules".to_owned(), why: "3 were selected".to_owned() }];
    keep_run(&store, &selected);
    assert_eq!(id(block_on(previous(&store, &after)).unwrap()).as_deref(), Some("two"));
    let again = Run { statistics: selected.statistics.clone(), ..after.clone() };
    assert_eq!(id(block_on(previous(&store, &again)).unwrap()).as_deref(), Some("selected"));
    assert_eq!(id(block_on(previous(&store, &selected)).unwrap()).as_deref(), Some("two"));
    selected.status = RunStatus::Abandoned;
    keep_run(&store, &selected);
    assert_eq!(id(block_on(oldest(&store, &after)).unwrap()).as_deref(), Some("one"));
    let between = |most| {
        let (runs_between, left_out) = block_on(ended_between(&store, &runs[0], &after, most)).unwrap();
        (runs_between.into_iter().map(|run| run.execution_id).collect::<Vec<_>>(), left_out)
    };
    assert_eq!(between(9), (["one", "two", "cut", "after"].map(str::to_owned).to_vec(), 0));
    assert_eq!(between(3), (["one", "cut", "after"].map(str::to_owned).to_vec(), 1));
}

type Key = (String, String, String);

/// What one side says of each pair: any resource of few, any rule of few, any account of two.
fn side() -> impl Strategy<Value = BTreeMap<Key, &'static str>> {
    let key = (0..9_u8, 0..4_u8, 0..2_u8).prop_map(|(resource, rule, account)| {
        (
            format!("arn:{resource}"),
            format!("r{rule}"),
            [OURS, "444455556666"][usize::from(account)].to_owned(),
        )
    });
    let verdict = proptest::sample::select(vec!["pass", "fail", "unknown", "not_applicable"]);
    proptest::collection::btree_map(key, verdict, 0..40)
}

proptest! {
    #[test]
    fn walking_two_lists_finds_what_two_maps_hold(before in side(), after in side()) {
        let store = MemoryStore::default();
        let mut runs = Vec::new();
        for (name, hour, side) in [("before", 1, &before), ("after", 3, &after)] {
            let verdicts: Vec<Evaluation> = side.iter().map(|((resource, rule, account), word)| Evaluation {
                account: AccountId::parse(account).unwrap(),
                ..verdict(&format!("{word} {resource} {rule}"), name)
            }).collect();
            keep(&store, &verdicts);
            let mut run = run(name, JobName::Assess, hour, RunStatus::Done);
            run.statistics.count("evaluations", verdicts.len() as u64);
            runs.push(run);
        }
        let (later, earlier) = (runs.pop().unwrap(), runs.pop().unwrap());
        let compared = block_on(Compared::read(&store, &store, earlier, later)).unwrap();
        let mut found = BTreeMap::new();
        let mut order = Vec::new();
        block_on(each_change(&store, &compared, &mut |changed| {
            let one = changed.latest;
            let key = (one.resource_id.clone(), one.rule.id.clone(), one.account.to_string());
            order.push(key.clone());
            let word = |side: Option<&Evaluation>| side.map(|it| it.verdict.clone());
            let because = changed.because;
            found.insert(key, (word(changed.before), word(changed.after), changed.change, because));
            Ok(())
        })).unwrap();
        prop_assert!(order.is_sorted() && order.len() == found.len());
        let keys: std::collections::BTreeSet<&Key> = before.keys().chain(after.keys()).collect();
        prop_assert_eq!(keys.into_iter().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
        let there = |side: &BTreeMap<Key, &str>, key: &Key| side.keys().any(|it| it.0 == key.0 && it.2 == key.2);
        for (key, (was, is, change, because)) in &found {
            prop_assert_eq!(was.as_deref(), before.get(key).copied());
            prop_assert_eq!(is.as_deref(), after.get(key).copied());
            let one_sided = |side| if there(side, key) { Because::Rule } else { Because::Resource };
            match (was, is) {
                (Some(_), None) => prop_assert_eq!((*change, *because), (Change::Gone, Some(one_sided(&after)))),
                (None, Some(_)) => prop_assert_eq!((*change, *because), (Change::New, Some(one_sided(&before)))),
                _ => prop_assert_eq!((*change == Change::Same, *because), (was == is, None)),
            }
        }
    }
}
