//! A place to run `provost` in, and what it said.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value};

/// The fields a log line may have, written out once more: changing them is a change of contract.
const LOG_FIELDS: [&str; 34] = [
    "timestamp",
    "level",
    "message",
    "correlation_id",
    "job",
    "execution_id",
    "account",
    "attempt",
    "catalog",
    "count",
    "deadline_ms",
    "duration_ms",
    "error",
    "expires",
    "extra",
    "file",
    "input",
    "offset",
    "operation",
    "owner",
    "path",
    "reason",
    "region",
    "replaced",
    "resource_type",
    "rule",
    "run",
    "scope",
    "service",
    "statistics",
    "status",
    "target",
    "user",
    "waiver",
];

/// A folder of its own, gone at the end.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

/// What a command said and how it ended.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) log: Vec<Map<String, Value>>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    pub(crate) fn write(&self, inside: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(inside);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The command in this folder, with nothing of the surroundings that could change what it says.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_provost"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        for name in ["LOG_LEVEL", "PROVOST_CORRELATION_ID", "NO_COLOR", "COLUMNS"] {
            command.env_remove(name);
        }
        // No credentials, whatever the machine has.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        command
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", self.write("aws/config", ""))
            .env("AWS_SHARED_CREDENTIALS_FILE", self.write("aws/credentials", ""));
        command
    }

    /// Runs it. Every line on standard error must be a log line as promised.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        said(&self.command(args).output().unwrap())
    }

    /// Runs it and expects 0.
    pub(crate) fn done(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.code, 0, "{args:?}\n{}\n{:#?}", said.stdout, said.log);
        said.stdout
    }
}

pub(crate) fn said(output: &std::process::Output) -> Said {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    let log = stderr.lines().map(log_line).collect();
    Said {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        log,
    }
}

/// Parses a log line and holds it against the field list.
fn log_line(line: &str) -> Map<String, Value> {
    let parsed: Map<String, Value> =
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    for name in parsed.keys() {
        assert!(LOG_FIELDS.contains(&name.as_str()), "{name} in {line}");
        assert_ne!(name, "extra", "a field outside the list: {line}");
    }
    for name in ["timestamp", "level", "message", "correlation_id"] {
        assert!(parsed.get(name).is_some_and(Value::is_string), "no {name} in {line}");
    }
    parsed
}

impl Said {
    /// The statistics of the last job.
    pub(crate) fn statistics(&self) -> Value {
        let line = self.log.iter().rev().find_map(|line| line.get("statistics")).expect("a job has ended");
        serde_json::from_str(line.as_str().unwrap()).unwrap()
    }

    pub(crate) fn messages(&self) -> Vec<&str> {
        self.log.iter().filter_map(|line| line["message"].as_str()).collect()
    }
}

/// The sample estate in the repository.
pub(crate) fn sample_estate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/estate").canonicalize().unwrap()
}

/// Standard output as JSON objects, one a line.
pub(crate) fn lines(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Everything under a folder, by path.
pub(crate) fn files_under(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.clone(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// A CloudTrail record.
pub(crate) fn event(id: &str, source: &str, name: &str, more: &Value) -> Value {
    let mut event = serde_json::json!({
        "eventVersion": "1.10", "eventID": id, "eventTime": "2026-11-20T10:00:00Z",
        "eventSource": format!("{source}.amazonaws.com"), "eventName": name, "awsRegion": "eu-central-1",
        "recipientAccountId": "111122223333", "eventType": "AwsApiCall", "managementEvent": true,
        "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/anna", "accountId": "111122223333"},
        "requestParameters": null, "responseElements": null,
    });
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

/// An event that exactly one built-in rule (`iam-user-created`) is about.
pub(crate) fn user_created(id: &str) -> Value {
    event(id, "iam", "CreateUser", &serde_json::json!({"requestParameters": {"userName": "x"}}))
}
