//! The cases that stand beside rules: what fires and what does not, what passes and what cannot be told.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use provost_core::detection::{Candidates, DetectionRule, Detector, PolicyBook, load_sigma};
use provost_core::events::{Item, read_records};
use provost_core::model::{AccountId, Resource, Unread};
use provost_core::posture::{Assessor, PostureRule};
use serde::Deserialize;
use serde_json::Value;

use crate::folder::{Folder, SourceFile};

/// What running the cases of a folder gave.
#[derive(Debug, Default)]
pub struct CaseReport {
    /// Cases that hold.
    pub held: usize,
    /// Cases that do not, files that are not as they should be, kinds of cases that are missing.
    pub problems: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostureCases {
    cases: Vec<PostureCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostureCase {
    name: String,
    resource: Value,
    #[serde(default)]
    unread: Vec<Unread>,
    #[serde(default)]
    now: Option<String>,
    expect: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DetectionCases {
    fires: Vec<DetectionCase>,
    near_misses: Vec<DetectionCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DetectionCase {
    name: String,
    event: Value,
    #[serde(default)]
    outcome: Option<String>,
    /// What was collected before the event, in the event's account.
    #[serde(default)]
    collected: Vec<Collected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Collected {
    #[serde(rename = "type")]
    resource_type: String,
    id: String,
    document: Value,
    /// When, if not before all events.
    #[serde(default)]
    seen_at: Option<String>,
}

/// The time posture cases are judged at unless they say otherwise.
const NOW: &str = "2026-11-22T00:00:00Z";

/// When the resources of detection cases were collected unless they say otherwise: before all events.
const BEFORE: &str = "2000-01-01T00:00:00Z";

/// Runs the cases of every rule in a catalog folder. A rule without the kinds of cases it needs is a
/// problem, as is a cases file without a rule.
#[must_use]
pub fn run_cases(folder: &Folder) -> CaseReport {
    let mut report = CaseReport::default();
    let mut paired = Vec::new();
    for file in folder.under("posture/").chain(folder.under("detections/")) {
        let Some(cases) = folder.cases_of(file) else {
            report.problems.push(format!("{}: no cases beside it", file.path));
            continue;
        };
        paired.push(cases.path.as_str());
        let result = if file.path.starts_with("posture/") {
            posture(file, cases, &mut report)
        } else {
            detection(file, cases, &mut report)
        };
        if let Err(problem) = result {
            report.problems.push(problem);
        }
    }
    for file in folder.files.iter().filter(|file| crate::folder::is_cases(&file.path)) {
        if !paired.contains(&file.path.as_str()) {
            report.problems.push(format!("{}: no rule beside it", file.path));
        }
    }
    report
}

fn posture(file: &SourceFile, cases: &SourceFile, report: &mut CaseReport) -> Result<(), String> {
    let at = |error: String| format!("{}: {error}", cases.path);
    let rule =
        PostureRule::parse(&file.text, &file.origin).map_err(|error| format!("{}: {error}", file.path))?;
    let rules = [rule];
    let parsed: PostureCases = yaml_serde::from_str(&cases.text).map_err(|error| at(error.to_string()))?;
    let account = AccountId::parse("111122223333").map_err(|error| at(error.to_string()))?;
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for case in parsed.cases {
        let now = case.now.as_deref().unwrap_or(NOW);
        let now = now.parse().map_err(|_| at(format!("`{}`: `now` is not a time", case.name)))?;
        let resource = Resource {
            resource_type: rules.iter().map(|rule| rule.resource_type.clone()).collect(),
            id: "arn:aws:case:::resource".to_owned(),
            account: account.clone(),
            region: "eu-central-1".to_owned(),
            document: case.resource,
            unread: case.unread,
            evidence: Vec::new(),
            seen_at: now,
        };
        let judgements = Assessor::new(&rules).judge(&resource);
        let Some(judgement) = judgements.first() else { continue };
        let verdict = judgement.verdict.as_str();
        *kinds.entry(case.expect.clone()).or_default() += 1;
        if verdict == case.expect {
            report.held += 1;
        } else {
            let why = judgement.reason().unwrap_or_default();
            report.problems.push(at(format!("`{}` is {verdict}, not {}: {why}", case.name, case.expect)));
        }
    }
    for kind in ["pass", "fail", "unknown"] {
        if !kinds.contains_key(kind) {
            report.problems.push(at(format!("no case expects {kind}")));
        }
    }
    Ok(())
}

fn detection(file: &SourceFile, cases: &SourceFile, report: &mut CaseReport) -> Result<(), String> {
    let at = |error: String| format!("{}: {error}", cases.path);
    let loaded = load_sigma(&file.path, &file.text, &file.origin);
    if let Some(refused) = loaded.not_loaded.first() {
        return Err(format!("{}: {}", file.path, refused.reason));
    }
    let parsed: DetectionCases = yaml_serde::from_str(&cases.text).map_err(|error| at(error.to_string()))?;
    if parsed.fires.is_empty() || parsed.near_misses.is_empty() {
        report.problems.push(at("it needs an event that fires and a near miss".to_owned()));
    }
    let fires = parsed.fires.into_iter().map(|case| (case, true));
    for (case, expect) in fires.chain(parsed.near_misses.into_iter().map(|case| (case, false))) {
        let policies = policies(&case).map_err(|problem| at(format!("`{}`: {problem}", case.name)))?;
        let detector = Detector::new(loaded.rules.clone()).with_policies(policies);
        let matched = fires_on(&detector, &case.event);
        let outcome = provost_core::detection::EventFacts::of(&case.event).outcome().as_str();
        let wrong_outcome = case.outcome.as_deref().is_some_and(|wanted| wanted != outcome);
        match matched {
            Ok(fired) if fired == expect && !wrong_outcome => report.held += 1,
            Ok(fired) if fired == expect => report.problems.push(at(format!("`{}` is {outcome}", case.name))),
            Ok(true) => report.problems.push(at(format!("`{}` fires, and should not", case.name))),
            Ok(false) => report.problems.push(at(format!("`{}` does not fire, and should", case.name))),
            Err(problem) => report.problems.push(at(format!("`{}`: {problem}", case.name))),
        }
    }
    Ok(())
}

/// The policies among what a case says was collected.
fn policies(case: &DetectionCase) -> Result<PolicyBook, String> {
    let account = case.event.get("recipientAccountId").and_then(Value::as_str).unwrap_or_default();
    let mut policies = PolicyBook::default();
    for collected in &case.collected {
        let seen_at = collected.seen_at.as_deref().unwrap_or(BEFORE);
        policies.add(&Resource {
            resource_type: collected.resource_type.clone(),
            id: collected.id.clone(),
            account: AccountId::parse(account).map_err(|error| error.to_string())?,
            region: "global".to_owned(),
            document: collected.document.clone(),
            unread: Vec::new(),
            evidence: Vec::new(),
            seen_at: seen_at.parse().map_err(|_| "`seen_at` is not a time".to_owned())?,
        });
    }
    Ok(policies)
}

/// Judges an event the way `detect` does, through the reader and the index, and also without the index;
/// the two must agree.
fn fires_on(detector: &Detector, event: &Value) -> Result<bool, String> {
    let plain: Vec<&str> =
        detector.judge_plainly(event).into_iter().map(|rule| rule.stamp.id.as_str()).collect();
    let mut indexed = Vec::new();
    let mut trouble = None;
    let text = event.to_string();
    read_records(text.as_bytes(), &mut |item| {
        match item {
            Item::Record(record) => match detector.judge(&record, &mut Candidates::default()) {
                Ok(matched) => {
                    let ids = |rule: &&DetectionRule| rule.stamp.id.clone();
                    indexed = matched.iter().flat_map(|matched| matched.rules.iter().map(ids)).collect();
                }
                Err(error) => trouble = Some(error.to_string()),
            },
            Item::DigestFile => trouble = Some("it is a digest file".to_owned()),
            Item::Unreadable { reason, .. } => trouble = Some(reason),
        }
        ControlFlow::Continue(())
    });
    match trouble {
        Some(trouble) => Err(trouble),
        None if indexed != plain => Err("the index and the plain path disagree".to_owned()),
        None => Ok(!plain.is_empty()),
    }
}
