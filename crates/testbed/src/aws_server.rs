//! The emulator of AWS, as a process of its own.
//!
//! It is a Python program (`fixtures/aws-server`), in an environment that `cargo xtask setup` makes. It keeps its
//! estate in memory and needs about two seconds to start, so a test does much with one.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::ask::ask;
use crate::skip;

/// The folder of the Python environment, beside what cargo builds.
const FOLDER: &str = "aws-server-venv";

/// Names another Python environment.
const VENV: &str = "PROVOST_AWS_SERVER_VENV";

/// What the test command counts its tests by.
const NAME: &str = "AWS emulator";

/// An emulator of AWS on loopback, with a front that counts requests and fails as told. It stops when it is dropped.
pub struct AwsServer {
    child: Child,
    url: String,
    python: PathBuf,
}

/// What the emulator was asked since it started or its counts were reset.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// All requests.
    pub total: u64,
    /// Requests by `service:Operation`; for REST services the method stands for the operation, and for S3 the
    /// subresource follows it (`s3:GET?encryption`).
    pub by: BTreeMap<String, u64>,
    /// How many of them were throttled by the front.
    pub throttled: u64,
    /// How many of them were denied by the front.
    pub denied: u64,
    /// CPU time of the emulator since it started, in seconds.
    pub cpu: f64,
}

impl AwsServer {
    /// Starts an emulator and waits until it answers. The error is why there is none.
    pub fn start() -> Result<Self, String> {
        Self::start_with(&[])
    }

    /// Starts an emulator with more environment variables, such as `MOTO_IAM_LOAD_MANAGED_POLICIES=true`, with
    /// which it knows the policies that AWS manages.
    pub fn start_with(environment: &[(&str, &str)]) -> Result<Self, String> {
        let python = python()?;
        let mut command = Command::new(&python);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command.arg(fixture("aws_server.py")).arg("--attached").envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn().map_err(|error| format!("start `{}`: {error}", python.display()))?;
        // From here on, dropping the server ends the process.
        let mut server = Self { child, url: String::new(), python };
        let stdout = server.child.stdout.take().ok_or("the emulator has no standard output")?;
        let mut stdout = BufReader::new(stdout);
        stdout.read_line(&mut server.url).map_err(|error| format!("the emulator: {error}"))?;
        // Kept open: a program that can no longer write may end.
        server.child.stdout = Some(stdout.into_inner());
        server.url.truncate(server.url.trim_end().len());
        if server.url.is_empty() {
            return Err("the emulator ended before it listened; what it said is on standard error".to_owned());
        }
        // Functions that are invoked give back what they get. The default wants a Docker daemon.
        let config = r#"{"lambda": {"use_docker": false}, "batch": {"use_docker": false}}"#;
        server.control("POST", "/moto-api/config", "application/json", config)?;
        Ok(server)
    }

    /// Starts an emulator for a test, or says visibly that the test is skipped. Where the environment is there
    /// but the emulator does not start, something is wrong, and it panics.
    pub fn start_or_skip(test: &str) -> Option<Self> {
        if let Err(reason) = python() {
            skip::skip(NAME, &reason);
            return None;
        }
        match Self::start() {
            Ok(server) => {
                skip::ran(NAME);
                Some(server)
            }
            Err(reason) => panic!("{test}: {reason}"),
        }
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it was asked since it started or the counts were reset. Panics if it does not answer.
    pub fn counts(&self) -> Counts {
        self.count("/__counts")
    }

    /// Sets the counts, and the choice which requests are throttled, to their beginning; returns what the counts
    /// were. Panics if it does not answer.
    pub fn reset_counts(&self) -> Counts {
        self.count("/__counts?reset=1")
    }

    /// Fails from now on: `{"deny": ["iam:ListUsers"], "throttle": 0.05}`. What is not named stays as it is. All
    /// faults are described at the head of `fixtures/aws-server/aws_server.py`. Panics if there is no such fault.
    pub fn set_faults(&self, faults: &Value) {
        self.controlled("PUT", "/__faults", "application/json", &faults.to_string());
    }

    /// Verifies signatures and evaluates identity policies from now on, or does neither (as at the start).
    /// Resources and conditions are hardly looked at. Panics if the emulator does not answer.
    pub fn enforce_iam(&self, enforce: bool) {
        // The number of requests that are still let through without a look. A form would be answered with 500.
        let count = if enforce { "0" } else { "inf" };
        self.controlled("POST", "/moto-api/reset-auth", "text/plain", count);
    }

    /// Everything as at the start: nothing in the estate, no faults, no counts, IAM not enforced. Ids that are
    /// made after it are the same each time. Panics if the emulator does not answer.
    pub fn reset(&self) {
        self.enforce_iam(false);
        self.controlled("POST", "/moto-api/reset", "text/plain", "");
        self.controlled("POST", "/moto-api/seed?a=42", "text/plain", "");
        self.set_faults(&serde_json::json!({
            "deny": [], "deny_keys": [], "disabled_regions": [], "throttle": 0, "latency": 0
        }));
        self.reset_counts();
    }

    /// Fills an account, with the arguments of `fixtures/aws-server/populate.py` after the endpoint
    /// (`["--users", "200"]`), and returns its account and expectations. Panics if that fails.
    pub fn populate(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(&self.python);
        command.arg(fixture("populate.py")).arg(&self.url).args(arguments).stderr(Stdio::inherit());
        let output = command.output().expect("the Python that runs the emulator starts again");
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().unwrap_or("");
        assert!(output.status.success(), "populate {arguments:?} failed");
        serde_json::from_str(last).expect("the last line is JSON")
    }

    fn count(&self, path: &str) -> Counts {
        let text = self.controlled("GET", path, "text/plain", "");
        let counts: Value = serde_json::from_str(&text).expect("the counts are JSON");
        let number = |name: &str| counts.get(name).and_then(Value::as_u64).unwrap_or(0);
        let by = counts.get("by").and_then(Value::as_object).into_iter().flatten();
        Counts {
            total: number("total"),
            by: by.map(|(name, count)| (name.clone(), count.as_u64().unwrap_or(0))).collect(),
            throttled: number("throttled"),
            denied: number("denied"),
            cpu: counts.get("cpu").and_then(Value::as_f64).unwrap_or(0.0),
        }
    }

    fn controlled(&self, method: &str, path: &str, kind: &str, body: &str) -> String {
        self.control(method, path, kind, body).unwrap_or_else(|problem| panic!("{problem}"))
    }

    fn control(&self, method: &str, path: &str, kind: &str, body: &str) -> Result<String, String> {
        ask(&self.url, method, path, kind, body).map_err(|error| format!("the emulator at `{path}`: {error}"))
    }
}

impl Drop for AwsServer {
    fn drop(&mut self) {
        // It ends with its standard input too, should this process be killed before it comes here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Python of the environment that `PROVOST_AWS_SERVER_VENV` names, or that lies beside the test that runs. It
/// has moto and boto3. The error is why there is none.
pub fn python() -> Result<PathBuf, String> {
    let named = std::env::var_os(VENV).map(PathBuf::from);
    let folder = named.or_else(|| {
        let test = std::env::current_exe().ok()?;
        test.ancestors().map(|folder| folder.join(FOLDER)).find(|folder| folder.is_dir())
    });
    let folder = folder.ok_or("its Python environment is not here; `cargo xtask setup` makes it")?;
    let python = folder.join("bin/python");
    if python.exists() { Ok(python) } else { Err(format!("there is no `{}`", python.display())) }
}

/// A file of the emulator in the repository.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/aws-server").join(name)
}
