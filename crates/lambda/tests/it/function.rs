//! The function as a process, and what it said.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use provost_core::log::{ALWAYS, FIELDS};
use provost_testbed::{Invocation, LambdaRuntime, Outcome};
use serde_json::{Map, Value, json};

/// Longer than any invocation of a test takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// What an invocation has, unless the test says otherwise.
pub(crate) const PLENTY: Duration = Duration::from_secs(120);

/// What EventBridge sends on a schedule.
pub(crate) fn scheduled() -> Invocation {
    let event = json!({
        "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "123456789012", "time": "2026-11-22T10:00:00Z",
        "region": "eu-west-1", "resources": ["arn:aws:events:eu-west-1:123456789012:rule/nightly"], "detail": {},
    });
    Invocation::new(event, PLENTY)
}

/// A process that ends with its test.
pub(crate) struct Process(Child);

impl Process {
    /// Starts the function with what Lambda gives it, keys, and these variables.
    pub(crate) fn start(runtime: &LambdaRuntime, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bootstrap"));
        command.env_clear().envs(runtime.environment()).envs([
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ]);
        command.envs(variables.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null());
        Self(command.stderr(Stdio::piped()).spawn().expect("the function starts"))
    }

    /// Ends it, and returns the lines it wrote.
    pub(crate) fn end(mut self) -> Vec<Map<String, Value>> {
        let _ = self.0.kill();
        let mut text = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text.lines().map(line).collect()
    }

    /// Waits until it ends by itself; returns its exit code and the lines it wrote.
    pub(crate) fn wait(mut self) -> (Option<i32>, Vec<Map<String, Value>>) {
        let mut text = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        (self.0.wait().unwrap().code(), text.lines().map(line).collect())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Every line, whatever it says, is one JSON object with the fields every line has, and no others than lines
/// may have.
fn line(text: &str) -> Map<String, Value> {
    let line: Map<String, Value> =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: `{text}`"));
    for name in ALWAYS {
        assert!(line.get(name).is_some_and(Value::is_string), "`{name}` in {text}");
    }
    for name in line.keys() {
        assert!(FIELDS.contains(&name.as_str()), "`{name}` in {text}");
    }
    line
}

/// What came of some invocations.
pub(crate) struct Ended {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) lines: Vec<Map<String, Value>>,
}

impl Ended {
    /// The answer to an invocation, which must not have failed.
    pub(crate) fn answer(&self, number: usize) -> Value {
        let outcome = &self.outcomes[number];
        assert!(outcome.is_response(), "{}\n{:#?}", outcome.json(), self.lines);
        outcome.json()
    }

    /// The lines with this message.
    pub(crate) fn said(&self, message: &str) -> Vec<&Map<String, Value>> {
        self.lines.iter().filter(|line| line["message"] == message).collect()
    }
}

/// Runs the function until it has ended all these invocations.
pub(crate) fn run(invocations: Vec<Invocation>, variables: &[(&str, &str)]) -> Ended {
    let count = invocations.len();
    let runtime = LambdaRuntime::start(invocations);
    let process = Process::start(&runtime, variables);
    let outcomes = runtime.wait_for(count, PATIENCE);
    Ended { outcomes, lines: process.end() }
}
