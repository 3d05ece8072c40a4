//! Cloud Custodian and Prowler, where they are installed: how each is asked, and what it found.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// How many resources do not meet what was asked, by what was asked.
pub(crate) type Found = BTreeMap<String, u64>;

/// Another tool.
pub(crate) struct Peer {
    /// As people call it.
    pub(crate) name: &'static str,
    /// The release these commands were written for.
    pub(crate) release: &'static str,
    /// How many things it is asked.
    pub(crate) checks: usize,
    program: &'static str,
    variable: &'static str,
    ask: fn(&mut Command, &Path),
    read: fn(&Path) -> Found,
    /// What it is asked, and the rule of ours that asks the same.
    pub(crate) comparable: &'static [(&'static str, &'static str)],
}

/// The tools.
pub(crate) const PEERS: [Peer; 2] = [
    Peer {
        name: "Cloud Custodian",
        release: "0.9.53",
        checks: CUSTODIAN.len(),
        program: "custodian",
        variable: "PROVOST_BENCH_CUSTODIAN",
        ask: ask_custodian,
        read: read_custodian,
        comparable: &CUSTODIAN,
    },
    Peer {
        name: "Prowler",
        release: "5.46.0",
        checks: PROWLER.len(),
        program: "prowler",
        variable: "PROVOST_BENCH_PROWLER",
        ask: ask_prowler,
        read: read_prowler,
        comparable: &PROWLER,
    },
];

/// The policies of `custodian.yml`, which bear the ids of our rules.
const CUSTODIAN: [(&str, &str); 7] = [
    ("ec2-required-tags", "ec2-required-tags"),
    ("s3-encryption", "s3-encryption"),
    ("rds-backup-retention-7-days", "rds-backup-retention-7-days"),
    ("iam-user-no-admin", "iam-user-no-admin"),
    ("iam-user-console-mfa", "iam-user-console-mfa"),
    ("lambda-in-vpc", "lambda-in-vpc"),
    ("lambda-tracing-active", "lambda-tracing-active"),
];

const PROWLER: [(&str, &str); 6] = [
    ("s3_bucket_default_encryption", "s3-encryption"),
    ("s3_bucket_kms_encryption", "s3-encryption-uses-kms"),
    ("rds_instance_backup_enabled", "rds-backups"),
    ("iam_policy_attached_only_to_group_or_roles", "iam-user-no-direct-policies"),
    ("iam_user_mfa_enabled_console_access", "iam-user-console-mfa"),
    ("awslambda_function_inside_vpc", "lambda-in-vpc"),
];

impl Peer {
    /// The command that asks everything in `region` and writes what it found to `folder`; none if the tool is not here.
    pub(crate) fn command(&self, folder: &Path, region: &str) -> Option<Command> {
        let mut command = Command::new(self.find()?);
        (self.ask)(&mut command, folder);
        command.args(["--region", region]);
        Some(command)
    }

    /// Where to look for it, in words.
    pub(crate) fn whereabouts(&self) -> String {
        format!("no `{}` in PATH, and {} names none", self.program, self.variable)
    }

    /// What it found.
    pub(crate) fn found(&self, folder: &Path) -> Found {
        (self.read)(folder)
    }

    fn find(&self) -> Option<PathBuf> {
        if let Some(named) = std::env::var_os(self.variable) {
            return Some(PathBuf::from(named));
        }
        let path: OsString = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(self.program)).find(|program| program.is_file())
    }
}

fn ask_custodian(command: &mut Command, folder: &Path) {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/posture/custodian.yml");
    // Nothing is taken from a run before.
    command.args(["run", "--cache-period", "0", "--quiet", "--output-dir"]).arg(folder).arg(policies);
}

fn read_custodian(folder: &Path) -> Found {
    let count = |policy: &str| {
        let text = std::fs::read(folder.join(policy).join("resources.json")).ok()?;
        let listed: Vec<Value> = serde_json::from_slice(&text).unwrap();
        Some((policy.to_owned(), listed.len() as u64))
    };
    CUSTODIAN.iter().filter_map(|(policy, _)| count(policy)).collect()
}

fn ask_prowler(command: &mut Command, folder: &Path) {
    command.arg("aws").arg("--checks").args(PROWLER.map(|(check, _)| check));
    command.args(["--output-formats", "csv", "json-ocsf", "html", "--output-directory"]).arg(folder);
    // No banner, and a finding is no failure.
    command.args(["--no-banner", "--ignore-exit-code-3"]);
}

fn read_prowler(folder: &Path) -> Found {
    let files = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let written = files.filter(|path| path.to_string_lossy().ends_with(".ocsf.json"));
    let mut found = Found::new();
    for path in written {
        let findings: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for finding in findings {
            let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let failed = u64::from(text("/status_code") == "FAIL");
            *found.entry(text("/metadata/event_code").to_owned()).or_default() += failed;
        }
    }
    found
}
