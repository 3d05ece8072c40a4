//! Policy tests: requests with the decision somebody expects, and promises that are proved for every request.
//!
//! `docs/guides/policy-tests.md` describes the format.

mod judge;
mod lines;
mod needed;
mod text;

use provost_iam::decide::{Asked, Engine};
use provost_iam::guard::Proof;
use provost_iam::layers::Layer;
use provost_iam::outcome::Outcome;
use serde::{Deserialize, Serialize};

use super::answer::conditions;
use super::scene::{Files, Scene, StatementPlace};
use super::simulate::{UnknownReport, deciding, unknown};
use super::{Witness, attribution};
use judge::{Judged, Prepared};

/// A test file, read.
#[derive(Debug, Clone)]
pub struct Suite {
    file: String,
    cases: Vec<Prepared>,
}

/// Why a test file cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SuiteError {
    /// Not YAML, or not of the format; the text names line and field.
    #[error("{0}")]
    Shape(String),
    /// A case that cannot be asked.
    #[error("line {line}: case `{case}`: {problem}")]
    Case {
        /// The line it begins on; 0 if it cannot be told.
        line: usize,
        /// Its name.
        case: String,
        /// The field, and what is wrong with it.
        problem: String,
    },
}

/// What a case expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expectation {
    /// Allowed.
    Allow,
    /// Nothing allows it.
    ImplicitDeny,
    /// A Deny statement applies.
    ExplicitDeny,
    /// Either of the two.
    Deny,
    /// Nobody can say, from what the case gives.
    Undetermined,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseResult {
    /// As expected, or proved.
    Pass,
    /// Not as expected, or broken.
    Fail,
    /// Nobody can say.
    Unknown,
}

/// The cases of a file, judged.
#[derive(Debug, Clone, Serialize)]
pub struct SuiteReport {
    /// The file, as it was named.
    pub file: String,
    /// How many cases passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many nobody can judge.
    pub unknown: usize,
    /// The cases, in their order.
    pub cases: Vec<CaseReport>,
    /// Statements of SCPs, RCPs and boundaries without which every case would end as it does. Looked for only
    /// when every case passes.
    pub not_needed: Vec<StatementPlace>,
    /// What the reader should know about the layers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One case, judged.
#[derive(Debug, Clone, Serialize)]
pub struct CaseReport {
    /// Its name.
    pub name: String,
    /// The line it begins on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// How it ended.
    pub result: CaseResult,
    /// Why.
    pub reason: String,
    /// How the request was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<&'static str>,
    /// The layer that blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_by: Option<String>,
    /// The statements that decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deciding: Vec<StatementPlace>,
    /// What is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownReport>,
    /// The request that breaks the promise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterexample: Option<Counterexample>,
    /// What was taken for granted because the case does not say it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumed: Vec<String>,
}

/// A request that breaks a promise.
#[derive(Debug, Clone, Serialize)]
pub struct Counterexample {
    /// The request.
    pub request: Witness,
    /// The conditions it meets to be allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// The statements that allow it.
    pub allowed_by: Vec<StatementPlace>,
}

impl Suite {
    /// Reads a test file and the policies it names.
    ///
    /// # Errors
    /// [`SuiteError`] names the line and the field, or the case and the policy.
    pub fn read(file: &str, text: &str, files: &mut Files) -> Result<Self, SuiteError> {
        let parsed = text::parse(text)?;
        let lines = lines::of_cases(text, parsed.cases.len());
        let mut cases = Vec::new();
        for (index, case) in parsed.cases.iter().enumerate() {
            let line = lines.get(index).copied();
            let prepared = judge::prepare(&parsed, index, case, line, files).map_err(|problem| {
                SuiteError::Case { line: line.unwrap_or_default(), case: case.name.clone(), problem }
            })?;
            cases.push(prepared);
        }
        Ok(Self { file: file.to_owned(), cases })
    }

    /// Judges every case.
    #[must_use]
    pub fn run(&self) -> SuiteReport {
        let judged: Vec<Judged> = self.cases.iter().map(|case| case.ask.judge(&case.scene.layers)).collect();
        let cases: Vec<CaseReport> =
            self.cases.iter().zip(&judged).map(|(case, judged)| report(case, judged)).collect();
        let count = |result: CaseResult| cases.iter().filter(|case| case.result == result).count();
        let results: Vec<CaseResult> = judged.iter().map(Judged::result).collect();
        let all_pass = results.iter().all(|result| *result == CaseResult::Pass);
        let not_needed = if all_pass { needed::not_needed(&self.cases) } else { Vec::new() };
        SuiteReport {
            file: self.file.clone(),
            passed: count(CaseResult::Pass),
            failed: count(CaseResult::Fail),
            unknown: count(CaseResult::Unknown),
            not_needed,
            notes: notes(&self.cases),
            cases,
        }
    }
}

fn report(case: &Prepared, judged: &Judged) -> CaseReport {
    let scene = &case.scene;
    let mut report = CaseReport {
        name: case.name.clone(),
        line: case.line,
        result: judged.result(),
        reason: String::new(),
        decision: None,
        blocked_by: None,
        deciding: Vec::new(),
        unknown: Vec::new(),
        counterexample: None,
        assumed: case.assumed.clone(),
    };
    match judged {
        Judged::Decided { decision, result, expected } => {
            report.decision = Some(decision.outcome.as_str());
            report.blocked_by = decision.blocked_by.map(|layer| layer.to_string());
            report.deciding = deciding(scene, decision);
            report.unknown = unknown(scene, decision);
            let by = decision.blocked_by.map(|layer| format!(" by {layer}")).unwrap_or_default();
            let got = format!("{}{by}", decision.outcome);
            report.reason = match (result, decision.outcome) {
                (CaseResult::Pass, _) => got,
                (_, Outcome::Undetermined) => {
                    let why: Vec<&str> = decision.unknown.iter().map(|it| it.reason.as_str()).collect();
                    format!("expected {expected}, but nobody can say: {}", why.join("; "))
                }
                _ => format!("expected {expected}, got {got}"),
            };
        }
        Judged::Proved(Proof::Holds { actions, callers }) => {
            let many = if *actions == 1 { "1 action".to_owned() } else { format!("{actions} actions") };
            let callers = match callers {
                1 => "1 kind of caller".to_owned(),
                callers => format!("{callers} kinds of callers"),
            };
            report.reason = format!("no request breaks it ({many}, {callers})");
        }
        Judged::Proved(Proof::Unknown(reason)) => report.reason = format!("nobody can say: {reason}"),
        Judged::Proved(Proof::Broken(answer)) => {
            report.reason = "a request breaks it".to_owned();
            report.counterexample = answer.witness().map(|request| Counterexample {
                request: Witness::from(request),
                conditions: conditions(answer),
                allowed_by: allowing(scene, request),
            });
        }
    }
    report
}

/// The statements that allow a request, those left out that were only taken for granted.
fn allowing(scene: &Scene, request: &provost_iam::request::Request) -> Vec<StatementPlace> {
    let mut layers = scene.layers.clone();
    let assumed = layers.identity.is_empty();
    if assumed {
        layers.identity.push(attribution::allowing(None));
    }
    let decision = Engine::new(&layers).explain(&Asked::new(request));
    let statements = decision.deciding.iter().filter(|it| !(assumed && it.layer == Layer::Identity));
    statements.map(|reference| scene.place(reference)).collect()
}

/// What is odd about the layers, and the first case that has it.
fn notes(cases: &[Prepared]) -> Vec<String> {
    let mut notes: Vec<(String, &str, usize)> = Vec::new();
    for case in cases {
        for note in case.scene.closed_levels() {
            match notes.iter_mut().find(|(known, ..)| *known == note) {
                Some((.., count)) => *count += 1,
                None => notes.push((note, &case.name, 1)),
            }
        }
    }
    let told = |(note, case, count): (String, &str, usize)| match count {
        1 => format!("{note} (case `{case}`)"),
        count => format!("{note} ({count} cases, the first is `{case}`)"),
    };
    notes.into_iter().map(told).collect()
}
