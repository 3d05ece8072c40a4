//! AWS Config as the function of a custom rule meets it: it takes answers, checks them as AWS does, and fails as
//! told. The emulator only answers in test mode.
//!
//! https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html, looked at on 2026-11-22.
#![expect(clippy::indexing_slicing, reason = "a member that a JSON value does not have is null")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::fault_server::FaultServer;
use crate::reply::Reply;
use crate::request::Request;

/// What AWS takes in one call.
const MOST_EVALUATIONS: usize = 100;
const MOST_ANNOTATION: usize = 256;

/// How the service behaves.
#[derive(Debug, Clone)]
pub struct ConfigService {
    /// The result tokens that are valid.
    pub tokens: Vec<String>,
    /// What stands at the start: type, id and verdict.
    pub standing: Vec<(String, String, String)>,
    /// How often a resource of this id is not taken before it is.
    pub refused: Vec<(String, usize)>,
    /// Operations that are denied: `PutEvaluations`.
    pub denied: Vec<String>,
    /// How many results a page of those that stand has.
    pub page: usize,
}

impl Default for ConfigService {
    fn default() -> Self {
        Self {
            tokens: vec!["token".to_owned()],
            standing: Vec::new(),
            refused: Vec::new(),
            denied: Vec::new(),
            page: 100,
        }
    }
}

/// The service while it runs.
pub struct ConfigServer {
    server: FaultServer,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// By type and id: the verdict as it was put.
    standing: BTreeMap<(String, String), Value>,
    /// The inputs of all answers that were taken.
    puts: Vec<Value>,
    refused: BTreeMap<String, usize>,
}

impl ConfigService {
    /// Starts it.
    pub fn start(self) -> ConfigServer {
        let standing = self.standing.iter().map(|(kind, id, verdict)| {
            let value = json!({
                "ComplianceResourceType": kind, "ComplianceResourceId": id, "ComplianceType": verdict,
                "OrderingTimestamp": 0.0,
            });
            ((kind.clone(), id.clone()), value)
        });
        let state = State {
            standing: standing.collect(),
            puts: Vec::new(),
            refused: self.refused.iter().cloned().collect(),
        };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let server = FaultServer::start(move |request| self.answer(&shared, request));
        ConfigServer { server, state }
    }

    fn answer(&self, state: &Mutex<State>, request: &Request) -> Reply {
        let operation = request.operation();
        if self.denied.contains(&operation) {
            return Reply::aws_error(request, 400, "AccessDeniedException", "no permission for this");
        }
        let mut state = locked(state);
        match operation.as_str() {
            "PutEvaluations" => self.put(&mut state, request),
            "GetComplianceDetailsByConfigRule" => self.details(&state, request),
            _ => Reply::aws_error(request, 400, "UnknownOperationException", "there is no such operation"),
        }
    }

    fn put(&self, state: &mut State, request: &Request) -> Reply {
        let input = request.json();
        let token = input["ResultToken"].as_str().unwrap_or_default();
        let is_test = input["TestMode"] == true;
        if token.is_empty() || !is_test && !self.tokens.iter().any(|known| known == token) {
            return Reply::aws_error(request, 400, "InvalidResultTokenException", "the token is not valid");
        }
        let evaluations = input["Evaluations"].as_array().cloned().unwrap_or_default();
        if let Some(problem) = problem(&evaluations) {
            return Reply::aws_error(request, 400, "InvalidParameterValueException", problem);
        }
        state.puts.push(input);
        let mut failed = Vec::new();
        for evaluation in evaluations {
            let text = |name: &str| evaluation[name].as_str().unwrap_or_default().to_owned();
            let (kind, id) = (text("ComplianceResourceType"), text("ComplianceResourceId"));
            if let Some(left) = state.refused.get_mut(&id).filter(|left| **left > 0) {
                *left -= 1;
                failed.push(evaluation);
                continue;
            }
            let moment = |value: &Value| value["OrderingTimestamp"].as_f64().unwrap_or_default();
            let key = (kind, id);
            let is_old = state.standing.get(&key).is_some_and(|known| moment(known) > moment(&evaluation));
            if is_test || is_old {
                continue;
            }
            if evaluation["ComplianceType"] == "NOT_APPLICABLE" {
                state.standing.remove(&key);
            } else {
                state.standing.insert(key, evaluation);
            }
        }
        Reply::json(200, &json!({ "FailedEvaluations": failed }))
    }

    fn details(&self, state: &State, request: &Request) -> Reply {
        let input = request.json();
        let from: usize =
            input["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or_default();
        let results: Vec<Value> = state
            .standing
            .iter()
            .skip(from)
            .take(self.page)
            .map(|((kind, id), value)| {
                json!({
                    "EvaluationResultIdentifier": {
                        "EvaluationResultQualifier": {
                            "ConfigRuleName": input["ConfigRuleName"], "ResourceType": kind, "ResourceId": id,
                        },
                        "OrderingTimestamp": value["OrderingTimestamp"],
                    },
                    "ComplianceType": value["ComplianceType"],
                })
            })
            .collect();
        let next = from + results.len();
        let mut answer = json!({ "EvaluationResults": results });
        if next < state.standing.len() {
            answer["NextToken"] = json!(next.to_string());
        }
        Reply::json(200, &answer)
    }
}

/// What AWS says is wrong with evaluations, if anything is.
fn problem(evaluations: &[Value]) -> Option<&'static str> {
    if evaluations.len() > MOST_EVALUATIONS {
        return Some("Member must have length less than or equal to 100");
    }
    evaluations.iter().find_map(|evaluation| {
        let text = |name: &str| evaluation[name].as_str().unwrap_or_default();
        let annotation = text("Annotation").encode_utf16().count();
        let verdicts = ["COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"];
        match () {
            () if annotation > MOST_ANNOTATION => Some("Annotation has more than 256 characters"),
            () if evaluation["Annotation"] == "" => Some("Annotation is empty"),
            () if !verdicts.contains(&text("ComplianceType")) => {
                Some("ComplianceType is none of a custom rule")
            }
            () if text("ComplianceResourceType").is_empty() => Some("ComplianceResourceType is empty"),
            () if text("ComplianceResourceId").is_empty() => Some("ComplianceResourceId is empty"),
            () if text("ComplianceResourceId").len() > 768 => Some("ComplianceResourceId is too long"),
            () if !evaluation["OrderingTimestamp"].is_number() => Some("OrderingTimestamp is no time"),
            () => None,
        }
    })
}

impl ConfigServer {
    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Everything it was asked.
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    /// The inputs of all answers that were taken, in order.
    pub fn puts(&self) -> Vec<Value> {
        locked(&self.state).puts.clone()
    }

    /// All evaluations of all answers that were taken, in order.
    pub fn evaluations(&self) -> Vec<Value> {
        let lists =
            self.puts().into_iter().map(|put| put["Evaluations"].as_array().cloned().unwrap_or_default());
        lists.flatten().collect()
    }

    /// What stands now: id, verdict and annotation, in order of type and id.
    pub fn standing(&self) -> Vec<(String, String, String)> {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let state = locked(&self.state);
        let each = state
            .standing
            .iter()
            .map(|((_, id), value)| (id.clone(), text(value, "ComplianceType"), text(value, "Annotation")));
        each.collect()
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
