//! What an assessment of a recorded estate takes, at two sizes: how many resources and evaluations for each second of
//! CPU time, and that memory does not grow with the estate.
//!
//! `cargo xtask bench posture-scale [--resources 20000 --resources 200000]`. The estate is invented, from what
//! stands in the cases of the rules; 120 rules and more have something to judge in it.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a bench prints its figures and stops at the first thing that is wrong"
)]

mod base64;
#[path = "../posture/measure.rs"]
mod measure;
mod recorded;

use std::path::Path;
use std::process::{Command, Stdio};

use measure::measure;
use serde_json::Value;

/// How many rules must have something to judge.
const RULES: usize = 120;

fn main() {
    if measure::is_between() {
        return;
    }
    let args: Vec<String> = std::env::args().collect();
    let mut sizes: Vec<u64> = args
        .windows(2)
        .filter(|pair| pair.first().is_some_and(|name| name == "--resources"))
        .map(|pair| pair.last().unwrap().parse().unwrap())
        .collect();
    if sizes.is_empty() {
        sizes = vec![20_000, 200_000];
    }
    let catalog = provost_catalog::load(&[], &[]).unwrap();
    let rules = recorded::rules(&catalog);
    assert!(rules.len() >= RULES, "only {} rules", rules.len());
    println!(
        "{:10} {:>9} {:>8} {:>8} {:>8} {:>12} {:>12}",
        "", "resources", "CPU s", "wall s", "peak MB", "resources/s", "verdicts/s"
    );
    for size in sizes {
        let folder = tempfile::tempdir().unwrap();
        let estate = folder.path().join("estate");
        let resources = recorded::write(&catalog, &estate, size);
        step(folder.path(), &rules, resources, &["collect", "--estate", "estate"]);
        let counts = step(folder.path(), &rules, resources, &["assess"]);
        println!("{} rules had something to judge: {counts}", rules.len());
    }
    println!("Rates are for a second of CPU time, user and system together.");
}

/// Runs the program and prints what it took; returns what it counted.
fn step(folder: &Path, rules: &[&str], resources: u64, verb: &[&str]) -> Value {
    let taken = measure(provost(folder, rules).args(verb));
    assert_eq!(taken.code, 0, "{verb:?} ended with {}", taken.code);
    let told: Value = serde_json::from_str(&taken.said).unwrap();
    let counts = told.pointer("/run/statistics/counts").unwrap().clone();
    let evaluations = counts.get("evaluations").and_then(Value::as_u64).unwrap_or(0);
    println!(
        "{:10} {resources:9} {:8.1} {:8.1} {:8.1} {:12.0} {:12.0}",
        verb.first().unwrap(),
        taken.cpu,
        taken.wall,
        taken.peak,
        resources as f64 / taken.cpu,
        evaluations as f64 / taken.cpu
    );
    counts
}

fn provost(folder: &Path, rules: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_provost"));
    command
        .args(["--deadline", "6h", "--format", "json"])
        .args(rules.iter().flat_map(|rule| ["--select", rule]))
        .current_dir(folder)
        .env("LOG_LEVEL", "warn")
        .stderr(Stdio::inherit());
    command
}
