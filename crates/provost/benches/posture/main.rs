//! What an assessment of a live estate takes: requests, CPU time and memory, beside Cloud Custodian and Prowler
//! against the same server.
//!
//! `cargo xtask bench posture [--users 200] [--ec2 100] [--buckets 100] [--rds 30] [--lambdas 30]` starts the
//! emulator, which needs the Python environment that `cargo xtask setup` makes, and fills it. Verdicts are held
//! against what it was filled with. The others take part where they are installed: in PATH, or named by
//! `PROVOST_BENCH_CUSTODIAN` and `PROVOST_BENCH_PROWLER`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a bench prints its figures and stops at the first thing that is wrong"
)]

mod measure;
mod peers;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use measure::{Taken, measure};
use peers::{PEERS, Peer};
use provost_testbed::AwsServer;
use serde_json::Value;

/// What is looked at, each rule with what `populate.py` calls the truth about it.
const RULES: [(&str, &str); 14] = [
    ("ec2-required-tags", "instance has required tags"),
    ("ec2-imdsv2-required", "instance demands session tokens"),
    ("s3-encryption", "bucket is encrypted"),
    ("s3-encryption-uses-kms", "bucket is encrypted with KMS"),
    ("rds-backups", "database is backed up"),
    ("rds-backup-retention-7-days", "database keeps backups for a week"),
    ("iam-user-no-direct-policies", "user has no direct policy"),
    ("iam-user-no-admin", "user is no administrator"),
    ("iam-user-console-mfa", "console user has MFA"),
    ("lambda-in-vpc", "function is in a VPC"),
    ("lambda-tracing-active", "function is traced"),
    ("lambda-code-signing", "function's code is signed"),
    ("lambda-reserved-concurrency", "function has reserved concurrency"),
    ("lambda-log-retention", "function's logs are kept for a time"),
];

/// How much of each kind there is, unless said otherwise.
const SIZES: [(&str, &str); 5] =
    [("--users", "200"), ("--ec2", "100"), ("--buckets", "100"), ("--rds", "30"), ("--lambdas", "30")];

/// The region everything lies in.
const REGION: &str = "us-east-1";

/// How many resources do not meet a rule, and how many do.
type Truth = BTreeMap<&'static str, [u64; 2]>;

fn main() {
    if measure::is_between() {
        return;
    }
    let sizes = SIZES.map(|(name, default)| (name, argument(name).unwrap_or_else(|| default.to_owned())));
    let server = AwsServer::start().unwrap();
    let arguments: Vec<&str> = sizes.iter().flat_map(|(name, size)| [*name, size]).collect();
    let truth = truth(&server.populate(&arguments));
    let kinds: Vec<String> =
        sizes.iter().map(|(name, size)| format!("{size} {}", name.trim_start_matches('-'))).collect();
    println!("{}, in one account and region", kinds.join(", "));
    println!(
        "{:24} {:>6} {:>8} {:>8} {:>8} {:>8}   times Provost's",
        "", "checks", "requests", "CPU s", "wall s", "peak MB"
    );

    let folder = tempfile::tempdir().unwrap();
    let ours = provost(&server, folder.path(), &truth);
    ours.print("Provost", RULES.len(), None);
    let mut notes = Vec::new();
    for peer in &PEERS {
        let place = folder.path().join(peer.name);
        let Some(mut command) = peer.command(&place, REGION) else {
            notes.push(format!("{}: not installed: {}", peer.name, peer.whereabouts()));
            continue;
        };
        surround(&mut command, &server, folder.path());
        server.reset_counts();
        let taken = measure(&command);
        let figure = Figure { taken, requests: server.counts().total };
        figure.print(&format!("{} {}", peer.name, peer.release), peer.checks, Some(&ours));
        notes.extend(compare(peer, &place, &truth, figure.taken.code));
    }
    println!("Provost: every verdict of the {} rules is the truth, and none is unknown", RULES.len());
    for note in notes {
        println!("{note}");
    }
    let default = sizes.iter().zip(SIZES).all(|((_, size), (_, default))| size == default);
    if default {
        target("requests", ours.requests as f64, 170.0);
        target("CPU-seconds", ours.taken.cpu, 1.0);
        target("MB", ours.taken.peak, 60.0);
    }
}

fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|given| given != name).nth(1)
}

/// The truth about each rule, as the emulator was filled.
fn truth(populated: &Value) -> Truth {
    let expected = populated.get("expected").unwrap();
    let of = |expectation: &str| {
        let counts = expected.get(expectation).unwrap_or(&Value::Null);
        serde_json::from_value(counts.clone())
            .map_err(|_| format!("populate.py says nothing of `{expectation}`"))
    };
    RULES.iter().map(|(rule, expectation)| (*rule, of(expectation).unwrap())).collect()
}

/// What one tool took.
struct Figure {
    taken: Taken,
    requests: u64,
}

impl Figure {
    fn print(&self, name: &str, checks: usize, beside: Option<&Self>) {
        let Taken { cpu, wall, peak, .. } = &self.taken;
        let times = beside.map_or_else(String::new, |ours| {
            format!(
                "   {:.1} requests, {:.1} CPU, {:.1} memory",
                self.requests as f64 / ours.requests as f64,
                cpu / ours.taken.cpu,
                peak / ours.taken.peak
            )
        });
        println!("{name:24} {checks:6} {:8} {cpu:8.2} {wall:8.1} {peak:8.1}{times}", self.requests);
    }
}

/// The program collects, assesses and reports in one run, and its verdicts are held against the truth.
fn provost(server: &AwsServer, folder: &Path, truth: &Truth) -> Figure {
    let mut command = program(server, folder);
    command.args(["run", "--region", REGION]).args(RULES.iter().flat_map(|(rule, _)| ["--select", rule]));
    server.reset_counts();
    let taken = measure(&command);
    let requests = server.counts().total;
    assert_eq!(taken.code, 0, "provost: {}", taken.said);
    let mut report = program(server, folder);
    let output = report.args(["report", "posture", "--format", "ndjson"]).output().unwrap();
    let mut verdicts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let finding: Value = serde_json::from_slice(line).unwrap();
        let text = |name: &str| finding.get(name).and_then(Value::as_str).unwrap().to_owned();
        *verdicts.entry((text("rule"), text("verdict"))).or_default() += 1;
    }
    for (rule, expected) in truth {
        let of =
            |verdict: &str| verdicts.get(&((*rule).to_owned(), verdict.to_owned())).copied().unwrap_or(0);
        assert_eq!([of("fail"), of("pass")], *expected, "{rule}: how many fail, and how many pass");
        assert_eq!(of("unknown"), 0, "{rule}: unknown");
    }
    Figure { taken, requests }
}

/// `provost` in a folder of its own.
fn program(server: &AwsServer, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_provost"));
    surround(&mut command, server, folder);
    command.env("LOG_LEVEL", "warn").stderr(Stdio::inherit());
    command
}

/// The same surroundings for everybody: this server in place of AWS, and nothing of the machine's settings.
fn surround(command: &mut Command, server: &AwsServer, folder: &Path) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .env("AWS_ENDPOINT_URL", server.url())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_CONFIG_FILE", folder.join("no-config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.join("no-credentials"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        // What a tool keeps between two runs, it keeps in here.
        .env("HOME", folder);
}

/// How far a peer's findings agree with the truth, in words.
fn compare(peer: &Peer, folder: &Path, truth: &Truth, code: i64) -> Vec<String> {
    let found = peer.found(folder);
    let mut notes =
        vec![format!("{}: ended with {code}, answered {} of {}", peer.name, found.len(), peer.checks)];
    for (check, rule) in peer.comparable {
        let expected = truth.get(rule).map_or(0, |[failed, _]| *failed);
        match found.get(*check) {
            Some(failed) if *failed == expected => {}
            Some(failed) => {
                notes.push(format!("{}: {check}: {failed} do not meet it, in truth {expected}", peer.name));
            }
            None => {
                notes.push(format!("{}: {check}: no answer, in truth {expected} do not meet it", peer.name))
            }
        }
    }
    notes
}

fn target(what: &str, taken: f64, most: f64) {
    let verdict = if taken <= most { "met" } else { "MISSED" };
    println!("target: at most {most} {what}: {verdict}, {taken:.2}");
}
