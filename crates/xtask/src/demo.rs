//! The demo tells the same with AWS built in and without (docs/decisions/0011-builds.md).

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::process::{cargo, run, target_directory};
use crate::tally::Tally;

pub(crate) const NAME: &str = "demo without AWS";

/// Runs the demo of the program that the tests have built, and of one without AWS, and compares what they wrote.
pub(crate) fn compare(tally: &mut Tally, scratch: &Path) -> anyhow::Result<()> {
    let program = target_directory()?.join("debug").join(format!("provost{}", std::env::consts::EXE_SUFFIX));
    let with = demo(&program, &scratch.join("with"))?;
    let build = ["build", "--locked", "--package", "provost", "--no-default-features"];
    let built = run(&mut cargo(&build))?;
    let same = built && told(&with)? == told(&demo(&program, &scratch.join("without"))?)?;
    if built && !same {
        eprintln!("The two demos differ: compare the files of the two builds.");
    }
    tally.ran(NAME, "provost demo, built with AWS and without", same);
    Ok(())
}

/// Runs a demo in a folder and returns where it wrote.
fn demo(program: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(folder).with_context(|| format!("make `{}`", folder.display()))?;
    let mut command = Command::new(program);
    command.arg("demo").current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().with_context(|| format!("start `{}`", program.display()))?;
    ensure!(status.success(), "`{} demo` ended with {status}", program.display());
    Ok(folder.join("provost-demo"))
}

/// What a demo found, without what differs from run to run.
fn told(folder: &Path) -> anyhow::Result<(Vec<String>, Vec<u8>, Vec<u8>)> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).with_context(|| format!("read `{}`", path.display()))
    };
    let findings: Value = serde_json::from_slice(&read("findings.json")?)?;
    let findings = findings
        .get("evaluations")
        .and_then(Value::as_array)
        .context("findings.json has no `evaluations`")?;
    ensure!(!findings.is_empty(), "the demo found nothing");
    let stable = |finding: &Value| {
        let mut finding = finding.clone();
        if let Some(members) = finding.as_object_mut() {
            members.remove("execution_id");
            members.remove("evaluation_timestamp");
        }
        finding.to_string()
    };
    Ok((findings.iter().map(stable).collect(), read("violations.ndjson")?, read("iam-users.csv")?))
}
