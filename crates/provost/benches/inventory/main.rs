//! What the inventory of IAM users takes: requests, CPU time and memory, beside boto3 against the same emulator.
//!
//! `cargo xtask bench inventory [--users 200]`; it needs the Python environment that `cargo xtask setup` makes.
//! boto3 runs twice: as such inventories are usually written, user by user, and with the calls Provost makes.
//! Provost does more than either: it keeps every page as evidence, evaluates policies and writes its store.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its figures and stops at the first thing that is wrong"
)]

use std::path::Path;
use std::process::{Command, Stdio};

use provost_testbed::{AwsServer, python};
use serde_json::Value;

/// Runs a command and says what it took. Only the parent of a process may ask the system for that, and only once
/// it has ended.
const MEASURE: &str = "
import json, os, sys
pid = os.fork()
if pid == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, use = os.wait4(pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), use.ru_utime + use.ru_stime, use.ru_maxrss / 1024]))
";

fn main() {
    let users = std::env::args().skip_while(|given| given != "--users").nth(1);
    let users = users.unwrap_or_else(|| "200".to_owned());
    let server = AwsServer::start().unwrap();
    server.populate(&["--users", &users]);
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/inventory/boto3_inventory.py");
    let (python, script) = (python().unwrap(), script.to_string_lossy().into_owned());
    let (python, url) = (python.to_string_lossy().into_owned(), server.url().to_owned());
    println!("{users} users          requests   CPU s   peak MB");
    for (name, command) in [
        ("provost", vec![env!("CARGO_BIN_EXE_provost"), "collect", "iam-users"]),
        ("boto3, usual", vec![&python, &script, &url, "usual"]),
        ("boto3, same calls", vec![&python, &script, &url, "same"]),
    ] {
        server.reset_counts();
        let output = Command::new(&python)
            .args(["-c", MEASURE])
            .args(command)
            .current_dir(folder.path())
            .env("AWS_ENDPOINT_URL", &url)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .env("LOG_LEVEL", "warn")
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let figure = |index: usize| told.get(index).and_then(Value::as_f64).unwrap();
        assert!(figure(0).abs() < 0.5, "{name} ended with {}", figure(0));
        println!("{name:18} {:8} {:7.2} {:9.1}", server.counts().total, figure(1), figure(2));
    }
}
