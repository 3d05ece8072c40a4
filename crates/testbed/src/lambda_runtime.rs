//! The interface between Lambda and the program it runs, so that the program can be tested as Lambda runs it.
//!
//! https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, looked at on 2026-11-22.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::fault_server::FaultServer;
use crate::reply::Reply;
use crate::request::Request;

const PREFIX: &str = "/2018-06-01/runtime/";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:tested";

/// An event for the function.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// What the function gets.
    pub event: Value,
    /// When its time is over, in milliseconds since 1970.
    pub deadline_ms: u64,
}

impl Invocation {
    /// An event for which there is this much time from now on.
    pub fn new(event: Value, time_left: Duration) -> Self {
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + time_left;
        Self { event, deadline_ms: u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX) }
    }
}

/// How an invocation ended, or that the function could not even begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered.
    Response {
        /// Of the invocation.
        request_id: String,
        /// What it answered.
        body: Vec<u8>,
    },
    /// The function failed.
    Error {
        /// Of the invocation; none if the function failed before it asked for one.
        request_id: Option<String>,
        /// What kind of error it was, by its own account.
        kind: String,
        /// What it said: JSON with `errorType`, `errorMessage` and perhaps `stackTrace`.
        body: Vec<u8>,
    },
}

impl Outcome {
    /// What the function said, as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        let (Self::Response { body, .. } | Self::Error { body, .. }) = self;
        serde_json::from_slice(body).unwrap_or(Value::Null)
    }

    /// Whether the function answered.
    pub fn is_response(&self) -> bool {
        match self {
            Self::Response { .. } => true,
            Self::Error { .. } => false,
        }
    }
}

/// Lambda, as the program sees it. When there is no event left, the program waits until this is dropped.
pub struct LambdaRuntime {
    server: FaultServer,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Invocation>,
    /// How many were handed out.
    count: usize,
    /// Request ids of invocations that the function has not ended.
    running: Vec<String>,
    outcomes: Vec<Outcome>,
    first_asked: Option<Instant>,
}

impl LambdaRuntime {
    /// Hands out these invocations, one after the other.
    pub fn start(invocations: Vec<Invocation>) -> Self {
        let shared = Arc::new(Shared::default());
        shared.lock().waiting = invocations.into();
        let state = Arc::clone(&shared);
        Self { server: FaultServer::start(move |request| state.answer(request)), shared }
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`: host and port.
    pub fn api(&self) -> String {
        self.server.address().to_string()
    }

    /// The environment that Lambda gives to a function, apart from keys.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let fixed = [
            ("AWS_LAMBDA_FUNCTION_NAME", "tested"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/tested"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/22/[$LATEST]0"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("_HANDLER", "bootstrap"),
        ];
        let mut environment = vec![("AWS_LAMBDA_RUNTIME_API", self.api())];
        environment.extend(fixed.map(|(name, value)| (name, value.to_owned())));
        environment
    }

    /// How all invocations ended so far, in the order they did.
    pub fn outcomes(&self) -> Vec<Outcome> {
        self.shared.lock().outcomes.clone()
    }

    /// What the function answered so far.
    pub fn responses(&self) -> Vec<Value> {
        self.outcomes().iter().filter(|outcome| outcome.is_response()).map(Outcome::json).collect()
    }

    /// What the function said of its failures so far.
    pub fn errors(&self) -> Vec<Value> {
        self.outcomes().iter().filter(|outcome| !outcome.is_response()).map(Outcome::json).collect()
    }

    /// When the function first asked for an event: the end of its cold start.
    pub fn first_asked(&self) -> Option<Instant> {
        self.shared.lock().first_asked
    }

    /// Waits until this many invocations have ended, and returns how. Panics if they do not in time.
    pub fn wait_for(&self, count: usize, timeout: Duration) -> Vec<Outcome> {
        let state = self.shared.lock();
        let waited =
            self.shared.changed.wait_timeout_while(state, timeout, |state| state.outcomes.len() < count);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let ended = state.outcomes.len();
        assert!(ended >= count, "{ended} of {count} invocations ended within {timeout:?}");
        state.outcomes.clone()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request) -> Reply {
        let path = request.path.strip_prefix(PREFIX).unwrap_or("");
        let words: Vec<&str> = path.split('/').collect();
        match (request.method.as_str(), words.as_slice()) {
            ("GET", ["invocation", "next"]) => self.next(),
            ("POST", ["invocation", id, "response"]) => {
                let response = Outcome::Response { request_id: (*id).to_owned(), body: request.body.clone() };
                self.end(Some(id), response)
            }
            ("POST", ["invocation", id, "error"]) => self.end(Some(id), error(Some(id), request)),
            ("POST", ["init", "error"]) => self.end(None, error(None, request)),
            _ => refusal(404, "InvalidPath", "the runtime interface has no such path"),
        }
    }

    fn next(&self) -> Reply {
        let mut state = self.lock();
        state.first_asked.get_or_insert_with(Instant::now);
        let Some(invocation) = state.waiting.pop_front() else { return Reply::never() };
        state.count += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", state.count);
        state.running.push(id.clone());
        Reply::new(200, "application/json", invocation.event.to_string())
            .header("Lambda-Runtime-Aws-Request-Id", id)
            .header("Lambda-Runtime-Deadline-Ms", invocation.deadline_ms.to_string())
            .header("Lambda-Runtime-Invoked-Function-Arn", FUNCTION)
            .header("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
    }

    /// An invocation ends once.
    fn end(&self, id: Option<&str>, outcome: Outcome) -> Reply {
        let mut state = self.lock();
        if let Some(id) = id {
            let Some(place) = state.running.iter().position(|known| known == id) else {
                return refusal(400, "InvalidRequestID", "no invocation with this id is running");
            };
            state.running.remove(place);
        }
        state.outcomes.push(outcome);
        self.changed.notify_all();
        Reply::new(202, "application/json", json!({"status": "OK"}).to_string())
    }
}

fn error(id: Option<&str>, request: &Request) -> Outcome {
    Outcome::Error {
        request_id: id.map(str::to_owned),
        kind: request.header("lambda-runtime-function-error-type").unwrap_or("").to_owned(),
        body: request.body.clone(),
    }
}

fn refusal(status: u16, kind: &str, message: &str) -> Reply {
    let body = json!({"errorType": kind, "errorMessage": message});
    Reply::new(status, "application/json", body.to_string())
}
